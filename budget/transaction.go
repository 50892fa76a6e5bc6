package budget

import "time"

// Transaction is an open transaction, for driver wrappers. Its methods are safe
// on one that no unit of work counts.
type Transaction struct {
	recorder *Recorder
	number   int
}

// Began counts a transaction that was begun, or failed to. The result is never
// nil: a transaction that nobody counts is still one, and queries in it are not
// tried again.
func (r *Recorder) Began(took time.Duration, err error) *Transaction {
	t := &Transaction{recorder: r}
	r.count(took, func(a *account) {
		a.totals.TransactionTime += took
		if err != nil {
			a.totals.Errors++
			return
		}
		a.totals.Transactions++
		t.number = int(a.totals.Transactions) // that of the unit comes last
	})
	return t
}

// Counted reports whether a unit of work counts the transaction.
func (t *Transaction) Counted() bool { return t.recorder != nil }

// Committed adds the time of COMMIT, in the unit that began the transaction.
func (t *Transaction) Committed(took time.Duration, err error) { t.ended(took, err, false) }

// RolledBack adds the time of ROLLBACK. What was read before is read again by
// whoever tries again, and is then no duplicate.
func (t *Transaction) RolledBack(took time.Duration, err error) { t.ended(took, err, true) }

func (t *Transaction) ended(took time.Duration, err error, rolledBack bool) {
	t.recorder.count(took, func(a *account) {
		a.totals.TransactionTime += took
		if err != nil {
			a.totals.Errors++
		}
		if rolledBack {
			a.reads.wrote(nil)
		}
	})
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
