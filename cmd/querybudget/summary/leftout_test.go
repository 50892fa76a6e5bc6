package summary

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/statement"
)

// line is a frame "function:line", which stands for its function's file too.
func line(text string) callsite.Frame {
	function, number, _ := strings.Cut(text, ":")
	n := 0
	for _, c := range number {
		n = 10*n + int(c-'0')
	}
	return callsite.Frame{Function: "example.com/shop." + function, File: function + ".go", Line: n}
}

// stack is the frames of a text, from the inside out.
func stack(text string) (frames []callsite.Frame) {
	for part := range strings.SplitSeq(text, " < ") {
		frames = append(frames, line(part))
	}
	return frames
}

// repeated adds a read that was sent again, in so many calls.
func (s *Summary) repeated(shape, at string, count, calls int64) *seen {
	f := &seen{
		worst: budget.Finding{Kind: budget.Duplicate, Confidence: budget.Candidate, Shape: shape, Count: count}, frames: stack(at), own: stack(at),
		shapes: map[string]bool{shape: true}, units: calls, saved: calls,
	}
	s.findings[findingKey{budget.Duplicate, shape + at}] = f
	return f
}

// Small repetitions of three statements that one line causes are one finding there; those
// of one statement, or of two, stay what they are.
func TestJoinSmall(t *testing.T) {
	s := &Summary{findings: map[findingKey]*seen{}}
	s.repeated("SELECT a", "a:1 < load:5 < copy:9 < serve:20", 1, 2).calls = []int64{1, 2}
	s.repeated("SELECT b", "b:1 < load:6 < copy:9 < serve:20", 1, 2).calls = []int64{2, 3} // with a in one call
	s.repeated("SELECT c", "c:1 < load:7 < copy:9 < serve:21", 1, 1).calls = []int64{4}
	s.repeated("SELECT d", "d:1 < other:3 < serve:20", 1, 2)
	s.repeated("SELECT e", "e:1 < copy:9", 3, 2) // is none of the small ones
	many := s.repeated("SELECT g", "g:1 < show:4 < serve:20", 2, 2)
	many.shapes["SELECT h"], many.shapes["SELECT i"] = true, true
	many.worst.Before = &budget.Related{}
	same := s.repeated("SELECT f", "f:1 < x:1", 1, 1)
	s.repeated("SELECT f", "f:1 < x:2", 1, 1)
	s.repeated("SELECT f", "f:1 < x:3", 1, 1)
	s.joinSmall()
	joined := 0
	for _, f := range s.findings {
		if f.joined == nil {
			continue
		}
		joined++
		if f == many { // one line has three statements
			continue
		}
		if f.own[0] != line("copy:9") || f.worst.Count != 2 || len(f.shapes) != 3 || f.units != 4 || f.isLeftOut() || !f.isAt("b.go:1") ||
			f.worst.Repair != "pass on what was read before: saves 2 round trips" {
			t.Errorf("joined %+v", f)
		}
	}
	if joined != 2 || many.isLeftOut() || len(s.findings) != 7 || !same.isSmall() {
		t.Errorf("%d joined, of %d findings", joined, len(s.findings))
	}
}

// A middleware has read what three handlers read again, each in few calls.
func TestJoinFirsts(t *testing.T) {
	s := &Summary{findings: map[findingKey]*seen{}}
	unit := int64(0)
	again := func(shape, at, before string, calls int64) {
		f := s.twice(t, shape, at, before)
		f.units, f.calls, f.pairs = calls, nil, map[askedPair]bool{}
		for range calls {
			unit++
			f.calls = append(f.calls, unit)
		}
	}
	again("SELECT a", "list:1 < serve:20", "auth:3 < serve:20", 3)
	again("SELECT a", "show:1 < serve:20", "auth:3 < serve:20", 4)
	again("SELECT a", "save:1 < serve:20", "auth:3 < serve:20", 1)
	again("SELECT a", "drop:1 < serve:20", "load:9 < serve:20", 4) // had by another line
	again("SELECT b", "list:2 < serve:20", "auth:4 < serve:20", 3)
	again("SELECT b", "show:2 < serve:20", "auth:4 < serve:20", 4) // of two lines
	s.joinFirsts()
	if len(s.findings) != 4 {
		t.Errorf("%d findings", len(s.findings))
	}
	for _, f := range s.findings {
		if f.joined != nil && (f.units != 8 || f.isLeftOut() || len(s.also(f)) != 2 || !f.isAt("save.go:1")) {
			t.Errorf("in %d calls, also %v", f.units, s.also(f))
		}
	}
}

