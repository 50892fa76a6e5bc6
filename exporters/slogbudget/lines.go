package slogbudget

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/querybudget/querybudget/budget"
)

// groupLine is a group in a record.
type groupLine struct {
	Count    int64  `json:"count"`
	Shape    string `json:"shape"`
	Function string `json:"function,omitempty"`
	File     string `json:"file,omitempty"`
	Line     int    `json:"line,omitempty"`
}

// maxShape is the length of a shape in a record, in bytes.
const maxShape = 300

func newGroupLine(g *budget.Group, count int64) groupLine {
	site := g.CallSite()
	shape := g.Shape
	if g.Overflow {
		shape = "(other queries)"
	}
	if len(shape) > maxShape {
		shape = strings.ToValidUTF8(shape[:maxShape], "") + "…"
	}
	return groupLine{Count: count, Shape: shape, Function: site.Function, File: site.File, Line: site.Line}
}

func (l groupLine) String() string {
	if l.File == "" {
		return fmt.Sprintf("%dx %s", l.Count, l.Shape)
	}
	return fmt.Sprintf("%dx %s at %s:%d", l.Count, l.Shape, l.File, l.Line)
}

// groupLines are structured in JSON and one string in text.
type groupLines []groupLine

// MarshalText is what slog.TextHandler looks for.
func (l groupLines) MarshalText() ([]byte, error) {
	parts := make([]string, len(l))
	for i := range l {
		parts[i] = l[i].String()
	}
	return []byte(strings.Join(parts, "; ")), nil
}

// MarshalJSON is what slog.JSONHandler looks for.
func (l groupLines) MarshalJSON() ([]byte, error) { return json.Marshal([]groupLine(l)) }

// verdictLines are the exceeded limits: the errors themselves in JSON, their
// texts in text.
type verdictLines []*budget.ExceededError

// MarshalText is what slog.TextHandler looks for.
func (l verdictLines) MarshalText() ([]byte, error) {
	parts := make([]string, len(l))
	for i := range l {
		parts[i] = l[i].Error()
	}
	return []byte(strings.Join(parts, "; ")), nil
}

// MarshalJSON is what slog.JSONHandler looks for.
func (l verdictLines) MarshalJSON() ([]byte, error) {
	return json.Marshal([]*budget.ExceededError(l))
}

// findingLines are the findings themselves in JSON, and one line in text.
type findingLines []budget.Finding

// MarshalText is what slog.TextHandler looks for.
func (l findingLines) MarshalText() ([]byte, error) {
	parts := make([]string, len(l))
	for i := range l {
		parts[i] = l[i].String() + " -> " + l[i].Repair
	}
	return []byte(strings.Join(parts, "; ")), nil
}

// MarshalJSON is what slog.JSONHandler looks for.
func (l findingLines) MarshalJSON() ([]byte, error) { return json.Marshal([]budget.Finding(l)) }
