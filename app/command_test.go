package app

import (
	"bufio"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/store"
)

// TestCommand builds the binary and runs it as users do.
func TestCommand(t *testing.T) {
	c := command(filepath.Join(t.TempDir(), "roomward"))
	out, err := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o", string(c), "roomward").CombinedOutput()
	require.NoError(t, err, string(out))
	t.Run("unknown settings are errors", c.refusesWhatItDoesNotKnow)
	t.Run("config says where a setting is from", c.saysWhereASettingIsFrom)
	t.Run("config knows what set-up kept", c.knowsWhatWasKept)
	t.Run("rotate-key", c.rotatesTheKey)
	t.Run("serve says all that is missing", c.saysAllThatIsMissing)
	t.Run("doctor says what is broken", c.doctorSaysWhatIsBroken)
	t.Run("version and document", c.printsVersionAndDocument)
	t.Run("demo listens on loopback only", c.listensOnLoopbackOnly)
	t.Run("demo starts and stops", c.startsAndStops)
	t.Run("serve lives under systemd", c.livesUnderSystemd)
	t.Run("files for the operator", c.writesTheOperatorsFiles)
	t.Run("seed and bench say what they need", c.saysWhatWorldsNeed)
	t.Run("cloudsim and serve as two processes", c.servesAgainstCloudsim)
}

// command is the path of the binary.
type command string

// prepare makes a call of the binary that sees nothing of this machine's settings.
func (c command) prepare(t *testing.T, env []string, args ...string) *exec.Cmd {
	t.Helper()
	call := exec.CommandContext(t.Context(), string(c), args...)
	call.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "TMPDIR=" + t.TempDir()}, env...)
	call.Dir = t.TempDir()
	return call
}

func (c command) run(t *testing.T, env []string, args ...string) (out string, ok bool) {
	t.Helper()
	b, err := c.prepare(t, env, args...).CombinedOutput()
	_, _ = heard.Write(b)
	return string(b), err == nil
}

// configFile writes a configuration file.
func configFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "roomward.conf")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func (c command) refusesWhatItDoesNotKnow(t *testing.T) {
	for name, given := range map[string]struct {
		env  []string
		args []string
		says string
	}{
		"flag":            {nil, []string{"serve", "--lisen=x"}, "lisen"},
		"command":         {nil, []string{"serv"}, "serv"},
		"environment":     {[]string{"ROOMWARD_LISEN=x"}, []string{"config"}, "ROOMWARD_LISEN"},
		"file":            {nil, []string{"config", "--config=" + configFile(t, "lisen = x\n")}, `"lisen"`},
		"file, twice":     {nil, []string{"config", "--config=" + configFile(t, "listen = a:1\nlisten = b:2\n")}, "twice"},
		"file, no value":  {nil, []string{"config", "--config=" + configFile(t, "listen\n")}, "name = value"},
		"file, not there": {nil, []string{"config", "--config=/nonexistent/roomward.conf"}, "no such file"},
		"bad duration":    {nil, []string{"config", "--collect-devices=often"}, "collect-devices"},
		"bad enum":        {nil, []string{"config", "--invitations=all"}, "invitations"},
		"bad world":       {nil, []string{"seed", "--world=XL", "--data=world"}, `no world "XL"`},
		"bad moment":      {nil, []string{"seed", "--world=S", "--data=world", "--now=yesterday"}, "--now"},
	} {
		t.Run(name, func(t *testing.T) {
			out, ok := c.run(t, given.env, given.args...)
			require.False(t, ok, out)
			require.Contains(t, out, given.says)
		})
	}
}

func (c command) saysWhereASettingIsFrom(t *testing.T) {
	path := configFile(t, "# a comment\npartner-name = \"From File\"\nclient-secret = very-secret-text\nlisten = 127.0.0.1:1\n")
	out, ok := c.run(t, []string{"ROOMWARD_LISTEN=127.0.0.1:2", "ROOMWARD_CLIENT_ID=from-env", "ROOMWARD_CONFIG=" + path}, "config", "--client-id=from-flag")
	require.True(t, ok, out)
	require.Regexp(t, `(?m)^partner-name\s+From File\s+file$`, out)
	require.Regexp(t, `(?m)^listen\s+127.0.0.1:2\s+environment ROOMWARD_LISTEN$`, out)
	require.Regexp(t, `(?m)^client-id\s+from-flag\s+flag$`, out)
	require.Regexp(t, `(?m)^collect-devices\s+5m0s\s+default$`, out)
	require.Regexp(t, `(?m)^client-secret\s+\(hidden\)\s+file$`, out)
	heard.learn("client-secret", "very-secret-text")
	require.NotContains(t, out, "very-secret-text")
}

