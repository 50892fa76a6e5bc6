package frameworks

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/pgxwrap"
)

// riverTrack makes each job a unit of work, with the budget of its kind. A refused query is
// an error of the job like any other: River tries it again as the client is set up to.
type riverTrack struct {
	river.MiddlewareDefaults
	delivery budget.Delivery
	budgets  map[string]budget.Budget
}

func (t *riverTrack) Work(ctx context.Context, job *rivertype.JobRow, work func(context.Context) error) error {
	ctx, recorder := budget.With(ctx, job.Kind, t.budgets[job.Kind])
	t.delivery.Begin(ctx, recorder)
	defer t.delivery.End(ctx, recorder)
	return work(ctx)
}

// titles is a job that looks at the books of some authors.
type titles struct {
	Authors []int64 `json:"authors"`
}

func (titles) Kind() string { return "titles" }

type titlesWorker struct {
	river.WorkerDefaults[titles]
	pool *pgxpool.Pool
}

func (w *titlesWorker) Work(ctx context.Context, job *river.Job[titles]) error {
	for _, id := range job.Args.Authors {
		rows, err := w.pool.Query(ctx, "SELECT title FROM books WHERE author_id = $1", id) // a job's loop
		if err != nil {
			return err
		}
		if _, err := pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
			return err
		}
	}
	return nil
}

// riverPool is a pool for the application and for River.
func riverPool(ctx context.Context, dsn string) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, err
	}
	pgxwrap.Config(config)
	return pgxpool.NewWithConfig(ctx, config)
}

// riverClient makes a client that works.
func riverClient(pool *pgxpool.Pool, reporters ...budget.Reporter) (*river.Client[pgx.Tx], error) {
	workers := river.NewWorkers()
	river.AddWorker(workers, &titlesWorker{pool: pool})
	return river.NewClient(riverpgxv5.New(pool), &river.Config{
		Queues:  map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 2}},
		Workers: workers,
		Middleware: []rivertype.Middleware{&riverTrack{
			delivery: budget.Delivery{Reporters: reporters},
			budgets:  map[string]budget.Budget{"titles": few},
		}},
	})
}

// startRiver starts it: what River sends for itself is nobody's.
func startRiver(ctx context.Context, client *river.Client[pgx.Tx]) error {
	return client.Start(budget.Without(ctx))
}
