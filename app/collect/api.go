package collect

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"roomward/app/api"
	"roomward/policy"
	"roomward/store"
)

// Customer is what collecting says of one customer.
type Customer struct {
	ID     string     `json:"id"`
	Name   string     `json:"name"`
	State  string     `json:"state" doc:"The worse of the states of its two kinds of work: ok, new, partial, throttled, unreachable, bad-answer, empty-answer, internal, devices-gone, forbidden, permission-missing, conditional-access, tenant-unknown, app-disabled, clock-skew, secret-invalid, secret-expired, never-consented, consent-withdrawn."`
	DataAt *time.Time `json:"dataAt,omitempty" doc:"Of when the devices' states are; absent before the first good run."`
	Kinds  []Job      `json:"kinds" nullable:"false" doc:"One for each kind of work: devices, places. Empty for who has no role there."`
	Strip  []string   `json:"strip" nullable:"false" doc:"The runs of the last 24 hours by half hour, oldest first: none, good, failed."`
}

// Job is one kind of work for one customer.
type Job struct {
	Kind       string       `json:"kind" enum:"places,devices"`
	State      string       `json:"state" doc:"See the customer's state."`
	Since      time.Time    `json:"since" doc:"Since when it is in this state."`
	Detail     string       `json:"detail,omitempty" doc:"Microsoft's codes, or the missing permission."`
	Fallback   string       `json:"fallback,omitempty" enum:"last-known,presence" doc:"What is shown while the devices cannot be read at all, in rooms marked as unmonitored: the last known states; with presence also what Teams says of the rooms' accounts."`
	PresenceAt *time.Time   `json:"presenceAt,omitempty" doc:"Of when is what Teams says of the rooms' accounts."`
	LastGoodAt *time.Time   `json:"lastGoodAt,omitempty" doc:"Start of the last run that read everything."`
	LastRunAt  *time.Time   `json:"lastRunAt,omitempty"`
	NextDue    *time.Time   `json:"nextDue,omitempty" doc:"When it is tried next: until then, where it is throttled. Absent while it runs or waits for the first rooms."`
	Queued     bool         `json:"queued" doc:"Due, and waiting for its turn."`
	Running    bool         `json:"running"`
	Progress   *RunProgress `json:"progress,omitempty" doc:"Only while it runs, and for who sees all granted rooms."`
}

// RunProgress is how far a running collection is.
type RunProgress struct {
	Step  string `json:"step" enum:"places,devices,health"`
	Done  int    `json:"done"`
	Total int    `json:"total" doc:"0 while it is not known."`
}

// CustomersIn asks for a page of customers.
type CustomersIn struct {
	api.Paging
	Customer string   `query:"customer" maxLength:"64" doc:"Only this customer."`
	State    []string `query:"state,explode" maxItems:"20" doc:"Only customers in one of these states."`
	Total    bool     `query:"total" doc:"Answer how many there are in all."`
}

// CustomersOut is a page of customers, the ones in trouble first.
type CustomersOut struct {
	api.Page[Customer]
	UpToDate  int       `json:"upToDate" doc:"How many customers are in the state ok, of all that you see."`
	Customers int       `json:"customers" doc:"How many customers you see."`
	AsOf      time.Time `json:"asOf"`
}

// Customers answers what collecting says of each customer that the person has to do with, worst first. A customer whose consent was
// withdrawn is among them, by name and state only: its views are closed.
func (c *Collector) Customers(ctx context.Context, call *api.Call, in *CustomersIn) (CustomersOut, error) {
	out := CustomersOut{AsOf: c.cfg.Now().UTC(), Page: api.Page[Customer]{Items: []Customer{}}}
	found, err := c.states(ctx, call)
	if err != nil {
		return out, err
	}
	all := make([]ranked, 0, len(found))
	for _, s := range found {
		r := ranked{known: s, state: worst(s.CustomerCollect)}
		if out.Customers++; r.state == StateOK {
			out.UpToDate++
		}
		if (in.Customer == "" || in.Customer == s.Customer.String()) && (len(in.State) == 0 || slices.Contains(in.State, r.state)) {
			all = append(all, r)
		}
	}
	slices.SortFunc(all, compareRanked)
	if in.Total {
		n := len(all)
		out.Total = &n
	}
	page, next, err := cut(all, in)
	if err != nil {
		return out, err
	}
	out.Next = next
	return out, c.fill(ctx, call, &out, page)
}

// states reads the states of the customers that the person sees rooms of, has to do with, or knows by its powers. Of one that waits for a stronger
// sign-in it learns what its powers tell: name and state.
func (c *Collector) states(ctx context.Context, call *api.Call) ([]known, error) {
	related, err := call.Decider.Related(ctx, call.Actor)
	if err != nil {
		return nil, err
	}
	named, err := call.Decider.Named(ctx, call.Actor)
	if err != nil {
		return nil, err
	}
	views := []policy.View{related, named}
	if call.Powers.Any() {
		views = append(views, call.Overview)
	}
	var out []known
	seen := map[policy.ID]bool{}
	for i, v := range views {
		found, err := c.cfg.Store.CollectStates(ctx, v)
		if err != nil {
			return nil, err
		}
		for _, s := range found {
			if !seen[s.Customer] {
				seen[s.Customer] = true
				out = append(out, known{s, i > 0})
			}
		}
	}
	return out, nil
}

