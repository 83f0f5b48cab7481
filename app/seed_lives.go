package app

import (
	"cmp"
	"math"
	"slices"
	"time"

	"roomward/app/incidents"
	"roomward/store"
)

// The lives of devices: which signals went bad when. What follows is not made up: each life is played, poll by poll where something
// changes, through the rules that collecting uses (incidents.Derive).

// seedPoll is the time between two polls, as collecting has it by default.
const seedPoll = 5 * time.Minute

// seedNear is how far from a change of one signal another may hide it: the watching periods are shorter.
const seedNear = 3 * time.Hour

// episode is a time in which a signal is bad; until is zero while it lasts.
type episode struct{ from, until time.Time }

func (e episode) covers(t time.Time) bool {
	return !t.Before(e.from) && (e.until.IsZero() || t.Before(e.until))
}

// trouble is a signal of a device that went bad at least once.
type trouble struct {
	device   int // index in Devices
	signal   string
	open     bool
	episodes []episode
}

// live gives the customer's devices their incidents: 5 for each room, one in ten open. How many are open varies between customers; two
// neighbours make up for each other.
func (c *seedCustomer) live() {
	list := c.troubles(5 * c.rooms)
	open := c.rooms / 2
	vary := int(spreadOf(c.number/2) * 0.4 * float64(open))
	if c.number%2 == 1 {
		vary = -vary
	}
	for i := range list[:open+vary] {
		list[i].open = true
	}
	byDevice := make([][]*trouble, len(c.Devices))
	for i := range list {
		byDevice[list[i].device] = append(byDevice[list[i].device], &list[i])
	}
	for n, troubles := range byDevice {
		slices.SortFunc(troubles, func(a, b *trouble) int {
			return cmp.Or(cmp.Compare(gravity(a.signal), gravity(b.signal)), cmp.Compare(a.signal, b.signal))
		})
		c.play(n, troubles)
	}
}

// spreadOf is a number from -1 to 1 that is always the same for n.
func spreadOf(n int) float64 {
	x := uint64(n)*0x9e3779b97f4a7c15 + 0x1234567
	x ^= x >> 29
	x *= 0xbf58476d1ce4e5b9
	return float64(x>>11)/float64(1<<52) - 1
}

// gravity orders signals: what hides all others comes first.
func gravity(signal string) int {
	switch signal {
	case incidents.NoTelemetry:
		return 0
	case incidents.Offline:
		return 1
	}
	return 2
}

// seedSignal is a signal with how often it goes bad, beside the others.
type seedSignal struct {
	id     string
	weight int
}

// signalsOfKind lists what a device reports (graph.md 3), with how often it goes bad.
func signalsOfKind(kind string) []seedSignal {
	list := []seedSignal{{incidents.Offline, 12}, {incidents.NoTelemetry, 4}, {incidents.SignInTeams, 6}, {incidents.AppVersion, 14}}
	if kind == "touchConsole" || kind == "teamsPanel" {
		return append(list, seedSignal{incidents.Firmware, 10}, seedSignal{incidents.AgentVersion, 5})
	}
	list = append(list, seedSignal{incidents.SignInExchange, 7}, seedSignal{incidents.RoomCamera, 10}, seedSignal{incidents.Speaker, 7},
		seedSignal{incidents.CommunicationSpeaker, 4}, seedSignal{incidents.Microphone, 8}, seedSignal{incidents.DisplayPrefix + "0", 12},
		seedSignal{incidents.DisplayPrefix + "1", 8}, seedSignal{incidents.HDMIIngest, 7}, seedSignal{incidents.Compute, 2})
	if kind == "collaborationBar" {
		return append(list, seedSignal{incidents.Firmware, 12}, seedSignal{incidents.AgentVersion, 5})
	}
	return append(list, seedSignal{incidents.OSVersion, 13})
}

