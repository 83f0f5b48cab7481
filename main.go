// Command roomward manages the Microsoft Teams Rooms of many customers, each customer in control.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"roomward/app"
)

// version is set when a release is built: -ldflags "-X main.version=1.2.3".
var version = ""

type commands struct {
	Config  string     `help:"Configuration file with lines name = value." type:"path" placeholder:"FILE"`
	Serve   serveCmd   `cmd:"" help:"Serve a partner and its customers against Microsoft's cloud."`
	Doctor  doctorCmd  `cmd:"" help:"Check the settings, Microsoft's answers and this machine, and say what to do; also while a server runs."`
	Demo    demoCmd    `cmd:"" help:"Serve a demo partner with its own simulated Microsoft cloud; needs no network."`
	Cloud   cloudCmd   `cmd:"" name:"cloudsim" help:"Serve the simulated Microsoft cloud alone, for trials of serve and its set-up on this machine."`
	Seed    seedCmd    `cmd:"" help:"Fill a data directory of the demo with a world: S has 10 customers, M 100, L 1,000. Always the same."`
	Bench   benchCmd   `cmd:"" help:"Measure by HTTP what the people of a seeded data directory wait for, and what that costs the server."`
	Server  serverCmd  `cmd:"" name:"bench-server" hidden:"" help:"The server that bench starts."`
	Backup  backupCmd  `cmd:"" help:"Copy a data directory into a backup, also while a server runs on it, and check the copy."`
	Restore restoreCmd `cmd:"" help:"Make a data directory out of a backup."`
	Verify  verifyCmd  `cmd:"" help:"Check the audit record of a data directory, also while a server runs on it, or of an exported file; or a whole backup."`
	Rotate  rotateCmd  `cmd:"" name:"rotate-key" help:"Make a new master key and seal all secrets in the database with it."`
	Print   configCmd  `cmd:"" name:"config" help:"List every setting of serve with its source; secrets are hidden."`
	Files   filesCmd   `cmd:"" help:"Write the files for an operator into a folder: systemd units, container file, dashboard, alert rules."`
	Health  healthCmd  `cmd:"" name:"healthcheck" help:"Ask the server on this machine whether it is ready; takes the settings of serve."`
	OpenAPI openapiCmd `cmd:"" name:"openapi" help:"Print the OpenAPI document of the API."`
	Version versionCmd `cmd:"" help:"Print the version."`
}

type serveCmd struct {
	app.Settings
	Setup bool `help:"Open the set-up guide though nothing is missing: to change what it keeps."`
}

func (c *serveCmd) Run(ctx context.Context, k *kong.Context, from *sources) error {
	given := map[string]string{}
	for _, flag := range k.Selected().Flags {
		if where := from.of(k, flag); where != "default" && where != app.KeptSettingsName {
			given[flag.Name] = where
		}
	}
	info, err := os.Stdout.Stat()
	return app.Serve(ctx, c.Settings, app.ServeOptions{Again: from.again, Given: given, Guide: c.Setup, Out: os.Stdout,
		Terminal: err == nil && info.Mode()&os.ModeCharDevice != 0}, versionText())
}

type doctorCmd struct{ app.Settings }

func (c *doctorCmd) Run(ctx context.Context) error { return app.Doctor(ctx, c.Settings, os.Stdout) }

// again reads the settings of serve as a restart would.
func (s *sources) again() (app.Settings, error) {
	var cli commands
	fresh := &sources{args: s.args, found: map[string]string{}}
	k, err := kong.New(&cli, kong.Name("roomward"), kong.Resolvers(fresh))
	if err == nil {
		err = fresh.load(k.Model)
	}
	if err == nil {
		_, err = k.Parse(s.args)
	}
	if err != nil {
		return app.Settings{}, fmt.Errorf("read the settings anew: %w", err)
	}
	return cli.Serve.Settings, nil
}

type demoCmd struct {
	Listen string `help:"Address to listen on." default:"127.0.0.1:8080" placeholder:"HOST:PORT"`
	Data   string `help:"Data directory to keep; a temporary one by default, removed at the end." placeholder:"DIR"`
}

func (c *demoCmd) Run(ctx context.Context) error {
	return app.Demo(ctx, app.DemoSettings{Listen: c.Listen, Data: c.Data, Out: os.Stdout}, versionText())
}

type cloudCmd struct {
	Listen string `help:"Address to listen on; loopback only, because anybody signs in as anybody." default:"127.0.0.1:8090" placeholder:"HOST:PORT"`
	Ready  bool   `help:"Begin with an application that is registered completely, and with the consents of the demo."`
}

func (c *cloudCmd) Run(ctx context.Context) error {
	return app.Cloud(ctx, app.CloudSettings{Listen: c.Listen, Ready: c.Ready, Out: os.Stdout})
}