// known is a customer in the list. named says that the person has no role there and learns its name and state only.
type known struct {
	store.CustomerCollect
	named bool
}

type ranked struct {
	known
	state string
}

func compareRanked(a, b ranked) int {
	return cmp.Or(cmp.Compare(rankOf(a.state), rankOf(b.state)), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Customer, b.Customer))
}

func worst(s store.CustomerCollect) string {
	if s.State == store.CustomerWithdrawn {
		return StateConsentWithdrawn
	}
	state := StateOK
	for _, j := range s.Jobs {
		if rankOf(j.State) < rankOf(state) {
			state = j.State
		}
	}
	return state
}

func cut(all []ranked, in *CustomersIn) (page []ranked, next string, err error) {
	mark := "collect|" + in.Customer + "|" + strings.Join(in.State, ",")
	var rank int
	var name string
	var id policy.ID
	more, err := api.DecodeCursor(in.Cursor, mark, &rank, &name, &id)
	if err != nil {
		return nil, "", err
	}
	if more {
		all = slices.DeleteFunc(all, func(r ranked) bool {
			return cmp.Or(cmp.Compare(rankOf(r.state), rank), cmp.Compare(r.Name, name), cmp.Compare(r.Customer, id)) <= 0
		})
	}
	if len(all) > in.Limit {
		last := all[in.Limit-1]
		all, next = all[:in.Limit], api.EncodeCursor(mark, rankOf(last.state), last.Name, last.Customer)
	}
	return all, next, nil
}

// fill writes the page with what only this page needs.
func (c *Collector) fill(ctx context.Context, call *api.Call, out *CustomersOut, page []ranked) error {
	ids := make([]policy.ID, len(page))
	for i, r := range page {
		ids[i] = r.Customer
	}
	strips, err := c.cfg.Store.CollectStrips(ctx, call.View, ids)
	if err != nil {
		return err
	}
	whole := call.View.Everywhere()
	for _, r := range page {
		item := Customer{ID: r.Customer.String(), Name: r.Name, State: r.state, Strip: strips[r.Customer], Kinds: []Job{}}
		if item.Strip == nil {
			item.Strip = []string{}
		}
		started := slices.ContainsFunc(r.Jobs, func(j store.CollectJob) bool { return j.Kind == store.CollectPlaces && !j.LastGoodAt.IsZero() })
		for _, j := range r.Jobs {
			if r.named {
				break
			}
			job := c.jobOf(j, started)
			if j.Kind == store.CollectDevices {
				item.DataAt = job.LastGoodAt
			}
			if p := c.Progress(r.Customer); p != nil && j.Running && !whole.One(r.Customer).Empty() {
				job.Progress = &RunProgress{p.Step, p.Done, p.Total}
			}
			item.Kinds = append(item.Kinds, job)
		}
		out.Items = append(out.Items, item)
	}
	return nil
}

func (c *Collector) jobOf(j store.CollectJob, started bool) Job {
	out := Job{Kind: string(j.Kind), State: j.State, Since: j.StateSince, Detail: j.Detail, LastGoodAt: orNil(j.LastGoodAt),
		LastRunAt: orNil(j.LastRunAt), Running: j.Running}
	if j.Kind == store.CollectDevices && slices.Contains([]string{StateDevicesGone, StateForbidden, StatePermissionMissing}, j.State) {
		out.Fallback, out.PresenceAt = "last-known", orNil(j.PresenceAt)
		if !j.PresenceAt.IsZero() && !j.PresenceAt.Before(j.StateSince) {
			out.Fallback = "presence"
		}
	}
	if j.Running || j.Kind == store.CollectDevices && !started {
		return out
	}
	out.NextDue = orNil(j.DueAt)
	out.Queued = !j.DueAt.After(c.cfg.Now())
	return out
}

// CollectionRun is one collection that has ended.
type CollectionRun struct {
	ID         string    `json:"id"`
	CustomerID string    `json:"customerId"`
	Customer   string    `json:"customer" doc:"Its name."`
	Kind       string    `json:"kind" enum:"places,devices"`
	StartedAt  time.Time `json:"startedAt"`
	EndedAt    time.Time `json:"endedAt"`
	State      string    `json:"state" doc:"ok, or what went wrong: see the customers' states."`
	Detail     string    `json:"detail,omitempty"`
	AskedBy    string    `json:"askedBy,omitempty" doc:"Who asked for it; absent when it was due."`
	Requests   *int      `json:"requests,omitempty" doc:"Requests to Microsoft. This and the next two only for who sees all granted rooms."`
	WaitedMS   *int64    `json:"waitedMs,omitempty" doc:"Time spent waiting for the budget or for Microsoft, in milliseconds."`
	Changed    *int      `json:"changed,omitempty" doc:"Rows that were written because something had changed."`
}

