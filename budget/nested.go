package budget

func mayBeNested(s *suspect) bool { return len(s.account.nestings) > 0 }

// nested: a query while rows are open, sent from inside of the loop over them. Code
// that overlaps with itself ran in parallel, and rows that nobody closes are a finding
// of their own.
func (f *finder) nested() {
	for _, n := range f.report.Nested {
		inner, outer := &f.report.Groups[n.Inner], &f.report.Groups[n.Outer]
		if inner.Overflow || outer.Overflow || inner.Parallel || outer.Parallel || f.isOpen(n.Outer) ||
			!isInside(inner, outer) {
			continue
		}
		if old := f.find(NestedQuery, n.Inner); old != nil {
			old.Count += n.Count
			continue
		}
		out := f.evidence(inner, NestedQuery, Candidate, n.Count)
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

// isInside reports whether a query was sent from inside the loop over the outer one's
// rows, as far as their stacks tell: below the same function of a goroutine, from
// another line.
func isInside(inner, outer *Group) bool {
	in, out := inner.CallSite(), outer.CallSite()
	if in.IsZero() || out.IsZero() || inner.stack.Key() == outer.stack.Key() && inner.Fingerprint == outer.Fingerprint {
		return false
	}
	if inner.stack == outer.stack {
		return false
	}
	return in.Below(out) || out.Below(in)
}
