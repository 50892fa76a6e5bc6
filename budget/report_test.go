package budget

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/statement"
)

// Random units lose nothing in JSON, and the rules find in what was decoded what they
// find in the report itself.
func TestReportsSurviveJSON(t *testing.T) {
	for seed := range uint64(100) {
		synctest.Test(t, func(t *testing.T) {
			p := newTwins(seed)
			for range 150 {
				p.step()
			}
			report := p.units[0].Report()
			text, back := roundTrip(t, report)
			if again, _ := json.Marshal(back); string(again) != string(text) {
				t.Fatalf("seed %d: decoded and encoded again:\n%s\nwant\n%s", seed, again, text)
			}
			rules := p.units[0].unit.bounds.Rules
			if got, want := rules.Findings(back), rules.Findings(report); !sameJSON(got, want) {
				t.Fatalf("seed %d: found %v, want %v", seed, got, want)
			}
		})
	}
}

func roundTrip(t *testing.T, r *Report) ([]byte, *Report) {
	t.Helper()
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	back := &Report{}
	if err := json.Unmarshal(text, back); err != nil {
		t.Fatal(err)
	}
	return text, back
}

func sameJSON(a, b any) bool {
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return string(x) == string(y)
}

// Every field of a report, and of what it consists of, survives: a field that somebody
// adds and forgets in the encoding is noticed.
func TestEveryFieldSurvivesJSON(t *testing.T) {
	report := &Report{}
	n := 1
	fill(reflect.ValueOf(report).Elem(), &n)
	g := &report.Groups[0]
	g.Overflow = false
	for _, list := range [][]Query{report.Queries, report.Executing, report.Open} {
		for i := range list { // what a query has of its group
			list[i].Statement, list[i].Database, list[i].Handle, list[i].Group = g.Statement, g.Database, g.Handle, 0
			list[i].SQL, list[i].Values = "", nil
		}
	}
	report.Nested[0].Outer, report.Nested[0].Inner, g.Allowances = 0, 0, []int{0}
	report.Idle[0].Group, report.Idle[0].Next = 0, -1
	g.Literals, g.Lists, report.Lost[0].Literals, report.Lost[0].Lists = 0, 0, 0, 0
	report.Started = report.Started.UTC()
	_, back := roundTrip(t, report)
	if got, want := plain(*back), plain(*report); !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
}

// plain takes the stacks off, which are compared by what they are encoded as.
func plain(r Report) string {
	type noMethods Report
	text, err := json.Marshal(struct {
		R any
		Q []any
	}{noMethods(r), queriesOf(r)})
	if err != nil {
		panic(err)
	}
	return string(text)
}

func queriesOf(r Report) (out []any) {
	for _, q := range append(r.Queries, r.Open...) {
		out = append(out, struct {
			Query any
			Shape string
			Site  callsite.CallSite
		}{queryFields(q), q.Shape, callsite.CallSite{}})
	}
	return out
}

func queryFields(q Query) map[string]any {
	out := map[string]any{}
	v := reflect.ValueOf(q)
	for i := range v.NumField() {
		if f := v.Type().Field(i); f.IsExported() && !f.Anonymous {
			out[f.Name] = v.Field(i).Interface()
		}
	}
	return out
}

// fill sets every exported field to something that is not zero.
func fill(v reflect.Value, n *int) {
	*n++
	if v.Type() == reflect.TypeFor[time.Time]() {
		v.Set(reflect.ValueOf(time.Unix(int64(*n), 0).UTC()))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(v.Field(i), n)
			}
		}
	case reflect.Pointer:
		if v.Type() == reflect.TypeFor[*Finding]() {
			if *n > 100_000 {
				return // findings have findings
			}
			*n += 100_000
			defer func() { *n -= 100_000 }()
		}
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), n)
	case reflect.Slice:
		if v.Type() == reflect.TypeFor[[]Scope]() && *n > 1000 {
			return // scopes have scopes
		}
		if v.Type() == reflect.TypeFor[[]Scope]() {
			*n += 1000
		}
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), n)
	case reflect.String:
		v.SetString("text " + string(rune('a'+*n%26)))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Float64:
		v.SetFloat(float64(*n) / 4)
	case reflect.Uint8: // Mode, Kind
		v.SetUint(1)
	case reflect.Uint64:
		v.SetUint(uint64(*n))
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*n))
	case reflect.Interface:
		v.Set(reflect.ValueOf("value"))
	default:
		panic(v.Kind().String() + " is new")
	}
}

