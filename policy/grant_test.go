package policy

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestGrantCovers(t *testing.T) {
	t.Parallel()
	places := map[string]Place{
		"paris":   {ID: "room-1", Country: "France", City: "Paris", Building: "Rivoli"},
		"lyon":    {ID: "room-2", Country: "FRANCE ", City: "Lyon", Building: "Rivoli"},
		"london":  {ID: "room-3", Country: "United Kingdom", City: "London", Building: "Bank"},
		"unknown": {ID: "room-4"},
		"no city": {ID: "room-5", Country: "France", Building: "Rivoli"},
		"no id":   {Country: "France", City: "Paris", Building: "Rivoli"},
	}
	tests := []struct {
		name  string
		grant Grant
		want  string // the places covered; no other may be
	}{
		{"nothing", Grant{}, ""},
		{"all", Grant{All: true}, "paris, lyon, london, unknown, no city"},
		{"country", Grant{Rules: []GrantRule{{Country: " france"}}}, "paris, lyon, no city"},
		{"city", Grant{Rules: []GrantRule{{City: "PARIS"}}}, "paris"},
		{"building in a city", Grant{Rules: []GrantRule{{City: "lyon", Building: "rivoli"}}}, "lyon"},
		{"no such building in the city", Grant{Rules: []GrantRule{{City: "london", Building: "rivoli"}}}, ""},
		{"part of a name", Grant{Rules: []GrantRule{{Country: "Fran"}}}, ""},
		{"several rules", Grant{Rules: []GrantRule{{City: "Lyon"}, {Country: "United Kingdom"}}}, "lyon, london"},
		{"an empty rule", Grant{Rules: []GrantRule{{}}}, ""},
		{"a rule of spaces", Grant{Rules: []GrantRule{{Country: " ", City: "\t"}}}, ""},
		{"rooms", Grant{Rooms: []string{"ROOM-1", " room-4 ", "room-9"}}, "paris, unknown"},
		{"an empty room", Grant{Rooms: []string{"", " "}}, ""},
		{"rooms and rules", Grant{Rooms: []string{"room-3"}, Rules: []GrantRule{{City: "Paris"}}}, "paris, london"},
		// What may be in France, for all that is known, is left out.
		{"all but a country", Grant{All: true, Except: []GrantRule{{Country: "France"}}}, "london"},
		{"all but a city", Grant{All: true, Except: []GrantRule{{Country: "France", City: "Lyon"}}}, "paris, london"},
		{"an empty exception", Grant{All: true, Except: []GrantRule{{}}}, "paris, lyon, london, unknown, no city"},
		{"an exception wins over a room", Grant{Rooms: []string{"room-1", "room-3"}, Except: []GrantRule{{City: "Paris"}}}, "london"},
		{"exceptions alone", Grant{Except: []GrantRule{{City: "Paris"}}}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			wanted := map[string]bool{}
			for _, name := range strings.Split(test.want, ", ") {
				wanted[name] = true
			}
			for name, place := range places {
				if got := test.grant.Covers(place); got != wanted[name] {
					t.Errorf("%s covered: %t, want %t", name, got, wanted[name])
				}
			}
		})
	}
}

// The same letter is written as one character or as two; other letters that look alike stay others.
func TestGrantComparesLettersNotBytes(t *testing.T) {
	t.Parallel()
	one, two := "Z\u00fcrich", "Zu\u0308rich"
	for _, c := range []struct {
		wanted, reported string
		same             bool
	}{
		{one, two, true}, {two, one, true}, {"Z\u00dcRICH", two, true}, {one, "Zurich", false}, {"Bau \u00b2", "Bau 2", false}, {"\ufb01eld", "field", false},
	} {
		place := Place{ID: "room-1", Country: "CH", City: c.reported, Building: "Bank"}
		if got := (Grant{Rules: []GrantRule{{City: c.wanted}}}).Covers(place); got != c.same {
			t.Errorf("%+q covers %+q: %t", c.wanted, c.reported, got)
		}
		if got := (Grant{All: true, Except: []GrantRule{{City: c.wanted}}}).Covers(place); got == c.same {
			t.Errorf("all but %+q covers %+q: %t", c.wanted, c.reported, got)
		}
	}
}

