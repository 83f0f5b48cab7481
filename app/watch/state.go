package watch

import (
	"context"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// readTime is how long the store may take to count.
const readTime = 5 * time.Second

// state reads what is not counted as it happens but is there to be looked at.
type state struct{ w *Watch }

func gauge(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("roomward_"+name, help, labels, nil)
}

// describe are the descriptions of what state reads; made anew each time, which is seldom.
func describe() map[string]*prometheus.Desc {
	out := map[string]*prometheus.Desc{}
	for _, d := range []*prometheus.Desc{
		gauge("build_info", "Always 1; the version is the label.", "version"),
		gauge("up_to_date", "1 when the counts of the database below could be read, else 0 and they are missing."),
		gauge("reason", "Always 1: why Roomward is not well, by the code that /readyz has.", "code"),
		gauge("collect_jobs", "Collecting jobs of customers with open views, by kind and state.", "kind", "state"),
		gauge("collect_due_jobs", "Collecting jobs that are due and not being done, by kind.", "kind"),
		gauge("collect_overdue_seconds", "Since when the longest of them is due, by kind.", "kind"),
		gauge("collect_oldest_data_seconds", "Age of the oldest last good data of any customer, by kind and state of its job.", "kind", "state"),
		gauge("collect_workers", "Workers of a lane of collecting.", "kind", "queue"),
		gauge("collect_workers_busy", "Those that collect.", "kind", "queue"),
		gauge("customers", "Relations with customers, by state.", "state"),
		gauge("sessions", "Sessions that have not expired, by side.", "side"),
		gauge("room_actions", "Actions in rooms that have not ended, by state.", "state"),
		gauge("change_requests_waiting", "Requests that wait for a customer's approval."),
		gauge("letters", "Mails of the outbox, by state.", "state"),
		gauge("letters_oldest_seconds", "Age of the notice that has waited longest for its mail."),
		gauge("database_bytes", "Size of the database's file."),
		gauge("database_free_bytes", "Of which free pages."),
		gauge("database_log_bytes", "Size of the database's write-ahead log."),
		gauge("erase_waiting_seconds", "For how long removed rows have waited to leave the files; they have a minute."),
		gauge("database_connections_busy", "Connections in use, of readers and of the writer.", "pool"),
		gauge("database_waits_total", "Times somebody waited for a connection.", "pool"),
		gauge("database_wait_seconds_total", "How long in all.", "pool"),
		gauge("views_made_total", "Times the rights of a person were worked out anew; all other decisions were known."),
		gauge("views_kept", "People whose rights are kept."),
	} {
		out[strings.TrimPrefix(nameOf(d), "roomward_")] = d
	}
	return out
}

// nameOf reads the name out of a description, which has it in its text only: Desc{fqName: "NAME", help: ...
func nameOf(d *prometheus.Desc) string {
	_, rest, _ := strings.Cut(d.String(), `fqName: "`)
	name, _, _ := strings.Cut(rest, `"`)
	return name
}

// Describe names them.
func (s *state) Describe(out chan<- *prometheus.Desc) {
	for _, d := range describe() {
		out <- d
	}
}

// Collect reads them.
func (s *state) Collect(out chan<- prometheus.Metric) {
	known := describe()
	say := func(name string, value float64, labels ...string) {
		kind := prometheus.GaugeValue
		if strings.HasSuffix(name, "_total") {
			kind = prometheus.CounterValue
		}
		out <- prometheus.MustNewConstMetric(known[name], kind, value, labels...)
	}
	cfg := s.w.cfg
	say("build_info", 1, cfg.Version)
	for _, l := range cfg.Lanes() {
		say("collect_workers", float64(l.Of), l.Kind, l.Queue)
		say("collect_workers_busy", float64(l.Busy), l.Kind, l.Queue)
	}
	made, kept := cfg.Views()
	say("views_made_total", float64(made))
	say("views_kept", float64(kept))
	reads, changes := cfg.Waits()
	say("database_connections_busy", float64(reads.Busy), "reader")
	say("database_connections_busy", float64(changes.Busy), "writer")
	say("database_waits_total", float64(reads.Times), "reader")
	say("database_waits_total", float64(changes.Times), "writer")
	say("database_wait_seconds_total", reads.Took.Seconds(), "reader")
	say("database_wait_seconds_total", changes.Took.Seconds(), "writer")

	ctx, done := context.WithTimeout(context.Background(), readTime)
	defer done()
	w, err := s.w.watched(ctx)
	if err != nil {
		say("up_to_date", 0)
		return
	}
	say("up_to_date", 1)
	for _, r := range cfg.Reasons(ctx) {
		say("reason", 1, r.Code)
	}
	due, overdue := map[string]int{}, map[string]time.Duration{}
	for _, j := range w.Jobs {
		say("collect_jobs", float64(j.Jobs), j.Kind, j.State)
		say("collect_oldest_data_seconds", j.Age.Seconds(), j.Kind, j.State)
		due[j.Kind] += j.Due
		overdue[j.Kind] = max(overdue[j.Kind], j.Overdue)
	}
	for kind, n := range due {
		say("collect_due_jobs", float64(n), kind)
		say("collect_overdue_seconds", overdue[kind].Seconds(), kind)
	}
	for name, counts := range map[string]map[string]int{"customers": w.Customers, "sessions": w.Sessions, "room_actions": w.Actions, "letters": w.Letters} {
		for label, n := range counts {
			say(name, float64(n), label)
		}
	}
	say("change_requests_waiting", float64(w.Requests))
	say("letters_oldest_seconds", w.OldestLetter.Seconds())
	say("database_bytes", float64(w.Database))
	say("database_free_bytes", float64(w.Free))
	say("database_log_bytes", float64(w.Log))
	say("erase_waiting_seconds", w.Erasing.Seconds())
}
