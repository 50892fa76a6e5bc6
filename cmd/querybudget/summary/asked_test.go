package summary

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/statement"
	"github.com/querybudget/querybudget/zerocode"
)

// sentBy are the reads of a unit by their lines, and what they asked.
type sentBy struct {
	at    string
	first int64
	asks  []uint32
}

func (a *asked) unit(file string, reads ...sentBy) {
	u := &Unit{Asked: map[int][]uint32{}}
	for i, r := range reads {
		frames := stack(r.at)
		g := budget.Group{Statement: &statement.Statement{Shape: "SELECT a"}, Sums: budget.Sums{First: r.first}}
		g.SetCallSite(callsite.CallSite{Frame: frames[0], Outer: frames[1:]})
		u.Groups = append(u.Groups, g)
		u.Asked[i] = r.asks
	}
	a.add(u, file)
}

func (a *asked) between(one, other string) agreement {
	key := func(at string) string {
		if at == "" {
			return ""
		}
		return lines(stack(at))
	}
	x, y := key(one), key(other)
	return a.of(&seen{pairs: map[askedPair]bool{{"SELECT a", "", min(x, y), max(x, y)}: true}})
}

// What lines ask is compared whichever comes first; the same numbers in two processes are
// no different questions, and nothing is known of a line that asked more than is kept.
func TestAsked(t *testing.T) {
	a := &asked{code: testCode{zerocode.NewTestCode(nil)}, pairs: map[askedPair]*agreement{}}
	a.unit("1", sentBy{"a:1 < h:1", 1, []uint32{7, 8}}, sentBy{"b:1 < h:2", 2, []uint32{8}})
	a.unit("1", sentBy{"b:1 < h:2", 1, []uint32{9}}, sentBy{"a:1 < h:1", 2, []uint32{9}})
	a.unit("2", sentBy{"b:1 < h:2", 1, []uint32{5}}, sentBy{"a:1 < h:1", 2, []uint32{5}})
	a.unit("2", sentBy{"b:1 < h:2", 1, []uint32{5}}, sentBy{"a:1 < h:1", 2, []uint32{6}})
	a.unit("2", sentBy{"b:1 < h:2", 1, []uint32{5}}, sentBy{"a:1 < h:1", 2, slices.Repeat([]uint32{5}, zerocode.AskedMax)})
	a.unit("2", sentBy{"b:1 < h:2", 1, []uint32{0}}, sentBy{"a:1 < h:1", 2, []uint32{5}})
	if g := a.between("a:1 < h:1", "b:1 < h:2"); g.same != 3 || g.differ != 1 || g.different() != 2 {
		t.Errorf("two lines: %+v", g)
	}
	a.unit("1", sentBy{"c:1", 1, []uint32{1, 2, 1}})
	a.unit("1", sentBy{"c:1", 1, []uint32{1, 2, 3}})
	if g := a.between("", "c:1"); g.same != 1 || g.differ != 1 || g.different() != 1 {
		t.Errorf("one line: %+v", g)
	}
	before := len(a.pairs)
	a.unit("1", sentBy{"d_test:1", 1, []uint32{1, 2}}, sentBy{"e:1", 2, []uint32{4}})
	if g := a.between("", "e:1"); g.same+g.differ != 0 || len(a.pairs) != before {
		t.Errorf("a test's line: %+v", g)
	}
}

// A line with a literal and one with an argument have other numbers for one question: their rows tell.
func TestAskedOfLiterals(t *testing.T) {
	a := &asked{code: testCode{zerocode.NewTestCode(nil)}, pairs: map[askedPair]*agreement{}}
	u := &Unit{Asked: map[int][]uint32{0: {1}, 1: {2}}, Rows: map[int][]uint32{0: {7}, 1: {7}}}
	for i, at := range []string{"a:1 < h:1", "b:1 < h:2"} {
		frames := stack(at)
		g := budget.Group{Statement: &statement.Statement{Shape: "SELECT a", Kind: statement.Read, Keys: []string{"id"}, Tables: []string{"t"}, HasLiterals: i == 1}}
		g.SetCallSite(callsite.CallSite{Frame: frames[0], Outer: frames[1:]})
		u.Groups = append(u.Groups, g)
	}
	a.add(u, "1")
	if g := a.between("a:1 < h:1", "b:1 < h:2"); g.same != 1 || g.differ != 0 {
		t.Errorf("got %+v", g)
	}
}

