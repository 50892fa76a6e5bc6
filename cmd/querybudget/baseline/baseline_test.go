package baseline_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/budget/budgettest"
	"github.com/querybudget/querybudget/cmd/querybudget/baseline"
	"github.com/querybudget/querybudget/cmd/querybudget/result"
)

// finding is an entry of a kind with a count. An n+1 is linear, as in reports.
func finding(unit, kind, shape string, count int64) *result.Entry {
	e := &result.Entry{Key: result.Key{Unit: unit, Kind: kind, Function: "store.List", Shape: shape}, Count: count, Least: count, Places: 1, Confidence: budget.Candidate}
	if kind == "n+1" {
		e.Grows, e.GrowthKnown = budgettest.Linear, true
	}
	e.Tests = []string{"shop.TestList"}
	return e
}

// seen makes a result of entries, whose units ran in TestList.
func seen(entries ...*result.Entry) *result.Result {
	r := &result.Result{Version: result.Version, Runs: 1}
	for _, unit := range []string{"GET /a", "GET /b", "GET /c"} {
		r.Units = append(r.Units, result.Unit{Name: unit, Tests: []string{"shop.TestList"}})
	}
	slices.SortFunc(entries, func(a, b *result.Entry) int { return a.Key.Compare(b.Key) })
	r.Entries = entries
	return r
}

func accepted(t *testing.T, entries ...*result.Entry) *baseline.File {
	t.Helper()
	f := &baseline.File{}
	if _, err := f.Accept(seen(entries...), "as it was", nil); err != nil {
		t.Fatal(err)
	}
	return f
}

func TestCheck(t *testing.T) {
	places := func(e *result.Entry, n int64) *result.Entry { e.Places = n; return e }
	grown := func(e *result.Entry, g budgettest.Growth) *result.Entry { e.Grows, e.GrowthKnown = g, true; return e }
	unstable := func(e *result.Entry, least int64) *result.Entry { e.Least = least; return e }
	base := func() []*result.Entry {
		return []*result.Entry{finding("GET /a", "n+1", "SELECT 1", 5), finding("GET /b", "duplicate", "SELECT 2", 3)}
	}
	for name, test := range map[string]struct {
		now   []*result.Entry
		fails []result.State
		stale int
		lower int
	}{
		"the same":                      {now: base()},
		"a loop over more data":         {now: []*result.Entry{finding("GET /a", "n+1", "SELECT 1", 500), base()[1]}},
		"more duplicates":               {now: []*result.Entry{base()[0], finding("GET /b", "duplicate", "SELECT 2", 4)}, fails: []result.State{result.Worse}},
		"fewer duplicates":              {now: []*result.Entry{base()[0], finding("GET /b", "duplicate", "SELECT 2", 2)}, lower: 1},
		"one repaired, one new":         {now: []*result.Entry{base()[0], finding("GET /b", "duplicate", "SELECT 3", 3)}, fails: []result.State{result.New}, stale: 1},
		"the same in another route":     {now: append(base(), finding("GET /c", "n+1", "SELECT 1", 5)), fails: []result.State{result.New}},
		"another loop of the function":  {now: []*result.Entry{places(finding("GET /a", "n+1", "SELECT 1", 5), 2), base()[1]}, fails: []result.State{result.Worse}},
		"a loop in a loop":              {now: []*result.Entry{grown(finding("GET /a", "n+1", "SELECT 1", 25), budgettest.Quadratic), base()[1]}, fails: []result.State{result.Worse}},
		"a constant that is now linear": {now: []*result.Entry{base()[0], grown(finding("GET /b", "duplicate", "SELECT 2", 3), budgettest.Linear)}, fails: []result.State{result.Worse}},
		"more in one of several runs":   {now: []*result.Entry{base()[0], unstable(finding("GET /b", "duplicate", "SELECT 2", 9), 3)}},
		"a statement and a slow query":  {now: append(base(), finding("GET /c", result.Statement, "SELECT 9", 1), finding("GET /c", "slow", "SELECT 9", 1))},
		"everything repaired":           {stale: 2},
		"one that is less sure":         {now: []*result.Entry{{Key: base()[0].Key, Count: 9, Confidence: budget.Hint}, base()[1]}},
		"a hint, and what code allows":  {now: append(base(), &result.Entry{Key: result.Key{Unit: "GET /c", Kind: "few-rows"}, Confidence: budget.Hint}, &result.Entry{Key: result.Key{Unit: "GET /c", Kind: "n+1"}, Allowed: "#41"})},
	} {
		v := accepted(t, base()...).Check(seen(test.now...))
		var states []result.State
		for _, e := range v.Failing {
			states = append(states, e.State)
		}
		if !slices.Equal(states, test.fails) || len(v.Stale) != test.stale || len(v.Lower) != test.lower || len(v.Unexercised) > 0 {
			t.Errorf("%s: fails %v, %d stale, %d lower, %d unexercised", name, states, len(v.Stale), len(v.Lower), len(v.Unexercised))
		}
	}
}

