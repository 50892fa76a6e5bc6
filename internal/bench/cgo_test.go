//go:build cgo

package main

import (
	"context"
	"database/sql"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/mattn/go-sqlite3"

	"github.com/querybudget/querybudget/budget"
)

// A query that Go code sends while C calls it: below it lies a stack of C's, where
// no chain of frame pointers leads through. The call sites are right all the same,
// also where they differ in frames above C only.
func TestCallSitesBelowC(t *testing.T) {
	other := openWrapped(fakeDriver{}, "")
	defer other.Close() //nolint:errcheck // a test
	ctx, r := budget.NewContext(context.Background())
	d := &sqlite3.SQLiteDriver{ConnectHook: func(c *sqlite3.SQLiteConn) error {
		return c.RegisterFunc("ask", func(n int64) (int64, error) {
			var id int64
			err := other.QueryRowContext(ctx, oneRow, n).Scan(&id)
			return id, err
		}, false)
	}}
	db := sql.OpenDB(connectorOf(d, ":memory:"))
	defer db.Close() //nolint:errcheck // a test
	ask := func(n int, _ string) {
		var id int64
		if err := db.QueryRowContext(context.Background(), "SELECT ask(?)", n).Scan(&id); err != nil {
			t.Error(err)
		}
	}
	var want []string
	here := func() string {
		_, _, line, _ := runtime.Caller(1)
		want = append(want, fmt.Sprintf("cgo_test.go:%d", line))
		return want[len(want)-1]
	}
	for n := range 100 {
		ask(n, here())
		ask(n, here())
	}
	lines := map[string]int64{}
	for _, g := range r.Report().Groups {
		site := g.CallSite()
		if !strings.HasSuffix(site.Function, "TestCallSitesBelowC.func1.1") || len(site.Outer) == 0 {
			t.Errorf("at %v, below %v", site, site.Outer)
			continue
		}
		for _, f := range site.Outer {
			if strings.HasSuffix(f.Function, ".TestCallSitesBelowC") {
				lines[fmt.Sprintf("cgo_test.go:%d", f.Line)] += g.Queries
			}
		}
	}
	if len(lines) != 2 || lines[want[0]] != 100 || lines[want[1]] != 100 {
		t.Errorf("lines %v, want 100 each of %v", lines, want[:2])
	}
}
