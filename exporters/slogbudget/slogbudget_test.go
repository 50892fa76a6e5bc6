package slogbudget_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/exporters/slogbudget"
	"github.com/querybudget/querybudget/statement"
)

var (
	db    = budget.NewDatabase(budget.DatabaseOptions{})
	users = &statement.Statement{
		Shape: "SELECT * FROM users WHERE id = ?", Summary: "SELECT users", Fingerprint: 1,
		Kind: statement.Read, Tables: []string{"users"}, Repeatable: true,
	}
	long = &statement.Statement{Shape: strings.Repeat("ä", 1000), Fingerprint: 2}
)

func report(b budget.Budget, statements ...*statement.Statement) *budget.Report {
	_, r := budget.NewContext(context.Background())
	r.SetRoute(budget.Route{Method: "GET", Pattern: "/users/{id}"})
	r.SetBudget(b)
	for _, st := range statements {
		x, err := r.Start(budget.Call{Database: db, Statement: st, Detail: &budget.CallDetail{SQL: "secret", Values: []any{"secret"}}})
		if err == nil {
			x.End(0, nil)
		}
	}
	return r.Report()
}

// A refused query is at WARN, also where the budget that refused it was replaced.
func TestBlockedIsWarned(t *testing.T) {
	ctx, r := budget.NewContext(t.Context())
	r.SetBudget(budget.Budget{Queries: budget.None, Mode: budget.Enforce})
	if _, err := r.Start(budget.Call{Database: db, Statement: users}); err == nil {
		t.Fatal("it was not refused")
	}
	r.SetBudget(budget.Budget{})
	var out bytes.Buffer
	slogbudget.Reporter(slog.New(slog.NewTextHandler(&out, nil))).Report(ctx, r.Report())
	if got := out.String(); !strings.Contains(got, `level=WARN msg="query budget exceeded"`) || !strings.Contains(got, "outcome=blocked") {
		t.Errorf("got %s", got)
	}
}

func TestLevels(t *testing.T) {
	within, over := report(budget.Budget{Queries: 5}, users), report(budget.Budget{Queries: 1}, users, users)
	for name, test := range map[string]struct {
		options slogbudget.Options
		level   slog.Level
		want    string
	}{
		"default at info":  {slogbudget.Options{}, slog.LevelInfo, "WARN query budget exceeded"},
		"default at debug": {slogbudget.Options{}, slog.LevelDebug, "DEBUG database queries, WARN query budget exceeded"},
		"each request":     {slogbudget.Options{Level: slog.LevelInfo}, slog.LevelInfo, "INFO database queries, WARN query budget exceeded"},
		"louder":           {slogbudget.Options{ExceededLevel: slog.LevelError}, slog.LevelInfo, "ERROR query budget exceeded"},
		"off":              {slogbudget.Options{}, slog.LevelError, ""},
	} {
		var out bytes.Buffer
		r := test.options.Reporter(slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: test.level})))
		r.Report(t.Context(), within)
		r.Report(t.Context(), over)
		var got []string
		for line := range strings.Lines(out.String()) {
			var record struct{ Level, Msg string }
			if err := json.Unmarshal([]byte(line), &record); err != nil {
				t.Fatal(err)
			}
			got = append(got, record.Level+" "+record.Msg)
		}
		if strings.Join(got, ", ") != test.want {
			t.Errorf("%s: got %q", name, got)
		}
	}
}

// A budget that is not valid is said at the level of one that was exceeded.
func TestInvalidBudget(t *testing.T) {
	var out bytes.Buffer
	slogbudget.Reporter(slog.New(slog.NewTextHandler(&out, nil))).Report(t.Context(), report(budget.Budget{Time: 50}))
	if got := out.String(); !strings.Contains(got, `level=WARN msg="query budget invalid"`) || !strings.Contains(got, `invalid="budget: the limit of time is 50ns`) {
		t.Errorf("got %q", got)
	}
}

