package budget_test

import (
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/statement"
)

// Each limit, from both sides: what is allowed is let through in both modes,
// and what goes over is reported or refused.
func TestLimits(t *testing.T) {
	for name, test := range map[string]struct {
		budget  budget.Budget
		within  func(*budget.Recorder) error
		over    func(*budget.Recorder) error
		repeats int64 // in place of the two: one line that runs so often, and once more
		limit   budget.Limit
		allowed int64
	}{
		"queries": {
			budget: budget.Budget{Queries: 2}, limit: budget.LimitQueries, allowed: 2,
			within: func(r *budget.Recorder) error { return errors.Join(query(r, users, 1, 1), query(r, users, 2, 1)) },
			over:   func(r *budget.Recorder) error { return query(r, users, 3, 1) },
		},
		"no queries": {
			budget: budget.Budget{Queries: budget.None}, limit: budget.LimitQueries,
			over: func(r *budget.Recorder) error { return query(r, users, 1, 1) },
		},
		"writes": {
			budget: budget.Budget{Writes: 1}, limit: budget.LimitWrites, allowed: 1,
			within: func(r *budget.Recorder) error { return errors.Join(exec(r, rename, 1, nil), query(r, users, 2, 1)) },
			over:   func(r *budget.Recorder) error { return exec(r, rename, 2, nil) },
		},
		"repeats": {
			budget: budget.Budget{Repeats: 2}, limit: budget.LimitRepeats, allowed: 2,
			repeats: 2,
		},
		"no repeats": {
			budget: budget.Budget{Repeats: budget.None}, limit: budget.LimitRepeats, allowed: 1,
			repeats: 1,
		},
		"duplicates": {
			budget: budget.Budget{Duplicates: 1}, limit: budget.LimitDuplicates, allowed: 1,
			within: func(r *budget.Recorder) error {
				return errors.Join(query(r, users, 1, 1), query(r, users, 1, 1), query(r, users, 2, 1))
			},
			over: func(r *budget.Recorder) error { return query(r, users, 2, 1) },
		},
		"no duplicates": {
			budget: budget.Budget{Duplicates: budget.None}, limit: budget.LimitDuplicates,
			within: func(r *budget.Recorder) error { return query(r, users, 1, 1) },
			over:   func(r *budget.Recorder) error { return query(r, users, 1, 1) },
		},
		"no n+1": {
			budget: budget.Budget{NPlusOne: budget.None}, limit: budget.LimitNPlusOne,
			repeats: 4,
		},
		"rows": {
			budget: budget.Budget{Rows: 5}, limit: budget.LimitRows, allowed: 5,
			within: func(r *budget.Recorder) error { return query(r, users, 1, 5) },
			over:   func(r *budget.Recorder) error { return errors.Join(query(r, users, 2, 1), query(r, users, 3, 0)) },
		},
		"time": {
			budget: budget.Budget{Time: time.Hour}, limit: budget.LimitTime, allowed: int64(time.Hour),
			within: func(r *budget.Recorder) error { return query(r, users, 1, 5) },
			over: func(r *budget.Recorder) error {
				x, err := r.Start(budget.Call{Database: db, Statement: users})
				if err != nil {
					return err
				}
				r.SetBudget(budget.Budget{Time: 1, Mode: r.Report().Budget.Mode})
				time.Sleep(time.Microsecond)
				x.End(0, nil)
				return query(r, users, 3, 0)
			},
		},
	} {
		// The outcome of the part that is within the limit, then of the other.
		run := func(r *budget.Recorder) (outcomes []error) {
			for _, over := range []bool{false, true} {
				outcomes = append(outcomes, func() error {
					switch {
					case test.repeats > 0:
						n := test.repeats
						if over {
							n = 1
						}
						return repeat(r, n, over)
					case over:
						return test.over(r)
					case test.within != nil:
						return test.within(r)
					}
					return nil
				}())
				if v := r.Report().Verdict; !over && v.Outcome != budget.Within {
					t.Errorf("within the limit: %+v", v.Exceeded)
				}
			}
			return outcomes
		}
		t.Run(name+"/observe", func(t *testing.T) {
			_, r := budget.NewContext(t.Context())
			r.SetBudget(test.budget)
			must(t, errors.Join(run(r)...))
			report := r.Report()
			v := report.Verdict
			if v.Outcome != budget.Exceeded || len(v.Exceeded) != 1 || v.Exceeded[0].Limit != test.limit || v.Exceeded[0].Refused {
				t.Fatalf("over the limit: %s, %+v", v.Outcome, v.Exceeded)
			}
			checkSite(t, v.Exceeded[0])
			if !errors.Is(report.Err(), budget.ErrExceeded) {
				t.Errorf("Err is %v", report.Err())
			}
		})
		t.Run(name+"/enforce", func(t *testing.T) {
			_, r := budget.NewContext(t.Context())
			b := test.budget
			b.Mode = budget.Enforce
			r.SetRoute(budget.Route{Method: "GET", Pattern: "/x"})
			r.SetBudget(b)
			outcomes := run(r)
			must(t, outcomes[0])
			err := outcomes[1]
			var exceeded *budget.ExceededError
			if !errors.As(err, &exceeded) || !errors.Is(err, budget.ErrExceeded) {
				t.Fatalf("not refused: %v", err)
			}
			if exceeded.Limit != test.limit || !exceeded.Refused || exceeded.Name != "GET /x" || exceeded.ErrorType() != "budget_exceeded" {
				t.Errorf("got %+v", exceeded)
			}
			if test.limit != budget.LimitTime && exceeded.Allowed != test.allowed {
				t.Errorf("allowed %d, want %d", exceeded.Allowed, test.allowed)
			}
			checkSite(t, exceeded)
			report := r.Report()
			if report.Verdict.Outcome != budget.Blocked || report.Totals.Blocked != 1 || len(report.Verdict.Exceeded) != 1 {
				t.Errorf("verdict %s, %d blocked, %v", report.Verdict.Outcome, report.Totals.Blocked, report.Err())
			}
			must(t, exec(r, commit, 0, nil)) // never refused
			must(t, exec(r, begin, 0, nil))
		})
	}
}

