package budget

import (
	"slices"
)

// Bounds of tracked values, for each unit: the first results, columns and values,
// and the first arguments of a call. A hash is 8 bytes; all together stay under
// 10 MB.
const (
	maxTrackedResults   = 20
	maxTrackedColumns   = 16
	maxTrackedValues    = 1000
	maxTrackedArguments = 4
)

// TracksValues reports whether r proves n+1 loops by the values of rows, see
// [Bounds.TrackValues]. It is for driver wrappers, which then hand over the
// hashes of arguments ([CallDetail.Hashes]) and of rows ([Execution.Fetched]).
func (r *Recorder) TracksValues() bool { return r != nil && r.unit.bounds.TrackValues }

// column is a column of a result, with the hashes of its values.
type column struct {
	name   string
	values map[uint64]bool
}

// Values collects the values of a result for [Execution.Fetched]. It belongs to one
// goroutine. The zero value is ready.
type Values struct {
	columns []column
}

// Add takes note of a value of column i, by its hash. Equal values must have equal
// hashes, also those of arguments.
func (v *Values) Add(i int, name string, hash uint64) {
	if i < 0 || i >= maxTrackedColumns {
		return
	}
	for len(v.columns) <= i {
		v.columns = append(v.columns, column{values: make(map[uint64]bool)})
	}
	c := &v.columns[i]
	c.name = name
	if len(c.values) < maxTrackedValues {
		c.values[hash] = true
	}
}

// hasAll reports whether a column has all of some values.
func (c *column) hasAll(values map[uint64]bool) bool {
	for v := range values {
		if !c.values[v] {
			return false
		}
	}
	return len(values) > 0
}

// keepValues stores the values of a result while there is room.
func (a *account) keepValues(rec *record, v *Values) {
	kept := rec.reported()
	if v == nil || len(v.columns) == 0 || a.tracked >= maxTrackedResults || kept == nil || kept.columns() != nil {
		return
	}
	a.tracked++
	kept.detail().columns = v.columns
}

// trackArguments takes note of the arguments of an execution.
func (g *group) trackArguments(hashes []uint64) {
	for i, h := range hashes[:min(len(hashes), maxTrackedArguments)] {
		more := g.edit()
		if len(more.tracked) <= i {
			more.tracked = append(more.tracked, make(map[uint64]bool))
		}
		if len(more.tracked[i]) < maxTrackedValues {
			more.tracked[i][h] = true
		}
	}
}

// joinTracked adds the arguments of another group of the same call site.
func joinTracked(to, from []map[uint64]bool) []map[uint64]bool {
	if to == nil {
		return slices.Clone(from)
	}
	for i := range min(len(to), len(from)) {
		merged := make(map[uint64]bool, len(to[i])+len(from[i]))
		for _, set := range []map[uint64]bool{to[i], from[i]} {
			for h := range set {
				merged[h] = true
			}
		}
		to[i] = merged
	}
	return to
}
