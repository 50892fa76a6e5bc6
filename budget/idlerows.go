package budget

import (
	"slices"
	"time"

	"github.com/querybudget/querybudget/callsite"
)

// Rows that are open hold a connection while the application does something between two of
// them. What it does by itself would take a look at the clock for each row; what it waits
// for, it tells: see Recorder.Called. The calls were made inside of the loop over the rows
// if the goroutine that made them closes the rows afterwards.

// meanwhile are the calls that one goroutine made while rows were open.
type meanwhile struct {
	rows      *record
	serial    uint32 // of rows
	goroutine uint64
	from      time.Duration   // of the first
	stack     *callsite.Stack // of the first
	took      time.Duration
	calls     []Outgoing
}

// calledMeanwhile takes note of a call that was made while rows were open. It is called in
// the goroutine of the call, with the unit's lock.
func (r *Recorder) calledMeanwhile(c call) {
	if r.unit.open == 0 || r.unit.bounds.Rules.Off {
		return
	}
	me := callsite.Goroutine()
	for s := r.counts(); s != nil; s = s.around() {
		for _, rows := range s.account.open {
			if rows.returnedAt() <= c.from {
				s.account.addMeanwhile(rows, me, c)
			}
		}
	}
}

// addMeanwhile adds a call to those of a goroutine. Of those that have no room, nothing is
// said.
func (a *account) addMeanwhile(rows *record, goroutine uint64, c call) {
	at := slices.IndexFunc(a.meanwhile, func(m meanwhile) bool {
		return m.rows == rows && m.serial == rows.serial && m.goroutine == goroutine
	})
	if at < 0 {
		if len(a.meanwhile) == maxNestings {
			return
		}
		at = len(a.meanwhile)
		stack := rows.origin.database.stacks.Capture()
		a.meanwhile = append(a.meanwhile, meanwhile{rows: rows, serial: rows.serial, goroutine: goroutine, from: c.from, stack: stack})
	}
	m := &a.meanwhile[at]
	m.took += c.to - c.from
	var all account
	all.outgoing = m.calls
	all.called(c.name, c.to-c.from, c.err)
	m.calls = all.outgoing
}

// proveMeanwhile keeps what went on while rows were open that are closed now, if it is too
// long, and the goroutine that closes them did it.
func (s *Recorder) proveMeanwhile(rows *record, goroutine uint64) {
	a := s.account
	a.meanwhile = slices.DeleteFunc(a.meanwhile, func(m meanwhile) bool {
		if m.rows != rows {
			return false
		}
		if m.goroutine == goroutine && m.serial == rows.serial && s.unit.isLong(m.took) {
			slices.SortStableFunc(m.calls, longestFirst)
			idle := Idle{Held: HoldRows, Took: m.took, Doing: m.calls, InTransaction: rows.transaction() != nil, after: m.stack}
			a.addIdle(idleTime{rows.origin, nil, idle}, m.from-s.started)
		}
		return true
	})
}
