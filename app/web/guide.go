package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"roomward/app/api"
	"roomward/app/setup"
	"roomward/app/watch"
)

// GuideRoutes is the route table of the set-up guide. It is served in the place of Routes while Roomward is not set up, and never beside them.
func GuideRoutes(g *setup.Guide) []api.Route {
	return []api.Route{
		api.Op("GET", "/api/setup", api.SettingUp(), "How far the set-up is", g.Situation),
		api.Op("PUT", "/api/setup/address", api.SettingUp(), "Set the public address", g.SetAddress),
		api.Op("PUT", "/api/setup/partner", api.SettingUp(), "Set the partner's tenant, name and domains", g.SetPartner),
		api.Op("PUT", "/api/setup/registration", api.SettingUp(), "Set the Entra registration and its proof", g.SetRegistration),
		api.Op("POST", "/api/setup/certificate", api.SettingUp(), "Make a certificate of the registration", g.MakeCertificate),
		api.Op("DELETE", "/api/setup/certificate", api.SettingUp(), "Forget the certificate that waits", g.DropCertificate),
		api.Op("PUT", "/api/setup/acting", api.SettingUp(), "Set the Entra registration that acts, or none", g.SetActing),
		api.Op("POST", "/api/setup/acting/certificate", api.SettingUp(), "Make a certificate of the registration that acts", g.MakeActingCertificate),
		api.Op("DELETE", "/api/setup/acting/certificate", api.SettingUp(), "Forget the certificate that waits for the registration that acts", g.DropActingCertificate),
		api.Op("PUT", "/api/setup/managers", api.SettingUp(), "Set who names tenant managers", g.SetManagers),
		api.Op("POST", "/api/setup/signin", api.SettingUp(), "Begin a sign-in that is only looked at", g.TrySignin),
		api.Op("PUT", "/api/setup/mail", api.SettingUp(), "Set the mail server", g.SetMail),
		api.Op("POST", "/api/setup/mail/test", api.SettingUp(), "Send a test mail", g.TestMail),
		api.Op("PUT", "/api/setup/backups", api.SettingUp(), "Set where and when backups are made", g.SetBackups),
		api.Op("POST", "/api/setup/checks/{step}", api.SettingUp(), "Check a step again", g.Check),
		api.Op("POST", "/api/setup/finish", api.SettingUp(), "Check everything and start Roomward", g.Finish),
	}
}

// GuideConfig says what the server of the set-up guide needs.
type GuideConfig struct {
	TrustedProxies []string // whose word on the scheme is believed, beside that of those on this machine
	ProxyHeaders   string   // as in Config
	Version        string
	Dist           fs.FS
	Log            *slog.Logger
}

const (
	guidePage   = "/setup"
	guideCookie = "roomward-setup"
	// The token has 130 bits, so this is for the log's sake more than for its own.
	claimRate, claimBurst = 1, 10
	maxClaim              = 4 << 10
)

// guideServer is the face of the guide: pages, the exchange of the token, and the operations behind it.
type guideServer struct {
	*Server
	guide *setup.Guide
}

// NewGuide puts the server of the guide together. Beside its page and the exchange of the token nothing answers without the session that the
// token was changed for, but /healthz and /readyz.
func NewGuide(cfg GuideConfig, guide *setup.Guide) (*Server, error) {
	s := &Server{
		cfg: Config{Version: cfg.Version, ProxyHeaders: cfg.ProxyHeaders, Log: cfg.Log}, public: &url.URL{Scheme: "http"}, policy: contentPolicy(""),
		signins: newLimits(claimRate, claimBurst, claimRate, claimBurst), writes: newLimits(0, 0, 5, 50),
	}
	var err error
	if s.proxies, err = parseNetworks(cfg.TrustedProxies); err != nil {
		return nil, fmt.Errorf("make the server of the set-up guide: %w", err)
	}
	if s.ui, err = readFiles(cfg.Dist); err != nil {
		return nil, fmt.Errorf("make the server of the set-up guide: %w", err)
	}
	e := echo.New()
	e.IPExtractor = echo.ExtractIPDirect()
	e.HTTPErrorHandler = s.fail
	if _, err := api.Register(e, &api.Desk{Log: cfg.Log}, cfg.Version, GuideRoutes(guide)); err != nil {
		return nil, fmt.Errorf("make the server of the set-up guide: %w", err)
	}
	g := &guideServer{s, guide}
	plain := func(h http.HandlerFunc) echo.HandlerFunc { return echo.WrapHandler(h) }
	e.GET("/healthz", plain(settingUp))
	e.GET("/readyz", plain(notSetUp))
	e.POST("/setup/session", plain(g.claim))
	e.GET("/signin/callback", plain(g.arrive))
	e.GET("/consent/callback", plain(g.consented(setup.StepRegistration)))
	e.GET("/consent/acting/callback", plain(g.consented(setup.StepActing)))
	s.echo, s.chain = e, e
	for _, step := range []func(http.Handler) http.Handler{
		g.lock, g.limit, s.limitBody, g.refuseOthers, g.leadToGuide, g.refuseClear, s.setHeaders, s.recoverPanics, s.logRequests, s.identify,
	} {
		s.chain = step(s.chain)
	}
	return s, nil
}

