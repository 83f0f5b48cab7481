package api

// AuthContext is an authentication context of the partner's tenant that a customer may demand of the partner's people. The customer sees the
// name; how strong it is, the partner's Conditional Access decides (design 15).
type AuthContext struct {
	ID   string `json:"id" doc:"As Entra knows it: c1 to c99."`
	Name string `json:"name"`
}