// RunsIn asks for a page of runs.
type RunsIn struct {
	api.Paging
	Customer string   `query:"customer" maxLength:"64" doc:"Only the runs of this customer."`
	Kind     string   `query:"kind" enum:"places,devices"`
	State    []string `query:"state,explode" maxItems:"20" doc:"Only runs that ended in one of these states."`
}

// Runs answers a page of the runs of the customers whose rooms the person sees, newest first.
func (c *Collector) Runs(ctx context.Context, call *api.Call, in *RunsIn) (api.Page[CollectionRun], error) {
	page := api.Page[CollectionRun]{Items: []CollectionRun{}}
	q := store.CollectRunQuery{Kind: store.CollectKind(in.Kind), States: in.State, Limit: in.Limit}
	if in.Customer != "" {
		q.Customer = parseID(in.Customer)
	}
	mark := "runs|" + in.Customer + "|" + in.Kind + "|" + strings.Join(in.State, ",")
	var started int64
	var after store.CollectRun
	more, err := api.DecodeCursor(in.Cursor, mark, &started, &after.ID)
	if err != nil {
		return page, err
	}
	if more {
		after.StartedAt = time.UnixMilli(started)
		q.After = &after
	}
	runs, more, err := c.cfg.Store.CollectRuns(ctx, call.View, q)
	if err != nil {
		return page, err
	}
	whole := call.View.Everywhere()
	for _, r := range runs {
		page.Items = append(page.Items, runOf(r, !whole.One(r.Customer).Empty()))
	}
	if more {
		last := runs[len(runs)-1]
		page.Next = api.EncodeCursor(mark, last.StartedAt.UnixMilli(), last.ID)
	}
	return page, nil
}

// runOf leaves the numbers out for who sees some rooms only: they count the others too (law 4).
func runOf(r store.CollectRun, whole bool) CollectionRun {
	out := CollectionRun{ID: r.ID.String(), CustomerID: r.Customer.String(), Customer: r.CustomerName, Kind: string(r.Kind),
		StartedAt: r.StartedAt, EndedAt: r.EndedAt, State: r.State, Detail: r.Detail, AskedBy: r.AskedBy}
	if whole {
		waited := r.Waited.Milliseconds()
		out.Requests, out.WaitedMS, out.Changed = &r.Requests, &waited, &r.Changed
	}
	return out
}

// NowIn asks for a collection of one customer.
type NowIn struct {
	Body struct {
		CustomerID string `json:"customerId" minLength:"1" maxLength:"64"`
		Kind       string `json:"kind,omitempty" enum:"places,devices" doc:"Only this kind of work; without it both."`
	}
}

// Asked says what was asked for.
type Asked struct {
	CustomerID string   `json:"customerId"`
	Kinds      []string `json:"kinds" nullable:"false"`
}

// Now makes the collections of a customer due at once. The work goes on after the answer.
func (c *Collector) Now(ctx context.Context, call *api.Call, in *NowIn) (Asked, error) {
	customer, kind := parseID(in.Body.CustomerID), store.CollectKind(in.Body.Kind)
	view, err := c.mayAsk(ctx, call, customer)
	if err != nil {
		return Asked{}, err
	}
	err = c.cfg.Store.AskCollect(ctx, call.Act, view, customer, kind)
	var conflict store.Conflict
	switch {
	case errors.Is(err, store.ErrAskedJustNow):
		return Asked{}, api.Fail(http.StatusTooManyRequests, "collection-asked-just-now", "A collection of this customer was asked for less than a minute ago.",
			"Wait a minute.")
	case errors.As(err, &conflict) && conflict.Code == "collection-queued":
		return Asked{}, api.ConflictWith(conflict.Code, "A collection of this customer is due already and waits for its turn.", "Wait until it has run.")
	case err != nil:
		return Asked{}, err
	}
	out := Asked{CustomerID: customer.String(), Kinds: []string{string(store.CollectPlaces), string(store.CollectDevices)}}
	if kind != "" {
		out.Kinds = []string{in.Body.Kind}
	}
	for _, k := range out.Kinds {
		c.noteAsked(customer, store.CollectKind(k), call.Act.Name)
	}
	c.Kick()
	return out, nil
}

// mayAsk gives the view by which a person may ask. Where consent was withdrawn the views are closed, and whoever has to do with the customer may
// still ask to try again: that is how the views open once consent is back.
func (c *Collector) mayAsk(ctx context.Context, call *api.Call, customer policy.ID) (policy.View, error) {
	if !call.View.One(customer).Empty() {
		return call.View, nil
	}
	related, err := call.Decider.Related(ctx, call.Actor)
	if err != nil {
		return policy.View{}, err
	}
	states, err := c.cfg.Store.CollectStates(ctx, related.One(customer))
	if err != nil || len(states) != 1 || states[0].State != store.CustomerWithdrawn {
		return call.View, err
	}
	return related, nil
}

// parseID reads an id; what is none becomes one that nothing has.
func parseID(text string) policy.ID {
	id, err := policy.ParseID(text)
	if err != nil {
		return -1
	}
	return id
}

func orNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
