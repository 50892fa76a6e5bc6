package corpus

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/budget/budgettest"
	"github.com/querybudget/querybudget/explain"
	"github.com/querybudget/querybudget/sqlwrap"
)

// recording is a test whose failures are kept.
type recording struct {
	*testing.T
	failures []string
}

func (r *recording) Errorf(format string, args ...any) {
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

// runIndexed runs a block and returns how it failed, empty if it did not.
func runIndexed(t *testing.T, want budgettest.Want, block func(ctx context.Context)) (string, *budget.Report) {
	t.Helper()
	r := &recording{T: t}
	report := budgettest.Run(r, want, block)
	return strings.Join(r.failures, "\n"), report
}

func read(t *testing.T, db *sql.DB, ctx context.Context, query string, args ...any) {
	t.Helper()
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	_ = rows.Close()
}

// The failure says what is read whole, from which line, and which index serves it.
func TestWantIndexed(t *testing.T) {
	eachPlans(t, func(t *testing.T, system string, db *sql.DB) {
		query := rebind(system, "SELECT title FROM books WHERE author_id = ?")
		block := func(ctx context.Context) { read(t, db, ctx, query, 1) }
		create := map[string]string{
			"postgres": "CREATE INDEX ON books (author_id) serves it (checked: the plan uses it, ",
			"mysql":    "CREATE INDEX books_author_id ON books (author_id) serves it (checked: the plan uses it, on a temporary copy)",
			"sqlite":   "CREATE INDEX books_author_id ON books (author_id) serves it (checked: the plan uses it, in a transaction that was rolled back)",
		}[system]
		failure, report := runIndexed(t, budgettest.Want{Indexed: explain.SQL(db)}, block)
		for _, part := range []string{
			"missing-index  1x SELECT books at plans_indexed_test.go:", "reads all of books: no index begins with author_id", "-> " + create,
			"Kind: budget.MissingIndex, Max: 1",
		} {
			if !strings.Contains(failure, part) {
				t.Errorf("no %q in\n%s", part, failure)
			}
		}
		if report.Totals.Queries != 1 {
			t.Errorf("%d queries are counted, want 1", report.Totals.Queries)
		}
		allowed := budgettest.Want{Indexed: explain.SQL(db), Allow: []budget.Allowance{{Kind: budget.MissingIndex, Max: 1, Reason: "ten books for ever"}}}
		if failure, _ := runIndexed(t, allowed, block); failure != "" {
			t.Errorf("allowed: %s", failure)
		}
		if failure, _ := runIndexed(t, budgettest.Want{Indexed: explain.SQL(db), SmallTables: []string{"Books"}}, block); failure != "" {
			t.Errorf("of a small table: %s", failure)
		}
		execute(t, db, "CREATE INDEX books_author ON books (author_id)")
		if failure, _ := runIndexed(t, budgettest.Want{Indexed: explain.SQL(db)}, block); failure != "" {
			t.Errorf("with the index: %s", failure)
		}
		if failure, _ := runIndexed(t, allowed, block); !strings.Contains(failure, "stale") {
			t.Errorf("an allowance in vain: %s", failure)
		}
	})
}

// What depends on a value is a hint, and is judged where the handle keeps values.
func TestWantIndexedByValues(t *testing.T) {
	const query = "SELECT title FROM books WHERE isbn LIKE $1 OR editor_id = $2"
	run := func(t *testing.T, db *sql.DB, pattern string) *budget.Report {
		_, report := runIndexed(t, budgettest.Want{Indexed: explain.SQL(db)}, func(ctx context.Context) { read(t, db, ctx, query, pattern, 2) })
		return report
	}
	plain := openPlans(t, "postgres")
	report := run(t, plain, "%9")
	if f := report.Findings; len(f) != 1 || f[0].Kind != budget.MissingIndex || f[0].Confidence != budget.Hint {
		t.Errorf("without values: %+v", f)
	}
	schema := ask(t, plain, "SELECT current_schema()")
	keeping, err := sqlwrap.Config{Arguments: true}.Open("pgx", postgresWith(t, schema))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = keeping.Close() })
	report = run(t, keeping, "%9")
	if f := report.Findings; len(f) != 1 || f[0].Kind != budget.MissingIndex || f[0].Confidence != budget.Candidate {
		t.Errorf("with values: %+v", f)
	}
}

// A check that cannot judge fails.
func TestWantIndexedSaysWhatItCannotJudge(t *testing.T) {
	db, other := openPlans(t, "sqlite"), openPlans(t, "sqlite")
	execute(t, other, "CREATE TABLE notes (id int)")
	failure, _ := runIndexed(t, budgettest.Want{Indexed: explain.SQL(db)}, func(ctx context.Context) { read(t, other, ctx, "SELECT id FROM notes WHERE id = 1") })
	if !strings.Contains(failure, "no such table: notes") {
		t.Errorf("of another database: %q", failure)
	}
	failure, _ = runIndexed(t, budgettest.Want{Indexed: explain.SQL(db)}, func(ctx context.Context) {
		read(t, db, ctx, "SELECT title FROM books WHERE title LIKE ?", "x%")
	})
	if !strings.Contains(failure, "nothing is known of the plans of all 1 statements") {
		t.Errorf("of a value: %q", failure)
	}
	db.SetMaxOpenConns(1)
	failure, _ = runIndexed(t, budgettest.Want{Indexed: explain.SQL(db)}, func(ctx context.Context) {
		rows, err := db.QueryContext(ctx, "SELECT title FROM books WHERE id = 1")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = rows.Close() })
	})
	if !strings.Contains(failure, "no connection of the pool was free") {
		t.Errorf("without a connection: %q", failure)
	}
}

// A unit that changes what its statements see is not judged by what others see.
func TestWantIndexedOfAChangedSchema(t *testing.T) {
	db := openPlans(t, "postgres")
	failure, report := runIndexed(t, budgettest.Want{Indexed: explain.SQL(db)}, func(ctx context.Context) {
		if _, err := db.ExecContext(ctx, "CREATE TEMPORARY TABLE drafts (id int, author_id int)"); err != nil {
			t.Fatal(err)
		}
		read(t, db, ctx, "SELECT title FROM books WHERE author_id = $1", 1)
	})
	for _, f := range report.Findings {
		if f.Kind == budget.MissingIndex && f.Confidence != budget.Hint {
			t.Errorf("%+v", f)
		}
	}
	if !strings.Contains(failure, "nothing is known") {
		t.Errorf("%q", failure)
	}
}

func postgresWith(t *testing.T, schema string) string {
	t.Helper()
	s := needServer(t, "postgres")
	_ = s.admin.Close()
	separator := "?"
	if strings.Contains(s.dsn, "?") {
		separator = "&"
	}
	return s.dsn + separator + "search_path=" + schema
}
