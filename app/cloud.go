package app

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"

	"roomward/app/cloudsim"
)

// CloudSettings are the settings of `roomward cloudsim`.
type CloudSettings struct {
	Listen string    // host:port, loopback only
	Ready  bool      // begin with a complete registration instead of none
	Out    io.Writer // where the welcome goes
}

// Cloud serves the simulated Microsoft cloud alone until the context ends, for trials of `serve` and its set-up. What is done in it, it keeps in
// memory only.
func Cloud(ctx context.Context, c CloudSettings) error {
	world, err := cloudsim.DemoWorld()
	if err != nil {
		return err
	}
	opts := cloudsim.Options{Portal: true}
	if c.Ready {
		opts.ClientID, opts.ClientSecret = demoClientID, rand.Text()
	}
	cloud := cloudsim.New(world, opts)
	if err := cloud.Listen(ctx, c.Listen); err != nil {
		return err
	}
	c.welcome(cloud, world, opts)
	<-ctx.Done()
	return cloud.Close()
}

func (c *CloudSettings) welcome(cloud *cloudsim.Server, world *cloudsim.World, opts cloudsim.Options) {
	say := func(format string, args ...any) { fmt.Fprintf(c.Out, format+"\n", args...) }
	say("\nSimulated Microsoft cloud: %s\n", cloud.URL())
	say("  Nothing here is real: everybody signs in as anybody, and what you do is forgotten at the end.\n")
	say("    roomward serve --data trial --cloud %s\n", cloud.URL())
	say("  Partner       %s, tenant %s, domain %s", world.Partner.Name, world.Partner.ID, world.Partner.Domains[0])
	say("  Entra portal  %s/portal", cloud.URL())
	if c.Ready {
		say("  Application   client id %s, client secret %s", opts.ClientID, opts.ClientSecret)
		say("                (every address on this machine is a redirect URI, and most organisations have given consent)")
	} else {
		say("                (no application is registered yet: do it there)")
	}
	say("\n  People, by organisation:")
	for _, t := range append([]*cloudsim.Tenant{world.Partner}, world.Tenants...) {
		for _, p := range t.People {
			if t == world.Partner && p.Note != "" || t != world.Partner && p.IsAdmin() {
				say("    %-32s %-20s %s", p.UPN, t.Name, p.Note)
			}
		}
	}
	say("\n  Stop with Ctrl+C.\n")
}
