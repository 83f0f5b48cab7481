package store

import (
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"runtime"

	"modernc.org/sqlite" // also registers the driver "sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// busyTimeout is how long a connection waits for a lock of another process, in milliseconds.
const busyTimeout = "10000"

// openSQLite opens one writer connection whose transactions take the lock at BEGIN, and as many readers as cores. Pragmas stand in the
// address, because a pragma that is executed reaches one pooled connection only; busy_timeout comes first so that the others wait too.
func openSQLite(path string) (writer, reader *sql.DB, err error) {
	address := func(extra ...string) string {
		q := url.Values{"_pragma": append([]string{
			"busy_timeout(" + busyTimeout + ")",
			"journal_mode(WAL)",
			"synchronous(FULL)", // an acknowledged change survives power loss
			"foreign_keys(ON)",
			"secure_delete(ON)", // what is deleted leaves no bytes behind (law 7)
			"cache_size(-16000)",
			"temp_store(MEMORY)",
			"journal_size_limit(67108864)",
		}, extra...)}
		return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
	}
	writer, err = sql.Open("sqlite", address()+"&_txlock=immediate")
	if err != nil {
		return nil, nil, fmt.Errorf("open the database: %w", err)
	}
	writer.SetMaxOpenConns(1)
	writer.SetMaxIdleConns(1)
	reader, err = openReader(address("query_only(ON)"))
	if err != nil {
		_ = writer.Close()
		return nil, nil, fmt.Errorf("open the database for reading: %w", err)
	}
	readers := max(2, runtime.NumCPU())
	reader.SetMaxOpenConns(readers)
	reader.SetMaxIdleConns(readers)
	return writer, reader, nil
}

// inSet is the one seam for a set as a parameter: SQLite takes it as a JSON array in parameter n.
func inSet(n int) string {
	return fmt.Sprintf("IN (SELECT value FROM json_each($%d))", n)
}

// isUnique says that a statement broke a UNIQUE or PRIMARY KEY rule.
func isUnique(err error) bool {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return false
	}
	return e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || e.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
}

// mayEnd says that after this error of a statement SQLite may have rolled back the whole transaction (sqlite.org/lang_transaction.html 3).
func mayEnd(err error) bool {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_INTERRUPT, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_CORRUPT:
		return true
	}
	return false
}

// IsUnavailable says that the database could not serve now: locked by another process, disk full, read-only or failing, or
// about to take removed rows out of its files.
func IsUnavailable(err error) bool {
	if errors.Is(err, ErrReadCut) {
		return true
	}
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN:
		return true
	}
	return false
}
