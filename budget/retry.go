package budget

import (
	"database/sql/driver"
	"errors"
	"time"
)

// maxRetries is how often database/sql tries a query again that failed with
// driver.ErrBadConn: maxBadConnRetries on pooled connections, of which the
// first is no retry, then once on a new one (sql.go, DB.retry).
const maxRetries = 2

// maxAwaited bounds the failed queries whose retry may still come.
const maxAwaited = 100

// retryKey recognises a retry. The call site is compared by its application
// frames: database/sql retries from other lines of its own.
type retryKey struct {
	siteCall
	arguments, literals uint64
}

// retry is a query that failed with driver.ErrBadConn and that database/sql is
// about to try again. If it does not, the query stays counted as failed.
type retry struct {
	key    retryKey
	record *record
	tried  int
}

// awaitRetry expects a retry of x, which failed.
func (a *account) awaitRetry(x *Execution) {
	w := x.retry
	if w == nil {
		w = &retry{key: x.retryKey(), record: x.kept}
	}
	if w.tried < maxRetries {
		a.putRetry(w)
	}
}

func (a *account) putRetry(w *retry) {
	if a.retries == nil {
		a.retries = make(map[retryKey]*retry)
	}
	if len(a.retries) < maxAwaited {
		a.retries[w.key] = w
	}
}

// takeRetry returns what x is a retry of, or nil.
func (a *account) takeRetry(x *Execution) *retry {
	if len(a.retries) == 0 || x.record.call.transaction != nil {
		return nil
	}
	key := x.retryKey()
	w := a.retries[key]
	delete(a.retries, key)
	return w
}

func (x *Execution) retryKey() retryKey {
	return retryKey{x.siteCall(), x.record.call.arguments, x.record.call.statement.Literals}
}

// again counts a further attempt at a query that is counted already. The error
// of the attempt before is replaced by the outcome of this one.
func (a *account) again(x *Execution, g *group, took time.Duration, err error) {
	a.totals.Retries++
	a.totals.Errors--
	g.retries++
	g.errors--
	if a != &x.recorder.account {
		return
	}
	x.retry.tried++
	x.kept = x.retry.record
	if x.kept != nil {
		x.kept.exec += took
		x.kept.err = err
		x.kept.retries++
	}
}

// isRetried reports whether database/sql tries a query again that failed with
// err outside of a transaction.
func isRetried(err error) bool { return errors.Is(err, driver.ErrBadConn) }
