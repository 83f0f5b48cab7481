package signin

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"time"

	"roomward/app/api"
	"roomward/policy"
	"roomward/store"
)

// Template ids of the directory roles that count. Only those of a token of the person's own tenant.
const (
	globalAdministrator = "62e90394-69f5-4237-9190-012177145e10"
	teamsAdministrator  = "69091246-20e8-4a56-aa4d-066075b2a7a8"
)

const (
	groupsFresh   = 5 * time.Minute  // membership is at most so old (design.md 5)
	groupsTrusted = 15 * time.Minute // and after so long without an answer nobody is in any group
	groupsTimeout = 5 * time.Second
	groupsRetry   = 15 * time.Second // between attempts for one session while Microsoft does not answer
)

// visit is what a request knows of its session: looked up at most once, but for an answer that goes on.
type visit struct {
	secret string

	mu     sync.Mutex
	looked bool
	person *api.Person
}

type visitKey struct{}

// Attach puts the session's secret of a request's cookie into its context, for Person. Nothing is read yet.
func (s *Service) Attach(r *http.Request) *http.Request {
	v := &visit{secret: s.readCookie(r, "")}
	return r.WithContext(context.WithValue(r.Context(), visitKey{}, v))
}

// SessionID is the id of the session that answered for a request so far, or "". It is no secret.
func SessionID(ctx context.Context) string {
	v, _ := ctx.Value(visitKey{}).(*visit)
	if v == nil {
		return ""
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.person == nil {
		return ""
	}
	return v.person.Session
}

var _ api.Gate = (*Service)(nil)

// Person reads the session of a request; nil when nobody is signed in. The groups of the partner's people are at most 5 minutes old.
func (s *Service) Person(ctx context.Context) (*api.Person, error) {
	v, _ := ctx.Value(visitKey{}).(*visit)
	if v == nil || v.secret == "" {
		return nil, nil
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.looked && !api.Anew(ctx) {
		return v.person, nil
	}
	p, err := s.person(ctx, v.secret)
	if err != nil {
		return nil, err
	}
	v.person, v.looked = p, true
	return p, nil
}

func (s *Service) person(ctx context.Context, secret string) (*api.Person, error) {
	found, err := s.store.FindSession(ctx, hashOf("session", secret), s.cfg.Idle)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	groups, err := s.groups(ctx, found)
	if errors.Is(err, ErrAccountGone) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &api.Person{
		Session: found.ID, Side: found.Side, TenantID: found.TenantID, OID: found.OID, Name: found.Name, UPN: found.UPN,
		Groups: groups, AppRoles: found.AppRoles, Wids: found.Wids, Contexts: found.Contexts, Expires: found.ExpiresAt,
	}, nil
}

// groups are those of the session while they are fresh; else Microsoft is asked, once for all requests that wait. Without an answer the old ones hold
// for a while, then none.
func (s *Service) groups(ctx context.Context, in store.Session) ([]string, error) {
	if in.Side == store.SideCustomer {
		return nil, nil
	}
	now := s.cfg.Now()
	age := now.Sub(in.GroupsAt)
	if age < groupsFresh {
		return in.Groups, nil
	}
	if !s.failures.recent(in.ID, now) {
		groups, err := s.askGroups(ctx, in)
		if err == nil || errors.Is(err, ErrAccountGone) || ctx.Err() != nil {
			return groups, err
		}
		s.failures.add(in.ID, now)
		s.log.WarnContext(ctx, "groups could not be read", "session", in.ID, "error", err, "request", api.RequestID(ctx))
	}
	if age < groupsTrusted {
		return in.Groups, nil
	}
	return nil, nil
}

func (s *Service) askGroups(ctx context.Context, in store.Session) ([]string, error) {
	answer := s.refresh.DoChan(in.ID, func() (any, error) {
		// Others wait for the same answer: one who gives up must not take it from them.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), groupsTimeout)
		defer cancel()
		asked := s.cfg.Now()
		groups, err := s.cfg.MemberGroups(ctx, in.TenantID, in.OID)
		if errors.Is(err, ErrAccountGone) {
			return nil, errors.Join(err, s.store.EndSessionsOf(ctx, store.System("sign-in"), in.TenantID, in.OID, "account gone"))
		}
		if err != nil {
			return nil, err
		}
		if err := s.store.SetSessionGroups(ctx, in.ID, groups, asked); err != nil {
			s.log.WarnContext(ctx, "groups could not be kept", "session", in.ID, "error", err)
		}
		return groups, nil
	})
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case got := <-answer:
		groups, _ := got.Val.([]string)
		return groups, got.Err
	}
}

// Powers are the partner-wide powers of a person of the partner. Tenant managers are read from the store each time, so a change holds for the next request.
func (s *Service) Powers(ctx context.Context, p api.Person) (policy.Powers, error) {
	if p.Side != store.SidePartner {
		return policy.Powers{}, nil
	}
	principals := []policy.Principal{policy.User(p.OID)}
	for _, g := range p.Groups {
		principals = append(principals, policy.Group(g))
	}
	tenantManager, err := s.store.IsTenantManager(ctx, principals)
	if err != nil {
		return policy.Powers{}, err
	}
	return policy.Powers{
		GlobalAdmin:   slices.Contains(p.Wids, globalAdministrator),
		Manager:       slices.Contains(p.AppRoles, s.cfg.ManagerRole) || s.cfg.ManagerGroup != "" && slices.Contains(p.Groups, s.cfg.ManagerGroup),
		TenantManager: tenantManager,
	}, nil
}

// IsAdmin tells whether a customer's person may act for its organisation: Global or Teams Administrator, or the app role (design.md 7).
func (s *Service) IsAdmin(p api.Person) bool {
	if p.Side != store.SideCustomer {
		return false
	}
	return slices.Contains(p.Wids, globalAdministrator) || slices.Contains(p.Wids, teamsAdministrator) ||
		slices.Contains(p.AppRoles, s.cfg.CustomerAdminRole)
}

// failures remembers for which sessions Microsoft did not answer just now.
type failures struct {
	mu sync.Mutex
	at map[string]time.Time
}

func (f *failures) recent(id string, now time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	at, found := f.at[id]
	return found && now.Sub(at) < groupsRetry
}

func (f *failures) add(id string, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for id, at := range f.at {
		if now.Sub(at) >= groupsRetry {
			delete(f.at, id)
		}
	}
	if f.at == nil {
		f.at = map[string]time.Time{}
	}
	f.at[id] = now
}
