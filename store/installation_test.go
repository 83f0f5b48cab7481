package store

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"roomward/policy"
)

// anotherHouse is of another installation than openHouse, whose houses are copies of one.
func anotherHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, dir: t.TempDir(), at: morning}
	h.reopen()
	t.Cleanup(func() { _ = h.Close() })
	return h
}

// TestRestoreWantsTheDepartedFileOfThisInstallation: not an empty one, not another's, and not what the backup has itself.
func TestRestoreWantsTheDepartedFileOfThisInstallation(t *testing.T) {
	h, foreign := openHouse(t), anotherHouse(t)
	h.customer(northwind)
	foreign.customer(northwind)
	_, err := foreign.EndOwn(t.Context(), adminOf(northwind), policy.Own(northwind))
	require.NoError(t, err)
	require.NotEqual(t, h.installation, foreign.installation)
	require.Regexp(t, `^{"installation":"`+h.installation.String()+`"}\n$`, h.fileText(departedName))
	backup := h.backedUp()
	older := filepath.Join(t.TempDir(), "older"+BackupSuffix) // whose departed file has no such line
	require.NoError(t, os.CopyFS(older, os.DirFS(backup)))
	spoilManifest(t, older, func(m *Manifest) { m.Files = m.Files[:1] })
	write := func(text string) string {
		path := filepath.Join(t.TempDir(), "departed")
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		return path
	}
	_, err = h.EndOwn(t.Context(), adminOf(northwind), policy.Own(northwind))
	require.NoError(t, err)
	restore := func(from, departed string, without bool) (Restored, error) {
		return Restore(t.Context(), RestoreOptions{From: from, Data: filepath.Join(t.TempDir(), "new"), Departed: departed, WithoutDeparted: without})
	}
	copied := filepath.Join(backup, departedName)
	for name, c := range map[string]struct {
		from, departed string
		without        bool
		want           error
		says           string
	}{
		"empty":                       {backup, write(""), false, ErrOtherDeparted, "older than the backup"},
		"empty, older backup":         {older, write(""), false, ErrNoDeparted, "--without-departed"},
		"another's":                   {backup, filepath.Join(foreign.dir, departedName), false, ErrOtherDeparted, "of another installation than the backup"},
		"another's, older backup":     {older, filepath.Join(foreign.dir, departedName), false, ErrOtherDeparted, "of another installation than the backup"},
		"another's, though asked":     {backup, filepath.Join(foreign.dir, departedName), true, ErrOtherDeparted, "of another installation than the backup"},
		"the backup's own":            {backup, copied, false, ErrNoDeparted, "nothing that is not in the backup"},
		"the right one, to leave out": {backup, filepath.Join(h.dir, departedName), true, ErrDataThere, "Leave --without-departed"},
	} {
		_, err := restore(c.from, c.departed, c.without)
		require.ErrorIs(t, err, c.want, name)
		require.ErrorContains(t, err, c.says, name)
	}
	_, err = restore(backup, copied, true)
	require.NoError(t, err, "said so")
	_, err = restore(backup, filepath.Join(h.dir, departedName), false)
	require.NoError(t, err)
	text := h.fileText(departedName)
	old, err := restore(older, write(text[len(`{"installation":""}`)+14:]), false)
	require.NoError(t, err)
	require.Len(t, old.Warnings, 1)
	require.Contains(t, old.Warnings[0], "does not say of which installation")

	// By hand it is refused as well, at the start.
	require.NoError(t, h.Close())
	require.NoError(t, os.WriteFile(filepath.Join(h.dir, departedName), []byte(foreign.fileText(departedName)), 0o600))
	_, err = Open(t.Context(), Options{Dir: h.dir, Mode: ModeReal})
	require.ErrorIs(t, err, ErrOtherDeparted)
	require.NoError(t, os.WriteFile(filepath.Join(h.dir, departedName), []byte(text), 0o600))
	h.reopen()
}

// TestAnInstallationOfBeforeLearnsItsId: with a line at the end, after one that was torn, and once.
func TestAnInstallationOfBeforeLearnsItsId(t *testing.T) {
	h := openHouse(t)
	customer := h.customer(northwind)
	h.run(`DELETE FROM facts WHERE name = $1`, installationFact)
	require.NoError(t, h.Close())
	d := Departure{ID: policy.NewID(), Kind: DepartInvitation, Invitation: customer, By: SideCustomer}
	line, err := json.Marshal(d)
	require.NoError(t, err)
	before := string(line) + "\n" + `{"done":"` + d.ID.String() + `"}` + "\n" + `{"installation":"torn`
	require.NoError(t, os.WriteFile(filepath.Join(h.dir, departedName), []byte(before), 0o600))
	h.reopen()
	first := h.installation
	require.NoError(t, h.Close())
	h.reopen()
	require.Equal(t, first, h.installation)
	require.Equal(t, before+"\n"+`{"installation":"`+first.String()+`"}`+"\n", h.fileText(departedName))
	committed, _, err := Departed(h.dir)
	require.NoError(t, err)
	require.Len(t, committed, 1)
}