// What did not run, not wholly or not to its end is not repaired.
func TestNotRunIsNotRepaired(t *testing.T) {
	base := func() *baseline.File { return accepted(t, finding("GET /a", "n+1", "SELECT 1", 5)) }
	for name, change := range map[string]func(*result.Result){
		"the route was not asked for": func(r *result.Result) { r.Units = r.Units[1:] },
		"another test asked for it":   func(r *result.Result) { r.Units[0].Tests = []string{"shop.TestOther"} },
		"the package crashed":         func(r *result.Result) { r.Packages = []result.Package{{Package: "shop", State: result.Crashed}} },
		"the package timed out":       func(r *result.Result) { r.Packages = []result.Package{{Package: "shop", State: result.TimedOut}} },
		"the package was cached":      func(r *result.Result) { r.Packages = []result.Package{{Package: "shop", State: result.Cached}} },
		"the package did not build":   func(r *result.Result) { r.Packages = []result.Package{{Package: "shop", State: result.Unbuilt}} },
	} {
		r := seen()
		change(r)
		f := base()
		if v := f.Check(r); len(v.Unexercised) != 1 || len(v.Stale) != 0 || len(v.Failing) != 0 {
			t.Errorf("%s: %+v", name, v)
		}
		if removed, lowered := f.Prune(r, false); removed+lowered != 0 || f.Len() != 1 {
			t.Errorf("%s: pruned %d, %d", name, removed, lowered)
		}
		if removed, _ := f.Prune(r, true); removed != 1 || f.Len() != 0 {
			t.Errorf("%s: kept what was asked to go", name)
		}
	}
	f := base()
	r := seen()
	r.Packages = []result.Package{{Package: "shop/other", State: result.Crashed}, {Package: "shop", State: result.Failed}}
	if removed, _ := f.Prune(r, false); removed != 1 {
		t.Error("a repaired finding stays because of another package")
	}
}

func TestAcceptOnlyAdds(t *testing.T) {
	f := accepted(t, finding("GET /a", "duplicate", "SELECT 1", 5), finding("GET /b", "n+1", "SELECT 2", 5))
	before := f.Text()
	now := seen(finding("GET /a", "duplicate", "SELECT 1", 2)) // less, and one is gone
	if n, err := f.Accept(now, "no", nil); n != 0 || err != nil || f.Text() != before {
		t.Errorf("accept took %d, %v:\n%s", n, err, f.Text())
	}
	for _, reason := range []string{"", " \t"} {
		if _, err := f.Accept(now, reason, nil); err == nil {
			t.Errorf("accepted for the reason %q", reason)
		}
	}
	now = seen(finding("GET /a", "duplicate", "SELECT 1", 7), finding("GET /c", "n+1", "SELECT 3", 5))
	only := func(e *result.Entry) bool { return e.Unit == "GET /a" }
	if n, err := f.Accept(now, "for now", only); n != 1 || err != nil || f.Len() != 2 || !strings.Contains(f.Text(), `"count":7,"reason":"for now"`) {
		t.Errorf("accept took %d, %v:\n%s", n, err, f.Text())
	}
}

func TestPruneOnlyLowers(t *testing.T) {
	f := accepted(t, finding("GET /a", "duplicate", "SELECT 1", 5), finding("GET /b", "n+1", "SELECT 2", 5))
	now := seen(finding("GET /a", "duplicate", "SELECT 1", 9), finding("GET /b", "n+1", "SELECT 2", 50), finding("GET /c", "n+1", "SELECT 3", 5))
	before := f.Text()
	if removed, lowered := f.Prune(now, true); removed+lowered != 0 || f.Text() != before {
		t.Errorf("prune changed %d, %d:\n%s", removed, lowered, f.Text())
	}
	now = seen(finding("GET /a", "duplicate", "SELECT 1", 2))
	now.Units[0].Tests = []string{"shop.TestOther"} // with other data, perhaps
	if _, lowered := f.Prune(now, false); lowered != 0 {
		t.Error("lowered by another test than the one that had shown it")
	}
	f = accepted(t, finding("GET /a", "duplicate", "SELECT 1", 5), finding("GET /b", "n+1", "SELECT 2", 5))
	now = seen(finding("GET /a", "duplicate", "SELECT 1", 2))
	if removed, lowered := f.Prune(now, false); removed != 1 || lowered != 1 || !strings.Contains(f.Text(), `"count":2`) || f.Len() != 1 {
		t.Errorf("prune changed %d, %d:\n%s", removed, lowered, f.Text())
	}
}

