package pgxwrap_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/pgxwrap"
)

const table = "CREATE TABLE authors (id int PRIMARY KEY, name text)"

// What each call of pgx counts as.
func TestCounts(t *testing.T) {
	rows := pgx.CopyFromRows([][]any{{101, "x"}, {102, "y"}, {103, "z"}})
	for name, test := range map[string]struct {
		run  func(ctx context.Context, pool *pgxpool.Pool) error
		want budget.Totals
	}{
		"exec": {func(ctx context.Context, pool *pgxpool.Pool) error {
			_, err := pool.Exec(ctx, "UPDATE authors SET name = 'b' WHERE id < 5")
			return err
		}, budget.Totals{Queries: 1, Writes: 1, RowsAffected: 4}},
		"exec of a read": {func(ctx context.Context, pool *pgxpool.Pool) error {
			_, err := pool.Exec(ctx, "SELECT id FROM authors")
			return err
		}, budget.Totals{Queries: 1, Reads: 1, Rows: 10}},
		"query row": {func(ctx context.Context, pool *pgxpool.Pool) error {
			return pool.QueryRow(ctx, "SELECT id FROM authors WHERE id = $1", 3).Scan(new(int))
		}, budget.Totals{Queries: 1, Reads: 1, Rows: 1, Prepares: 1}},
		"query row of nothing": {func(ctx context.Context, pool *pgxpool.Pool) error {
			_ = pool.QueryRow(ctx, "SELECT id FROM authors WHERE id = $1", 77).Scan(new(int))
			return nil
		}, budget.Totals{Queries: 1, Reads: 1, Prepares: 1}},
		"a result that is read in part": {func(ctx context.Context, pool *pgxpool.Pool) error {
			return pool.QueryRow(ctx, "SELECT id FROM authors ORDER BY id").Scan(new(int))
		}, budget.Totals{Queries: 1, Reads: 1, Rows: 10, Prepares: 1}},
		"a write that returns rows": {func(ctx context.Context, pool *pgxpool.Pool) error {
			return read(pool.Query(ctx, "UPDATE authors SET name = $1 WHERE id < 3 RETURNING id", "c"))
		}, budget.Totals{Queries: 1, Writes: 1, Rows: 2, Prepares: 1}},
		"definition": {func(ctx context.Context, pool *pgxpool.Pool) error {
			_, err := pool.Exec(ctx, "CREATE TABLE other (id int)")
			return err
		}, budget.Totals{Queries: 1, Writes: 1, AffectedUnknown: 1}},
		"copy": {func(ctx context.Context, pool *pgxpool.Pool) error {
			_, err := pool.CopyFrom(ctx, pgx.Identifier{"authors"}, []string{"id", "name"}, rows)
			return err
		}, budget.Totals{Queries: 1, Writes: 1, RowsAffected: 3, Prepares: 1}},
		"copy to a table that is not there": {func(ctx context.Context, pool *pgxpool.Pool) error {
			_, err := pool.CopyFrom(ctx, pgx.Identifier{"nobody"}, []string{"id"}, rows)
			return failed(err)
		}, budget.Totals{Queries: 1, Writes: 1, Prepares: 1, Errors: 2}},
		"batch": {func(ctx context.Context, pool *pgxpool.Pool) error {
			b := &pgx.Batch{}
			b.Queue("SELECT id FROM authors WHERE id = $1", 1)
			b.Queue("SELECT id FROM authors WHERE id < $1", 5)
			b.Queue("DELETE FROM authors WHERE id = $1", 10)
			return pool.SendBatch(ctx, b).Close()
		}, budget.Totals{Queries: 3, Reads: 2, Writes: 1, Rows: 5, RowsAffected: 1, Batches: 1}},
		"batch with a statement that fails": {func(ctx context.Context, pool *pgxpool.Pool) error {
			b := &pgx.Batch{}
			b.Queue("SELECT id FROM authors WHERE id = 1")
			b.Queue("SELECT 1 / (id - 1) FROM authors WHERE id = 1")
			b.Queue("SELECT id FROM authors WHERE id = 3")
			return failed(pool.SendBatch(ctx, b).Close())
		}, budget.Totals{Queries: 2, Reads: 2, Rows: 1, Errors: 1, Batches: 1}},
		"batch with a statement that cannot be prepared": {func(ctx context.Context, pool *pgxpool.Pool) error {
			b := &pgx.Batch{}
			b.Queue("SELECT id FROM authors WHERE id = 1")
			b.Queue("SELECT id FROM nobody")
			return failed(pool.SendBatch(ctx, b).Close())
		}, budget.Totals{Queries: 1, Reads: 1, Errors: 1}},
		"batch whose results are not asked for": {func(ctx context.Context, pool *pgxpool.Pool) error {
			b := &pgx.Batch{}
			b.Queue("SELECT id FROM authors WHERE id = 1").Query(func(pgx.Rows) error { return context.Canceled })
			b.Queue("SELECT id FROM authors WHERE id = 2")
			return failed(pool.SendBatch(ctx, b).Close())
		}, budget.Totals{Queries: 2, Reads: 2, Rows: 1, Batches: 1}},
		"an empty batch": {func(ctx context.Context, pool *pgxpool.Pool) error {
			return pool.SendBatch(ctx, &pgx.Batch{}).Close()
		}, budget.Totals{}},
		"transaction": {func(ctx context.Context, pool *pgxpool.Pool) error {
			return pgx.BeginTxFunc(ctx, pool, pgx.TxOptions{IsoLevel: pgx.Serializable}, func(tx pgx.Tx) error {
				return pgx.BeginFunc(ctx, tx, func(tx pgx.Tx) error { return tx.QueryRow(ctx, "SELECT count(*) FROM authors").Scan(new(int)) })
			})
		}, budget.Totals{Queries: 1, Reads: 1, Rows: 1, Transactions: 1, Prepares: 1}},
		"a transaction in a batch": {func(ctx context.Context, pool *pgxpool.Pool) error {
			b := &pgx.Batch{}
			b.BeginTx(pgx.TxOptions{})
			b.Queue("DELETE FROM authors WHERE id = 9")
			results := pool.SendBatch(ctx, b)
			if err := results.Close(); err != nil {
				return err
			}
			return results.Tx().Rollback(ctx)
		}, budget.Totals{Queries: 1, Writes: 1, RowsAffected: 1, Transactions: 1, Batches: 1}},
		"prepare": {func(ctx context.Context, pool *pgxpool.Pool) error {
			return pool.AcquireFunc(ctx, func(conn *pgxpool.Conn) error {
				for range 2 {
					if _, err := conn.Conn().Prepare(ctx, "by name", "SELECT name FROM authors WHERE id = $1"); err != nil {
						return err
					}
				}
				return read(conn.Query(ctx, "by name", 1))
			})
		}, budget.Totals{Queries: 1, Reads: 1, Rows: 1, Prepares: 1}},
		"listen": {func(ctx context.Context, pool *pgxpool.Pool) error {
			_, err := pool.Exec(ctx, "LISTEN news")
			return err
		}, budget.Totals{Queries: 1, AffectedUnknown: 1}},
		"a wrong number of arguments": {func(ctx context.Context, pool *pgxpool.Pool) error {
			return failed(read(pool.Query(ctx, "SELECT id FROM authors WHERE id = $1")))
		}, budget.Totals{Queries: 1, Reads: 1, Errors: 1, Prepares: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			pool := poolOf(t, nil, table, "INSERT INTO authors SELECT i, 'a' FROM generate_series(1, 10) i")
			ctx, r := budget.NewContext(t.Context())
			must(t, test.run(ctx, pool))
			if got := countsOf(r.Totals()); got != test.want {
				t.Errorf("counted %+v\nwant    %+v", got, test.want)
			}
		})
	}
}

