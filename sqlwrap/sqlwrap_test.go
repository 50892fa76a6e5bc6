package sqlwrap_test

import (
	"database/sql"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/sqlwrap"
)

func open(t *testing.T, c sqlwrap.Config) *sql.DB {
	t.Helper()
	db := sql.OpenDB(c.Connector(benchDriver{}))
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// Argument values stay with the driver, unless the handle opts in; then they are
// bounded copies.
func TestArguments(t *testing.T) {
	blob := []byte("blob")
	args := []any{int64(7), strings.Repeat("x", 1000), blob, nil, time.Unix(0, 0)}
	for _, optIn := range []bool{false, true} {
		ctx, r := budget.NewContext(t.Context())
		if _, err := open(t, sqlwrap.Config{Arguments: optIn}).ExecContext(ctx, "INSERT INTO t VALUES (?, ?, ?, ?, ?, 'literal')", args...); err != nil {
			t.Fatal(err)
		}
		q := r.Report().Queries[0]
		if !optIn {
			if q.SQL != "" || q.Values != nil {
				t.Errorf("kept without being asked: %q %v", q.SQL, q.Values)
			}
			continue
		}
		copy(blob, "----")
		want := []any{int64(7), strings.Repeat("x", 256), []byte("blob"), nil, time.Unix(0, 0)}
		if !reflect.DeepEqual(q.Values, want) || !strings.Contains(q.SQL, "literal") {
			t.Errorf("kept %q %v", q.SQL, q.Values)
		}
	}
	many := make([]any, 100)
	ctx, r := budget.NewContext(t.Context())
	if _, err := open(t, sqlwrap.Config{Arguments: true}).ExecContext(ctx, "INSERT", many...); err != nil {
		t.Fatal(err)
	}
	if got := len(r.Report().Queries[0].Values); got != 32 {
		t.Errorf("%d values of 100 kept", got)
	}
}

// Different arguments are different, and the same ones the same, whatever their
// type.
func TestArgumentsAreToldApart(t *testing.T) {
	lists := [][]any{
		{}, {1}, {2}, {1, 2}, {2, 1}, {"1"}, {"a", "b"}, {"ab", ""}, {"", "ab"}, {nil}, {nil, nil}, {true}, {false}, {1.5}, {2.5},
		{[]byte("x")}, {[]byte("y")}, {time.Unix(1, 0)}, {time.Unix(2, 0)},
	}
	db := open(t, sqlwrap.Config{})
	for i, a := range lists {
		for j, b := range lists {
			ctx, r := budget.NewContext(t.Context())
			for _, args := range [][]any{a, b} {
				rows, err := db.QueryContext(ctx, "SELECT a FROM t", args...)
				if err != nil {
					t.Fatal(err)
				}
				if !rows.Next() { // what found nothing may be asked again
					t.Fatal(rows.Err())
				}
				if err := rows.Close(); err != nil {
					t.Fatal(err)
				}
			}
			if same := r.Totals().Duplicates == 1; same != (i == j) {
				t.Errorf("%v and %v: same is %v", a, b, same)
			}
		}
	}
}

func TestConfig(t *testing.T) {
	db := open(t, sqlwrap.Config{
		Database: "replica", System: "mysql", ShapeBytes: 10,
		SkipPackages: []string{"github.com/querybudget/querybudget/sqlwrap_test"},
	})
	ctx, r := budget.NewContext(t.Context())
	if _, err := db.ExecContext(ctx, "UPDATE `a b` SET x = \"literal\""); err != nil {
		t.Fatal(err)
	}
	g := r.Report().Groups[0]
	if g.Database != "replica" || g.System != "mysql" || g.Shape != "UPDATE `a …" || !reflect.DeepEqual(g.Tables, []string{"a b"}) {
		t.Errorf("got %+v", g)
	}
	handle, err := sqlwrap.Database(t.Context(), db)
	if err != nil || handle.Name() != "replica" || handle.System() != "mysql" {
		t.Errorf("got %v, %v", handle, err)
	}
}

// A module that is fetched is the application's if its name is given.
func TestAppPackages(t *testing.T) {
	for _, packages := range [][]string{nil, {"github.com/go-chi"}} {
		db := open(t, sqlwrap.Config{AppPackages: packages})
		router := chi.NewRouter()
		router.Get("/", func(_ http.ResponseWriter, r *http.Request) {
			if _, err := db.ExecContext(r.Context(), "UPDATE a SET x = 1"); err != nil {
				t.Error(err)
			}
		})
		ctx, r := budget.NewContext(t.Context())
		router.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil))
		passesChi := slices.ContainsFunc(r.Report().Groups[0].CallSite().Outer, func(f callsite.Frame) bool {
			return strings.Contains(f.Function, "chi/v5.(*Mux)")
		})
		if passesChi != (packages != nil) {
			t.Errorf("with %q: chi on the stack: %v", packages, passesChi)
		}
	}
}

func TestBadInput(t *testing.T) {
	for name, db := range map[string]*sql.DB{"nil": nil, "not opened with sqlwrap": sql.OpenDB(benchDriver{})} {
		if _, err := sqlwrap.Database(t.Context(), db); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	closed := open(t, sqlwrap.Config{})
	_ = closed.Close()
	if _, err := sqlwrap.Database(t.Context(), closed); err == nil {
		t.Error("a closed database is no error")
	}
	defer func() {
		if got := fmt.Sprint(recover()); !strings.HasPrefix(got, "sqlwrap: ") {
			t.Errorf("panic %q", got)
		}
	}()
	sqlwrap.Connector(nil)
}

func TestWrappingTwiceCountsOnce(t *testing.T) {
	db := sql.OpenDB(sqlwrap.Connector(sqlwrap.Connector(benchDriver{})))
	defer db.Close() //nolint:errcheck // a test
	ctx, r := budget.NewContext(t.Context())
	if _, err := db.ExecContext(ctx, "UPDATE t"); err != nil {
		t.Fatal(err)
	}
	if got := r.Totals().Queries; got != 1 {
		t.Errorf("%d queries", got)
	}
}

func TestRawOfSomethingElse(t *testing.T) {
	if got := sqlwrap.Raw(7); got != 7 {
		t.Errorf("got %v", got)
	}
}
