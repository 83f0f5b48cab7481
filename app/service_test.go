package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// unit plays the service manager: it has the socket that outlives the processes, hears what they tell, and starts and ends them.
type unit struct {
	t       *testing.T
	command command
	socket  *os.File
	address string
	notify  *net.UnixConn
	env     []string
	args    []string
}

func newUnit(t *testing.T, c command, cloud string) *unit {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	tcp, ok := l.(*net.TCPListener)
	require.True(t, ok)
	socket, err := tcp.File()
	require.NoError(t, err)
	t.Cleanup(func() { _ = socket.Close() })
	require.NoError(t, l.Close()) // the copy is what lives on

	short, err := os.MkdirTemp("", "rw") // the path of a socket has 107 bytes at most
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(short) })
	path := filepath.Join(short, "notify")
	notify, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	require.NoError(t, err)
	t.Cleanup(func() { _ = notify.Close() })
	return &unit{t: t, command: c, socket: socket, address: l.Addr().String(), notify: notify,
		env: []string{"NOTIFY_SOCKET=" + path, "LISTEN_FDS=1", "LISTEN_FDNAMES=roomward", "WATCHDOG_USEC=400000"},
		args: []string{"serve", "--cloud=" + cloud, "--data=" + filepath.Join(t.TempDir(), "data"), "--public-url=http://" + l.Addr().String(),
			"--partner-tenant=7d1f4c1e-0a3b-4c59-9a1c-5f0c2b6e1a00", "--partner-name=Litware", "--partner-domains=partner.example",
			"--client-id=0f8e7d6c-5b4a-4938-8271-605f4e3d2c1b", "--client-secret=the-secret-of-the-application", "--log-format=json"}}
}

// process is one that the unit started.
type process struct {
	*exec.Cmd
	log   *os.File
	ended chan error
}

func (u *unit) start() *process {
	u.t.Helper()
	p := &process{Cmd: u.command.prepare(u.t, u.env, u.args...), ended: make(chan error, 1)}
	p.ExtraFiles = []*os.File{u.socket}
	var err error
	p.log, err = os.Create(filepath.Join(u.t.TempDir(), "log"))
	require.NoError(u.t, err)
	p.Stderr = p.log
	require.NoError(u.t, p.Start())
	go func() { p.ended <- p.Wait() }()
	return p
}

func (p *process) said() string {
	b, _ := os.ReadFile(p.log.Name())
	return string(b)
}

// hears waits for a word of the process and returns all that was told until then.
func (u *unit) hears(p *process, word string) string {
	u.t.Helper()
	var all strings.Builder
	b := make([]byte, 4096)
	for !strings.Contains(all.String(), word) {
		require.NoError(u.t, u.notify.SetReadDeadline(time.Now().Add(20*time.Second)))
		n, err := u.notify.Read(b)
		require.NoError(u.t, err, "never heard %s, but %q; the log: %s", word, all.String(), p.said())
		all.Write(append(b[:n], '\n'))
	}
	return all.String()
}

// ask sends a request on a connection of its own.
func (u *unit) ask(path string) (int, error) {
	ctx, done := context.WithTimeout(u.t.Context(), 30*time.Second)
	defer done()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+u.address+path, nil)
	if err != nil {
		return 0, err
	}
	c := &http.Transport{DisableKeepAlives: true}
	resp, err := c.RoundTrip(r)
	if err != nil {
		return 0, err
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, errors.Join(err, resp.Body.Close())
}