func (c command) knowsWhatWasKept(t *testing.T) {
	data := t.TempDir()
	require.NoError(t, KeepSettings(data, map[string]string{"partner-name": `A "B" é = #C`, "partner-domains": "a.example,b.example", "listen": "127.0.0.1:1"}))
	require.NoError(t, KeepSettings(data, map[string]string{"client-id": "kept", "listen": "127.0.0.1:2", "log-level": "debug", "manager-group": ""}))
	require.NoError(t, KeepSettings(data, map[string]string{"log-level": ""}))
	info, err := os.Stat(filepath.Join(data, KeptSettingsName))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	left, err := os.ReadDir(data)
	require.NoError(t, err)
	require.Len(t, left, 1, "nothing else is left")
	for _, given := range [][]string{{"--data=" + data}, {"--data", data}, {"--config=" + configFile(t, "data = "+data+"\nlisten = 127.0.0.1:3\n")}} {
		out, ok := c.run(t, []string{"ROOMWARD_CLIENT_ID=stronger"}, append([]string{"config"}, given...)...)
		require.True(t, ok, out)
		require.Contains(t, out, `A "B" é = #C `)
		require.Regexp(t, `(?m)^partner-domains\s+\[a.example b.example\]\s+settings.conf$`, out)
		require.Regexp(t, `(?m)^client-id\s+stronger\s+environment ROOMWARD_CLIENT_ID$`, out)
		require.Regexp(t, `(?m)^log-level\s+info\s+default$`, out)
		if given[0] == "--data" {
			require.Regexp(t, `(?m)^listen\s+127.0.0.1:2\s+settings.conf$`, out)
		} else if strings.HasPrefix(given[0], "--config") {
			require.Regexp(t, `(?m)^listen\s+127.0.0.1:3\s+file$`, out, "the file is stronger")
		}
		for line := range strings.Lines(out) { // both know the same names
			name, _, _ := strings.Cut(line, " ")
			require.Equal(t, !slices.Contains(unkept, name) && name != "config", keepable(name), name)
		}
	}
	for name, value := range map[string]string{"client-secret": "x", "secret-key": "x", "data": "x", "certificat": "x", "partner-name": "two\nlines", "listen": `"x"`} {
		require.ErrorContains(t, KeepSettings(data, map[string]string{name: value}), name)
	}
	require.NoError(t, os.WriteFile(filepath.Join(data, KeptSettingsName), []byte("client-secret = very-secret-text\n"), 0o600))
	out, ok := c.run(t, nil, "config", "--data="+data)
	require.False(t, ok)
	require.Contains(t, out, `no setting "client-secret"`)
	require.NotContains(t, out, "very-secret-text")
}

