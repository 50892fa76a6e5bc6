package budget

import (
	"errors"
	"slices"
	"time"

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
	// ValuesTracked is set where [Bounds.TrackValues] kept the values of all results and
	// arguments: what they do not prove is not so.
	ValuesTracked bool `json:"values_tracked,omitempty"`
	// Planned is set where package explain looked at the plans of the statements.
	Planned bool `json:"planned,omitempty"`
	// Queries are the first queries in detail, in the order in which they started.
	Queries []Query `json:"queries,omitempty"`
	// Executing are the queries that are in the driver when the report is made, the first
	// 100: those of a unit that runs. They are not in Queries yet.
	Executing []Query `json:"executing,omitempty"`
	// Pools are those of the handles that the unit uses, where they have a limit: in
	// reports of stage Running only.
	Pools []PoolUse `json:"pools,omitempty"`
	// Open are the results that have not been closed, as far as they are told
	// apart: the first 500.
	Open []Query `json:"open,omitempty"`
	// Nested are the pairs of statements of which one was sent while rows of the
	// other one were open, the first 50.
	Nested []Nested `json:"nested,omitempty"`
	// Held is what held a connection until its context ended, while queries waited for
	// one. It is known where the handle knows its pool, see [Database.WatchPool].
	Held []Held `json:"held,omitempty"`
	// Idle are the times in which a connection was held and nothing ran on it, for longer than
	// [Rules.IdleTransaction]: the first 50.
	Idle []Idle `json:"idle,omitempty"`
	// Lost are statements that the unit's goroutine sent without a recorder in this time,
	// on a handle that the unit used too, or that [Bounds.Databases] names: somewhere
	// below the handler its context is not passed on. They are at most the latest 256 of a
	// handle; what goroutines sent that the unit started is not known to be its own.
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
	// Unattributed is the number of queries in Lost. They are not part of Totals.
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
// otherwise every [ExceededError], joined. In mode [Observe] no query returned one of
// them: nothing was refused, and [ExceededError.Refused] is false.
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
	// Scopes are not listed: more than 50 in one, 1,000 in all, or deeper than 100, which
	// are part of the last one and whose budgets do not hold.
	Scopes int `json:"scopes,omitempty"`
	// Findings are not listed: those that cost least.
	Findings int `json:"findings,omitempty"`
	// Unlimited are queries that Repeats and NPlusOne did not limit in mode Enforce: they
	// came from more than 5,000 call sites.
	Unlimited int64 `json:"unlimited,omitempty"`
	// Open results are not listed.
	Open int64 `json:"open,omitempty"`
}