// A report of each version of the form, as it was written, is read for ever.
func TestReportsOfEachSchema(t *testing.T) {
	files, err := filepath.Glob("testdata/reports/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var r Report
		if err := json.Unmarshal(text, &r); err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if r.Totals.Queries != 6 || len(r.Groups) != 2 || r.Groups[0].CallSite().Line != 48 || r.Groups[0].CallSite().Outer[0].Line != 27 ||
			len(r.Queries) != 6 || r.Queries[1].Shape != "SELECT title FROM books WHERE author_id = ?" || r.Queries[1].CallSite().Line != 48 ||
			r.Verdict.Exceeded[0].CallSite().Line != 48 || r.Groups[0].Fingerprint.String() != "00000000000000b0" {
			t.Errorf("%s: read %+v", file, r)
		}
		if f := r.Findings; len(f) != 2 || f[0].Kind != NPlusOne || f[0].Parent.CallSite().Line != 43 || f[1].Kind != "of a later version" {
			t.Errorf("%s: findings %v", file, f)
		}
		// Other thresholds, years later; what another part found stays.
		if f := (Rules{NPlusOne: 6}).Findings(&r); len(f) != 1 || f[0].Kind != "of a later version" {
			t.Errorf("%s: with a threshold of 6: %v", file, f)
		}
		if f := (Rules{}).Findings(&r); len(f) != 2 || f[0].Kind != NPlusOne || f[0].Count != 5 || f[0].Parent == nil {
			t.Errorf("%s: with the usual thresholds: %v", file, f)
		}
	}
}

