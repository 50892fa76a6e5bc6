package budget

import (
	"context"
	"errors"
)

// errChosen is the answer to a second RecordWith.
var errChosen = errors.New(
	"budget: the queries of this database already have a RecordWith: one at a time can decide who counts them",
)

// RecordWith makes choose decide who counts the queries of the database, until stop
// is called. It is for tests of code that takes no context, and for nothing that
// serves users: choose is called on the goroutine of each query and gets the
// recorder that the query's context carries, nil if none; it returns the one to
// count with, nil for unattributed. What [Without] excludes stays excluded.
//
// RecordWith returns an error while another one is under way. It panics if choose is
// nil. Stop may be called more than once; it and choose may be called concurrently.
func (d *Database) RecordWith(choose func(carried *Recorder) *Recorder) (stop func(), err error) {
	if choose == nil {
		panic("budget: RecordWith with a nil function")
	}
	if !d.chosenBy.CompareAndSwap(nil, &choose) {
		return nil, errChosen
	}
	return func() { d.chosenBy.CompareAndSwap(&choose, nil) }, nil
}

// Recorder returns the recorder that counts a query of the database with the
// context ctx, nil if none does. It is for driver wrappers.
func (d *Database) Recorder(ctx context.Context) *Recorder {
	r := FromContext(ctx)
	if choose := d.chosenBy.Load(); choose != nil && (r != nil || !excluded(ctx)) {
		return (*choose)(r)
	}
	return r
}

// Same reports whether r and other count in the same unit of work.
func (r *Recorder) Same(other *Recorder) bool {
	return r != nil && other != nil && r.unit == other.unit
}
