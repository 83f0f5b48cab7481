package rooms

import (
	"context"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"roomward/app/api"
	"roomward/policy"
	"roomward/store"
)

// CustomerIn names a customer.
type CustomerIn struct {
	ID string `path:"id" maxLength:"64" doc:"The customer."`
}

// GroupIn names a room group of a customer.
type GroupIn struct {
	CustomerIn
	Group string `path:"group" maxLength:"64"`
}

// GroupChoice says which rooms are in a group.
type GroupChoice struct {
	Kind  string      `json:"kind" enum:"fixed,rules"`
	Rooms []string    `json:"rooms,omitempty" nullable:"false" maxItems:"5000" doc:"The rooms of a fixed group. Those that you do not see stay as they are; without this field all do."`
	Rules []GroupRule `json:"rules,omitempty" nullable:"false" maxItems:"20" doc:"Alternatives: a room that fits one of them is in the group."`
}

// GroupBody is a room group as people write it.
type GroupBody struct {
	Name        string `json:"name" minLength:"1" maxLength:"100"`
	Description string `json:"description,omitempty" maxLength:"500"`
	GroupChoice
}

// Groups answers the room groups of a customer.
func (r *Rooms) Groups(ctx context.Context, call *api.Call, in *CustomerIn) (Groups, error) {
	by, err := call.Decider.Authority(ctx, call.Actor, parseID(in.ID))
	if err != nil {
		return Groups{}, err
	}
	list, err := r.store.RoomGroups(ctx, by)
	if err != nil {
		return Groups{}, err
	}
	out := Groups{Items: []Group{}, MayCreate: by.Holds(policy.GroupsCreate), MayCreateRules: by.Everywhere(policy.GroupsCreate)}
	for _, g := range list {
		out.Items = append(out.Items, groupOf(g))
	}
	return out, nil
}

// Group answers one room group.
func (r *Rooms) Group(ctx context.Context, call *api.Call, in *GroupIn) (Group, error) {
	by, err := call.Decider.Authority(ctx, call.Actor, parseID(in.ID))
	if err != nil {
		return Group{}, err
	}
	g, err := r.store.RoomGroup(ctx, by, parseID(in.Group))
	if err != nil {
		return Group{}, err
	}
	return groupOf(g), nil
}

// NewGroupIn makes a room group.
type NewGroupIn struct {
	CustomerIn
	Body GroupBody
}

// AddGroup makes a room group.
func (r *Rooms) AddGroup(ctx context.Context, call *api.Call, in *NewGroupIn) (Group, error) {
	g, err := in.Body.group()
	if err != nil {
		return Group{}, err
	}
	by, err := call.Decider.Authority(ctx, call.Actor, parseID(in.ID))
	if err != nil {
		return Group{}, err
	}
	made, err := r.store.CreateRoomGroup(ctx, call.Act, by, g)
	if err != nil {
		return Group{}, err
	}
	return groupOf(made), nil
}

// ChangeGroupIn changes a room group.
type ChangeGroupIn struct {
	GroupIn
	api.IfMatch
	Body GroupBody
}

// ChangeGroup changes a room group.
func (r *Rooms) ChangeGroup(ctx context.Context, call *api.Call, in *ChangeGroupIn) (Group, error) {
	g, err := in.Body.group()
	if err != nil {
		return Group{}, err
	}
	by, err := call.Decider.Authority(ctx, call.Actor, parseID(in.ID))
	if err != nil {
		return Group{}, err
	}
	g.ID = parseID(in.Group)
	version, err := in.Expected()
	if err != nil {
		return Group{}, err
	}
	changed, err := r.store.ChangeRoomGroup(ctx, call.Act, by, g, version)
	if err != nil {
		return Group{}, err
	}
	return groupOf(changed), nil
}

// DeleteGroupIn removes a room group.
type DeleteGroupIn struct {
	GroupIn
	api.IfMatch
}

// DeleteGroup removes a room group that no assignment names.
func (r *Rooms) DeleteGroup(ctx context.Context, call *api.Call, in *DeleteGroupIn) (api.None, error) {
	by, err := call.Decider.Authority(ctx, call.Actor, parseID(in.ID))
	if err != nil {
		return api.None{}, err
	}
	version, err := in.Expected()
	if err != nil {
		return api.None{}, err
	}
	return api.None{}, r.store.DeleteRoomGroup(ctx, call.Act, by, parseID(in.Group), version)
}

// GroupPreviewIn asks what a change of a group, or a new group, would move.
type GroupPreviewIn struct {
	CustomerIn
	Body struct {
		Group string `json:"group,omitempty" maxLength:"64" doc:"The group to change; without it a new one."`
		GroupChoice
	}
}

