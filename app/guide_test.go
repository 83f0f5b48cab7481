package app

import (
	"bufio"
	"context"
	"encoding/json"
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"

	"roomward/app/cloudsim"
	"roomward/app/setup"
	"roomward/store"
)

// newcomer is a partner that has a machine, an empty data directory, and a tenant in which nothing is registered.
type newcomer struct {
	t     *testing.T
	cloud *cloudsim.Server
	world *cloudsim.World
	args  []string
	data  string
	base  string
	watch string // the listener for metrics
}

func newNewcomer(t *testing.T) *newcomer {
	t.Helper()
	world, err := cloudsim.DemoWorld()
	require.NoError(t, err)
	n := &newcomer{t: t, world: world, cloud: cloudsim.New(world, cloudsim.Options{Portal: true, Secret: heard.learn}), data: filepath.Join(t.TempDir(), "data")}
	require.NoError(t, n.cloud.Listen(context.WithoutCancel(t.Context()), "127.0.0.1:0"))
	t.Cleanup(func() { _ = n.cloud.Close() })
	listen, watch := freeAddress(t), freeAddress(t)
	n.base, n.watch = "http://"+listen, "http://"+watch
	n.args = []string{"--listen=" + listen, "--metrics-listen=" + watch, "--data=" + n.data, "--cloud=" + n.cloud.URL()}
	return n
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, l.Close()) }()
	return l.Addr().String()
}

// settings are read as main.go reads them: flags, then what was kept, then defaults.
func (n *newcomer) settings() (Settings, error) {
	var cli struct{ Settings }
	kept, err := KeptSettings(n.data)
	if err != nil {
		return Settings{}, err
	}
	k, err := kong.New(&cli, kong.Exit(func(int) {}), kong.Resolvers(kong.ResolverFunc(func(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
		if value, ok := kept[flag.Name]; ok {
			return value, nil
		}
		return nil, nil
	})))
	if err == nil {
		_, err = k.Parse(n.args)
	}
	return cli.Settings, err
}

// serves starts the server, and gives how to stop it.
func (n *newcomer) serves(o ServeOptions) (stop func()) {
	n.t.Helper()
	s, err := n.settings()
	require.NoError(n.t, err)
	o.Again, o.Out, o.Log = n.settings, io.Discard, heard.log()
	ctx, end := context.WithCancel(n.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- Serve(ctx, s, o, "test") }()
	require.Eventually(n.t, func() bool {
		status, _ := n.asks(n.base, "/healthz")
		return status == http.StatusOK
	}, 20*time.Second, 10*time.Millisecond, "it does not answer")
	stopped := false
	stop = func() {
		if end(); !stopped {
			stopped = true
			require.NoError(n.t, <-ended)
		}
	}
	n.t.Cleanup(stop)
	return stop
}

// asks reads a page that anybody may read; 0 when nobody answers.
func (n *newcomer) asks(base, path string) (int, string) {
	resp, err := http.Get(base + path)
	if err != nil {
		return 0, ""
	}
	defer func() { _ = resp.Body.Close() }()
	b, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(b)
}

func (n *newcomer) browser() *visitor {
	jar, err := cookiejar.New(nil)
	require.NoError(n.t, err)
	return &visitor{t: n.t, login: "whoever sets it up", base: n.base, client: &http.Client{Transport: listens{heard}, Jar: jar, Timeout: 20 * time.Second}}
}

// token is the one of this start, from its file.
func (n *newcomer) token() string {
	n.t.Helper()
	b, err := os.ReadFile(filepath.Join(n.data, setup.TokenFile))
	require.NoError(n.t, err)
	token := strings.TrimSpace(string(b))
	heard.learn("setup token", token)
	return token
}

// opens brings the token to the guide.
func (n *newcomer) opens() *visitor {
	n.t.Helper()
	v := n.browser()
	status, body := v.call("POST", "/setup/session", map[string]string{"token": n.token()})
	require.Equal(n.t, http.StatusNoContent, status, body)
	return v
}