func TestFile(t *testing.T) {
	f := accepted(t, finding("GET /b", "duplicate", "SELECT '<&>' FROM \"t\"", 2), finding("GET /a", "n+1", "SELECT 1", 5))
	want := `{"querybudget_baseline":1}
{"unit":"GET /a","kind":"n+1","function":"store.List","shape":"SELECT 1","grows":"linear","reason":"as it was","tests":["shop.TestList"]}
{"unit":"GET /b","kind":"duplicate","function":"store.List","shape":"SELECT '<&>' FROM \"t\"","count":2,"reason":"as it was","tests":["shop.TestList"]}
`
	if got := f.Text(); got != want {
		t.Errorf("got\n%s", got)
	}
	name := filepath.Join(t.TempDir(), baseline.Name)
	if err := f.Save(name); err != nil {
		t.Fatal(err)
	}
	again, err := baseline.Load(name)
	if err != nil || again.Text() != want {
		t.Errorf("%v\n%s", err, again.Text())
	}
	if crlf, err := baseline.Parse("b", []byte(strings.ReplaceAll(want, "\n", "\r\n"))); err != nil || crlf.Text() != want {
		t.Errorf("with the line ends of Windows: %v", err)
	}
}

func TestBrokenFiles(t *testing.T) {
	const head = `{"querybudget_baseline":1}` + "\n"
	const line = `{"unit":"a","kind":"n+1","reason":"r"}` + "\n"
	for name, test := range map[string]struct{ text, want string }{
		"no header":      {line, "b:1: this is no baseline"},
		"a newer one":    {`{"querybudget_baseline":2}`, "b:1: a baseline of version 2"},
		"blank":          {"\n\n", "b:1: this is no baseline"},
		"markers":        {head + line + "<<<<<<< HEAD\n" + line + "=======\n>>>>>>> x\n", "b:3: a merge was not resolved here"},
		"no reason":      {head + `{"unit":"a","kind":"n+1"}`, "b:2: an entry needs a reason"},
		"no unit":        {head + `{"kind":"n+1","reason":"r"}`, "b:2: an entry needs a unit and a kind"},
		"a statement":    {head + `{"unit":"a","kind":"statement","reason":"r"}`, "b:2: a statement is nothing"},
		"unknown field":  {head + line + `{"unit":"a","kind":"n+1","reason":"r","lines":[3]}`, `b:3: not an entry: json: unknown field "lines"`},
		"two in a line":  {head + strings.TrimSpace(line) + line, "b:2: more than one entry"},
		"cut off":        {head + line[:20], "b:2: not an entry"},
		"below zero":     {head + `{"unit":"a","kind":"n+1","reason":"r","count":-1}`, "b:2: a count below zero"},
		"unknown growth": {head + `{"unit":"a","kind":"n+1","reason":"r","grows":"cubic"}`, "b:2: not an entry: budgettest: unknown growth"},
		"the key twice":  {head + line + `{"unit":"a","kind":"n+1","reason":"other"}`, "b:3: the key of line 2 again"},
	} {
		if f, err := baseline.Parse("b", []byte(test.text)); err == nil || f != nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%s: %v, want %s", name, err, test.want)
		}
	}
	if f, err := baseline.Parse("b", []byte(head+line+line)); err != nil || f.Len() != 1 {
		t.Errorf("the same line twice: %v", err)
	}
	if f, err := baseline.Parse("b", nil); err != nil || f.Len() != 0 {
		t.Errorf("an empty file: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("{\"querybudget_baseline\":1}\n{\"unit\":\"a\",\"kind\":\"n+1\",\"count\":3,\"grows\":\"linear\",\"reason\":\"r\",\"tests\":[\"T\"]}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		file, err := baseline.Parse("b", text)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "b:") {
				t.Fatalf("no line in %v", err)
			}
			return
		}
		again, err := baseline.Parse("b", []byte(file.Text()))
		if err != nil || again.Text() != file.Text() {
			t.Fatalf("%v: %s", err, file.Text())
		}
	})
}

// world is a baseline as a map of its lines: the oracle of merges knows nothing else.
type world map[string]string

