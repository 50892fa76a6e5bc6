package budget

import (
	"context"
	"time"

	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/statement"
)

// database/sql tries more than queries again that fail with driver.ErrBadConn: all
// that a call of the application needs, which may be a connection, a BEGIN and a
// PREPARE first (sql.go, DB.retry). The rule is that of queries: one operation, whose
// outcome is that of its last attempt.

// operation tells a driver call that is no query from others.
type operation struct {
	kind        operationKind
	database    *Database
	fingerprint statement.Fingerprint // of what is prepared
	site        uint64
}

type operationKind uint8

const (
	connecting operationKind = iota
	preparing
	beginning
)

// Connected is like [Recorder.Connected] of r, for a wrapper below database/sql,
// which may try again.
func (d *Database) Connected(r *Recorder, began time.Duration, err error) {
	r.Connected(began, err)
	r.tried(operation{kind: connecting, database: d}, err)
}

// Prepared is like [Recorder.Prepared] of r, for a wrapper below database/sql, which
// may try again outside of a transaction.
func (d *Database) Prepared(r *Recorder, st *statement.Statement, began time.Duration, err error) {
	r.Prepared(began, err)
	r.tried(operation{kind: preparing, database: d, fingerprint: st.Fingerprint}, err)
}

// Began is like [Recorder.Began] of r, for a wrapper below database/sql, which may try
// again. A transaction that was begun in a context of [Without] stays outside of any
// unit of work.
func (d *Database) Began(ctx context.Context, r *Recorder, began time.Duration, err error) Transaction {
	t := r.Began(began, err)
	t.excluded = r == nil && excluded(ctx)
	if r = r.counting(); r != nil && err == nil {
		t.database, t.began = d, d.stacks.Capture()
		t.opened = r.unit.now()
		t.resting, t.since = r, t.opened
	}
	r.tried(operation{kind: beginning, database: d}, err)
	return t
}

// tried takes the outcome of an attempt that was just counted. If it was a further one,
// the attempt before is taken back.
func (r *Recorder) tried(o operation, err error) {
	r = r.counting()
	if r == nil || !isRetried(err) && r.unit.awaited.Load() == 0 {
		return
	}
	o.site = callsite.Take().Key()
	u := r.unit
	u.lock()
	defer u.mu.Unlock()
	before, isRetry := u.attempts[o]
	if isRetry {
		delete(u.attempts, o)
		before++
		for s := r.counts(); s != nil; s = s.around() {
			s.account.takeBack(o.kind)
		}
	}
	if isRetried(err) && before < maxRetries {
		u.await(o, before)
	}
	u.awaited.Store(int32(len(u.attempts)))
}

// await expects a further attempt, after some retries.
func (u *unit) await(o operation, retries int) {
	if u.attempts == nil {
		u.attempts = make(map[operation]int)
	}
	if len(u.attempts) < maxAwaited {
		u.attempts[o] = retries
	}
}

// takeBack makes one operation of two attempts. A BEGIN that failed was none yet.
func (a *account) takeBack(kind operationKind) {
	a.totals.Retries++
	a.totals.Errors--
	switch kind {
	case connecting:
		a.totals.Connects--
	case preparing:
		a.totals.Prepares--
	case beginning:
	}
}
