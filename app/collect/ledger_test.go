package collect

import (
	"errors"
	"slices"
	"strings"
	"sync"

	"modernc.org/sqlite"
)

// entries are what was written to one database.
type entries struct {
	rows    int // of customers, also those written with the same values
	commits int // that wrote rows of customers
	all     int // commits
}

// ledger counts what is written to one database, told by SQLite itself.
type ledger struct {
	mu      sync.Mutex
	entries entries
}

// page is what one connection writes: reading transactions of others end while it does.
type page struct {
	*ledger
	pending int // rows of customers in the open transaction
}

func (l *ledger) read() entries {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.entries
}

func (l *page) row(table string) {
	if !slices.Contains(customerTables, table) {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pending++
}

func (l *page) end(committed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if committed {
		l.entries.all++
		l.entries.rows += l.pending
		l.entries.commits += min(l.pending, 1)
	}
	l.pending = 0
}

// SQLite tells of writes by connection, and the driver of new connections only for the whole process. So the ledgers are found by the data
// directory, which no two tests share.
var ledgers = struct {
	once sync.Once
	mu   sync.Mutex
	of   map[string]*ledger // by data directory
}{of: map[string]*ledger{}}

// keepLedger begins to count what is written to the database in a data directory. It comes before the database is opened.
func keepLedger(dir string) *ledger {
	ledgers.once.Do(func() { sqlite.RegisterConnectionHook(watchConnection) })
	ledgers.mu.Lock()
	defer ledgers.mu.Unlock()
	l := &ledger{}
	ledgers.of[dir] = l
	return l
}

func watchConnection(conn sqlite.ExecQuerierContext, dsn string) error {
	ledgers.mu.Lock()
	defer ledgers.mu.Unlock()
	for dir, of := range ledgers.of {
		if !strings.Contains(dsn, dir) {
			continue
		}
		hooks, ok := conn.(sqlite.HookRegisterer)
		if !ok {
			return errors.New("the driver does not tell of writes")
		}
		l := &page{ledger: of}
		hooks.RegisterPreUpdateHook(func(d sqlite.SQLitePreUpdateData) { l.row(d.TableName) })
		hooks.RegisterCommitHook(func() int32 { l.end(true); return 0 })
		hooks.RegisterRollbackHook(func() { l.end(false) })
	}
	return nil
}
