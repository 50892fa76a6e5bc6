package budget

import "time"

// Call is a query about to be handed to the driver.
type Call struct {
	// Database is the handle it goes to. It must not be nil.
	Database *Database
	// Statement is its text as the account sees it.
	Statement *Statement
	// Arguments identifies the argument values; see [Statement.Literals] for
	// those in the text.
	Arguments uint64
	// Key identifies the last argument, which is the key in most statements that
	// read or write one row; 0 without arguments.
	Key uint64
	// Transaction is the open transaction, nil outside of one. Inside of one
	// database/sql tries nothing again.
	Transaction *Transaction
	// Stack is where the query comes from, for a wrapper that knows it better.
	// Nil: the stack of the caller of Start.
	Stack *Stack
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
		c.Stack = c.Database.stacks.capture()
	}
	origin := c.Stack.origin(c.Database, c.Statement)
	lens := r // the recorder in the context, with its allowances
	r = r.counting()
	now := r.unit.now()
	r.unit.mu.Lock()
	defer r.unit.mu.Unlock()
	a := r.counts()
	rec := a.newRecord()
	rec.origin, rec.start, rec.transaction = origin, now, c.Transaction
	rec.arguments, rec.key = c.Arguments, c.Key
	rec.describe(c, lens)
	if c.Statement.Kind.IsQuery() {
		if err := r.admit(rec); err != nil {
			a.done(rec)
			return Execution{}, err
		}
	}
	r.enter(rec)
	return Execution{r, rec}, nil
}

// admit asks every budget for room, unless the query is a retry, which has been
// counted.
func (r *Recorder) admit(rec *record) error {
	if w := r.counts().takeRetry(rec); w != nil {
		rec.detail().retry = w
		return nil
	}
	for s := r; s != nil; s = s.parent {
		if s.budget.Mode != Enforce {
			continue
		}
		if err := s.refuse(rec); err != nil {
			for b := r; b != nil; b = b.parent {
				b.counts().block(rec, err, &r.unit.options)
			}
			return err
		}
	}
	return nil
}

// enter counts an execution as under way.
func (r *Recorder) enter(rec *record) {
	o := &r.unit.options
	for s := r; s != nil; s = s.parent {
		a := s.counts()
		a.reserve(rec, o)
		rec.position = int32(a.totals.Queries + a.reserved.queries)
		a.busy.enter(rec.start)
		if !o.Rules.Off {
			a.noteDatabase(rec.origin.database)
		}
	}
}

// Skip ends an execution that the driver declined with driver.ErrSkip: it is as
// if it had not been started.
func (x *Execution) Skip() {
	r, rec := x.end()
	if r == nil {
		return
	}
	now := r.unit.now()
	r.unit.mu.Lock()
	defer r.unit.mu.Unlock()
	for s := r; s != nil; s = s.parent {
		s.account.release(rec, &r.unit.options)
		s.account.busy.leave(now)
	}
	if w := rec.retry(); w != nil {
		r.account.putRetry(w)
	}
	r.account.done(rec)
}

// End ends an execution that returned no rows, with the number of rows it
// changed, or failed. A failed attempt with driver.ErrBadConn outside of a
// transaction is a query whose retry is not a second one.
func (x *Execution) End(affected int64, err error) {
	r, rec := x.end()
	if r == nil {
		return
	}
	now := r.unit.now()
	r.unit.mu.Lock()
	defer r.unit.mu.Unlock()
	r.executed(rec, now, err)
	isQuery := rec.isQuery()
	if kept := rec.reported(); affected > 0 && kept != nil {
		kept.rows, kept.changed = affected, true
	}
	for s := r; s != nil; s = s.parent {
		if affected > 0 && isQuery {
			s.account.affect(s.account.countedIn(rec), affected)
		}
		s.account.busy.leave(now)
	}
	if isQuery && rec.transaction == nil && isRetried(err) {
		r.account.awaitRetry(rec)
	}
	r.account.done(rec)
}

// Open ends the driver call of an execution that returned rows. It needs a
// Close once the rows are closed; until then the rows count as open.
func (x *Execution) Open() {
	r, rec := x.recorder, x.record
	if r == nil {
		return
	}
	now := r.unit.now()
	r.unit.mu.Lock()
	defer r.unit.mu.Unlock()
	r.executed(rec, now, nil)
	if !rec.isQuery() {
		return
	}
	if kept := rec.reported(); kept != nil {
		kept.isOpen = true
	}
	for s := r; s != nil; s = s.parent {
		s.account.opened(s.account.countedIn(rec), rec)
	}
}

// Close ends the rows of an execution: how many were fetched, in all result
// sets, and the error that ended them, nil at the end of the data.
func (x *Execution) Close(rows int64, err error) {
	r, rec := x.end()
	if r == nil {
		return
	}
	now := r.unit.now()
	r.unit.mu.Lock()
	defer r.unit.mu.Unlock()
	took, isQuery := now-rec.opened(), rec.isQuery()
	if kept := rec.reported(); kept != nil && isQuery {
		kept.fetched(rows, took, err)
	}
	for s := r; s != nil; s = s.parent {
		if isQuery {
			g := s.account.countedIn(rec)
			s.account.fetch(g, rows, took, err)
			g.slowest = max(g.slowest, now-rec.start)
			s.account.closed(rec)
		}
		s.account.busy.leave(now)
		s.note(rec, now)
	}
	r.account.done(rec)
}

// Fetched hands over the values of rows, for a recorder that tracks them. It is
// called before Close.
func (x *Execution) Fetched(v *Values) {
	r := x.recorder
	if r == nil || !r.unit.options.TrackValues {
		return
	}
	r.unit.mu.Lock()
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

// executed counts a query once the driver has executed it.
func (r *Recorder) executed(rec *record, now time.Duration, err error) {
	rec.exec = now - rec.start
	o := &r.unit.options
	for s := r; s != nil; s = s.parent {
		s.account.release(rec, o)
		s.account.noteNesting(rec, o)
		s.account.execute(rec, err, s == r, o)
		s.note(rec, now)
	}
}