// repeat asks n times from one line, each time for something else.
func repeat(r *budget.Recorder, n int64, again ...bool) error {
	for i := range n {
		arguments := uint64(i + 1)
		if len(again) > 0 && again[0] {
			arguments += 1000
		}
		if err := query(r, books, arguments, 1); err != nil {
			return err
		}
	}
	return nil
}

func checkSite(t *testing.T, e *budget.ExceededError) {
	t.Helper()
	if e.CallSite().File == "" || !strings.Contains(e.Error(), "_test.go:") {
		t.Errorf("no call site in %q", e)
	}
}

// The budget is kept exactly, however many ask at the same time.
func TestEnforceIsExact(t *testing.T) {
	for name, test := range map[string]struct {
		budget budget.Budget
		run    func(r *budget.Recorder, i int) error
		want   int64
	}{
		"queries":    {budget.Budget{Queries: 10}, func(r *budget.Recorder, i int) error { return query(r, users, uint64(i), 1) }, 10},
		"writes":     {budget.Budget{Writes: 10}, func(r *budget.Recorder, i int) error { return exec(r, rename, uint64(i), nil) }, 10},
		"repeats":    {budget.Budget{Repeats: 10}, func(r *budget.Recorder, i int) error { return query(r, users, uint64(i), 1) }, 10},
		"duplicates": {budget.Budget{Duplicates: 9}, func(r *budget.Recorder, _ int) error { return query(r, users, 1, 1) }, 10},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, unit := budget.NewContext(t.Context())
			test.budget.Mode = budget.Enforce
			unit.SetBudget(test.budget)
			_, scope := budget.With(ctx, "scope", budget.Budget{Queries: 50, Mode: budget.Enforce})
			var wg sync.WaitGroup
			for i := range 100 {
				r := unit
				if i%2 == 0 {
					r = scope
				}
				wg.Go(func() { _ = test.run(r, i) })
			}
			wg.Wait()
			got := unit.Totals()
			if got.Queries != test.want || got.Blocked != 100-test.want || got.Running != 0 {
				t.Errorf("%d executed, %d blocked", got.Queries, got.Blocked)
			}
		})
	}
}

// Queries that are declined give their room back, so that exactly as many run.
func TestEnforceIsExactWithDeclinedQueries(t *testing.T) {
	_, r := budget.NewContext(t.Context())
	r.SetBudget(budget.Budget{Queries: 10, Mode: budget.Enforce})
	var wg sync.WaitGroup
	for i := range 100 {
		wg.Go(func() {
			x, err := r.Start(budget.Call{Database: db, Statement: users, Arguments: statement.Arguments{List: uint64(i)}})
			if err != nil {
				return
			}
			x.Skip()
			_ = query(r, users, uint64(i), 1)
		})
	}
	wg.Wait()
	if got := r.Totals(); got.Queries != 10 {
		t.Errorf("%d executed", got.Queries)
	}
}

