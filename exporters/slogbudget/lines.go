package slogbudget

import (
	"fmt"
	"strings"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/internal/oneline"
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
		return oneline.Text(fmt.Sprintf("%dx %s", l.Count, l.Shape))
	}
	return oneline.Text(fmt.Sprintf("%dx %s at %s:%d", l.Count, l.Shape, l.File, l.Line))
}

// The lists of a record are structured in JSON and one string in text. A
// slog.JSONHandler writes the items as encoding/json does, which takes half the time
// if the list has no method for it. A slog.TextHandler calls String.

type groupLines []groupLine

func (l groupLines) String() string { return join(l, groupLine.String) }

type verdictLines []*budget.ExceededError

func (l verdictLines) String() string { return join(l, (*budget.ExceededError).Error) }

type findingLines []budget.Finding

func (l findingLines) String() string {
	return join(l, func(f budget.Finding) string { return f.String() + " -> " + oneline.Text(f.Repair) })
}

func join[T any](items []T, text func(T) string) string {
	parts := make([]string, len(items))
	for i := range items {
		parts[i] = text(items[i])
	}
	return strings.Join(parts, "; ")
}
