package web

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"strings"
)

// contentPolicy is the Content-Security-Policy with %nonce% where the style nonce goes. Nothing leaves the appliance but the sign-in: a form
// that begins one is led to Entra's page by a redirect, which form-action covers too.
func contentPolicy(login string) string {
	return strings.Join([]string{
		"default-src 'none'", "script-src 'self'", "style-src 'self'%nonce%", "img-src 'self' data:", "connect-src 'self'", "font-src 'self'",
		"manifest-src 'self'", "base-uri 'none'", strings.TrimSpace("form-action 'self' " + login), "frame-ancestors 'none'",
	}, "; ")
}

// setHeaders sets what every answer carries. Handlers may set another Cache-Control.
func (s *Server) setHeaders(next http.Handler) http.Handler {
	policy := strings.Replace(s.policy, "%nonce%", "", 1)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if s.public.Scheme == "https" {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

// page is an HTML page whose {{nonce}} is fresh in each answer.
type page struct{ parts []string }

func newPage(html string) page { return page{strings.Split(html, "{{nonce}}")} }

// show answers with the page and allows its nonce.
func (s *Server) show(w http.ResponseWriter, r *http.Request, p page) {
	nonce := rand.Text()
	h := w.Header()
	h.Set("Content-Security-Policy", strings.Replace(s.policy, "%nonce%", " 'nonce-"+nonce+"'", 1))
	h.Set("Content-Type", "text/html; charset=utf-8")
	if r.Method == http.MethodHead {
		return
	}
	_, _ = w.Write([]byte(strings.Join(p.parts, nonce)))
}

// originOf is scheme, host and port as browsers write them: without the default port.
func originOf(u *url.URL) string {
	return u.Scheme + "://" + withoutDefaultPort(u.Scheme, strings.ToLower(u.Host))
}

func withoutDefaultPort(scheme, host string) string {
	if scheme == "https" {
		return strings.TrimSuffix(host, ":443")
	}
	return strings.TrimSuffix(host, ":80")
}
