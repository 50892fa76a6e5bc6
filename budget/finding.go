package budget

import (
	"fmt"
	"time"

	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/internal/oneline"
)

// FindingKind names a known waste. It prints as it is written in the
// documentation.
type FindingKind string

// The kinds of findings.
const (
	// NPlusOne is one query for each row of another one.
	NPlusOne FindingKind = "n+1"
	// Duplicate is a read that was answered before.
	Duplicate FindingKind = "duplicate"
	// WriteLoop is one write for each item of a list.
	WriteLoop FindingKind = "write-loop"
	// NestedQuery is a query while the rows of another one are open. It holds a
	// second connection, and can wait for itself when the pool is full.
	NestedQuery FindingKind = "nested-query"
	// UnclosedRows are rows that are open when the unit ends. Their connection is
	// lost to the pool.
	UnclosedRows FindingKind = "unclosed-rows"
	// HeldConnection is what held a connection of the pool until its context ended, while
	// queries waited for one: the pool's deadlock, as a rule.
	HeldConnection FindingKind = "held-connection"
	// IdleTransaction is a transaction that holds a connection while the application does
	// something else, such as asking another service.
	IdleTransaction FindingKind = "idle-transaction"
	// IdleConnection is a connection that is held in the same way without a transaction: by
	// who has taken it out of the pool, or by rows that are open.
	IdleConnection FindingKind = "idle-connection"
	// Slow is a query that took long to execute.
	Slow FindingKind = "slow"
	// MissingIndex is a query that reads all of a table although a condition of it could
	// narrow what is read. Plans show it, see package explain.
	MissingIndex FindingKind = "missing-index"
	// LargeResult is a query that returned many rows.
	LargeResult FindingKind = "large-result"
	// ReadModifyWrite is a value that was read, changed and written back: what
	// others wrote in between is lost.
	ReadModifyWrite FindingKind = "read-modify-write"
	// SelectThenInsert is a row that was looked for, not found and inserted:
	// another one may be inserted in between.
	SelectThenInsert FindingKind = "select-then-insert"
	// FewRows is a result of which few rows are read, or one, although nothing in the
	// statement bounds it.
	FewRows FindingKind = "few-rows"
	// SelectStar is a read of all columns.
	SelectStar FindingKind = "select-star"
	// Unattributed are queries without a recorder that the unit's own goroutine sent:
	// somewhere the request's context is not passed on.
	Unattributed FindingKind = "unattributed"
	// StaleAllowance is an allowance that matched nothing, or that is not valid.
	StaleAllowance FindingKind = "stale-allowance"
)

// Confidence says how sure a finding is.
type Confidence string

const (
	// Hint is a pattern that is often harmless.
	Hint Confidence = "hint"
	// Candidate is waste by all that could be seen.
	Candidate Confidence = "candidate"
	// Proven is a pattern whose cause was seen: [Bounds.TrackValues].
	Proven Confidence = "proven"
	// Certain is what needs no interpretation: time, rows, rows that are open.
	Certain Confidence = "certain"
)

