package web

import (
	"cmp"
	"container/list"
	"math"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"roomward/app/api"
)

// maxPayers bounds how many addresses or sessions are counted at a time; who came least lately is forgotten.
const maxPayers = 10_000

// limits is one rate for each of many payers.
type limits struct {
	rate  rate.Limit
	burst int

	mu    sync.Mutex
	known map[string]*list.Element // of bucket
	order *list.List               // lately used first
}

type bucket struct {
	payer string
	*rate.Limiter
}

func newLimits(r rate.Limit, burst int, defaultRate rate.Limit, defaultBurst int) *limits {
	return &limits{rate: cmp.Or(r, defaultRate), burst: cmp.Or(burst, defaultBurst), known: map[string]*list.Element{}, order: list.New()}
}

// take counts one request. Zero means that it may go on; else it is how long to wait.
func (l *limits) take(payer string, now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	found := l.known[payer]
	if found == nil {
		if l.order.Len() >= maxPayers {
			if b, ok := l.order.Remove(l.order.Back()).(bucket); ok {
				delete(l.known, b.payer)
			}
		}
		found = l.order.PushFront(bucket{payer, rate.NewLimiter(l.rate, l.burst)})
		l.known[payer] = found
	}
	l.order.MoveToFront(found)
	b, _ := found.Value.(bucket)
	wish := b.ReserveN(now, 1)
	wait := wish.DelayFrom(now)
	if wait > 0 {
		wish.CancelAt(now)
	}
	return wait
}

// limitRates keeps one address from beginning sign-ins, and one session from making changes, as fast as a machine can.
func (s *Server) limitRates(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var wait time.Duration
		switch {
		case entrance(r.URL.Path):
			wait = s.signins.take(addressPayer(r), time.Now())
		case !reads(r):
			wait = s.writes.take(s.writer(r), time.Now())
		}
		if wait == 0 {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
		api.Answer(w, r, api.Fail(http.StatusTooManyRequests, api.CodeOf(http.StatusTooManyRequests),
			"Too many requests in a short time.", "Wait as long as Retry-After says."))
	})
}

// entrance tells whether a path belongs to signing in and out, where nobody need be known.
func entrance(path string) bool {
	for _, p := range []string{"/signin", "/signout", "/consent"} {
		if path == p || strings.HasPrefix(path, p+"/") {
			return true
		}
	}
	return false
}

// writer is who makes a change: the session, or, without one, the address. An error of the session shows itself in the handler.
func (s *Server) writer(r *http.Request) string {
	p, err := s.cfg.Signin.Person(r.Context())
	if err != nil || p == nil {
		return addressPayer(r)
	}
	return "session " + p.Session
}

func addressPayer(r *http.Request) string {
	ip, err := netip.ParseAddr(api.Address(r.Context()))
	if err != nil {
		return "unknown"
	}
	return payer(ip)
}
