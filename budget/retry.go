package budget

import (
	"database/sql/driver"
	"errors"
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
	key      retryKey
	record   *record // nil if it was not kept
	position int64
	tried    int
}

// awaitRetry expects a retry of a query that failed.
func (a *account) awaitRetry(rec *record) {
	w := rec.retry()
	if w == nil {
		w = &retry{key: rec.retryKey(), record: rec.reported(), position: rec.position}
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

// takeRetry returns what a query is a retry of, or nil.
func (a *account) takeRetry(rec *record) *retry {
	if len(a.retries) == 0 || rec.transaction() != nil {
		return nil
	}
	key := rec.retryKey()
	w := a.retries[key]
	delete(a.retries, key)
	return w
}

func (r *record) retryKey() retryKey {
	return retryKey{r.origin.siteCall(), r.arguments, r.origin.statement.Literals}
}

// again counts a further attempt at a query that is counted already. The error
// of the attempt before is replaced by the outcome of this one.
func (a *account) again(g *group) {
	a.totals.Retries++
	a.totals.Errors--
	g.Retries++
	g.Errors--
}

// again takes note of a further attempt in the record of the first.
func (w *retry) again(rec *record, err error) {
	w.tried++
	if first := w.record; first != nil {
		d := first.detail()
		d.waited = rec.start - first.returnedAt()
		d.retries++
		d.err = err
		first.exec += rec.exec
	}
}

// isRetried reports whether database/sql tries a query again that failed with
// err outside of a transaction.
func isRetried(err error) bool { return errors.Is(err, driver.ErrBadConn) }