// portal posts a form of the simulated Entra portal.
func (n *newcomer) portal(form string, values url.Values) (shown struct{ ClientID, Secret string }) {
	n.t.Helper()
	r, err := http.NewRequestWithContext(n.t.Context(), http.MethodPost, n.cloud.URL()+"/portal/"+form, strings.NewReader(values.Encode()))
	require.NoError(n.t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "application/json")
	resp, err := http.DefaultClient.Do(r)
	require.NoError(n.t, err)
	defer func() { _ = resp.Body.Close() }()
	require.Equal(n.t, http.StatusOK, resp.StatusCode)
	require.NoError(n.t, json.NewDecoder(resp.Body).Decode(&shown))
	return shown
}

func (n *newcomer) uploads(which cloudsim.App, c *setup.AppCertificate) {
	n.t.Helper()
	require.NotContains(n.t, c.PEM, "PRIVATE")
	block, _ := pem.Decode([]byte(c.PEM))
	require.NoError(n.t, n.cloud.RegisterCertificate(which, block.Bytes))
}

// found sends a step and gives the codes of what its check found, and how things are then.
func found(v *visitor, method, path string, body any, step string) ([]string, setup.Situation) {
	v.t.Helper()
	status, text := v.call(method, "/api/setup"+path, body)
	require.Equal(v.t, http.StatusOK, status, "%s %s: %s", method, path, text)
	var s setup.Situation
	require.NoError(v.t, json.Unmarshal([]byte(text), &s))
	codes := []string{}
	for _, f := range s.Findings[step] {
		codes = append(codes, f.Code)
	}
	return codes, s
}

type object = map[string]any

