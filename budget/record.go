package budget

import "time"

// record is one query in detail. It is shared by a recorder and those around
// it. The methods are safe on a nil record, of a query that is not kept.
type record struct {
	call           call
	stack          *Stack
	err            error
	start          time.Duration // since the unit started
	exec, fetch    time.Duration
	rows, affected int64
	closed         time.Duration
	retries        int32
	isOpen         bool
	duplicate      bool
}

// call is what a [Call] leaves in the account.
type call struct {
	database       *Database
	statement      *Statement
	arguments, key uint64
	transaction    *Transaction
	details        *details // nil for most
}

// details is what is kept of a call where somebody opted in.
type details struct {
	hashes  []uint64
	sql     string
	values  []any
	columns []column // of its result, where values are tracked
}

func newDetails(c *Call) *details {
	if c.Hashes == nil && c.SQL == "" && c.Values == nil {
		return nil
	}
	return &details{hashes: c.Hashes, sql: c.SQL, values: c.Values}
}

// columns are the tracked values of the result.
func (r *record) columns() []column {
	if r.call.details == nil {
		return nil
	}
	return r.call.details.columns
}

func (c *call) hashes() []uint64 {
	if c.details == nil {
		return nil
	}
	return c.details.hashes
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

// newRecord returns a record with nothing in it. Records are made several at a
// time, the more the more a unit has; those that nobody keeps are used again.
func (a *account) newRecord() *record {
	if n := len(a.free); n > 0 {
		r := a.free[n-1]
		a.free = a.free[:n-1]
		return r
	}
	if len(a.spare) == cap(a.spare) {
		a.spare = make([]record, 0, min(max(fewRecords, 4*cap(a.spare)), manyRecords))
	}
	a.spare = a.spare[:len(a.spare)+1]
	return &a.spare[len(a.spare)-1]
}

// done takes a record back when its execution has ended, unless it is kept.
func (a *account) done(x *Execution) {
	if x.kept != x.record && len(a.free) < manyRecords {
		*x.record = record{}
		a.free = append(a.free, x.record)
	}
	x.record, x.recorder = nil, nil
}
