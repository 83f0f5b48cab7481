// Package web is the face towards the network: the route table, what stands before and behind every request (host, headers, cross-site
// requests, limits, log, panics), the embedded UI, and the pages of the machine (health, version, API document).
package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"

	"roomward/app/api"
	"roomward/app/signin"
	"roomward/app/watch"
)

const (
	readHeaderTimeout = 5 * time.Second
	readTimeout       = 30 * time.Second
	answerTimeout     = 45 * time.Second // the work behind one request; shorter than writeTimeout, so that its error still goes out
	writeTimeout      = 60 * time.Second
	idleTimeout       = 2 * time.Minute
	maxHeader         = 64 << 10

	// drainTime is how long requests may run on after the end was asked for; with the closing it stays under 10 s.
	drainTime = 8 * time.Second
)

// Config says what the server serves and to whom. Zero rates take their defaults.
type Config struct {
	// PublicURL is where people reach Roomward: the only Host that is answered, and the only Origin that changes come from.
	PublicURL string
	// TrustedProxies are the networks (or single addresses) whose forwarded headers are believed; nobody by default.
	TrustedProxies []string
	// ProxyHeaders says which headers those proxies set; HeadersXForwarded by default.
	ProxyHeaders string
	Version      string
	// Dist is the built UI: index.html and what it loads.
	Dist fs.FS
	// Ready proves that requests can be answered.
	Ready func(context.Context) error
	// Reasons are why Roomward is not ready (Down), or not well; nil knows none.
	Reasons func(context.Context) []watch.Reason
	Signin  *signin.Service
	Log     *slog.Logger

	// Served is told of each answer: the pattern of its route ("other" for none), method, status, and how long it took; nil tells nobody.
	Served func(route, method string, status int, took time.Duration)
	// Metrics answers /metrics; nil for none.
	Metrics http.Handler
	// MetricsToken opens /metrics and the details of /readyz to who sends it; without it the public address has neither.
	MetricsToken string

	// SigninRate and SigninBurst limit /signin, /signout and /consent per address; by default 2 a second and 100 at once: an office behind one
	// address signs in at nine o'clock.
	SigninRate  rate.Limit
	SigninBurst int
	// WriteRate and WriteBurst limit changes per session; by default 20 a second and 100 at once.
	WriteRate  rate.Limit
	WriteBurst int
}

// Server answers everything that Roomward is asked by HTTP. Safe for concurrent use.
type Server struct {
	cfg     Config
	public  *url.URL
	origin  string // of the public URL
	proxies []netip.Prefix
	policy  string // the CSP around the nonce, see contentPolicy

	echo     *echo.Echo
	chain    http.Handler
	ui       *files
	document []byte
	docs     page
	signins  *limits
	writes   *limits
	health   readiness
	stopping atomic.Bool
}

// New checks the configuration and puts the routes together. Nothing listens yet.
func New(cfg Config, desk *api.Desk, routes []api.Route) (*Server, error) {
	if cfg.Signin == nil || cfg.Dist == nil || cfg.Ready == nil || cfg.Log == nil {
		return nil, errors.New("make the web server: Signin, Dist, Ready and Log are needed")
	}
	s := &Server{cfg: cfg, signins: newLimits(cfg.SigninRate, cfg.SigninBurst, 2, 100), writes: newLimits(cfg.WriteRate, cfg.WriteBurst, 20, 100)}
	var err error
	if s.public, err = url.Parse(cfg.PublicURL); err != nil || s.public.Host == "" || s.public.Scheme != "http" && s.public.Scheme != "https" {
		return nil, fmt.Errorf("make the web server: the public URL %q is no http address", cfg.PublicURL)
	}
	s.origin = originOf(s.public)
	s.policy = contentPolicy(cfg.Signin.LoginOrigin())
	if s.proxies, err = parseNetworks(cfg.TrustedProxies); err != nil {
		return nil, fmt.Errorf("make the web server: %w", err)
	}
	if s.ui, err = readFiles(cfg.Dist); err != nil {
		return nil, fmt.Errorf("make the web server: %w", err)
	}
	if err := s.route(desk, routes); err != nil {
		return nil, fmt.Errorf("make the web server: %w", err)
	}
	return s, nil
}

