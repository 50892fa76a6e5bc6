package budget

import (
	"errors"
	"slices"
	"time"

	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/statement"
)

// Report is the finished account of a recorder, at the time it was asked for.
// It does not change and may be kept, shared and encoded as JSON. Times are
// encoded in nanoseconds.
type Report struct {
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
	// Queries are the first queries in detail, in the order in which their
	// driver call ended.
	Queries []Query `json:"queries,omitempty"`
	// Groups add the queries up by database, shape and call site, the most
	// executions first. Their sums are the totals.
	Groups []Group `json:"groups,omitempty"`
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
	// Position is its place in the unit, from 1.
	Position int64 `json:"position"`
	// Shape is the statement without literals, cut to the handle's limit.
	Shape   string         `json:"shape"`
	Summary string         `json:"summary"`
	Kind    statement.Kind `json:"kind"`
	Tables  []string       `json:"tables,omitempty"`
	// Fingerprint identifies the whole shape, the same in every process.
	Fingerprint statement.Fingerprint `json:"fingerprint"`
	// Database is the name of the handle, empty if it has none.
	Database string `json:"database,omitempty"`
	// Start is when the driver was called, since the start of the unit.
	Start time.Duration `json:"start_ns"`
	Exec  time.Duration `json:"exec_ns"`
	Fetch time.Duration `json:"fetch_ns"`
	// Rows is 0 while Open is set.
	Rows         int64 `json:"rows"`
	RowsAffected int64 `json:"rows_affected"`
	// Open is set while the rows have not been closed.
	Open bool `json:"open,omitempty"`
	// Transaction is the number of its transaction in the unit, from 1; 0 if it
	// ran outside of one, -1 in one that the unit did not begin.
	Transaction int `json:"transaction,omitempty"`
	// Retries is how often it was tried again.
	Retries int `json:"retries,omitempty"`
	// Duplicate is set for a read that repeated one that was answered.
	Duplicate bool `json:"duplicate,omitempty"`
	// Failed is the type of the error, empty without one: "*pgconn.PgError". The
	// text stays with the application, because drivers quote values in it.
	Failed string `json:"failed,omitempty"`
	// SQL and Values are the text and the arguments as they were sent, where the
	// handle opted in. They are never encoded.
	SQL    string `json:"-"`
	Values []any  `json:"-"`

	stack *callsite.Stack
}

// CallSite is where the query came from.
func (q *Query) CallSite() callsite.CallSite { return q.stack.CallSite() }

// Group adds up the queries of one shape from one call site to one database.
type Group struct {
	Shape       string                `json:"shape"`
	Summary     string                `json:"summary"`
	Kind        statement.Kind        `json:"kind"`
	Tables      []string              `json:"tables,omitempty"`
	Fingerprint statement.Fingerprint `json:"fingerprint"`
	Database    string                `json:"database,omitempty"`
	// System is the kind of the database, empty if it is not known.
	System string `json:"system,omitempty"`
	// Batched is set for a statement that asks for several keys at once, or
	// writes several rows.
	Batched bool `json:"batched,omitempty"`
	// Queries were executed, Blocked refused.
	Queries    int64 `json:"queries"`
	Blocked    int64 `json:"blocked,omitempty"`
	Duplicates int64 `json:"duplicates,omitempty"`
	Retries    int64 `json:"retries,omitempty"`
	Errors     int64 `json:"errors,omitempty"`

	Rows         int64 `json:"rows"`
	RowsAffected int64 `json:"rows_affected"`
	// Time is the execution and fetching of all, Slowest that of the slowest.
	Time    time.Duration `json:"time_ns"`
	Slowest time.Duration `json:"slowest_ns"`
	// First and Last are the positions of the first and the last of them.
	First int64 `json:"first"`
	Last  int64 `json:"last"`
	// Overflow is set for the one group that takes the queries for which there
	// was no room. It has no shape and no call site.
	Overflow bool `json:"overflow,omitempty"`

	stack *callsite.Stack
}

// CallSite is where the queries came from.
func (g *Group) CallSite() callsite.CallSite { return g.stack.CallSite() }

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

// Truncated counts what the bounds of [Options] left out.
type Truncated struct {
	// Queries are counted and grouped, but not listed in detail.
	Queries int `json:"queries,omitempty"`
	// Grouped are the queries in the overflow group.
	Grouped int64 `json:"grouped,omitempty"`
	// Reads were not compared with earlier ones: they may be duplicates.
	Reads int `json:"reads,omitempty"`
	// Scopes are not listed.
	Scopes int `json:"scopes,omitempty"`
	// Findings are not listed: those that happened least often.
	Findings int `json:"findings,omitempty"`
}