// troubles picks signals of devices that went bad, each at most once, in the order in which they become open ones: a tenth of the rooms has far
// more of those than others.
func (c *seedCustomer) troubles(count int) []trouble {
	type candidate struct {
		trouble
		often, soon float64 // smaller is more often picked, sooner open
	}
	var all []candidate
	bad := map[int]bool{}
	for n, d := range c.Devices {
		bad[n] = c.rand.IntN(10) == 0
		for _, s := range signalsOfKind(d.Kind) {
			// Weighted picking without putting back: the smallest of exponential times.
			often := c.rand.ExpFloat64() / float64(s.weight)
			soon := c.rand.Float64()
			if bad[n] {
				soon *= 0.3
			}
			if isSoftware(s.id) {
				soon *= 0.6
			}
			if gravity(s.id) == 0 {
				soon = math.Sqrt(soon) // long silence is rare
			}
			all = append(all, candidate{trouble{device: n, signal: s.id}, often, soon})
		}
	}
	slices.SortFunc(all, func(a, b candidate) int { return cmp.Compare(a.often, b.often) })
	all = all[:count]
	slices.SortFunc(all, func(a, b candidate) int { return cmp.Compare(a.soon, b.soon) })
	list := make([]trouble, count)
	for i, picked := range all {
		list[i] = picked.trouble
	}
	return list
}

func isSoftware(signal string) bool {
	switch signal {
	case incidents.AppVersion, incidents.OSVersion, incidents.Firmware, incidents.AgentVersion:
		return true
	}
	return false
}

// date gives a trouble its episodes, all of them before the moment after which the device is dark for good.
func (c *seedCustomer) date(t *trouble, dark time.Time) {
	const day = 24 * time.Hour
	last := c.polled.Add(-2 * seedPoll)
	if !dark.IsZero() {
		last = dark.Add(-seedNear)
	}
	var e episode
	if t.open {
		oldest := 45 * day
		if isSoftware(t.signal) {
			oldest = 90 * day
		}
		e.from = last.Add(-c.logUniform(time.Minute, oldest))
	} else {
		e.until = last.Add(-time.Duration(c.rand.Float64() * c.rand.Float64() * float64(120*day)))
		e.from = e.until.Add(-c.logUniform(12*time.Minute, 3*day))
	}
	t.episodes = []episode{e}
	for c.rand.IntN(10) < 3 && len(t.episodes) < 5 {
		until := t.episodes[0].from.Add(-c.logUniform(time.Hour, 12*day))
		t.episodes = slices.Insert(t.episodes, 0, episode{until.Add(-c.logUniform(12*time.Minute, 2*day)), until})
	}
}

// logUniform is a random time between two, with as many of minutes as of hours as of days.
func (c *seedCustomer) logUniform(from, to time.Duration) time.Duration {
	low, high := math.Log(float64(from)), math.Log(float64(to))
	return time.Duration(math.Exp(low + c.rand.Float64()*(high-low))).Round(time.Second)
}

// play lets a device live from its first poll to the last.
func (c *seedCustomer) play(n int, troubles []*trouble) {
	d := &c.Devices[n]
	byID := map[string]*trouble{}
	var dark time.Time // since when the device hides its other signals for good
	var shadows []shadow
	for _, t := range troubles {
		c.date(t, dark)
		byID[t.signal] = t
		if g := gravity(t.signal); g < 2 {
			if t.open && (dark.IsZero() || t.episodes[len(t.episodes)-1].from.Before(dark)) {
				dark = t.episodes[len(t.episodes)-1].from
			}
			for _, e := range t.episodes {
				if e.until.IsZero() || c.polled.Sub(e.until) < store.LaneDays*24*time.Hour {
					shadows = append(shadows, shadow{e, g})
				}
			}
		}
	}
	list := signalsOfKind(d.Kind)
	slices.SortFunc(list, func(a, b seedSignal) int { return cmp.Compare(a.id, b.id) })
	for _, s := range list {
		life := life{signal: s.id, kind: d.Kind, values: c.values(n, s.id), first: c.accepted.Add(10 * time.Minute), last: c.polled}
		if t := byID[s.id]; t != nil {
			life.episodes = t.episodes
		}
		life.hideIn(shadows)
		life.play(d)
	}
}

// values are what a signal of a device says while it is good and while it is bad.
func (c *seedCustomer) values(n int, signal string) [2]string {
	d, newer := c.Devices[n], c.newer[n]
	switch signal {
	case incidents.NoTelemetry:
		return [2]string{"heard", "silent"}
	case incidents.AppVersion:
		return [2]string{d.AppVersion, d.AppVersion + " < " + newer.app}
	case incidents.OSVersion:
		return [2]string{d.OSVersion, d.OSVersion + " < " + newer.system}
	case incidents.Firmware:
		return [2]string{d.Firmware, d.Firmware + " < " + newer.system}
	case incidents.AgentVersion:
		return [2]string{"1.0.0.202609020513", "1.0.0.202609020513 < 1.0.0.202611051011"}
	}
	return [2]string{"connected", "disconnected"}
}
