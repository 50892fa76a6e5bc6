package slogbudget

import (
	"fmt"
	"strings"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/internal/oneline"
)

// The lists of a record are structured in JSON and one string in text. A
// slog.JSONHandler writes the items as encoding/json does, which takes half the time
// if the list has no method for it. A slog.TextHandler calls String. A repair has
// semicolons, so a bar stands between items.

// groupLine is a group in a record.
type groupLine struct {
	Count    int64           `json:"count"`
	Shape    string          `json:"shape"`
	Function string          `json:"function,omitempty"`
	File     string          `json:"file,omitempty"`
	Line     int             `json:"line,omitempty"`
	Caller   *callsite.Frame `json:"caller,omitempty"`

	groups int // that are this line
}

func newGroupLine(g *budget.Group) groupLine {
	site := cutFrame(g.CallSite().Frame)
	shape := g.Shape
	if g.Overflow {
		shape = "(other queries)"
	}
	return groupLine{Shape: cut(shape, maxShape), Function: site.Function, File: site.File, Line: site.Line}
}

func (l groupLine) String() string {
	if l.File == "" {
		return oneline.Text(fmt.Sprintf("%dx %s", l.Count, l.Shape))
	}
	return oneline.Text(fmt.Sprintf("%dx %s at %s:%d%s", l.Count, l.Shape, l.File, l.Line, below(l.Caller)))
}

func (l *groupLine) length() int {
	return len(`{"count":1000000000,"shape":"","function":"","file":"","line":1000000},`) +
		written(l.Shape) + written(l.Function) + written(l.File) + writtenFrame(l.Caller)
}

// below is a frame around a call site.
func below(caller *callsite.Frame) string {
	if caller == nil {
		return ""
	}
	return " < " + caller.String()
}

// exceededLine is a limit that was exceeded, in the form of a [budget.ExceededError].
type exceededLine struct {
	Limit    budget.Limit    `json:"limit"`
	Allowed  int64           `json:"allowed"`
	Observed int64           `json:"observed"`
	Name     string          `json:"name,omitempty"`
	Summary  string          `json:"summary,omitempty"`
	Shape    string          `json:"shape,omitempty"`
	Refused  bool            `json:"refused,omitempty"`
	CallSite *callsite.Frame `json:"call_site,omitempty"`
	Caller   *callsite.Frame `json:"caller,omitempty"`

	text string
}

func newExceededLine(e *budget.ExceededError, caller *callsite.Frame) exceededLine {
	text := e.Error()
	if site := e.CallSite().String(); caller != nil {
		text = strings.Replace(text, site, site+below(caller), 1)
	}
	return exceededLine{
		Limit: e.Limit, Allowed: e.Allowed, Observed: e.Observed, Name: cut(e.Name, maxName), Summary: cut(e.Summary, maxSummary),
		Shape: cut(e.Shape, maxShape), Refused: e.Refused, CallSite: frame(e.CallSite().Frame), Caller: caller,
		text: cut(text, maxName+maxShape+maxRepair),
	}
}

func (l *exceededLine) length() int {
	inJSON := len(`{"limit":"duplicates","allowed":1000000000000,"observed":1000000000000,"name":"","summary":"","shape":"","refused":true},`) +
		written(l.Name) + written(l.Summary) + written(l.Shape) + writtenFrame(l.CallSite) + writtenFrame(l.Caller)
	return max(inJSON, written(l.text))
}

// findingLine is a finding in a record, in the form of a [budget.Finding] with what a
// reader of logs needs.
type findingLine struct {
	Kind       budget.FindingKind `json:"kind"`
	Confidence budget.Confidence  `json:"confidence"`
	Count      int64              `json:"count"`
	Summary    string             `json:"summary,omitempty"`
	Shape      string             `json:"shape,omitempty"`
	Database   string             `json:"database,omitempty"`
	CallSite   *callsite.Frame    `json:"call_site,omitempty"`
	Caller     *callsite.Frame    `json:"caller,omitempty"`
	Reads      *readsLine         `json:"reads,omitempty"`
	Parent     *parentLine        `json:"parent,omitempty"`
	Proof      string             `json:"proof,omitempty"`
	Note       string             `json:"note,omitempty"`
	Repair     string             `json:"repair,omitempty"`
	Allowed    *allowedLine       `json:"allowed,omitempty"`
	Rows       int64              `json:"rows,omitempty"`
	Time       int64              `json:"time_ns,omitempty"`
}