// failed turns an error that there must be into none.
func failed(err error) error {
	if err == nil {
		return context.DeadlineExceeded
	}
	return nil
}

// countsOf takes the times out of totals.
func countsOf(t budget.Totals) budget.Totals {
	t.ExecTime, t.FetchTime, t.ConnectTime, t.PrepareTime, t.TransactionTime, t.Time, t.WallTime, t.WaitTime = 0, 0, 0, 0, 0, 0, 0, 0
	return t
}

// A connection of its own counts, too, and connecting does.
func TestConnConfig(t *testing.T) {
	config, err := pgx.ParseConfig(dsnOf(t))
	must(t, err)
	handle := pgxwrap.Options{Database: "one"}.ConnConfig(config)
	if handle.Name() != "one" || handle.System() != "postgresql" || pgxwrap.ConnConfig(config) != handle {
		t.Errorf("the handle is %q, %q", handle.Name(), handle.System())
	}
	ctx, r := budget.NewContext(t.Context())
	conn, err := pgx.ConnectConfig(ctx, config)
	must(t, err)
	must(t, read(conn.Query(ctx, "SELECT 1")))
	must(t, conn.Close(ctx))
	if got := r.Totals(); got.Connects != 1 || got.ConnectTime <= 0 || got.Queries != 1 {
		t.Errorf("counted %+v", got)
	}
	config.Port = 1
	if _, err := pgx.ConnectConfig(ctx, config); err == nil {
		t.Fatal("there is somebody at port 1")
	}
	if got := r.Totals(); got.Connects != 2 || got.Errors != 1 {
		t.Errorf("counted %+v", got)
	}
}

