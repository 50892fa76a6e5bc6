package budget

// fewArguments is the number of different argument lists that each group tells
// apart by itself. It is more than the thresholds need.
const fewArguments = 8

// argumentSet counts different argument lists: the first few by itself, and more
// as long as the unit remembers its reads.
type argumentSet struct {
	few      [fewArguments]uint64
	distinct int64
}

// add takes note of an argument list. Fresh says that the unit has not seen it.
func (s *argumentSet) add(c *call, fresh bool) {
	s.addHash((c.arguments^c.statement.Literals)|1<<63, fresh) // never 0
}

func (s *argumentSet) addHash(h uint64, fresh bool) {
	for i := range s.few {
		switch s.few[i] {
		case h:
			return
		case 0:
			s.few[i] = h
			s.distinct++
			return
		}
	}
	if fresh {
		s.distinct++
	}
}

// join adds the lists of another set of the same call site.
func (s *argumentSet) join(other *argumentSet) {
	extra := other.distinct
	for _, h := range other.few {
		if h == 0 {
			break
		}
		extra--
		s.addHash(h, true)
	}
	s.distinct += max(extra, 0)
}
