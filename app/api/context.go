package api

// AuthContext is an authentication context of the partner's tenant that a customer may demand of the partner's people. The customer sees the
// name; how strong it is, the partner's Conditional Access decides (design 15).
type AuthContext struct {
	ID   string `json:"id" doc:"As Entra knows it: c1 to c99."`
	Name string `json:"name"`
}

// DemandedContext is an authentication context that a customer demands of the partner's people.
type DemandedContext struct {
	ID      string `json:"id"`
	Name    string `json:"name" doc:"The id again where the operator names it no more."`
	Offered bool   `json:"offered" doc:"Whether a sign-in can ask for it: GET /signin?step_up=ID. If not, the operator has to name it in --auth-contexts."`
}

// Demanded names what a customer demands by what the operator offers; nil when it demands nothing.
func Demanded(offered []AuthContext, id string) *DemandedContext {
	if id == "" {
		return nil
	}
	for _, c := range offered {
		if c.ID == id {
			return &DemandedContext{ID: id, Name: c.Name, Offered: true}
		}
	}
	return &DemandedContext{ID: id, Name: id}
}
