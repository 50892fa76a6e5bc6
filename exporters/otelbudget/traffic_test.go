package otelbudget_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/statement"
)

// page is a request that reads authors, and the books of each from another line.
func page(t *testing.T, authors int64) *budget.Report {
	t.Helper()
	_, r := budget.NewContext(t.Context())
	hasher, database := statement.NewHasher(), budget.NewDatabase(budget.DatabaseOptions{})
	reader := statement.NewReader(statement.PostgreSQL, hasher, 2048)
	read := func(line int, sql string, rows int64, args ...any) {
		st := reader.Read(sql)
		var a statement.Arguments
		for _, arg := range args {
			a.Add(st, hasher, arg)
		}
		a.End(st)
		site := callsite.New(callsite.CallSite{Frame: callsite.Frame{Function: "example.com/shop.List", File: "shop.go", Line: line}})
		x, err := r.Start(budget.Call{Database: database, Statement: st, Arguments: a, Stack: site})
		if err != nil {
			t.Fatal(err)
		}
		x.Open()
		x.Close(rows, nil)
	}
	read(10, "SELECT id FROM authors", authors)
	for id := range authors {
		read(12, "SELECT title FROM books WHERE author_id = $1", 1, id)
	}
	report := r.Report()
	report.Stage = budget.Final
	return report
}

func TestWatchTraffic(t *testing.T) {
	m, reader, _ := newMetrics(t)
	if _, err := m.WatchTraffic(nil); err == nil || !strings.Contains(err.Error(), "nil *budget.Traffic") {
		t.Errorf("got %v", err)
	}
	var traffic budget.Traffic
	stop, err := m.WatchTraffic(&traffic)
	if err != nil {
		t.Fatal(err)
	}
	for _, authors := range []int64{1, 0, 2} {
		traffic.Report(t.Context(), page(t, authors))
	}
	want := "code.file.path=shop.go,code.function.name=example.com/shop.List,code.line.number=12,db.query.summary=SELECT books,querybudget.loop.rows_from=shop.go:10: 1"
	if got := points(collect(t, reader)["querybudget.loop.queries"]); !slices.Equal(got, []string{want}) {
		t.Errorf("got %q", got)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if got := collect(t, reader)["querybudget.loop.queries"]; got.Data != nil && len(points(got)) > 0 {
		t.Errorf("still observed: %v", got)
	}
}
