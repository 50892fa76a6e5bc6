package budget

func mayBeNested(s *suspect) bool { return len(s.account.nestings) > 0 }

// nested: a query while rows are open, sent from inside of the loop over them. Rows that
// nobody closes are a finding of their own.
func (f *finder) nested() {
	for _, n := range f.report.Nested {
		inner, outer := &f.report.Groups[n.Inner], &f.report.Groups[n.Outer]
		if inner.Overflow || outer.Overflow || f.isOpen(n.Outer) {
			continue
		}
		if old := f.find(NestedQuery, n.Inner); old != nil {
			old.Count = max(old.Count, n.Count)
			continue
		}
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
