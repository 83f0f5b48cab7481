package app

import (
	"cmp"
	"context"
	"errors"

	"roomward/store"
)

// Serve runs Roomward for a partner until the context ends. While needed settings are missing it serves the set-up guide first, at the same place.
func Serve(ctx context.Context, s Settings, o ServeOptions, version string) (err error) {
	guide, err := needsGuide(&s, o.Guide)
	if err != nil {
		return err
	}
	alone, err := store.Occupy(s.Data)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, alone.Close()) }()
	log := cmp.Or(o.Log, newLog(s))
	f, err := openFront(s, log)
	if err != nil {
		return err
	}
	a, err := openApp(ctx, Config{Settings: s, Mode: s.mode(), Version: version, Log: log, certificate: f.certificate()})
	if err != nil {
		return errors.Join(err, f.close())
	}
	defer f.stand(ctx)() // which closes the other sockets
	if err := a.prepare(ctx, f, o, guide); err != nil {
		return errors.Join(err, f.main.Close(), a.Store.Close())
	}
	if ctx.Err() != nil { // it ended in the guide
		return errors.Join(f.main.Close(), a.Store.Close())
	}
	log.Info("serving", "address", a.cfg.PublicURL, "version", version)
	return f.serve(ctx, a)
}

// prepare builds what serves, by way of the guide where that is needed.
func (a *App) prepare(ctx context.Context, f *front, o ServeOptions, guide bool) error {
	if err := a.cfg.takeKept(ctx, a.Store.Secret); err != nil {
		return err
	}
	var none noCredentialError
	if _, err := a.cfg.reading().credential(); guide || errors.As(err, &none) {
		return f.guided(ctx, a, o)
	}
	return a.build(ctx)
}

// mode is what the data directory is for: a simulated cloud and Microsoft's never share one.
func (s Settings) mode() store.Mode {
	if s.Cloud != "" {
		return store.ModeTrial
	}
	return store.ModeReal
}