// PreviewGroup answers what a change would move and whose access it would change, before it is made.
func (r *Rooms) PreviewGroup(ctx context.Context, call *api.Call, in *GroupPreviewIn) (GroupPreview, error) {
	g, err := in.Body.GroupChoice.group()
	if err != nil {
		return GroupPreview{}, err
	}
	if in.Body.Group != "" {
		g.ID = parseID(in.Body.Group)
	}
	by, err := call.Decider.Authority(ctx, call.Actor, parseID(in.ID))
	if err != nil {
		return GroupPreview{}, err
	}
	p, err := r.store.PreviewRoomGroup(ctx, by, g)
	if err != nil {
		return GroupPreview{}, err
	}
	return groupPreviewOf(p), nil
}

// GroupRoomsIn asks for a page of the rooms of a group.
type GroupRoomsIn struct {
	GroupIn
	api.Paging
}

// GroupRooms answers the rooms of a group that the person sees, by name.
func (r *Rooms) GroupRooms(ctx context.Context, call *api.Call, in *GroupRoomsIn) (api.Page[GroupRoom], error) {
	page := api.Page[GroupRoom]{Items: []GroupRoom{}}
	list := fmt.Sprintf("group-rooms|%s|%s", in.ID, in.Group)
	var key store.RoomKey
	var after *store.RoomKey
	more, err := api.DecodeCursor(in.Cursor, list, &key.Name, &key.ID)
	if err != nil {
		return page, err
	}
	if more {
		after = &key
	}
	found, more, err := r.store.GroupMembers(ctx, call.View, parseID(in.ID), parseID(in.Group), after, in.Limit)
	if err != nil {
		return page, err
	}
	page.Items = groupRoomsOf(found)
	if more {
		last := found[len(found)-1]
		page.Next = api.EncodeCursor(list, last.Name, last.ID)
	}
	return page, nil
}

// GroupFacts answers the values that rules can ask for.
func (r *Rooms) GroupFacts(ctx context.Context, call *api.Call, in *CustomerIn) (GroupFacts, error) {
	f, err := r.store.GroupFacts(ctx, call.View, parseID(in.ID))
	if err != nil {
		return GroupFacts{}, err
	}
	return GroupFacts(f), nil
}

// group reads a whole group; its name and description are plain text.
func (b GroupBody) group() (store.RoomGroup, error) {
	g, err := b.GroupChoice.group()
	if err != nil {
		return g, err
	}
	g.Name, g.Description = strings.TrimSpace(b.Name), strings.TrimSpace(b.Description)
	if g.Name == "" || !plain(g.Name) {
		return g, api.Invalid("body.name", "must be plain text")
	}
	if !plain(strings.NewReplacer("\n", " ", "\t", " ").Replace(g.Description)) {
		return g, api.Invalid("body.description", "must be plain text")
	}
	return g, nil
}

// group reads a choice of rooms: by rules, or by name, never both.
func (c GroupChoice) group() (store.RoomGroup, error) {
	g := store.RoomGroup{Kind: store.GroupKind(c.Kind)}
	if g.Kind == store.GroupByRules {
		if len(c.Rooms) > 0 {
			return g, api.Invalid("body.rooms", "a group by rules takes its rooms in by itself")
		}
		if len(c.Rules) == 0 {
			return g, api.Invalid("body.rules", "name at least one rule")
		}
		for i, r := range c.Rules {
			if err := r.check(fmt.Sprintf("body.rules[%d]", i)); err != nil {
				return g, err
			}
			g.Rules = append(g.Rules, store.GroupRule(r))
		}
		return g, nil
	}
	if len(c.Rules) > 0 {
		return g, api.Invalid("body.rules", "a fixed group has no rules")
	}
	if c.Rooms != nil {
		g.Rooms = []policy.ID{}
	}
	for _, id := range c.Rooms {
		g.Rooms = append(g.Rooms, parseID(id))
	}
	return g, nil
}

// maxFact is how many characters a value of a rule may have.
const maxFact = 256

func (r GroupRule) check(location string) error {
	named := r.CapacityMin > 0 || r.CapacityMax > 0
	for _, fact := range []struct {
		name   string
		values []string
	}{{"country", r.Country}, {"city", r.City}, {"building", r.Building}, {"floor", r.Floor}, {"maker", r.Maker}, {"model", r.Model}, {"deviceKind", r.DeviceKind}} {
		for i, value := range fact.values {
			if strings.TrimSpace(value) == "" || !plain(value) || utf8.RuneCountInString(value) > maxFact {
				return api.Invalid(fmt.Sprintf("%s.%s[%d]", location, fact.name, i), fmt.Sprintf("must be plain text of 1 to %d characters", maxFact))
			}
			named = true
		}
	}
	if !named {
		return api.Invalid(location, "name at least one fact")
	}
	if r.CapacityMax > 0 && r.CapacityMin > r.CapacityMax {
		return api.Invalid(location+".capacityMax", "must not be less than capacityMin")
	}
	return nil
}

func plain(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl)
}