// One n+1 is allowed, a second one is not; the first may go on.
func TestEnforceNPlusOne(t *testing.T) {
	_, r := budget.NewContext(t.Context())
	r.SetBudget(budget.Budget{NPlusOne: 1, Mode: budget.Enforce})
	must(t, repeat(r, 20))
	var got []error
	for i := range 8 {
		got = append(got, query(r, users, uint64(i+1), 1))
	}
	for i, err := range got {
		if refused := errors.Is(err, budget.ErrExceeded); refused != (i >= 4) {
			t.Errorf("execution %d of the second loop: %v", i+1, err)
		}
	}
	if report := r.Report(); report.Totals.Blocked != 4 || report.Verdict.Exceeded[0].Limit != budget.LimitNPlusOne {
		t.Errorf("got %+v", report.Verdict)
	}
}

func TestSetBudgetReplaces(t *testing.T) {
	_, r := budget.NewContext(t.Context())
	must(t, repeat(r, 3)) // before the route's limit is known: it counts
	r.SetBudget(budget.Budget{Repeats: 3, Mode: budget.Enforce})
	for range 2 {
		if err := repeat(r, 1); err == nil {
			continue // another line of this test
		}
	}
	r.SetBudget(budget.Budget{Queries: 3, Mode: budget.Enforce})
	if err := query(r, users, 1, 1); !errors.Is(err, budget.ErrExceeded) {
		t.Errorf("what ran before does not count: %v", err)
	}
	r.SetBudget(budget.Budget{})
	must(t, query(r, users, 1, 1))
}

func TestValidate(t *testing.T) {
	for _, b := range []budget.Budget{{}, {Queries: 1, Writes: budget.None, Time: time.Second, Mode: budget.Enforce}} {
		must(t, b.Validate())
	}
	for _, b := range []budget.Budget{{Queries: -2}, {Rows: -7}, {Time: -2}, {Mode: 2}, {Repeats: -2}, {Duplicates: -3}, {Writes: -9}} {
		if err := b.Validate(); err == nil || !strings.HasPrefix(err.Error(), "budget: ") {
			t.Errorf("%+v: %v", b, err)
		}
	}
	if !(budget.Budget{Mode: budget.Enforce}).IsZero() || (budget.Budget{Rows: 1}).IsZero() {
		t.Error("IsZero is wrong")
	}
}

func TestExceededErrorText(t *testing.T) {
	_, r := budget.NewContext(t.Context())
	r.SetRoute(budget.Route{Method: "GET", Pattern: "/users"})
	r.SetBudget(budget.Budget{Queries: 1, Mode: budget.Enforce})
	must(t, query(r, users, 1, 1))
	err := query(r, users, 2, 1)
	const start, end = "budget: queries: 1 allowed, refused number 2 in GET /users: SELECT users at budget/account_test.go:", " budget_test.query: ask for less, or raise Budget.Queries"
	if got := err.Error(); !strings.HasPrefix(got, start) || !strings.HasSuffix(got, end) {
		t.Errorf("got %q", got)
	}
	text, jsonErr := json.Marshal(err)
	must(t, jsonErr)
	if !strings.Contains(string(text), `"limit":"queries","allowed":1,"observed":2,"name":"GET /users"`) {
		t.Errorf("got %s", text)
	}
}

func TestTextForms(t *testing.T) {
	for _, m := range []budget.Mode{budget.Observe, budget.Enforce} {
		var back budget.Mode
		text, err := m.MarshalText()
		must(t, errors.Join(err, back.UnmarshalText(text)))
		if back != m {
			t.Errorf("%v came back as %v", m, back)
		}
	}
	for k := statement.Other; k <= statement.Control; k++ {
		var back statement.Kind
		text, err := k.MarshalText()
		must(t, errors.Join(err, back.UnmarshalText(text)))
		if back != k {
			t.Errorf("%v came back as %v", k, back)
		}
	}
	if new(budget.Mode).UnmarshalText([]byte("x")) == nil {
		t.Error("a mode that does not exist was read")
	}
	if k := statement.Write; k.UnmarshalText([]byte("of a later version")) != nil || k != statement.Other {
		t.Errorf("a kind that is not known is %v", k)
	}
}

