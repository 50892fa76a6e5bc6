package main

import (
	"context"
	"strings"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/internal/corpus/office/db"
)

// proposed returns the statement that a finding proposes, "" if it has none.
func proposed(f *budget.Finding) string {
	_, text, _ := strings.Cut(f.Repair, "in memory")
	text, _, _ = strings.Cut(text, "; saves")
	_, text, _ = strings.Cut(text, ": ") // before it may stand what it takes for granted
	text, _, _ = strings.Cut(text, " with a placeholder")
	text, _, _ = strings.Cut(text, " with sqlx.In")
	return text
}

// tryRepair has the database read what a finding proposes, and compares its rows with
// those that the loop got.
func (v *verdict) tryRepair(ctx context.Context, name string, f *budget.Finding, d *db.DB, heard *answers) {
	text := proposed(f)
	if text == "" {
		return
	}
	v.repairs++
	prepared, err := d.SQL.PrepareContext(ctx, text)
	if err != nil {
		v.note("%s: %q: %v", name, text, err)
		return
	}
	defer prepared.Close() //nolint:errcheck // it was never used
	v.valid++
	loop, ok := heard.loopOf(f, d.System)
	if !ok {
		return
	}
	v.compared++
	if difference := loop.compare(ctx, d, text); difference != "" {
		v.note("%s: %q gives other rows: %s", name, text, difference)
		return
	}
	v.same++
}
