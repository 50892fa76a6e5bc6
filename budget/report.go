package budget

import (
	"errors"
	"slices"
	"time"

	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/statement"
)

// Report is the account of a unit of work at the time it was asked for. It does not
// change and may be kept, shared and encoded as JSON; what is decoded again has lost
// nothing but the texts and argument values of [Query]. Times are encoded in
// nanoseconds, fingerprints and ids as 16 hexadecimal digits.
//
// [Rules.Findings] needs nothing but a report.
type Report struct {
	// ID identifies the unit of work, or the scope in it that is reported. All
	// reports of one unit have it.
	ID ID `json:"id"`
	// Stage says when the report was made. Those of stages Final and Late add up to
	// all that the unit did; one of stage Running is part of the Final one.
	Stage Stage `json:"stage"`
	// Name is the name of the unit: "GET /authors/{id}", or a job's. It is of
	// low cardinality and holds no ids. Empty if nobody named the unit.
	Name string `json:"name,omitempty"`
	// Route is the HTTP route; its zero value means that it was no request, or
	// that the route is not known.
	Route Route `json:"route,omitzero"`
	// Started is when the unit started, Duration how long it had run.
	Started  time.Time     `json:"started"`
	Duration time.Duration `json:"duration_ns"`
	// Totals count everything, always.
	Totals Totals `json:"totals"`
	// Lean is set where no reporter needs more than totals, and no rule has
	// anything to find: the lists below, Verdict apart, were not made.
	Lean bool `json:"lean,omitempty"`
	// Groups add the queries up by database, shape and call site, the most
	// executions first. Their sums are the totals.
	Groups []Group `json:"groups,omitempty"`
	// Queries are the first queries in detail, in the order in which they started.
	Queries []Query `json:"queries,omitempty"`
	// Open are the results that have not been closed, as far as they are told
	// apart: the first 500.
	Open []Query `json:"open,omitempty"`
	// Nested are the pairs of statements of which one was sent while rows of the
	// other one were open, the first 50.
	Nested []Nested `json:"nested,omitempty"`
	// Lost are statements that ran without a recorder in this time, on a handle of
	// the unit and below a function of its own.
	Lost []Lost `json:"lost,omitempty"`
	// Outgoing are the calls of other services that the application told of, by
	// name: see [Recorder.Called].
	Outgoing []Outgoing `json:"outgoing,omitempty"`
	// Allowances are those of the unit, the first 100. Groups refer to them.
	Allowances []AllowanceUse `json:"allowances,omitempty"`
	// Findings are the known wastes that were found, the certain ones and those
	// that cost most first. Those that are allowed come last.
	Findings []Finding `json:"findings,omitempty"`
	// Budget is the budget that the unit is held to, and Verdict says whether it
	// kept to it.
	Budget  Budget  `json:"budget,omitzero"`
	Verdict Verdict `json:"verdict"`
	// Scopes are the first scopes that were opened in the unit with With or Run.
	// What they ran is part of Totals.
	Scopes []Scope `json:"scopes,omitempty"`
	// Unattributed is what the databases that the unit used have run in contexts
	// without a recorder, since the program started. It is not part of Totals.
	Unattributed int64 `json:"unattributed,omitempty"`
	// Truncated says what the bounds left out of the details.
	Truncated Truncated `json:"truncated,omitzero"`
}

// ID identifies a unit of work. It prints as 16 hexadecimal digits.
type ID uint64

// String returns 16 hexadecimal digits.
func (id ID) String() string { return statement.Fingerprint(id).String() }

// MarshalText implements [encoding.TextMarshaler].
func (id ID) MarshalText() ([]byte, error) { return statement.Fingerprint(id).MarshalText() }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (id *ID) UnmarshalText(text []byte) error {
	return (*statement.Fingerprint)(id).UnmarshalText(text)
}

// Stage says when in the life of a unit of work a report was made.
type Stage string

const (
	// Running is a look at a unit that goes on.
	Running Stage = "running"
	// Final is the report of a unit that has ended.
	Final Stage = "final"
	// Late is what came after the final report, and nothing else.
	Late Stage = "late"
)

// Err returns nil if the unit and its scopes kept to their budgets, and
// otherwise every [ExceededError], joined.
func (r *Report) Err() error {
	var errs []error
	for _, e := range r.AllExceeded() {
		errs = append(errs, e)
	}
	return errors.Join(errs...)
}

