package cloudsim

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"
)

// What the portal offers to go wrong besides the misbehaviours: the cloud's clock, where it deals with a tenant.
const (
	clockAhead  = "clock-ahead"
	clockBehind = "clock-behind"
	clockOff    = 3 * time.Hour
)

// endpoints are the kinds of requests that can misbehave; the first is all of Graph's.
func endpoints() []string {
	return []string{"", "token", "rooms", "devices", "health", "users", "organization", "presence", "managedDevices", "discovery", "keys"}
}

// postTrouble lets something go wrong for a tenant, or ends all that does.
func (s *Server) postTrouble(r *http.Request) error {
	f := r.PostForm
	if f.Get("rotate") != "" {
		s.RotateKeys()
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.byKey[strings.ToLower(f.Get("tenant"))]
	if t == nil {
		return errNoEntry
	}
	faults := s.faults[t.ID]
	switch what := f.Get("what"); {
	case f.Get("end") != "":
		faults = Faults{}
	case what == clockAhead:
		faults.Skew = clockOff
	case what == clockBehind:
		faults.Skew = -clockOff
	case !slices.Contains(endpoints(), f.Get("at")):
		return errors.New("there is no such endpoint")
	case !knownMisbehaviour(what):
		return errors.New("nothing of this name can go wrong")
	default:
		faults.Troubles = append(slices.Clone(faults.Troubles), Trouble{At: f.Get("at"), What: Misbehaviour(what)})
	}
	s.faults[t.ID] = faults
	return nil
}

func knownMisbehaviour(what string) bool {
	file, isRecorded := strings.CutPrefix(what, recorded)
	files, err := RecordedErrors()
	return isRecorded && err == nil && slices.Contains(files, file) || slices.Contains(Misbehaviours(), Misbehaviour(what))
}

// portalTroubles is what goes wrong, and what can.
type portalTroubles struct {
	Tenants []portalTroubled `json:"tenants"`
	At      []string         `json:"at"`
	What    []string         `json:"what"`
}

type portalTroubled struct {
	ID    string   `json:"id"`
	Name  string   `json:"name"`
	Wrong []string `json:"wrong"`
}

// troubles is read under the lock.
func (s *Server) troubles() portalTroubles {
	out := portalTroubles{At: endpoints(), What: []string{clockAhead, clockBehind}}
	for _, m := range Misbehaviours() {
		out.What = append(out.What, string(m))
	}
	files, _ := RecordedErrors() // they are built into the program
	for _, file := range files {
		out.What = append(out.What, recorded+file)
	}
	for _, t := range s.world.all() {
		one := portalTroubled{ID: t.ID, Name: t.Name}
		f := s.faults[t.ID]
		switch {
		case f.Skew > 0:
			one.Wrong = append(one.Wrong, clockAhead)
		case f.Skew < 0:
			one.Wrong = append(one.Wrong, clockBehind)
		}
		for _, tr := range f.Troubles {
			one.Wrong = append(one.Wrong, strings.TrimSpace(tr.At+" "+string(tr.What)))
		}
		out.Tenants = append(out.Tenants, one)
	}
	return out
}