// TestTheGuideFromEndToEnd sets Roomward up as a new partner does, with a restart in the middle, until the first manager has signed in.
func TestTheGuideFromEndToEnd(t *testing.T) {
	n := newNewcomer(t)
	stop := n.serves(ServeOptions{})
	n.nobodyGetsIn()
	v := n.opens()
	require.NoFileExists(t, filepath.Join(n.data, setup.TokenFile))
	n.nothingInTheClear(v)

	s, err := n.settings()
	require.NoError(t, err)
	require.ErrorIs(t, Serve(t.Context(), s, ServeOptions{Again: n.settings, Guide: true, Out: io.Discard, Log: heard.log()}, "test"), store.ErrOccupied)

	codes, _ := found(v, "PUT", "/address", object{"publicUrl": n.base + "/"}, setup.StepAddress)
	require.Equal(t, []string{"address-local"}, codes)
	status, body := v.call("PUT", "/api/setup/address", object{"publicUrl": "http://rooms.partner.example"})
	require.Equal(t, http.StatusUnprocessableEntity, status, body)
	codes, _ = found(v, "PUT", "/partner", object{"tenant": "partner.example", "name": "Litware", "domains": []string{"partner.example"}}, setup.StepPartner)
	require.Equal(t, []string{"tenant-ok", "domain-ok"}, codes)
	status, body = v.call("POST", "/api/setup/finish", nil)
	require.Equal(t, http.StatusConflict, status, body)
	require.Contains(t, body, "client-id")

	// The machine restarts: what was kept is there, and the browser of before is not let in.
	stop()
	stop = n.serves(ServeOptions{})
	status, body = v.call("GET", "/api/setup", nil)
	require.Equal(t, http.StatusUnauthorized, status, body)
	v = n.opens()
	_, now := found(v, "GET", "", nil, setup.StepPartner)
	require.Equal(t, []string{n.base, "Litware", n.world.Partner.ID}, []string{now.PublicURL, now.Name, now.Tenant})
	require.Equal(t, []string{"client-id", "certificate"}, now.Missing)

	n.registers(v)
	n.registersActing(v)
	codes, _ = found(v, "PUT", "/managers", object{"managerGroup": ""}, setup.StepManagers)
	require.Equal(t, []string{"managers-role"}, codes)
	require.Equal(t, "signin-no-manager", n.triesSignIn(v))
	n.portal("role", nil)
	var sofia string
	for _, p := range n.world.Partner.People {
		if p.UPN == "manager@partner.example" {
			sofia = p.OID
		}
	}
	n.portal("assign", url.Values{"person": {sofia}, "assigned": {"true"}})
	require.Equal(t, "signin-ok", n.triesSignIn(v))

	host, port, err := net.SplitHostPort(freeAddress(t))
	require.NoError(t, err)
	heard.learn("smtp-password", "Pa55word-that-is-typed-in")
	mail := object{"host": host, "port": json.Number(port), "tls": "none", "user": "roomward", "password": "Pa55word-that-is-typed-in", "from": "rooms@partner.example"}
	codes, now = found(v, "PUT", "/mail", mail, setup.StepMail)
	require.Equal(t, []string{"mail-unreachable"}, codes)
	require.True(t, now.Mail.Password)
	codes, now = found(v, "PUT", "/mail", object{"host": ""}, setup.StepMail)
	require.Equal(t, []string{"mail-off"}, codes)
	require.False(t, now.Mail.Password)

	n.plansBackups(v)

	status, body = v.call("POST", "/api/setup/finish", nil)
	require.Equal(t, http.StatusOK, status, body)
	require.Eventually(t, func() bool {
		status, _ := n.asks(n.base, "/readyz")
		return status == http.StatusOK
	}, 20*time.Second, 10*time.Millisecond, "Roomward does not take the place of the guide")
	status, body = n.asks(n.watch, "/metrics")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, body, "roomward_")
	status, body = v.call("GET", "/api/setup", nil)
	require.Equal(t, http.StatusNotFound, status, body)
	manager := n.browser()
	resp, err := manager.client.Get(n.base + "/signin?" + url.Values{"login_hint": {"manager@partner.example"}, "return": {"/api/me"}}.Encode())
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	me := get[struct{ Powers struct{ Manager bool } }](manager, "/api/me")
	require.True(t, me.Powers.Manager)
	stop()
	require.True(t, heard.Kinds()["setup token"])
	require.Empty(t, heard.LeaksInFiles(t, n.data, "code_verifier", "nonce"))
}

// nobodyGetsIn asks for everything without the token, with a wrong one, and with one that was used.
func (n *newcomer) nobodyGetsIn() {
	for _, base := range []string{n.base, n.watch} {
		status, body := n.asks(base, "/readyz")
		require.Equal(n.t, http.StatusServiceUnavailable, status)
		require.Contains(n.t, body, "set-up is not finished")
		status, _ = n.asks(base, "/healthz")
		require.Equal(n.t, http.StatusOK, status)
	}
	status, _ := n.asks(n.watch, "/metrics")
	require.Equal(n.t, http.StatusServiceUnavailable, status)
	v := n.browser()
	for _, path := range []string{"/api/setup", "/api/setup/certificate", "/api/me", "/api/customers", "/api/nothing"} {
		status, body := v.call("GET", path, nil)
		require.Equal(n.t, http.StatusUnauthorized, status, body)
		require.Contains(n.t, body, "setup-locked")
	}
	status, body := v.call("POST", "/setup/session", map[string]string{"token": "NOT-THE-TOKEN-OF-THIS-START"})
	require.Equal(n.t, http.StatusUnauthorized, status, body)
	require.Contains(n.t, body, "setup-token-wrong")
}