// route puts every path on Echo. What no route answers is the UI's, see notFound.
func (s *Server) route(desk *api.Desk, routes []api.Route) error {
	e := echo.New()
	e.IPExtractor = echo.ExtractIPDirect() // Echo would believe every X-Forwarded-For; ours is address.go
	e.HTTPErrorHandler = s.fail
	e.Use(readEscapes)
	described, err := api.Register(e, desk, s.cfg.Version, routes)
	if err != nil {
		return fmt.Errorf("put up the routes: %w", err)
	}
	if s.document, err = json.Marshal(described.OpenAPI()); err != nil {
		return fmt.Errorf("make the OpenAPI document: %w", err)
	}
	if s.docs, err = describe(described.OpenAPI()); err != nil {
		return fmt.Errorf("make the pages of the API: %w", err)
	}
	plain := func(h http.HandlerFunc) echo.HandlerFunc { return echo.WrapHandler(h) }
	e.GET("/api/openapi.json", plain(s.openAPI))
	e.GET("/api/docs", plain(s.apiDocs))
	e.GET("/healthz", plain(s.alive))
	e.GET("/readyz", plain(s.ready))
	e.GET("/metrics", plain(s.openMetrics))
	e.GET("/version", plain(s.version))
	e.GET("/signin", plain(s.cfg.Signin.Begin))
	e.GET("/signin/callback", plain(s.cfg.Signin.Callback))
	e.POST("/signout", plain(s.cfg.Signin.SignOut))
	e.GET("/consent", plain(s.cfg.Signin.Consent))
	e.GET("/consent/callback", plain(s.cfg.Signin.ConsentCallback))
	e.GET("/consent/acting", plain(s.cfg.Signin.ActingConsent))
	e.GET("/consent/acting/callback", plain(s.cfg.Signin.ActingConsentCallback))
	s.echo = e

	// The first is the outermost: what is refused by an inner one is still logged and has its headers.
	s.chain = e
	for _, step := range []func(http.Handler) http.Handler{
		s.limitRates, s.limitBody, s.refuseCrossSite, s.attach, s.checkHost, s.demandHTTPS, s.setHeaders, s.recoverPanics, s.logRequests, s.identify,
	} {
		s.chain = step(s.chain)
	}
	return nil
}

// Handler is the whole server as one handler.
func (s *Server) Handler() http.Handler { return s.chain }

// Serve answers on a listener until the context ends. Then it takes no new requests, lets running ones end, and cuts what still runs after
// drainTime. It returns nil after such an end.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	work, cut := context.WithCancel(context.WithoutCancel(ctx)) // the end of ctx must not cut running requests
	defer cut()
	taken := newRunning()
	srv := &http.Server{
		Handler: s.chain, ConnState: taken.note, BaseContext: func(net.Listener) context.Context { return work },
		ReadHeaderTimeout: readHeaderTimeout, ReadTimeout: readTimeout, WriteTimeout: writeTimeout, IdleTimeout: idleTimeout,
		MaxHeaderBytes: maxHeader, ErrorLog: slog.NewLogLogger(s.cfg.Log.Handler(), slog.LevelDebug),
	}
	var side sync.WaitGroup
	defer side.Wait()
	side.Go(func() { s.ui.compressAll(work) })
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(l) }()
	select {
	case err := <-failed:
		cut()
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	s.stopping.Store(true)
	drain, done := context.WithTimeout(work, drainTime)
	defer done()
	_ = l.Close()
	<-failed // Serve has noted every connection that was accepted
	srv.SetKeepAlivesEnabled(false)
	taken.end(drain)
	err := srv.Shutdown(drain)
	cut()
	if err == nil {
		return nil
	}
	s.cfg.Log.Warn("requests were cut off at the end", "after", drainTime)
	if err := srv.Close(); err != nil {
		return fmt.Errorf("close the server: %w", err)
	}
	return nil
}

// readEscapes reads %3A in a path as a colon: Echo hands on the parameters of an escaped path as they came, and clients escape more than they must.
func readEscapes(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		noteRoute(c.Response().Writer, c.Path())
		if strings.HasPrefix(c.Path(), "/api/customers/:id") {
			api.NoteCustomer(c.Request().Context(), c.Param("id"))
		}
		if c.Request().URL.RawPath == "" {
			return next(c)
		}
		values := c.ParamValues()
		for i, v := range values {
			plain, err := url.PathUnescape(v)
			if err != nil {
				return echo.ErrNotFound
			}
			values[i] = plain
		}
		c.SetParamValues(values...)
		return next(c)
	}
}

// fail answers the errors of Echo's router. Handlers answer theirs themselves.
func (s *Server) fail(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	w, r := c.Response(), c.Request()
	var he *echo.HTTPError
	switch {
	case errors.As(err, &he) && he.Code == http.StatusNotFound:
		s.notFound(w, r)
	case errors.As(err, &he) && he.Code == http.StatusMethodNotAllowed:
		api.Answer(w, r, api.Fail(http.StatusMethodNotAllowed, api.CodeOf(http.StatusMethodNotAllowed),
			"This address does not take "+r.Method+".", "The Allow header says what it takes."))
	case errors.As(err, &he) && he.Code < http.StatusInternalServerError:
		api.Answer(w, r, api.Fail(he.Code, api.CodeOf(he.Code), "The request cannot be answered.", ""))
	default:
		s.broken(w, r, "request failed", "error", err)
	}
}

// broken answers that something went wrong inside, and puts the cause into the log only.
func (s *Server) broken(w http.ResponseWriter, r *http.Request, what string, cause ...any) {
	id := api.RequestID(r.Context())
	s.cfg.Log.ErrorContext(r.Context(), what, append(cause, "request", id)...)
	p := api.Fail(http.StatusInternalServerError, "internal", "Something went wrong inside Roomward.", "Tell the operator the request id.")
	p.RequestID = id
	api.Answer(w, r, p)
}