// The line of a query is the application's, whatever of pgx lies between.
func TestCallSites(t *testing.T) {
	pool := poolOf(t, nil, table)
	ctx, r := budget.NewContext(t.Context())
	must(t, read(pool.Query(ctx, "SELECT id FROM authors")))
	b := &pgx.Batch{}
	b.Queue("SELECT name FROM authors")
	must(t, pool.SendBatch(ctx, b).Close())
	_, err := pool.CopyFrom(ctx, pgx.Identifier{"authors"}, []string{"id"}, pgx.CopyFromRows(nil))
	must(t, err)
	must(t, pool.AcquireFunc(ctx, func(conn *pgxpool.Conn) error { return read(conn.Query(ctx, "SELECT 1 FROM authors")) }))
	for _, q := range r.Report().Queries {
		if site := q.CallSite(); !strings.HasSuffix(site.File, "counts_test.go") || site.Library {
			t.Errorf("%s comes from %v", q.Summary, site)
		}
	}
}

// Arguments are told apart, also named ones and those behind pgx's options.
func TestArguments(t *testing.T) {
	pool := poolOf(t, nil, table, "INSERT INTO authors VALUES (1), (2)")
	for name, test := range map[string]struct {
		sql        string
		args       [2][]any
		duplicates int64
	}{
		"equal":        {"SELECT id FROM authors WHERE id = $1", [2][]any{{1}, {1}}, 1},
		"different":    {"SELECT id FROM authors WHERE id = $1", [2][]any{{1}, {2}}, 0},
		"options":      {"SELECT id FROM authors WHERE id = $1", [2][]any{{pgx.QueryExecModeExec, 1}, {pgx.QueryResultFormats{1}, 1}}, 1},
		"named":        {"SELECT id FROM authors WHERE id = @id", [2][]any{{pgx.NamedArgs{"id": 1}}, {pgx.NamedArgs{"id": 1}}}, 1},
		"named apart":  {"SELECT id FROM authors WHERE id = @id", [2][]any{{pgx.NamedArgs{"id": 1}}, {pgx.NamedArgs{"id": 2}}}, 0},
		"named strict": {"SELECT id FROM authors WHERE id = @id", [2][]any{{pgx.StrictNamedArgs{"id": 1}}, {pgx.StrictNamedArgs{"id": 1}}}, 1},
		"rewritten":    {"SELECT id FROM authors WHERE id = ?", [2][]any{{rewriter{}, 1}, {rewriter{}, 1}}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, r := budget.NewContext(t.Context())
			for _, args := range test.args {
				must(t, read(pool.Query(ctx, test.sql, args...)))
			}
			report := r.Report()
			if report.Totals.Duplicates != test.duplicates || len(report.Groups) != 1 {
				t.Errorf("%d duplicates in %d groups", report.Totals.Duplicates, len(report.Groups))
			}
			if g := report.Groups[0]; name != "rewritten" && (len(g.Keys) != 1 || g.Keys[0] != "id") {
				t.Errorf("%q has keys %v", g.Shape, g.Keys)
			}
		})
	}
}

// rewriter rewrites queries in a way of its own.
type rewriter struct{}

func (rewriter) RewriteQuery(_ context.Context, _ *pgx.Conn, sql string, args []any) (string, []any, error) {
	return strings.ReplaceAll(sql, "?", "$1"), args, nil
}

// A query that is sent while the connection is busy fails, and the one before goes on.
func TestBusyConnection(t *testing.T) {
	pool := poolOf(t, nil, table, "INSERT INTO authors VALUES (1), (2), (3)")
	ctx, r := budget.NewContext(t.Context())
	must(t, pool.AcquireFunc(ctx, func(conn *pgxpool.Conn) error {
		rows, err := conn.Query(ctx, "SELECT id FROM authors")
		must(t, err)
		rows.Next()
		if _, err := conn.Exec(ctx, "DELETE FROM authors"); err == nil {
			t.Error("the connection was not busy")
		}
		rows.Close()
		return rows.Err()
	}))
	want := budget.Totals{Queries: 2, Reads: 1, Writes: 1, Rows: 3, Errors: 1, Prepares: 1}
	if got := countsOf(r.Totals()); got != want {
		t.Errorf("counted %+v\nwant    %+v", got, want)
	}
}

