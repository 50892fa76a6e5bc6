package main

import (
	"context"
	"database/sql"
	_ "embed"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/mysqldialect"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	"github.com/uptrace/bun/schema"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/examples/chi-app/internal/sqlcstyle"
)

// writer and work are rows, for the libraries that map them.
type writer struct {
	bun.BaseModel `bun:"table:writers" gorm:"-"`
	ID            int64  `bun:"id,pk" gorm:"column:id;primaryKey;autoIncrement:false"`
	Name          string `bun:"name" gorm:"column:name"`
	Works         []work `bun:"rel:has-many,join:id=writer_id" gorm:"foreignKey:WriterID"`
}

type work struct {
	bun.BaseModel `bun:"table:works" gorm:"-"`
	ID            int64  `bun:"id,pk" gorm:"column:id;primaryKey;autoIncrement:false"`
	WriterID      int64  `bun:"writer_id" gorm:"column:writer_id"`
	Title         string `bun:"title" gorm:"column:title"`
}

//go:embed findings_test.go
var findingsSource string

// Each library, with the loop that people write and its repair: exactly the n+1,
// at the application's line, and nothing for the repair.
func TestFindingsOfLibraries(t *testing.T) {
	each(t, func(t *testing.T, d testDatabase) {
		for name, open := range map[string]func(*testing.T, testDatabase, *sql.DB) (loop, repair func(context.Context) (int, error)){
			"database/sql": findWithSQL, "sqlx": findWithSQLX, "sqlc": findWithSQLC, "gorm": findWithGORM, "bun": findWithBun,
		} {
			t.Run(name, func(t *testing.T) {
				db := d.open(t)
				fill(t, db, 6)
				loop, repair := open(t, d, db)
				ctx, r := budget.Bounds{TrackValues: true}.NewContext(t.Context())
				if _, err := loop(ctx); err != nil {
					t.Fatal(err)
				}
				// From Go 1.27 on, pgx copies values into bun's own scanner, where nobody sees them.
				isHidden := name == "bun" && d.driver == "pgx" && runtime.Version() >= "go1.27"
				checkProof(t, r.Report(), isHidden)
				for kind, page := range map[string]func(context.Context) (int, error){"loop": loop, "repair": repair} {
					ctx, r := budget.NewContext(t.Context())
					works, err := page(ctx)
					if err != nil || works != 12 {
						t.Fatalf("%s: %d works, %v", kind, works, err)
					}
					checkFindings(t, kind, r.Report())
				}
			})
		}
	})
}

// A prepared statement in a loop is a loop.
func TestFindingsThroughPreparedStatements(t *testing.T) {
	each(t, func(t *testing.T, d testDatabase) {
		db := d.open(t)
		fill(t, db, 6)
		ctx, r := budget.NewContext(t.Context())
		writers, err := sqlcstyle.New(db, d.rebind).ListWriters(ctx) // parent
		if err != nil {
			t.Fatal(err)
		}
		statement, err := db.PrepareContext(ctx, d.rebind("SELECT count(*) FROM works WHERE writer_id = ?"))
		if err != nil {
			t.Fatal(err)
		}
		defer statement.Close() //nolint:errcheck // a test
		for _, id := range writers {
			var n int
			if err := statement.QueryRowContext(ctx, id).Scan(&n); err != nil { // loop
				t.Fatal(err)
			}
		}
		checkFindings(t, "loop", r.Report())
	})
}

// Queries inside of open rows are counted once each, also where the driver
// declines them first.
func TestFindingsOfNestedQueries(t *testing.T) {
	each(t, func(t *testing.T, d testDatabase) {
		db := d.open(t)
		fill(t, db, 6)
		ctx, r := budget.NewContext(t.Context())
		rows, err := db.QueryContext(ctx, d.rebind("SELECT id FROM writers WHERE id <= ? ORDER BY id"), 3) // parent
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var id, n int
			if err := rows.Scan(&id); err != nil {
				t.Fatal(err)
			}
			if err := db.QueryRowContext(ctx, d.rebind("SELECT count(*) FROM works WHERE writer_id = ?"), id).Scan(&n); err != nil {
				t.Fatal(err)
			}
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			t.Fatal(err)
		}
		found := r.Report().Findings
		for i, kind := range []budget.FindingKind{budget.NPlusOne, budget.NestedQuery} {
			if len(found) != 2 || found[i].Kind != kind || found[i].Count != 3 || found[i].Parent.Rows != 3 {
				t.Errorf("found %+v", found)
			}
		}
	})
}

