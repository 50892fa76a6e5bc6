package pgxwrap_test

import (
	"context"
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/querybudget/querybudget/budget"
)

// What is refused, by each call of pgx: the caller gets the reason.
var refusals = map[string]func(ctx context.Context, s target) error{
	"exec": func(ctx context.Context, s target) error {
		_, err := s.Exec(ctx, "DELETE FROM authors WHERE id = $1", 1)
		return err
	},
	"exec without arguments": func(ctx context.Context, s target) error {
		_, err := s.Exec(ctx, "DELETE FROM authors")
		return err
	},
	"query": func(ctx context.Context, s target) error {
		return read(s.Query(ctx, "SELECT id FROM authors WHERE id = $1", 1))
	},
	"query row": func(ctx context.Context, s target) error {
		return s.QueryRow(ctx, "SELECT id FROM authors").Scan(new(int))
	},
	"batch": func(ctx context.Context, s target) error {
		b := &pgx.Batch{}
		b.Queue("SELECT id FROM authors WHERE id = $1", 1)
		b.Queue("DELETE FROM authors")
		return s.SendBatch(ctx, b).Close()
	},
	"batch, by its first result": func(ctx context.Context, s target) error {
		b := &pgx.Batch{}
		b.Queue("DELETE FROM authors")
		results := s.SendBatch(ctx, b)
		_, err := results.Exec()
		return errors.Join(err, failed(results.Close()))
	},
	"copy": func(ctx context.Context, s target) error {
		_, err := s.CopyFrom(ctx, pgx.Identifier{"authors"}, []string{"id"}, pgx.CopyFromRows([][]any{{7}}))
		return err
	},
}

// target is a pool, a connection or a transaction.
type target interface {
	sender
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
	CopyFrom(ctx context.Context, table pgx.Identifier, columns []string, rows pgx.CopyFromSource) (int64, error)
}

var _ target = (*pgxpool.Pool)(nil)

func enforce(ctx context.Context) (context.Context, *budget.Recorder) {
	ctx, r := budget.NewContext(ctx)
	r.SetBudget(budget.Budget{Queries: budget.None, Mode: budget.Enforce})
	return ctx, r
}

func TestRefused(t *testing.T) {
	pool := poolOf(t, nil, table, "INSERT INTO authors VALUES (1)")
	for name, call := range refusals {
		t.Run(name, func(t *testing.T) {
			ctx, r := enforce(t.Context())
			err := call(ctx, pool)
			var exceeded *budget.ExceededError
			if !isRefused(err) || !errors.As(err, &exceeded) || exceeded.CallSite().IsZero() {
				t.Errorf("the error is %v", err)
			}
			want := budget.Totals{Blocked: 1}
			if got := countsOf(r.Totals()); got != want {
				t.Errorf("counted %+v", got)
			}
		})
	}
	n := 0
	must(t, pool.QueryRow(t.Context(), "SELECT count(*) FROM authors").Scan(&n))
	if n != 1 {
		t.Errorf("%d rows are left", n)
	}
}

func isRefused(err error) bool { return errors.Is(err, budget.ErrExceeded) }
