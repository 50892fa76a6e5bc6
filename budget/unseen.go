package budget

import (
	"slices"
	"time"

	"github.com/querybudget/querybudget/callsite"
)

// A wrapper may see when a query is sent and when its rows are closed, and nothing in
// between (Call.OnlyEnd): whether the driver is at work, or the application reads rows and
// holds a connection. A goroutine that does something else in the unit is back from the
// driver, so its rows are open.

// cameBack opens the rows of the goroutine that calls it, which is in no driver call. It is
// called with the unit's lock.
func (u *unit) cameBack(now time.Duration) {
	if len(u.unseen) == 0 {
		return
	}
	me := callsite.Goroutine()
	u.unseen = slices.DeleteFunc(u.unseen, func(x Execution) bool {
		rec := x.record
		if rec.serial != x.serial || rec.step != inDriver {
			return true // it has ended
		}
		if rec.goroutine != me {
			return false
		}
		u.settle()
		rec.open(now)
		u.open++
		x.recorder.advance(rec)
		return true
	})
}

// saw takes note of an end. Those that came in another order are forgotten later.
func (u *unit) saw(rec *record) {
	if last := len(u.unseen) - 1; last >= 0 && u.unseen[last].record == rec {
		u.unseen = u.unseen[:last]
	}
}