// nothingInTheClear comes as a visitor does whom a proxy on this machine lets through and says nothing of, with the right cookies even.
func (n *newcomer) nothingInTheClear(v *visitor) {
	address := strings.TrimPrefix(n.base, "http://")
	here, err := url.Parse(n.base)
	require.NoError(n.t, err)
	cookie := v.client.Jar.Cookies(here)[0]
	for name, lines := range map[string][]string{
		"an old protocol":     {"GET /api/setup HTTP/1.0", "Host: " + address},
		"a header of proxies": {"GET /api/setup HTTP/1.1", "Host: " + address, "X-Real-IP: 192.0.2.7"},
		"a page elsewhere":    {"GET /setup HTTP/1.1", "Host: " + address, "Origin: http://rooms.partner.example"},
		"a page over https":   {"GET /setup HTTP/1.1", "Host: " + address, "Origin: https://rooms.partner.example", "Sec-Fetch-Site: same-origin"},
		"its own name":        {"GET /setup HTTP/1.1", "Host: rooms.partner.example"},
		"it says http":        {"GET /setup HTTP/1.1", "Host: " + address, "X-Forwarded-Proto: http"},
	} {
		conn, err := net.Dial("tcp", address)
		require.NoError(n.t, err)
		_, err = io.WriteString(conn, strings.Join(append(lines, "Cookie: "+cookie.Name+"="+cookie.Value, "Connection: close"), "\r\n")+"\r\n\r\n")
		require.NoError(n.t, err)
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		require.NoError(n.t, err, name)
		body, err := io.ReadAll(resp.Body)
		require.NoError(n.t, err)
		require.NoError(n.t, resp.Body.Close())
		require.NoError(n.t, conn.Close())
		require.Equal(n.t, http.StatusForbidden, resp.StatusCode, "%s: %s", name, body)
		require.Contains(n.t, string(body), "proxy_set_header X-Forwarded-Proto", name)
		require.NotContains(n.t, string(body), "partner", name)
	}
}

// registers makes the application in Entra, with one certificate after the other: the one in use goes on until the next one works.
func (n *newcomer) registers(v *visitor) {
	t := n.t
	id := n.portal("register", url.Values{"name": {"Roomward"}, "accounts": {"many"}, "addresses": {n.base + "/signin/callback " + n.base + "/consent/callback"}}).ClientID
	_, made := found(v, "POST", "/certificate", nil, setup.StepRegistration)
	require.NotNil(t, made.Registration.Certificate)
	require.Nil(t, made.Registration.Next, "nothing was in use")
	codes, _ := found(v, "PUT", "/registration", object{"clientId": id}, setup.StepRegistration)
	require.Equal(t, []string{"certificate-ok", "certificate-unknown"}, codes)
	status, body := v.call("POST", "/api/setup/finish", nil)
	require.Equal(t, http.StatusConflict, status, body)
	require.Contains(t, body, "setup-broken")

	n.uploads(cloudsim.Reading, made.Registration.Certificate)
	permissions := url.Values{}
	for _, p := range setup.Permissions() {
		permissions.Add("permission", p.Name)
	}
	n.portal("permissions", permissions)
	n.portal("claims", url.Values{"claim": {"login_hint", "wids", "groups"}})
	n.portal("consent", nil)
	well := []string{"certificate-ok", "token-ok", "permissions-ok", "organization-ok"}
	codes, _ = found(v, "POST", "/checks/registration", nil, setup.StepRegistration)
	require.Equal(t, well, codes)

	_, waits := found(v, "POST", "/certificate", nil, setup.StepRegistration)
	require.Equal(t, made.Registration.Certificate, waits.Registration.Certificate, "it stays in use")
	require.NotEqual(t, made.Registration.Certificate.Thumbprint, waits.Registration.Next.Thumbprint)
	codes, now := found(v, "POST", "/checks/registration", nil, setup.StepRegistration)
	require.Equal(t, []string{"certificate-ok", "certificate-waits", "token-ok", "permissions-ok", "organization-ok"}, codes)
	require.Equal(t, made.Registration.Certificate, now.Registration.Certificate)
	_, now = found(v, "DELETE", "/certificate", nil, setup.StepRegistration)
	require.Nil(t, now.Registration.Next)
	_, waits = found(v, "POST", "/certificate", nil, setup.StepRegistration)
	n.uploads(cloudsim.Reading, waits.Registration.Next)
	codes, now = found(v, "POST", "/checks/registration", nil, setup.StepRegistration)
	require.Equal(t, well, codes)
	require.Equal(t, waits.Registration.Next, now.Registration.Certificate, "Entra knows it: it is in use")
	require.Nil(t, now.Registration.Next)
}

