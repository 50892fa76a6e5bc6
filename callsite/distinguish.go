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
	for _, s := range sites {
		if key := s.hash(); !seen[key] {
			seen[key] = true
			s.eachBeginning(func(hash uint64, _ Frame) bool {
				beginnings[hash]++
				return true
			})
		}
	}
	out := make([]Frame, len(sites))
	for i, s := range sites {
		s.eachBeginning(func(hash uint64, last Frame) bool {
			out[i] = last
			return beginnings[hash] > 1
		})
	}
	return out
}

// eachBeginning calls f with the hash of the innermost frame, of the two innermost,
// and so on, and the last of them, until f returns false.
func (s CallSite) eachBeginning(f func(hash uint64, last Frame) bool) {
	h := fnvOffset
	for _, frame := range s.Frames() {
		h = frame.hash(h)
		if !f(h, frame) {
			return
		}
	}
}
