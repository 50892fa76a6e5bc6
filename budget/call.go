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
	// Hashes are those of the arguments one by one, where the recorder tracks
	// values; see [Recorder.TracksValues].
	Hashes []uint64
	// Stack is where the query comes from, for a wrapper that knows it better.
	// Nil: the stack of the caller of Start.
	Stack *Stack
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
	lens     *Recorder // the one in the context, with its allowances
	record   *record   // of this attempt
	kept     *record   // in the report: that of the first attempt, nil without room
	group    *group
	retry    *retry
	opened   time.Duration
	id       int64 // of the rows, while they are open
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
	stack := c.Stack
	if stack == nil {
		stack = c.Database.stacks.capture()
	}
	x := Execution{recorder: r.counting(), lens: r}
	r = x.recorder
	now := r.unit.now()
	r.unit.mu.Lock()
	defer r.unit.mu.Unlock()
	x.record = r.account.newRecord()
	x.record.call = call{c.Database, c.Statement, c.Arguments, c.Key, c.Transaction, newDetails(&c)}
	x.record.stack, x.record.start = stack, now
	if c.Statement.Kind.IsQuery() {
		if err := x.admit(); err != nil {
			r.account.done(&x)
			return Execution{}, err
		}
	}
	for s := r; s != nil; s = s.parent {
		s.account.reserve(&x)
		s.account.busy.enter(now)
		if !r.unit.options.Rules.Off {
			s.account.noteDatabase(c.Database)
		}
	}
	return x, nil
}

// admit asks every budget for room, unless the query is a retry, which has been
// counted.
func (x *Execution) admit() error {
	r := x.recorder
	if x.retry = r.account.takeRetry(x); x.retry != nil {
		return nil
	}
	for s := r; s != nil; s = s.parent {
		if s.budget.Mode != Enforce {
			continue
		}
		if err := s.refuse(x); err != nil {
			for b := r; b != nil; b = b.parent {
				b.account.block(x, err)
			}
			return err
		}
	}
	return nil
}

// Skip ends an execution that the driver declined with driver.ErrSkip: it is as
// if it had not been started.
func (x *Execution) Skip() {
	r := x.recorder
	if r == nil {
		return
	}
	now := r.unit.now()
	r.unit.mu.Lock()
	defer r.unit.mu.Unlock()
	for s := r; s != nil; s = s.parent {
		s.account.release(x)
		s.account.busy.leave(now)
	}
	if x.retry != nil {
		r.account.putRetry(x.retry)
	}
	r.account.done(x)
}

// End ends an execution that returned no rows, with the number of rows it
// changed, or failed. A failed attempt with driver.ErrBadConn outside of a
// transaction is a query whose retry is not a second one.
func (x *Execution) End(affected int64, err error) {
	r := x.recorder
	if r == nil {
		return
	}
	now := r.unit.now()
	r.unit.mu.Lock()
	defer r.unit.mu.Unlock()
	x.executed(now, err)
	if affected > 0 && x.isQuery() {
		x.kept.affect(affected)
		x.eachGroup(func(a *account, g *group) { a.totals.RowsAffected += affected; g.affected += affected })
	}
	for s := r; s != nil; s = s.parent {
		s.account.busy.leave(now)
	}
	if isRetried(err) && x.record.call.transaction == nil && x.isQuery() {
		r.account.awaitRetry(x)
	}
	r.account.done(x)
}

// Open ends the driver call of an execution that returned rows. It needs a
// Close once the rows are closed; until then the rows count as open.
func (x *Execution) Open() {
	r := x.recorder
	if r == nil {
		return
	}
	x.opened = r.unit.now()
	r.unit.mu.Lock()
	defer r.unit.mu.Unlock()
	x.executed(x.opened, nil)
	if !x.isQuery() {
		return
	}
	r.unit.rows++
	x.id = r.unit.rows
	x.eachGroup(func(a *account, g *group) {
		a.totals.OpenRows++
		g.open++
		a.opened(x)
	})
	x.kept.open(true)
}

// Close ends the rows of an execution: how many were fetched, in all result
// sets, and the error that ended them, nil at the end of the data.
func (x *Execution) Close(rows int64, err error) {
	r := x.recorder
	if r == nil {
		return
	}
	now := r.unit.now()
	took := now - x.opened
	r.unit.mu.Lock()
	defer r.unit.mu.Unlock()
	if x.isQuery() {
		x.kept.fetched(rows, took, now, err)
		x.eachGroup(func(a *account, g *group) {
			a.fetch(g, rows, took, now-x.record.start, err)
			a.closed(x)
		})
	}
	for s := r; s != nil; s = s.parent {
		s.account.busy.leave(now)
		s.note(x)
	}
	r.account.done(x)
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
		s.account.keepValues(x, v)
	}
}

// isQuery reports whether x is a query and no transaction control.
func (x *Execution) isQuery() bool { return x.record.call.statement.Kind.IsQuery() }

// executed counts the query once the driver has executed it.
func (x *Execution) executed(now time.Duration, err error) {
	took := now - x.record.start
	for s := x.recorder; s != nil; s = s.parent {
		s.account.release(x)
		s.account.noteNesting(x)
		s.account.execute(x, took, err)
		s.note(x)
	}
}

// eachGroup calls f for the recorder and those around it, with the group that
// the query counts in.
func (x *Execution) eachGroup(f func(*account, *group)) {
	f(&x.recorder.account, x.group)
	for s := x.recorder.parent; s != nil; s = s.parent {
		f(&s.account, s.account.groupOf(x, s.unit.options.Groups))
	}
}