type seedCmd struct {
	World string    `help:"Which world: S, M or L." required:"" placeholder:"S|M|L"`
	Data  string    `help:"Data directory to fill; it must have no customers yet." required:"" placeholder:"DIR"`
	Now   time.Time `help:"The moment that all times in the world are relative to, such as 2026-11-23T10:00:00Z; this hour by default." placeholder:"TIME"`
}

func (c *seedCmd) Run(ctx context.Context) error {
	return app.Seed(ctx, app.SeedSettings{World: c.World, Data: c.Data, Now: c.Now, Progress: os.Stderr})
}

type benchCmd struct {
	Data    string `help:"Data directory that seed filled. A copy is made beside it, which takes as much space again, and removed at the end." required:"" placeholder:"DIR"`
	Seconds int    `help:"How many seconds each case is asked; there are some 20 for each of four people." default:"10" placeholder:"N"`
	Clients int    `help:"How many connections ask at the same time." default:"4" placeholder:"N"`
	JSON    string `name:"json" help:"File to write the report to as JSON." placeholder:"FILE"`
}

func (c *benchCmd) Run(ctx context.Context) error {
	return app.Bench(ctx, app.BenchSettings{Data: c.Data, Seconds: c.Seconds, Clients: c.Clients, JSON: c.JSON, Out: os.Stdout, Progress: os.Stderr})
}

type serverCmd struct {
	Dir string `arg:"" help:"The copy of the data directory."`
}

func (c *serverCmd) Run(ctx context.Context) error {
	return app.BenchServer(ctx, c.Dir, os.Stdin, os.Stdout, versionText())
}

type backupCmd struct {
	Data string `help:"Data directory to copy." required:"" placeholder:"DIR"`
	To   string `help:"Directory to make the backup in, or a new name for the backup itself." required:"" placeholder:"DIR"`
}

func (c *backupCmd) Run(ctx context.Context) error {
	return app.Backup(ctx, app.BackupSettings{Data: c.Data, To: c.To, Out: os.Stdout}, versionText())
}

type restoreCmd struct {
	From            string `help:"The backup." required:"" type:"existingdir" placeholder:"BACKUP"`
	Data            string `help:"Data directory to make; it may hold the files of the former one that belong beside the database, and no database." required:"" placeholder:"DIR"`
	Departed        string `help:"The file departed of the former data directory, where it does not lie in --data: what ended since the backup ends again." type:"existingfile" placeholder:"FILE"`
	WithoutDeparted bool   `help:"That file is lost, or tells of nothing later than the backup: customers that left since the backup, and rights taken back since, come to life again."`
}

func (c *restoreCmd) Run(ctx context.Context) error {
	return app.Restore(ctx, app.RestoreSettings{From: c.From, Data: c.Data, Departed: c.Departed, WithoutDeparted: c.WithoutDeparted, Out: os.Stdout})
}

type verifyCmd struct {
	Data    string `help:"Data directory whose record is checked." xor:"what" required:"" placeholder:"DIR"`
	Export  string `help:"Exported file of JSON lines to check instead." xor:"what" required:"" type:"existingfile" placeholder:"FILE"`
	Backup  string `help:"Backup to check instead: its files, its database and its record." xor:"what" required:"" type:"existingdir" placeholder:"BACKUP"`
	Against string `help:"File of checkpoints that a customer kept, or a signed export: the record must go on from them." type:"existingfile" placeholder:"FILE"`
}

func (c *verifyCmd) Run(ctx context.Context) error {
	return app.Verify(ctx, app.VerifySettings{Data: c.Data, Export: c.Export, Backup: c.Backup, Against: c.Against, Out: os.Stdout})
}

type rotateCmd struct {
	Data          string     `help:"Data directory." default:"data" placeholder:"DIR"`
	SecretKeyFile string     `help:"File with the master key; secret.key in the data directory when empty." placeholder:"FILE"`
	SecretKey     app.Secret `help:"The master key itself: in the environment only." placeholder:"HEX"`
	NewKeyFile    string     `help:"File with the new key, for a key from the environment; made if there is none." placeholder:"FILE"`
	DropLost      bool       `help:"Forget the secrets that no key opens, for when the key is lost."`
}

func (c *rotateCmd) Run(ctx context.Context) error {
	return app.RotateKey(ctx, app.RotateKeySettings{Data: c.Data, SecretKeyFile: c.SecretKeyFile, SecretKey: c.SecretKey, NewKeyFile: c.NewKeyFile,
		DropLost: c.DropLost, Out: os.Stdout})
}

type configCmd struct{ app.Settings }

func (c *configCmd) Run(k *kong.Context, s *sources) error {
	for _, flag := range k.Selected().Flags {
		if flag.Name == "help" {
			continue
		}
		fmt.Printf("%-20s %-40s %s\n", flag.Name, fmt.Sprint(flag.Target.Interface()), s.of(k, flag))
	}
	return nil
}

