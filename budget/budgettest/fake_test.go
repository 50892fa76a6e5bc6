package budgettest_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/querybudget/querybudget/budget/budgettest"
	"github.com/querybudget/querybudget/sqlwrap"
)

var (
	_ budgettest.TB = testing.TB(nil)
	_ budgettest.TB = (*fakeTB)(nil)
)

// fakeTB records what a test would print and whether it failed.
type fakeTB struct {
	testing.TB // for what is not faked
	mu         sync.Mutex
	name       string
	failed     bool
	text       strings.Builder
	logged     strings.Builder
	cleanups   []func()
}

// try runs a test and returns what it printed when it failed, empty if it did not.
func try(t *testing.T, test func(tb *fakeTB)) *fakeTB {
	t.Helper()
	f := &fakeTB{TB: t, name: t.Name()}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			for i := len(f.cleanups) - 1; i >= 0; i-- {
				f.cleanups[i]()
			}
		}()
		test(f)
	}()
	<-done
	return f
}

func (f *fakeTB) Name() string { return f.name }

func (f *fakeTB) Helper() {}

func (f *fakeTB) Cleanup(c func()) { f.cleanups = append(f.cleanups, c) }

func (f *fakeTB) Logf(format string, args ...any) { fmt.Fprintf(&f.logged, format+"\n", args...) }

func (f *fakeTB) Errorf(format string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.failed = true
	fmt.Fprintf(&f.text, format+"\n", args...)
}

func (f *fakeTB) Fatalf(format string, args ...any) {
	f.Errorf(format, args...)
	runtime.Goexit()
}

// passes fails t if the recorded test failed.
func (f *fakeTB) passes(t *testing.T) {
	t.Helper()
	if f.failed {
		t.Errorf("failed, and should not:\n%s", f.text.String())
	}
}

// fails fails t if the recorded test did not fail with all of the texts.
func (f *fakeTB) fails(t *testing.T, texts ...string) {
	t.Helper()
	if !f.failed {
		t.Errorf("did not fail, want %q", texts)
	}
	for _, text := range texts {
		if !strings.Contains(f.text.String(), text) {
			t.Errorf("no %q in\n%s", text, f.text.String())
		}
	}
}

// fakeDB answers every statement: one that reads with as many rows as rows says,
// holding 1, 2, 3 …
type fakeDB struct{ rows func(text string) int }

func openFake(t budgettest.TB, rows func(text string) int) *sql.DB {
	t.Helper()
	db := sql.OpenDB(sqlwrap.Connector(&fakeDB{rows}))
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func (d *fakeDB) Connect(context.Context) (driver.Conn, error) { return fakeConn{d}, nil }
func (d *fakeDB) Driver() driver.Driver                        { return nil }

type fakeConn struct{ db *fakeDB }

func (c fakeConn) Prepare(string) (driver.Stmt, error) { return nil, io.ErrUnexpectedEOF }
func (c fakeConn) Close() error                        { return nil }
func (c fakeConn) Begin() (driver.Tx, error)           { return fakeTx{}, nil }

func (c fakeConn) ExecContext(context.Context, string, []driver.NamedValue) (driver.Result, error) {
	return driver.RowsAffected(1), nil
}

func (c fakeConn) QueryContext(_ context.Context, text string, _ []driver.NamedValue) (driver.Rows, error) {
	if strings.Contains(text, "nowhere") {
		return nil, errors.New("there is no such table")
	}
	return &fakeRows{left: c.db.rows(text)}, nil
}

type fakeTx struct{}

func (fakeTx) Commit() error   { return nil }
func (fakeTx) Rollback() error { return nil }

type fakeRows struct{ at, left int }

func (r *fakeRows) Columns() []string { return []string{"id"} }
func (r *fakeRows) Close() error      { return nil }

func (r *fakeRows) Next(dest []driver.Value) error {
	if r.left == 0 {
		return io.EOF
	}
	r.at, r.left = r.at+1, r.left-1
	dest[0] = int64(r.at)
	return nil
}
