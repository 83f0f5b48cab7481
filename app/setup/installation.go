package setup

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"roomward/app/api"
)

// Examine runs every check of an installation and tells what each found, with how many of how many are done.
type Examine func(ctx context.Context, tell func(done, of int, found ...Outcome)) error

// Installation lets managers have a Roomward that serves checked, by the checks of `roomward doctor`: one run at a time, which all see. What was found is
// kept in memory only. Safe for concurrent use.
type Installation struct {
	examine Examine
	now     func() time.Time
	log     *slog.Logger
	asked   chan struct{}

	mu    sync.Mutex
	state Checkup
}

// NewInstallation checks nothing yet; Run does, when somebody asks.
func NewInstallation(examine Examine, now func() time.Time, log *slog.Logger) *Installation {
	return &Installation{examine: examine, now: now, log: log, asked: make(chan struct{}, 1), state: Checkup{Findings: []Checked{}}}
}

// Checkup is what the last run found, or what the present one has found so far.
type Checkup struct {
	Running   bool       `json:"running"`
	StartedAt *time.Time `json:"startedAt,omitempty" doc:"When the last run began; absent when nobody has asked since Roomward started."`
	EndedAt   *time.Time `json:"endedAt,omitempty" doc:"Absent while it runs."`
	Done      int        `json:"done" doc:"How many checks of the run are done."`
	Of        int        `json:"of" doc:"Of how many; 0 while that is not known."`
	Findings  []Checked  `json:"findings" nullable:"false"`
}

// Checked is a finding and when it was found.
type Checked struct {
	Outcome
	At time.Time `json:"at"`
}

// examineTime bounds a run: a server that does not answer has let every check wait by then.
const examineTime = 3 * time.Minute

// Checkup answers GET /api/installation.
func (i *Installation) Checkup(context.Context, *api.Call, *struct{}) (Checkup, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.state, nil
}

// CheckNow answers POST /api/installation/checks: it begins a run, or joins the one that is under way.
func (i *Installation) CheckNow(context.Context, *api.Call, *struct{}) (Checkup, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if !i.state.Running {
		began := i.now().UTC()
		i.state = Checkup{Running: true, StartedAt: &began, Findings: []Checked{}}
		i.asked <- struct{}{} // it has room: Run takes it before a run ends
	}
	return i.state, nil
}

// Run checks whenever somebody asked, until the context ends.
func (i *Installation) Run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-i.asked:
		}
		i.runOnce(ctx)
	}
}

func (i *Installation) runOnce(ctx context.Context) {
	ctx, done := context.WithTimeout(ctx, examineTime)
	defer done()
	err := i.examine(ctx, func(done, of int, found ...Outcome) {
		i.mu.Lock()
		defer i.mu.Unlock()
		i.state.Done, i.state.Of = done, of
		findings := append([]Checked{}, i.state.Findings...) // the former list is being read
		for _, f := range found {
			findings = append(findings, Checked{f, i.now().UTC()})
		}
		i.state.Findings = findings
	})
	i.mu.Lock()
	defer i.mu.Unlock()
	ended := i.now().UTC()
	i.state.Running, i.state.EndedAt = false, &ended
	if err != nil {
		i.log.WarnContext(ctx, "the checks of the installation did not end", "error", err)
		i.state.Findings = append(i.state.Findings[:len(i.state.Findings):len(i.state.Findings)], Checked{found("checks", Warning, "checks-unfinished"), ended})
	}
}
