package budget

import "time"

// record is one query in detail. It is shared by a recorder and those around
// it. The methods are safe on a nil record, of a query that is not kept.
type record struct {
	call           Call
	stack          *Stack
	err            error
	start          time.Duration // since the unit started
	exec, fetch    time.Duration
	rows, affected int64
	retries        int
	closed         time.Duration
	isOpen         bool
	columns        []column // of tracked values
	duplicate      bool
}

func (r *record) affect(n int64) {
	if r != nil {
		r.affected += n
	}
}

func (r *record) open(open bool) {
	if r != nil {
		r.isOpen = open
	}
}

func (r *record) fetched(rows int64, took, now time.Duration, err error) {
	if r == nil {
		return
	}
	r.isOpen = false
	r.rows, r.fetch, r.closed = rows, took, now
	if err != nil {
		r.err = err
	}
}
