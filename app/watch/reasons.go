package watch

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Reason is why Roomward cannot work, or is not well. The code is stable; the text is for everybody; the detail is for the operator.
type Reason struct {
	Code   string `json:"code"`
	Text   string `json:"text"`
	Detail string `json:"detail,omitempty"`
	// Down says that requests cannot be answered: not ready. Without it Roomward works, and somebody should look.
	Down bool `json:"-"`
}

// What is too long, too old or too little.
const (
	collectStalled = 20 * time.Minute // due and not done: four times what devices take
	mailStalled    = time.Hour
	eraseStalled   = time.Minute // law 7
	unreachable    = 5 * time.Minute
)

// reach is whether Microsoft answers.
type reach struct {
	mu    sync.Mutex
	good  time.Time // of the last answer
	since time.Time // of the first failure after it; zero: none
}

func (r *reach) note(answered bool, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if answered {
		r.good, r.since = now, time.Time{}
	} else if r.since.IsZero() {
		r.since = now
	}
}

// Reasons are what the counts tell; empty when all is well. None of them is a reason not to answer requests.
func (w *Watch) Reasons(ctx context.Context) []Reason {
	var out []Reason
	now := w.cfg.Now()
	w.reach.mu.Lock()
	since := w.reach.since
	w.reach.mu.Unlock()
	if !since.IsZero() && now.Sub(since) > unreachable {
		out = append(out, Reason{Code: "microsoft-unreachable", Text: "Microsoft does not answer; what is shown grows old.",
			Detail: "No answer since " + since.UTC().Format(time.RFC3339) + "."})
	}
	got, err := w.watched(ctx)
	if err != nil {
		return out // the database is a reason of its own
	}
	var overdue time.Duration
	due := 0
	for _, j := range got.Jobs {
		overdue = max(overdue, j.Overdue)
		due += j.Due
	}
	if overdue > collectStalled {
		out = append(out, Reason{Code: "collecting-stalled", Text: "Collecting does not keep up.",
			Detail: fmt.Sprintf("%d jobs are due, the longest for %s.", due, overdue.Round(time.Second))})
	}
	if got.OldestLetter > mailStalled {
		out = append(out, Reason{Code: "mail-waiting", Text: "Mail is not leaving.",
			Detail: fmt.Sprintf("%d mails wait, the oldest for %s.", got.Letters["waiting"], got.OldestLetter.Round(time.Minute))})
	}
	if got.Erasing > eraseStalled {
		out = append(out, Reason{Code: "erasing-late", Text: "Removed data has not left the files of the database yet.",
			Detail: fmt.Sprintf("For %s.", got.Erasing.Round(time.Second))})
	}
	return out
}