// livesUnderSystemd hands a socket from one process to the next, under visitors, with one of them slow.
func (c command) livesUnderSystemd(t *testing.T) {
	entered, leave := make(chan struct{}, 8), make(chan struct{})
	cloud := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { // Entra does not answer until it may
		entered <- struct{}{}
		<-leave
		w.WriteHeader(http.StatusServiceUnavailable)
	}))
	t.Cleanup(cloud.Close)
	u := newUnit(t, c, cloud.URL)

	first := u.start()
	told := u.hears(first, "READY=1")
	require.NotContains(t, told, "STOPPING")
	status, err := u.ask("/readyz")
	require.NoError(t, err)
	require.Equal(t, 200, status, "who is told READY is answered")
	out, ok := c.run(t, nil, "healthcheck", "--address="+u.address)
	require.True(t, ok, out)
	require.Contains(t, out, `"ready"`)
	u.hears(first, "WATCHDOG=1")
	require.NoError(t, first.Process.Signal(syscall.SIGHUP))
	told = u.hears(first, "READY=1")
	require.Contains(t, told, "RELOADING=1")
	require.Regexp(t, `MONOTONIC_USEC=[1-9]\d+`, told)

	slow := make(chan string, 1)
	go func() {
		status, err := u.ask("/signin?side=partner")
		slow <- fmt.Sprint(status, err)
	}()
	<-entered
	visitors, enough := context.WithCancel(t.Context())
	var answered atomic.Int64
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for visitors.Err() == nil {
				status, err := u.ask("/healthz")
				if err != nil || status != 200 {
					t.Errorf("a visitor was lost in the hand-over at %s: %d %v", time.Now().UTC().Format(time.RFC3339Nano), status, err)
					return
				}
				answered.Add(1)
			}
		})
	}
	require.NoError(t, first.Process.Signal(syscall.SIGTERM))
	u.hears(first, "STOPPING=1")
	select {
	case what := <-slow:
		t.Fatalf("the running request ended early: %s", what)
	case err := <-first.ended:
		t.Fatalf("it ended over a running request: %v", err)
	default:
	}
	close(leave)
	require.Regexp(t, `^(302|303|50\d)<nil>$|^(302|303|50\d) <nil>$`, <-slow, "the running request got its answer")
	require.NoError(t, <-first.ended, first.said())

	before := answered.Load()
	second := u.start()
	u.hears(second, "READY=1")
	require.Eventually(t, func() bool { return answered.Load() > before+8 }, 20*time.Second, 5*time.Millisecond, "the next one answers who waited")
	enough()
	wg.Wait()
	if t.Failed() {
		t.Log(first.said())
		t.Log(second.said())
	}
	require.NoError(t, second.Process.Signal(syscall.SIGTERM))
	require.NoError(t, <-second.ended, second.said())

	out, ok = c.run(t, nil, "healthcheck", "--address="+u.address)
	require.False(t, ok, "nobody is there: %s", out)
}

// writesTheOperatorsFiles also asks systemd, where there is one, what it thinks of the units.
func (c command) writesTheOperatorsFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "files")
	out, ok := c.run(t, nil, "files", dir)
	require.True(t, ok, out)
	for _, name := range []string{"roomward.service", "roomward.socket", "Containerfile"} {
		require.Contains(t, out, filepath.Join(dir, name))
	}
	unit := filepath.Join(dir, "roomward.service")
	text, err := os.ReadFile(unit)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(unit, []byte("mine"), 0o600))
	require.NoError(t, os.Remove(filepath.Join(dir, "Containerfile")))
	out, ok = c.run(t, nil, "files", dir)
	require.False(t, ok)
	require.Contains(t, out, "there already")
	mine, err := os.ReadFile(unit)
	require.NoError(t, err)
	require.Equal(t, "mine", string(mine))
	require.NoFileExists(t, filepath.Join(dir, "Containerfile"), "all or none")

	t.Run("systemd takes the units", func(t *testing.T) {
		analyze, err := exec.LookPath("systemd-analyze")
		if err != nil {
			t.Skip("no systemd here to ask about the units")
		}
		mended := strings.ReplaceAll(string(text), "/usr/local/bin/roomward", string(c))
		require.NoError(t, os.WriteFile(unit, []byte(mended), 0o600))
		said, err := exec.CommandContext(t.Context(), analyze, "verify", unit, filepath.Join(dir, "roomward.socket")).CombinedOutput()
		require.NoError(t, err, string(said))
		require.NotContains(t, string(said), "roomward", "it finds nothing strange")
		said, err = exec.CommandContext(t.Context(), analyze, "security", "--offline=yes", "--threshold=20", unit).CombinedOutput()
		require.NoError(t, err, "exposure of at most 2.0: %s", said)
	})
}
