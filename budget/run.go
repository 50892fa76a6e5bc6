package budget

import (
	"context"
	"errors"
	"fmt"
)

// Run runs a job in a scope with a name and a budget: below the unit of work
// that ctx carries, whose report has it as a part, or as a unit of its own. It returns
// the error of job. In mode [Enforce] that may be an [ExceededError] which the job passed
// on. With a budget that is not valid the job does not run, and the error says why.
//
// Run has no reporters. As a unit of its own it returns what nobody would learn of
// otherwise: each [ExceededError] of the job, in mode [Observe] too, joined to the job's
// error. errors.Is with [ErrExceeded] tells it. A [Job] has reporters.
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
	// work is reported too, and is part of that unit's report. Without reporters Run
	// returns what they would have said of the budget, see [Run].
	Delivery Delivery
}

// Run runs job as a unit of work and reports on it, also when it panics; the
// panic goes on. It returns the error of job. With a budget that is not valid, see
// [Budget.Validate], the job does not run, and the error says why.
func (j *Job) Run(ctx context.Context, job func(context.Context) error) error {
	if err := j.Budget.Validate(); err != nil {
		return fmt.Errorf("budget: job %q was not run: %w", j.Name, err)
	}
	isToldAbove := FromContext(ctx) != nil
	ctx, r := With(ctx, j.Name, j.Budget)
	j.Delivery.Begin(ctx, r)
	defer j.Delivery.End(ctx, r)
	err := job(ctx)
	if isToldAbove || len(j.Delivery.Reporters) > 0 || errors.Is(err, ErrExceeded) {
		return err
	}
	if over := r.Report().Err(); over != nil {
		return errors.Join(err, over)
	}
	return err
}