// registersActing makes the application that acts beside the one that reads, exchanges its proof, and takes it back and makes it once more.
func (n *newcomer) registersActing(v *visitor) {
	t := n.t
	codes, now := found(v, "POST", "/checks/acting", nil, setup.StepActing)
	require.Equal(t, []string{"acting-by-first"}, codes)
	require.Equal(t, []string{n.base + "/consent/acting/callback"}, now.Acting.Redirects)
	require.NotContains(t, now.Acting.Manifest, "Manager")
	require.Len(t, now.Acting.Permissions, 1)
	for _, wrong := range []string{now.Registration.ClientID, "no guid"} {
		status, body := v.call("PUT", "/api/setup/acting", object{"clientId": wrong})
		require.Equal(t, http.StatusUnprocessableEntity, status, body)
	}
	id := n.portal("register?app=acting", url.Values{"name": {"Roomward actions"}, "accounts": {"many"}, "addresses": {n.base + "/consent/acting/callback"}}).ClientID
	codes, now = found(v, "PUT", "/acting", object{"clientId": id}, setup.StepActing)
	require.Equal(t, []string{"credential-missing"}, codes)
	require.NotContains(t, now.Registration.Manifest, now.Acting.Permissions[0].ID, "only that which acts asks for it")
	secret := n.portal("secrets?app=acting", url.Values{"days": {"180"}}).Secret
	codes, now = found(v, "PUT", "/acting", object{"clientId": id, "secret": secret}, setup.StepActing)
	require.Equal(t, []string{"secret-used", "app-unknown"}, codes, "the own tenant has not consented")
	require.Contains(t, now.Acting.ConsentURL, id)
	n.portal("permissions?app=acting", url.Values{"permission": {"TeamworkDevice.ReadWrite.All", "Place.Read.All"}})
	n.portal("consent?app=acting", nil)
	codes, _ = found(v, "POST", "/checks/acting", nil, setup.StepActing)
	require.Equal(t, []string{"secret-used", "acting-too-much"}, codes)
	n.portal("permissions?app=acting", url.Values{"permission": {"TeamworkDevice.ReadWrite.All"}})
	n.portal("consent?app=acting", nil)
	codes, _ = found(v, "POST", "/checks/acting", nil, setup.StepActing)
	require.Equal(t, []string{"secret-used", "acting-ok"}, codes)
	codes, _ = found(v, "GET", "", nil, setup.StepRegistration)
	require.Contains(t, codes, "permission-twice", "which is looked at again by itself")

	codes, _ = found(v, "PUT", "/acting", object{"clientId": id, "secret": "a-secret-that-was-mistyped"}, setup.StepActing)
	require.Equal(t, []string{"secret-wrong", "secret-not-kept"}, codes)
	codes, _ = found(v, "POST", "/checks/acting", nil, setup.StepActing)
	require.Equal(t, []string{"secret-used", "acting-ok"}, codes, "the one that works goes on")

	_, waits := found(v, "POST", "/acting/certificate", nil, setup.StepActing)
	require.Equal(t, "secret", waits.Acting.Credential)
	codes, _ = found(v, "POST", "/checks/acting", nil, setup.StepActing)
	require.Equal(t, []string{"secret-used", "certificate-waits", "acting-ok"}, codes)
	_, waits = found(v, "DELETE", "/acting/certificate", nil, setup.StepActing)
	require.Nil(t, waits.Acting.Next)
	_, waits = found(v, "POST", "/acting/certificate", nil, setup.StepActing)
	n.uploads(cloudsim.Acting, waits.Acting.Next)
	codes, now = found(v, "POST", "/checks/acting", nil, setup.StepActing)
	require.Equal(t, []string{"certificate-ok", "acting-ok"}, codes)
	require.Equal(t, waits.Acting.Next, now.Acting.Certificate)
	require.NotEqual(t, now.Registration.Certificate, now.Acting.Certificate)

	codes, now = found(v, "PUT", "/acting", object{"clientId": ""}, setup.StepActing)
	require.Equal(t, []string{"acting-by-first"}, codes)
	require.Equal(t, "none", now.Acting.Credential, "its proof is gone, too")
	codes, _ = found(v, "PUT", "/acting", object{"clientId": id, "secret": secret}, setup.StepActing)
	require.Equal(t, []string{"secret-used", "acting-ok"}, codes)
}

