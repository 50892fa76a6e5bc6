package drivers

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"
	_ "modernc.org/sqlite"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/sqlwrap"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		goleak.IgnoreTopFunction("go.opencensus.io/stats/view.(*worker).start"), // started by an init below cloudsqlconn
		goleak.IgnoreTopFunction("database/sql.(*DB).connectionOpener"),         // libsql leaves a handle of each file open
	)
}

// Through each library a loop of queries is found, at the line of the application that
// sends them, with the rows that it goes through.
func TestORMs(t *testing.T) {
	type title func(ctx context.Context, author int64) (string, error)
	for name, open := range map[string]func(*sql.DB) (title, error){
		"sqlx": func(db *sql.DB) (title, error) {
			x := useSQLX(db)
			return func(ctx context.Context, author int64) (string, error) { return sqlxTitle(ctx, x, author) }, nil
		},
		"sqlc": func(db *sql.DB) (title, error) {
			q := useSQLC(db)
			return func(ctx context.Context, author int64) (string, error) { return sqlcTitle(ctx, q, author) }, nil
		},
		"gorm": func(db *sql.DB) (title, error) {
			g, err := useGORM(db)
			return func(ctx context.Context, author int64) (string, error) { return gormTitle(ctx, g, author) }, err
		},
		"ent": func(db *sql.DB) (title, error) {
			d := useEnt(db)
			return func(ctx context.Context, author int64) (string, error) { return entTitle(ctx, d, author) }, nil
		},
		"bun": func(db *sql.DB) (title, error) {
			b := useBun(db)
			return func(ctx context.Context, author int64) (string, error) { return bunTitle(ctx, b, author) }, nil
		},
		"squirrel": func(db *sql.DB) (title, error) {
			b := useSquirrel(db)
			return func(ctx context.Context, author int64) (string, error) { return squirrelTitle(ctx, b, author) }, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			db := shelf(t)
			read, err := open(db)
			if err != nil {
				t.Fatal(err)
			}
			ctx, recorder := budget.NewContext(t.Context())
			for _, author := range authors(ctx, t, db) {
				if got, err := read(ctx, author); err != nil || got != fmt.Sprint("Book of ", author) {
					t.Fatalf("%q, %v", got, err)
				}
			}
			checkLoop(t, recorder.Report(), "orms.go", "// "+name)
		})
	}
}

// shelf is a database of 6 authors with a book each.
func shelf(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sqlwrap.Open("sqlite", filepath.Join(t.TempDir(), "shop.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	fill(t, db)
	return db
}

func fill(t *testing.T, db *sql.DB) {
	t.Helper()
	for _, text := range []string{
		"CREATE TABLE authors (id BIGINT)", "CREATE TABLE books (author_id BIGINT, title VARCHAR(20))",
		"INSERT INTO authors (id) VALUES (1), (2), (3), (4), (5), (6)",
		"INSERT INTO books (author_id, title) VALUES (1, 'Book of 1'), (2, 'Book of 2'), (3, 'Book of 3'), (4, 'Book of 4'), (5, 'Book of 5'), (6, 'Book of 6')",
	} {
		if _, err := db.ExecContext(t.Context(), text); err != nil {
			t.Fatal(err)
		}
	}
}

func authors(ctx context.Context, t *testing.T, db *sql.DB) (ids []int64) {
	t.Helper()
	rows, err := db.QueryContext(ctx, "SELECT id FROM authors")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close() //nolint:errcheck // Err below
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return ids
}

// checkLoop checks that a report has one loop of 6 queries, at a marked line, for the rows
// of the query before it.
func checkLoop(t *testing.T, r *budget.Report, file, mark string) {
	t.Helper()
	if r.Totals.Queries != 7 || r.Totals.Errors != 0 {
		t.Errorf("%d queries, %d errors", r.Totals.Queries, r.Totals.Errors)
	}
	for _, f := range r.Findings {
		if f.Kind != budget.NPlusOne {
			continue
		}
		if at := f.CallSite(); f.Count != 6 || at.File != file || !strings.HasSuffix(lineOf(t, file, at.Line), mark) || f.Parent == nil || f.Parent.Rows != 6 {
			t.Errorf("%v", &f)
		}
		return
	}
	t.Errorf("no n+1 in %v", r.Findings)
}

func lineOf(t *testing.T, file string, line int) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(string(text), "\n")[line-1]
}
