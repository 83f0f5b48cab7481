package customers

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/policy"
)

// Crowds counts the customers for which it is remembered who acts there.
func (c *Customers) Crowds() int { return len(c.crowds.byCustomer) }

// TestCrowdsAreBounded: neither many customers nor a crowded one fill the memory, and what comes late for a relation that has ended is kept nowhere.
func TestCrowdsAreBounded(t *testing.T) {
	c := crowds{byCustomer: map[policy.ID]*crowd{}}
	now := time.Now()
	for id := range policy.ID(3 * crowdsCustomers) {
		c.of(id, now)
	}
	require.Len(t, c.byCustomer, crowdsCustomers)

	one := c.of(1000, now)
	many := make([]string, crowdsPeople)
	c.keep(one, map[policy.Principal]said{policy.Group("big"): {users: many, at: now}})
	c.keep(one, map[policy.Principal]said{policy.Group("small"): {users: many[:2], at: now}})
	require.Equal(t, []bool{false, true}, []bool{one.said["group:big"].users != nil, one.said["group:small"].users != nil})

	c.forget(1000)
	c.keep(one, map[policy.Principal]said{policy.User("late"): {at: now}})
	require.Empty(t, c.of(1000, now).said)
	c.of(1, now.Add(crowdsFor))
	require.Len(t, c.byCustomer, 1, "what is old goes")
}