func TestText(t *testing.T) {
	var out bytes.Buffer
	slogbudget.Reporter(slog.New(slog.NewTextHandler(&out, nil))).Report(t.Context(), report(budget.Budget{Queries: 2, Duplicates: budget.None}, users, users, users, long))
	got := out.String()
	for _, want := range []string{
		`name="GET /users/{id}"`, "outcome=exceeded", "db.queries=4", "db.duplicates=2",
		`exceeded="budget: queries: 2 allowed, 4 observed in GET /users/{id}`,
		`worst="3x SELECT * FROM users WHERE id = ? at exporters/slogbudget/slogbudget_test.go:`,
		`duplicates="2x SELECT * FROM users WHERE id = ? at exporters/slogbudget/slogbudget_test.go:`,
		"ä…",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
	if strings.Count(got, "\n") != 1 || strings.Contains(got, "secret") || len(got) > 2500 {
		t.Errorf("not one short line without values: %s", got)
	}
}

func TestJSON(t *testing.T) {
	var out bytes.Buffer
	slogbudget.Options{Groups: 1}.Reporter(slog.New(slog.NewJSONHandler(&out, nil))).Report(t.Context(), report(budget.Budget{Queries: 1}, users, users, long))
	var record struct {
		Name     string
		DB       struct{ Queries int }
		Exceeded []struct {
			Limit    string
			Observed int
		}
		Worst []struct {
			Count int
			Shape string
			File  string
			Line  int
		}
	}
	if err := json.Unmarshal(out.Bytes(), &record); err != nil {
		t.Fatal(err)
	}
	if record.DB.Queries != 3 || len(record.Exceeded) != 1 || record.Exceeded[0].Observed != 3 ||
		len(record.Worst) != 1 || record.Worst[0].Count != 2 || record.Worst[0].Line == 0 {
		t.Errorf("got %+v\n%s", record, out.String())
	}
}

func TestFindings(t *testing.T) {
	_, r := budget.NewContext(t.Context())
	r.SetName("page")
	star := &statement.Statement{Shape: "SELECT * FROM books WHERE author_id = ?", Summary: "SELECT books", Fingerprint: 3, Kind: statement.Read, Tables: []string{"books"}, Star: true}
	for i := range 6 {
		x, err := r.Start(budget.Call{Database: db, Statement: star, Arguments: statement.Arguments{List: uint64(i + 1)}})
		if err != nil {
			t.Fatal(err)
		}
		x.End(0, nil)
	}
	for name, test := range map[string]struct {
		options slogbudget.Options
		want    []string
		not     string
	}{
		"default": {slogbudget.Options{}, []string{"level=INFO", `msg="database queries with findings"`, `findings="n+1 (candidate): 6x SELECT books at exporters/slogbudget/slogbudget_test.go:`, "-> one query for all"}, "select-star"},
		"hints":   {slogbudget.Options{Hints: true}, []string{"n+1 (candidate)", "select-star (hint)"}, "level=WARN"},
		"louder":  {slogbudget.Options{FindingLevel: slog.LevelWarn}, []string{"level=WARN"}, "level=INFO"},
	} {
		var out bytes.Buffer
		test.options.Reporter(slog.New(slog.NewTextHandler(&out, nil))).Report(t.Context(), r.Report())
		for _, want := range test.want {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s: no %s in\n%s", name, want, out.String())
			}
		}
		if strings.Contains(out.String(), test.not) {
			t.Errorf("%s: %s in\n%s", name, test.not, out.String())
		}
	}
	var out bytes.Buffer
	slogbudget.Reporter(slog.New(slog.NewJSONHandler(&out, nil))).Report(t.Context(), r.Report())
	var record struct {
		Findings []struct {
			Kind, Confidence, Repair string
			Count                    int
			CallSite                 struct{ Line int } `json:"call_site"`
		}
	}
	if err := json.Unmarshal(out.Bytes(), &record); err != nil {
		t.Fatal(err)
	}
	if f := record.Findings; len(f) != 1 || f[0].Kind != "n+1" || f[0].Count != 6 || f[0].CallSite.Line == 0 || f[0].Repair == "" {
		t.Errorf("got %+v\n%s", f, out.String())
	}
}

// A level for findings raises that of a record, and never lowers it.
func TestFindingLevelLowersNothing(t *testing.T) {
	_, r := budget.NewContext(t.Context())
	for i := range 6 {
		st := &statement.Statement{Shape: "SELECT books", Kind: statement.Read, Tables: []string{"books"}}
		x, err := r.Start(budget.Call{Database: db, Statement: st, Arguments: statement.Arguments{List: uint64(i + 1)}})
		if err != nil {
			t.Fatal(err)
		}
		x.Open()
		x.Close(1, nil)
	}
	for _, test := range []struct{ level, finding, want slog.Level }{
		{slog.LevelError, slog.LevelInfo, slog.LevelError}, {slog.LevelInfo, slog.LevelError, slog.LevelError}, {slog.LevelWarn, slog.LevelWarn, slog.LevelWarn},
	} {
		var out bytes.Buffer
		slogbudget.Options{Level: test.level, FindingLevel: test.finding}.Reporter(slog.New(slog.NewTextHandler(&out, nil))).Report(t.Context(), r.Report())
		if want := "level=" + test.want.String(); !strings.Contains(out.String(), want) || !strings.Contains(out.String(), "n+1") {
			t.Errorf("level %v, for findings %v: no %s in %s", test.level, test.finding, want, out.String())
		}
	}
}

