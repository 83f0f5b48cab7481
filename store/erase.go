package store

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
)

const (
	// cutReadsAfter is how long a read may go on while an erasure waits for it. Law 7 gives 60 s in all.
	cutReadsAfter = 20 * time.Second
	// eraseEvery is how often an erasure that waits for readers tries again.
	eraseEvery = 250 * time.Millisecond
	// eraseBusy is how long one try may hold up changes, in milliseconds.
	eraseBusy = 250
	// scanAtOnce and cleanAtOnce are how many pages one read looks at, and one change cleans.
	scanAtOnce, cleanAtOnce = 2_000, 1_000
	// sweepRest is the pause after each look of a sweep, so that it takes a fraction of a core.
	sweepRest = 200 * time.Millisecond
)

// eraseLater notes in the transaction that removes rows of a customer that their bytes must go as well. The note stays until they are gone, so
// that a process that dies in between goes on at its next start.
func eraseLater(ctx context.Context, t *tx) error {
	_, err := t.exec(ctx, `INSERT INTO facts (name, value) VALUES ('erase', $1) ON CONFLICT (name) DO UPDATE SET value = value || '+'`,
		fmt.Sprint(t.now))
	if err != nil {
		return fmt.Errorf("note that bytes are to be erased: %w", err)
	}
	return nil
}

// Erase takes what was removed from the files, if there is a note that something is: out of the write-ahead log, and out of the free space of
// pages. It returns when no byte is left. Readers that stand in the way are cut off after a while.
func (s *Store) Erase(ctx context.Context) error {
	s.erasing.Lock()
	defer s.erasing.Unlock()
	for {
		note, err := s.eraseNote(ctx)
		if err != nil || note == "" {
			return err
		}
		for _, step := range []func(context.Context) error{
			s.emptyLog, // so that the file has what the removal found
			func(ctx context.Context) error { return s.cleanPages(ctx, 0) },
			func(ctx context.Context) error { return s.unhindered(ctx, s.tryCleanRest) },
			s.emptyLog,
		} {
			if err := step(ctx); err != nil {
				return err
			}
		}
		err = s.write(ctx, func(t *tx) error { // unless more was removed meanwhile
			_, err := t.exec(ctx, `DELETE FROM facts WHERE name = 'erase' AND value = $1`, note)
			return err
		})
		if err != nil {
			return fmt.Errorf("note that bytes were erased: %w", err)
		}
	}
}

// Sweep cleans the free space of all pages in leisure, when the last time was that long ago, or never: so an erasure finds little to write. In
// a file of 1.5 GB that was never swept it takes most of a minute.
func (s *Store) Sweep(ctx context.Context, every time.Duration) error {
	var due bool
	err := s.read(ctx, func(t *tx) error {
		return t.QueryRowContext(ctx, `SELECT NOT EXISTS (SELECT 1 FROM facts WHERE name = 'swept' AND CAST(value AS INTEGER) > $1)`,
			t.now-every.Milliseconds()).Scan(&due)
	})
	if err != nil {
		return fmt.Errorf("look when the pages were swept: %w", err)
	}
	if !due {
		return nil
	}
	if err := s.cleanPages(ctx, sweepRest); err != nil {
		return err
	}
	return s.write(ctx, func(t *tx) error {
		_, err := t.exec(ctx, `INSERT INTO facts (name, value) VALUES ('swept', $1) ON CONFLICT (name) DO UPDATE SET value = excluded.value`, fmt.Sprint(t.now))
		return err
	})
}

