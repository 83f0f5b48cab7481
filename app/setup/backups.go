package setup

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"roomward/app/api"
)

// BackupPlan is where and when backups are made.
type BackupPlan struct {
	Dir  string `json:"dir" maxLength:"1000" doc:"Absolute path; empty: none are made by schedule."`
	Keep int    `json:"keepDays" minimum:"1" maximum:"30" doc:"For how many days they are kept; customers are promised at most 30."`
	At   string `json:"at" maxLength:"5" doc:"Time of day, HH:MM, by the clock of the machine; empty: when the last one is a day old."`
}

// usualPlan is what the guide proposes where nothing is set: beside the data directory, because nothing else is known of the machine, at a time when
// few work.
func (g *Guide) usualPlan() BackupPlan {
	data, err := filepath.Abs(g.cfg.Data)
	if err != nil {
		data = g.cfg.Data
	}
	return BackupPlan{Dir: data + "-backup", Keep: 30, At: "02:30"}
}

var timeOfDay = regexp.MustCompile(`^([01][0-9]|2[0-3]):[0-5][0-9]$`)

// BackupsInput is the body of PUT /api/setup/backups.
type BackupsInput struct{ Body BackupPlan }

// SetBackups keeps where and when backups are made, and makes the directory when only that is missing. One that cannot be used is not kept.
func (g *Guide) SetBackups(ctx context.Context, _ *api.Call, in *BackupsInput) (Situation, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	s, err := g.begin(ctx)
	if err != nil {
		return Situation{}, err
	}
	now := map[string]string{setBackupDir: s.Backups.Dir, setBackupKeep: strconv.Itoa(s.Backups.Keep), setBackupAt: s.Backups.At}
	plan := in.Body
	if plan.Dir = strings.TrimSpace(plan.Dir); plan.Dir == "" {
		return g.change(ctx, StepBackups, now, map[string]string{setBackupDir: "", setBackupKeep: "", setBackupAt: ""})
	}
	plan.Dir = filepath.Clean(plan.Dir)
	switch inside, err := within(g.cfg.Data, plan.Dir); {
	case err != nil || !filepath.IsAbs(plan.Dir) || strings.ContainsFunc(plan.Dir, unicode.IsControl) || strings.Trim(plan.Dir, `"`) != plan.Dir:
		return Situation{}, api.Invalid("body.dir", "an absolute path is needed, such as /srv/roomward-backup")
	case inside:
		return Situation{}, api.Invalid("body.dir", "not inside the data directory: who loses the one would lose the other")
	case plan.At != "" && !timeOfDay.MatchString(plan.At):
		return Situation{}, api.Invalid("body.at", "a time of day is written as 02:30")
	}
	set := map[string]string{setBackupDir: plan.Dir, setBackupKeep: strconv.Itoa(plan.Keep), setBackupAt: plan.At}
	if err := g.given(now, set); err != nil {
		return Situation{}, err
	}
	_ = os.Mkdir(plan.Dir, 0o700) // what is wrong with it the check says
	s.Backups = plan
	if findings := g.cfg.Checks.Backups(s); Worst(findings) == Broken {
		g.findings[StepBackups] = findings
		return g.situation(ctx)
	}
	return g.change(ctx, StepBackups, now, set)
}

// within tells whether a path is a directory or something in it.
func within(dir, path string) (bool, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return false, err
	}
	rel, err := filepath.Rel(dir, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator)), nil
}

// Backups checks that backups can be made where they are to be: there is a directory, it can be written, and it is not on the disk that they are for.
func (c Checks) Backups(s Subject) []Outcome {
	dir := s.Backups.Dir
	if dir == "" {
		return []Outcome{found("backups", Warning, "backup-off")}
	}
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return []Outcome{found("backups", Broken, "backup-dir-missing", "dir", dir)}
	}
	probe, err := os.MkdirTemp(dir, ".roomward-check-")
	if err == nil {
		err = os.Remove(probe)
	}
	if err != nil {
		return []Outcome{found("backups", Broken, "backup-dir-closed", "dir", dir)}
	}
	if c.SameDisk != nil && c.SameDisk(s.Data, dir) {
		return []Outcome{found("backups", Warning, "backup-same-disk", "dir", dir)}
	}
	return []Outcome{found("backups", OK, "backup-dir-ok", "dir", dir)}
}
