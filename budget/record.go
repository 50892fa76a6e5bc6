package budget

import (
	"time"

	"github.com/querybudget/querybudget/statement"
)

// record is one query in detail: how far it has come, and how far that is counted. It
// is shared by a recorder and those around it. There is one for each query, so it is
// kept small: what few queries have is in details.
type record struct {
	origin         *origin
	arguments, row uint64   // see Call
	holding        *holding // what it runs in, nil where that is not known
	details        *details
	start          time.Duration // since the unit started
	exec, fetch    time.Duration
	rows           int64   // fetched, or changed
	position       int64   // in the order in which queries started, from 1
	next           *record // in the backlog, in the driver when somebody looked, or to be used again
	goroutine      uint64  // that sent it, where rows were open; 0 elsewhere
	serial         uint32  // another one each time it is used
	step, counted  step
	kept           bool // in the report
	duplicate      bool
}

// step is how far a query has come.
type step uint8

const (
	declared step = iota
	inDriver
	openRows    // they are being fetched
	fetchedRows // they are closed
	changedRows // there were none to fetch, or it failed
)

// details is what few queries have: an error, an allowance, arguments where
// somebody opted in.
type details struct {
	CallDetail
	allowances []*allowance
	columns    []column  // of its result, where values are tracked
	lists      []column  // that were texts of it
	inserts    *[]uint64 // see statement.Arguments
	err        error
	unknown    bool // its arguments could not be told
	unread     bool // its rows were closed before their end
	found      bool // it only asked whether there are rows, and there are
	place      int  // in a batch, from 1
	// For a further attempt.
	retry *retry
	// For the first one.
	retries int
	waited  time.Duration // between the attempts
}

// detail returns the details of r for writing.
func (r *record) detail() *details {
	if r.details == nil {
		r.details = &details{}
	}
	return r.details
}

// describe takes over a call. Context is the recorder in its context, with its
// allowances.
func (r *record) describe(c *Call, h *holding, o *origin, context *Recorder) {
	r.origin, r.holding, r.arguments, r.row = o, h, c.Arguments.List, c.Arguments.Row
	if context.allowances != nil {
		r.detail().allowances = context.allowances
	}
	if c.Detail != nil {
		r.detail().CallDetail = *c.Detail
	}
	if c.Arguments.Inserts != nil {
		r.detail().inserts = c.Arguments.Inserts
	}
	if c.Arguments.Unknown {
		r.detail().unknown = true
	}
	if c.Place > 0 {
		r.detail().place = c.Place
	}
}

// The steps of a query, each of which is written down as it is made. Those that come
// twice, or out of their order, are none.

func (r *record) enter(now time.Duration) { r.start, r.step = now, inDriver }

// open: the driver returned rows.
func (r *record) open(now time.Duration) {
	if r.step == inDriver {
		r.exec, r.step = now-r.start, openRows
	}
}

// close: the rows are closed. A wrapper that does not see where the driver call ends
// and fetching begins makes no step before.
func (r *record) close(now time.Duration, rows int64, err error) {
	switch r.step {
	case inDriver:
		r.exec = now - r.start
	case openRows:
		r.fetch = now - r.returnedAt()
	default:
		return
	}
	r.rows, r.step = rows, fetchedRows
	if err != nil {
		r.detail().err = err
	}
}

// end: the driver returned no rows.
func (r *record) end(now time.Duration, affected int64, err error) {
	if r.step == openRows {
		r.close(now, max(affected, 0), err)
		return
	}
	if r.step != inDriver {
		return
	}
	r.exec, r.rows, r.step = now-r.start, affected, changedRows
	if err != nil {
		r.detail().err = err
	}
}

// isUnderWay reports whether the query has started and not ended.
func (r *record) isUnderWay() bool { return r.step == inDriver || r.step == openRows }

// transaction is the one that it runs in, nil outside of one.
func (r *record) transaction() *Transaction {
	if r.holding == nil {
		return nil
	}
	return r.holding.transaction
}

// isQuery reports whether r is a query and no transaction control.
func (r *record) isQuery() bool { return r.origin.statement.Kind.IsQuery() }

// retry returns what r is a further attempt at, nil if it is the first.
func (r *record) retry() *retry {
	if r.details == nil {
		return nil
	}
	return r.details.retry
}

// reported returns the record that is in the report: that of the first attempt. It
// is nil without room.
func (r *record) reported() *record {
	if w := r.retry(); w != nil {
		return w.record
	}
	if r.kept {
		return r
	}
	return nil
}

// list identifies the list of arguments, those in the text included.
func (r *record) list() uint64 { return r.arguments ^ r.origin.statement.Literals }

// key tells apart what the executions of a loop ask for: their arguments. Where a
// statement takes one part of the rows after another, or several keys at once, it is the
// row that its other keys ask for; parts of one row are one.
func (r *record) key() (key uint64, isList bool) {
	if st := r.origin.statement; st.Paged || st.Batched && !r.oneEach() {
		return r.row, false
	}
	return r.list(), true
}

// oneEach reports whether lists of keys have one key each.
func (r *record) oneEach() bool { return r.details != nil && r.details.OneEach }

func (r *record) found() bool { return r.details != nil && r.details.found }

// returnedAt is when the driver returned, closedAt when the rows were closed.
func (r *record) returnedAt() time.Duration { return r.start + r.exec }

func (r *record) closedAt() time.Duration { return r.returnedAt() + r.fetch }

func (r *record) failure() error {
	if r.details == nil {
		return nil
	}
	return r.details.err
}

// place is that in a batch, from 1; 0 for what is in none.
func (r *record) place() int {
	if r.details == nil {
		return 0
	}
	return r.details.place
}

func (r *record) unknown() bool { return r.details != nil && r.details.unknown }

func (r *record) hashes() []uint64 {
	if r.details == nil {
		return nil
	}
	return r.details.Hashes
}

// columns are the tracked values of the result.
func (r *record) columns() []column {
	if r.details == nil {
		return nil
	}
	return r.details.columns
}

// lists are the lists that texts of the result have, and parts the numbers that arguments have in them.
func (r *record) lists() []column {
	if r.details == nil {
		return nil
	}
	return r.details.lists
}

func (r *record) parts() [][]statement.Part {
	if r.details == nil {
		return nil
	}
	return r.details.Parts
}

// retried takes over the outcome of a further attempt.
func (r *record) retried(attempt *record) {
	r.rows, r.step = attempt.rows, attempt.step
	r.fetch = attempt.fetch
	if err := attempt.failure(); err != nil || r.details != nil {
		r.detail().err = err
	}
}

// newRecord returns a record with nothing in it. Those that nobody keeps are used
// again.
func (u *unit) newRecord() *record {
	rec := u.free
	if rec == nil {
		rec = u.records.take()
	} else {
		u.free, rec.next = rec.next, nil
		u.nFree--
	}
	u.serials++
	rec.serial = u.serials
	return rec
}

// done takes a record back when its execution has ended, unless it is kept.
func (u *unit) done(rec *record) {
	if rec.kept {
		return
	}
	*rec = record{}
	if u.nFree < maxBacklog {
		rec.next, u.free = u.free, rec
		u.nFree++
	}
}
