package result

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/budget/budgettest"
	"github.com/querybudget/querybudget/callsite"
)

// Kinds of entries beside those of findings.
const (
	// Statement is a statement that ran. It is no complaint.
	Statement = "statement"
	// Growth is a statement whose number, or whose rows, grow with the data more than
	// the test accepts.
	Growth = "growth"
	// Limit begins the kind of a limit that was exceeded: "budget-queries".
	Limit = "budget-"
)

// Key is what makes an entry the same in two runs. It holds no line and no value.
type Key struct {
	// Unit is the route ("GET /authors/{id}"), the test ("example.com/shop.TestList")
	// or the name of the job.
	Unit string `json:"unit"`
	// Kind is that of the finding, or one of the kinds above.
	Kind string `json:"kind"`
	// Function is the name of the innermost function of the application, as
	// [callsite.Frame.StableName] has it.
	Function string `json:"function,omitempty"`
	// Shape is the statement without literals.
	Shape string `json:"shape,omitempty"`
}

// Compare gives keys one order.
func (k Key) Compare(other Key) int {
	return cmp.Or(strings.Compare(k.Unit, other.Unit), strings.Compare(k.Function, other.Function),
		strings.Compare(k.Shape, other.Shape), strings.Compare(k.Kind, other.Kind))
}

// State is what a baseline says of an entry.
type State string

// The states. An entry that no baseline was asked about has none.
const (
	New   State = "new"   // the baseline does not have it
	Worse State = "worse" // it became more than the baseline has
	Known State = "known" // the baseline has it
)

// Entry is one thing that was seen in a unit.
type Entry struct {
	Key
	Summary  string `json:"summary,omitempty"`
	Database string `json:"database,omitempty"`
	// File, relative to the root of the repository where that is known, and Line are the
	// place in the code, Callers the application's frames around it, from the inside out.
	File    string           `json:"file,omitempty"`
	Line    int              `json:"line,omitempty"`
	Callers []callsite.Frame `json:"callers,omitempty"`
	// FullFunction is the function with its import path, as it was compiled.
	FullFunction string `json:"full_function,omitempty"`
	// Count is what the kind counts: executions, as a rule. Of several reports, it is
	// the largest. Least is the smallest of several runs.
	Count int64 `json:"count"`
	Least int64 `json:"least"`
	// Places is the number of call sites in one report that have this key.
	Places int64 `json:"places,omitempty"`
	Rows   int64 `json:"rows,omitempty"`
	// Grows and RowsGrow say how Count and Rows grow with the data; GrowthKnown is set
	// where that was seen, or is in the nature of the kind: an n+1 is linear.
	Grows       budgettest.Growth `json:"grows"`
	RowsGrow    budgettest.Growth `json:"rows_grow"`
	GrowthKnown bool              `json:"growth_known,omitempty"`
	Confidence  budget.Confidence `json:"confidence,omitempty"`
	// Message says what was seen, Repair what to do instead.
	Message string `json:"message,omitempty"`
	Repair  string `json:"repair,omitempty"`
	// Allowed is the reason of an allowance in the code, Reason that of the baseline.
	Allowed string `json:"allowed,omitempty"`
	Reason  string `json:"reason,omitempty"`
	State   State  `json:"state,omitempty"`
	// Tests are those that showed it, sorted.
	Tests []string `json:"tests,omitempty"`
	// Cause says which change of the code leads here, where that was looked for.
	Cause string `json:"cause,omitempty"`
}

// IsComplaint reports whether the entry is more than a statement that ran.
func (e *Entry) IsComplaint() bool { return e.Kind != Statement }

// Gates reports whether the entry can fail a gate: a complaint that nobody allowed, that
// is no hint, and does not depend on the speed of the machine.
func (e *Entry) Gates() bool {
	switch e.Kind {
	case Statement, string(budget.Slow), string(budget.IdleTransaction), string(budget.IdleConnection), string(budget.StaleAllowance), Limit + string(budget.LimitTime):
		return false
	}
	return e.Allowed == "" && e.Confidence != budget.Hint
}

// Fails reports whether the entry fails the gate: it can, and no baseline has it.
func (e *Entry) Fails() bool { return e.Gates() && e.State != Known }

// Unstable reports whether several runs of the same code counted differently.
func (e *Entry) Unstable() bool { return e.Least != e.Count }

// Level is how serious an entry is: "error" for what became worse than the baseline, or is
// sure; "warning" for a candidate; "note" for the rest.
func (e *Entry) Level() string {
	switch {
	case !e.Fails():
		return "note"
	case e.State != "" || e.Confidence != budget.Candidate:
		return "error"
	default:
		return "warning"
	}
}

// Compare orders entries as people want to read them: what fails first, then what is
// sure, then what costs most; and then by key. Limits come after the findings that exceed
// them.
func (e *Entry) Compare(other *Entry) int {
	rank := func(e *Entry) int { return slices.Index([]string{"error", "warning", "note"}, e.Level()) }
	isLimit := func(e *Entry) int { return strings.Index(e.Kind, Limit) } // 0 for a limit, -1 for others
	return cmp.Or(cmp.Compare(rank(e), rank(other)), cmp.Compare(isLimit(e), isLimit(other)), cmp.Compare(other.Count, e.Count), e.Key.Compare(other.Key))
}

// Site is the place of an entry as code prints it: "store.go:48 store.(*Store).Authors".
func (e *Entry) Site() string {
	f := callsite.Frame{Function: cmp.Or(e.FullFunction, e.Function), File: e.File, Line: e.Line}
	return strings.TrimSpace(f.String())
}

// Way is Site with its caller, unless that is a test: "store.go:28 store.list < store.go:48
// store.Books". A helper that sends everything says little by itself.
func (e *Entry) Way() string {
	if len(e.Callers) == 0 || strings.HasSuffix(e.Callers[0].File, "_test.go") {
		return e.Site()
	}
	return e.Site() + " < " + e.Callers[0].String()
}

// merge takes what another report of the same run says of the same key: the most counts.
func (e *Entry) merge(o *Entry) {
	worst := o.Count > e.Count || o.Count == e.Count && o.place() < e.place()
	tests, allowed := union(e.Tests, o.Tests), e.Allowed
	count, places, rows := max(e.Count, o.Count), max(e.Places, o.Places), max(e.Rows, o.Rows)
	grows, rowsGrow, known := max(e.Grows, o.Grows), max(e.RowsGrow, o.RowsGrow), e.GrowthKnown || o.GrowthKnown
	confidence := surer(e.Confidence, o.Confidence)
	if worst {
		*e = *o
	}
	if allowed == "" || o.Allowed == "" { // one that nobody allowed
		e.Allowed = ""
	}
	e.Tests, e.Count, e.Places, e.Rows = tests, count, places, rows
	e.Grows, e.RowsGrow, e.GrowthKnown, e.Confidence, e.Least = grows, rowsGrow, known, confidence, count
}

// place is where the code is: of equal entries, the first place is shown.
func (e *Entry) place() string {
	return fmt.Sprintf("%s\x00%09d\x00%s\x00%v", e.File, e.Line, e.Message, e.Callers)
}

func surer(a, b budget.Confidence) budget.Confidence {
	order := []budget.Confidence{"", budget.Hint, budget.Candidate, budget.Proven, budget.Certain}
	if slices.Index(order, b) > slices.Index(order, a) {
		return b
	}
	return a
}

// union joins sorted lists.
func union(a, b []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(slices.Concat(a, b))))
}