func (c command) rotatesTheKey(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	open := func(key store.KeySource) *store.Store {
		t.Helper()
		st, err := store.Open(t.Context(), store.Options{Dir: data, Mode: store.ModeTrial, Key: key})
		require.NoError(t, err)
		t.Cleanup(func() { _ = st.Close() })
		return st
	}
	holds := func(st *store.Store, want string) {
		t.Helper()
		value, _, err := st.Secret(t.Context(), store.SecretClient)
		require.NoError(t, err)
		require.Equal(t, want, string(value))
	}
	running := open(nil)
	require.NoError(t, running.KeepSecret(t.Context(), store.System("test"), store.SecretClient, []byte("An0ther")))
	path := filepath.Join(data, store.SecretKeyName)
	former, err := os.ReadFile(path)
	require.NoError(t, err)
	out, ok := c.run(t, nil, "rotate-key", "--data="+data)
	require.True(t, ok, out)
	require.Contains(t, out, "sealed with the new key")
	require.NotContains(t, out, string(former[:64]))
	latter, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NotEqual(t, former, latter)
	require.NotContains(t, out, string(latter[:64]))
	holds(running, "An0ther")
	holds(open(nil), "An0ther")

	// From the file into the environment: the operator hands the same key over, then changes it.
	env := []string{"ROOMWARD_SECRET_KEY=" + string(latter[:64]), "ROOMWARD_DATA=" + data}
	out, ok = c.run(t, env, "rotate-key")
	require.False(t, ok)
	require.Contains(t, out, "--new-key-file")
	next := filepath.Join(t.TempDir(), "next")
	out, ok = c.run(t, env, "rotate-key", "--new-key-file="+next)
	require.True(t, ok, out)
	require.Contains(t, out, "restart Roomward")
	text, err := os.ReadFile(next)
	require.NoError(t, err)
	holds(open(store.GivenKey{Place: "the test", Key: string(text)}), "An0ther")
	out, ok = c.run(t, nil, "config", "--data="+data)
	require.True(t, ok, out)
	out, ok = c.run(t, env, "config")
	require.True(t, ok, out)
	require.Regexp(t, `(?m)^secret-key\s+\(hidden\)\s+environment ROOMWARD_SECRET_KEY$`, out)

	// A key that is lost for good: in part, then altogether.
	require.NoError(t, os.WriteFile(path, latter[:20], 0o600))
	out, ok = c.run(t, nil, "rotate-key", "--data="+data)
	require.False(t, ok)
	for _, say := range []string{store.SecretClient, path, "it has 20 characters", "--drop-lost"} {
		require.Contains(t, out, say)
	}
	out, ok = c.run(t, nil, "rotate-key", "--data="+data, "--drop-lost")
	require.True(t, ok, out)
	require.Contains(t, out, "Enter them anew")
	_, there, err := open(nil).Secret(t.Context(), store.SecretClient)
	require.NoError(t, err)
	require.False(t, there)
	out, ok = c.run(t, nil, "rotate-key", "--data="+t.TempDir())
	require.False(t, ok)
	require.Contains(t, out, "look for a database")
}

func (c command) saysAllThatIsMissing(t *testing.T) {
	out, ok := c.run(t, nil, "serve", "--public-url=http://rooms.example")
	require.False(t, ok)
	for _, flag := range []string{"--partner-tenant", "--partner-name", "--client-id", "--partner-domains", "must be https"} {
		require.Contains(t, out, flag)
	}
	out, ok = c.run(t, nil, "serve", "--cloud=http://192.0.2.1:80")
	require.False(t, ok)
	require.Contains(t, out, "loopback")
}

func (c command) doctorSaysWhatIsBroken(t *testing.T) {
	out, ok := c.run(t, nil, "doctor", "--data="+filepath.Join(t.TempDir(), "none"), "--cloud=http://127.0.0.1:9")
	require.False(t, ok, out)
	require.Regexp(t, `broken +data +There is no data directory`, out)
	require.Regexp(t, `broken +settings +partner-tenant is not set`, out)
	require.Regexp(t, `warning +backup +There is no backup`, out)
}

func (c command) printsVersionAndDocument(t *testing.T) {
	out, ok := c.run(t, nil, "version")
	require.True(t, ok)
	require.NotEmpty(t, strings.TrimSpace(out))
	out, ok = c.run(t, nil, "openapi")
	require.True(t, ok)
	want, err := os.ReadFile("../testdata/openapi.json")
	require.NoError(t, err)
	require.Equal(t, string(want), out, "the document changed: go run . openapi > testdata/openapi.json, then npm run api in ui/")
}

func (c command) listensOnLoopbackOnly(t *testing.T) {
	out, ok := c.run(t, nil, "demo", "--listen=0.0.0.0:0")
	require.False(t, ok)
	require.Contains(t, out, "loopback")
}

func (c command) saysWhatWorldsNeed(t *testing.T) {
	for said, args := range map[string][]string{
		"take S, M or L":                  {"seed", "--world=X", "--data=" + t.TempDir()},
		"was not filled by roomward seed": {"bench", "--data=nowhere"},
		"unexpected argument nowhere":     {"bench", "nowhere"},
		"missing flags: --data=DIR":       {"bench"},
		"expected a valid 64 bit int":     {"bench", "--data=nowhere", "--seconds=x"},
	} {
		out, ok := c.run(t, nil, args...)
		require.False(t, ok, "%v: %s", args, out)
		require.Contains(t, out, said, "%v", args)
	}
}

