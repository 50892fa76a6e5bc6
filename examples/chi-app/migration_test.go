package main

import (
	"testing"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/querybudget/querybudget/budget"
)

// Six tables for GORM to make, with indexes to look for.
type (
	alpha   struct{ Columns }
	beta    struct{ Columns }
	gamma   struct{ Columns }
	delta   struct{ Columns }
	epsilon struct{ Columns }
	zeta    struct{ Columns }
	Columns struct {
		ID    int64  `gorm:"primaryKey"`
		Name  string `gorm:"size:50;index"`
		Email string `gorm:"size:50;uniqueIndex"`
		Count int
	}
)

// A tool that reads the schema over and over, and writes it, has no findings.
func TestNoFindingsInMigrations(t *testing.T) {
	each(t, func(t *testing.T, d testDatabase) {
		if d.name == "pq" {
			return // GORM's migrations are written for pgx
		}
		g, err := gorm.Open(dialector(d, d.open(t)), &gorm.Config{Logger: logger.Discard})
		if err != nil {
			t.Fatal(err)
		}
		for _, when := range []string{"first", "again"} {
			ctx, r := budget.NewContext(t.Context())
			if err := g.WithContext(ctx).AutoMigrate(&alpha{}, &beta{}, &gamma{}, &delta{}, &epsilon{}, &zeta{}); err != nil {
				t.Fatal(err)
			}
			report := r.Report()
			if report.Totals.Queries < 6 {
				t.Errorf("%s: only %d queries", when, report.Totals.Queries)
			}
			for i := range report.Findings {
				if f := &report.Findings[i]; f.Kind != budget.SelectStar {
					t.Errorf("%s: %v\n\t%s", when, f, f.Shape)
				}
			}
		}
	})
}
