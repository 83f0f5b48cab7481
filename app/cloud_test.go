package app

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// servesAgainstCloudsim starts the simulated cloud and the server as two processes, registers the application in the first as a person does, and
// signs in to the second.
func (c command) servesAgainstCloudsim(t *testing.T) {
	out, ok := c.run(t, nil, "cloudsim", "--listen=0.0.0.0:0")
	require.False(t, ok)
	require.Contains(t, out, "not a loopback address")

	cloud := c.prepare(t, nil, "cloudsim", "--listen=127.0.0.1:0")
	said := starts(t, cloud, "Stop with Ctrl+C")
	require.Contains(t, said, "no application is registered yet")
	require.Contains(t, said, "manager@partner.example")
	entra := portal{t, strings.TrimSpace(between(said, "Simulated Microsoft cloud:", "\n"))}
	require.Equal(t, http.StatusBadRequest, entra.post("secrets", url.Values{"days": {"180"}}, nil), "nothing is registered")

	free, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	base := "http://" + free.Addr().String()
	require.NoError(t, free.Close())
	state := entra.register(base)
	var made struct{ Secret string }
	require.Equal(t, http.StatusOK, entra.post("secrets", url.Values{"days": {"180"}}, &made))
	heard.learn("client_secret", made.Secret)

	data := t.TempDir()
	serve := c.prepare(t, nil, "serve", "--listen="+strings.TrimPrefix(base, "http://"), "--data="+data, "--cloud="+entra.base, "--partner-name=Litware",
		"--partner-tenant="+state.TenantID, "--partner-domains="+state.Domain, "--client-id="+state.ClientID, "--client-secret="+made.Secret, "--log-level=debug")
	starts(t, serve, "")
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	browser := &http.Client{Transport: listens{heard}, Jar: jar, Timeout: 20 * time.Second}
	require.Eventually(t, func() bool {
		resp, err := browser.Get(base + "/readyz")
		if err != nil {
			return false
		}
		return resp.Body.Close() == nil && resp.StatusCode == http.StatusOK
	}, 20*time.Second, 20*time.Millisecond)
	read := func(path string) string {
		resp, err := browser.Get(base + path)
		require.NoError(t, err)
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, http.StatusOK, resp.StatusCode, string(body))
		return string(body)
	}
	read("/signin?login_hint=manager@partner.example")
	me := read("/api/me")
	require.Contains(t, me, "manager@partner.example")
	require.Contains(t, me, `"manager":true`)

	for _, second := range [][]string{{"serve", "--setup", "--cloud=" + entra.base}, {"demo"}, {"seed", "--world=S"}} {
		if second[0] != "seed" {
			second = append(second, "--listen=127.0.0.1:0")
		}
		out, ok = c.run(t, nil, append(second, "--data="+data)...)
		require.False(t, ok, "beside a server")
		require.Contains(t, out, "another Roomward runs on this data directory", second)
	}
	require.NoError(t, serve.Process.Signal(syscall.SIGTERM))
	require.NoError(t, serve.Wait())
	out, ok = c.run(t, nil, "demo", "--listen=127.0.0.1:0", "--data="+data)
	require.False(t, ok, "a trial's data directory is none of the demo")
	require.Contains(t, out, "mode")
	require.FileExists(t, filepath.Join(data, "audit.key"))
}

// portal are the pages of the simulated Entra portal, as a script uses them.
type portal struct {
	t    *testing.T
	base string
}

type portalState struct {
	TenantID, Domain, ClientID string
	People                     []struct{ ID, UPN string }
}

// register does what the README says is to be done in Entra, but for the credential.
func (p portal) register(base string) portalState {
	p.t.Helper()
	var state portalState
	for _, step := range []struct {
		form   string
		values url.Values
	}{
		{"register", url.Values{"name": {"Roomward"}, "accounts": {"many"}}},
		{"redirects", url.Values{"addresses": {base + "/signin/callback\n" + base + "/consent/callback"}}},
		{"claims", url.Values{"claim": {"login_hint", "wids", "groups"}}},
		{"permissions", url.Values{"permission": {"Organization.Read.All", "Place.Read.All", "User.Read.All", "TeamworkDevice.Read.All", "GroupMember.Read.All"}}},
		{"consent", nil},
		{"role", nil},
	} {
		require.Equal(p.t, http.StatusOK, p.post(step.form, step.values, &state), step.form)
	}
	for _, one := range state.People {
		if one.UPN == "manager@partner.example" {
			require.Equal(p.t, http.StatusOK, p.post("assign", url.Values{"person": {one.ID}, "assigned": {"true"}}, &state))
		}
	}
	return state
}

func (p portal) post(form string, values url.Values, into any) int {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, p.base+"/portal/"+form, strings.NewReader(values.Encode()))
	require.NoError(p.t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "application/json")
	resp, err := http.DefaultClient.Do(r)
	require.NoError(p.t, err)
	defer func() { require.NoError(p.t, resp.Body.Close()) }()
	if into != nil {
		require.NoError(p.t, json.NewDecoder(resp.Body).Decode(into))
	}
	return resp.StatusCode
}

// starts runs a process until the test ends and gives what it says up to a line that contains last; an empty one waits for nothing.
func starts(t *testing.T, call *exec.Cmd, last string) string {
	t.Helper()
	stdout, err := call.StdoutPipe()
	require.NoError(t, err)
	call.Stderr = heard                                                        // its log
	call.Cancel = func() error { return call.Process.Signal(syscall.SIGTERM) } // when the test ends
	require.NoError(t, call.Start())
	t.Cleanup(func() {
		_ = call.Wait()
		require.Zero(t, call.ProcessState.ExitCode(), "%s", call)
	})
	var said strings.Builder
	for lines := bufio.NewScanner(stdout); last != "" && lines.Scan(); {
		said.WriteString(lines.Text() + "\n")
		if strings.Contains(lines.Text(), last) {
			break
		}
	}
	return said.String()
}

func between(text, from, to string) string {
	_, text, _ = strings.Cut(text, from)
	text, _, _ = strings.Cut(text, to)
	return text
}
