package diff_test

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/querybudget/querybudget/budget/budgettest"
	"github.com/querybudget/querybudget/cmd/querybudget/diff"
	"github.com/querybudget/querybudget/cmd/querybudget/result"
)

func entry(unit, kind, shape string, count int64) *result.Entry {
	return &result.Entry{
		Key: result.Key{Unit: unit, Kind: kind, Function: "store.List", Shape: shape}, Summary: "SELECT books", File: "store.go", Line: 48,
		FullFunction: "shop/store.List", Count: count, Least: count, Repair: "ask once",
	}
}

func between(e *result.Entry, least int64) *result.Entry { e.Least = least; return e }

func growing(e *result.Entry, g budgettest.Growth) *result.Entry {
	e.Grows, e.GrowthKnown = g, true
	return e
}

func of(entries ...*result.Entry) *result.Result {
	r := &result.Result{Runs: 1}
	for _, e := range entries {
		if i := slices.IndexFunc(r.Units, func(u result.Unit) bool { return u.Name == e.Unit }); i >= 0 {
			r.Units[i].Queries += e.Count
			continue
		}
		r.Units = append(r.Units, result.Unit{Name: e.Unit, Queries: e.Count})
	}
	slices.SortFunc(r.Units, func(a, b result.Unit) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(entries, func(a, b *result.Entry) int { return a.Key.Compare(b.Key) })
	r.Entries = entries
	return r
}

func TestCompare(t *testing.T) {
	const st = result.Statement
	for name, test := range map[string]struct {
		old, now *result.Result
		signs    []diff.Sign
		unstable int
		worse    int
	}{
		"the same":                {old: of(entry("GET /a", st, "S", 3)), now: of(entry("GET /a", st, "S", 3))},
		"more":                    {old: of(entry("GET /a", st, "S", 3)), now: of(entry("GET /a", st, "S", 5)), signs: []diff.Sign{diff.More}},
		"fewer":                   {old: of(entry("GET /a", st, "S", 3)), now: of(entry("GET /a", st, "S", 1)), signs: []diff.Sign{diff.Fewer}},
		"another one":             {old: of(entry("GET /a", st, "S", 3)), now: of(entry("GET /a", st, "T", 3)), signs: []diff.Sign{diff.New, diff.Gone}},
		"a finding":               {old: of(entry("GET /a", st, "S", 3)), now: of(entry("GET /a", st, "S", 3), entry("GET /a", "n+1", "S", 3)), signs: []diff.Sign{diff.New}, worse: 1},
		"a finding went away":     {old: of(entry("GET /a", st, "S", 3), entry("GET /a", "n+1", "S", 3)), now: of(entry("GET /a", st, "S", 3)), signs: []diff.Sign{diff.Gone}},
		"it grows":                {old: of(growing(entry("GET /a", st, "S", 3), budgettest.Constant)), now: of(growing(entry("GET /a", st, "S", 3), budgettest.Linear)), signs: []diff.Sign{diff.Grows}},
		"growth is not known":     {old: of(entry("GET /a", st, "S", 3)), now: of(growing(entry("GET /a", st, "S", 3), budgettest.Linear))},
		"within what runs differ": {old: of(between(entry("GET /a", st, "S", 5), 3)), now: of(entry("GET /a", st, "S", 4)), unstable: 1},
		"above what runs differ":  {old: of(between(entry("GET /a", st, "S", 5), 3)), now: of(entry("GET /a", st, "S", 6)), signs: []diff.Sign{diff.More}, unstable: 1},
		"in one of several runs":  {old: of(between(entry("GET /a", st, "S", 5), 0), entry("GET /a", st, "T", 1)), now: of(entry("GET /a", st, "T", 1)), unstable: 1},
		"only in one of the new":  {old: of(entry("GET /a", st, "T", 1)), now: of(entry("GET /a", st, "T", 1), between(entry("GET /a", "n+1", "S", 5), 0)), unstable: 1},
	} {
		d := diff.Compare(test.old, test.now)
		var signs []diff.Sign
		for _, u := range d.Units {
			for _, c := range slices.Concat(u.Complaints, u.Statements) {
				signs = append(signs, c.Sign)
			}
		}
		slices.Sort(signs)
		slices.Sort(test.signs)
		if !slices.Equal(signs, test.signs) || len(d.Unstable) != test.unstable || len(d.Worse()) != test.worse || d.Empty() != (len(test.signs) == 0) {
			t.Errorf("%s: %v, %d unstable, %d worse", name, signs, len(d.Unstable), len(d.Worse()))
		}
	}
}

// What ran on one side only is neither repaired nor new.
func TestRoutesOfOneSide(t *testing.T) {
	old := of(entry("GET /a", "n+1", "S", 3), entry("GET /b", result.Statement, "S", 3))
	now := of(entry("GET /b", result.Statement, "S", 3), entry("GET /c", "n+1", "S", 3), entry("GET /c", result.Statement, "S", 3))
	d := diff.Compare(old, now)
	if len(d.Units) != 0 || !slices.Equal(d.NotRun, []string{"GET /a"}) || len(d.Added) != 1 || d.Added[0].Name != "GET /c" || len(d.Added[0].Complaints) != 1 || len(d.Worse()) != 1 {
		t.Errorf("%+v", d)
	}
}

// Two sides that have nothing in common are not equal.
func TestNothingCompared(t *testing.T) {
	d := diff.Compare(of(), of(entry("GET /a", result.Statement, "S", 1)))
	for name, write := range map[string]func(io.Writer, *diff.Diff) error{"text": diff.Text, "markdown": diff.Markdown} {
		var out bytes.Buffer
		if err := write(&out, d); err != nil || !strings.Contains(out.String(), "nothing was compared") || strings.Contains(out.String(), "changed") {
			t.Errorf("%s: %v\n%s", name, err, out.String())
		}
	}
}

func TestWrite(t *testing.T) {
	old := of(entry("GET /authors", result.Statement, "SELECT a", 1), entry("GET /gone", result.Statement, "S", 3))
	loop := entry("GET /authors", "n+1", "SELECT b", 20)
	loop.Message, loop.Cause = "20x SELECT books, for the 20 rows of SELECT authors", "introduced in pages.go:40-52, the caller of store.go:48"
	now := of(entry("GET /authors", result.Statement, "SELECT a", 1), entry("GET /authors", result.Statement, "SELECT b", 20), loop,
		between(entry("GET /authors", result.Statement, "SELECT c", 2), 0))
	now.Units[0].Queries = 21
	d := diff.Compare(old, now)
	var text, markdown, encoded bytes.Buffer
	for out, write := range map[*bytes.Buffer]func() error{
		&text: func() error { return diff.Text(&text, d) }, &markdown: func() error { return diff.Markdown(&markdown, d) }, &encoded: func() error { return diff.JSON(&encoded, d) },
	} {
		if err := write(); err != nil || out.Len() == 0 {
			t.Fatal(err)
		}
	}
	want := `in GET /authors: this change adds 20 queries (1 before, 21 now)
  +  n+1 (new): 20x SELECT books, for the 20 rows of SELECT authors
       at store.go:48 store.List
       introduced in pages.go:40-52, the caller of store.go:48
       -> ask once
  +  statement (new): 20x SELECT b
       at store.go:48 store.List
       -> ask once
ran only before, so nothing is known of it: GET /gone
not stable, runs of the same code differ: SELECT books in GET /authors: 0 to 2
`
	if text.String() != want {
		t.Errorf("got\n%s", text.String())
	}
	for _, part := range []string{"### querybudget: 1 finding new or worse", "**`GET /authors`**: this change adds 20 queries", "| `new` | `n+1 (new): 20x SELECT books, for", "- ran only before: `GET /gone`"} {
		if !strings.Contains(markdown.String(), part) {
			t.Errorf("no %q in\n%s", part, markdown.String())
		}
	}
	if !json.Valid(encoded.Bytes()) {
		t.Error("no JSON")
	}
}
