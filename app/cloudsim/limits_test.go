package cloudsim_test

import (
	"io"
	"net/http"
	"testing"
	"time"

	"roomward/app/cloudsim"
)

// limited is a simulator with limits; bearer gives a token of a tenant, so that asking for one does not count in what follows.
func limited(t *testing.T, l cloudsim.Limits) (c *cloud, bearer func(tenant string) string) {
	t.Helper()
	world := smallWorld()
	world.Tenants[1].Consented = true
	c = &cloud{t: t, clock: &clock{now: time.Now().UTC().Truncate(time.Millisecond)}, world: world}
	c.Server = cloudsim.New(world, cloudsim.Options{ClientID: clientID, ClientSecret: secret, Now: c.clock.Now, Limits: l})
	noError(t, c.Listen(t.Context(), "127.0.0.1:0"))
	t.Cleanup(func() { _ = c.Close() })
	return c, func(tenant string) string {
		_, token := c.appToken(tenant)
		return token["access_token"].(string)
	}
}

func (c *cloud) statuses(token, path string, n int) map[int]int {
	out := map[int]int{}
	for range n {
		status, _ := c.graphWith(token, path)
		out[status]++
	}
	return out
}

const devicesPath = "/beta/teamwork/devices"

func TestMicrosoftsLimitOfOneTenant(t *testing.T) {
	c, bearer := limited(t, cloudsim.MicrosoftLimits())
	token, other := bearer(northwind), bearer(woodgrove)
	equal(t, map[int]int{200: 30, 429: 3}, c.statuses(token, devicesPath, 33))
	equal(t, map[int]int{200: 1}, c.statuses(other, devicesPath, 1), "another tenant has its own")
	equal(t, map[int]int{200: 1}, c.statuses(token, "/v1.0/organization", 1), "another service has its own")
	equal(t, 3, c.Requests(northwind)["throttled"])
	equal(t, 33, c.Requests(northwind)["devices"])
	equal(t, 3, c.AllRequests()["throttled"])
	equal(t, 34, c.AllRequests()["devices"])

	// What was refused counts too: half a second later there is no room, a whole second after the last there is.
	c.clock.Advance(500 * time.Millisecond)
	status, h, body := c.ask(http.MethodGet, northwind, devicesPath, "")
	equal(t, http.StatusTooManyRequests, status, body)
	equal(t, "1", h.Get("Retry-After"))
	c.clock.Advance(time.Second)
	equal(t, map[int]int{200: 30, 429: 1}, c.statuses(token, devicesPath, 31))
}

func TestMicrosoftsLimitOfAllTenants(t *testing.T) {
	c, bearer := limited(t, cloudsim.Limits{TeamsPerTenant: 30, TeamsOverall: 40})
	token, other := bearer(northwind), bearer(woodgrove)
	equal(t, map[int]int{200: 25}, c.statuses(token, devicesPath, 25))
	equal(t, map[int]int{200: 15, 429: 10}, c.statuses(other, devicesPath, 25))
	c.clock.Advance(time.Second)
	equal(t, map[int]int{200: 25}, c.statuses(other, devicesPath, 25))
	equal(t, 1_500, cloudsim.MicrosoftLimits().TeamsOverall)
}

func TestLimitOfPlacesInTime(t *testing.T) {
	c, bearer := limited(t, cloudsim.Limits{PlacesIn10Minutes: 5})
	token := bearer(northwind)
	equal(t, map[int]int{200: 5, 429: 1}, c.statuses(token, "/v1.0/places/microsoft.graph.room", 6))
	_, h, _ := c.ask(http.MethodGet, northwind, "/v1.0/places/microsoft.graph.room", "")
	equal(t, "600", h.Get("Retry-After"))
	c.clock.Advance(10 * time.Minute)
	equal(t, map[int]int{200: 1}, c.statuses(token, "/v1.0/places/microsoft.graph.room", 1))
}

func TestLimitOfTheDirectory(t *testing.T) {
	c, bearer := limited(t, cloudsim.Limits{DirectoryIn10Seconds: 10})
	token := bearer(northwind)
	equal(t, map[int]int{200: 3}, c.statuses(token, "/v1.0/users", 3), "two units each")
	equal(t, map[int]int{200: 4, 429: 1}, c.statuses(token, "/v1.0/users?$select=id", 5), "one unit each")
	c.clock.Advance(10 * time.Second)
	equal(t, map[int]int{200: 1}, c.statuses(token, "/v1.0/users", 1))
}

// Places take four requests at once. The simulator answers at once, so four are kept busy with bodies that do not end.
func TestLimitOfPlacesAtOnce(t *testing.T) {
	c, bearer := limited(t, cloudsim.MicrosoftLimits())
	token := bearer(northwind)
	const places = "/v1.0/places/microsoft.graph.room"
	answered := make(chan int, 4)
	var ends []*io.PipeWriter
	for range 4 {
		body, end := io.Pipe()
		ends = append(ends, end)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.URL()+"/graph"+places, body)
		noError(t, err)
		r.Header.Set("Authorization", "Bearer "+token)
		go func() {
			res, err := browser.Do(r)
			if err != nil {
				answered <- 0
				return
			}
			_, _ = io.Copy(io.Discard, res.Body) // to its end: only then has the request left
			_ = res.Body.Close()
			answered <- res.StatusCode
		}()
		_, err = end.Write([]byte("x")) // the request is on its way
		noError(t, err)
	}
	for c.Requests(northwind)["rooms"] < 4 {
		if t.Context().Err() != nil {
			t.Fatal("the requests do not arrive")
		}
	}
	equal(t, map[int]int{429: 2}, c.statuses(token, places, 2))
	equal(t, map[int]int{200: 1}, c.statuses(bearer(woodgrove), places, 1), "another tenant has its own")
	for _, end := range ends {
		_ = end.Close()
		equal(t, http.StatusOK, <-answered)
	}
	equal(t, map[int]int{200: 2}, c.statuses(token, places, 2))
}