// GuideBackstage is what the listener of the operator's own answers while the guide is open: that Roomward lives, and why it is not ready.
func GuideBackstage() http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("GET /healthz", settingUp)
	m.HandleFunc("GET /readyz", notSetUp)
	m.HandleFunc("GET /metrics", notSetUp)
	return m
}

func settingUp(w http.ResponseWriter, _ *http.Request) {
	answerJSON(w, http.StatusOK, map[string]string{"status": "setting up"})
}

func notSetUp(w http.ResponseWriter, _ *http.Request) {
	answerJSON(w, http.StatusServiceUnavailable, readyAnswer{"not ready", []watch.Reason{{Code: "setup-open", Text: "set-up is not finished: open the set-up guide", Down: true}}})
}

// refuseClear lets the guide be used over TLS or on this machine only: what is typed there must not travel in the clear. Behind a proxy on
// this machine, or a trusted one, its word counts; one that says nothing is found out by what proxies leave in a request, and refused.
func (g *guideServer) refuseClear(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case probe(r.URL.Path) || g.encrypted(r) || g.local(r) && !g.passedOn(r):
			next.ServeHTTP(w, r)
		case g.local(r):
			api.Answer(w, r, api.Forbidden("setup-behind-proxy", "A proxy leads to the set-up guide and does not say how the visitor came.", proxyHint))
		default:
			api.Answer(w, r, api.Forbidden("setup-in-clear", "The set-up guide answers over https or on this machine only.",
				"Open it through a tunnel (ssh -L 8080:127.0.0.1:8080 this-machine), or over https. "+proxyHint))
		}
	})
}

// proxyHint is what a proxy in front has to say.
const proxyHint = "The proxy with the TLS must say so. nginx: proxy_set_header Host $host; proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; " +
	"proxy_set_header X-Forwarded-Proto $scheme; in the server that listens on 443."

func (g *guideServer) encrypted(r *http.Request) bool {
	ip := peer(r)
	return r.TLS != nil || g.forwardedBy(r).proto == "https" || ip.IsLoopback() && strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
}

// local tells that the request comes from this machine by one of its own names. A foreign name that points here is refused.
func (g *guideServer) local(r *http.Request) bool {
	host, _ := splitPort(r.Host)
	return peer(r).IsLoopback() && isLoopback(host)
}

// passedOn tells that a program on this machine passed the request on for somebody else. A bare proxy_pass of nginx sends its own name as the Host and
// no header that says more: then the old version of the protocol, which no browser speaks, or the browser's own word on where it is, gives it away. What
// is left, a proxy that speaks HTTP/1.1 and a page asked for, is refused by the page itself (ui/src/setup): it asks for no token in the clear.
func (g *guideServer) passedOn(r *http.Request) bool {
	for _, name := range []string{"X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Real-Ip", "Forwarded", "Via"} {
		if len(r.Header.Values(name)) > 0 {
			return true
		}
	}
	if !r.ProtoAtLeast(1, 1) {
		return true
	}
	site := r.Header.Get("Sec-Fetch-Site") // absent in the clear; of another site, it is another refusal's matter
	u, err := url.Parse(r.Header.Get("Origin"))
	return err == nil && u.Host != "" && !strings.EqualFold(u.Host, r.Host) && (site == "" || site == "same-origin")
}

