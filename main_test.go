package main

import (
	"bufio"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestMain lets the test binary be the command itself, so that the tests run what users run.
func TestMain(m *testing.M) {
	if os.Getenv("RUN_AS_COMMAND") == "1" {
		main()
		return
	}
	os.Exit(m.Run())
}

func command(t *testing.T, env []string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	c := exec.CommandContext(t.Context(), self, args...)
	c.Env = append([]string{"RUN_AS_COMMAND=1", "PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "TMPDIR=" + t.TempDir()}, env...)
	c.Dir = t.TempDir()
	return c
}

func run(t *testing.T, env []string, args ...string) (out string, ok bool) {
	t.Helper()
	b, err := command(t, env, args...).CombinedOutput()
	return string(b), err == nil
}

func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "roomward.conf")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestUnknownSettingsAreErrors(t *testing.T) {
	for name, c := range map[string]struct {
		env  []string
		args []string
		says string
	}{
		"flag":            {nil, []string{"serve", "--lisen=x"}, "lisen"},
		"command":         {nil, []string{"serv"}, "serv"},
		"environment":     {[]string{"ROOMWARD_LISEN=x"}, []string{"config"}, "ROOMWARD_LISEN"},
		"file":            {nil, []string{"config", "--config=" + file(t, "lisen = x\n")}, `"lisen"`},
		"file, twice":     {nil, []string{"config", "--config=" + file(t, "listen = a:1\nlisten = b:2\n")}, "twice"},
		"file, no value":  {nil, []string{"config", "--config=" + file(t, "listen\n")}, "name = value"},
		"file, not there": {nil, []string{"config", "--config=/nonexistent/roomward.conf"}, "no such file"},
		"bad duration":    {nil, []string{"config", "--collect-devices=often"}, "collect-devices"},
		"bad enum":        {nil, []string{"config", "--invitations=all"}, "invitations"},
		"bad world":       {nil, []string{"seed", "--world=XL", "--data=world"}, `no world "XL"`},
		"bad moment":      {nil, []string{"seed", "--world=S", "--data=world", "--now=yesterday"}, "--now"},
	} {
		t.Run(name, func(t *testing.T) {
			out, ok := run(t, c.env, c.args...)
			require.False(t, ok, out)
			require.Contains(t, out, c.says)
		})
	}
}

func TestConfigSaysWhereASettingIsFrom(t *testing.T) {
	path := file(t, "# a comment\npartner-name = \"From File\"\nclient-secret = very-secret-text\nlisten = 127.0.0.1:1\n")
	out, ok := run(t, []string{"ROOMWARD_LISTEN=127.0.0.1:2", "ROOMWARD_CLIENT_ID=from-env", "ROOMWARD_CONFIG=" + path}, "config", "--client-id=from-flag")
	require.True(t, ok, out)
	require.Regexp(t, `(?m)^partner-name\s+From File\s+file$`, out)
	require.Regexp(t, `(?m)^listen\s+127.0.0.1:2\s+environment ROOMWARD_LISTEN$`, out)
	require.Regexp(t, `(?m)^client-id\s+from-flag\s+flag$`, out)
	require.Regexp(t, `(?m)^collect-devices\s+5m0s\s+default$`, out)
	require.Regexp(t, `(?m)^client-secret\s+\(hidden\)\s+file$`, out)
	require.NotContains(t, out, "very-secret-text")
}

func TestServeSaysAllThatIsMissing(t *testing.T) {
	out, ok := run(t, nil, "serve", "--public-url=http://rooms.example")
	require.False(t, ok)
	for _, flag := range []string{"--partner-tenant", "--partner-name", "--client-id", "--partner-domains", "--client-secret-file", "must be https"} {
		require.Contains(t, out, flag)
	}
	out, ok = run(t, nil, "serve", "--cloud=http://192.0.2.1:80")
	require.False(t, ok)
	require.Contains(t, out, "loopback")
}

func TestVersionAndDocument(t *testing.T) {
	out, ok := run(t, nil, "version")
	require.True(t, ok)
	require.NotEmpty(t, strings.TrimSpace(out))
	out, ok = run(t, nil, "openapi")
	require.True(t, ok)
	want, err := os.ReadFile("testdata/openapi.json")
	require.NoError(t, err)
	require.Equal(t, string(want), out, "the document changed: go run . openapi > testdata/openapi.json, then npm run api in ui/")
}

func TestDemoListensOnLoopbackOnly(t *testing.T) {
	out, ok := run(t, nil, "demo", "--listen=0.0.0.0:0")
	require.False(t, ok)
	require.Contains(t, out, "loopback")
}

// TestDemoStartsAndStops starts the demo as a new user does, waits for its welcome, and ends it as systemd does.
func TestDemoStartsAndStops(t *testing.T) {
	c := command(t, nil, "demo", "--listen=127.0.0.1:0")
	var tmp string
	for _, e := range c.Env {
		tmp, _ = strings.CutPrefix(e, "TMPDIR=")
	}
	stderr := filepath.Join(t.TempDir(), "stderr")
	f, err := os.Create(stderr)
	require.NoError(t, err)
	c.Stderr = f
	said := func() string {
		b, err := os.ReadFile(stderr)
		require.NoError(t, err)
		return string(b)
	}
	stdout, err := c.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, c.Start())
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
	asked := time.Now()
	require.NoError(t, c.Process.Signal(syscall.SIGTERM))
	for lines.Scan() {
	}
	require.NoError(t, c.Wait(), said())
	require.NoError(t, f.Close())
	require.Less(t, time.Since(asked), 10*time.Second)
	left, err = os.ReadDir(tmp)
	require.NoError(t, err)
	require.Empty(t, left, "the demo leaves its data behind")
}
