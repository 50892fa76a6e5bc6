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

const (
	fewRecords  = 4
	manyRecords = 32
)

// newRecord returns an empty record. Records are made several at a time, the more
// the more a unit has.
func (a *account) newRecord() *record {
	if len(a.spare) == cap(a.spare) {
		a.spare = make([]record, 0, min(max(fewRecords, 2*cap(a.spare)), manyRecords))
	}
	a.spare = a.spare[:len(a.spare)+1]
	return &a.spare[len(a.spare)-1]
}