// plansBackups tries directories that do not do, and keeps the one that is proposed.
func (n *newcomer) plansBackups(v *visitor) {
	t := n.t
	_, now := found(v, "GET", "", nil, setup.StepBackups)
	require.Equal(t, setup.BackupPlan{Dir: n.data + "-backup", Keep: 30, At: "02:30"}, now.Proposed)
	require.Empty(t, now.Backups.Dir)
	plan := func(dir, at string, keep int) object { return object{"dir": dir, "at": at, "keepDays": keep} }
	for name, wrong := range map[string]object{
		"inside": plan(filepath.Join(n.data, "backup"), "", 30), "itself": plan(n.data, "", 30), "relative": plan("backup", "", 30),
		"two lines": plan("/srv/a\nclient-id = x", "", 30), "no time": plan(now.Proposed.Dir, "25:00", 30), "too long": plan(now.Proposed.Dir, "", 31),
	} {
		status, body := v.call("PUT", "/api/setup/backups", wrong)
		require.Equal(t, http.StatusUnprocessableEntity, status, "%s: %s", name, body)
	}
	codes, now := found(v, "PUT", "/backups", plan(filepath.Join(n.data+"-none", "deeper"), "", 30), setup.StepBackups)
	require.Equal(t, []string{"backup-dir-missing"}, codes)
	require.Empty(t, now.Backups.Dir, "it is not kept")
	codes, _ = found(v, "PUT", "/backups", plan("", "", 30), setup.StepBackups)
	require.Equal(t, []string{"backup-off"}, codes)
	codes, now = found(v, "PUT", "/backups", plan(now.Proposed.Dir, "02:30", 7), setup.StepBackups)
	require.Equal(t, []string{"backup-same-disk"}, codes)
	require.Equal(t, setup.BackupPlan{Dir: n.data + "-backup", Keep: 7, At: "02:30"}, now.Backups)
	info, err := os.Stat(now.Backups.Dir)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm())
}

// triesSignIn goes to Microsoft and back, and gives what the guide saw.
func (n *newcomer) triesSignIn(v *visitor) string {
	n.t.Helper()
	status, body := v.call("POST", "/api/setup/signin", nil)
	require.Equal(n.t, http.StatusOK, status, body)
	var to setup.SigninAddress
	require.NoError(n.t, json.Unmarshal([]byte(body), &to))
	require.Contains(n.t, to.Address, "prompt=select_account")
	resp, err := v.client.Get(strings.Replace(to.Address, "prompt=select_account", "login_hint=manager@partner.example", 1)) // as whoever picks that account
	require.NoError(n.t, err)
	require.NoError(n.t, resp.Body.Close())
	require.Equal(n.t, "/setup", resp.Request.URL.Path)
	codes, _ := found(v, "GET", "", nil, setup.StepManagers)
	require.NotEmpty(n.t, codes)
	return codes[len(codes)-1]
}
