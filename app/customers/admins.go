package customers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"roomward/app/api"
	"roomward/app/graph"
	"roomward/policy"
	"roomward/store"
)

// CheckEvery is how often the directory is asked whether the primary admins are still there.
const CheckEvery = time.Hour

// checksAtOnce is how many questions about primary admins are on their way to the directory at a time.
const checksAtOnce = 4

// CheckAdmins asks the partner's directory about everybody who is a primary admin, and closes or opens relations by the answers. Who cannot be
// asked about stays as it was.
func (c *Customers) CheckAdmins(ctx context.Context) error {
	list, err := c.Store.AdminPrincipals(ctx)
	if err != nil {
		return err
	}
	var mu sync.Mutex
	found := map[policy.Principal]store.Absence{}
	var asked errgroup.Group
	asked.SetLimit(checksAtOnce)
	for _, p := range list {
		asked.Go(func() error {
			absence, err := c.absence(ctx, p)
			if err != nil {
				return err // the others are asked all the same
			}
			mu.Lock()
			defer mu.Unlock()
			found[p] = absence
			return nil
		})
	}
	failed := asked.Wait()
	if ctx.Err() != nil {
		return fmt.Errorf("ask about the primary admins: %w", ctx.Err())
	}
	return errors.Join(c.Store.NoteAbsences(ctx, found), failed)
}

// absence asks whether a user or group can act as a primary admin.
func (c *Customers) absence(ctx context.Context, p policy.Principal) (store.Absence, error) {
	if p.Kind() == policy.KindUser {
		u, err := c.Graph.User(ctx, c.PartnerTenant, p.OID())
		switch {
		case graph.KindOf(err) == graph.NotFound:
			return store.AbsentGone, nil
		case err != nil:
			return "", fmt.Errorf("ask about a primary admin: %w", err)
		case !u.AccountEnabled:
			return store.AbsentDisabled, nil
		}
		return "", nil
	}
	g, err := c.Graph.Group(ctx, c.PartnerTenant, p.OID())
	switch {
	case graph.KindOf(err) == graph.NotFound:
		return store.AbsentGone, nil
	case err != nil:
		return "", fmt.Errorf("ask about a group of primary admins: %w", err)
	case !g.SecurityEnabled:
		return store.AbsentGone, nil
	}
	n, err := c.Graph.GroupSize(ctx, c.PartnerTenant, p.OID())
	switch {
	case graph.KindOf(err) == graph.NotFound:
		return store.AbsentGone, nil
	case err != nil:
		return "", fmt.Errorf("count a group of primary admins: %w", err)
	case n == 0:
		return store.AbsentEmpty, nil
	}
	return "", nil
}

// AdminProposal is whom the partner proposes as primary admins of a relation that has none.
type AdminProposal struct {
	ID         string      `json:"id" doc:"A new one with each change."`
	Members    []MemberRef `json:"members" nullable:"false"`
	ProposedAt time.Time   `json:"proposedAt"`
	ProposedBy string      `json:"proposedBy"`
}

func proposalOf(p store.AdminProposal) *AdminProposal {
	out := &AdminProposal{ID: p.ID.String(), Members: []MemberRef{}, ProposedAt: p.ProposedAt, ProposedBy: p.ProposedBy}
	for _, m := range p.Members {
		out.Members = append(out.Members, refOf(m))
	}
	return out
}

func refOf(m store.Member) MemberRef {
	return MemberRef{m.Principal.Kind(), m.Principal.OID(), m.Name}
}

// NamedMember is a user or security group of the partner, as a request names it.
type NamedMember struct {
	Kind string `json:"kind" enum:"user,group"`
	ID   string `json:"id" format:"uuid" doc:"Object id in the partner's directory."`
}

// lookUp finds the members that a request names in the partner's directory, each once.
func (c *Customers) lookUp(ctx context.Context, where string, named []NamedMember) ([]store.Member, error) {
	var members []store.Member
	for i, a := range named {
		p := policy.User(strings.ToLower(a.ID))
		if a.Kind == policy.KindGroup {
			p = policy.Group(strings.ToLower(a.ID))
		}
		m, err := c.Member(ctx, p)
		if errors.Is(err, store.ErrNotFound) {
			return nil, api.Invalid(location(where, i, "id"), "No user and no security group with this id is in your directory.")
		}
		if err != nil {
			return nil, err
		}
		if !slices.Contains(members, m) {
			members = append(members, m)
		}
	}
	return members, nil
}

