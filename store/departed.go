package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"roomward/policy"
)

// departedName is the file beside the database.
const departedName = "departed"

// DepartureKind says what ended.
type DepartureKind string

// The kinds of a departure.
const (
	DepartRelation   DepartureKind = "relation"   // a relation, with everything of it
	DepartRole       DepartureKind = "role"       // a role with its assignments
	DepartAssignment DepartureKind = "assignment" // one assignment
	DepartMember     DepartureKind = "member"     // a person or group, from all assignments of a customer
	DepartRights     DepartureKind = "rights"     // a part of what a role, an assignment or a room group gives
	DepartAgreed     DepartureKind = "agreement"  // a part of what the customer had agreed
	DepartInvitation DepartureKind = "invitation" // an offer that was taken back, declined or changed
	DepartManager    DepartureKind = "manager"    // a tenant manager
	DepartConsent    DepartureKind = "consent"    // the consent of a customer, withdrawn or given again: the last word holds
	DepartRecord     DepartureKind = "record"     // the record that was kept for a customer after an end
)

// Departure is an end or a cut that must hold for an older database, too: whoever puts a backup back would else bring it to life again (design
// 15). It has ids and times, and no name.
type Departure struct {
	ID         ID               `json:"id"`
	At         int64            `json:"at"` // milliseconds
	Kind       DepartureKind    `json:"kind"`
	Customer   ID               `json:"customer,omitzero"`
	Role       ID               `json:"role,omitzero"`
	Assignment ID               `json:"assignment,omitzero"`
	Principal  policy.Principal `json:"principal,omitempty"`
	By         Side             `json:"by"`
	Reason     EndReason        `json:"reason,omitempty"`
	Group      ID               `json:"group,omitzero"`
	Invitation ID               `json:"invitation,omitzero"`
	Given      bool             `json:"given,omitzero"` // of DepartConsent: given again
	Lost       *Narrowed        `json:"lost,omitempty"` // of DepartRights and DepartAgreed
}

// settled is a line that says what became of a departure: its change was committed, or taken back.
type settled struct {
	Done ID `json:"done,omitzero"`
	Void ID `json:"void,omitzero"`
}

// departedFile is an append-only file of lines, each on the disk before the change that it tells of.
type departedFile struct {
	mu   sync.Mutex
	file *os.File
	torn bool // the last write failed, and may have left a part of a line
}

// openDeparted opens or makes the file, and answers what was in it. A line that a dying process began is closed, so that the next is one of its own.
func openDeparted(dir string) (*departedFile, []byte, error) {
	name := filepath.Join(dir, departedName)
	text, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("read the departed file: %w", err)
	}
	made := err != nil
	f, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, nil, fmt.Errorf("open the departed file: %w", err)
	}
	d := &departedFile{file: f}
	if made {
		err = syncDir(dir)
	} else if len(text) > 0 && text[len(text)-1] != '\n' {
		err = d.append([]byte("\n"))
	}
	if err != nil {
		return nil, nil, errors.Join(err, f.Close())
	}
	return d, text, nil
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("open the data directory: %w", err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("flush the data directory: %w", err)
	}
	return nil
}

func (d *departedFile) append(line []byte) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.torn {
		line = append([]byte("\n"), line...)
	}
	_, err := d.file.Write(line)
	if d.torn = err != nil; d.torn {
		return fmt.Errorf("write the departed file: %w", err)
	}
	if err := d.file.Sync(); err != nil {
		return fmt.Errorf("flush the departed file: %w", err)
	}
	return nil
}

// writeLines adds a line for each of a list, with one flush.
func writeLines[T any](d *departedFile, list []T) error {
	if len(list) == 0 {
		return nil
	}
	var lines []byte
	for _, one := range list {
		text, err := json.Marshal(one)
		if err != nil {
			return fmt.Errorf("encode a line of the departed file: %w", err)
		}
		lines = append(append(lines, text...), '\n')
	}
	return d.append(lines)
}

