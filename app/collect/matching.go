package collect

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"roomward/app/graph"
	"roomward/policy"
	"roomward/store"
)

// matching joins devices to granted rooms. A device names the account that is signed in by its object id, and only sometimes by its sign-in
// name; a room names its account by address (graph.md 1). So the object id of each granted room's account is found out once and kept.
// Only granted rooms are ever asked about: a device whose account is none of theirs is let go. One that names no account at all is signed out: it is
// where it was known to be, for Microsoft lists it, and what is wrong with it would close by itself if it counted as gone.
type matching struct {
	listed    []graph.Device
	byAccount map[string]policy.ID
	byEmail   map[string]policy.ID
	accounts  map[policy.ID]string // as stored
	emails    map[policy.ID]string
	equipped  map[policy.ID]bool   // rooms that have stored devices
	stood     map[string]policy.ID // where stored devices are, by keyOf
	learned   map[policy.ID]string
}

func newMatching(known store.CollectKnown, listed []graph.Device) *matching {
	m := &matching{listed: listed, byAccount: map[string]policy.ID{}, byEmail: map[string]policy.ID{}, accounts: map[policy.ID]string{},
		emails: map[policy.ID]string{}, equipped: map[policy.ID]bool{}, stood: map[string]policy.ID{}, learned: map[policy.ID]string{}}
	for _, r := range known.Rooms {
		m.accounts[r.ID], m.emails[r.ID] = r.Account, r.Email
		if r.Account != "" {
			m.byAccount[strings.ToLower(r.Account)] = r.ID
		}
		if r.Email != "" {
			m.byEmail[strings.ToLower(r.Email)] = r.ID
		}
	}
	for _, d := range known.Devices {
		m.equipped[d.Room], m.stood[keyOf(d.GraphID)] = true, d.Room
	}
	for _, d := range listed {
		room, ok := m.byEmail[strings.ToLower(d.UserPrincipalName)]
		if _, taken := m.byAccount[strings.ToLower(d.UserID)]; ok && !taken && d.UserID != "" {
			m.learn(room, d.UserID)
		}
	}
	return m
}

// learn notes the account of a room; an account that was noted before is of no use any more, and a room that had this one has it no more.
func (m *matching) learn(room policy.ID, account string) {
	if other, taken := m.byAccount[strings.ToLower(account)]; taken && other != room {
		m.accounts[other], m.learned[other] = "", ""
	}
	if old := strings.ToLower(m.accounts[room]); m.byAccount[old] == room {
		delete(m.byAccount, old)
	}
	m.accounts[room] = account
	m.byAccount[strings.ToLower(account)] = room
	m.learned[room] = account
}

func (m *matching) roomOf(d graph.Device) (policy.ID, bool) {
	if room, ok := m.byAccount[strings.ToLower(d.UserID)]; ok && d.UserID != "" {
		return room, true
	}
	if d.UserPrincipalName == "" {
		room, ok := m.stood[keyOf(d.ID)]
		return room, ok && d.UserID == ""
	}
	room, ok := m.byEmail[strings.ToLower(d.UserPrincipalName)]
	return room, ok
}

func (m *matching) devices() []matched {
	var out []matched
	for _, d := range m.listed {
		if room, ok := m.roomOf(d); ok {
			out = append(out, matched{d, room})
		}
	}
	return out
}

// unknown are the rooms whose account is worth a request: not known yet, or of no device any more though the room has some. None is while
// every device has found its room.
func (m *matching) unknown() []policy.ID {
	matchedRooms, left := map[policy.ID]bool{}, false
	for _, d := range m.listed {
		room, ok := m.roomOf(d)
		if ok {
			matchedRooms[room] = true
		}
		left = left || !ok && d.UserID != ""
	}
	if !left {
		return nil
	}
	var out []policy.ID
	for room, account := range m.accounts {
		if m.emails[room] != "" && (account == "" || m.equipped[room] && !matchedRooms[room]) {
			out = append(out, room)
		}
	}
	return out
}

// lookUp finds out the accounts of rooms, each at most once a day, as many at once as the directory takes. An error means that some were not
// found out though they may be there.
func (c *Collector) lookUp(ctx context.Context, r run, m *matching, wanted []policy.ID) error {
	rooms := c.memory.due(wanted, r.started)
	batches := slices.Collect(slices.Chunk(rooms, graph.MaxAddresses))
	var mu sync.Mutex
	learn := func(found map[policy.ID]string) {
		mu.Lock()
		defer mu.Unlock() // also when it breaks: the others would wait for ever
		for room, account := range found {
			m.learn(room, account)
		}
	}
	return inTurns(ctx, len(batches), func(n, done int) error {
		c.report(r.lease.Customer, &Progress{Step: string(store.CollectDevices), Done: done * graph.MaxAddresses, Total: len(rooms)})
		found, err := c.accounts(ctx, r, m, batches[n])
		if err != nil {
			return err
		}
		learn(found)
		c.memory.note(batches[n], r.started)
		return nil
	}, errNoDirectory)
}

