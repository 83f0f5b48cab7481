// Package watch is what tells an operator how Roomward is: the metrics and why it is not ready, or not well. It counts kinds, states and results of
// all customers together: no name and no id of a customer, a room or a person is ever a label.
package watch

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"roomward/store"
)

// Config says what is read when somebody looks.
type Config struct {
	Version string
	// Watched are the store's counts, and Waits those of its connections.
	Watched func(context.Context) (store.Watched, error)
	Waits   func() (reads, changes store.PoolWaits)
	// Views says how many views were made anew, and how many people's are kept.
	Views func() (made int64, kept int)
	// Lanes says for each lane of collecting how many of its workers are busy, of how many.
	Lanes func() []Lane
	// Reasons are why Roomward is not well, those of Watch.Reasons among them.
	Reasons func(context.Context) []Reason
	Now     func() time.Time
}

// Lane is a queue of collecting with its workers.
type Lane struct {
	Kind, Queue string
	Busy, Of    int
}

// Watch counts what happens. Safe for concurrent use.
type Watch struct {
	cfg      Config
	registry *prometheus.Registry

	requests  *prometheus.CounterVec
	durations *prometheus.HistogramVec
	microsoft *prometheus.CounterVec
	answers   *prometheus.HistogramVec
	throttled prometheus.Counter
	runs      *prometheus.CounterVec
	runTimes  *prometheus.HistogramVec
	groups    prometheus.Histogram
	commits   prometheus.Histogram
	signins   *prometheus.CounterVec
	mails     *prometheus.CounterVec
	stale     prometheus.Counter

	reach reach

	mu   sync.Mutex
	at   time.Time
	last store.Watched
}

// watchedFresh is for how long the store's counts are good: several who look at the same time make one read.
const watchedFresh = 5 * time.Second

// New registers every metric.
func New(cfg Config) *Watch {
	quick := []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10}
	slow := []float64{.05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300}
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "roomward_" + name, Help: help}, labels)
	}
	histogram := func(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
		return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "roomward_" + name, Help: help, Buckets: buckets}, labels)
	}
	single := func(name, help string, buckets []float64) prometheus.Histogram {
		return prometheus.NewHistogram(prometheus.HistogramOpts{Name: "roomward_" + name, Help: help, Buckets: buckets})
	}
	w := &Watch{
		cfg:       cfg,
		registry:  prometheus.NewRegistry(),
		requests:  counter("http_requests_total", "Requests answered, by the pattern of the route (other: no route), method and status.", "route", "method", "status"),
		durations: histogram("http_request_seconds", "How long requests took, by the pattern of the route.", quick, "route"),
		microsoft: counter("microsoft_requests_total", "Requests to Microsoft, by what they are for and the status of the answer (none: no answer).", "kind", "status"),
		answers:   histogram("microsoft_request_seconds", "How long Microsoft took to answer, by what was asked.", slow, "kind"),
		throttled: prometheus.NewCounter(prometheus.CounterOpts{Name: "roomward_microsoft_throttled_total", Help: "Answers of Microsoft that asked to wait (429)."}),
		runs:      counter("collect_runs_total", "Collections that ended, by kind and the state they left.", "kind", "result"),
		runTimes:  histogram("collect_run_seconds", "How long collections took, by kind.", slow, "kind"),
		groups:    single("write_group_changes", "How many changes shared one commit.", []float64{1, 2, 4, 8, 16, 32, 64}),
		commits:   single("write_group_seconds", "From the begin to the commit of a group of changes.", quick),
		signins:   counter("signins_total", "Sign-ins that came back from Entra, or could not begin, by side and result (ok, or why not).", "side", "result"),
		mails:     counter("mails_total", "Attempts to hand a mail to the mail server, by result.", "result"),
		stale: prometheus.NewCounter(prometheus.CounterOpts{Name: "roomward_stale_views_total",
			Help: "Operations that were done again because rights changed under them."}),
	}
	w.registry.MustRegister(w.requests, w.durations, w.microsoft, w.answers, w.throttled, w.runs, w.runTimes, w.groups, w.commits, w.signins, w.mails, w.stale,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), &state{w})
	return w
}

// Handler answers /metrics.
func (w *Watch) Handler() http.Handler {
	return promhttp.HandlerFor(w.registry, promhttp.HandlerOpts{MaxRequestsInFlight: 4, Timeout: 10 * time.Second})
}

// Names are the names of all metrics that can come out, for who checks that a dashboard asks for nothing else.
func (w *Watch) Names() []string {
	descriptions := make(chan *prometheus.Desc, 1000)
	go func() { w.registry.Describe(descriptions); close(descriptions) }()
	var out []string
	for d := range descriptions {
		out = append(out, nameOf(d))
	}
	return out
}

// Served counts one answer. route is the pattern, never the path.
func (w *Watch) Served(route, method string, status int, took time.Duration) {
	w.requests.WithLabelValues(route, method, strconv.Itoa(status)).Inc()
	w.durations.WithLabelValues(route).Observe(took.Seconds())
}

// Asked counts one request to Microsoft; status 0 means that no answer came.
func (w *Watch) Asked(kind string, status int, took time.Duration) {
	text := "none"
	if status != 0 {
		text = strconv.Itoa(status)
	}
	if status == http.StatusTooManyRequests {
		w.throttled.Inc()
	}
	w.microsoft.WithLabelValues(kind, text).Inc()
	w.answers.WithLabelValues(kind).Observe(took.Seconds())
	w.reach.note(status != 0 && status < http.StatusInternalServerError, w.cfg.Now())
}

// Collected counts one collection that ended.
func (w *Watch) Collected(kind, result string, took time.Duration) {
	w.runs.WithLabelValues(kind, result).Inc()
	w.runTimes.WithLabelValues(kind).Observe(took.Seconds())
}

// Committed counts one group of changes.
func (w *Watch) Committed(changes int, took time.Duration) {
	w.groups.Observe(float64(changes))
	w.commits.Observe(took.Seconds())
}

// SignedIn counts one sign-in.
func (w *Watch) SignedIn(side, result string) { w.signins.WithLabelValues(side, result).Inc() }

// Mailed counts one attempt to hand over a mail.
func (w *Watch) Mailed(result string) { w.mails.WithLabelValues(result).Inc() }

// Stale counts one operation that is done again because rights changed under it.
func (w *Watch) Stale() { w.stale.Inc() }

// watched are the store's counts, a few seconds old at most.
func (w *Watch) watched(ctx context.Context) (store.Watched, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	if !w.at.IsZero() && now.Sub(w.at) < watchedFresh {
		return w.last, nil
	}
	got, err := w.cfg.Watched(ctx)
	if err != nil {
		return store.Watched{}, err
	}
	w.at, w.last = now, got
	return got, nil
}
