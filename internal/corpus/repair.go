package main

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/internal/corpus/db"
)

// proposed returns the statement that a finding proposes, "" if it has none.
func proposed(f *budget.Finding) string {
	_, text, ok := strings.Cut(f.Repair, "in memory: ")
	if !ok {
		return ""
	}
	text, _, _ = strings.Cut(text, "; saves")
	text, _, _ = strings.Cut(text, " with a placeholder")
	text, _, _ = strings.Cut(text, " with sqlx.In")
	return text
}

// tryRepair has the database read what a finding proposes.
func (v *verdict) tryRepair(ctx context.Context, name string, f *budget.Finding, d *db.DB) {
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
	if strings.Count(f.Shape, "?") != 1 || !strings.Contains(f.Shape, "id = ?") || strings.Count(text, " IN (?)")+strings.Count(text, " = ANY($1)") != 1 {
		return // other arguments of the loop are not known here
	}
	v.compared++
	if want, got := oneByOne(ctx, d, f.Shape), allAtOnce(ctx, d, text); !maps.Equal(want, got) {
		v.note("%s: %q has other rows than the loop: %v, not %v", name, text, got, want)
		return
	}
	v.same++
}

// keys are those of the shop's tables, and one that none has.
var keys = []string{"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "99"}

// oneByOne runs a loop's statement for each key, and counts each row. A row without an
// answer, such as a count of 0, is none.
func oneByOne(ctx context.Context, d *db.DB, shape string) map[string]int {
	rows := map[string]int{}
	for _, key := range keys {
		for _, row := range d.Rows(ctx, shape, key) {
			rows[strings.Join(row, "|")]++
		}
	}
	delete(rows, "0")
	return rows
}

// allAtOnce runs the proposed statement for all keys, and counts each row without the key
// that was added.
func allAtOnce(ctx context.Context, d *db.DB, text string) map[string]int {
	list := "(" + strings.Join(keys, ", ") + ")"
	array := "ARRAY[" + strings.Join(keys, ", ") + "]"
	text = strings.NewReplacer(" IN (?)", " IN "+list, " = ANY($1)", " = ANY("+array+")").Replace(text)
	added := addedKey(text)
	rows := map[string]int{}
	for _, row := range d.Rows(ctx, text) {
		if added >= 0 {
			row = slices.Delete(row, added, added+1)
		}
		rows[strings.Join(row, "|")]++
	}
	return rows
}

// addedKey is where the key stands that a proposed statement has in its list: first before
// aggregates, last otherwise. It is -1 where the list had it already.
func addedKey(text string) int {
	list, _, _ := strings.Cut(strings.TrimPrefix(text, "SELECT "), " FROM ")
	items := strings.Split(list, ", ")
	where := text[strings.Index(text, " WHERE ")+len(" WHERE "):]
	key, _, _ := strings.Cut(where, " ")
	switch {
	case strings.Contains(list, "(") && items[0] == key:
		return 0
	case !strings.Contains(list, "(") && items[len(items)-1] == key && len(items) > 1:
		return len(items) - 1
	}
	return -1
}