func TestLeftOut(t *testing.T) {
	for name, test := range map[string]struct {
		count, units, loops int64
		same, differ        int64
		questions           int
		small, chance       bool
	}{
		"once, in few calls":           {count: 1, units: 7, same: 7, questions: 1, small: true},
		"in many calls":                {count: 1, units: 8, same: 8, questions: 1},
		"a loop in one call":           {count: 19, units: 3, loops: 1, small: true},
		"a loop in two calls":          {count: 5, units: 2, loops: 2},
		"a long loop in one call":      {count: 20, units: 1, loops: 1},
		"another answer in few":        {count: 1, units: 8, same: 8, differ: 2, questions: 1},
		"in more than two of ten":      {count: 1, units: 8, same: 8, differ: 3, questions: 2, chance: true},
		"with three questions":         {count: 1, units: 8, same: 8, differ: 3, questions: 3},
		"in most, whatever is asked":   {count: 1, units: 8, same: 8, differ: 9, questions: 8, chance: true},
		"small comes before chance":    {count: 1, units: 7, same: 7, differ: 9, questions: 1, small: true},
		"nothing is known of a chance": {count: 1, units: 8},
	} {
		f := &seen{worst: budget.Finding{Kind: budget.Duplicate, Count: test.count}, units: test.units, loops: test.loops}
		f.agreement = agreement{same: test.same, differ: test.differ, questions: map[string]map[uint32]bool{"": {}}}
		for i := range test.questions {
			f.agreement.questions[""][uint32(i)] = true
		}
		why := ""
		if r := f.reason(); r != nil {
			why = r.why
		}
		if strings.HasPrefix(why, "a read again") != test.small || strings.HasPrefix(why, "reads that ask the same") != test.chance {
			t.Errorf("%s: %q", name, why)
		}
	}
}

// twice adds a read that one call sends and another one sends again.
func (s *Summary) twice(t *testing.T, shape, again, before string) *seen {
	t.Helper()
	r := map[string]any{"schema": 2}
	var frames, sites []any
	for _, at := range []string{again, before} {
		var site []int
		for _, f := range stack(at) {
			site = append(site, len(frames))
			frames = append(frames, map[string]any{"function": f.Function, "file": f.File, "line": f.Line})
		}
		sites = append(sites, map[string]any{"frames": site})
	}
	r["frames"], r["call_sites"] = frames, sites
	r["findings"] = []any{map[string]any{
		"kind": "duplicate", "confidence": "candidate", "shape": shape, "count": 1, "call_site": 0,
		"before": map[string]any{"shape": shape, "call_site": 1},
	}}
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var report budget.Report
	if err := json.Unmarshal(text, &report); err != nil {
		t.Fatal(err)
	}
	f := s.repeated(shape, again, 1, 9)
	f.worst, f.calls = report.Findings[0], []int64{1, 2, 3, 4, 5, 6, 7, 8, 9}
	return f
}

// One call that is made twice is one finding; two calls, and a handler's of what is next,
// are what they are.
func TestJoinCalls(t *testing.T) {
	s := &Summary{findings: map[findingKey]*seen{}}
	user := s.twice(t, "SELECT a", "load:1 < page:8 < serve:1", "load:1 < page:5 < serve:1")
	s.twice(t, "SELECT b", "load:2 < page:8 < serve:1", "load:2 < page:5 < serve:1")
	s.twice(t, "SELECT c", "load:3 < page:9 < serve:1", "load:3 < page:5 < serve:1")
	s.twice(t, "SELECT d", "page:12 < serve:1", "page:5 < serve:1")
	s.twice(t, "SELECT e", "load:4 < orders:3 < next:12 < serve:2", "load:4 < next:10 < serve:2")
	s.twice(t, "SELECT f", "load:5 < mail:3 < next:12 < serve:2", "load:5 < next:10 < serve:2")
	s.joinCalls()
	if len(s.findings) != 5 || len(user.shapes) != 2 || user.units != 9 || !user.isAt("load.go:2") ||
		user.worst.Repair != "pass on what the first call read: saves 2 round trips" {
		t.Errorf("%d findings, %+v", len(s.findings), user)
	}
}

// Two statements that ask for one row in some calls, and for another one in others, do so by
// chance: the row is compared, and not the arguments.
func TestRowsAsked(t *testing.T) {
	a := &asked{code: testCode{zerocode.NewTestCode(nil)}, pairs: map[askedPair]*agreement{}}
	group := func(shape, at string) budget.Group {
		g := budget.Group{Statement: &statement.Statement{Shape: shape, Kind: statement.Read, Tables: []string{"events"}, Keys: []string{"id"}}}
		frames := stack(at)
		g.SetCallSite(callsite.CallSite{Frame: frames[0], Outer: frames[1:]})
		return g
	}
	for _, rows := range [][2]uint32{{1, 1}, {1, 2}, {3, 2}} {
		u := &Unit{Rows: map[int][]uint32{0: {rows[0]}, 1: {rows[1]}}}
		u.Groups = []budget.Group{group("SELECT name", "a:1"), group("SELECT sent", "b:1")}
		a.add(u, "1")
	}
	pair := pairOf(shapes("SELECT sent", "SELECT name"), "", lines(stack("a:1")), lines(stack("b:1")))
	found := &seen{worst: budget.Finding{Kind: budget.Duplicate}, pairs: map[askedPair]bool{pair: true}, units: fewCalls}
	if found.agreement = a.of(found); found.agreement.same != 1 || found.agreement.differ != 2 || !found.isByChance() {
		t.Errorf("%+v", found.agreement)
	}
}