// accounts asks for the accounts of a few rooms. An address that Microsoft does not take must not keep the others from being found: then each is
// asked for alone.
func (c *Collector) accounts(ctx context.Context, r run, m *matching, rooms []policy.ID) (map[policy.ID]string, error) {
	byEmail := make(map[string]policy.ID, len(rooms))
	addresses := make([]string, len(rooms))
	for i, room := range rooms {
		addresses[i] = m.emails[room]
		byEmail[strings.ToLower(m.emails[room])] = room
	}
	users, err := c.cfg.Graph.UsersByMail(ctx, r.target.TenantID, addresses)
	found := map[policy.ID]string{}
	switch graph.KindOf(err) {
	case "":
		for _, u := range users {
			if room, ok := byEmail[strings.ToLower(u.Mail)]; ok {
				found[room] = u.ID
			}
		}
		return found, err
	case graph.NotFound, graph.BadAnswer, graph.BadRequest:
		if len(rooms) == 1 {
			return nil, nil
		}
		for _, room := range rooms {
			one, err := c.accounts(ctx, r, m, []policy.ID{room})
			if err != nil {
				return nil, err
			}
			maps.Copy(found, one)
		}
		return found, nil
	case graph.PermissionMissing, graph.Forbidden:
		return nil, errNoDirectory
	}
	return nil, err
}

// errNoDirectory says that accounts may not be read: then only devices that tell their sign-in name find their room.
var errNoDirectory = errors.New("the directory may not be read")

// triedFor is how long a room whose account was looked for is not looked for again.
const triedFor = 24 * time.Hour

// memory keeps which rooms' accounts were looked for and when, and until when what failed is not asked for again. It may be forgotten at any time: that
// costs requests only. So a restart asks each customer whose fallback fails once more for presences and for Intune's devices, within the budget of its
// tenant, and hears the same refusal or the same wait; what was refused for good stays in the store, by the daily check, and is not asked for.
type memory struct {
	mu    sync.Mutex
	tried map[policy.ID]time.Time
	waits map[wait]time.Time
	swept time.Time
}

// wait is something of a customer that failed and is not asked for again for a while.
type wait struct {
	customer policy.ID
	what     graph.Capability
}

func newMemory() *memory {
	return &memory{tried: map[policy.ID]time.Time{}, waits: map[wait]time.Time{}}
}

// failed notes that something failed: it is left alone for an hour, or for as long as Microsoft asked for.
func (m *memory) failed(w wait, err error, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.waits[w] = now.Add(max(time.Hour, waitOf(err)))
}

// waiting tells whether something that failed is still to be left alone.
func (m *memory) waiting(w wait, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return now.Before(m.waits[w])
}

// due leaves out what was looked for not long ago.
func (m *memory) due(rooms []policy.ID, now time.Time) []policy.ID {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sweep(now)
	return slices.DeleteFunc(rooms, func(room policy.ID) bool {
		at, tried := m.tried[room]
		return tried && now.Sub(at) < triedFor
	})
}

// sweep forgets old notes, once an hour: every run of every customer comes by.
func (m *memory) sweep(now time.Time) {
	if now.Sub(m.swept) < time.Hour {
		return
	}
	m.swept = now
	maps.DeleteFunc(m.tried, func(_ policy.ID, at time.Time) bool { return now.Sub(at) >= triedFor })
	maps.DeleteFunc(m.waits, func(_ wait, until time.Time) bool { return !now.Before(until) })
}

func (m *memory) note(rooms []policy.ID, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, room := range rooms {
		m.tried[room] = now
	}
}

// inTurns calls fn for 0 to n-1, a few at a time, until one fails, and gives its error unless that is one to be passed over. A panic of fn is one of
// the caller: in a goroutine of its own it would end the process.
func inTurns(ctx context.Context, n int, fn func(i, done int) error, passed ...error) error {
	var mu sync.Mutex
	var failed error
	var broken any
	next, done := 0, 0
	take := func() (i, finished int, ok bool) {
		mu.Lock()
		defer mu.Unlock()
		if failed != nil || broken != nil || next >= n || ctx.Err() != nil {
			return 0, 0, false
		}
		next++
		return next - 1, done, true
	}
	var workers sync.WaitGroup
	for range min(n, inParallel) {
		workers.Go(func() {
			defer func() {
				if cause := recover(); cause != nil {
					mu.Lock()
					defer mu.Unlock()
					broken = cause
				}
			}()
			for {
				i, finished, ok := take()
				if !ok {
					return
				}
				err := fn(i, finished)
				mu.Lock()
				done++
				if failed == nil {
					failed = err
				}
				mu.Unlock()
			}
		})
	}
	workers.Wait()
	if broken != nil {
		panic(broken)
	}
	for _, p := range passed {
		if errors.Is(failed, p) {
			return nil
		}
	}
	if failed == nil {
		failed = ctx.Err()
	}
	return failed
}