// startsAndStops starts the demo as a new user does, waits for its welcome, and ends it as systemd does.
func (c command) startsAndStops(t *testing.T) {
	call := c.prepare(t, nil, "demo", "--listen=127.0.0.1:0")
	var tmp string
	for _, e := range call.Env {
		tmp, _ = strings.CutPrefix(e, "TMPDIR=")
	}
	stderr := filepath.Join(t.TempDir(), "stderr")
	f, err := os.Create(stderr)
	require.NoError(t, err)
	call.Stderr = f
	said := func() string {
		b, err := os.ReadFile(stderr)
		require.NoError(t, err)
		return string(b)
	}
	stdout, err := call.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, call.Start())
	address := regexp.MustCompile(`http://127\.0\.0\.1:\d+`)
	lines := bufio.NewScanner(stdout)
	var base string
	for base == "" && lines.Scan() {
		base = address.FindString(lines.Text())
	}
	require.NotEmpty(t, base, said())
	resp, err := http.Get(base + "/readyz")
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusOK, resp.StatusCode)

	left, err := os.ReadDir(tmp)
	require.NoError(t, err)
	require.NotEmpty(t, left, "the temporary data directory is somewhere else")
	backup := filepath.Join(t.TempDir(), "demo.backup")
	c.backsUp(t, filepath.Join(tmp, left[0].Name()), backup)
	asked := time.Now()
	require.NoError(t, call.Process.Signal(syscall.SIGTERM))
	for lines.Scan() {
	}
	require.NoError(t, call.Wait(), said())
	require.NoError(t, f.Close())
	require.Less(t, time.Since(asked), 10*time.Second)
	left, err = os.ReadDir(tmp)
	require.NoError(t, err)
	require.Empty(t, left, "the demo leaves its data behind")
	c.restores(t, backup)
}

// backsUp makes a backup of a data directory while a server collects into it.
func (c command) backsUp(t *testing.T, data, backup string) {
	t.Helper()
	out, ok := c.run(t, nil, "backup", "--data="+data, "--to="+backup)
	require.True(t, ok, out)
	require.Contains(t, out, "neither secret.key nor seal.key")
	out, ok = c.run(t, nil, "verify", "--backup="+backup)
	require.True(t, ok, out)
	require.Contains(t, out, "its database is sound")
	out, ok = c.run(t, nil, "backup", "--data="+data, "--to="+backup)
	require.False(t, ok)
	require.Contains(t, out, "is there already")
	out, ok = c.run(t, nil, "restore", "--from="+backup, "--data="+data)
	require.False(t, ok)
	require.Contains(t, out, "Stop the server")
}

// restores brings a backup to life elsewhere and starts a demo on it.
func (c command) restores(t *testing.T, backup string) {
	t.Helper()
	data := filepath.Join(t.TempDir(), "elsewhere")
	out, ok := c.run(t, nil, "restore", "--from="+backup, "--data="+data)
	require.False(t, ok)
	require.Contains(t, out, "--without-departed")
	out, ok = c.run(t, nil, "restore", "--from="+backup, "--data="+data, "--without-departed")
	require.True(t, ok, out)
	require.Contains(t, out, "Tell your customers")
	out, ok = c.run(t, nil, "verify", "--data="+data)
	require.True(t, ok, out)

	call := c.prepare(t, nil, "demo", "--listen=127.0.0.1:0", "--data="+data)
	stdout, err := call.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, call.Start())
	lines := bufio.NewScanner(stdout)
	for lines.Scan() && !strings.Contains(lines.Text(), "http://") {
	}
	require.NoError(t, call.Process.Signal(syscall.SIGTERM))
	for lines.Scan() {
	}
	require.NoError(t, call.Wait())
	out, ok = c.run(t, nil, "verify", "--data="+data)
	require.True(t, ok, out)
	require.Contains(t, out, "partner: complete and unchanged")

	manifest := filepath.Join(backup, "manifest.json")
	text, err := os.ReadFile(manifest)
	require.NoError(t, err)
	newer := regexp.MustCompile(`"migration": \d+`).ReplaceAllString(string(text), `"migration": 9999`)
	require.NoError(t, os.WriteFile(manifest, []byte(newer), 0o600))
	out, ok = c.run(t, nil, "restore", "--from="+backup, "--data="+data+"2", "--without-departed")
	require.False(t, ok)
	require.Contains(t, out, "newer version")
}
