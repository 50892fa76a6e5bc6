// Package textbudget writes budget reports as text that a developer reads in the terminal
// of his service: one line for a request that is fine, and a block for one that is not.
//
//	GET /bad/authors  21 queries in 3.1ms, 120 rows: exceeded its budget
//	  budget  queries: 3 allowed, 21 observed
//	  n+1     20x SELECT books at store/authors.go:16 store.(*Store).AuthorsSlowly, for the 20 rows of SELECT authors
//	          -> one query for all: ... WHERE author_id IN (?); saves 19 round trips
//	  20x  2.8ms  SELECT title FROM books WHERE author_id = ? ORDER BY id   store/authors.go:16
//	   1x  0.3ms  SELECT id, name FROM authors ORDER BY id                  store/authors.go:12
//
// A text never holds argument values or literals. In production, package slogbudget writes
// records for machines.
package textbudget

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/internal/oneline"
)

// maxGroups statements are listed, and maxShape bytes of each.
const (
	maxGroups = 5
	maxShape  = 100
)

// Reporter returns a reporter that writes to w, such as os.Stderr. Each report is one call
// of Write, and no two are made at the same time; errors of w are ignored. It is safe for
// concurrent use, and panics if w is nil.
func Reporter(w io.Writer) budget.Reporter {
	if w == nil {
		panic("textbudget: Reporter with a nil io.Writer")
	}
	return &reporter{w: w}
}

type reporter struct {
	mu sync.Mutex
	w  io.Writer
}

// Report writes a report.
func (r *reporter) Report(_ context.Context, report *budget.Report) {
	text := textOf(report)
	r.mu.Lock()
	defer r.mu.Unlock()
	_, _ = io.WriteString(r.w, text)
}

// Needs asks for what a block has, also of what came late. Terminals are quick.
func (r *reporter) Needs() budget.Needs {
	return budget.Needs{Content: budget.WhatIsFound, Late: true, Quick: true}
}

func textOf(r *budget.Report) string {
	var b strings.Builder
	headline(&b, r)
	entries := entriesOf(r)
	width := 0
	for _, e := range entries {
		width = max(width, len(e.name))
	}
	for _, e := range entries {
		fmt.Fprintf(&b, "  %-*s  %s\n", width, e.name, oneline.Text(e.text))
		if e.repair != "" {
			fmt.Fprintf(&b, "  %-*s  -> %s\n", width, "", oneline.Text(e.repair))
		}
	}
	if len(entries) > 0 {
		statements(&b, r)
	}
	return b.String()
}

// headline is what each report has.
func headline(b *strings.Builder, r *budget.Report) {
	t := &r.Totals
	b.WriteString(oneline.Text(cmp.Or(r.Name, "(no name)")))
	switch r.Stage {
	case budget.Late:
		b.WriteString(", after its end,")
	case budget.Running:
		b.WriteString(", still running,")
	}
	fmt.Fprintf(b, "  %s in %v", counted(t.Queries, "query", "queries"), round(t.WallTime))
	if t.Rows > 0 {
		fmt.Fprintf(b, ", %s", counted(t.Rows, "row", "rows"))
	}
	if t.Errors > 0 {
		fmt.Fprintf(b, ", %d failed", t.Errors)
	}
	if t.Blocked > 0 {
		fmt.Fprintf(b, ", %d refused", t.Blocked)
	}
	fmt.Fprintf(b, ": %s\n", outcome(r))
}

// outcome says both parts of the verdict: a unit can keep to its budget and have a finding.
func outcome(r *budget.Report) string {
	words := map[budget.Outcome]string{
		budget.Within: "within its budget", budget.Exceeded: "exceeded its budget", budget.Blocked: "held to its budget",
	}[r.Verdict.Outcome]
	if len(r.Verdict.Exceeded) == 0 && len(r.AllExceeded()) > 0 {
		words = "exceeded the budget of a part of it"
	}
	if n := len(judged(r)); n > 0 {
		words = strings.TrimPrefix(words+", "+counted(int64(n), "finding", "findings"), ", ")
	}
	return cmp.Or(words, "no budget")
}

// judged are the findings that nobody has allowed.
func judged(r *budget.Report) (out []*budget.Finding) {
	for i := range r.Findings {
		if r.Findings[i].Allowed == nil {
			out = append(out, &r.Findings[i])
		}
	}
	return out
}

// entry is one thing that is not as it should be.
type entry struct{ name, text, repair string }

func entriesOf(r *budget.Report) (out []entry) {
	if r.Verdict.Invalid != "" {
		out = append(out, entry{name: "budget", text: "is not valid: " + r.Verdict.Invalid})
	}
	for _, e := range r.AllExceeded() {
		out = append(out, entry{name: "budget", text: strings.TrimPrefix(e.Error(), "budget: ")})
	}
	for _, f := range judged(r) {
		text := f.String()
		text = strings.TrimPrefix(text, fmt.Sprintf("%s (%s): ", f.Kind, f.Confidence))
		out = append(out, entry{oneline.Text(string(f.Kind)), text, f.Advice()})
	}
	return out
}

// statements lists what was asked most.
func statements(b *strings.Builder, r *budget.Report) {
	groups := r.Groups[:min(len(r.Groups), maxGroups)]
	for i := range groups {
		g := &groups[i]
		shape := oneline.Text(g.Shape)
		if g.Overflow {
			shape = "(other statements)"
		}
		if len(shape) > maxShape {
			shape = strings.ToValidUTF8(shape[:maxShape], "") + "…"
		}
		at := "no line of the application"
		if site := g.CallSite(); !site.IsZero() {
			at = fmt.Sprintf("%s:%d", site.File, site.Line)
		}
		fmt.Fprintf(b, "  %4dx %9v  %s  %s\n", g.Queries, round(g.Time), shape, oneline.Text(at))
	}
	if more := len(r.Groups) - len(groups); more > 0 {
		fmt.Fprintf(b, "  … and %s\n", counted(int64(more), "other statement", "other statements"))
	}
}

func counted(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func round(d time.Duration) time.Duration { return d.Round(10 * time.Microsecond) }