// A budget may come while a read is under way, which it then knows nothing of.
func TestDuplicatesOfAReadFromBeforeTheBudget(t *testing.T) {
	_, r := budget.NewContext(t.Context())
	x, err := r.Start(budget.Call{Database: db, Statement: users})
	must(t, err)
	r.SetBudget(budget.Budget{Duplicates: 1, Mode: budget.Enforce})
	x.Open()
	x.Close(1, nil)
	must(t, query(r, users, 0, 1))
	if err := query(r, users, 0, 1); !errors.Is(err, budget.ErrExceeded) {
		t.Errorf("the second duplicate: %v", err)
	}
}

// Reads that are in the driver count as answered: goroutines that ask the same at
// the same time do not all get through.
func TestDuplicatesAtTheSameTime(t *testing.T) {
	_, r := budget.NewContext(t.Context())
	r.SetBudget(budget.Budget{Duplicates: 1, Mode: budget.Enforce})
	start := func(st *statement.Statement, want bool) (x budget.Execution) {
		t.Helper()
		x, err := r.Start(budget.Call{Database: db, Statement: st})
		if (err == nil) != want {
			t.Errorf("%s: %v", st.Summary, err)
		}
		return x
	}
	first, other, second := start(users, true), start(books, true), start(users, true)
	start(users, false)
	start(books, false)
	first.End(0, nil) // was the one to ask
	start(users, false)
	second.Skip()
	third := start(users, true) // the room was given back
	start(books, false)
	third.End(0, nil)
	other.End(0, nil)
	start(books, false)
	if got := r.Totals(); got.Queries != 3 || got.Duplicates != 1 || got.Blocked != 5 || got.Running != 0 {
		t.Errorf("got %+v", got)
	}
}

// What ran before a budget was set counts against it.
func TestLoopsFromBeforeTheBudget(t *testing.T) {
	for name, b := range map[string]budget.Budget{
		"repeats": {Repeats: 4, Mode: budget.Enforce},
		"n+1":     {NPlusOne: budget.None, Mode: budget.Enforce},
	} {
		t.Run(name, func(t *testing.T) {
			_, r := budget.NewContext(t.Context())
			for i := range 5 {
				if i == 4 {
					r.SetBudget(b)
				}
				if err := query(r, users, uint64(i+1), 1); (err == nil) != (i < 4) {
					t.Errorf("query %d: %v", i+1, err)
				}
			}
		})
	}
}

// A write in the driver takes its room.
func TestWritesAtTheSameTime(t *testing.T) {
	_, r := budget.NewContext(t.Context())
	r.SetBudget(budget.Budget{Writes: 1, Mode: budget.Enforce})
	x, err := r.Start(budget.Call{Database: db, Statement: rename})
	must(t, err)
	if _, err := r.Start(budget.Call{Database: db, Statement: rename}); !errors.Is(err, budget.ErrExceeded) {
		t.Errorf("the second write: %v", err)
	}
	must(t, query(r, users, 1, 1))
	x.End(1, nil)
}

// However deep a function calls itself, it is one call site: for Repeats and NPlusOne, in
// both modes.
func TestRecursionIsLimited(t *testing.T) {
	for name, b := range map[string]budget.Budget{"repeats": {Repeats: 3}, "n+1": {NPlusOne: budget.None}} {
		t.Run(name, func(t *testing.T) {
			_, r := budget.NewContext(t.Context())
			r.SetBudget(b)
			if n := descend(r, 1, 20); n != 20 || r.Report().Verdict.Outcome != budget.Exceeded {
				t.Errorf("%d queries, %+v", n, r.Report().Verdict)
			}
			b.Mode = budget.Enforce
			_, r = budget.NewContext(t.Context())
			r.SetBudget(b)
			if n := descend(r, 1, 20); n >= 5 || r.Report().Verdict.Outcome != budget.Blocked {
				t.Errorf("enforced: %d queries, %+v", n, r.Report().Verdict)
			}
		})
	}
}

// descend asks for a row at each level, and returns how many levels it was let go.
func descend(r *budget.Recorder, level, depth int) int {
	if level > depth || query(r, users, uint64(level), 1) != nil {
		return 0
	}
	return 1 + descend(r, level+1, depth)
}
