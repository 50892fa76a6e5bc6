package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	_ "embed"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/mysqldialect"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	"github.com/uptrace/bun/schema"
	gormmysql "gorm.io/driver/mysql"
	gormpostgres "gorm.io/driver/postgres"
	gormsqlite "gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/sqlwrap"
	"github.com/querybudget/querybudget/sqlwrap/sqlwraptest"
	"github.com/querybudget/querybudget/statement"
)

// connector makes the bare connector of a database.
func (d testDatabase) connector(dsn string) (driver.Connector, error) {
	db, err := sql.Open(d.driver, dsn)
	if err != nil {
		return nil, err
	}
	bare := db.Driver()
	if err := db.Close(); err != nil {
		return nil, err
	}
	if c, ok := bare.(driver.DriverContext); ok {
		return c.OpenConnector(dsn)
	}
	return dsnOnly{bare, dsn}, nil
}

type dsnOnly struct {
	driver driver.Driver
	dsn    string
}

func (c dsnOnly) Connect(context.Context) (driver.Conn, error) { return c.driver.Open(c.dsn) }
func (c dsnOnly) Driver() driver.Driver                        { return c.driver }

func (d testDatabase) target(t *testing.T) sqlwraptest.Target {
	dsn := d.dsn(t)
	return sqlwraptest.Target{
		Open: func() (driver.Connector, error) { return d.connector(dsn) },
		Setup: []string{
			"DROP TABLE IF EXISTS things",
			"CREATE TABLE things (id BIGINT, name VARCHAR(20))",
		},
		Insert:    d.rebind("INSERT INTO things (id, name) VALUES (?, ?)"),
		Select:    d.rebind("SELECT id, name FROM things WHERE id = ?"),
		SelectAll: "SELECT id, name FROM things ORDER BY id",
		Broken:    "SELECT FROM WHERE",
		Racing:    d.name == "pq",
	}
}

// Every driver behaves the same when it is wrapped.
func TestDriversBehaveAsBare(t *testing.T) {
	each(t, func(t *testing.T, d testDatabase) { sqlwraptest.Verify(t, d.target(t)) })
}

// Every rule of what counts, on every driver.
func TestWhatCounts(t *testing.T) {
	each(t, func(t *testing.T, d testDatabase) { sqlwraptest.VerifyCounts(t, d.target(t)) })
}

// One query may be several driver calls.
func TestRoundTrips(t *testing.T) {
	prepares := map[string]int64{"mysql": 1} // declines arguments unless it interpolates them
	each(t, func(t *testing.T, d testDatabase) {
		db := d.open(t)
		ctx, r := budget.NewContext(t.Context())
		var n int
		if err := db.QueryRowContext(ctx, d.rebind("SELECT 1 + ?"), 1).Scan(&n); err != nil {
			t.Fatal(err)
		}
		if got := r.Totals(); got.Queries != 1 || got.Prepares != prepares[d.name] || got.Connects != 1 {
			t.Errorf("got %+v", got)
		}
	})
}

// Some drivers take arguments as the application has them (pgx), others get them
// converted: what is the same to the database is the same to the account.
func TestArgumentTypes(t *testing.T) {
	type bookID int64
	each(t, func(t *testing.T, d testDatabase) {
		db := d.open(t)
		ctx, r := budget.Bounds{TrackValues: true}.NewContext(t.Context())
		var ids []int
		for _, statement := range []string{"CREATE TABLE books (id BIGINT)", "INSERT INTO books (id) VALUES (1), (2), (3), (4), (5)"} {
			if _, err := db.ExecContext(ctx, statement); err != nil {
				t.Fatal(err)
			}
		}
		if err := sqlx.NewDb(db, d.driver).SelectContext(ctx, &ids, "SELECT id FROM books"); err != nil {
			t.Fatal(err)
		}
		read := func(id any) {
			var got int
			if err := db.QueryRowContext(ctx, d.rebind("SELECT id FROM books WHERE id = ?"), id).Scan(&got); err != nil {
				t.Fatal(err)
			}
		}
		for _, id := range ids {
			read(id)
		}
		five := int64(5)
		for _, same := range []any{five, int32(5), uint8(5), bookID(5), &five} {
			read(same)
		}
		report := r.Report()
		if report.Totals.Queries != 13 || report.Totals.Duplicates != 5 {
			t.Errorf("%d queries, %d duplicates", report.Totals.Queries, report.Totals.Duplicates)
		}
		for _, f := range report.Findings {
			if f.Kind == budget.NPlusOne && f.Confidence == budget.Proven && f.Distinct == 5 && f.Proof == "all 5 arguments are values of books.id of query 3" {
				return
			}
		}
		t.Errorf("no proven n+1 in %v", report.Findings)
	})
}

