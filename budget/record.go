package budget

import "time"

// record is one query in detail. It is shared by a recorder and those around it.
// There is one for each query, so it is kept small: what few queries have is in
// details.
type record struct {
	origin         *origin
	arguments, row uint64 // see Call
	transaction    *Transaction
	details        *details
	start          time.Duration // since the unit started
	exec, fetch    time.Duration
	rows           int64   // fetched, or changed
	next           *record // in the backlog, or to be used again
	position       int32   // in the order in which queries started
	state          state
	kept           bool // in the report
	duplicate      bool
}

// state is how far a query has come.
type state uint8

const (
	inDriver    state = iota
	openRows          // they are being fetched
	fetchedRows       // they are closed
	changedRows       // there were none to fetch, or it failed
)

// details is what few queries have: an error, an allowance, arguments where
// somebody opted in.
type details struct {
	CallDetail
	allowances []*allowance
	columns    []column // of its result, where values are tracked
	err        error
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

// describe takes over the parts of a call that few have.
func (r *record) describe(c Call, lens *Recorder) {
	if lens.allowances != nil {
		r.detail().allowances = lens.allowances
	}
	if c.Detail != nil {
		r.detail().CallDetail = *c.Detail
	}
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

func (r *record) opened() time.Duration { return r.start + r.exec }

func (r *record) closed() time.Duration {
	at := r.opened() + r.fetch
	if r.details != nil {
		at += r.details.waited
	}
	return at
}

// fail takes the outcome of the latest attempt.
func (r *record) fail(err error) {
	if err != nil || r.details != nil {
		r.detail().err = err
	}
}

func (r *record) failure() error {
	if r.details == nil {
		return nil
	}
	return r.details.err
}

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

// fetched takes what became of the rows.
func (r *record) fetched(rows int64, took time.Duration, err error) {
	r.rows, r.fetch, r.state = rows, took, fetchedRows
	if err != nil {
		r.fail(err)
	}
}

// newRecord returns a record with nothing in it. Those that nobody keeps are used
// again.
func (u *unit) newRecord() *record {
	rec := u.free
	if rec == nil {
		return u.records.take()
	}
	u.free, rec.next = rec.next, nil
	u.nFree--
	return rec
}

// done takes a record back when its execution has ended, unless it is kept.
func (u *unit) done(rec *record) {
	if !rec.kept && u.nFree < maxBacklog {
		*rec = record{next: u.free}
		u.free = rec
		u.nFree++
	}
}
