package policy

import "context"

// Related returns the customers that the actor has to do with now: those where it holds something, and those where it
// would if the relation were not closed for the moment (consent withdrawn). It is for names and states of customers
// only: a part has no cells and is never All, so it shows no room, device or incident.
func (d *Decider) Related(ctx context.Context, actor Actor) (View, error) {
	s, err := d.state(ctx, actor)
	if err != nil {
		return View{}, err
	}
	var parts []Part
	for _, standing := range s.standings {
		if standing.waits || len(standing.pieces) > 0 {
			parts = append(parts, Part{Customer: standing.customer, Version: standing.version})
		}
	}
	return View{newView(KindMember, s.version, s.until, parts)}, nil
}