func TestBrokenReports(t *testing.T) {
	for text, want := range map[string]string{
		`{}`:                                   "schema 0",
		`{"schema":3}`:                         "schema 3",
		`{"schema":2,"queries":[{"group":0}]}`: "a query of a group that is not there",
		`{"schema":2,"groups":[{"call_site":1}]}`:       "a call site that is not there",
		`{"schema":2,"call_sites":[{"frames":[0]}]}`:    "a frame that is not there",
		`{"schema":2,"nested":[{"outer":0,"inner":0}]}`: "nested queries of a group that is not there",
		`{"schema":2,"groups":[{"allowances":[0]}]}`:    "an allowance that is not there",
		`{"schema":2,"id":"7"}`:                         "16 hexadecimal digits",
	} {
		if err := json.Unmarshal([]byte(text), &Report{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", text, err, want)
		}
	}
	checkZero(t, &Report{})
}

// checkZero checks that the zero report can be encoded and judged.
func checkZero(t *testing.T, r *Report) {
	t.Helper()
	if _, err := json.Marshal(r); err != nil {
		t.Error(err)
	}
	if f := (Rules{}).Findings(r); len(f) != 0 {
		t.Errorf("nothing has findings: %v", f)
	}
}

// A lean report says what a full one does: no finding, the same verdict, the same
// totals. Random units are lean now and then.
func TestLeanReports(t *testing.T) {
	lean := 0
	for seed := range uint64(600) {
		synctest.Test(t, func(t *testing.T) {
			p := newTwins(seed)
			for range 1 + p.random.IntN(12) {
				p.step()
			}
			r := p.units[0]
			got, want := r.running(WhatIsFound), r.Report()
			if got.Lean {
				lean++
				if len(want.Findings) > 0 || len(want.Verdict.Exceeded) > 0 || got.Verdict.Outcome != want.Verdict.Outcome {
					t.Errorf("seed %d: lean, and the full report has the verdict %+v (lean %+v) and findings %v", seed, want.Verdict, got.Verdict, want.Findings)
				}
				if got.Totals != want.Totals || !sameJSON(got.Scopes, want.Scopes) {
					t.Errorf("seed %d: totals or scopes differ", seed)
				}
			} else if !sameJSON(got.Findings, want.Findings) || !sameJSON(got.Verdict, want.Verdict) {
				t.Errorf("seed %d: what is not lean differs", seed)
			}
		})
	}
	if lean < 30 {
		t.Errorf("%d of 600 units were lean: the test shows nothing", lean)
	}
}

// Every kind is found in some unit that has nothing else: its condition lets it
// through.
func TestEveryKindHasACondition(t *testing.T) {
	d := NewDatabase(DatabaseOptions{})
	seen := map[FindingKind]bool{}
	reader := statement.NewReader(statement.PostgreSQL, statement.NewHasher(), 2048)
	run := func(do func(r *Recorder, send func(text string, rows int64, arguments ...any))) {
		_, r := Bounds{Rules: Rules{Slow: time.Millisecond, IdleTransaction: time.Millisecond, LargeResult: 10, Hints: true}}.NewContext(context.Background())
		h := statement.NewHasher()
		do(r, func(text string, rows int64, arguments ...any) {
			c := Call{Database: d, Statement: reader.Read(text)}
			c.Arguments.Inserts = new([]uint64)
			for _, a := range arguments {
				c.Arguments.Add(c.Statement, h, a)
			}
			c.Arguments.End(c.Statement)
			x, err := r.Start(c)
			if err != nil {
				t.Fatal(err)
			}
			if c.Statement.Kind == statement.Read {
				x.Open()
				x.Close(rows, nil)
			} else {
				x.End(rows, nil)
			}
		})
		report := r.running(WhatIsFound)
		if report.Lean {
			t.Errorf("lean: %+v", report.Totals)
		}
		for _, f := range report.Findings {
			seen[f.Kind] = true
		}
	}
	type send = func(text string, rows int64, arguments ...any)
	run(func(_ *Recorder, send send) {
		for i := range 5 {
			send("SELECT a FROM t WHERE id = $1", 1, i)
		}
	})
	run(func(_ *Recorder, send send) {
		for i := range 5 {
			send("DELETE FROM t WHERE id = $1", 1, i)
		}
	})
	run(func(_ *Recorder, send send) { send("SELECT a FROM t", 1); send("SELECT a FROM t", 1) })
	run(func(_ *Recorder, send send) { send("SELECT a FROM t", 11) })
	run(func(r *Recorder, _ send) {
		x, _ := r.Start(Call{Database: d, Statement: reader.Read("SELECT a FROM u")})
		x.Open()
		x.LeftUnread()
		x.Close(1, nil)
	})
	run(func(_ *Recorder, send send) { send("SELECT * FROM t", 1) })
	run(func(_ *Recorder, send send) {
		send("SELECT a FROM t WHERE id = $1", 1, 7)
		send("UPDATE t SET a = $1 WHERE id = $2", 1, 1, 7)
	})
	run(func(_ *Recorder, send send) {
		send("SELECT a FROM t WHERE id = $1", 0, 7)
		send("INSERT INTO t (id) VALUES ($1)", 1, 7)
	})
	run(func(r *Recorder, send send) {
		x, _ := r.Start(Call{Database: d, Statement: reader.Read("SELECT a FROM u")})
		x.Open()
		send("SELECT b FROM t", 1)
		x.Close(1, nil)
	})
	run(func(r *Recorder, _ send) {
		x, _ := r.Start(Call{Database: d, Statement: reader.Read("SELECT a FROM u")})
		x.Open()
	})
	run(func(r *Recorder, _ send) {
		pooled := NewDatabase(DatabaseOptions{})
		waits := int64(0)
		pooled.WatchPool(func() Pool { return Pool{Max: 1, Waits: waits} })
		x, _ := r.Start(Call{Database: pooled, Statement: reader.Read("SELECT a FROM u")})
		x.Open()
		waits++
		x.Close(1, context.Canceled)
	})
	run(func(r *Recorder, send send) {
		x, _ := r.Start(Call{Database: d, Statement: reader.Read("SELECT a FROM u")})
		time.Sleep(3 * time.Millisecond)
		x.End(0, nil)
	})
	run(func(r *Recorder, _ send) {
		tx := d.Began(context.Background(), r, r.Clock(), nil)
		time.Sleep(3 * time.Millisecond)
		tx.Committed(r.Clock(), nil)
	})
	run(func(r *Recorder, _ send) {
		conn := &Connection{Watched: true}
		for range 2 {
			x, _ := r.Start(Call{Database: d, Statement: reader.Read("SELECT a FROM u"), Connection: conn})
			x.End(0, nil)
			time.Sleep(3 * time.Millisecond)
		}
	})
	run(func(_ *Recorder, send send) {
		send("SELECT b FROM t", 1)
		d.CountUnattributed(context.Background(), reader.Read("SELECT lost FROM t"), false)
	})
	run(func(r *Recorder, send send) {
		r.Allow(Allowance{Kind: NPlusOne, Max: 1, Reason: "none"})
		send("SELECT b FROM t", 1)
	})
	seen[MissingIndex] = true // no unit knows plans; whoever makes them has a report with everything
	for _, k := range kinds {
		if !seen[k.kind] {
			t.Errorf("%s was not found", k.kind)
		}
	}
}

// A result that is left open behind more groups than are told apart is found all the
// same.
func TestOpenRowsBehindTheBoundOfGroups(t *testing.T) {
	_, r := NewContext(context.Background())
	d := NewDatabase(DatabaseOptions{})
	for i := range 600 {
		x, _ := r.Start(Call{Database: d, Statement: &statement.Statement{Shape: "x", Fingerprint: statement.Fingerprint(i), Kind: statement.Read}})
		x.End(0, nil)
	}
	for range 2 {
		x, _ := r.Start(Call{Database: d, Statement: &statement.Statement{Shape: "SELECT leaked", Summary: "SELECT leaked", Fingerprint: 1000, Kind: statement.Read}})
		x.Open()
	}
	report := r.Report()
	if f := report.Findings; len(f) != 1 || f[0].Kind != UnclosedRows || f[0].Count != 2 || f[0].Shape != "SELECT leaked" || f[0].CallSite().File != "budget/report_test.go" {
		t.Errorf("found %v", f)
	}
	if _, back := roundTrip(t, report); !sameJSON((Rules{}).Findings(back), report.Findings) {
		t.Error("the decoded report has other findings")
	}
}

// More results than are listed are counted.
func TestManyOpenRows(t *testing.T) {
	_, r := NewContext(context.Background())
	for range maxOpenRows + 3 {
		x, _ := r.Start(Call{Statement: &statement.Statement{Shape: "SELECT leaked", Kind: statement.Read}})
		x.Open()
	}
	var counts []int64
	for _, f := range r.Report().Findings {
		if f.Kind == UnclosedRows {
			counts = append(counts, f.Count)
		}
	}
	if !reflect.DeepEqual(counts, []int64{maxOpenRows, 3}) && !reflect.DeepEqual(counts, []int64{3, maxOpenRows}) {
		t.Errorf("found %v", counts)
	}
}

// Position is the order in which queries started, whatever ends when, and what was
// declined has none.
func TestPositions(t *testing.T) {
	ctx, r := NewContext(context.Background())
	_, scope := With(ctx, "part", Budget{})
	d := NewDatabase(DatabaseOptions{})
	start := func(r *Recorder, shape string) Execution {
		x, err := r.Start(Call{Database: d, Statement: &statement.Statement{Shape: shape, Fingerprint: statement.Fingerprint(len(shape)), Kind: statement.Read}})
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	a, b := start(r, "a"), start(scope, "bb")
	declined := start(r, "skip")
	if got := RunningQueryFromContext(b.Context(ctx)).Position(); got != 2 {
		t.Errorf("the second one runs at position %d", got)
	}
	running := RunningQueryFromContext(b.Context(ctx))
	if running.Database() != d || running.Statement().Shape != "bb" || running.CallSite().File != "budget/report_test.go" || running.Duplicate() != 0 {
		t.Errorf("running: %+v", running)
	}
	makes := 0
	kept := func() any { makes++; return makes }
	for i, owner := range []string{"a", "a", "b"} {
		if got, want := running.Kept(owner, kept), []int{1, 1, 2}[i]; got != want {
			t.Errorf("the value of %s is %v, want %d", owner, got, want)
		}
	}
	if got := (*RunningQuery)(nil).Kept("a", kept); got != 3 {
		t.Errorf("nothing running keeps %v", got)
	}
	declined.Skip()
	c := start(r, "ccc")
	c.End(0, nil)
	b.Open()
	b.Close(1, nil)
	a.End(0, errors.New("failed"))
	var got []string
	for _, q := range r.Report().Queries {
		got = append(got, q.Shape+" "+string(rune('0'+q.Position)))
	}
	if want := []string{"a 1", "bb 2", "ccc 3"}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if q := scope.Report().Queries; len(q) != 1 || q[0].Position != 2 {
		t.Errorf("in the scope: %+v", q)
	}
	for _, g := range r.Report().Groups {
		if g.First != int64(len(g.Shape)) || g.Last != g.First {
			t.Errorf("%s: first %d, last %d", g.Shape, g.First, g.Last)
		}
	}
}

// Findings have one order: by rank, then by the time they cost.
func TestOrderOfFindings(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	report := &Report{}
	want := []string{"certain slow", "candidate quick", "hint slow", "allowed slowest"}
	all := []Finding{
		{Kind: "x", Note: want[0], Confidence: Certain, Time: 9}, {Kind: "x", Note: want[1], Confidence: Candidate, Time: 1, Count: 100},
		{Kind: "x", Note: want[2], Confidence: Hint, Time: 50}, {Kind: "x", Note: want[3], Confidence: Certain, Time: 99, Allowed: &Allowance{}},
	}
	for range 20 {
		random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		report.Findings = all
		var got []string
		for _, f := range (Rules{}).Findings(report) {
			got = append(got, f.Note)
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatalf("got %v", got)
		}
	}
}

// One request of 100 queries is a report of less than 40 kB: stacks stand once.
func TestReportsAreSmall(t *testing.T) {
	_, r := NewContext(context.Background())
	d := NewDatabase(DatabaseOptions{})
	var outer []callsite.Frame
	for i := range 25 {
		outer = append(outer, callsite.Frame{Function: "example.com/shop/internal/handlers.(*Server).Middleware" + string(rune('a'+i)), File: "internal/handlers/server.go", Line: 100 + i})
	}
	for i := range 104 {
		site := callsite.CallSite{Frame: callsite.Frame{Function: "example.com/shop/store.(*Store).List", File: "store/store.go", Line: i % 40}, Outer: outer}
		x, _ := r.Start(Call{Database: d, Stack: callsite.New(site), Statement: &statement.Statement{
			Shape:   "SELECT id, author_id, title, isbn, published_at FROM books WHERE author_id = ? AND published_at > ? ORDER BY published_at",
			Summary: "SELECT books", Fingerprint: statement.Fingerprint(i % 40), Kind: statement.Read, Tables: []string{"books"},
		}})
		x.End(0, nil)
	}
	text, err := json.Marshal(r.Report())
	if err != nil || len(text) > 40_000 {
		t.Errorf("%d bytes, %v", len(text), err)
	}
	t.Logf("%d bytes", len(text))
}

// What takes as long as is allowed is not slow, and has as many rows as are allowed is
// not large.
func TestThresholdsAreAllowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, more := range []int64{0, 1} {
			_, r := Bounds{Rules: Rules{Slow: time.Second, LargeResult: 10}}.NewContext(context.Background())
			x, _ := r.Start(Call{Statement: &statement.Statement{Kind: statement.Read}})
			time.Sleep(time.Second + time.Duration(more))
			x.Open()
			x.Close(10+more, nil)
			if n := len(r.Report().Findings); n != int(2*more) {
				t.Errorf("%d more: %d findings", more, n)
			}
		}
	})
}

