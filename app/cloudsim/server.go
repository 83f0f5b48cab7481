// Package cloudsim is the simulated Microsoft cloud: Entra ID and Microsoft Graph over real HTTP, on loopback only,
// with the shapes, errors and quirks that graph.md records. `roomward demo` runs on it, and so do the tests: the
// product speaks to it with the same client as to Microsoft, given other base addresses (URL()+"/login" and
// URL()+"/graph").
//
// It proves nothing about people: whoever opens its sign-in page may be anybody. That is why it refuses every
// address but loopback and every foreign Host header.
package cloudsim

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// Options is what the application registration in the simulated Entra knows, and the clock.
type Options struct {
	// ClientID and ClientSecret are those of the registered, multi-tenant application. An empty secret never
	// matches: then only a registered certificate authenticates the application.
	ClientID, ClientSecret string
	// ActClientID and ActClientSecret are those of a second application, which acts; none without an id.
	ActClientID, ActClientSecret string
	// Portal serves the page that plays the Entra portal of the partner, at /portal. Without a ClientID nothing is registered until somebody
	// does so there, and no tenant has given consent.
	Portal bool
	// Now is the clock of tokens, throttling and faults; nil means time.Now.
	Now func() time.Time
	// RedirectURIs are the registered reply and logout addresses, compared exactly. Empty allows any http address
	// on loopback, for tests and demos that pick their port late.
	RedirectURIs []string
	// Limits are how much the application may ask; the zero value is as much as it likes.
	Limits Limits
	// QuickRestarts makes restarts succeed at once, for tests.
	QuickRestarts bool
	// Secret is told of each secret that passes: those that the simulated cloud is shown, and those that it hands out. For tests that look where
	// none may be; nil tells nobody. It must be safe for concurrent use.
	Secret func(kind, value string)
	// Log takes one line a request at debug level, without secrets, codes or tokens; nil is silent.
	Log *slog.Logger
}

// Server is the simulated cloud. It is an http.Handler for httptest, and listens by itself with Listen.
// All methods are safe for concurrent use.
type Server struct {
	opts    Options
	log     *slog.Logger
	routes  http.Handler
	started time.Time
	// access signs access tokens. They are opaque to clients, so a symmetric key will do, and starts at once.
	access []byte

	mu      sync.RWMutex // guards all below
	keys    func() (*signingKeys, error)
	world   *World
	byKey   map[string]*Tenant // by lower-case GUID and domain
	codes   map[string]grant
	apps    [2]*registration // by App
	faults  map[string]Faults
	counts  map[string]map[string]int
	meter   *meter
	http    *http.Server
	address string
}

// New makes a simulated cloud of the world, with the moment of the call as the start that faults count from.
// It panics over a world that contradicts itself; one from LoadWorld never does.
func New(world *World, opts Options) *Server {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Secret == nil {
		opts.Secret = func(string, string) {}
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if err := world.complete(); err != nil {
		panic(fmt.Sprintf("cloudsim: %v", err))
	}
	s := &Server{
		opts: opts, log: opts.Log, started: opts.Now(), access: make([]byte, 32),
		world: world, byKey: map[string]*Tenant{},
		codes: map[string]grant{}, apps: [2]*registration{complete(opts), completeActing(opts)}, faults: map[string]Faults{}, counts: map[string]map[string]int{}, meter: newMeter(opts.Limits),
	}
	rand.Read(s.access)
	s.keys = sync.OnceValues(newSigningKeys)
	for _, t := range world.all() {
		s.index(t)
	}
	if opts.Portal && opts.ClientID == "" {
		s.apps[Reading] = &registration{}
		s.world.unknowApplication(Reading)
	}
	mux := http.NewServeMux()
	s.entraRoutes(mux)
	if opts.Portal && world.Partner != nil {
		s.portalRoutes(mux)
	}
	s.graphRoutes(mux)
	// A page elsewhere must not press the buttons of the sign-in and consent pages.
	s.routes = http.NewCrossOriginProtection().Handler(mux)
	return s
}

// Listen starts serving on addr, which must name a loopback address ("127.0.0.1:0" takes a free port), and returns
// once it accepts connections. The server stops when ctx ends or at Close.
func (s *Server) Listen(ctx context.Context, addr string) error {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("simulated cloud: address %q: %w", addr, err)
	}
	if !isLoopback(host) {
		return fmt.Errorf("simulated cloud: %q is not a loopback address: it signs anybody in as anybody and must not be reachable", addr)
	}
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return fmt.Errorf("simulated cloud: %w", err)
	}
	srv := &http.Server{
		Handler: s, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second,
		WriteTimeout: 30 * time.Second, IdleTimeout: time.Minute, MaxHeaderBytes: 64 << 10,
	}
	s.mu.Lock()
	s.http, s.address = srv, ln.Addr().String()
	s.mu.Unlock()
	context.AfterFunc(ctx, func() { _ = s.Close() })
	go func() {
		if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("simulated cloud stopped", "error", err)
		}
	}()
	return nil
}

// URL is the base address of a listening server, such as "http://127.0.0.1:41234", and empty before Listen.
// Entra is below /login, Graph below /graph.
func (s *Server) URL() string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.address == "" {
		return ""
	}
	return "http://" + s.address
}

// Close stops listening and cuts what is open. It may be called more than once.
func (s *Server) Close() error {
	s.mu.RLock()
	srv := s.http
	s.mu.RUnlock()
	if srv == nil {
		return nil
	}
	return srv.Close()
}

// ServeHTTP answers one request of either service.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.ownHost(r.Host) {
		http.Error(w, "This is a simulated cloud. It answers to loopback names only.", http.StatusMisdirectedRequest)
		return
	}
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	s.stamp(w, "")
	r.Body = http.MaxBytesReader(w, r.Body, 1<<20)
	s.routes.ServeHTTP(w, r)
	s.log.Debug("simulated cloud", "method", r.Method, "path", r.URL.Path)
}

// ownHost stops DNS rebinding: a name that only points at loopback is not ours.
func (s *Server) ownHost(hostport string) bool {
	host, port, err := net.SplitHostPort(hostport)
	if err != nil {
		host, port = hostport, ""
	}
	if !isLoopback(host) {
		return false
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.address == "" {
		return true
	}
	_, own, _ := net.SplitHostPort(s.address)
	return port == own
}

// base is the address that answers name themselves by. A listening server has one name whatever the request used,
// because tokens carry it as their issuer.
func (s *Server) base(r *http.Request) string {
	if u := s.URL(); u != "" {
		return u
	}
	return "http://" + r.Host
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

func sameSecret(a, b string) bool {
	return a != "" && subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1
}