// Propose proposes primary admins for a relation that has no effective one; the customer has to confirm them.
func (c *Customers) Propose(ctx context.Context, call *api.Call, in *struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Members []NamedMember `json:"members" minItems:"1" maxItems:"50" doc:"Who is to become primary admin."`
	}
}) (AdminProposal, error) {
	id, err := policy.ParseID(in.ID)
	if err != nil {
		return AdminProposal{}, store.ErrNotFound
	}
	if _, err := c.Store.CustomerByID(ctx, call.Overview, id); err != nil {
		return AdminProposal{}, err
	}
	members, err := c.lookUp(ctx, "body.members", in.Body.Members)
	if err != nil {
		return AdminProposal{}, err
	}
	for i, m := range members {
		absence, err := c.absence(ctx, m.Principal)
		if err != nil {
			return AdminProposal{}, microsoftSays(err)
		}
		if absence != "" {
			return AdminProposal{}, api.Invalid(location("body.members", i, "id"), "This account is disabled, or the group has no member.")
		}
	}
	p, err := c.Store.ProposeAdmins(ctx, call.Act, call.Overview, id, members)
	if err != nil {
		return AdminProposal{}, err
	}
	return *proposalOf(p), nil
}

// OwnAdmins is what a customer reads of the partner's primary admins.
type OwnAdmins struct {
	Members      []OwnAdmin     `json:"members" nullable:"false"`
	WithoutSince *time.Time     `json:"withoutAdminSince,omitempty" doc:"Since when none of them can act: until new ones are confirmed the partner sees nothing."`
	Proposal     *AdminProposal `json:"proposal,omitempty" doc:"Whom the partner proposes."`
}

// OwnAdmin is one primary admin.
type OwnAdmin struct {
	MemberRef
	Absent string `json:"absent,omitempty" enum:"gone,disabled,empty" doc:"Why it cannot act, as the partner's directory says."`
}

// OwnAdmins answers who the primary admins of the own relation are, and whom the partner proposes.
func (c *Customers) OwnAdmins(ctx context.Context, call *api.Call, _ *struct{}) (OwnAdmins, error) {
	found, err := c.Store.OwnAdmins(ctx, call.Own)
	if err != nil {
		return OwnAdmins{}, err
	}
	out := OwnAdmins{Members: []OwnAdmin{}, WithoutSince: api.TimeOrNil(found.WithoutSince)}
	for _, m := range found.Members {
		out.Members = append(out.Members, OwnAdmin{refOf(m.Member), string(m.Absent)})
	}
	if found.Proposal != nil {
		out.Proposal = proposalOf(*found.Proposal)
	}
	return out, nil
}

// ProposalRead names the proposal that somebody has read: one that has changed since is not decided by it.
type ProposalRead struct {
	Body struct {
		Proposal string `json:"proposal" maxLength:"64" doc:"The id of the proposal that was read."`
	}
}

// ConfirmAdmins makes the proposed members primary admins; the partner sees again what their role shows.
func (c *Customers) ConfirmAdmins(ctx context.Context, call *api.Call, in *ProposalRead) (api.None, error) {
	id, err := policy.ParseID(in.Body.Proposal)
	if err != nil {
		return api.None{}, store.ErrNotFound
	}
	found, err := c.Store.OwnAdmins(ctx, call.Own)
	if err != nil {
		return api.None{}, err
	}
	if found.Proposal == nil {
		return api.None{}, store.ErrNotFound
	}
	for _, m := range found.Proposal.Members {
		absence, err := c.absence(ctx, m.Principal)
		if err != nil {
			return api.None{}, microsoftSays(err)
		}
		if absence != "" {
			return api.None{}, api.ConflictWith("proposed-absent", m.Name+" cannot act as primary admin any more.", "Refuse the proposal and ask the partner for another.")
		}
	}
	return api.None{}, c.Store.ConfirmAdmins(ctx, call.Act, call.Own, id)
}

// RefuseAdmins drops the proposal: the relation stays without admin.
func (c *Customers) RefuseAdmins(ctx context.Context, call *api.Call, in *ProposalRead) (api.None, error) {
	id, err := policy.ParseID(in.Body.Proposal)
	if err != nil {
		return api.None{}, store.ErrNotFound
	}
	return api.None{}, c.Store.RefuseAdmins(ctx, call.Act, call.Own, id)
}