func TestResultSets(t *testing.T) {
	each(t, func(t *testing.T, d testDatabase) {
		if d.system != "mysql" {
			return // the others have one result set a query, or speak another protocol for it
		}
		ctx, r := budget.NewContext(t.Context())
		rows, err := d.open(t).QueryContext(ctx, "SELECT 1 UNION SELECT 2; SELECT 3")
		if err != nil {
			t.Fatal(err)
		}
		for more := true; more; more = rows.NextResultSet() {
			for rows.Next() {
			}
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			t.Fatal(err)
		}
		if got := r.Totals(); got.Queries != 1 || got.Rows != 3 {
			t.Errorf("got %+v", got)
		}
	})
}

// COPY through lib/pq is one query, however many rows it takes.
func TestCopy(t *testing.T) {
	each(t, func(t *testing.T, d testDatabase) {
		if d.name != "pq" {
			return // the others have no COPY in database/sql
		}
		db := d.open(t)
		if _, err := db.ExecContext(t.Context(), "CREATE TABLE things (id BIGINT, name VARCHAR(20))"); err != nil {
			t.Fatal(err)
		}
		ctx, r := budget.NewContext(t.Context())
		tx, err := db.BeginTx(ctx, nil)
		if err != nil {
			t.Fatal(err)
		}
		statement, err := tx.PrepareContext(ctx, pq.CopyIn("things", "id", "name")) //nolint:staticcheck // it is what people have
		if err != nil {
			t.Fatal(err)
		}
		for i := range 100 {
			if _, err := statement.ExecContext(ctx, i, "thing"); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := statement.ExecContext(ctx); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(statement.Close(), tx.Commit()); err != nil {
			t.Fatal(err)
		}
		if got := r.Totals(); got.Queries != 1 || got.Writes != 1 || got.Errors != 0 || got.Running != 0 || got.RowsAffected != 100 {
			t.Errorf("got %+v", got)
		}
		var n int
		if err := db.QueryRowContext(t.Context(), "SELECT count(*) FROM things").Scan(&n); err != nil || n != 100 {
			t.Errorf("%d rows, %v", n, err)
		}
	})
}

// The driver's own connection is to be had.
func TestRaw(t *testing.T) {
	each(t, func(t *testing.T, d testDatabase) {
		db := d.open(t)
		conn, err := db.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close() //nolint:errcheck // a test
		bareDB, err := sql.Open(d.driver, d.dsn(t))
		if err != nil {
			t.Fatal(err)
		}
		defer bareDB.Close() //nolint:errcheck // a test
		bareConn, err := bareDB.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer bareConn.Close() //nolint:errcheck // a test
		want := ""
		_ = bareConn.Raw(func(c any) error { want = fmt.Sprintf("%T", c); return nil })
		_ = conn.Raw(func(c any) error {
			if got := fmt.Sprintf("%T", sqlwrap.Raw(c)); got != want {
				t.Errorf("Raw gives %s, the bare driver %s", got, want)
			}
			return nil
		})
	})
}

// thing is a row, for every library.
type thing struct {
	bun.BaseModel `bun:"table:things" gorm:"-" db:"-"`
	ID            int64  `bun:"id,pk" gorm:"column:id;primaryKey;autoIncrement:false" db:"id"`
	Name          string `bun:"name" gorm:"column:name" db:"name"`
}

// TableName is for GORM.
func (thing) TableName() string { return "things" }

// matrixSource is this file: the lines that send queries are marked with a
// comment, so that the call sites can be checked.
//
//go:embed matrix_test.go
var matrixSource string

// library does the same with each of them: insert a thing, find it, list all.
// Each function is one line of application code.
type library struct {
	insert func(context.Context, thing) error
	find   func(context.Context, int64) (thing, error)
	list   func(context.Context) ([]thing, error)
}

func TestLibraries(t *testing.T) {
	libraries := map[string]func(*testing.T, testDatabase, *sql.DB) library{
		"database/sql": standard, "sqlx": withSQLX, "gorm": withGORM, "bun": withBun,
	}
	each(t, func(t *testing.T, d testDatabase) {
		for name, open := range libraries {
			t.Run(name, func(t *testing.T) {
				db := d.open(t)
				if _, err := db.ExecContext(t.Context(), "CREATE TABLE things (id BIGINT PRIMARY KEY, name VARCHAR(20))"); err != nil {
					t.Fatal(err)
				}
				testLibrary(t, open(t, d, db))
			})
		}
	})
}

func testLibrary(t *testing.T, lib library) {
	ctx, r := budget.NewContext(t.Context())
	const things = 5
	for i := range int64(things) {
		if err := lib.insert(ctx, thing{ID: i + 1, Name: fmt.Sprint("thing ", i+1)}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range int64(things) {
		got, err := lib.find(ctx, i+1)
		if err != nil || got.Name != fmt.Sprint("thing ", i+1) {
			t.Fatalf("got %+v, %v", got, err)
		}
	}
	all, err := lib.list(ctx)
	if err != nil || len(all) != things {
		t.Fatalf("%d things, %v", len(all), err)
	}

	report := r.Report()
	got := report.Totals
	if got.Queries != 2*things+1 || got.Writes != things || got.Reads != things+1 || got.Rows < 2*things || got.Errors != 0 || got.OpenRows != 0 {
		t.Errorf("totals: %+v", got)
	}
	// Three lines of application code, in the order of their counts.
	want := []struct {
		queries  int64
		function string
		kind     statement.Kind
	}{{things, "insert", statement.Write}, {things, "find", statement.Read}, {1, "list", statement.Read}}
	if len(report.Groups) != len(want) {
		t.Fatalf("%d groups: %+v", len(report.Groups), report.Groups)
	}
	source := strings.Split(matrixSource, "\n")
	for i, g := range report.Groups {
		site := g.CallSite()
		if g.Queries != want[i].queries || g.Kind != want[i].kind || site.File != "matrix_test.go" || site.Library ||
			!strings.HasSuffix(source[site.Line-1], "// "+want[i].function) {
			t.Errorf("group %d: %d %v at %v, want %d %v at %s", i, g.Queries, g.Kind, site, want[i].queries, want[i].kind, want[i].function)
		}
		if len(g.Tables) != 1 || g.Tables[0] != "things" {
			t.Errorf("group %d: tables %q of %s", i, g.Tables, g.Shape)
		}
	}
}

func standard(_ *testing.T, d testDatabase, db *sql.DB) library {
	return library{
		insert: func(ctx context.Context, v thing) error {
			_, err := db.ExecContext(ctx, d.rebind("INSERT INTO things (id, name) VALUES (?, ?)"), v.ID, v.Name) // insert
			return err
		},
		find: func(ctx context.Context, id int64) (v thing, err error) {
			err = db.QueryRowContext(ctx, d.rebind("SELECT id, name FROM things WHERE id = ?"), id).Scan(&v.ID, &v.Name) // find
			return v, err
		},
		list: func(ctx context.Context) (all []thing, err error) {
			rows, err := db.QueryContext(ctx, "SELECT id, name FROM things ORDER BY id") // list
			if err != nil {
				return nil, err
			}
			defer rows.Close() //nolint:errcheck // a test
			for rows.Next() {
				var v thing
				if err := rows.Scan(&v.ID, &v.Name); err != nil {
					return nil, err
				}
				all = append(all, v)
			}
			return all, rows.Err()
		},
	}
}

func withSQLX(_ *testing.T, d testDatabase, db *sql.DB) library {
	x := sqlx.NewDb(db, d.driver)
	return library{
		insert: func(ctx context.Context, v thing) error {
			_, err := x.NamedExecContext(ctx, "INSERT INTO things (id, name) VALUES (:id, :name)", map[string]any{"id": v.ID, "name": v.Name}) // insert
			return err
		},
		find: func(ctx context.Context, id int64) (v thing, err error) {
			err = x.GetContext(ctx, &v, d.rebind("SELECT id, name FROM things WHERE id = ?"), id) // find
			return v, err
		},
		list: func(ctx context.Context) (all []thing, err error) {
			err = x.SelectContext(ctx, &all, "SELECT id, name FROM things ORDER BY id") // list
			return all, err
		},
	}
}

func dialector(d testDatabase, db *sql.DB) gorm.Dialector {
	return map[string]gorm.Dialector{
		"sqlite":   gormsqlite.New(gormsqlite.Config{Conn: db}),
		"postgres": gormpostgres.New(gormpostgres.Config{Conn: db}),
		"mysql":    gormmysql.New(gormmysql.Config{Conn: db}),
	}[d.system]
}

func withGORM(t *testing.T, d testDatabase, db *sql.DB) library {
	g, err := gorm.Open(dialector(d, db), &gorm.Config{Logger: logger.Discard, SkipDefaultTransaction: true})
	if err != nil {
		t.Fatal(err)
	}
	return library{
		insert: func(ctx context.Context, v thing) error {
			return g.WithContext(ctx).Create(&v).Error // insert
		},
		find: func(ctx context.Context, id int64) (v thing, err error) {
			err = g.WithContext(ctx).Where("id = ?", id).Take(&v).Error // find
			return v, err
		},
		list: func(ctx context.Context) (all []thing, err error) {
			err = g.WithContext(ctx).Order("id").Find(&all).Error // list
			return all, err
		},
	}
}

func withBun(_ *testing.T, d testDatabase, db *sql.DB) library {
	dialects := map[string]schema.Dialect{"sqlite": sqlitedialect.New(), "postgres": pgdialect.New()}
	if d.system == "mysql" {
		dialects["mysql"] = mysqldialect.New() // asks the server for its version
	}
	b := bun.NewDB(db, dialects[d.system])
	return library{
		insert: func(ctx context.Context, v thing) error {
			_, err := b.NewInsert().Model(&v).Exec(ctx) // insert
			return err
		},
		find: func(ctx context.Context, id int64) (v thing, err error) {
			err = b.NewSelect().Model(&v).Where("id = ?", id).Scan(ctx) // find
			return v, err
		},
		list: func(ctx context.Context) (all []thing, err error) {
			err = b.NewSelect().Model(&all).Order("id").Scan(ctx) // list
			return all, err
		},
	}
}
