package policy

import (
	"fmt"
	"testing"
)

// The writer compares every room that Microsoft lists with every single room of a grant, while nobody else writes.
func BenchmarkGrantOfSingleRooms(b *testing.B) {
	var grant Grant
	var places []Place
	for i := range 200 {
		id := fmt.Sprintf("080ed1a0-7b54-4995-85a5-%012d", i)
		grant.Rooms = append(grant.Rooms, id)
		places = append(places, Place{ID: id, Email: fmt.Sprintf("room-%d@contoso.com", i)})
	}
	b.ReportAllocs()
	for b.Loop() {
		for _, place := range places {
			if !grant.Covers(place) {
				b.Fatal(place.ID)
			}
		}
	}
}
