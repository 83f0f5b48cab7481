package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"roomward/policy"
)

// installationFact is the id of an installation: random, made at the first start, and the same in its database, its departed file and its backups.
const installationFact = "installation"

// ofInstallation is the line of the departed file that says whose it is: the first one, but in a file that a version wrote which did not know it.
type ofInstallation struct {
	Installation ID `json:"installation,omitzero"`
}

// installationIn reads the id of an installation from a database; 0 when it has none yet.
func installationIn(ctx context.Context, db *sql.DB) (ID, error) {
	var text string
	err := db.QueryRowContext(ctx, `SELECT value FROM facts WHERE name = $1`, installationFact).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read which installation this is: %w", err)
	}
	return policy.ParseID(text)
}

// installationOf reads from the text of a departed file whose it is; 0 when no line says so.
func installationOf(departed []byte) ID {
	for line := range bytes.Lines(departed) {
		var of ofInstallation
		if json.Unmarshal(line, &of) == nil && of.Installation.Valid() {
			return of.Installation
		}
	}
	return 0
}

// tellsNothing tells whether a part of a departed file has no line of something that ended.
func tellsNothing(departed []byte) bool {
	for line := range bytes.Lines(departed) {
		var end settled
		var d Departure
		if json.Unmarshal(line, &end) == nil && (end.Done.Valid() || end.Void.Valid()) || json.Unmarshal(line, &d) == nil && d.ID.Valid() {
			return false
		}
	}
	return true
}

// meet opens the departed file and sees that it is of the same installation as the database. Whichever of them does not know learns it from the other; of
// a new installation both are told. The line is added at the end, where a dying process spoils nothing. ErrOtherDeparted for a file of another one.
func (s *Store) meet(ctx context.Context, dir string) error {
	own, err := installationIn(ctx, s.writer)
	if err != nil {
		return err
	}
	d, text, err := openDeparted(dir)
	if err != nil {
		return err
	}
	s.departed = d
	its := installationOf(text)
	switch {
	case own.Valid() && its.Valid() && own != its:
		return fmt.Errorf("the file %s in %s is of another installation than the database: %w. Put the one that belongs to it in place", departedName, dir, ErrOtherDeparted)
	case !own.Valid():
		id := its
		if !id.Valid() {
			id = policy.NewID()
		}
		if _, err := s.writer.ExecContext(ctx, `INSERT INTO facts (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING`, installationFact, id.String()); err != nil {
			return fmt.Errorf("note which installation this is: %w", err)
		}
		if own, err = installationIn(ctx, s.writer); err != nil { // another process may have been quicker
			return err
		}
	case !its.Valid() && len(text) > 0:
		s.log.WarnContext(ctx, "the departed file does not say of which installation it is: it is taken for this one's")
	}
	s.installation = own
	if its.Valid() {
		return nil
	}
	return writeLines(d, []ofInstallation{{own}})
}
