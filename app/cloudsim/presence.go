package cloudsim

import (
	"encoding/json"
	"net/http"
	"strings"
)

// maxPresences is how many accounts one request may ask for.
const maxPresences = 650

// presenceOperations are the presence of accounts, in v1.0 and beta.
func presenceOperations() []operation {
	return []operation{{"POST /communications/getPresencesByUserId", "presence", []string{readPresence}, getPresences}}
}

type presence struct {
	ID           string `json:"id"`
	Availability string `json:"availability"`
	Activity     string `json:"activity"`
}

// getPresences tells of each account that exists how Teams sees it. Of a room's that is whether its system is signed in, and no more.
func getPresences(c *call) answer {
	var in struct {
		IDs []string `json:"ids"`
	}
	if err := json.Unmarshal(c.body, &in); err != nil || len(in.IDs) == 0 {
		return badRequest("The request body must contain the ids of users.")
	}
	if len(in.IDs) > maxPresences {
		return badRequest("The maximum number of users per request is %d.", maxPresences)
	}
	rooms := map[string]*Room{}
	for i := range c.t.Rooms {
		rooms[strings.ToLower(c.t.Rooms[i].AccountID)] = &c.t.Rooms[i]
	}
	rows := []any{}
	for _, id := range in.IDs {
		if r := rooms[strings.ToLower(id)]; r != nil {
			rows = append(rows, c.presenceOf(r))
			continue
		}
		if p := c.t.person(id); p != nil {
			rows = append(rows, presence{id, "Available", "Available"})
		}
	}
	if c.faults.EmptyPresences {
		rows = rows[:0]
	}
	return answer{status: http.StatusOK, body: collection{Context: c.at + "/$metadata#Collection(microsoft.graph.presence)", Value: rows}}
}

// presenceOf is "offline" unless a system of the room is signed in to Teams.
func (c *call) presenceOf(r *Room) presence {
	out := presence{r.AccountID, "Offline", "Offline"}
	for i := range r.Devices {
		d := &r.Devices[i]
		if !d.Main() {
			continue
		}
		st := d.status(c.s.started, c.now)
		switch {
		case st.readings[Offline].bad || st.readings[TelemetryStale].bad || st.readings[TeamsSignIn].bad:
		case st.activity == "busy":
			return presence{r.AccountID, "Busy", "InACall"}
		default:
			out.Availability, out.Activity = "Available", "Available"
		}
	}
	return out
}