// Whatever else is sent on a connection that is busy, its rows go on.
func TestOthersOnABusyConnection(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for name, test := range map[string]struct {
		send func(ctx context.Context, conn *pgxpool.Conn) error
		want budget.Totals
	}{
		"with a context that has ended": {func(ctx context.Context, conn *pgxpool.Conn) error {
			_, err := conn.Exec(ended, "DELETE FROM authors")
			return err
		}, budget.Totals{}},
		"a batch": {func(ctx context.Context, conn *pgxpool.Conn) error {
			b := &pgx.Batch{}
			b.Queue("DELETE FROM authors")
			b.Queue("SELECT id FROM authors")
			return conn.SendBatch(ctx, b).Close()
		}, budget.Totals{Queries: 1, Writes: 1, Errors: 1, Batches: 1}},
		"a copy": {func(ctx context.Context, conn *pgxpool.Conn) error {
			_, err := conn.Conn().CopyFrom(ctx, pgx.Identifier{"authors"}, []string{"id"}, pgx.CopyFromRows(nil))
			return err
		}, budget.Totals{Queries: 1, Writes: 1, Errors: 2, Prepares: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			pool := poolOf(t, nil, table, "INSERT INTO authors VALUES (1), (2), (3)")
			ctx, r := budget.NewContext(t.Context())
			must(t, pool.AcquireFunc(ctx, func(conn *pgxpool.Conn) error {
				rows, err := conn.Query(ctx, "SELECT id FROM authors")
				must(t, err)
				rows.Next()
				if err := test.send(ctx, conn); err == nil {
					t.Error("the connection was not busy")
				}
				rows.Close()
				return rows.Err()
			}))
			want := test.want
			want.Queries, want.Reads, want.Rows, want.Prepares = want.Queries+1, 1, 3, want.Prepares+1
			if got := countsOf(r.Totals()); got != want {
				t.Errorf("counted %+v\nwant    %+v", got, want)
			}
		})
	}
}

// Of a context that has ended nothing is sent, and nothing counts.
func TestContextsThatHaveEnded(t *testing.T) {
	pool := poolOf(t, nil, table)
	for name, call := range refusals {
		ctx, r := budget.NewContext(t.Context())
		must(t, pool.AcquireFunc(ctx, func(conn *pgxpool.Conn) error {
			ctx, cancel := context.WithCancel(ctx)
			cancel()
			if err := call(ctx, conn); !errors.Is(err, context.Canceled) {
				t.Errorf("%s: the error is %v", name, err)
			}
			return nil
		}))
		if got := countsOf(r.Totals()); got != (budget.Totals{}) {
			t.Errorf("%s: counted %+v", name, got)
		}
	}
}

// A query whose end pgx does not tell has ended with the next one on its connection, or when
// that goes back into the pool.
func TestMissingEnds(t *testing.T) {
	pool := poolOf(t, nil, table)
	for _, lost := range []context.Context{t.Context(), budget.Without(t.Context())} {
		ctx, r := budget.NewContext(lost)
		must(t, pool.AcquireFunc(ctx, func(conn *pgxpool.Conn) error {
			tracer := conn.Conn().Config().Tracer
			tracer.TraceQueryStart(ctx, conn.Conn(), pgx.TraceQueryStartData{SQL: "SELECT id FROM authors"})
			must(t, read(conn.Query(ctx, "SELECT id FROM authors")))
			tracer.TraceQueryEnd(ctx, conn.Conn(), pgx.TraceQueryEndData{})
			tracer.TraceQueryStart(ctx, conn.Conn(), pgx.TraceQueryStartData{SQL: "DELETE FROM authors"})
			return nil
		}))
		want := budget.Totals{Queries: 3, Reads: 2, Writes: 1, AffectedUnknown: 1}
		got := countsOf(r.Totals())
		got.Prepares = 0
		if got != want {
			t.Errorf("counted %+v\nwant    %+v", got, want)
		}
	}
	without := budget.Without(t.Context())
	must(t, pool.AcquireFunc(without, func(conn *pgxpool.Conn) error {
		conn.Conn().Config().Tracer.TraceQueryStart(without, conn.Conn(), pgx.TraceQueryStartData{SQL: "DELETE FROM authors"})
		return nil
	}))
	if n := pgxwrap.Database(pool).Unattributed().Queries; n != 0 {
		t.Errorf("%d queries were lost", n)
	}
}

// The server executes a batch one statement after another: none has begun before the one
// before it has ended.
func TestBatchHasTurns(t *testing.T) {
	pool := poolOf(t, nil, table)
	ctx, r := budget.NewContext(t.Context())
	b := &pgx.Batch{}
	for range 5 {
		b.Queue("SELECT id FROM authors")
	}
	must(t, pool.SendBatch(ctx, b).Close())
	queries := r.Report().Queries
	if len(queries) != 5 {
		t.Fatalf("%d queries", len(queries))
	}
	for i := range queries[1:] {
		if before, q := queries[i], queries[i+1]; q.Start < before.Start+before.Exec {
			t.Errorf("query %d began at %v, the one before ended at %v", q.Position, q.Start, before.Start+before.Exec)
		}
	}
}
