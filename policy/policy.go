// Package policy says who may do what in which rooms: the permissions, the role table, the Casbin model over one
// customer's rules, and the View, without which no row of a customer leaves the store (design.md 5, law 4).
//
// The store hands in rows through Source; a Decider compiles them, customer by customer, and answers with views.
// Everything fails closed: a rule that cannot be read gives nothing, an error gives an empty view.
package policy
