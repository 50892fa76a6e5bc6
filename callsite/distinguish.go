package callsite

// Distinguish returns, for each of several call sites, the innermost frame that
// tells it from the others: the one to show beside the call site itself, where a
// function of the application sends every query and its line says little. For a call
// site whose innermost frame is like no other's, it is that frame; for equal call
// sites, it is the same frame. A call site whose frames are all those of another one,
// which goes on, has nothing of its own, and gets its outermost frame.
func Distinguish(sites []CallSite) []Frame {
	// How many different call sites begin, at the innermost frame, with these frames.
	beginnings := make(map[uint64]int)
	seen := make(map[uint64]bool, len(sites))
	hashes := make([][]uint64, len(sites))
	for i, s := range sites {
		hashes[i] = s.beginnings()
		if n := len(hashes[i]); n > 0 && !seen[hashes[i][n-1]] {
			seen[hashes[i][n-1]] = true
			for _, hash := range hashes[i] {
				beginnings[hash]++
			}
		}
	}
	out := make([]Frame, len(sites))
	for i, s := range sites {
		out[i] = s.bottom()
		for depth, hash := range hashes[i] {
			if beginnings[hash] == 1 {
				out[i] = s.at(depth)
				break
			}
		}
	}
	return out
}

// beginnings returns the hashes of the innermost frame, of the two innermost, and so on.
func (s CallSite) beginnings() []uint64 {
	if s.IsZero() {
		return nil
	}
	out := make([]uint64, 1+len(s.Outer))
	h := fnvOffset
	for depth := range out {
		f := s.at(depth)
		h = (hashString(hashString(h, f.Function), f.File) ^ uint64(f.Line)) * fnvPrime
		out[depth] = h
	}
	return out
}

// at returns a frame, the innermost at 0.
func (s CallSite) at(depth int) Frame {
	if depth == 0 {
		return s.Frame
	}
	return s.Outer[depth-1]
}