// AllExceeded returns the limits that the unit exceeded, and after them those
// of its scopes.
func (r *Report) AllExceeded() []*ExceededError {
	return appendExceeded(slices.Clone(r.Verdict.Exceeded), r.Scopes)
}

func appendExceeded(to []*ExceededError, scopes []Scope) []*ExceededError {
	for _, s := range scopes {
		to = appendExceeded(append(to, s.Verdict.Exceeded...), s.Scopes)
	}
	return to
}

// Totals are the sums of a unit of work. Counting never stops.
type Totals struct {
	// Queries is the number of queries that the driver executed. Reads and
	// Writes are those known to be one or the other.
	Queries int64 `json:"queries"`
	Reads   int64 `json:"reads"`
	Writes  int64 `json:"writes"`
	// Duplicates is the number of reads that repeated one that was answered.
	Duplicates int64 `json:"duplicates"`
	// Rows were fetched, RowsAffected changed, as far as the driver says.
	Rows         int64 `json:"rows"`
	RowsAffected int64 `json:"rows_affected"`
	// Errors is the number of queries and other operations that failed. A
	// context that was cancelled is an error too.
	Errors int64 `json:"errors"`
	// Prepares, Transactions and Connects are no queries.
	Prepares     int64 `json:"prepares"`
	Transactions int64 `json:"transactions"`
	Connects     int64 `json:"connects"`
	// Waits is how often the unit waited for a connection of the pool, as far as a
	// wrapper sees the pool: database/sql's is not seen.
	Waits int64 `json:"waits,omitempty"`
	// Retries is how often database/sql tried a query again on another
	// connection. A retried query is one query.
	Retries int64 `json:"retries"`
	// Blocked is the number of queries that the budget refused. They never
	// reached the database and are not in Queries.
	Blocked int64 `json:"blocked"`
	// Running queries are in the driver now and not yet in Queries.
	Running int64 `json:"running,omitempty"`
	// OpenRows is the number of results that have not been closed. At the end of
	// a unit each of them holds a connection that is lost to the pool.
	OpenRows int64 `json:"open_rows,omitempty"`

	// ExecTime is spent in the driver's Query and Exec calls, FetchTime between
	// their return and the Close of their rows. That includes what the
	// application does between two rows.
	ExecTime  time.Duration `json:"exec_ns"`
	FetchTime time.Duration `json:"fetch_ns"`
	// WaitTime was spent waiting for a connection of the pool, as far as a wrapper
	// sees the pool. It is no part of Time.
	WaitTime time.Duration `json:"wait_ns,omitempty"`
	// ConnectTime, PrepareTime and TransactionTime (begin, commit, rollback) are
	// spent beside the queries.
	ConnectTime     time.Duration `json:"connect_ns"`
	PrepareTime     time.Duration `json:"prepare_ns"`
	TransactionTime time.Duration `json:"transaction_ns"`
	// Time is the sum of the above. Work in parallel counts each time.
	Time time.Duration `json:"time_ns"`
	// WallTime is the time during which at least one of them was under way.
	WallTime time.Duration `json:"wall_ns"`
}

// Query is one query in detail.
type Query struct {
	// Statement is what is known of its text.
	*statement.Statement
	// Group is the index of its group in [Report.Groups].
	Group int
	// Database is the name of the handle, empty if it has none. Handle numbers the
	// handles of a report, from 1.
	Database string
	Handle   int
	// Position is its place in the unit, from 1, in the order in which queries
	// started. Numbers may be missing: of queries that the driver declined.
	Position int64
	// Start is when the driver was called, since the start of the unit. Waited is
	// the time between attempts, where database/sql tried again.
	Start, Waited, Exec, Fetch time.Duration
	// Rows is 0 while Open is set.
	Rows, RowsAffected int64
	// Open is set while the rows have not been closed.
	Open bool
	// Arguments and Row number the argument lists of a report, with the literals in
	// the text, and the rows that the statement's Keys ask for: equal ones have equal
	// numbers, from 1. 0 is not known.
	Arguments, Row int
	// Transaction is the number of its transaction in the unit, from 1; 0 if it
	// ran outside of one, -1 in one that the unit did not begin.
	Transaction int
	// Retries is how often it was tried again.
	Retries int
	// Duplicate is set for a read that repeated one that was answered.
	Duplicate bool
	// Failed is the type of the error, empty without one: "*pgconn.PgError". The
	// text stays with the application, because drivers quote values in it.
	Failed string
	// SQL and Values are the text and the arguments as they were sent, where the
	// handle opted in. They are never encoded.
	SQL    string
	Values []any

	stack *callsite.Stack
}