type filesCmd struct {
	Dir string `arg:"" help:"The folder. Nothing in it is overwritten."`
}

func (c *filesCmd) Run() error { return app.WriteFiles(c.Dir, os.Stdout) }

type healthCmd struct {
	app.Settings
	Address string `help:"Where to ask, when it is not --listen." placeholder:"HOST:PORT"`
}

func (c *healthCmd) Run(ctx context.Context) error {
	return app.Healthcheck(ctx, app.HealthSettings{Settings: c.Settings, Address: c.Address, Out: os.Stdout})
}

type openapiCmd struct{}

func (openapiCmd) Run() error {
	doc, err := app.OpenAPI(versionText())
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(doc)
	return err
}

type versionCmd struct{}

func (versionCmd) Run() error {
	fmt.Println(versionText())
	return nil
}

func versionText() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "dev"
}

// sources answers kong's questions for settings that no flag sets: first the environment, then the file, then what set-up kept in the data
// directory.
type sources struct {
	args  []string
	file  map[string]string
	kept  map[string]string // nil until a command asks that has settings
	found map[string]string // where a setting came from
}

const envPrefix = "ROOMWARD_"

func envName(flag string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// Validate has nothing left to do: load has seen everything.
func (s *sources) Validate(*kong.Application) error { return nil }

// load refuses environment variables of ours that name no setting, and reads the file that args or the environment name.
func (s *sources) load(model *kong.Application) error {
	known := map[string]bool{}
	for _, node := range model.Leaves(false) {
		for _, flag := range node.Flags {
			known[flag.Name] = true
		}
	}
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		flag := strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(name, envPrefix), "_", "-"))
		if strings.HasPrefix(name, envPrefix) && flag != "config" && !known[flag] {
			return fmt.Errorf("there is no setting for the environment variable %s", name)
		}
	}
	path := s.early("config", "")
	if path == "" {
		return nil
	}
	var err error
	s.file, err = app.ReadConfigFile(path, func(name string) bool { return known[name] && name != "help" && name != "secret-key" })
	return err
}

// early finds a setting that others depend on, before kong has read the arguments.
func (s *sources) early(name, or string) string {
	value, set := os.LookupEnv(envName(name))
	if !set {
		if value, set = s.file[name]; !set {
			value = or
		}
	}
	for i, arg := range s.args {
		if given, ok := strings.CutPrefix(arg, "--"+name+"="); ok {
			value = given
		} else if arg == "--"+name && i+1 < len(s.args) {
			value = s.args[i+1]
		}
	}
	return value
}

// keptFor is what set-up kept, for a command that has the settings of serve.
func (s *sources) keptFor(parent *kong.Path) (map[string]string, error) {
	node := parent.Node()
	if node == nil || !slices.ContainsFunc(node.Flags, func(f *kong.Flag) bool { return f.Name == "partner-tenant" }) {
		return nil, nil
	}
	if s.kept == nil {
		var err error
		if s.kept, err = app.KeptSettings(s.early("data", "data")); err != nil {
			return nil, err
		}
	}
	return s.kept, nil
}

// Resolve finds a setting in the environment, the file, or what was kept.
func (s *sources) Resolve(_ *kong.Context, parent *kong.Path, flag *kong.Flag) (any, error) {
	if value, ok := os.LookupEnv(envName(flag.Name)); ok {
		s.found[flag.Name] = "environment " + envName(flag.Name)
		return value, nil
	}
	if value, ok := s.file[flag.Name]; ok {
		s.found[flag.Name] = "file"
		return value, nil
	}
	kept, err := s.keptFor(parent)
	if value, ok := kept[flag.Name]; ok {
		s.found[flag.Name] = app.KeptSettingsName
		return value, nil
	}
	return nil, err
}

func (s *sources) of(k *kong.Context, flag *kong.Flag) string {
	for _, p := range k.Path {
		if p.Flag == flag && !p.Resolved {
			return "flag"
		}
	}
	if from := s.found[flag.Name]; from != "" {
		return from
	}
	return "default"
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	// Garbage may grow to one and a half times what is in use: Go's part of the memory is the small one, SQLite's pages are the rest, and a page of a
	// list costs a twentieth less. Who sets GOGC decides.
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(150)
	}
	var cli commands
	from := &sources{args: os.Args[1:], found: map[string]string{}}
	k := kong.Must(&cli, kong.Name("roomward"), kong.Description("Manages the Microsoft Teams Rooms of many customers, each customer in control."),
		kong.UsageOnError(), kong.Resolvers(from), kong.Bind(from), kong.BindTo(ctx, (*context.Context)(nil)))
	k.FatalIfErrorf(from.load(k.Model))
	command, err := k.Parse(os.Args[1:])
	k.FatalIfErrorf(err)
	k.FatalIfErrorf(command.Run())
}
