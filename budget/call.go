package budget

import (
	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/statement"
)

// Call is a query about to be handed to the driver.
type Call struct {
	// Database is the handle it goes to. Nil is a handle without a name, which
	// keeps no call sites.
	Database *Database
	// Statement is its text as the account sees it. Nil is one that nobody read.
	Statement *statement.Statement
	// Arguments identifies the argument values, and the row they ask for.
	Arguments statement.Arguments
	// Connection is the connection that it is sent on, nil where that is not known. It says
	// which transaction is open.
	Connection *Connection
	// Transaction is the open transaction, nil outside of one, for a wrapper without a
	// Connection. Inside of one database/sql tries nothing again.
	Transaction *Transaction
	// OnlyEnd is set by a wrapper that sees when the query is sent and when its rows are
	// closed, and not when the driver returns them. That it has is then known once the
	// goroutine does something else in the unit.
	OnlyEnd bool
	// CannotRefuse is asked before the query is refused, by a wrapper that cannot bring the
	// error to the application from everywhere. Where it is true, the query is admitted,
	// and counts as one over the budget. Nil: it can. It must not use the recorder.
	CannotRefuse func() bool
	// Place is that in a batch, whose statements are sent in one round trip: from 1, 0 for
	// a query that is sent by itself. Those of a batch are no loop.
	Place int
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
	// OneEach is set where each list among the arguments has one value, whose hash is that of
	// the argument then: a statement for several keys that asks for one.
	OneEach bool
	// Parts are the numbers in arguments that are texts, by argument: of an id in a key that is
	// made of it.
	Parts [][]statement.Part
	// SQL and Values are the full text and the arguments, where the handle
	// opted in. They are kept in memory and are part of no encoding.
	SQL    string
	Values []any
}

// Execution is a [Call] under way. The zero Execution records nothing. It is
// not safe for concurrent use; it may be copied. What has ended has ended: a second
// end, also of a copy, does nothing.
//
// A wrapper makes these steps, each when it happens:
//
//	Start, End         a statement without rows, or one that failed
//	Start, Open, Close one with rows; LeftUnread and Fetched come before Close
//	Start, Close       one with rows, where only their end is seen
//	Start, Skip        one that the driver declined
//
// In a batch, Turn comes before the end.
type Execution struct {
	recorder *Recorder
	record   *record // of this attempt
	serial   uint32  // of the record
}

// unknownStatement stands in where an instrumentation hands over none.
var unknownStatement = &statement.Statement{Shape: "(unknown statement)", Summary: "unknown"}

// Start admits a query and takes its stack and the time. In mode [Enforce] it
// returns an [ExceededError] if the query is over a budget; it is then counted
// as blocked and must not be executed.
//
// Every Execution that Start returns without an error needs one of Skip, End
// and Close. Until then the query counts as running.
func (r *Recorder) Start(c Call) (Execution, error) {
	if r == nil {
		return Execution{}, nil
	}
	if c.Statement == nil {
		c.Statement = unknownStatement
	}
	if c.Database == nil {
		c.Database = r.unit.unnamed()
	}
	if !c.Database.attributed.Load() {
		c.Database.attributed.Store(true)
	}
	if c.Stack == nil {
		c.Stack = c.Database.stacks.Capture()
	}
	origin := c.Database.origin(c.Statement, c.Stack)
	context := r
	r = r.counting()
	u := r.unit
	now := u.now()
	u.mu.Lock()
	defer u.mu.Unlock()
	u.cameBack(now)
	h := c.holding(r)
	h.wakesWith(r, now, origin)
	rec := u.newRecord()
	rec.describe(&c, h, origin, context)
	rec.enter(now)
	if u.open > 0 || c.OnlyEnd || u.bounds.TrackValues {
		rec.goroutine = callsite.Goroutine()
	}
	if !u.backlog.take(r, rec) {
		u.settle()
		if err := r.admit(rec, c.CannotRefuse); err != nil {
			u.done(rec)
			h.refused(r, now)
			return Execution{}, err
		}
		r.advance(rec)
	}
	h.starts(u, origin)
	x := Execution{r, rec, rec.serial}
	if c.OnlyEnd {
		u.unseen = append(u.unseen, x)
	}
	return x, nil
}

