package frameworks

import (
	"context"
	"log/slog"

	"github.com/robfig/cron/v3"

	"github.com/querybudget/querybudget/budget"
)

// cronJob makes each run of a job a unit of work. A job of cron returns no error, so what
// it returns is logged.
func cronJob(j *budget.Job, run func(context.Context) error) cron.FuncJob {
	return func() {
		if err := j.Run(context.Background(), run); err != nil {
			slog.Error("job failed", "job", j.Name, "error", err)
		}
	}
}

func cronJobs(s *shop, reporters ...budget.Reporter) (*cron.Cron, error) {
	c := cron.New()
	nightly := &budget.Job{Name: "nightly", Budget: few, Delivery: budget.Delivery{Reporters: reporters}}
	_, err := c.AddJob("@midnight", cronJob(nightly, func(ctx context.Context) error {
		return s.books(ctx, "", func(string) error { return nil })
	}))
	return c, err
}
