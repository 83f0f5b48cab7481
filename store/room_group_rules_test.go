package store

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"roomward/policy"
)

func TestGroupRulesByEveryFact(t *testing.T) {
	room := groupRoom{id: 1, country: "GB", city: "Zürich", building: " Tour Élysée ", floor: "3", maker: "Logitech", model: "Rally Bar", capacity: 12,
		kinds: []string{"teamsRoom", "teamsPanel"}}
	for _, tc := range []struct {
		name  string
		rule  GroupRule
		takes bool
	}{
		{"country", GroupRule{Country: []string{"GB"}}, true},
		{"country in small letters", GroupRule{Country: []string{" gb "}}, true},
		{"another country", GroupRule{Country: []string{"FR"}}, false},
		{"alternatives", GroupRule{Country: []string{"FR", "GB"}}, true},
		{"city", GroupRule{City: []string{"ZÜRICH"}}, true},
		{"city, the accent as a character of its own", GroupRule{City: []string{"Zu\u0308rich"}}, true},
		{"city without its accent is another", GroupRule{City: []string{"Zurich"}}, false},
		{"building", GroupRule{Building: []string{"tour e\u0301lyse\u0301e"}}, true},
		{"part of a building", GroupRule{Building: []string{"Tour"}}, false},
		{"floor", GroupRule{Floor: []string{"3"}}, true},
		{"another floor", GroupRule{Floor: []string{"03"}}, false},
		{"maker", GroupRule{Maker: []string{"LOGITECH"}}, true},
		{"another maker", GroupRule{Maker: []string{"Yealink"}}, false},
		{"model", GroupRule{Model: []string{"rally bar"}}, true},
		{"another model", GroupRule{Model: []string{"Rally Bar Mini"}}, false},
		{"device kind", GroupRule{DeviceKind: []string{"TeamsPanel"}}, true},
		{"another device kind", GroupRule{DeviceKind: []string{"surfaceHub"}}, false},
		{"seats at least", GroupRule{CapacityMin: 12}, true},
		{"too few seats", GroupRule{CapacityMin: 13}, false},
		{"seats at most", GroupRule{CapacityMax: 12}, true},
		{"too many seats", GroupRule{CapacityMax: 11}, false},
		{"seats between", GroupRule{CapacityMin: 5, CapacityMax: 20}, true},
		{"all facts hold", GroupRule{Country: []string{"GB"}, City: []string{"Zürich"}, Floor: []string{"3"}, DeviceKind: []string{"teamsRoom"}, CapacityMin: 1}, true},
		{"all but one", GroupRule{Country: []string{"GB"}, City: []string{"Zürich"}, Floor: []string{"4"}}, false},
		{"no fact", GroupRule{}, false},
		{"nothing but space", GroupRule{City: []string{" "}}, false},
	} {
		require.Equal(t, tc.takes, anyTakes(sievesOf([]GroupRule{tc.rule}), room), tc.name)
		require.Equal(t, tc.takes, anyTakes(sievesOf([]GroupRule{{Country: []string{"XX"}}, tc.rule}), room), "%s, as an alternative", tc.name)
		unknown := tc.name + ", of a room of which nothing is known"
		require.False(t, anyTakes(sievesOf([]GroupRule{tc.rule}), groupRoom{id: 2}), unknown)
	}
	require.False(t, anyTakes(nil, room), "no rule")
}

// A group and a grant that say the same name must mean the same rooms.
func TestGroupRulesCompareLikeGrants(t *testing.T) {
	letters := []string{"a", "A", "é", "É", "e\u0301", "E\u0301", "ß", "ẞ", "ss", "k", "\u212a", "ı", "I", "i", "σ", "ς", "Σ", " ", "\u00a0", "ǅ", "Ǆ"}
	rapid.Check(t, func(t *rapid.T) {
		text := func(label string) (s string) {
			for _, letter := range rapid.SliceOfN(rapid.SampledFrom(letters), 0, 3).Draw(t, label) {
				s += letter
			}
			return s
		}
		wanted, reported := text("wanted"), text("reported")
		granted := policy.Grant{Rules: []policy.GrantRule{{City: wanted}}}.Covers(policy.Place{ID: "p", City: reported})
		require.Equal(t, granted, anyTakes(sievesOf([]GroupRule{{City: []string{wanted}}}), groupRoom{city: reported}), "%q and %q", wanted, reported)
	})
}