// checkFindings expects one n+1 of a loop, on the line that is marked, and none of
// its repair. SELECT * is what some libraries write by themselves: a hint.
func checkFindings(t *testing.T, kind string, report *budget.Report) {
	t.Helper()
	found := slices.DeleteFunc(slices.Clone(report.Findings), func(f budget.Finding) bool { return f.Kind == budget.SelectStar })
	if kind == "repair" {
		if len(found) > 0 {
			t.Errorf("the repair: %v", &found[0])
		}
		return
	}
	if len(found) != 1 || found[0].Kind != budget.NPlusOne || found[0].Count != 6 || found[0].Confidence != budget.Candidate {
		t.Fatalf("the loop: %+v", found)
	}
	f := &found[0]
	line := func(site callsite.CallSite) string {
		if site.File != "findings_test.go" {
			return site.String()
		}
		return strings.TrimSpace(strings.Split(findingsSource, "\n")[site.Line-1])
	}
	if got := line(f.CallSite()); !strings.HasSuffix(got, "// loop") {
		t.Errorf("found at %q", got)
	}
	if f.Parent == nil || f.Parent.Rows != 6 || !strings.HasSuffix(line(f.Parent.CallSite()), "// parent") {
		t.Errorf("parent %+v", f.Parent)
	}
}

// checkProof expects the loop to be proven, also where a library writes arguments into the
// text, as bun does.
func checkProof(t *testing.T, report *budget.Report, isHidden bool) {
	t.Helper()
	for _, f := range report.Findings {
		if f.Kind != budget.NPlusOne {
			continue
		}
		if isHidden {
			if f.Confidence != budget.Candidate || f.Parent == nil || f.Parent.Position != 1 {
				t.Errorf("without values: %v, parent %+v", &f, f.Parent)
			}
			return
		}
		if f.Confidence != budget.Proven || f.Proof != "all 6 arguments are values of writers.id of query 1" || f.Parent == nil || f.Parent.Position != 1 {
			t.Errorf("not proven: %v, parent %+v", &f, f.Parent)
		}
		return
	}
	t.Error("no n+1 was found")
}