// readsLine is what a loop reads beside its writes.
type readsLine struct {
	Count    int64           `json:"count"`
	Summary  string          `json:"summary"`
	CallSite *callsite.Frame `json:"call_site,omitempty"`
}

type parentLine struct {
	Summary  string          `json:"summary"`
	Position int64           `json:"position"`
	Rows     int64           `json:"rows"`
	CallSite *callsite.Frame `json:"call_site,omitempty"`
}

type allowedLine struct {
	Reason string `json:"reason"`
}

func newFindingLine(f *budget.Finding) findingLine {
	out := findingLine{
		Kind: f.Kind, Confidence: f.Confidence, Count: f.Count, Summary: cut(f.Summary, maxSummary), Shape: cut(f.Shape, maxShape),
		Database: cut(f.Database, maxSummary), CallSite: frame(f.CallSite().Frame), Proof: cut(f.Proof, maxProof), Note: cut(f.Note, maxProof),
		Repair: cut(f.Advice(), maxRepair), Rows: f.Rows, Time: f.Time.Nanoseconds(),
	}
	if r := f.Reads; r != nil {
		out.Reads = &readsLine{r.Count, cut(r.Summary, maxSummary), frame(r.CallSite().Frame)}
	}
	if p := f.Parent; p != nil {
		out.Parent = &parentLine{cut(p.Summary, maxSummary), p.Position, p.Rows, frame(p.CallSite().Frame)}
	}
	if f.Allowed != nil {
		out.Allowed = &allowedLine{cut(f.Allowed.Reason, maxProof)}
	}
	return out
}

func (l findingLine) String() string {
	s := fmt.Sprintf("%s (%s): %dx %s", l.Kind, l.Confidence, l.Count, l.Summary)
	if l.CallSite != nil {
		s += " at " + l.CallSite.String() + below(l.Caller)
	}
	if l.Reads != nil {
		s += fmt.Sprintf(", with %dx %s", l.Reads.Count, l.Reads.Summary)
		if l.Reads.CallSite != nil {
			s += " at " + l.Reads.CallSite.String()
		}
	}
	if l.Parent != nil {
		s += fmt.Sprintf(", for the %d rows of %s", l.Parent.Rows, l.Parent.Summary)
	}
	if l.Proof != "" {
		s += ": " + l.Proof
	}
	if l.Note != "" {
		s += ": " + l.Note
	}
	return oneline.Text(s + " -> " + l.Repair)
}

func (l *findingLine) length() int {
	n := len(`{"kind":"select-then-insert","confidence":"candidate","count":1000000000,"summary":"","shape":"","database":"","proof":"","note":"","repair":"","rows":1000000000,"time_ns":1000000000000},`)
	for _, s := range []string{l.Summary, l.Shape, l.Database, l.Proof, l.Note, l.Repair} {
		n += written(s)
	}
	n += writtenFrame(l.CallSite) + writtenFrame(l.Caller)
	if l.Reads != nil {
		n += len(`"reads":{"count":1000000000,"summary":""},`) + written(l.Reads.Summary) + writtenFrame(l.Reads.CallSite)
	}
	if l.Parent != nil {
		n += len(`"parent":{"summary":"","position":1000000000,"rows":1000000000},`) + written(l.Parent.Summary) + writtenFrame(l.Parent.CallSite)
	}
	if l.Allowed != nil {
		n += len(`"allowed":{"reason":""},`) + written(l.Allowed.Reason)
	}
	return n
}

type (
	groupLines    []groupLine
	exceededLines []exceededLine
	findingLines  []findingLine
)

func (l groupLines) String() string { return join(l, groupLine.String) }

func (l exceededLines) String() string {
	return join(l, func(e exceededLine) string { return e.text })
}

func (l findingLines) String() string { return join(l, findingLine.String) }

func join[T any](items []T, text func(T) string) string {
	parts := make([]string, len(items))
	for i := range items {
		parts[i] = text(items[i])
	}
	return strings.Join(parts, " | ")
}
