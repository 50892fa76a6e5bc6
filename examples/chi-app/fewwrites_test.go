package main

import (
	"context"
	"testing"

	"github.com/jmoiron/sqlx"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/budget/budgettest"
	"github.com/querybudget/querybudget/sqlwrap"
)

// Four writes are a loop if they are proven to go through the rows of a read, and none if
// their keys come from elsewhere.
func TestFewWritesThroughRows(t *testing.T) {
	db := sqlx.NewDb(budgettest.SQLite(t, sqlwrap.Open, "sqlite",
		"CREATE TABLE authors (id INTEGER PRIMARY KEY, seen INTEGER)",
		"INSERT INTO authors VALUES (11, 0), (12, 0), (13, 0), (14, 0)"), "sqlite")
	for name, test := range map[string]struct {
		ids  []int64
		want bool
	}{
		"of the rows":  {nil, true},
		"of a request": {[]int64{1, 2, 3, 4}, false},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, r := budget.Bounds{TrackValues: true}.NewContext(t.Context())
			visit(ctx, t, db, test.ids)
			report := r.Report()
			found := len(report.Findings) == 1 && report.Findings[0].Kind == budget.WriteLoop &&
				report.Findings[0].Confidence == budget.Proven && report.Findings[0].Count == 4 && report.Findings[0].Parent != nil
			if found != test.want || !test.want && len(report.Findings) > 0 {
				t.Errorf("found %v", report.Findings)
			}
		})
	}
}

// visit writes the row of each of some authors, of all of them with nil.
func visit(ctx context.Context, t *testing.T, db *sqlx.DB, ids []int64) {
	t.Helper()
	var all []int64
	if err := db.SelectContext(ctx, &all, "SELECT id FROM authors"); err != nil {
		t.Fatal(err)
	}
	if ids == nil {
		ids = all
	}
	for _, id := range ids {
		if _, err := db.ExecContext(ctx, "UPDATE authors SET seen = seen + 1 WHERE id = ?", id); err != nil {
			t.Fatal(err)
		}
	}
}
