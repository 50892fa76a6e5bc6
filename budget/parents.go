package budget

import "slices"

// maxParents is the number of parents that a group lists.
const maxParents = 8

// parents looks for columns of earlier results that have all arguments of a group.
func (b *builder) parents() {
	if !b.recorder.unit.bounds.TrackValues {
		return
	}
	for i, behind := range b.groups.behind {
		var tracked []map[uint64]bool
		for _, g := range behind {
			tracked = joinTracked(tracked, g.look().tracked)
		}
		g := &b.report.Groups[i]
		for q := len(b.report.Queries) - 1; q >= 0 && len(tracked) > 0 && len(g.Parents) < maxParents; q-- {
			parent := &b.report.Queries[q]
			if parent.Position >= g.First || parent.Fingerprint == g.Fingerprint {
				continue
			}
			g.Parents = append(g.Parents, b.columnsWith(tracked, parent)...)
		}
	}
}

// columnsWith returns the columns of a query's result that have all of some arguments.
func (b *builder) columnsWith(tracked []map[uint64]bool, q *Query) (out []Parent) {
	at := slices.IndexFunc(b.account.records, func(rec *record) bool { return rec.position == q.Position })
	columns := b.account.records[at].columns()
	for c := range columns {
		for _, arguments := range tracked {
			if len(arguments) > 1 && columns[c].hasAll(arguments) {
				name := columns[c].name
				if len(q.Tables) == 1 {
					name = q.Tables[0] + "." + name
				}
				out = append(out, Parent{Position: q.Position, Column: name, Arguments: int64(len(arguments))})
			}
		}
	}
	return out
}
