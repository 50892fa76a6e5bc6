package frameworks

import (
	"context"

	"github.com/hibiken/asynq"

	"github.com/querybudget/querybudget/budget"
)

// asynqTrack makes each task a unit of work, with the budget of its type. A refused query
// is an error of the task like any other: it is tried again as the server is set up to.
func asynqTrack(d *budget.Delivery, budgets map[string]budget.Budget) asynq.MiddlewareFunc {
	return func(next asynq.Handler) asynq.Handler {
		return asynq.HandlerFunc(func(ctx context.Context, task *asynq.Task) error {
			ctx, recorder := budget.With(ctx, task.Type(), budgets[task.Type()])
			d.Begin(ctx, recorder)
			defer d.End(ctx, recorder)
			return next.ProcessTask(ctx, task)
		})
	}
}

func asynqMux(s *shop, d *budget.Delivery) *asynq.ServeMux {
	mux := asynq.NewServeMux()
	mux.Use(asynqTrack(d, map[string]budget.Budget{"book": few, "books": few, "strict": strict}))
	for name, p := range map[string]page{"book": s.book, "books": s.books, "strict": s.books, "broken": s.broken, "lost": s.lost} {
		mux.HandleFunc(name, func(ctx context.Context, task *asynq.Task) error {
			return p(ctx, string(task.Payload()), func(string) error { return nil })
		})
	}
	return mux
}