// fill makes writers with two works each.
func fill(t *testing.T, db *sql.DB, writers int) {
	t.Helper()
	statements := []string{
		"CREATE TABLE writers (id BIGINT PRIMARY KEY, name VARCHAR(20))",
		"CREATE TABLE works (id BIGINT PRIMARY KEY, writer_id BIGINT, title VARCHAR(20))",
	}
	for i := 1; i <= writers; i++ {
		statements = append(statements, fmt.Sprintf("INSERT INTO writers VALUES (%d, 'writer')", i),
			fmt.Sprintf("INSERT INTO works VALUES (%d, %d, 'work'), (%d, %d, 'work')", 2*i, i, 2*i+1, i))
	}
	for _, s := range statements {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
}

func findWithSQL(_ *testing.T, d testDatabase, db *sql.DB) (loop, repair func(context.Context) (int, error)) {
	ids := func(ctx context.Context) (ids []int64, err error) {
		rows, err := db.QueryContext(ctx, "SELECT id FROM writers ORDER BY id") // parent
		if err != nil {
			return nil, err
		}
		defer rows.Close() //nolint:errcheck // a test
		for rows.Next() {
			var id int64
			if err := rows.Scan(&id); err != nil {
				return nil, err
			}
			ids = append(ids, id)
		}
		return ids, rows.Err()
	}
	loop = func(ctx context.Context) (works int, err error) {
		all, err := ids(ctx)
		for _, id := range all {
			var n int
			if err := db.QueryRowContext(ctx, d.rebind("SELECT count(*) FROM works WHERE writer_id = ?"), id).Scan(&n); err != nil { // loop
				return 0, err
			}
			works += n
		}
		return works, err
	}
	repair = func(ctx context.Context) (works int, err error) {
		err = db.QueryRowContext(ctx, "SELECT count(*) FROM works WHERE writer_id IN (SELECT id FROM writers)").Scan(&works)
		return works, err
	}
	return loop, repair
}

func findWithSQLX(_ *testing.T, d testDatabase, db *sql.DB) (loop, repair func(context.Context) (int, error)) {
	x := sqlx.NewDb(db, d.driver)
	loop = func(ctx context.Context) (works int, err error) {
		var ids []int64
		if err := x.SelectContext(ctx, &ids, "SELECT id FROM writers ORDER BY id"); err != nil { // parent
			return 0, err
		}
		for _, id := range ids {
			var titles []string
			if err := x.SelectContext(ctx, &titles, d.rebind("SELECT title FROM works WHERE writer_id = ?"), id); err != nil { // loop
				return 0, err
			}
			works += len(titles)
		}
		return works, nil
	}
	repair = func(ctx context.Context) (int, error) {
		var ids []int64
		if err := x.SelectContext(ctx, &ids, "SELECT id FROM writers ORDER BY id"); err != nil {
			return 0, err
		}
		query, args, err := sqlx.In("SELECT title FROM works WHERE writer_id IN (?)", ids)
		if err != nil {
			return 0, err
		}
		var titles []string
		err = x.SelectContext(ctx, &titles, d.rebind(query), args...)
		return len(titles), err
	}
	return loop, repair
}

func findWithSQLC(_ *testing.T, d testDatabase, db *sql.DB) (loop, repair func(context.Context) (int, error)) {
	q := sqlcstyle.New(db, d.rebind)
	loop = func(ctx context.Context) (works int, err error) {
		ids, err := q.ListWriters(ctx) // parent
		for _, id := range ids {
			titles, err := q.ListWorks(ctx, id) // loop
			if err != nil {
				return 0, err
			}
			works += len(titles)
		}
		return works, err
	}
	repair = func(ctx context.Context) (int, error) {
		titles, err := q.ListAllWorks(ctx)
		return len(titles), err
	}
	return loop, repair
}

func findWithGORM(t *testing.T, d testDatabase, db *sql.DB) (loop, repair func(context.Context) (int, error)) {
	g, err := gorm.Open(dialector(d, db), &gorm.Config{Logger: logger.Discard})
	if err != nil {
		t.Fatal(err)
	}
	loop = func(ctx context.Context) (works int, err error) {
		var writers []writer
		if err := g.WithContext(ctx).Find(&writers).Error; err != nil { // parent
			return 0, err
		}
		for i := range writers {
			var own []work
			if err := g.WithContext(ctx).Where("writer_id = ?", writers[i].ID).Find(&own).Error; err != nil { // loop
				return 0, err
			}
			works += len(own)
		}
		return works, nil
	}
	repair = func(ctx context.Context) (works int, err error) {
		var writers []writer
		if err := g.WithContext(ctx).Preload("Works").Find(&writers).Error; err != nil {
			return 0, err
		}
		for i := range writers {
			works += len(writers[i].Works)
		}
		return works, nil
	}
	return loop, repair
}

func findWithBun(_ *testing.T, d testDatabase, db *sql.DB) (loop, repair func(context.Context) (int, error)) {
	dialects := map[string]func() schema.Dialect{
		"sqlite":   func() schema.Dialect { return sqlitedialect.New() },
		"postgres": func() schema.Dialect { return pgdialect.New() },
		"mysql":    func() schema.Dialect { return mysqldialect.New() },
	}
	b := bun.NewDB(db, dialects[d.system]())
	loop = func(ctx context.Context) (works int, err error) {
		var writers []writer
		if err := b.NewSelect().Model(&writers).Scan(ctx); err != nil { // parent
			return 0, err
		}
		for i := range writers {
			var own []work
			if err := b.NewSelect().Model(&own).Where("writer_id = ?", writers[i].ID).Scan(ctx); err != nil { // loop
				return 0, err
			}
			works += len(own)
		}
		return works, nil
	}
	repair = func(ctx context.Context) (works int, err error) {
		var writers []writer
		if err := b.NewSelect().Model(&writers).Relation("Works").Scan(ctx); err != nil {
			return 0, err
		}
		for i := range writers {
			works += len(writers[i].Works)
		}
		return works, nil
	}
	return loop, repair
}
