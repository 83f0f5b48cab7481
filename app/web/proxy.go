package web

import (
	"net"
	"net/http"
	"net/netip"
	"strings"

	"roomward/app/api"
)

// Which headers the trusted proxies set themselves. Only those are believed: a proxy that sets X-Forwarded-For passes on a Forwarded that a visitor
// made up, and the other way round.
const (
	// HeadersXForwarded are X-Forwarded-For, X-Forwarded-Proto and X-Forwarded-Host.
	HeadersXForwarded = "x-forwarded"
	// HeadersForwarded is Forwarded (RFC 7239).
	HeadersForwarded = "forwarded"
)

// forwarded is what a trusted proxy says of a request that it passed on.
type forwarded struct {
	by    []string // who asked it, the nearest last, as it was written
	proto string
	host  string
}

// peer is the other end of the connection; the zero address when it cannot be read.
func peer(r *http.Request) netip.Addr {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Addr{}
	}
	return ip.Unmap().WithZone("")
}

// forwardedBy reads what the proxy says, of a request that comes from a trusted one; nothing of any other. Where several proxies stand one behind
// the other, the nearest one's word on the scheme and the name counts: it is the last.
func (s *Server) forwardedBy(r *http.Request) forwarded {
	if !s.trusted(peer(r)) {
		return forwarded{}
	}
	if s.cfg.ProxyHeaders == HeadersForwarded {
		return readForwarded(r.Header.Values("Forwarded"))
	}
	return forwarded{by: entries(r, "X-Forwarded-For"), proto: strings.ToLower(last(r, "X-Forwarded-Proto")), host: last(r, "X-Forwarded-Host")}
}

func entries(r *http.Request, header string) []string {
	values := r.Header.Values(header)
	if len(values) == 0 {
		return nil
	}
	list := strings.Split(strings.Join(values, ","), ",")
	for i := range list {
		list[i] = strings.TrimSpace(list[i])
	}
	return list
}

func last(r *http.Request, header string) string {
	list := entries(r, header)
	if len(list) == 0 {
		return ""
	}
	return list[len(list)-1]
}

// readForwarded reads Forwarded: elements separated by commas, each of pairs separated by semicolons. Text in quotes with a comma or semicolon inside
// is no address and makes the element unreadable, which counts as an unknown sender.
func readForwarded(values []string) forwarded {
	var f forwarded
	if len(values) == 0 {
		return f
	}
	for element := range strings.SplitSeq(strings.Join(values, ","), ",") {
		by := ""
		f.proto, f.host = "", ""
		for pair := range strings.SplitSeq(element, ";") {
			name, value, _ := strings.Cut(strings.TrimSpace(pair), "=")
			value = strings.Trim(strings.TrimSpace(value), `"`)
			switch strings.ToLower(strings.TrimSpace(name)) {
			case "for":
				by = value
			case "proto":
				f.proto = strings.ToLower(value)
			case "host":
				f.host = value
			}
		}
		f.by = append(f.by, by)
	}
	return f
}

// nodeAddress reads an entry: an address, in brackets or not, with a port or not.
func nodeAddress(text string) (netip.Addr, bool) {
	if ip, err := netip.ParseAddr(strings.Trim(text, "[]")); err == nil {
		return ip.Unmap().WithZone(""), true
	}
	if at, err := netip.ParseAddrPort(text); err == nil {
		return at.Addr().Unmap().WithZone(""), true
	}
	return netip.Addr{}, false
}

// host is the name under which the visitor came, as the trusted proxy says it, or the request itself.
func (s *Server) host(r *http.Request) string {
	if f := s.forwardedBy(r); f.host != "" {
		return f.host
	}
	return r.Host
}

// demandHTTPS sends on who came to a trusted proxy by plain http, where the public address is https. The first request was in the clear all the same:
// so only reading is sent on, a change is refused.
func (s *Server) demandHTTPS(next http.Handler) http.Handler {
	if s.public.Scheme != "https" || len(s.proxies) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case probe(r.URL.Path) || s.forwardedBy(r).proto != "http":
			next.ServeHTTP(w, r)
		case reads(r) && strings.HasPrefix(r.URL.Path, "/"):
			w.Header().Set("Location", s.origin+r.URL.RequestURI())
			w.WriteHeader(http.StatusPermanentRedirect)
		default:
			api.Answer(w, r, api.Forbidden("https-only", "Roomward takes no changes by plain http.", "Use its public address."))
		}
	})
}

// probe tells whether a path is asked by machines that come by address, without a name.
func probe(path string) bool { return path == "/healthz" || path == "/readyz" || path == "/metrics" }
