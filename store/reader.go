package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
)

// maxPrepared bounds the statements that a reading connection keeps prepared; each takes some ten kilobytes.
const maxPrepared = 64

// preparing connects readers that keep their statements prepared: parsing and planning a list's statements takes longer than running them.
type preparing struct {
	driver driver.Driver
	dsn    string
}

func (p preparing) Driver() driver.Driver { return p.driver }

// Connect opens a connection.
func (p preparing) Connect(context.Context) (driver.Conn, error) {
	c, err := p.driver.Open(p.dsn)
	if err != nil {
		return nil, err
	}
	full, ok := c.(readConn)
	if !ok {
		return nil, errors.Join(fmt.Errorf("%T is not a connection to prepare on", c), c.Close())
	}
	return &preparedConn{readConn: full, known: map[string]*preparedStmt{}}, nil
}

// readConn is what the driver's connections can do and reading needs.
type readConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// preparedConn is a connection with its prepared statements. database/sql lets one goroutine at a time into it.
type preparedConn struct {
	readConn
	known map[string]*preparedStmt
}

type preparedStmt struct {
	driver.Stmt
	busy bool // its rows are being read
}

// QueryContext runs a statement by its prepared form.
func (c *preparedConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	s, err := c.prepared(ctx, query)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.readConn.QueryContext(ctx, query, args)
	}
	rows, err := s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
	if err != nil {
		delete(c.known, query)
		return nil, errors.Join(err, s.Close())
	}
	s.busy = true
	return &preparedRows{rows, s}, nil
}

// prepared is nil for a statement that is running already, and when all that are kept are.
func (c *preparedConn) prepared(ctx context.Context, query string) (*preparedStmt, error) {
	if s, known := c.known[query]; known {
		if s.busy {
			return nil, nil
		}
		return s, nil
	}
	if len(c.known) >= maxPrepared && !c.forget() {
		return nil, nil
	}
	made, err := c.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	if _, ok := made.(driver.StmtQueryContext); !ok {
		return nil, made.Close()
	}
	s := &preparedStmt{Stmt: made}
	c.known[query] = s
	return s, nil
}

// forget gives up any one statement: the frequent ones soon come back.
func (c *preparedConn) forget() bool {
	for query, s := range c.known {
		if s.busy {
			continue
		}
		delete(c.known, query)
		return s.Close() == nil
	}
	return false
}

// Close closes the statements, then the connection.
func (c *preparedConn) Close() error {
	var errs []error
	for _, s := range c.known {
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, c.readConn.Close())...)
}

type preparedRows struct {
	driver.Rows
	of *preparedStmt
}

// Close ends the reading, so that the statement can run again.
func (r *preparedRows) Close() error {
	r.of.busy = false
	return r.Rows.Close()
}

var _ driver.QueryerContext = (*preparedConn)(nil)

// openReader opens readers of a data source name.
func openReader(dsn string) (*sql.DB, error) {
	plain, err := sql.Open("sqlite", "")
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(preparing{plain.Driver(), dsn}), plain.Close()
}
