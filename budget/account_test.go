package budget_test

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/statement"
)

// These tests play the driver wrapper: statements with the shapes and tables
// that package fingerprint would find.

func read(shape string, tables ...string) *statement.Statement {
	return &statement.Statement{
		Shape: shape, Summary: "SELECT " + strings.Join(tables, " "), Fingerprint: statement.Fingerprint(hash(shape)),
		Kind: statement.Read, Tables: tables, Repeatable: true,
	}
}

func write(shape string, tables ...string) *statement.Statement {
	return &statement.Statement{
		Shape: shape, Summary: "UPDATE " + strings.Join(tables, " "), Fingerprint: statement.Fingerprint(hash(shape)),
		Kind: statement.Write, Tables: tables,
	}
}

func hash(s string) (h uint64) {
	for _, c := range []byte(s) {
		h = h*31 + uint64(c)
	}
	return h
}

var (
	db      = budget.NewDatabase(budget.DatabaseOptions{})
	replica = budget.NewDatabase(budget.DatabaseOptions{Name: "replica"})
	users   = read("SELECT * FROM users WHERE id = ?", "users")
	books   = read("SELECT * FROM books WHERE id = ?", "books")
	rename  = write("UPDATE users SET name = ? WHERE id = ?", "users")
	begin   = &statement.Statement{Shape: "BEGIN", Kind: statement.Begin}
	commit  = &statement.Statement{Shape: "COMMIT", Kind: statement.Control}
)

// query runs a query that returns rows, or is refused.
func query(r *budget.Recorder, st *statement.Statement, args uint64, rows int64) error {
	x, err := r.Start(budget.Call{Database: db, Statement: st, Arguments: statement.Arguments{List: args}})
	if err != nil {
		return err
	}
	x.Open()
	x.Close(rows, nil)
	return nil
}

