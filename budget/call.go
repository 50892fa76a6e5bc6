package budget

import (
	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/statement"
)

// Call is a query about to be handed to the driver.
type Call struct {
	// Database is the handle it goes to. It must not be nil.
	Database *Database
	// Statement is its text as the account sees it.
	Statement *statement.Statement
	// Arguments identifies the argument values, and the row they ask for.
	Arguments statement.Arguments
	// Transaction is the open transaction, nil outside of one. Inside of one
	// database/sql tries nothing again.
	Transaction *Transaction
	// Stack is where the query comes from, for a wrapper that knows it better.
	// Nil: the stack of the caller of Start.
	Stack *callsite.Stack
	// Detail is what few calls have. It is nil for most.
	Detail *CallDetail
}

// CallDetail is the part of a [Call] that somebody opted in to.
type CallDetail struct {
	// Hashes are those of the arguments one by one, where the recorder tracks
	// values; see [Recorder.TracksValues].
	Hashes []uint64
	// SQL and Values are the full text and the arguments, where the handle
	// opted in. They are kept in memory and are part of no encoding.
	SQL    string
	Values []any
}

// Execution is a [Call] under way. The zero Execution records nothing. It is
// not safe for concurrent use; it may be copied as long as only one copy is
// used.
type Execution struct {
	recorder *Recorder
	record   *record // of this attempt
}

// Start admits a query and takes its stack and the time. In mode [Enforce] it
// returns an [ExceededError] if the query is over a budget; it is then counted
// as blocked and must not be executed.
//
// Every Execution that Start returns without an error needs one of Skip, End
// and Open.
func (r *Recorder) Start(c Call) (Execution, error) {
	if r == nil {
		return Execution{}, nil
	}
	if c.Statement == nil {
		c.Statement = unknownStatement
	}
	if !c.Database.attributed.Load() {
		c.Database.attributed.Store(true)
	}
	if c.Stack == nil {
		c.Stack = c.Database.stacks.Capture()
	}
	origin := c.Database.origin(c.Statement, c.Stack)
	lens := r // the recorder in the context, with its allowances
	r = r.counting()
	u := r.unit
	now := u.now()
	u.mu.Lock()
	rec := u.newRecord()
	rec.origin, rec.start, rec.transaction = origin, now, c.Transaction
	rec.arguments, rec.row = c.Arguments.List, c.Arguments.Row
	rec.describe(c, lens)
	if u.backlog.take(r, rec) {
		u.mu.Unlock()
		return Execution{r, rec}, nil
	}
	defer u.mu.Unlock()
	u.settle()
	if err := r.entered(rec); err != nil {
		return Execution{}, err
	}
	return Execution{r, rec}, nil
}

// Skip ends an execution that the driver declined with driver.ErrSkip: it is as
// if it had not been started.
func (x *Execution) Skip() {
	r, rec := x.end()
	if r == nil {
		return
	}
	now := r.unit.now()
	r.unit.lock()
	defer r.unit.mu.Unlock()
	r.skipped(rec, now)
}

// End ends an execution that returned no rows, with the number of rows it
// changed, or failed. A failed attempt with driver.ErrBadConn outside of a
// transaction is a query whose retry is not a second one.
func (x *Execution) End(affected int64, err error) {
	r, rec := x.end()
	if r == nil {
		return
	}
	u := r.unit
	now := u.now()
	u.mu.Lock()
	if u.backlog.last == rec && err == nil {
		u.backlog.ended(now, affected)
		u.mu.Unlock()
		return
	}
	defer u.mu.Unlock()
	u.settle()
	r.ended(rec, now, affected, err)
}

// Open ends the driver call of an execution that returned rows. It needs a
// Close once the rows are closed; until then the rows count as open.
func (x *Execution) Open() {
	r, rec := x.recorder, x.record
	if r == nil {
		return
	}
	u := r.unit
	now := u.now()
	u.mu.Lock()
	if u.backlog.last == rec {
		u.backlog.opened(now)
		u.mu.Unlock()
		return
	}
	defer u.mu.Unlock()
	u.settle()
	r.opened(rec, now)
}

// Close ends the rows of an execution: how many were fetched, in all result
// sets, and the error that ended them, nil at the end of the data.
func (x *Execution) Close(rows int64, err error) {
	r, rec := x.end()
	if r == nil {
		return
	}
	u := r.unit
	now := u.now()
	u.mu.Lock()
	if u.backlog.last == rec && err == nil {
		u.backlog.closed(now, rows)
		u.mu.Unlock()
		return
	}
	defer u.mu.Unlock()
	u.settle()
	r.closed(rec, now, rows, err)
}

// Fetched hands over the values of rows, for a recorder that tracks them. It is
// called before Close.
func (x *Execution) Fetched(v *Values) {
	r := x.recorder
	if r == nil || !r.unit.options.TrackValues {
		return
	}
	r.unit.lock()
	defer r.unit.mu.Unlock()
	for s := r; s != nil; s = s.parent {
		s.account.keepValues(x.record, v)
	}
}

// end makes x the zero Execution, and returns what it was.
func (x *Execution) end() (*Recorder, *record) {
	r, rec := x.recorder, x.record
	*x = Execution{}
	return r, rec
}

// unknownStatement stands in where an instrumentation hands over none.
var unknownStatement = &statement.Statement{Shape: "(unknown statement)", Summary: "unknown"}
