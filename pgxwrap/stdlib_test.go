package pgxwrap_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/pgxwrap"
	"github.com/querybudget/querybudget/sqlwrap"
)

// Where package sqlwrap stands above, a query is counted once, and refused there: as its
// own error, and not as a bad connection.
func TestBelowSqlwrap(t *testing.T) {
	for name, open := range handles {
		t.Run(name, func(t *testing.T) {
			pool := poolOf(t, nil, table)
			db := sql.OpenDB(sqlwrap.Connector(open(t, pool)))
			defer db.Close() //nolint:errcheck // a test
			account, err := sqlwrap.Database(t.Context(), db)
			must(t, err)

			ctx, r := budget.NewContext(t.Context())
			send(t, ctx, db)
			want := budget.Totals{Queries: 2, Reads: 1, Writes: 1, RowsAffected: 1, Rows: 1, Transactions: 1}
			got := countsOf(r.Totals())
			got.Connects, got.Prepares = 0, 0
			if got != want {
				t.Errorf("counted %+v", got)
			}
			report := r.Report()
			for _, g := range report.Groups {
				if g.Handle != report.Groups[0].Handle {
					t.Error("two handles count")
				}
			}

			ctx, r = enforce(t.Context())
			_, err = db.ExecContext(ctx, "DELETE FROM authors")
			wantRefused(t, err)
			if got := r.Totals(); got.Blocked != 1 {
				t.Errorf("counted %+v", got)
			}

			send(t, withoutRecorder{t.Context()}, db)
			if above, here := account.Unattributed().Queries, pgxwrap.Database(pool).Unattributed().Queries; above != 2 || here != 0 {
				t.Errorf("%d lost queries above, %d here", above, here)
			}

			// The pool itself still counts.
			ctx, r = budget.NewContext(t.Context())
			must(t, read(pool.Query(ctx, "SELECT id FROM authors")))
			if got := r.Totals(); got.Queries != 1 {
				t.Errorf("counted %+v", got)
			}
		})
	}
}

var handles = map[string]func(*testing.T, *pgxpool.Pool) driver.Connector{
	"connections of its own": func(_ *testing.T, pool *pgxpool.Pool) driver.Connector {
		return stdlib.GetConnector(*pool.Config().ConnConfig)
	},
	"the pool's": func(_ *testing.T, pool *pgxpool.Pool) driver.Connector { return stdlib.GetPoolConnector(pool) },
	"by name": func(t *testing.T, pool *pgxpool.Pool) driver.Connector {
		name := stdlib.RegisterConnConfig(pool.Config().ConnConfig)
		t.Cleanup(func() { stdlib.UnregisterConnConfig(name) })
		connector, err := stdlib.GetDefaultDriver().(driver.DriverContext).OpenConnector(name)
		must(t, err)
		return connector
	},
}

// What goes through sqlwrap on the pool has comments. What goes to the pool itself has none:
// a tracer cannot change a text.
func TestCommentsOnThePool(t *testing.T) {
	pool := poolOf(t, func(c *pgxpool.Config) { c.ConnConfig.RuntimeParams["application_name"] = "shop" })
	db := openCommented(pool)
	defer db.Close() //nolint:errcheck // a test
	const text = "SELECT query, application_name FROM pg_stat_activity WHERE pid = pg_backend_pid()"
	for _, test := range []struct {
		row  interface{ Scan(dest ...any) error }
		want string
	}{
		{db.QueryRowContext(t.Context(), text), text + " /*action='pgxwrap_test.TestCommentsOnThePool',application='shop'*/"},
		{pool.QueryRow(t.Context(), text), text},
	} {
		var query, application string
		must(t, test.row.Scan(&query, &application))
		if query != test.want || application != "shop" {
			t.Errorf("the server shows %q of %q", query, application)
		}
	}
}

// withoutRecorder is a context without values: nobody has put a recorder into it.
type withoutRecorder struct{ context.Context }

func (withoutRecorder) Value(any) any { return nil }

// send sends two queries in a transaction.
func send(t *testing.T, ctx context.Context, db *sql.DB) {
	t.Helper()
	tx, err := db.BeginTx(ctx, nil)
	must(t, err)
	_, err = tx.ExecContext(ctx, "INSERT INTO authors SELECT count(*) FROM authors WHERE id >= $1", 0)
	must(t, err)
	n := 0
	must(t, tx.QueryRowContext(ctx, "SELECT count(*) FROM authors WHERE id < $1", 5).Scan(&n))
	must(t, tx.Commit())
}

// Below database/sql alone, a query that is refused would come out as a broken connection,
// and be tried again. So it is let through, and counts as one over the budget.
func TestBelowDatabaseSQL(t *testing.T) {
	for name, open := range handles {
		t.Run(name, func(t *testing.T) {
			pool := poolOf(t, nil, table)
			db := sql.OpenDB(open(t, pool))
			defer db.Close() //nolint:errcheck // a test
			ctx, r := budget.NewContext(t.Context())
			send(t, ctx, db)
			want := budget.Totals{Queries: 2, Reads: 1, Writes: 1, RowsAffected: 1, Rows: 1, Transactions: 1}
			got := countsOf(r.Totals())
			got.Connects, got.Prepares = 0, 0
			if got != want {
				t.Errorf("counted %+v", got)
			}
			ctx, r = enforce(t.Context())
			_, err := db.ExecContext(ctx, "UPDATE authors SET name = 'x' WHERE id = $1", 0)
			must(t, err)
			report := r.Report()
			if v := report.Verdict; v.Outcome != budget.Exceeded || report.Totals.Queries != 1 || report.Totals.Blocked != 0 {
				t.Errorf("the verdict is %+v", v)
			}
			wantRefused(t, read(pool.Query(ctx, "SELECT id FROM authors")))
		})
	}
}
