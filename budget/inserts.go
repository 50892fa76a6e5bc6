package budget

import (
	"cmp"
	"slices"
)

// TellsInserts reports whether r wants to know the values of each INSERT, for
// [Rules.Hints]. It is for driver wrappers, which then collect them:
// [statement.Arguments.Inserts].
func (r *Recorder) TellsInserts() bool { return r != nil && r.unit.bounds.Rules.Hints }

// inserts gives each INSERT the number of the row that a query before it asked for, if it
// inserts that row.
func (b *builder) inserts() {
	if !b.recorder.unit.bounds.Rules.Hints {
		return
	}
	records := slices.Clone(b.account.records) // in the order of report.Queries
	slices.SortFunc(records, func(x, y *record) int { return cmp.Compare(x.position, y.position) })
	for i, rec := range records {
		if rec.details == nil || rec.details.inserts == nil {
			continue
		}
		for j, asked := range slices.Backward(records[:i]) {
			st := asked.origin.statement
			if st.SharesTable(rec.origin.statement) && st.Inserted(asked.row, *rec.details.inserts) {
				b.report.Queries[i].Row = b.report.Queries[j].Row
				break
			}
		}
	}
}
