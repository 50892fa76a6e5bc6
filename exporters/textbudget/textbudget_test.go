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
