package policy

// The codes of a Refusal about room groups.
const (
	RefuseGroupCreate = "may-not-create-group" // groups.create is not held in every room that would enter
	RefuseGroupChange = "may-not-change-group" // groups.modify is not held in every room that the change touches
	RefuseUnknownRoom = "room-unknown"         // a room of the group is not there, or not the person's to see
)

// MayCreateGroup refuses a new room group, or not. entering are the cells of the rooms that it begins with. A group that takes in rooms by itself is
// made only by who holds groups.create everywhere, and so is an empty one.
func (a Authority) MayCreateGroup(byItself bool, entering []int64) error {
	if a.Everywhere(GroupsCreate) || !byItself && a.CoversCells(GroupsCreate, entering) {
		return nil
	}
	return &Refusal{Code: RefuseGroupCreate}
}

// MayChangeGroup refuses a change of a room group, or not. touched are the cells of the rooms that it is about, 0 for one that is hidden. A group that is
// a scope, or takes in rooms by itself, is bound: changed only by who holds groups.modify everywhere.
func (a Authority) MayChangeGroup(bound bool, touched []int64) error {
	if a.Everywhere(GroupsModify) || !bound && a.CoversCells(GroupsModify, touched) {
		return nil
	}
	return &Refusal{Code: RefuseGroupChange}
}
