package budget

import (
	"context"
	"fmt"
)

// Run runs a job in a scope with a name and a budget: below the unit of work
// that ctx carries, or as a unit of its own. It returns the error of job. In
// mode [Enforce] that may be an [ExceededError] which the job passed on. With a budget
// that is not valid the job does not run, and the error says why.
//
// Run reports to nobody; use a [Job] for that.
func Run(ctx context.Context, name string, b Budget, job func(context.Context) error) error {
	return (&Job{Name: name, Budget: b}).Run(ctx, job)
}

// Job is a piece of work outside of HTTP: a scheduled task, a message to
// handle. Each Run of it is a unit of work. It is safe for concurrent use, and
// must not be copied after its first use.
type Job struct {
	// Name is for people and metric labels: a constant, no ids.
	Name string
	// Budget is what each run is held to.
	Budget Budget
	// Delivery takes the reporters. A job that runs inside of another unit of
	// work is reported too, and is part of that unit's report.
	Delivery Delivery
}

// Run runs job as a unit of work and reports on it, also when it panics; the
// panic goes on. It returns the error of job. With a budget that is not valid, see
// [Budget.Validate], the job does not run, and the error says why.
func (j *Job) Run(ctx context.Context, job func(context.Context) error) error {
	if err := j.Budget.Validate(); err != nil {
		return fmt.Errorf("budget: job %q was not run: %w", j.Name, err)
	}
	ctx, r := With(ctx, j.Name, j.Budget)
	j.Delivery.Begin(ctx, r)
	defer j.Delivery.End(ctx, r)
	return job(ctx)
}
