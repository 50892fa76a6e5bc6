package pgxwrap_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/querybudget/querybudget/budget/budgettest"
	"github.com/querybudget/querybudget/pgxwrap"
)

var _ budgettest.Handle = pgxwrap.PoolHandle{}

// failures takes what a test would fail with.
type failures struct {
	testing.TB
	text string
}

func (f *failures) Errorf(format string, args ...any) { f.text += fmt.Sprintf(format, args...) }

// A test sees what runs on a pool without its context.
func TestWantHandle(t *testing.T) {
	pool := poolOf(t, func(*pgxpool.Config) {}, table)
	block := func(context.Context) {
		_, err := pool.Exec(context.Background(), "SELECT name FROM authors")
		must(t, err)
	}
	f := &failures{TB: t}
	report := budgettest.Run(f, budgettest.Want{Handle: pgxwrap.Handle(pool), Attributed: true}, block)
	if report.Totals.Queries != 1 || !strings.Contains(f.text, "did not have the block's context") {
		t.Errorf("%d queries, %q", report.Totals.Queries, f.text)
	}
	f = &failures{TB: t}
	if report := budgettest.Run(f, budgettest.Want{}, block); report.Totals.Queries != 0 || !strings.Contains(f.text, "opened with sqlwrap or pgxwrap") {
		t.Errorf("%d queries, %q", report.Totals.Queries, f.text)
	}
}

// A pool that is not counted has no account, which is said with its cause.
func TestHandleOfABarePool(t *testing.T) {
	bare, err := pgxpool.New(t.Context(), dsnOf(t))
	must(t, err)
	t.Cleanup(bare.Close)
	if _, err := pgxwrap.Handle(bare).Account(t.Context()); err == nil || !strings.Contains(err.Error(), "pgxwrap.Config") {
		t.Errorf("the error is %v", err)
	}
	if err := pgxwrap.Handle(bare).Ask(t.Context(), "SELECT 1 / 0"); err == nil {
		t.Error("a query that fails has no error")
	}
}