// spoilManifest changes the manifest of a backup.
func spoilManifest(t *testing.T, dir string, edit func(*Manifest)) {
	t.Helper()
	m, err := ReadManifest(dir)
	require.NoError(t, err)
	edit(&m)
	text, err := json.Marshal(m)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, manifestName), text, 0o600))
}

// TestAManifestThatLies: what is checked goes by the database, and what the manifest says of it otherwise is said.
func TestAManifestThatLies(t *testing.T) {
	h := openHouse(t)
	h.customer(northwind)
	for says, edit := range map[string]func(*Manifest){
		"the migration":    func(m *Manifest) { m.Migration = chainedSince - 1 },
		"the mode":         func(m *Manifest) { m.Mode = ModeDemo },
		"the installation": func(m *Manifest) { m.Installation = policy.NewID() },
		"the customers":    func(m *Manifest) { m.Customers = nil },
	} {
		backup := h.backedUp()
		spoilManifest(t, backup, edit)
		_, _, err := VerifyBackup(t.Context(), backup, nil)
		require.ErrorIs(t, err, ErrBackupBroken)
		require.ErrorContains(t, err, says)
		_, err = Restore(t.Context(), RestoreOptions{From: backup, Data: filepath.Join(t.TempDir(), "new"), WithoutDeparted: true})
		require.ErrorContains(t, err, says)
	}
	backup := h.backedUp()
	spoilManifest(t, backup, func(m *Manifest) { m.Findings = 7 })
	done, err := Restore(t.Context(), RestoreOptions{From: backup, Data: filepath.Join(t.TempDir(), "new"), WithoutDeparted: true})
	require.NoError(t, err)
	require.Zero(t, done.Findings, "those of the record itself")
}

// TestTwoInstallationsShareADirectory: neither counts nor removes what is the other's, nor what it has begun.
func TestTwoInstallationsShareADirectory(t *testing.T) {
	h, other := openHouse(t), anotherHouse(t)
	to := t.TempDir()
	mine, err := h.BackUp(t.Context(), to, "test")
	require.NoError(t, err)
	other.pass(time.Hour)
	_, err = other.BackUp(t.Context(), to, "test")
	require.NoError(t, err)
	list, err := h.Backups(to)
	require.NoError(t, err)
	require.Equal(t, []Backup{mine}, list)
	begun := filepath.Join(to, "x"+partMark+other.installation.String()+"-1")
	require.NoError(t, os.Mkdir(begun, 0o700))
	old := time.Now().Add(-2 * deadAfter)
	require.NoError(t, os.Chtimes(begun, old, old))
	h.pass(time.Since(h.clock()) + BackupLife/2)
	require.NoError(t, h.ExpireBackups(t.Context(), to, time.Hour))
	list, err = Backups(to, 0)
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.Equal(t, other.installation, list[0].Installation)
	require.DirExists(t, begun)
	long := h.clock().Add(-BackupLife)
	require.NoError(t, os.Chtimes(begun, long, long))
	require.NoError(t, h.ExpireBackups(t.Context(), to, BackupLife))
	require.NoDirExists(t, begun, "no backup takes so long")
}

// TestRestoreYieldsToWhoIsThere: a server that runs on the directory, a database that came meanwhile, a file that another makes.
func TestRestoreYieldsToWhoIsThere(t *testing.T) {
	h := openHouse(t)
	backup := h.backedUp()
	data := filepath.Join(t.TempDir(), "new")
	serving, err := Occupy(data)
	require.NoError(t, err)
	o := RestoreOptions{From: backup, Data: data, WithoutDeparted: true}
	_, err = Restore(t.Context(), o)
	require.ErrorIs(t, err, ErrOccupied)
	require.NoError(t, serving.Close())

	part, path := filepath.Join(data, databaseName+".part"), filepath.Join(data, databaseName)
	require.NoError(t, os.WriteFile(part, []byte("another's"), 0o600))
	m, err := ReadManifest(backup)
	require.NoError(t, err)
	require.ErrorIs(t, o.fill(t.Context(), m, nil), os.ErrExist)
	text, err := os.ReadFile(part)
	require.NoError(t, err)
	require.Equal(t, "another's", string(text))
	require.NoError(t, os.WriteFile(path, []byte("a server's"), 0o600))
	require.ErrorIs(t, takeName(part, path), ErrDataThere)
	text, err = os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "a server's", string(text))
}