// CallSite is where the query came from.
func (q *Query) CallSite() callsite.CallSite { return q.stack.CallSite() }

// end is when its rows were closed.
func (q *Query) end() time.Duration { return q.Start + q.Waited + q.Exec + q.Fetch }

// Group adds up the queries of one shape from one call site to one database.
type Group struct {
	// Statement is what is known of the text of the first of them; of the zero
	// Statement in the overflow group.
	*statement.Statement
	// Database is the name of the handle, empty if it has none. Handle numbers the
	// handles of a report, from 1: two may have no name.
	Database string `json:"database,omitempty"`
	Handle   int    `json:"handle,omitempty"`
	// System is the kind of the database, empty if it is not known.
	System string `json:"system,omitempty"`
	Sums
	// Allowances are the indices of those in [Report.Allowances] that it ran under.
	Allowances []int `json:"allowances,omitempty"`
	// Parents are columns of earlier results that have all of its arguments, the
	// latest first: with [Bounds.TrackValues] only.
	Parents []Parent `json:"parents,omitempty"`
	// Overflow is set for the one group that takes the queries for which there
	// was no room. It has no shape and no call site.
	Overflow bool `json:"overflow,omitempty"`

	stack *callsite.Stack
}

// CallSite is where the queries came from.
func (g *Group) CallSite() callsite.CallSite { return g.stack.CallSite() }

// asksForSeveral reports whether each execution asks for several keys, or writes
// several rows.
func (g *Group) asksForSeveral() bool { return g.Batched || g.ListsVary }

// Parent is a column of an earlier result that has all arguments of a group.
type Parent struct {
	// Position is that of the query in the unit, Column the column's name, with its
	// table's if there is one: "authors.id".
	Position int64  `json:"position"`
	Column   string `json:"column"`
	// Arguments is the number of different values of the argument.
	Arguments int64 `json:"arguments"`
}

// Nested counts how often a query was sent while rows of another one were open, on
// another connection. Whether it was sent from inside of the loop over those rows, or
// in parallel to it, their call sites have to tell.
type Nested struct {
	// Outer and Inner are indices in [Report.Groups].
	Outer int   `json:"outer"`
	Inner int   `json:"inner"`
	Count int64 `json:"count"`
}

// Lost is a statement that ran without a recorder.
type Lost struct {
	*statement.Statement
	Database string `json:"database,omitempty"`
	System   string `json:"system,omitempty"`
	Count    int64  `json:"count"`

	stack *callsite.Stack
}

// CallSite is where it came from.
func (l *Lost) CallSite() callsite.CallSite { return l.stack.CallSite() }

// AllowanceUse is an allowance of a unit, and the line that set it.
type AllowanceUse struct {
	Allowance

	stack *callsite.Stack
}

// CallSite is where it was set.
func (u *AllowanceUse) CallSite() callsite.CallSite { return u.stack.CallSite() }

// Outgoing adds up the calls of one other service. They are no queries.
type Outgoing struct {
	Name   string        `json:"name"`
	Calls  int64         `json:"calls"`
	Errors int64         `json:"errors,omitempty"`
	Time   time.Duration `json:"time_ns"`
}

// Scope is the account of a scope in a report.
type Scope struct {
	Name string `json:"name"`
	// Route is set for an HTTP request that was served in another unit of work,
	// such as a test's.
	Route   Route   `json:"route,omitzero"`
	Totals  Totals  `json:"totals"`
	Budget  Budget  `json:"budget,omitzero"`
	Verdict Verdict `json:"verdict"`
	// Scopes are the scopes inside this one.
	Scopes []Scope `json:"scopes,omitempty"`
}

// Truncated counts what the bounds of [Bounds] left out.
type Truncated struct {
	// Queries are counted and grouped, but not listed in detail.
	Queries int `json:"queries,omitempty"`
	// Grouped are the queries in the overflow group.
	Grouped int64 `json:"grouped,omitempty"`
	// Reads were not compared with earlier ones: they may be duplicates.
	Reads int `json:"reads,omitempty"`
	// Scopes are not listed.
	Scopes int `json:"scopes,omitempty"`
	// Findings are not listed: those that cost least.
	Findings int `json:"findings,omitempty"`
	// Open results are not listed.
	Open int64 `json:"open,omitempty"`
}
