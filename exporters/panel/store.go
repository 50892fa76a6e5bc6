package panel

import (
	"slices"
	"sync"

	"github.com/querybudget/querybudget/budget"
)

// store keeps the latest reports. The zero store with its bounds set is empty.
type store struct {
	requests int   // that are kept at most
	bytes    int64 // that they may take

	mu    sync.Mutex
	kept  []*entry // the oldest first
	size  int64    // of those kept
	stats stats
}

// stats say what a store has seen. They are zero again after clear.
type stats struct {
	// Seen units of work were reported, Dropped ones had to make room, and TooLarge ones
	// are larger than all the room there is.
	Seen     int64 `json:"seen"`
	Kept     int   `json:"kept"`
	Dropped  int64 `json:"dropped"`
	TooLarge int64 `json:"too_large,omitempty"`
	Bytes    int64 `json:"bytes"`
	MaxKept  int   `json:"max_kept"`
	MaxBytes int64 `json:"max_bytes"`
}

// maxLate is the number of late reports that are kept of one unit.
const maxLate = 4

// entry is one unit of work. It is not changed once it is in the store.
type entry struct {
	report *budget.Report
	late   []*budget.Report // what the unit did after its end, the latest last
	size   int64

	once    sync.Once
	summary *summary
}

// summarize returns what the list shows, which is made when somebody looks.
func (e *entry) summarize() *summary {
	e.once.Do(func() { e.summary = summarize(e.report, e.late) })
	return e.summary
}

func (s *store) add(r *budget.Report) {
	e := &entry{report: r, size: sizeOf(r)}
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.Stage == budget.Late && s.addLate(e) {
		return
	}
	s.stats.Seen++
	if e.size > s.bytes {
		s.stats.TooLarge++
		return
	}
	s.kept = append(s.kept, e)
	s.size += e.size
	s.makeRoom()
}

// addLate adds a late report to its unit, and reports whether that is kept.
func (s *store) addLate(late *entry) bool {
	at := slices.IndexFunc(s.kept, func(e *entry) bool { return e.report.ID == late.report.ID })
	if at < 0 {
		return false
	}
	old := s.kept[at]
	if len(old.late) == maxLate || old.size+late.size > s.bytes {
		s.stats.TooLarge++
		return true
	}
	s.kept[at] = &entry{report: old.report, late: append(slices.Clip(old.late), late.report), size: old.size + late.size}
	s.size += late.size
	s.makeRoom()
	return true
}

// makeRoom drops the oldest until the rest fits.
func (s *store) makeRoom() {
	for len(s.kept) > s.requests || s.size > s.bytes {
		s.size -= s.kept[0].size
		s.kept[0] = nil
		s.kept = s.kept[1:]
		s.stats.Dropped++
	}
}

func (s *store) clear() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept, s.size, s.stats = nil, 0, stats{}
}

// all returns what is kept, the newest first.
func (s *store) all() ([]*entry, stats) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := slices.Clone(s.kept)
	slices.Reverse(out)
	about := s.stats
	about.Kept, about.Bytes, about.MaxKept, about.MaxBytes = len(s.kept), s.size, s.requests, s.bytes
	return out, about
}

// find returns a unit of work, nil if it is not kept.
func (s *store) find(id budget.ID) *entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range slices.Backward(s.kept) {
		if e.report.ID == id {
			return e
		}
	}
	return nil
}