// A layer that saves any record has no line that is about one statement.
func TestIsLayer(t *testing.T) {
	p := passed{lines: map[callsite.Frame]*passedBy{}}
	for i := range 8 {
		shape := "UPDATE " + strings.Repeat("t", i+1)
		send := func(at string) { p.add(stack(at), &budget.Group{Statement: &statement.Statement{Shape: shape}}) }
		send("exec:1 < save:2 < cascade:3")
		send("exec:1 < store:" + string(rune('1'+i)) + " < save:2")
	}
	for at, want := range map[string]bool{
		"exec:1 < save:2 < cascade:3": true,
		"exec:1 < store:4 < save:2":   false, // the store's line is about one statement
		"save:2 < cascade:3":          false, // it sends nothing itself
		"exec:1 < unknown:7":          false,
	} {
		if got := p.isLayer(stack(at)); got != want {
			t.Errorf("%s: got %v", at, got)
		}
	}
}

// A judgement is found by the line that a scan prints, and by the innermost one, with any of
// its callers in their order.
func TestJudgementFits(t *testing.T) {
	f := &seen{
		worst: budget.Finding{Kind: budget.NPlusOne}, shapes: map[string]bool{"SELECT a FROM b": true},
		frames: stack("exec:1 < save:9 < list:2 < middle:3 < page:4 < serve:5"), own: stack("list:2 < page:4 < serve:5"),
	}
	for callers, want := range map[string]bool{
		"list.go:2": true, "exec.go:1": true, "save.go:9": true, "middle.go:3": false, "list.go:2 page.go:4": true, "list.go:2 middle.go:3 serve.go:5": true,
		"exec.go:1 list.go:2": true, "list.go:2 page.go:4 middle.go:3": false, "list.go:2 other.go:9": false,
	} {
		words := strings.Fields(callers)
		j := &judgement{kind: budget.NPlusOne, site: words[0], callers: words[1:], shape: "select a", label: labelTrue}
		if _, ok := j.isAbout(f); ok != want {
			t.Errorf("%s: got %v", callers, ok)
		}
	}
}

// The files of judgements in the repository can be read.
func TestJudgedFiles(t *testing.T) {
	files, err := filepath.Glob("../../../internal/corpus/judged/*.tsv")
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	for _, name := range files {
		if all, err := readJudgements(name); err != nil || len(all) == 0 {
			t.Errorf("%s: %d, %v", name, len(all), err)
		}
	}
}

// Few writes without rows are a part's own, and so are those that are as many in each call.
func TestIsFixed(t *testing.T) {
	for _, test := range []struct {
		name   string
		f      seen
		fewest int64
		want   bool
	}{
		{"without rows", seen{worst: budget.Finding{Kind: budget.WriteLoop, Count: 4}, units: 2}, 1, true},
		{"in a loop of the source", seen{worst: budget.Finding{Kind: budget.WriteLoop, Count: 4}, units: 2, toLoop: 1}, 1, false},
		{"there, as many in each of five calls", seen{worst: budget.Finding{Kind: budget.WriteLoop, Count: 4}, units: 5, toLoop: 1}, 4, true},
		{"of many units", seen{worst: budget.Finding{Kind: budget.WriteLoop, Count: 3}, units: 5, across: &budget.Covariation{}}, 1, false},
		{"as many in each of five calls", seen{worst: budget.Finding{Kind: budget.WriteLoop, Count: 3}, units: 5, hasRows: true}, 3, true},
		{"in four calls", seen{worst: budget.Finding{Kind: budget.WriteLoop, Count: 3}, units: 4, hasRows: true}, 3, false},
		{"fewer in another call", seen{worst: budget.Finding{Kind: budget.WriteLoop, Count: 3}, units: 5, hasRows: true}, 1, false},
		{"five of them", seen{worst: budget.Finding{Kind: budget.WriteLoop, Count: 5}, units: 5}, 5, false},
		{"for the rows of a read", seen{worst: budget.Finding{Kind: budget.WriteLoop, Count: 3, Confidence: budget.Proven}, units: 5}, 3, false},
		{"reads", seen{worst: budget.Finding{Kind: budget.NPlusOne, Count: 3}, units: 5}, 3, false},
	} {
		if got := test.f.isFixed(test.fewest); got != test.want {
			t.Errorf("%s: got %t", test.name, got)
		}
	}
	few := seen{fixed: true}
	few.merge(&seen{})
	if few.isLeftOut() {
		t.Error("few writes hide many of the same line")
	}
}

