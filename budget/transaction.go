package budget

import (
	"time"

	"github.com/querybudget/querybudget/callsite"
)

// Transaction is an open transaction, for driver wrappers. The zero Transaction is
// one that was begun outside of any unit of work: it belongs to the unit of its first
// query, which counts it from then on, and until then its methods do nothing. A
// transaction must not be copied once queries have seen it: its address tells it
// apart. It is used by one goroutine at a time, as its connection is.
type Transaction struct {
	// Serializable is set by the wrapper where the transaction was begun with that level
	// of isolation: the database lets no update be lost in it.
	Serializable bool
	// RepeatableRead is set for that level, or a snapshot: PostgreSQL refuses the second of two
	// that change one row, MySQL does not.
	RepeatableRead bool

	// Interrupted is set by the wrapper before RolledBack where the context of the
	// transaction has ended: until then it held its connection.
	Interrupted bool

	holding
	recorder *Recorder
	database *Database       // nil where it is not known
	began    *callsite.Stack // nil where it is not known
	opened   time.Duration   // since the unit started
	number   int
	excluded bool // from all units of work
	listed   bool // see openTransactions

	before, after *Transaction // in the list
}

// Began counts a transaction that was begun, or failed to, from a time of
// [Recorder.Clock] until now. For a nil Recorder it returns the zero Transaction,
// which is still one: queries in it are not tried again.
func (r *Recorder) Began(began time.Duration, err error) Transaction {
	t := Transaction{recorder: r}
	r.count(began, err, func(a *account, took time.Duration) {
		a.totals.TransactionTime += took
		if err == nil {
			a.totals.Transactions++
			t.number = int(a.totals.Transactions) // that of the unit comes last
		}
	})
	return t
}

// Clock is that of the unit of work that counts the transaction, see
// [Recorder.Clock].
func (t *Transaction) Clock() time.Duration { return t.recorder.Clock() }

// Committed adds the time of COMMIT, from a time of Clock until now, in the unit
// that began the transaction.
func (t *Transaction) Committed(began time.Duration, err error) { t.ended(began, err, false) }

// RolledBack adds the time of ROLLBACK in the same way. What was read before is read
// again by whoever tries again, and is then no duplicate.
func (t *Transaction) RolledBack(began time.Duration, err error) {
	t.ended(began, err, true)
	if r := t.recorder; t.Interrupted && r != nil {
		r.unit.lock()
		defer r.unit.mu.Unlock()
		if t.latest != nil {
			r.noteHeld(t.latest)
		}
	}
}

func (t *Transaction) ended(began time.Duration, err error, rolledBack bool) {
	t.step(began, err, rolledBack)
	t.database.unlist(t)
}

// step counts a step of the transaction that is no statement, from a time until now.
func (t *Transaction) step(began time.Duration, err error, rolledBack bool) {
	if t.recorder == nil {
		return
	}
	t.isHeld()
	t.wakesAtEnd(t.recorder, began, t.database.Capture)
	t.recorder.count(began, err, func(a *account, took time.Duration) {
		a.totals.TransactionTime += took
		if rolledBack {
			a.reads.wrote(nil)
		}
	})
}

// adopt makes a transaction that was begun outside of any unit one of r's: with
// db.Begin(), as a rule, which has no context. It is called with the unit's lock.
func (t *Transaction) adopt(r *Recorder, d *Database) {
	if t.recorder != nil || t.excluded {
		return
	}
	r.unit.settle()
	t.recorder, t.database, t.opened = r, d, r.unit.now()
	t.list()
	for s := r.counts(); s != nil; s = s.around() {
		s.account.totals.Transactions++
		t.number = int(s.account.totals.Transactions) // that of the unit comes last
	}
}

// numberIn returns the number of the transaction in a unit, from 1: 0 for no
// transaction, -1 for one that the unit did not begin.
func (t *Transaction) numberIn(u *unit) int {
	switch {
	case t == nil:
		return 0
	case t.recorder == nil || t.recorder.unit != u:
		return -1
	default:
		return t.number
	}
}
