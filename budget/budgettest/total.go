package budgettest

import "slices"

// total is several series taken together: each level of a recursion has a call site of
// its own, which runs a few times at most, and the levels grow with the data.
type total struct {
	Series
	members []*Series
}

// newTotal adds series up. Its line and advice are those of the member that runs most
// at the largest size.
func newTotal(sizes []int, members []*Series, batches float64) *total {
	last := len(sizes) - 1
	most := slices.MaxFunc(members, func(a, b *Series) int { return int(a.Queries[last] - b.Queries[last]) })
	t := &total{*most, members}
	t.Queries, t.Rows = make([]int64, len(sizes)), make([]int64, len(sizes))
	for _, m := range members {
		t.batched = t.batched || m.batched
		for i := range sizes {
			t.Queries[i] += m.Queries[i]
			t.Rows[i] += m.Rows[i]
		}
	}
	t.fit(sizes, max(batches, t.batches()))
	return t
}

// newcomers returns those that ran at a larger size only. What ran at the smallest size
// is a fixed number of series, and a fixed number of series of which none grows is no
// growth, however many they are.
func newcomers(members []*Series) (out []*Series) {
	for _, m := range members {
		if m.Queries[0] == 0 {
			out = append(out, m)
		}
	}
	return out
}

// growsByNewcomers reports whether the queries grow because more and more call sites or
// statements run.
func (t *total) growsByNewcomers(sizes []int, batches float64) bool {
	fresh := newcomers(t.members)
	return len(fresh) > 1 && t.QueryGrowth > PerBatch && newTotal(sizes, fresh, batches).QueryGrowth > PerBatch
}

// partsBy groups series by a key, in the order of their first ones.
func partsBy(all []*Series, key func(*Series) string) (out [][]*Series) {
	index := make(map[string]int)
	for _, s := range all {
		at, known := index[key(s)]
		if !known {
			at = len(out)
			index[key(s)] = at
			out = append(out, nil)
		}
		out[at] = append(out[at], s)
	}
	return out
}

func byStatement(s *Series) string { return s.statement }

// byRecursion is the same for the levels of a recursion.
func byRecursion(s *Series) string { return foldedKey(s.CallSite) }