func (w world) text() string {
	text := `{"querybudget_baseline":1}` + "\n"
	keys := make([]string, 0, len(w))
	for k := range w {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	for _, k := range keys {
		text += w[k]
	}
	return text
}

// lineFor makes a line: the value of a key is its count, so that a field is the whole
// value and what the oracle says of lines holds for fields.
func lineFor(key string, count int) string {
	text, err := json.Marshal(map[string]any{"count": count})
	if err != nil {
		panic(err)
	}
	return fmt.Sprintf(`{"unit":%q,"kind":"duplicate",%s,"reason":"r"}`+"\n", key, strings.Trim(string(text), "{}"))
}

// changed is a branch: lines are added, removed and changed at random.
func changed(r *rand.Rand, w world) world {
	out := world{}
	for k, v := range w {
		switch r.IntN(8) {
		case 0: // removed
		case 1:
			out[k] = lineFor(k, 1+r.IntN(3))
		default:
			out[k] = v
		}
	}
	for range r.IntN(4) {
		k := fmt.Sprintf("GET /%02d", r.IntN(40))
		out[k] = lineFor(k, 1+r.IntN(3))
	}
	return out
}

// On 200 random pairs of branches nothing is lost, nothing is added that neither had, and
// true conflicts are said. Where git's plain text merge finds no conflict, it says the same.
func TestMergeOfRandomBranches(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	plain, conflicting := 0, 0
	for n := range 200 {
		base := world{}
		for range 4 + r.IntN(20) {
			k := fmt.Sprintf("GET /%02d", r.IntN(40))
			base[k] = lineFor(k, 1+r.IntN(3))
		}
		ours, theirs := changed(r, base), changed(r, base)
		want, conflicts := world{}, []string{}
		for k := range 40 {
			key := fmt.Sprintf("GET /%02d", k)
			o, a, b := base[key], ours[key], theirs[key]
			switch {
			case a == b || b == o:
				want[key] = a
			case a == o:
				want[key] = b
			default:
				conflicts = append(conflicts, key)
				want[key] = "<<<<<<< ours\n" + a + "=======\n" + b + ">>>>>>> theirs\n"
			}
			if want[key] == "" {
				delete(want, key)
			}
		}
		text, said := baseline.Merge(parse(t, base), parse(t, ours), parse(t, theirs))
		var keys []string
		for _, k := range said {
			keys = append(keys, k.Unit)
		}
		if text != want.text() || !slices.Equal(keys, conflicts) && len(keys)+len(conflicts) > 0 {
			t.Fatalf("pair %d: conflicts %v, want %v\n%s\nwant\n%s", n, keys, conflicts, text, want.text())
		}
		if _, err := baseline.Parse("b", []byte(text)); (err != nil) != (len(conflicts) > 0) {
			t.Fatalf("pair %d: reads as %v", n, err)
		}
		if len(conflicts) > 0 {
			conflicting++
		}
		if merged, clean := gitMerge(t, base, ours, theirs); clean {
			plain++
			if merged != text {
				t.Fatalf("pair %d: git merges to\n%s\nwant\n%s", n, merged, text)
			}
		}
	}
	t.Logf("%d of 200 pairs have true conflicts; git's text merge is clean for %d", conflicting, plain)
	if plain == 0 || conflicting == 0 {
		t.Error("the pairs are all of one kind")
	}
}

func parse(t *testing.T, w world) *baseline.File {
	t.Helper()
	f, err := baseline.Parse("b", []byte(w.text()))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// gitMerge is git's merge of text.
func gitMerge(t *testing.T, base, ours, theirs world) (string, bool) {
	t.Helper()
	dir := t.TempDir()
	var names []string
	for name, w := range map[string]world{"1ours": ours, "2base": base, "3theirs": theirs} {
		names = append(names, filepath.Join(dir, name))
		if err := os.WriteFile(filepath.Join(dir, name), []byte(w.text()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(names)
	out, err := exec.Command("git", append([]string{"merge-file", "-p"}, names...)...).Output()
	return string(out), err == nil
}

// Fields that only one branch changed are no conflict.
func TestMergeOfFields(t *testing.T) {
	file := func(count int, reason string, tests ...string) *baseline.File {
		text, err := json.Marshal(tests)
		if err != nil {
			t.Fatal(err)
		}
		f, err := baseline.Parse("b", fmt.Appendf(nil, "{\"querybudget_baseline\":1}\n{\"unit\":\"a\",\"kind\":\"duplicate\",\"count\":%d,\"reason\":%q,\"tests\":%s}", count, reason, text))
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	text, conflicts := baseline.Merge(file(3, "r", "A", "B"), file(2, "r", "A", "B", "C"), file(3, "better", "B"))
	if len(conflicts) > 0 || !strings.Contains(text, `"count":2,"reason":"better","tests":["B","C"]`) {
		t.Errorf("%v\n%s", conflicts, text)
	}
	if _, conflicts := baseline.Merge(&baseline.File{}, file(3, "r", "A"), file(4, "r", "A")); len(conflicts) != 1 {
		t.Errorf("two branches added a key in two ways: %v", conflicts)
	}
}