// Skip ends an execution that the driver declined with driver.ErrSkip: it is as
// if it had not been started.
func (x *Execution) Skip() {
	u, rec, now := x.begin()
	if rec == nil {
		return
	}
	defer u.mu.Unlock()
	u.saw(rec)
	u.settle()
	if rec.step == inDriver {
		rec.holding.rests(x.recorder, now)
		x.recorder.skipped(rec, now)
	}
	*x = Execution{}
}

// End ends an execution that returned no rows, with the number of rows it
// changed, -1 if that is not known, or failed. A failed attempt with driver.ErrBadConn outside of a
// transaction is a query whose retry is not a second one.
func (x *Execution) End(affected int64, err error) {
	u, rec, now := x.begin()
	if rec == nil {
		return
	}
	defer u.mu.Unlock()
	u.saw(rec)
	x.recorder.closing(rec)
	isUnderWay := rec.isUnderWay()
	rec.end(now, affected, err)
	if isUnderWay {
		rec.holding.rests(x.recorder, now)
	}
	x.recorder.stepped(rec)
	*x = Execution{}
}

// Open ends the driver call of an execution that returned rows. It needs a
// Close once the rows are closed; until then the rows count as open.
func (x *Execution) Open() {
	u, rec, now := x.begin()
	if rec == nil {
		return
	}
	defer u.mu.Unlock()
	rec.open(now)
	if rec.step == openRows {
		u.open++
	}
	x.recorder.stepped(rec)
}

// Turn tells that the driver has come to a statement of a batch, which it executes one
// after another: it took no time before.
func (x *Execution) Turn() {
	u, rec, now := x.begin()
	if rec == nil {
		return
	}
	defer u.mu.Unlock()
	u.settle()
	if rec.step == inDriver {
		rec.start = max(rec.start, now)
	}
}

// Close ends the rows of an execution: how many were fetched, in all result
// sets, and the error that ended them, nil at the end of the data. Without an Open
// before, all the time counts as execution.
func (x *Execution) Close(rows int64, err error) {
	u, rec, now := x.begin()
	if rec == nil {
		return
	}
	defer u.mu.Unlock()
	u.saw(rec)
	if rec.step == openRows && isContextError(err) {
		u.settle() // before rec is closed: then it may be somebody else's
		x.recorder.noteHeld(rec.origin)
	}
	x.recorder.closing(rec)
	isUnderWay := rec.isUnderWay()
	rec.close(now, rows, err)
	if isUnderWay {
		rec.holding.rests(x.recorder, now)
	}
	x.recorder.stepped(rec)
	*x = Execution{}
}

// LeftUnread takes note that the rows are closed before anybody saw their end, for
// [Rules.Hints]. It is called before Close.
func (x *Execution) LeftUnread() {
	if x.recorder == nil || !x.recorder.unit.bounds.Rules.Hints {
		return
	}
	u, rec, _ := x.begin()
	if rec == nil {
		return
	}
	defer u.mu.Unlock()
	u.settle()
	rec.detail().unread = true
}

// Fetched hands over the values of rows, for a recorder that tracks them. It is
// called before Close; of an INSERT without rows before End, with the id that the database
// made as a column without a name.
func (x *Execution) Fetched(v *Values) {
	if x.recorder == nil || !x.recorder.unit.bounds.TrackValues {
		return
	}
	u, rec, _ := x.begin()
	if rec == nil {
		return
	}
	defer u.mu.Unlock()
	if v.isNewID() && rec.step == inDriver && rec.retry() == nil {
		rec.detail().columns = v.columns // whether it is kept is known when it ends
		return
	}
	u.settle()
	for s := x.recorder.counts(); s != nil; s = s.around() {
		s.account.keepValues(rec, v)
	}
}
