package budget_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/statement"
)

// Units that lose queries at the same time, on the same lines: each is told of its own,
// by their lines, and of none of the others'.
func TestLostQueriesBelongToTheirUnit(t *testing.T) {
	d := budget.NewDatabase(budget.DatabaseOptions{})
	twice, once := read("SELECT a FROM lost", "lost"), read("SELECT b FROM lost", "lost")
	handler := func(n int) []string {
		ctx, r := budget.NewContext(t.Context())
		x, err := r.Start(budget.Call{Database: d, Statement: books})
		must(t, err)
		x.End(0, nil)
		for range n {
			d.CountUnattributed(context.Background(), twice, false)
		}
		d.CountUnattributed(context.Background(), twice, false) // another line
		d.CountUnattributed(context.Background(), once, false)
		spawned := make(chan struct{})
		go func() { // whose it is, is not known
			d.CountUnattributed(context.Background(), once, false)
			close(spawned)
		}()
		<-spawned
		d.CountUnattributed(budget.Without(ctx), once, false)
		report := r.Report()
		var got []string
		for _, f := range report.Findings {
			got = append(got, fmt.Sprintf("%s %d %s", f.Kind, f.Count, f.Shape))
		}
		if report.Unattributed != int64(n+2) {
			t.Errorf("%d queries are unattributed, want %d", report.Unattributed, n+2)
		}
		slices.Sort(got)
		return got
	}
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			n := 2 + i%5
			want := []string{
				"unattributed 1 SELECT a FROM lost", "unattributed 1 SELECT b FROM lost", fmt.Sprintf("unattributed %d SELECT a FROM lost", n),
			}
			if got := handler(n); !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
	wg.Wait()
}

// A unit that sends no query with its context knows the handles that Bounds name.
func TestLostQueriesOfNamedDatabases(t *testing.T) {
	named, other := budget.NewDatabase(budget.DatabaseOptions{}), budget.NewDatabase(budget.DatabaseOptions{})
	_, r := budget.Bounds{Databases: []*budget.Database{named}}.NewContext(t.Context())
	named.CountUnattributed(context.Background(), users, false)
	other.CountUnattributed(context.Background(), books, false)
	report := r.Report()
	if len(report.Lost) != 1 || report.Lost[0].Shape != users.Shape || len(report.Findings) != 1 {
		t.Errorf("lost %+v, found %+v", report.Lost, report.Findings)
	}
}

// What is remembered is bounded: the latest are there.
func TestLostQueriesAreBounded(t *testing.T) {
	d := budget.NewDatabase(budget.DatabaseOptions{})
	_, r := budget.Bounds{Databases: []*budget.Database{d}}.NewContext(t.Context())
	for i := range 900 {
		st := users
		if i == 899 {
			st = books
		}
		d.CountUnattributed(context.Background(), st, false)
	}
	report := r.Report()
	if report.Unattributed != 256 || !slices.ContainsFunc(report.Lost, func(l budget.Lost) bool { return l.Shape == books.Shape && l.Count == 1 }) {
		t.Errorf("%d unattributed: %+v", report.Unattributed, report.Lost)
	}
}

// A handle that no unit uses says so once.
func TestUnusedHandle(t *testing.T) {
	for _, used := range []bool{false, true} {
		var said []int64
		d := budget.NewDatabase(budget.DatabaseOptions{OnUnused: func(n int64) { said = append(said, n) }})
		if used {
			_, r := budget.NewContext(t.Context())
			x, err := r.Start(budget.Call{Database: d, Statement: &statement.Statement{Kind: statement.Read}})
			must(t, err)
			x.End(0, nil)
		}
		for range 1000 {
			d.CountUnattributed(context.Background(), users, false)
		}
		if used && said != nil || !used && !slices.Equal(said, []int64{200}) {
			t.Errorf("used %v: said %v", used, said)
		}
	}
}

// A goroutine that goes on to another unit, as that of a kept connection does, loses no
// queries of the one that has ended.
func TestLostQueriesOfTheNextUnit(t *testing.T) {
	d := budget.NewDatabase(budget.DatabaseOptions{})
	delivery := budget.Delivery{Reporters: []budget.Reporter{budget.ReporterFunc(func(context.Context, *budget.Report) {})}}
	ctx, first := budget.Bounds{Databases: []*budget.Database{d}}.NewContext(t.Context())
	delivery.Begin(ctx, first)
	d.CountUnattributed(context.Background(), users, false)
	delivery.End(ctx, first)
	_, second := budget.Bounds{Databases: []*budget.Database{d}}.NewContext(t.Context())
	d.CountUnattributed(context.Background(), books, false)
	for name, r := range map[string]*budget.Recorder{"the first unit": first, "the second one": second} {
		if got := r.Report().Unattributed; got != 1 {
			t.Errorf("%s lost %d queries", name, got)
		}
	}
}

// ownContext is a context as a framework has one, which does not ask the request's.
type ownContext struct{ context.Context }

// A query whose context is one of a framework seems to have the request's: the finding
// names its type.
func TestLostQueriesNameTheContext(t *testing.T) {
	d := budget.NewDatabase(budget.DatabaseOptions{})
	for _, test := range []struct {
		ctx  context.Context
		want string
	}{
		{context.Background(), ""},
		{ownContext{context.Background()}, "budget_test.ownContext"},
		{&ownContext{context.Background()}, "*budget_test.ownContext"},
	} {
		_, r := budget.Bounds{Databases: []*budget.Database{d}}.NewContext(t.Context())
		d.CountUnattributed(test.ctx, books, false)
		report := r.Report()
		if len(report.Lost) != 1 || report.Lost[0].Context != test.want {
			t.Fatalf("%T: %+v", test.ctx, report.Lost)
		}
		if repair := report.Findings[0].Repair; !strings.Contains(repair, test.want) || strings.Contains(repair, "c.Context()") != (test.want != "") {
			t.Errorf("%T: %s", test.ctx, repair)
		}
	}
}