// Finding is a known waste that was found in a unit of work, with its evidence
// and what to do instead. It is not changed after it was made.
type Finding struct {
	Kind       FindingKind `json:"kind"`
	Confidence Confidence  `json:"confidence"`
	// Shape and Summary are those of the statement; Database and System those of
	// the handle, as in [Group].
	Shape    string `json:"shape,omitempty"`
	Summary  string `json:"summary,omitempty"`
	Database string `json:"database,omitempty"`
	System   string `json:"system,omitempty"`
	// Count is how often it happened: executions, for most kinds; repetitions of
	// the first one for Duplicate.
	Count int64 `json:"count"`
	// Distinct is the number of different argument lists, at least: once the
	// bounds of [Bounds] are reached it is no longer counted.
	Distinct int64 `json:"distinct,omitempty"`
	Rows     int64 `json:"rows,omitempty"`
	// Time is that of all executions, Worst of the slowest, with fetching. Share is
	// Time in proportion to the unit's time in the database, from 0 to 1.
	Time  time.Duration `json:"time_ns,omitempty"`
	Worst time.Duration `json:"worst_ns,omitempty"`
	Share float64       `json:"share,omitempty"`
	// First and Last are positions in the unit.
	First int64 `json:"first,omitempty"`
	Last  int64 `json:"last,omitempty"`
	// Parallel is set if executions overlapped, InTransaction if at least one was
	// in a transaction.
	Parallel      bool `json:"parallel,omitempty"`
	InTransaction bool `json:"in_transaction,omitempty"`
	// CallsOut is set if another service is called between the executions, each time: next to
	// such a call a query costs little. See [Recorder.Called].
	CallsOut bool `json:"calls_out,omitempty"`
	// Walk is set for an n+1 of which each execution asks for what another one has answered, or
	// that a function sends which calls itself: of a tree, or of a graph.
	Walk bool `json:"walk,omitempty"`
	// Parent is the query whose rows the executions seem to go through. Nil if
	// none was found; the finding then stands on its count and arguments.
	Parent *Related `json:"parent,omitempty"`
	// Before is the query that got the answer first, of a Duplicate that another line
	// asks for again. Nil where the line itself repeats it, and for other kinds.
	Before *Related `json:"before,omitempty"`
	// Proof says what was seen: how an n+1 is proven, "all 50 arguments are values of
	// authors.id of query 1"; how long a connection was held, and who waited.
	Proof string `json:"proof,omitempty"`
	// Also are the other statements of the same loop, for a loop that sends
	// several for each item; or the statement that followed, for the kinds that
	// need two.
	Also []Related `json:"also,omitempty"`
	// Reads is what a WriteLoop reads in each of its rounds: the n+1 that the loop would be
	// without its writes, with a parent, a proof and a repair of its own. Its statements are
	// in Also. Nil for a loop that only writes, and for other kinds. [Budget.NPlusOne] counts
	// it. An allowance covers one kind: where one of both is allowed, they are two findings.
	Reads *Finding `json:"reads,omitempty"`
	// Repair says what to do instead; of Reads it says nothing, see [Finding.Advice].
	Repair string `json:"repair,omitempty"`
	// Allowed is the allowance that covers the finding. Nil for most.
	Allowed *Allowance `json:"allowed,omitempty"`
	// Note says why an allowance does not cover the finding.
	Note string `json:"note,omitempty"`

	stack *callsite.Stack
	loop  *loopKey // of an n+1 of a live unit that can be one query
}

// loopKey is the column that a loop asks for, empty if it is the only one that it could be.
type loopKey struct{ column string }

// NPlusOne returns the n+1 that a finding is, or that it has beside its writes: the finding
// itself, its Reads, or nil.
func (f *Finding) NPlusOne() *Finding {
	if f.Kind == NPlusOne {
		return f
	}
	return f.Reads
}

// Advice says what to do instead, in one line: of the writes and of the reads, where a loop
// has both.
func (f *Finding) Advice() string {
	if f.Reads == nil {
		return f.Repair
	}
	return fmt.Sprintf("%s; in place of %dx %s: %s", f.Repair, f.Reads.Count, f.Reads.Summary, f.Reads.Repair)
}

// Batched returns the one query that an n+1 could be: for a list of keys, IN (?) or
// = ANY($1), in the place of the one that the loop asks for. The placeholders are in the
// order of those of the n+1's Shape, see [Finding.NPlusOne]. It is empty where no form of it
// is right for sure, and for a report that was read from a file.
func (f *Finding) Batched() string {
	f = f.NPlusOne()
	if f == nil || f.loop == nil {
		return ""
	}
	s, ok := parseSelect(f.Shape)
	if !ok {
		return ""
	}
	sql, _ := s.batch(f.loop.column, f.System)
	return sql
}

// Related is a query that a finding refers to.
type Related struct {
	Shape    string `json:"shape"`
	Summary  string `json:"summary"`
	Position int64  `json:"position"`
	Count    int64  `json:"count"`
	Rows     int64  `json:"rows"`
	// Why says what makes it related.
	Why string `json:"why"`

	stack *callsite.Stack
}

// CallSite is where the query came from.
func (f *Finding) CallSite() callsite.CallSite { return f.stack.CallSite() }

// CallSite is where the query came from.
func (r *Related) CallSite() callsite.CallSite { return r.stack.CallSite() }

// String returns the finding in one line, without the repair. What does not
// print in its names is escaped, as in Go's strings.
func (f *Finding) String() string {
	s := fmt.Sprintf("%s (%s): %dx %s", f.Kind, f.Confidence, f.Count, f.Summary)
	if site := f.CallSite(); !site.IsZero() {
		s += " at " + site.String()
	}
	if f.Reads != nil {
		s += fmt.Sprintf(", with %dx %s", f.Reads.Count, f.Reads.Summary)
		if site := f.Reads.CallSite(); !site.IsZero() {
			s += " at " + site.String()
		}
	}
	if f.Parent != nil {
		s += fmt.Sprintf(", for the %d rows of %s", f.Parent.Rows, f.Parent.Summary)
	}
	if f.Proof != "" {
		s += ": " + f.Proof
	}
	if f.Note != "" {
		s += ": " + f.Note
	}
	return oneline.Text(s)
}