// A loop whose number nothing tells is a hint, and comes last.
func TestIsUnsure(t *testing.T) {
	rows := &budget.Covariation{Finding: budget.Finding{Parent: &budget.Related{}}}
	for _, test := range []struct {
		name string
		f    seen
		want bool
	}{
		{"reads", seen{worst: budget.Finding{Kind: budget.NPlusOne}}, true},
		{"as many as rows", seen{worst: budget.Finding{Kind: budget.NPlusOne, Parent: &budget.Related{}}}, false},
		{"as many as rows, in another call", seen{worst: budget.Finding{Kind: budget.NPlusOne}, hasRows: true}, false},
		{"reads that differ from call to call", seen{worst: budget.Finding{Kind: budget.NPlusOne}, across: &budget.Covariation{}}, false},
		{"writes that do", seen{worst: budget.Finding{Kind: budget.WriteLoop}, across: &budget.Covariation{}}, true},
		{"writes that do with rows", seen{worst: budget.Finding{Kind: budget.WriteLoop}, across: rows}, false},
		{"a read again", seen{worst: budget.Finding{Kind: budget.Duplicate}}, false},
	} {
		if got := test.f.isUnsure(); got != test.want {
			t.Errorf("%s: got %t", test.name, got)
		}
	}
	s := &Summary{findings: map[findingKey]*seen{}}
	unsure := s.repeated("SELECT a", "a:1 < page:5", 19, 20)
	unsure.worst.Kind = budget.NPlusOne
	again := s.repeated("SELECT b", "b:1 < page:6", 1, 9)
	sure := s.repeated("SELECT c", "c:1 < page:7", 1, 9)
	sure.inLoop = true
	if got := s.sorted(); got[0] != sure || got[1] != unsure || got[2] != again {
		t.Error("it comes before what is sure")
	}
	if sure.confidence() != budget.Candidate || unsure.confidence() != budget.Hint || again.confidence() != budget.Hint {
		t.Error("a gate holds what is less sure, or lets pass what is sure")
	}
}

// Findings of one call are in one call together. What a line sent most often stands for the others.
func TestAddCounts(t *testing.T) {
	s := &Summary{findings: map[findingKey]*seen{}}
	f := s.repeated("SELECT a", "a:1 < page:5", 19, 2)
	f.calls = []int64{4, 7}
	other := s.repeated("SELECT a_north", "a:1 < page:5", 25, 3)
	other.calls, other.in.Name = []int64{7, 9, 11}, "TestNorth"
	f.add(other)
	if f.units != 4 || f.worst.Count != 25 || f.in.Name != "TestNorth" || !f.shapes["SELECT a"] {
		t.Errorf("in %d calls, %d times in %s", f.units, f.worst.Count, f.in.Name)
	}
	out, in := &seen{units: 2, callsOut: 2, calls: []int64{1, 2}}, &seen{units: 1, callsOut: 1, calls: []int64{2}}
	if out.merge(in); !out.allCallOut() || out.units != 2 {
		t.Errorf("called out in %d of %d", out.callsOut, out.units)
	}
	if out.merge(&seen{units: 1, calls: []int64{2}}); out.allCallOut() {
		t.Error("what is sent without a call is one of each")
	}
}

// Both reads of a duplicate have a function in common, which is said unless a line that is printed is in it.
func TestBothIn(t *testing.T) {
	for _, test := range []struct{ before, again, want string }{
		{"get:1 < auth:4 < login:10 < serve:3", "get:1 < check:7 < login:12 < serve:3", "login:12"},
		{"get:1 < auth:4 < serve:3", "get:1 < list:7 < serve:3", "serve:3"},
		{"get:1 < login:10 < serve:3", "get:1 < login:12 < serve:3", ""}, // said: it calls both
		{"get:1 < login:10", "put:1 < save:4", ""},                       // none
	} {
		s := &Summary{findings: map[findingKey]*seen{}}
		f := s.twice(t, "SELECT a", test.again, test.before)
		got, ok := s.bothIn(f)
		if ok != (test.want != "") || ok && got != line(test.want) {
			t.Errorf("%s and %s: got %v %t", test.before, test.again, got, ok)
		}
	}
}
