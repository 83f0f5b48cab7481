package policy

import "context"

// Related returns the customers that the actor has to do with now: those where it holds something, and those where it
// would if the relation were not closed for the moment (consent withdrawn). It is for names and states of customers, and what
// the actor itself left with them: a part has no cells and is never All, so it shows no room, device or incident. A customer
// that waits for a stronger sign-in of the actor is in Named only.
func (d *Decider) Related(ctx context.Context, actor Actor) (View, error) {
	return d.related(ctx, actor, func(s standing) bool { return s.lacks == "" })
}

// Named returns Related with the customers that wait for a stronger sign-in of the actor (StepUps): for their names and nothing else.
func (d *Decider) Named(ctx context.Context, actor Actor) (View, error) {
	return d.related(ctx, actor, func(standing) bool { return true })
}

func (d *Decider) related(ctx context.Context, actor Actor, counts func(standing) bool) (View, error) {
	s, err := d.state(ctx, actor)
	if err != nil {
		return View{}, err
	}
	var parts []Part
	for _, standing := range s.standings {
		if (standing.waits || len(standing.pieces) > 0) && counts(standing) {
			parts = append(parts, Part{Customer: standing.customer, Version: standing.version})
		}
	}
	return View{newView(KindMember, s.version, s.until, parts)}, nil
}

// StepUp is a customer that is closed for the actor until it signs in again with an authentication context.
type StepUp struct {
	Customer ID
	Context  string
}

// StepUps returns the customers that nothing but a sign-in with an authentication context opens for the actor, by id: for the names that Named
// shows already, so that people learn what to do.
func (d *Decider) StepUps(ctx context.Context, actor Actor) ([]StepUp, error) {
	s, err := d.state(ctx, actor)
	if err != nil {
		return nil, err
	}
	var list []StepUp
	for _, standing := range s.standings {
		if standing.lacks != "" {
			list = append(list, StepUp{standing.customer, standing.lacks})
		}
	}
	return list, nil
}
