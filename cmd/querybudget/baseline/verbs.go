package baseline

import (
	"errors"
	"slices"
	"strings"

	"github.com/querybudget/querybudget/cmd/querybudget/result"
)

// Accept adds the entries of a result that fail, and raises those that are worse, for a
// reason. It removes and lowers nothing. Only entries that which says yes to are taken; a
// nil which takes all. It returns how many it took.
func (f *File) Accept(r *result.Result, reason string, which func(*result.Entry) bool) (int, error) {
	reason = strings.TrimSpace(reason)
	if reason == "" {
		return 0, errors.New("what is accepted needs a reason")
	}
	taken := 0
	for _, e := range f.Check(r).Failing {
		if which != nil && !which(e) {
			continue
		}
		accepted := entryOf(e, reason)
		if old := f.entries[e.Key]; old != nil {
			accepted.raise(old)
		}
		f.put(accepted)
		taken++
	}
	return taken, nil
}

// raise keeps what the old entry accepted more of.
func (e *Entry) raise(old *Entry) {
	e.Places = max(e.Places, old.Places)
	e.Grows, e.RowsGrow = max(e.Grows, old.Grows), max(e.RowsGrow, old.RowsGrow)
	e.Count = max(e.Count, old.Count)
	if e.sizeless() {
		e.Count = 0
	}
	tests := slices.Compact(slices.Sorted(slices.Values(slices.Concat(e.Tests, old.Tests))))
	e.Tests = tests[:min(len(tests), maxTests)]
}

// Prune removes the entries that a result shows to be repaired, and lowers those that it
// shows less of. It adds and raises nothing. What was not exercised stays, unless
// unexercised is set.
func (f *File) Prune(r *result.Result, unexercised bool) (removed, lowered int) {
	v := f.Check(r)
	gone := v.Stale
	if unexercised {
		gone = append(gone, v.Unexercised...)
	}
	for _, e := range gone {
		delete(f.entries, e.Key)
		removed++
	}
	for _, seen := range r.Entries {
		e := f.entries[seen.Key]
		if e == nil || !seen.Gates() || !e.exercised(r) {
			continue
		}
		if less := e.lowered(seen); less != nil {
			f.put(less)
			lowered++
		}
	}
	return removed, lowered
}