func TestScopesAreNamed(t *testing.T) {
	ctx, r := budget.NewContext(t.Context())
	r.SetName("job")
	_, s := budget.With(ctx, "step", budget.Budget{Queries: budget.None})
	x, err := s.Start(budget.Call{Database: db, Statement: users})
	if err != nil {
		t.Fatal(err)
	}
	x.End(0, nil)
	var out bytes.Buffer
	slogbudget.Reporter(slog.New(slog.NewTextHandler(&out, nil))).Report(t.Context(), r.Report())
	if !strings.Contains(out.String(), "level=WARN") || !strings.Contains(out.String(), "job > step") {
		t.Errorf("got %s", out.String())
	}
}

func TestNilLogger(t *testing.T) {
	defer func() {
		if got := fmt.Sprint(recover()); !strings.HasPrefix(got, "slogbudget: ") {
			t.Errorf("panic %q", got)
		}
	}()
	slogbudget.Reporter(nil)
}

func BenchmarkReport(b *testing.B) {
	logger := slogbudget.Reporter(slog.New(slog.NewJSONHandler(io.Discard, nil)))
	r := report(budget.Budget{Queries: 1}, users, users, users)
	b.ReportAllocs()
	for b.Loop() {
		logger.Report(b.Context(), r)
	}
}

func ExampleReporter() {
	logger := slog.New(slog.NewTextHandler(os.Stdout, &slog.HandlerOptions{
		ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
			switch a.Key {
			case "level", "msg", "name", "outcome", "queries":
				return a
			}
			if a.Value.Kind() == slog.KindGroup {
				return a
			}
			return slog.Attr{}
		},
	}))
	_, r := budget.NewContext(context.Background())
	r.SetName("nightly")
	r.SetBudget(budget.Budget{Queries: 10})
	slogbudget.Options{Level: slog.LevelInfo}.Reporter(logger).Report(context.Background(), r.Report())
	// Output: level=INFO msg="database queries" name=nightly outcome=within db.queries=0
}

func TestNeeds(t *testing.T) {
	for groups, want := range map[int]budget.Content{0: budget.WhatIsFound, budget.None: budget.WhatIsFound, 3: budget.Everything} {
		r := slogbudget.Options{Groups: groups}.Reporter(slog.New(slog.DiscardHandler)).(budget.NeedyReporter)
		if n := r.Needs(); n != (budget.Needs{Content: want, Late: true, Quick: true}) {
			t.Errorf("with Groups %d: %+v", groups, n)
		}
	}
}

// A handler that prints values as they are, as slog's default one does with the
// message, prints one line.
func TestNamesForgeNoRecord(t *testing.T) {
	const forged = "x\nlevel=INFO msg=forged\x1b[2K\u202e"
	st := &statement.Statement{
		Shape: forged, Summary: forged, Kind: statement.Read, Tables: []string{forged}, Repeatable: true,
	}
	_, r := budget.NewContext(t.Context())
	r.SetName(forged)
	r.SetBudget(budget.Budget{Queries: 1})
	for i := range 6 {
		x, err := r.Start(budget.Call{Database: db, Statement: st, Arguments: statement.Arguments{List: uint64(i%5 + 1)}})
		if err != nil {
			t.Fatal(err)
		}
		x.Open()
		x.Close(1, nil)
	}
	for name, handler := range map[string]func(io.Writer) slog.Handler{
		"text": func(w io.Writer) slog.Handler { return slog.NewTextHandler(w, nil) },
		"json": func(w io.Writer) slog.Handler { return slog.NewJSONHandler(w, nil) },
		"values": func(w io.Writer) slog.Handler {
			return slog.NewTextHandler(w, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
				if s, ok := a.Value.Any().(fmt.Stringer); ok && strings.ContainsAny(s.String(), "\n\x1b\u202e") {
					t.Errorf("%s is %q", a.Key, s)
				}
				return a
			}})
		},
	} {
		var out bytes.Buffer
		slogbudget.Reporter(slog.New(handler(&out))).Report(t.Context(), r.Report())
		if got := out.String(); strings.Count(got, "\n") != 1 || strings.Contains(got, "\x1b") || !strings.Contains(got, "forged") {
			t.Errorf("%s: %q", name, got)
		}
	}
}
