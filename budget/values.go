package budget

// Bounds of tracked values: the first columns and values of a result, the values of
// all results of a unit, and the first arguments of a call. A hash is 8 bytes; all
// together stay under 10 MB.
const (
	maxTrackedColumns   = 16
	maxTrackedValues    = 1000
	maxTrackedInAll     = 500_000
	maxTrackedArguments = 4
)

// TracksValues reports whether r proves n+1 loops by the values of rows, see
// [Bounds.TrackValues]. It is for driver wrappers, which then hand over the
// hashes of arguments ([CallDetail.Hashes]) and of rows ([Execution.Fetched]).
func (r *Recorder) TracksValues() bool { return r != nil && r.unit.bounds.TrackValues }

// KeepsTexts reports whether r keeps the texts of statements, see [Bounds.Texts]. It is for
// driver wrappers, which then hand over the text ([CallDetail.SQL]).
func (r *Recorder) KeepsTexts() bool { return r != nil && r.unit.bounds.Texts }

// column is a column of a result, with the hashes of its values in their order. What
// proves nothing, such as NULL, is not among them.
type column struct {
	name   string
	values []uint64
}

// Values collects the values of a result for [Execution.Fetched]. It belongs to one
// goroutine. The zero value is ready.
type Values struct {
	columns []column
	lists   []column
	found   bool
}

// Found takes note that a read which only asks whether there are rows, or how many, answered that
// there are some: see [statement.Statement.Probes].
func (v *Values) Found() { v.found = true }

// Add takes note of a value of column i, by its hash. Equal values must have equal
// hashes, also those of arguments.
func (v *Values) Add(i int, name string, hash uint64) {
	if i < 0 || i >= maxTrackedColumns {
		return
	}
	for len(v.columns) <= i {
		v.columns = append(v.columns, column{})
	}
	c := &v.columns[i]
	c.name = name
	if len(c.values) < maxTrackedValues {
		c.values = append(c.values, hash)
	}
}

// AddItems takes note of the items of a list that is in a text of a column, by their hashes.
func (v *Values) AddItems(name string, hashes []uint64) {
	if len(hashes) > 0 && len(v.lists) < maxTrackedColumns {
		v.lists = append(v.lists, column{name, hashes})
	}
}

// isNewID reports whether the values are the id that an INSERT was given.
func (v *Values) isNewID() bool {
	return v != nil && len(v.columns) == 1 && v.columns[0].name == "" && len(v.columns[0].values) == 1
}

// keepValues stores the values of a result while there is room.
func (a *account) keepValues(rec *record, v *Values) {
	kept := rec.reported()
	if v == nil || kept == nil {
		return
	}
	if v.found {
		kept.detail().found = true
	}
	if len(v.columns) == 0 || kept.columns() != nil {
		return
	}
	n := 0
	for i := range v.columns {
		n += len(v.columns[i].values)
	}
	for i := range v.lists {
		n += len(v.lists[i].values)
	}
	if a.tracked+n > maxTrackedInAll {
		return
	}
	a.tracked += n
	kept.detail().columns, kept.detail().lists = v.columns, v.lists
}
