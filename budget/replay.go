package budget

import (
	"context"
	"time"
)

// Replay starts a unit of work that has already happened, such as one that spans of another
// program tell of: its recorder takes the time from clock, the time since the unit started,
// which must not go backwards. Who replays sends the calls in the order in which they
// happened, from one goroutine, with a [Call.Stack]; the account is that of a unit that was
// watched. The recorder is that of [FromContext], for code that takes a context.
func (b Bounds) Replay(ctx context.Context, started time.Time, clock func() time.Duration) (context.Context, *Recorder) {
	ctx, r := b.NewContext(ctx)
	r.unit.started, r.unit.clock = started, clock
	return ctx, r
}

// EndReplay returns the final report of a unit that was replayed. The recorder must not be
// used afterwards.
func (r *Recorder) EndReplay() *Report {
	report := r.Report()
	report.Stage = Final
	return report
}