func TestGrantValidate(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 257)
	tests := []struct {
		name  string
		grant Grant
		field string // empty: valid
	}{
		{"all", Grant{All: true}, ""},
		{"all with an exception", Grant{All: true, Except: []GrantRule{{City: "Paris"}}}, ""},
		{"rules", Grant{Rules: []GrantRule{{Country: "France"}, {Building: "Bank"}}}, ""},
		{"rooms", Grant{Rooms: []string{"room-1"}}, ""},
		{"the longest name", Grant{Rules: []GrantRule{{City: long[2:]}}}, ""},
		{"nothing", Grant{}, "all"},
		{"exceptions alone", Grant{Except: []GrantRule{{City: "Paris"}}}, "all"},
		{"all and rules", Grant{All: true, Rules: []GrantRule{{City: "Paris"}}}, "rules"},
		{"all and rooms", Grant{All: true, Rooms: []string{"room-1"}}, "rooms"},
		{"an empty rule", Grant{Rules: []GrantRule{{City: "Paris"}, {City: " "}}}, "rules[1]"},
		{"an empty exception", Grant{All: true, Except: []GrantRule{{}}}, "except[0]"},
		{"an empty room", Grant{Rooms: []string{"room-1", " "}}, "rooms[1]"},
		{"a long city", Grant{Rules: []GrantRule{{City: long}}}, "rules[0].city"},
		{"a line break", Grant{Rules: []GrantRule{{Country: "a\nb"}}}, "rules[0].country"},
		{"not UTF-8", Grant{All: true, Except: []GrantRule{{Building: "\xff"}}}, "except[0].building"},
		{"a long room", Grant{Rooms: []string{long}}, "rooms[0]"},
		{"too many rules", Grant{Rules: make([]GrantRule, maxGrantRules+1)}, "rules"},
		{"too many exceptions", Grant{All: true, Except: make([]GrantRule, maxGrantRules+1)}, "except"},
		{"too many rooms", Grant{Rooms: make([]string, maxGrantRooms+1)}, "rooms"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			err := test.grant.Validate()
			if test.field == "" {
				if err != nil {
					t.Errorf("refused: %v", err)
				}
				return
			}
			var wrong *GrantError
			if !errors.As(err, &wrong) || wrong.Field != test.field || !strings.Contains(err.Error(), wrong.Reason) {
				t.Errorf("%v, want an error about %s", err, test.field)
			}
		})
	}
}

func TestGrantInJSON(t *testing.T) {
	t.Parallel()
	g := Grant{Rules: []GrantRule{{Country: "France"}}, Rooms: []string{"room-1"}, Except: []GrantRule{{City: "Lyon", Building: "Rivoli"}}}
	text, err := json.Marshal(g)
	want := `{"all":false,"rules":[{"country":"France"}],"rooms":["room-1"],"except":[{"city":"Lyon","building":"Rivoli"}]}`
	if err != nil || string(text) != want {
		t.Errorf("%s, %v", text, err)
	}
}

func TestGrantContains(t *testing.T) {
	london, paris := GrantRule{City: "London"}, GrantRule{City: "Paris"}
	for name, c := range map[string]struct {
		is, was Grant
		want    bool
	}{
		"the same":            {Grant{Rules: []GrantRule{london}}, Grant{Rules: []GrantRule{london}}, true},
		"all":                 {Grant{All: true}, Grant{Rules: []GrantRule{london}, Rooms: []string{"a"}}, true},
		"a rule more":         {Grant{Rules: []GrantRule{london, paris}}, Grant{Rules: []GrantRule{paris}}, true},
		"an exception less":   {Grant{All: true}, Grant{All: true, Except: []GrantRule{paris}}, true},
		"no longer all":       {Grant{Rules: []GrantRule{london}}, Grant{All: true}, false},
		"another rule":        {Grant{Rules: []GrantRule{london}}, Grant{Rules: []GrantRule{paris}}, false},
		"a room less":         {Grant{Rooms: []string{"a"}}, Grant{Rooms: []string{"a", "b"}}, false},
		"all with exceptions": {Grant{All: true, Except: []GrantRule{paris}}, Grant{Rules: []GrantRule{london}}, false},
	} {
		if got := c.is.Contains(c.was); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// A room is named by its id however that is written, or by its address where Microsoft gave none; nothing else is taken for it.
func TestGrantNamesRoomsInEveryForm(t *testing.T) {
	const id, address = "080ed1a0-7b54-4995-85a5-000000000301", "oslo-301@contoso.com"
	place := Place{ID: id, Email: address}
	for named, covers := range map[string]bool{
		id: true, strings.ToUpper(id): true, "{" + id + "}": true, strings.ReplaceAll(id, "-", ""): true, address: true, "Oslo-301@Contoso.com": true,
		"080ed1a0-7b54-4995-85a5-000000000302": false, "080ed1a07b54499585a500000000030": false, "oslo301@contoso.com": false,
		"oslo-302@contoso.com": false, "": false, " ": false,
	} {
		if got := (Grant{Rooms: []string{named}}).Covers(place); got != covers {
			t.Errorf("%q covers it: %v", named, got)
		}
	}
	if (Grant{Rooms: []string{""}}).Covers(Place{ID: id}) || (Grant{Rooms: []string{address}}).Covers(Place{Email: address}) {
		t.Error("nothing covers something")
	}
	if PlaceKey("meeting-room-in-the-north-of-the-house") != "meeting-room-in-the-north-of-the-house" {
		t.Error("what is no GUID loses its dashes")
	}
}

// The writer compares all rooms of a list with all single rooms of a grant while everybody else waits: a comparison makes next to nothing.
func TestGrantComparesRoomsCheaply(t *testing.T) {
	grant := Grant{Rooms: make([]string, 100)}
	for i := range grant.Rooms {
		grant.Rooms[i] = fmt.Sprintf("080ed1a0-7b54-4995-85a5-%012d", i)
	}
	place := Place{ID: "080ed1a0-7b54-4995-85a5-000000000999", Email: "oslo-301@contoso.com"}
	if made := testing.AllocsPerRun(10, func() { grant.Covers(place) }); made > 101 {
		t.Errorf("%v pieces of memory for 100 comparisons", made)
	}
}
