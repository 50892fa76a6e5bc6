package corpus

import (
	"context"
	"database/sql"
	"slices"
	"strings"
	"testing"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/budget/budgettest"
	"github.com/querybudget/querybudget/explain"
	"github.com/querybudget/querybudget/sqlwrap"
)

// Each repair that a finding of the corpus names gives the rows of its loop, on each
// database, or is one of those whose difference is known.
func TestRepairsAreProven(t *testing.T) {
	t.Parallel()
	for _, system := range Systems {
		t.Run(system, func(t *testing.T) {
			t.Parallel()
			s := needServer(t, system)
			s.config = sqlwrap.Config{Arguments: true}
			t.Cleanup(func() { _ = s.close(context.WithoutCancel(t.Context())) })
			n := map[string]int{}
			for i, c := range some() {
				if c.isProvenOn(system, i) && slices.ContainsFunc(c.Want, func(w Want) bool { return w.Kind == budget.NPlusOne || len(w.Also) > 0 }) {
					proveCase(t, s, &c, n)
				}
			}
			t.Logf("%v", n)
			if n["same"] < 30 && !testing.Short() {
				t.Errorf("%d repairs are proven: too few", n["same"])
			}
		})
	}
}

// isProvenOn reports whether a case is tried on a system: on one of those that it runs on, in turns, since to make
// its tables takes longer than all else.
func (c *Case) isProvenOn(system string, turn int) bool {
	on := slices.DeleteFunc(slices.Clone(Systems), func(s string) bool { return !c.runsOn(s) })
	return len(on) > 0 && on[turn%len(on)] == system
}

// A failing test says whether the repair that it names is one.
func TestWantRepairs(t *testing.T) {
	for _, system := range Systems {
		t.Run(system, func(t *testing.T) {
			s := needServer(t, system)
			s.config = sqlwrap.Config{Arguments: true}
			db := s.openPlans(t, planRows)
			query := rebind(system, "SELECT title FROM books WHERE author_id = ?")
			block := func(ctx context.Context) {
				for _, id := range []int{1, 2, 3} {
					read(t, db, ctx, query, id)
				}
			}
			failure, _ := runIndexed(t, budgettest.Want{Repairs: explain.SQL(db), Indexed: explain.SQL(db)}, block)
			if !strings.Contains(failure, "; tried: one query gives the same 3 rows: ") {
				t.Errorf("%s", failure)
			}
			execute(t, db, "DELETE FROM books")
			failure, _ = runIndexed(t, budgettest.Want{Repairs: explain.SQL(db)}, block)
			if !strings.Contains(failure, "; tried: both give no rows, which proves nothing") {
				t.Errorf("of no rows: %s", failure)
			}
			bare := openPlans(t, system)
			failure, _ = runIndexed(t, budgettest.Want{Repairs: explain.SQL(bare)}, func(ctx context.Context) {
				for _, id := range []int{1, 2, 3} {
					read(t, bare, ctx, query, id)
				}
			})
			if !strings.Contains(failure, "; not tried: ") || !strings.Contains(failure, "Arguments: true") {
				t.Errorf("without arguments: %s", failure)
			}
		})
	}
}

// knownDifferences are those that docs/findings.md tells of.
var knownDifferences = map[string]string{
	"hospital/search-until-found": "a key without rows has no count in one query, and 0 in the loop",
	"hospital/states":             "a key without rows has no count in one query, and 0 in the loop",
	"hospital/roles-in-code":      "a key without rows has no count in one query, and 0 in the loop",
	"warehouse/in-one-tx":         "a key without rows has no count in one query, and 0 in the loop",
	"ticketing/gates-in-between":  "a key without rows has no count in one query, and 0 in the loop",
	"league/calendar-of-a-week":   "a key without rows has no count in one query, and 0 in the loop",
	"hotel/second-day-by-day":     "a key without rows has no count in one query, and 0 in the loop",
	"property/filtered-in-go":     "a key without rows has no count in one query, and 0 in the loop",
	"hospital/repair-filter":      "SQLite names the column by its text",
}

// proveCase runs a case and proves the repairs of its loops.
func proveCase(t *testing.T, s *server, c *Case, n map[string]int) {
	t.Helper()
	db, err := s.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	e, err := newEnv(s.system, db)
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range c.Setup {
		execute(t, db, e.SQL(statement))
	}
	unit, r := budget.Bounds{TrackValues: true, Rules: budget.Rules{Slow: budget.None}}.NewContext(t.Context())
	if err := serve(unit, c, e); err != nil {
		t.Fatal(err)
	}
	report := r.Report()
	for _, f := range e.after {
		if err := f(); err != nil {
			t.Fatal(err)
		}
	}
	for i := range report.Findings {
		f := &report.Findings[i]
		if f.Batched() == "" {
			continue
		}
		proof, err := explain.Repair(t.Context(), explain.SQL(db), report, f)
		switch {
		case err != nil:
			n["not compared"]++
			t.Logf("%s: %s: %v", c.Name, f.Batched(), err)
		case proof.Difference != "" && knownDifferences[c.Name] != "":
			n["known"]++
			t.Logf("%s: %s: %v: %s", c.Name, f.Batched(), proof, knownDifferences[c.Name])
		case proof.Difference != "":
			n["different"]++
			t.Errorf("%s: %s: %v", c.Name, f.Batched(), proof)
		case !proof.Same:
			n["no rows"]++
		default:
			n["same"]++
		}
	}
}

// Whether a repeated read had another answer is told by the rows as they ran: asking again
// afterwards would prove nothing.
func TestChangedAnswers(t *testing.T) {
	eachPlans(t, func(t *testing.T, system string, db *sql.DB) {
		for _, changes := range []bool{false, true} {
			ctx, unit := budget.Bounds{TrackValues: true}.NewContext(t.Context())
			for i := range 2 {
				if i == 1 && changes {
					if _, err := db.ExecContext(budget.Without(ctx), "UPDATE books SET title = 'another' WHERE id = 1"); err != nil {
						t.Fatal(err)
					}
				}
				read(t, db, ctx, rebind(system, "SELECT title FROM books WHERE id = ?"), 1)
			}
			report := unit.Report()
			if q := report.Queries; len(q) != 2 || q[0].Changed || q[1].Changed != changes {
				t.Errorf("changes: %t, queries: %+v", changes, q)
			}
			if isFound := len(report.Findings) == 1 && report.Findings[0].Kind == budget.Duplicate; isFound == changes {
				t.Errorf("changes: %t, found %v", changes, report.Findings)
			}
		}
	})
}