func (s *Store) eraseNote(ctx context.Context) (string, error) {
	var note string
	err := s.read(ctx, func(t *tx) error {
		err := t.QueryRowContext(ctx, `SELECT value FROM facts WHERE name = 'erase'`).Scan(&note)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	if err != nil {
		return "", fmt.Errorf("look whether bytes are to be erased: %w", err)
	}
	return note, nil
}

// emptyLog moves the log into the file and empties it.
func (s *Store) emptyLog(ctx context.Context) error { return s.unhindered(ctx, s.tryEmptyLog) }

// unhindered tries until no reader is in the way.
func (s *Store) unhindered(ctx context.Context, try func(context.Context) (done bool, err error)) error {
	began := time.Now()
	again := time.NewTicker(eraseEvery)
	defer again.Stop()
	for {
		done, err := try(ctx)
		if err != nil || done {
			return err
		}
		switch waited := time.Since(began); {
		case waited > 2*s.cutAfter: // many short ones can stand in the way one after the other
			s.reads.cut(min(time.Second, s.cutAfter))
		case waited > s.cutAfter:
			s.reads.cut(s.cutAfter)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("empty the write-ahead log: %w", ctx.Err())
		case <-again.C:
		}
	}
}

// tryEmptyLog is false when a reader was in the way. Meanwhile changes wait, but not for long.
func (s *Store) tryEmptyLog(ctx context.Context) (done bool, err error) {
	c, err := s.writer.Conn(ctx)
	if err != nil {
		return false, fmt.Errorf("empty the write-ahead log: %w", err)
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	return emptyLogBy(ctx, c)
}

func emptyLogBy(ctx context.Context, c *sql.Conn) (done bool, err error) {
	if _, err := c.ExecContext(ctx, fmt.Sprintf(`PRAGMA busy_timeout(%d)`, eraseBusy)); err != nil {
		return false, fmt.Errorf("empty the write-ahead log: %w", err)
	}
	var busy, frames, moved int
	err = c.QueryRowContext(ctx, `PRAGMA wal_checkpoint(TRUNCATE)`).Scan(&busy, &frames, &moved)
	if _, back := c.ExecContext(context.WithoutCancel(ctx), `PRAGMA busy_timeout(`+busyTimeout+`)`); back != nil {
		return false, errors.Join(err, fmt.Errorf("empty the write-ahead log: %w", back))
	}
	if err != nil && !IsUnavailable(err) {
		return false, fmt.Errorf("empty the write-ahead log: %w", err)
	}
	return err == nil && busy == 0, nil
}

// tryCleanRest cleans what other changes carried past cleanPages while that went on: where SQLite spreads rows anew, the free space of a page not
// cleaned yet can come to stand under the number of one that was. Nothing changes meanwhile, for as long as it takes to read the file once. It is
// false when a reader kept the log from being emptied first.
func (s *Store) tryCleanRest(ctx context.Context) (done bool, err error) {
	c, err := s.writer.Conn(ctx)
	if err != nil {
		return false, fmt.Errorf("clean the rest of the pages: %w", err)
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	if done, err := emptyLogBy(ctx, c); err != nil || !done {
		return false, err
	}
	var pages, size int64
	err = errors.Join(c.QueryRowContext(ctx, `PRAGMA page_count`).Scan(&pages), c.QueryRowContext(ctx, `PRAGMA page_size`).Scan(&size))
	if err != nil {
		return false, fmt.Errorf("clean the rest of the pages: %w", err)
	}
	var dirty []int64
	for from := int64(1); from <= pages; from += scanAtOnce {
		found, err := s.dirtyInFile(from, min(from+scanAtOnce-1, pages), size)
		if err != nil {
			return false, err
		}
		dirty = append(dirty, found...)
	}
	begun, err := c.BeginTx(ctx, nil)
	if err != nil {
		return false, fmt.Errorf("clean the rest of the pages: %w", err)
	}
	defer func() { _ = begun.Rollback() }() // nothing, once it has committed
	for part := range slices.Chunk(dirty, cleanAtOnce) {
		if err := cleanThese(ctx, &tx{Tx: begun, now: millis(s.now())}, part); err != nil {
			return false, err
		}
	}
	if err := begun.Commit(); err != nil {
		return false, fmt.Errorf("clean the rest of the pages: %w", err)
	}
	return true, nil
}

// cleanPages overwrites the free space inside the pages of the tables. secure_delete does so with what is deleted, but when SQLite spreads rows
// anew over neighbouring pages it leaves their old copies in the free space, and those outlive the rows. It rests after each look.
func (s *Store) cleanPages(ctx context.Context, rest time.Duration) error {
	var pages, size, vacuum int64
	err := s.read(ctx, func(t *tx) error {
		return errors.Join(t.QueryRowContext(ctx, `PRAGMA page_count`).Scan(&pages), t.QueryRowContext(ctx, `PRAGMA page_size`).Scan(&size),
			t.QueryRowContext(ctx, `PRAGMA auto_vacuum`).Scan(&vacuum))
	})
	if err != nil {
		return fmt.Errorf("look at the pages: %w", err)
	}
	if vacuum != 0 { // its pages of pointers would pass for those of a table
		return errors.New("clean the pages: auto_vacuum is not expected")
	}
	for from := int64(1); from <= pages; from += scanAtOnce {
		dirty, err := s.dirtyPages(ctx, from, min(from+scanAtOnce-1, pages), size)
		if err != nil {
			return err
		}
		for part := range slices.Chunk(dirty, cleanAtOnce) {
			if err := s.write(ctx, func(t *tx) error { return cleanThese(ctx, t, part) }); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("clean the pages: %w", ctx.Err())
		case <-time.After(rest):
		}
	}
	return nil
}

// dirtyPages reads a part of the file past SQLite, through which it would take ten times as long. While it holds the writer's connection nothing
// moves pages from the log into the file.
func (s *Store) dirtyPages(ctx context.Context, from, to, size int64) ([]int64, error) {
	c, err := s.writer.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("look at the pages: %w", err)
	}
	dirty, err := s.dirtyInFile(from, to, size)
	return dirty, errors.Join(err, c.Close())
}

func (s *Store) dirtyInFile(from, to, size int64) ([]int64, error) {
	part := make([]byte, (to-from+1)*size)
	n, err := s.file.ReadAt(part, (from-1)*size)
	if err != nil && !errors.Is(err, io.EOF) { // what is not in the file yet is newer than what was removed
		return nil, fmt.Errorf("look at the pages: %w", err)
	}
	var dirty []int64
	for i := int64(0); (i+1)*size <= int64(n); i++ {
		if cleanPage(part[i*size:(i+1)*size], from+i == 1) {
			dirty = append(dirty, from+i)
		}
	}
	return dirty, nil
}

func cleanThese(ctx context.Context, t *tx, numbers []int64) error {
	list, err := toJSON(numbers)
	if err != nil {
		return err
	}
	type page struct {
		number int64
		data   []byte
	}
	found, err := readAll(ctx, t, "read pages", statement{`SELECT d.pgno, d.data FROM json_each($1) n JOIN sqlite_dbpage d ON d.pgno = n.value`,
		[]any{list}}, func(rows *sql.Rows, p *page) error { return rows.Scan(&p.number, &p.data) })
	if err != nil {
		return err
	}
	for _, p := range found {
		if !cleanPage(p.data, p.number == 1) {
			continue
		}
		if _, err := t.exec(ctx, `UPDATE sqlite_dbpage SET data = $1 WHERE pgno = $2`, p.data, p.number); err != nil {
			return fmt.Errorf("clean a page: %w", err)
		}
	}
	return nil
}

// cleanPage overwrites the free space of one page of a b-tree with zeros and tells whether anything was there (sqlite.org/fileformat2.html
// 1.6). Pages of other kinds, and what is not as it should be, stay as they are.
func cleanPage(page []byte, first bool) bool {
	head := 0
	if first {
		head = 100
	}
	width := map[byte]int{2: 12, 5: 12, 10: 8, 13: 8}[page[head]]
	if width == 0 {
		return false
	}
	at := func(i int) int { return int(binary.BigEndian.Uint16(page[i:])) }
	content := at(head + 5)
	if content == 0 {
		content = 65_536
	}
	begin := head + width + 2*at(head+3)
	if begin > content || content > len(page) {
		return false
	}
	dirty := zero(page[begin:content])
	for block := at(head + 1); block != 0; {
		if block < content || block+4 > len(page) {
			return dirty
		}
		next, size := at(block), at(block+2)
		if size < 4 || block+size > len(page) || next != 0 && next <= block {
			return dirty
		}
		dirty = zero(page[block+4:block+size]) || dirty
		block = next
	}
	return dirty
}

func zero(b []byte) (dirty bool) {
	for i, c := range b {
		if c != 0 {
			b[i], dirty = 0, true
		}
	}
	return dirty
}