// exec runs a query that returns no rows, and fails with err unless it is nil.
func exec(r *budget.Recorder, st *statement.Statement, args uint64, err error) error {
	x, refused := r.Start(budget.Call{Database: db, Statement: st, Arguments: statement.Arguments{List: args}})
	if refused != nil {
		return refused
	}
	x.End(1, err)
	return err
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestTotals(t *testing.T) {
	_, r := budget.NewContext(t.Context())
	must(t, query(r, users, 1, 3))
	must(t, exec(r, rename, 1, nil))
	if err := exec(r, rename, 2, errors.New("constraint")); err == nil {
		t.Fatal("no error")
	}
	must(t, exec(r, begin, 0, nil))
	must(t, exec(r, commit, 0, nil))
	r.Prepared(r.Clock()-time.Millisecond, nil)
	r.Connected(r.Clock()-2*time.Millisecond, errors.New("refused"))
	tx := r.Began(r.Clock()-3*time.Millisecond, nil)
	tx.Committed(tx.Clock()-time.Millisecond, nil)

	got := r.Report().Totals
	want := budget.Totals{
		Queries: 3, Reads: 1, Writes: 2, Rows: 3, RowsAffected: 2, Errors: 2,
		Prepares: 1, Transactions: 2, Connects: 1,
	}
	if sum := got.ExecTime + got.FetchTime + got.ConnectTime + got.PrepareTime + got.TransactionTime; got.Time != sum {
		t.Errorf("Time is %v, the sum of its parts %v", got.Time, sum)
	}
	for name, d := range map[string][2]time.Duration{
		"PrepareTime":     {got.PrepareTime, time.Millisecond},
		"ConnectTime":     {got.ConnectTime, 2 * time.Millisecond},
		"TransactionTime": {got.TransactionTime, 4 * time.Millisecond},
	} {
		if d[0] < d[1] {
			t.Errorf("%s is %v, less than %v", name, d[0], d[1])
		}
	}
	got.ExecTime, got.FetchTime, got.TransactionTime, got.Time, got.WallTime = 0, 0, 0, 0, 0
	got.PrepareTime, got.ConnectTime = 0, 0
	if got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestSkippedIsNoQuery(t *testing.T) {
	_, r := budget.NewContext(t.Context())
	r.SetBudget(budget.Budget{Queries: 1, Mode: budget.Enforce})
	x, err := r.Start(budget.Call{Database: db, Statement: users})
	must(t, err)
	x.Skip()
	if got := r.Totals(); got.Queries != 0 || got.Running != 0 || got.ExecTime != 0 {
		t.Errorf("got %+v", got)
	}
	must(t, query(r, users, 0, 1)) // the room was given back
}

func TestRowsThatStayOpen(t *testing.T) {
	_, r := budget.NewContext(t.Context())
	x, err := r.Start(budget.Call{Database: db, Statement: users})
	must(t, err)
	x.Open()
	report := r.Report()
	if report.Totals.Queries != 1 || report.Totals.OpenRows != 1 || !report.Queries[0].Open {
		t.Errorf("got %+v", report.Totals)
	}
	x.Close(7, nil)
	if got := r.Report(); got.Totals.OpenRows != 0 || got.Totals.Rows != 7 || got.Queries[0].Rows != 7 || got.Queries[0].Open {
		t.Errorf("after Close: %+v", got.Totals)
	}
	x.Close(7, nil) // a second Close counts nothing
	if got := r.Totals(); got.Rows != 7 || got.OpenRows != 0 {
		t.Errorf("after a second Close: %+v", got)
	}
}

func TestRunningQueries(t *testing.T) {
	_, r := budget.NewContext(t.Context())
	x, err := r.Start(budget.Call{Database: db, Statement: users})
	must(t, err)
	if got := r.Totals(); got.Running != 1 || got.Queries != 0 {
		t.Errorf("while it runs: %+v", got)
	}
	x.End(0, nil)
	if got := r.Totals(); got.Running != 0 || got.Queries != 1 {
		t.Errorf("after it ran: %+v", got)
	}
}

// Whatever the bounds cut, the groups add up to the totals.
func TestBoundsCutDetailsOnly(t *testing.T) {
	_, r := budget.Bounds{Queries: 5, Groups: 3, Reads: 4}.NewContext(t.Context())
	for i := range 10 {
		must(t, query(r, read(fmt.Sprint("SELECT ", i), "t"), uint64(i), 2))
		must(t, query(r, read(fmt.Sprint("SELECT ", i), "t"), uint64(i), 2))
	}
	report := r.Report()
	if len(report.Queries) != 5 || report.Truncated.Queries != 15 {
		t.Errorf("%d queries in detail, %d cut", len(report.Queries), report.Truncated.Queries)
	}
	var queries, rows, duplicates int64
	overflow := 0
	for _, g := range report.Groups {
		queries, rows, duplicates = queries+g.Queries, rows+g.Rows, duplicates+g.Duplicates
		if g.Overflow {
			overflow++
			if g.Queries != report.Truncated.Grouped {
				t.Errorf("overflow of %d, Truncated says %d", g.Queries, report.Truncated.Grouped)
			}
		}
	}
	total := report.Totals
	if queries != total.Queries || rows != total.Rows || duplicates != total.Duplicates || total.Queries != 20 || total.Rows != 40 {
		t.Errorf("groups: %d queries, %d rows, %d duplicates; totals: %+v", queries, rows, duplicates, total)
	}
	if overflow != 1 || len(report.Groups) < 3 {
		t.Errorf("%d groups, %d of them overflow", len(report.Groups), overflow)
	}
	if report.Truncated.Reads == 0 {
		t.Error("Truncated does not say that reads were not compared")
	}
}

func TestNoDetails(t *testing.T) {
	_, r := budget.Bounds{Queries: budget.None, Groups: budget.None, Reads: budget.None}.NewContext(t.Context())
	must(t, query(r, users, 1, 1))
	report := r.Report()
	if report.Totals.Queries != 1 || len(report.Queries) != 0 || len(report.Groups) != 1 || !report.Groups[0].Overflow {
		t.Errorf("got %+v", report)
	}
}

func TestGroupsByDatabaseShapeAndCallSite(t *testing.T) {
	_, r := budget.NewContext(t.Context())
	for range 3 {
		must(t, query(r, users, 1, 0))
	}
	must(t, query(r, users, 1, 0)) // another line
	must(t, query(r, books, 1, 0))
	x, err := r.Start(budget.Call{Database: replica, Statement: users})
	must(t, err)
	x.End(0, nil)

	var got []int64
	for _, g := range r.Report().Groups {
		got = append(got, g.Queries)
	}
	if !reflect.DeepEqual(got, []int64{3, 1, 1, 1}) {
		t.Errorf("got groups of %v", got)
	}
}

func TestDuplicates(t *testing.T) {
	for name, test := range map[string]struct {
		run  func(r *budget.Recorder)
		want int64
	}{
		"same arguments": {func(r *budget.Recorder) {
			_, _, _ = query(r, users, 1, 1), query(r, users, 1, 1), query(r, users, 1, 1)
		}, 2},
		"other arguments": {func(r *budget.Recorder) { _, _ = query(r, users, 1, 1), query(r, users, 2, 1) }, 0},
		"a write to the table between": {func(r *budget.Recorder) {
			_, _, _ = query(r, users, 1, 1), exec(r, rename, 1, nil), query(r, users, 1, 1)
		}, 0},
		"a write to another table": {func(r *budget.Recorder) {
			_, _, _ = query(r, books, 1, 1), exec(r, rename, 1, nil), query(r, books, 1, 1)
		}, 1},
		"a write to the table under its full name": {func(r *budget.Recorder) {
			_, _, _ = query(r, users, 1, 1), exec(r, write("w", "public.Users"), 1, nil), query(r, users, 1, 1)
		}, 0},
		"a statement nobody could read": {func(r *budget.Recorder) {
			_, _, _ = query(r, users, 1, 1), exec(r, &statement.Statement{Shape: "CALL f()"}, 1, nil), query(r, users, 1, 1)
		}, 0},
		"a failed write": {func(r *budget.Recorder) {
			_, _, _ = query(r, users, 1, 1), exec(r, rename, 1, errors.New("x")), query(r, users, 1, 1)
		}, 0},
		"a failed read": {func(r *budget.Recorder) { _, _ = exec(r, users, 1, errors.New("x")), query(r, users, 1, 1) }, 0},
		"another database": {func(r *budget.Recorder) {
			_ = query(r, users, 1, 1)
			x, _ := r.Start(budget.Call{Database: replica, Statement: users, Arguments: statement.Arguments{List: 1}})
			x.End(0, nil)
		}, 0},
		"other literals": {func(r *budget.Recorder) {
			other := *users
			other.Literals = 9
			_, _ = query(r, users, 1, 1), query(r, &other, 1, 1)
		}, 0},
		"not repeatable": {func(r *budget.Recorder) {
			locking := *users
			locking.Repeatable = false
			_, _ = query(r, &locking, 1, 1), query(r, &locking, 1, 1)
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			_, r := budget.NewContext(t.Context())
			test.run(r)
			report := r.Report()
			var marked int64
			for _, q := range report.Queries {
				if q.Duplicate {
					marked++
				}
			}
			if report.Totals.Duplicates != test.want || marked != test.want {
				t.Errorf("got %d, %d marked, want %d", report.Totals.Duplicates, marked, test.want)
			}
		})
	}
}

func TestRetryIsOneQuery(t *testing.T) {
	start := func(t *testing.T, r *budget.Recorder, tx *budget.Transaction) budget.Execution {
		t.Helper()
		x, err := r.Start(budget.Call{Database: db, Statement: users, Arguments: statement.Arguments{List: 1}, Transaction: tx})
		must(t, err)
		return x
	}
	t.Run("succeeds at the third attempt", func(t *testing.T) {
		_, r := budget.NewContext(t.Context())
		r.SetBudget(budget.Budget{Queries: 1, Mode: budget.Enforce})
		for i := range 3 {
			x := start(t, r, nil)
			if i < 2 {
				x.End(0, fmt.Errorf("broken pipe: %w", driver.ErrBadConn))
			} else {
				x.Open()
				x.Close(1, nil)
			}
		}
		report := r.Report()
		got := report.Totals
		if got.Queries != 1 || got.Retries != 2 || got.Errors != 0 || got.Rows != 1 {
			t.Errorf("got %+v", got)
		}
		if q := report.Queries; len(q) != 1 || q[0].Retries != 2 || q[0].Failed != "" {
			t.Errorf("got %+v", q)
		}
		if g := report.Groups; len(g) != 1 || g[0].Queries != 1 || g[0].Retries != 2 || g[0].Errors != 0 {
			t.Errorf("got %+v", g)
		}
	})
	t.Run("fails for good", func(t *testing.T) {
		_, r := budget.NewContext(t.Context())
		for range 3 {
			x := start(t, r, nil)
			x.End(0, driver.ErrBadConn)
		}
		if got := r.Totals(); got.Queries != 1 || got.Retries != 2 || got.Errors != 1 {
			t.Errorf("got %+v", got)
		}
		if q := r.Report().Queries[0]; q.Failed != "driver.ErrBadConn" {
			t.Errorf("failed with %q", q.Failed)
		}
	})
	t.Run("declined and prepared again", func(t *testing.T) {
		_, r := budget.NewContext(t.Context())
		for _, end := range []func(*budget.Execution){
			func(x *budget.Execution) { x.End(0, driver.ErrBadConn) },
			func(x *budget.Execution) { x.Skip() },
			func(x *budget.Execution) { x.End(0, nil) },
		} {
			x := start(t, r, nil) // database/sql tries again from the same line
			end(&x)
		}
		if got := r.Totals(); got.Queries != 1 || got.Retries != 1 || got.Errors != 0 {
			t.Errorf("got %+v", got)
		}
	})
	t.Run("not in a transaction", func(t *testing.T) {
		_, r := budget.NewContext(t.Context())
		tx := r.Began(0, nil)
		for _, tx := range []*budget.Transaction{&tx, &tx, nil, &tx} {
			x := start(t, r, tx)
			x.End(0, driver.ErrBadConn)
		}
		if got := r.Totals(); got.Queries != 4 || got.Retries != 0 || got.Errors != 4 {
			t.Errorf("got %+v", got)
		}
	})
}

func TestTransactionNumbers(t *testing.T) {
	ctx, r := budget.NewContext(t.Context())
	_, other := budget.NewContext(t.Context())
	scoped, scope := budget.With(ctx, "scope", budget.Budget{})
	_ = scoped
	r.Began(0, nil)
	second, foreign := scope.Began(0, nil), other.Began(0, nil)
	for _, tx := range []*budget.Transaction{nil, &second, &foreign, {}} {
		x, err := r.Start(budget.Call{Database: db, Statement: users, Transaction: tx})
		must(t, err)
		x.End(0, nil)
	}
	var got []int
	for _, q := range r.Report().Queries {
		got = append(got, q.Transaction)
	}
	if !reflect.DeepEqual(got, []int{0, 2, -1, 3}) {
		t.Errorf("got %v", got)
	}
}

func TestScopes(t *testing.T) {
	ctx, r := budget.NewContext(t.Context())
	r.SetName("job")
	must(t, query(r, users, 1, 1))
	ctx, outer := budget.With(ctx, "outer", budget.Budget{Queries: 1})
	must(t, query(outer, users, 2, 1))
	ctx, inner := budget.With(ctx, "inner", budget.Budget{Queries: 5})
	if budget.FromContext(ctx) != inner {
		t.Error("the context does not carry the inner scope")
	}
	must(t, query(inner, users, 3, 4))

	report := r.Report()
	if report.Totals.Queries != 3 || report.Totals.Rows != 6 || len(report.Queries) != 3 {
		t.Errorf("the unit: %+v", report.Totals)
	}
	if got := inner.Report(); got.Totals.Queries != 1 || got.Totals.Rows != 4 || got.Verdict.Outcome != budget.Within {
		t.Errorf("the inner scope: %+v", got)
	}
	scope := report.Scopes[0]
	if scope.Name != "outer" || scope.Totals.Queries != 2 || scope.Verdict.Outcome != budget.Exceeded || scope.Scopes[0].Name != "inner" {
		t.Errorf("the outer scope: %+v", scope)
	}
	if err := report.Err(); !errors.Is(err, budget.ErrExceeded) || !strings.Contains(err.Error(), "job > outer") {
		t.Errorf("the unit's error: %v", err)
	}
}

func TestScopesAreBounded(t *testing.T) {
	ctx, r := budget.NewContext(t.Context())
	for range 60 {
		_, s := budget.With(ctx, "s", budget.Budget{})
		must(t, query(s, users, 1, 0))
	}
	report := r.Report()
	if len(report.Scopes) != 50 || report.Truncated.Scopes != 10 || report.Totals.Queries != 60 {
		t.Errorf("%d scopes, %d cut, %d queries", len(report.Scopes), report.Truncated.Scopes, report.Totals.Queries)
	}
}

func TestWithStartsAUnit(t *testing.T) {
	ctx, r := budget.With(t.Context(), "job", budget.Budget{Queries: 1, Mode: budget.Enforce})
	if budget.FromContext(ctx) != r || r.Report().Name != "job" {
		t.Error("no unit was started")
	}
	must(t, query(r, users, 1, 0))
	if err := query(r, users, 1, 0); !errors.Is(err, budget.ErrExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestNilRecorder(t *testing.T) {
	var r *budget.Recorder
	must(t, query(r, users, 1, 1))
	must(t, exec(r, users, 1, nil))
	r.SetName("x")
	r.SetRoute(budget.Route{Method: "GET"})
	r.SetBudget(budget.Budget{Queries: 1})
	r.Prepared(0, nil)
	r.Connected(0, nil)
	tx := r.Began(r.Clock(), nil)
	tx.Committed(tx.Clock(), nil)
	tx.RolledBack(tx.Clock(), nil)
	if r.Totals() != (budget.Totals{}) || r.Route() != (budget.Route{}) {
		t.Error("a nil recorder counts")
	}
	if report := r.Report(); report.Verdict.Outcome != budget.NoBudget || report.Err() != nil {
		t.Errorf("got %+v", report)
	}
	var x budget.Execution
	x.Skip()
	x.End(1, nil)
	x.Open()
	x.Close(1, nil)
}

func TestUnattributed(t *testing.T) {
	d := budget.NewDatabase(budget.DatabaseOptions{})
	ctx := t.Context()
	for range 3 {
		d.CountUnattributed(ctx, users, false)
	}
	d.CountUnattributed(ctx, books, true)
	d.CountUnattributed(ctx, begin, false)
	d.CountUnattributed(ctx, nil, false)
	d.CountUnattributed(budget.Without(ctx), users, false)
	got := d.Unattributed()
	if got.Queries != 5 || got.Errors != 1 || got.Attributed || got.Rest != 0 || len(got.Shapes) != 3 {
		t.Errorf("got %+v", got)
	}
	if first := got.Shapes[0]; first.Queries != 3 || first.Shape != users.Shape || first.CallSite.File != "budget/account_test.go" {
		t.Errorf("got %+v", first)
	}
	_, r := budget.NewContext(ctx)
	x, err := r.Start(budget.Call{Database: d, Statement: users})
	must(t, err)
	x.End(0, nil)
	if !d.Unattributed().Attributed {
		t.Error("the handle does not know that it has seen a recorder")
	}
	if n := r.Report().Unattributed; n != 0 {
		t.Errorf("%d that ran before the unit are the unit's", n)
	}
}

func TestLostContextIsFound(t *testing.T) {
	d := budget.NewDatabase(budget.DatabaseOptions{})
	d.CountUnattributed(t.Context(), users, false) // before the unit: not its business
	_, r := budget.NewContext(t.Context())
	ask := func() {
		x, err := r.Start(budget.Call{Database: d, Statement: books})
		must(t, err)
		x.End(0, nil)
	}
	ask()
	if f := r.Report().Findings; len(f) != 0 {
		t.Errorf("found %+v", f)
	}
	done := make(chan struct{})
	go func() { // a goroutine of somebody else
		d.CountUnattributed(context.Background(), read("SELECT x FROM jobs", "jobs"), false)
		close(done)
	}()
	<-done
	d.CountUnattributed(t.Context(), rename, false)
	var got []string
	for _, f := range r.Report().Findings {
		got = append(got, fmt.Sprint(f.Kind, " ", f.Summary, " ", f.CallSite().File))
	}
	slices.Sort(got)
	if want := []string{"unattributed UPDATE users budget/account_test.go"}; !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestUnattributedIsBounded(t *testing.T) {
	d := budget.NewDatabase(budget.DatabaseOptions{})
	for i := range 300 {
		d.CountUnattributed(t.Context(), read(fmt.Sprint(i), "t"), false)
	}
	got := d.Unattributed()
	if got.Queries != 300 || len(got.Shapes) != 200 || got.Rest != 100 {
		t.Errorf("%d queries, %d shapes, rest %d", got.Queries, len(got.Shapes), got.Rest)
	}
}

// A report is read by other programs: its JSON form is part of the interface.
func TestReportAsJSON(t *testing.T) {
	_, r := budget.NewContext(t.Context())
	r.SetRoute(budget.Route{Method: "GET", Pattern: "/users/{id}"})
	r.SetBudget(budget.Budget{Queries: 1})
	x, err := r.Start(budget.Call{Database: db, Statement: users, Detail: &budget.CallDetail{SQL: "SELECT secret", Values: []any{"secret"}}})
	must(t, err)
	x.End(0, errors.New("secret"))
	must(t, query(r, users, 2, 1))
	text, err := json.Marshal(r.Report())
	must(t, err)
	if strings.Contains(string(text), "secret") {
		t.Errorf("text, values or an error's text got out: %s", text)
	}
	for _, want := range []string{
		`"name":"GET /users/{id}"`, `"pattern":"/users/{id}"`, `"queries":2`, `"kind":"read"`, `"outcome":"exceeded"`,
		`"limit":"queries"`, `"mode":"observe"`, `"call_site":0`, `"frames":[{"function":"github.com/querybudget/querybudget/budget_test.`,
		`"file":"budget/account_test.go"`, `"failed":"*errors.errorString"`, `"wall_ns":`,
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %s in %s", want, text)
		}
	}
	var back budget.Report
	must(t, json.Unmarshal(text, &back))
	if back.Totals != r.Report().Totals && back.Totals.Queries != 2 {
		t.Errorf("read back: %+v", back.Totals)
	}
}

func TestConcurrentUse(t *testing.T) {
	const goroutines, each = 16, 200
	ctx, r := budget.NewContext(t.Context())
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			_, s := budget.With(ctx, "s", budget.Budget{Queries: 1})
			for i := range each {
				if err := errors.Join(query(s, users, uint64(g*each+i), 1), exec(s, rename, 1, nil)); err != nil {
					t.Error(err)
				}
				if i%50 == 0 {
					_ = r.Report()
				}
			}
		})
	}
	wg.Wait()
	got := r.Totals()
	if got.Queries != 2*goroutines*each || got.Rows != goroutines*each || got.Running != 0 || got.OpenRows != 0 {
		t.Errorf("got %+v", got)
	}
}

func TestContextOfOtherValues(t *testing.T) {
	if budget.FromContext(context.Background()) != nil {
		t.Error("a recorder out of nothing")
	}
	ctx, r := budget.NewContext(t.Context())
	if budget.FromContext(ctx) != r {
		t.Error("the recorder is not in its context")
	}
	if budget.FromContext(budget.Without(ctx)) != nil {
		t.Error("Without leaves the recorder in")
	}
}

// Deep stacks are cut, each at another function.
func TestLostContextIsFoundInDeepStacks(t *testing.T) {
	d := budget.NewDatabase(budget.DatabaseOptions{})
	_, r := budget.NewContext(t.Context())
	deep(40, func() {
		x, err := r.Start(budget.Call{Database: d, Statement: books})
		must(t, err)
		x.End(0, nil)
		func() { d.CountUnattributed(t.Context(), rename, false) }()
	})
	if f := r.Report().Findings; len(f) != 1 || f[0].Kind != budget.Unattributed {
		t.Errorf("found %+v", f)
	}
}

// deep calls f below so many different functions.
func deep(n int, f func()) {
	if n == 0 {
		f()
		return
	}
	func() { deeper(n-1, f) }()
}

func deeper(n int, f func()) {
	if n == 0 {
		f()
		return
	}
	func() { func() { deep(n-1, f) }() }()
}

// A read that a write has outdated is answered anew, and from then on a duplicate
// again.
func TestDuplicatesAfterAWrite(t *testing.T) {
	_, r := budget.NewContext(t.Context())
	for i, st := range []*statement.Statement{users, users, rename, users, users, users, rename, users, rename, rename, users, users} {
		x, err := r.Start(budget.Call{Database: db, Statement: st})
		must(t, err)
		x.End(0, nil)
		if got, want := r.Totals().Duplicates, []int64{0, 1, 1, 1, 2, 3, 3, 3, 3, 3, 3, 4}[i]; got != want {
			t.Errorf("after %d statements: %d duplicates, want %d", i+1, got, want)
		}
	}
}

func TestSlowestIncludesFetching(t *testing.T) {
	_, r := budget.NewContext(t.Context())
	x, err := r.Start(budget.Call{Database: db, Statement: users})
	must(t, err)
	x.Open()
	time.Sleep(time.Millisecond)
	x.Close(1, nil)
	if got := r.Report().Groups[0].Slowest; got < time.Millisecond {
		t.Errorf("slowest %v, of which 1ms was fetching", got)
	}
}

// Preparing and connecting are work of the database too.
func TestWallTimeOfPreparing(t *testing.T) {
	_, r := budget.NewContext(t.Context())
	began := r.Clock()
	time.Sleep(time.Millisecond)
	r.Prepared(began, nil)
	if got := r.Totals().WallTime; got < time.Millisecond {
		t.Errorf("wall time %v, of which 1ms was preparing", got)
	}
}