// Departed reads the departed file of a data directory: what was committed, and what may have been because the process died in between. Lines of
// which only a part is there were never committed. A directory without the file has none.
func Departed(dir string) (committed, open []Departure, err error) {
	text, err := os.ReadFile(filepath.Join(dir, departedName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read the departed file: %w", err)
	}
	var begun []Departure
	done, void := map[ID]bool{}, map[ID]bool{}
	for line := range bytes.Lines(text) {
		var end settled
		var d Departure
		switch {
		case json.Unmarshal(line, &end) == nil && end.Done.Valid():
			done[end.Done] = true
		case json.Unmarshal(line, &end) == nil && end.Void.Valid():
			void[end.Void] = true
		case json.Unmarshal(line, &d) == nil && d.ID.Valid():
			begun = append(begun, d)
		}
	}
	for _, d := range begun {
		switch {
		case done[d.ID]:
			delete(done, d.ID)
			committed = append(committed, d)
		case !void[d.ID]:
			open = append(open, d)
		}
	}
	if len(done) > 0 { // whose line cannot be read: what ended would live again
		return nil, nil, fmt.Errorf("read the departed file: it says that %d changes were made, and not which: it is damaged, or of a newer version", len(done))
	}
	return committed, open, nil
}

// depart makes a change that ends or cuts something; see departing.
func (s *Store) depart(ctx context.Context, fn func(*tx) (Departure, error)) error {
	return s.departing(ctx, s.writeAlone, func(t *tx) ([]Departure, error) {
		d, err := fn(t)
		return []Departure{d}, err
	})
}

// departing makes a change that may end, cut or narrow something: what fn answers is in the departed file, on the disk, before the change is committed,
// and the change is committed before anybody is answered. A process that dies in between leaves lines that the next start settles.
func (s *Store) departing(ctx context.Context, write func(context.Context, func(*tx) error) error, fn func(*tx) ([]Departure, error)) error {
	var gone []Departure
	err := write(ctx, func(t *tx) error {
		list, err := fn(t)
		if err != nil {
			return err
		}
		for i := range list {
			if list[i].At = t.now; !list[i].ID.Valid() {
				list[i].ID = policy.NewID()
			}
			if err := noteDeparture(ctx, t, list[i]); err != nil {
				return err
			}
		}
		gone = list
		return writeLines(s.departed, list)
	})
	if len(gone) == 0 {
		return err
	}
	if settling := s.settle(context.WithoutCancel(ctx), gone, err == nil); settling != nil {
		s.log.ErrorContext(ctx, "the departed file could not be brought up to date; the next start does it", "error", settling)
	}
	return err
}

func noteDeparture(ctx context.Context, t *tx, d Departure) error {
	if _, err := t.exec(ctx, `INSERT INTO departures (id, at) VALUES ($1, $2)`, d.ID, d.At); err != nil {
		return fmt.Errorf("note a departure: %w", err)
	}
	return nil
}

// settle writes what became of the departures of one change. Unless it is known the database tells: a commit that failed can have happened all the same.
func (s *Store) settle(ctx context.Context, gone []Departure, committed bool) error {
	if !committed {
		var err error
		if committed, err = s.hasDeparted(ctx, gone[0].ID); err != nil {
			return err
		}
	}
	lines := make([]settled, len(gone))
	for i, d := range gone {
		if lines[i].Void = d.ID; committed {
			lines[i] = settled{Done: d.ID}
		}
	}
	return writeLines(s.departed, lines)
}

func (s *Store) hasDeparted(ctx context.Context, id ID) (bool, error) {
	var there bool
	err := s.read(ctx, func(t *tx) error {
		return t.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM departures WHERE id = $1)`, id).Scan(&there)
	})
	if err != nil {
		return false, fmt.Errorf("look for a departure: %w", err)
	}
	return there, nil
}

// settleDeparted compares the file with the database, before anybody is served. What was begun when a process died is settled by whether it was
// committed. What was committed, and is not in this database, is done again: somebody has put an older one in its place, by restore or by hand. A
// restored database cannot tell what was committed after it was made: then what was begun counts as done, as somebody wanted it.
func (s *Store) settleDeparted(ctx context.Context, dir string, restored bool) error {
	committed, open, err := Departed(dir)
	if err != nil {
		return err
	}
	begun := map[ID]bool{}
	for _, d := range open {
		there, err := s.hasDeparted(ctx, d.ID)
		if err != nil {
			return err
		}
		if restored && !there {
			begun[d.ID] = true
			committed = append(committed, d)
			continue
		}
		if err := s.settle(ctx, []Departure{d}, there); err != nil {
			return err
		}
	}
	for _, d := range committed {
		there, err := s.hasDeparted(ctx, d.ID)
		if err != nil {
			return err
		}
		if there {
			continue
		}
		if !restored {
			restored = true
			if err := s.comeToLife(ctx, map[string]any{}); err != nil {
				return err
			}
		}
		s.log.WarnContext(ctx, "the database is older than the departed file: what had ended ends again", "kind", d.Kind, "customer", d.Customer)
		if err := s.departAgain(ctx, d); err != nil {
			return fmt.Errorf("end again what had ended: %w", err)
		}
		if begun[d.ID] {
			if err := s.settle(ctx, []Departure{d}, true); err != nil {
				return err
			}
		}
	}
	return nil
}
