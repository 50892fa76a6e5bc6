package pgxwrap_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/querybudget/querybudget/budget"
)

// What only pgx's own interface has. The labelled cases of internal/corpus run over this
// package, too.
func TestFindings(t *testing.T) {
	for name, test := range map[string]struct {
		run  func(ctx context.Context, pool *pgxpool.Pool) error
		want []budget.FindingKind
	}{
		"a loop": {func(ctx context.Context, pool *pgxpool.Pool) error {
			return eachAuthor(ctx, pool, func(id int) error {
				return pool.QueryRow(ctx, "SELECT title FROM books WHERE author_id = $1", id).Scan(new(string))
			})
		}, []budget.FindingKind{budget.NPlusOne}},
		"a loop with named arguments": {func(ctx context.Context, pool *pgxpool.Pool) error {
			return eachAuthor(ctx, pool, func(id int) error {
				return read(pool.Query(ctx, "SELECT title FROM books WHERE author_id = @id", pgx.NamedArgs{"id": id}))
			})
		}, []budget.FindingKind{budget.NPlusOne}},
		"a loop in a transaction": {func(ctx context.Context, pool *pgxpool.Pool) error {
			return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
				return eachAuthor(ctx, tx, func(id int) error {
					return read(tx.Query(ctx, "SELECT title FROM books WHERE author_id = $1", id))
				})
			})
		}, []budget.FindingKind{budget.NPlusOne}},
		"one batch for all": {func(ctx context.Context, pool *pgxpool.Pool) error {
			b := &pgx.Batch{}
			err := eachAuthor(ctx, pool, func(id int) error {
				b.Queue("SELECT title FROM books WHERE author_id = $1", id)
				return nil
			})
			return errors.Join(err, pool.SendBatch(ctx, b).Close())
		}, nil},
		"a batch for each": {func(ctx context.Context, pool *pgxpool.Pool) error {
			return eachAuthor(ctx, pool, func(id int) error {
				b := &pgx.Batch{}
				b.Queue("SELECT title FROM books WHERE author_id = $1", id)
				b.Queue("SELECT count(*) FROM books WHERE author_id = $1", id)
				return pool.SendBatch(ctx, b).Close()
			})
		}, []budget.FindingKind{budget.NPlusOne}},
		"writes in a loop": {func(ctx context.Context, pool *pgxpool.Pool) error {
			return eachAuthor(ctx, pool, func(id int) error {
				_, err := pool.Exec(ctx, "UPDATE authors SET name = 'x' WHERE id = $1", id)
				return err
			})
		}, []budget.FindingKind{budget.WriteLoop}},
		"writes in a batch": {func(ctx context.Context, pool *pgxpool.Pool) error {
			b := &pgx.Batch{}
			for id := range 10 {
				b.Queue("UPDATE authors SET name = 'x' WHERE id = $1", id)
			}
			return pool.SendBatch(ctx, b).Close()
		}, nil},
		"rows in one copy": {func(ctx context.Context, pool *pgxpool.Pool) error {
			_, err := pool.CopyFrom(ctx, pgx.Identifier{"authors"}, []string{"id"}, pgx.CopyFromSlice(10, func(i int) ([]any, error) { return []any{100 + i}, nil }))
			return err
		}, nil},
		"a query inside of rows": {func(ctx context.Context, pool *pgxpool.Pool) error {
			rows, err := pool.Query(ctx, "SELECT id FROM authors")
			if err != nil {
				return err
			}
			defer rows.Close()
			rows.Next()
			return read(pool.Query(ctx, "SELECT count(*) FROM books"))
		}, []budget.FindingKind{budget.NestedQuery}},
		"rows that were collected": {func(ctx context.Context, pool *pgxpool.Pool) error {
			rows, _ := pool.Query(ctx, "SELECT id FROM authors")
			_, err := pgx.CollectRows(rows, pgx.RowTo[int])
			return errors.Join(err, read(pool.Query(ctx, "SELECT count(*) FROM books")))
		}, nil},
		"rows that stay open": {func(ctx context.Context, pool *pgxpool.Pool) error {
			rows, err := pool.Query(ctx, "SELECT id FROM authors")
			leave(ctx, func() { rows.Close() })
			return err
		}, []budget.FindingKind{budget.UnclosedRows}},
		"a row that nobody scans": {func(ctx context.Context, pool *pgxpool.Pool) error {
			row := pool.QueryRow(ctx, "SELECT id FROM authors")
			leave(ctx, func() { _ = row.Scan(new(int)) })
			return nil
		}, []budget.FindingKind{budget.UnclosedRows}},
		"asked twice": {func(ctx context.Context, pool *pgxpool.Pool) error {
			ask := func() error { return read(pool.Query(ctx, "SELECT name FROM authors WHERE id = $1", 1)) }
			return errors.Join(ask(), ask())
		}, []budget.FindingKind{budget.Duplicate}},
		"asked again after a rollback": {func(ctx context.Context, pool *pgxpool.Pool) error {
			for range 2 {
				err := pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error {
					return errors.Join(read(tx.Query(ctx, "SELECT name FROM authors WHERE id = $1", 1)), errors.New("again"))
				})
				if err == nil {
					return errors.New("it was not rolled back")
				}
			}
			return nil
		}, nil},
		"read, computed and written": {func(ctx context.Context, pool *pgxpool.Pool) error {
			stock := 0
			err := pool.QueryRow(ctx, "SELECT stock FROM books WHERE id = $1", 1).Scan(&stock)
			_, failed := pool.Exec(ctx, "UPDATE books SET stock = $2 WHERE id = $1", 1, stock-1)
			return errors.Join(err, failed)
		}, []budget.FindingKind{budget.ReadModifyWrite}},
		"the same in a serializable transaction": {func(ctx context.Context, pool *pgxpool.Pool) error {
			return pgx.BeginTxFunc(ctx, pool, pgx.TxOptions{IsoLevel: pgx.Serializable}, func(tx pgx.Tx) error {
				stock := 0
				err := tx.QueryRow(ctx, "SELECT stock FROM books WHERE id = $1", 1).Scan(&stock)
				_, failed := tx.Exec(ctx, "UPDATE books SET stock = $2 WHERE id = $1", 1, stock-1)
				return errors.Join(err, failed)
			})
		}, nil},
		"in parallel": {func(ctx context.Context, pool *pgxpool.Pool) error {
			errs := make(chan error)
			for id := range 6 {
				go func() { errs <- read(pool.Query(ctx, "SELECT title FROM books WHERE author_id = $1", id)) }()
			}
			var err error
			for range 6 {
				err = errors.Join(err, <-errs)
			}
			return err
		}, []budget.FindingKind{budget.NPlusOne}},
	} {
		t.Run(name, func(t *testing.T) {
			pool := poolOf(t, func(c *pgxpool.Config) { c.MaxConns = 10 }, table,
				"CREATE TABLE books (id int PRIMARY KEY, author_id int, title text, stock int)",
				"INSERT INTO authors SELECT i, 'a' FROM generate_series(1, 7) i",
				"INSERT INTO books SELECT i, i, 'b', 5 FROM generate_series(1, 7) i",
			)
			ctx, r := budget.Bounds{Rules: budget.Rules{Slow: budget.None, Hints: true}}.NewContext(t.Context())
			must(t, test.run(context.WithValue(ctx, leaveKey{}, t), pool))
			report := r.Report()
			var got []string
			for _, f := range report.Findings {
				got = append(got, string(f.Kind))
				if !strings.Contains(f.CallSite().Function, "TestFindings") {
					t.Errorf("%s is at %v", f.Kind, f.CallSite())
				}
				if f.Kind == budget.NPlusOne && name != "in parallel" && f.Parent == nil {
					t.Errorf("%v has no parent", &f)
				}
			}
			var want []string
			for _, kind := range test.want {
				want = append(want, string(kind))
			}
			if strings.Join(got, " ") != strings.Join(want, " ") {
				t.Errorf("found %v, and not %v", report.Findings, want)
			}
		})
	}
}

// eachAuthor reads the authors, and calls f for each.
func eachAuthor(ctx context.Context, s sender, f func(id int) error) error {
	rows, _ := s.Query(ctx, "SELECT id FROM authors ORDER BY id")
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int])
	for _, id := range ids {
		err = errors.Join(err, f(id))
	}
	return err
}

type leaveKey struct{}

// leave closes what a test leaves open, once it was looked at: the pool waits for it.
func leave(ctx context.Context, f func()) { ctx.Value(leaveKey{}).(*testing.T).Cleanup(f) }