// A report that somebody made by hand, with parts missing, is judged by what is there.
func TestFindingsOfReportsMadeByHand(t *testing.T) {
	if f := (Rules{}).Findings(nil); f != nil {
		t.Errorf("no report has findings: %v", f)
	}
	loop := Group{
		Statement: &statement.Statement{Shape: "SELECT a FROM t WHERE b = ?", Kind: statement.Read, Tables: []string{"t"}},
		Sums:      Sums{Queries: 5, Distinct: 5, Rows: 5, First: 1, Last: 5}, Allowances: []int{3},
	}
	report := &Report{
		Totals: Totals{Queries: 6, Reads: 5, Writes: 1}, Groups: []Group{{Sums: Sums{Queries: 1}}, loop},
		Queries: []Query{{Position: 1}, {Group: 9, Position: 2, Statement: loop.Statement}}, Open: []Query{{Group: 7}},
		Lost: []Lost{{Count: 1}}, Nested: []Nested{{Outer: 5}, {Outer: -1}},
		Held: []Held{{Group: 9}, {Group: -1}, {Group: -2, Itself: true}},
	}
	report.Groups[1].Parents = []Parent{{Position: 77, Column: "t.b", Match: MatchExact, Arguments: 5}}
	if f := (Rules{}).Findings(report); len(f) != 1 || f[0].Kind != NPlusOne {
		t.Errorf("found %v", f)
	}
	if report.Groups[0].Statement != nil || len(report.Queries) != 2 {
		t.Error("the report was changed")
	}
}