// leadToGuide sends every page to the guide's but the help.
func (g *guideServer) leadToGuide(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		path := r.URL.Path
		if api.LoadsPage(r) && path != guidePage && path != "/help" && !strings.HasPrefix(path, "/help/") && path != "/signin/callback" && path != "/consent/callback" && path != "/consent/acting/callback" && !probe(r.URL.Path) {
			w.Header().Set("Location", guidePage)
			w.WriteHeader(http.StatusFound)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// refuseOthers stops changes that another site made the browser ask for. The guide answers under several names, so the origin must be the one asked.
func (g *guideServer) refuseOthers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		origin, site := r.Header.Get("Origin"), r.Header.Get("Sec-Fetch-Site")
		u, err := url.Parse(origin)
		switch {
		case reads(r):
			next.ServeHTTP(w, r)
		case origin != "" && (err != nil || !strings.EqualFold(u.Host, g.host(r))), site != "" && site != "same-origin", r.Header.Get(requestHeader) != "1":
			api.Answer(w, r, api.Forbidden("cross-site", "Changes are taken from Roomward's own pages only.", "Open the set-up guide at the address that was printed."))
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// limit keeps one address from trying tokens, and from asking for checks, as fast as a machine can.
func (g *guideServer) limit(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var wait time.Duration
		switch {
		case r.URL.Path == "/setup/session":
			wait = g.signins.take(addressPayer(r), time.Now())
		case !reads(r):
			wait = g.writes.take(addressPayer(r), time.Now())
		}
		if wait > 0 {
			w.Header().Set("Retry-After", fmt.Sprint(int(wait/time.Second)+1))
			api.Answer(w, r, api.Fail(http.StatusTooManyRequests, api.CodeOf(http.StatusTooManyRequests), "Too many requests in a short time.", "Wait as long as Retry-After says."))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// lock keeps every operation from whoever has not brought the token, before anything of it is read.
func (g *guideServer) lock(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !strings.HasPrefix(r.URL.Path, "/api") {
			next.ServeHTTP(w, r)
			return
		}
		c, err := r.Cookie(g.cookieName(r))
		if err != nil || len(c.Value) > maxClaim || !g.guide.Holds(c.Value) {
			api.Answer(w, r, api.Fail(http.StatusUnauthorized, "setup-locked", "The set-up guide is open for the browser that brought the one-time token.",
				"Restart Roomward for a new token: it is printed, and stands in the file setup-token of the data directory."))
			return
		}
		next.ServeHTTP(w, r.WithContext(setup.WithSession(r.Context(), c.Value)))
	})
}

func (g *guideServer) cookieName(r *http.Request) string {
	if g.encrypted(r) {
		return "__Host-" + guideCookie
	}
	return guideCookie
}

// claim is POST /setup/session: it changes the one-time token for the session of this browser.
func (g *guideServer) claim(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Token string `json:"token"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxClaim)).Decode(&in); err != nil {
		api.Answer(w, r, api.Invalid("body.token", "is missing"))
		return
	}
	session, err := g.guide.Claim(strings.TrimSpace(in.Token))
	switch {
	case errors.Is(err, setup.ErrTokenUsed):
		api.Answer(w, r, api.Fail(http.StatusConflict, "setup-token-used", "This token was used by another browser.", "Restart Roomward: it makes a new one."))
	case errors.Is(err, setup.ErrWrongToken):
		g.cfg.Log.WarnContext(r.Context(), "a wrong set-up token", "address", api.Address(r.Context()))
		api.Answer(w, r, api.Fail(http.StatusUnauthorized, "setup-token-wrong", "This is not the token of this start, or it has expired.",
			"Read it again: it was printed last, and stands in the file setup-token of the data directory. A restart makes a new one."))
	case err != nil:
		g.broken(w, r, "change the set-up token", "error", err)
	default:
		http.SetCookie(w, &http.Cookie{Name: g.cookieName(r), Value: session, Path: "/", MaxAge: int(setup.SessionLife / time.Second),
			HttpOnly: true, Secure: g.encrypted(r), SameSite: http.SameSiteLaxMode}) // Lax: it comes along when Microsoft sends the browser back
		w.WriteHeader(http.StatusNoContent)
	}
}

// arrive is where Microsoft sends the browser back to after a trial sign-in.
func (g *guideServer) arrive(w http.ResponseWriter, r *http.Request) {
	g.guide.Arrive(r.Context(), r.URL.Query())
	w.Header().Set("Location", guidePage+"?step=managers")
	w.WriteHeader(http.StatusFound)
}

// consented is where Microsoft sends the browser back to after the consent. Whether it was given, the check of the step asks.
func (g *guideServer) consented(step string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Location", guidePage+"?step="+step)
		w.WriteHeader(http.StatusFound)
	}
}
