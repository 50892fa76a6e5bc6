package textbudget_test

import (
	"context"
	"errors"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/exporters/textbudget"
	"github.com/querybudget/querybudget/statement"
)

var (
	db    = budget.NewDatabase(budget.DatabaseOptions{})
	users = &statement.Statement{
		Shape: "SELECT name FROM users WHERE id = ?", Summary: "SELECT users", Fingerprint: 1,
		Kind: statement.Read, Tables: []string{"users"}, Repeatable: true,
	}
)

// unit sends queries in a unit and ends it.
func unit(b budget.Budget, queries int, reporters ...budget.Reporter) {
	ctx, r := budget.NewContext(context.Background())
	d := budget.Delivery{Reporters: reporters}
	d.Begin(ctx, r)
	defer d.End(ctx, r)
	r.SetRoute(budget.Route{Method: "GET", Pattern: "/users/{id}"})
	r.SetBudget(b)
	for i := range queries {
		send(r, i)
	}
}

func send(r *budget.Recorder, arg int) {
	x, err := r.Start(budget.Call{Database: db, Statement: users, Arguments: statement.Arguments{List: uint64(arg + 1)}, Detail: &budget.CallDetail{SQL: "secret", Values: []any{"secret"}}})
	if err == nil {
		x.Open()
		x.Close(1, nil)
	}
}

var times = regexp.MustCompile(`\d[\d.]*(ns|µs|ms|s)\b`)

func text(b budget.Budget, queries int) string {
	var out strings.Builder
	unit(b, queries, textbudget.Reporter(&out))
	return times.ReplaceAllString(out.String(), "TIME")
}

func TestOneLineForWhatIsFine(t *testing.T) {
	for want, got := range map[string]string{
		"GET /users/{id}  1 query in TIME, 1 row: within its budget\n": text(budget.Budget{Queries: 3}, 1),
		"GET /users/{id}  2 queries in TIME, 2 rows: no budget\n":      text(budget.Budget{}, 2),
		"GET /users/{id}  0 queries in TIME: within its budget\n":      text(budget.Budget{Queries: 3}, 0),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// A block names the limit, the loop with its repair, and the statement with its line.
func TestBlock(t *testing.T) {
	got := text(budget.Budget{Queries: 3}, 20)
	for _, want := range []string{
		"GET /users/{id}  20 queries in TIME, 20 rows: exceeded its budget, 1 finding\n",
		"\n  budget  queries: 3 allowed, 20 observed in GET /users/{id}: SELECT users at exporters/textbudget/textbudget_test.go:",
		"\n  n+1     20x SELECT users at exporters/textbudget/textbudget_test.go:",
		"\n          -> ",
		"\n    20x ",
		"SELECT name FROM users WHERE id = ?  exporters/textbudget/textbudget_test.go:",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if strings.Contains(got, "secret") {
		t.Errorf("a value is told:\n%s", got)
	}
}

// A block has each part once, in this order.
func TestWholeBlock(t *testing.T) {
	got := regexp.MustCompile(`textbudget_test\.go:\d+`).ReplaceAllString(text(budget.Budget{Queries: 3}, 20), "LINE")
	got = strings.ReplaceAll(got, "exporters/textbudget/LINE textbudget_test.send", "LINE")
	want := `GET /users/{id}  20 queries in TIME, 20 rows: exceeded its budget, 1 finding
  budget  queries: 3 allowed, 20 observed in GET /users/{id}: SELECT users at LINE: ask for less, or raise Budget.Queries
  n+1     20x SELECT users at LINE
          -> one query for all`
	if !strings.HasPrefix(got, want) || strings.Count(got, "->") != 1 || strings.Count(got, "\n") != 5 {
		t.Errorf("got\n%s\nwant\n%s...", got, want)
	}
}

// A report with everything in it is a line all the same, if it is fine; and of one that is
// not, the first statements are listed, cut to a line of a terminal.
func TestStatementsAreBounded(t *testing.T) {
	full := func(b budget.Budget, statements int, shape string) string {
		ctx, r := budget.NewContext(t.Context())
		r.SetBudget(b)
		for i := range statements {
			x, err := r.Start(budget.Call{Database: db, Statement: &statement.Statement{Shape: shape, Fingerprint: statement.Fingerprint(i + 1)}})
			if err != nil {
				t.Fatal(err)
			}
			x.End(0, nil)
		}
		var out strings.Builder
		textbudget.Reporter(&out).Report(ctx, r.Report())
		return out.String()
	}
	if got := full(budget.Budget{Queries: 9}, 7, "SELECT 1"); strings.Count(got, "\n") != 1 {
		t.Errorf("fine, and not a line:\n%s", got)
	}
	if got := full(budget.Budget{Queries: 1}, 5, strings.Repeat("x", 100)); strings.Contains(got, "…") {
		t.Errorf("all that fits is shown:\n%s", got)
	}
	got := full(budget.Budget{Queries: 1}, 7, strings.Repeat("x", 101))
	if strings.Count(got, strings.Repeat("x", 100)+"… ") != 5 || !strings.Contains(got, "\n  … and 2 other statements\n") {
		t.Errorf("got\n%s", got)
	}
}

func TestVerdicts(t *testing.T) {
	if got := text(budget.Budget{Queries: 3, Mode: budget.Enforce}, 5); !strings.Contains(got, "3 queries in TIME, 3 rows, 2 refused: held to its budget\n  budget  queries: 3 allowed, refused number 4") {
		t.Errorf("refused:\n%s", got)
	}
	if got := text(budget.Budget{Queries: 50}, 20); !strings.Contains(got, ": within its budget, 1 finding\n  n+1  20x ") {
		t.Errorf("a finding alone:\n%s", got)
	}
	if got := text(budget.Budget{Queries: -5}, 1); !strings.Contains(got, "\n  budget  is not valid: ") {
		t.Errorf("not valid:\n%s", got)
	}
}

// A name cannot write lines of its own.
func TestNamesAreOneLine(t *testing.T) {
	var out strings.Builder
	textbudget.Reporter(&out).Report(t.Context(), &budget.Report{Name: "a\nGET /other  0 queries\x1b[2J"})
	if got := out.String(); strings.Count(got, "\n") != 1 || strings.Contains(got, "\x1b") {
		t.Errorf("got %q", got)
	}
}

// Blocks of requests at the same time do not mix, and an error of the writer hurts nobody.
func TestConcurrent(t *testing.T) {
	out := &torn{}
	r := textbudget.Reporter(out)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() { unit(budget.Budget{Queries: 3}, 20, r) })
	}
	wg.Wait()
	if out.writes != 20 {
		t.Errorf("%d writes", out.writes)
	}
}

// torn is a writer that fails. The race detector sees two writes at a time.
type torn struct{ writes int }

func (w *torn) Write([]byte) (int, error) {
	w.writes++
	return 0, errors.New("gone")
}

func TestNilWriter(t *testing.T) {
	defer func() {
		if p := recover(); p != "textbudget: Reporter with a nil io.Writer" {
			t.Errorf("got %v", p)
		}
	}()
	textbudget.Reporter(nil)
}

func ExampleReporter() {
	textbudget.Reporter(os.Stdout).Report(context.Background(), &budget.Report{
		Name: "GET /books/{id}", Totals: budget.Totals{Queries: 1, Rows: 1}, Verdict: budget.Verdict{Outcome: budget.Within},
	})
	// Output: GET /books/{id}  1 query in 0s, 1 row: within its budget
}
