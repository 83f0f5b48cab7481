package web

import (
	"net"
	"net/http"
	"net/netip"
	"strings"

	"roomward/app/api"
)

const (
	maxBody = 1 << 20 // bytes of one request; the largest true one, an invitation with a list of rooms, has some 100 KB
	// requestHeader is on every change: a form of another site cannot send it, and a script of another site may not.
	requestHeader = "X-Roomward-Request"
)

// checkHost answers to the public address only: a foreign name that points here is an attack (DNS rebinding) or a mistake. On loopback people
// type either name; cookies belong to one of them, so a page asked for by the other is sent on. Probes of health come by address.
func (s *Server) checkHost(next http.Handler) http.Handler {
	own := withoutDefaultPort(s.public.Scheme, strings.ToLower(s.public.Host))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host := withoutDefaultPort(s.public.Scheme, strings.ToLower(s.host(r)))
		switch {
		case host == own, probe(r.URL.Path):
			next.ServeHTTP(w, r)
		case reads(r) && sameLoopback(host, own) && strings.HasPrefix(r.URL.Path, "/"):
			w.Header().Set("Location", s.origin+r.URL.RequestURI())
			w.WriteHeader(http.StatusTemporaryRedirect)
		default:
			api.Answer(w, r, api.Fail(http.StatusMisdirectedRequest, "other-host", "Roomward does not answer under this name.", "Use its public address."))
		}
	})
}

func sameLoopback(a, b string) bool {
	hostA, portA := splitPort(a)
	hostB, portB := splitPort(b)
	return portA == portB && isLoopback(hostA) && isLoopback(hostB)
}

func splitPort(hostport string) (host, port string) {
	host, port, err := net.SplitHostPort(hostport)
	if err != nil {
		return strings.Trim(hostport, "[]"), ""
	}
	return host, port
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// reads tells whether the method changes nothing.
func reads(r *http.Request) bool {
	return r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions
}

// refuseCrossSite stops changes that another site made the browser ask for. The header alone would do; where the browser says where the
// request comes from, that must fit too.
func (s *Server) refuseCrossSite(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if reads(r) {
			next.ServeHTTP(w, r)
			return
		}
		origin, site := r.Header.Get("Origin"), r.Header.Get("Sec-Fetch-Site")
		switch {
		case origin != "" && origin != s.origin, site != "" && site != "same-origin":
			api.Answer(w, r, api.Forbidden("cross-site", "Changes are taken from Roomward's own pages only.", "Open Roomward under its public address."))
		case r.Header.Get(requestHeader) != "1":
			api.Answer(w, r, api.Forbidden("cross-site", "The header "+requestHeader+": 1 is missing.", "Programs send it with every change."))
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// limitBody refuses what says that it is too large, and cuts the rest while it is read.
func (s *Server) limitBody(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength > maxBody {
			w.Header().Set("Connection", "close") // what is still coming is not read
			api.Answer(w, r, api.Fail(http.StatusRequestEntityTooLarge, "too-large", "The request is larger than 1 MiB.", "Send less at once."))
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(w, r)
	})
}

// attach makes the session of the request's cookie known to app/signin. It is read when somebody asks.
func (s *Server) attach(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r = s.cfg.Signin.Attach(r)
		defer noteSession(w, r)
		next.ServeHTTP(w, r)
	})
}
