package summary

// A loop over a list that stands in the source has as many rounds in production as in a test.

// isOfFixedList reports whether a loop goes over fixed lists alone.
func (s *Summary) isOfFixedList(f *seen) bool { return f.isLoop() && s.isOverFixedLists(f) }

// isOverFixedLists reports whether all loops of the source around what is sent go over fixed lists, there
// is one, and it was sent as often as these go around, at most: there are loops that a stack does not
// show, such as an endless one. That of a line which everything passes tries again.
func (s *Summary) isOverFixedLists(f *seen) bool {
	if f.worst.Count >= manyTimes {
		return false
	}
	rounds, some := int64(1), false
	for _, frame := range s.passed.own(f.frames, nil) {
		for _, loop := range s.loops.Around(frame) {
			n := s.fixedLists.Rounds(s.loops.File(frame), loop)
			if n == 0 {
				return false
			}
			rounds, some = rounds*n, true
		}
	}
	return some && f.worst.Count <= rounds
}
