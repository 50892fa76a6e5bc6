package budget

import "slices"

func mayBeNested(s *suspect) bool { return len(s.account.nestings) > 0 }

// nested: a query while rows are open, sent from inside of the loop over them. What is sent while
// the same rows are open is one finding. Rows that nobody closes are a finding of their own.
func (f *finder) nested() {
	ofRows, ofQuery := make(map[int]int), make(map[int]int) // findings by the groups of the rows, and of the query
	for _, n := range f.report.Nested {
		inner, outer := &f.report.Groups[n.Inner], &f.report.Groups[n.Outer]
		if inner.Overflow || outer.Overflow || f.isOpen(n.Outer) {
			continue
		}
		at, said := ofQuery[n.Inner]
		if !said {
			at, said = ofRows[n.Outer]
			said = said && slices.Equal(f.report.Groups[f.of[at]].Allowances, inner.Allowances)
			if said {
				f.found[at].Also = append(f.found[at].Also, *related(inner, "the same rows were open"))
			}
		}
		if said {
			ofQuery[n.Inner] = at
			f.found[at].Count = max(f.found[at].Count, n.Count)
			continue
		}
		ofRows[n.Outer], ofQuery[n.Inner] = len(f.found), len(f.found)
		out := f.evidence(inner, NestedQuery, Proven, n.Count)
		out.Parent = related(outer, "its rows were open")
		out.Repair = "read all rows and close them before the next query, or use one query with JOIN: " +
			"each unit holds two connections, and units that hold one each wait for ever when the pool is full"
		f.add(out, n.Inner)
	}
}

func (f *finder) isOpen(group int) bool {
	for i := range f.report.Open {
		if f.report.Open[i].Group == group {
			return true
		}
	}
	return false
}
