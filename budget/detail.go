package budget

import (
	"cmp"
	"sync/atomic"
	"time"

	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/statement"
)

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
	// Rows is 0 while Open is set. RowsAffected is -1 where the driver did not tell it.
	Rows, RowsAffected int64
	// Open is set while the rows have not been closed.
	Open bool
	// Arguments and Row number the argument lists of a report, with the literals in
	// the text, and the rows that the statement's Keys ask for: equal ones have equal
	// numbers, from 1. 0 is not known. With [Rules.Hints], Row of an INSERT is that of the
	// latest query before which asked for the row that it inserts.
	Arguments, Row int
	// Transaction is the number of its transaction in the unit, from 1; 0 if it
	// ran outside of one, -1 in one that the unit did not begin.
	Transaction int
	// Serializable is set in a transaction of that level of isolation.
	Serializable bool
	// Retries is how often it was tried again.
	Retries int
	// Duplicate is set for a read that repeated one that was answered. Changed is set if
	// the answer was another one all the same, and for what asks like a duplicate after a
	// write if it is another one then: with [Bounds.TrackValues] only.
	Duplicate, Changed bool
	// AfterLock is set for a Duplicate whose transaction has locked the row that one of its
	// keys names since it asked the same: with [Bounds.TrackValues] only.
	AfterLock bool
	// Failed is the type of the error, empty without one: "*pgconn.PgError". The
	// text stays with the application, because drivers quote values in it.
	Failed string
	// SQL and Values are the text and the arguments as they were sent, where the
	// handle opted in. They are never encoded.
	SQL    string
	Values []any

	stack     *callsite.Stack
	identity  uint64       // of its arguments
	row       uint64       // identity of the row that it asks for
	oneEach   bool         // its lists of keys have one key each
	found     bool         // it only asked whether there are rows, and there are
	changed   []changedRow // the reads of the row that an UPDATE changes, where values tell
	sets      valuesSet
	set       uint64 // of the arguments of a list of keys, in any order, where values tell
	own       bool   // it reads a row that its transaction has inserted or written, where values tell
	goroutine uint64 // that sent it, 0 where that is not known

	repeatable bool // in a transaction of that level of isolation
}

// ArgumentsIdentity tells argument lists apart in all reports of the process, as
// Arguments does in one: equal ones of one statement on one handle have equal
// identities. It says nothing about the values, differs from process to process, and is
// part of no encoding. It returns false if the arguments are not known.
func (q *Query) ArgumentsIdentity() (identity uint64, ok bool) {
	return q.identity, q.Arguments != 0
}

// RowIdentity does the same for the rows that a statement's Keys ask for.
func (q *Query) RowIdentity() (identity uint64, ok bool) { return q.row, q.Row != 0 }

// CallSite is where the query came from.
func (q *Query) CallSite() callsite.CallSite { return q.stack.CallSite() }

// SetCallSite says where the query came from, in a report that no recorder made.
func (q *Query) SetCallSite(site callsite.CallSite) { q.stack = stackOf(site) }

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
	// Parents are columns of earlier results whose values are those of its arguments,
	// those that match best first: with [Bounds.TrackValues] only.
	Parents []Parent `json:"parents,omitempty"`
	// JointParents are those of a statement that one loop sends from several lines, or from
	// several depths of a function that calls itself, all of its groups together.
	JointParents []Parent `json:"joint_parents,omitempty"`
	// Chained is set if each execution asked for a value that the one before answered:
	// with [Bounds.TrackValues] only.
	Chained bool `json:"chained,omitempty"`
	// ByName is set if each execution asked, beside such a value, for a word that no answer
	// has, as for the next folder of a path.
	ByName bool `json:"by_name,omitempty"`
	// Varying are the columns that are compared with another value from execution to
	// execution. An empty name stands for a value that is compared with no column. It is nil
	// where that is not known, or nothing differs: with [Bounds.TrackValues] only.
	Varying []string `json:"varying,omitempty"`
	// AsksForNews is set if all that differs from execution to execution is one moment, which
	// something has to be later than: it is asked again and again for what is new. With
	// [Bounds.TrackValues] only.
	AsksForNews bool `json:"asks_for_news,omitempty"`
	// NewIDsUsed is set for an INSERT in a loop if each round goes on with the id that the
	// database made for the new row, AsksNewIDs if each execution asks with the id of a row
	// that was inserted in its round: with [Bounds.TrackValues] only.
	NewIDsUsed bool `json:"new_ids_used,omitempty"`
	AsksNewIDs bool `json:"asks_new_ids,omitempty"`
	// CallsOut is set if another service is called between the executions, each time: see
	// [Recorder.Called].
	CallsOut bool `json:"calls_out,omitempty"`
	// FullReads are the tables that the statement reads whole in vain, where plans were made:
	// package explain adds them.
	FullReads []FullRead `json:"full_reads,omitempty"`
	// SQL is the text of one of the queries as it was sent, with [Bounds.Texts] or where the
	// handle keeps texts. It may have literals in it, and is never encoded.
	SQL string `json:"-"`
	// Overflow is set for the one group that takes the queries for which there
	// was no room. It has no shape and no call site.
	Overflow bool `json:"overflow,omitempty"`

	stack  *callsite.Stack
	via    string                         // of a group that was decoded
	advice *atomic.Pointer[batchedAdvice] // nil for one
}

// Via is the import path of the package that the call site called, empty if it is not
// known: "database/sql", "gorm.io/gorm".
func (g *Group) Via() string { return cmp.Or(g.via, g.stack.Via()) }

// CallSite is where the queries came from.
func (g *Group) CallSite() callsite.CallSite { return g.stack.CallSite() }

// SetCallSite says where the queries came from, in a report that no recorder made.
func (g *Group) SetCallSite(site callsite.CallSite) { g.stack = stackOf(site) }

// stackOf is nil for a call site that is not known.
func stackOf(site callsite.CallSite) *callsite.Stack {
	if site.IsZero() {
		return nil
	}
	return callsite.New(site)
}

// Parent is a column of an earlier result whose values are those of an argument of a
// group.
type Parent struct {
	// Position is that of the query in the unit, of the first one where several of a group
	// have the values together. Column is the column's name, with its table's if there is
	// one: "authors.id".
	Position int64  `json:"position"`
	Column   string `json:"column"`
	// Key is the column that the argument is compared with, empty if that is not known.
	Key string `json:"key,omitempty"`
	// Match says how the values agree.
	Match Match `json:"match"`
	// Arguments is the number of different values of the argument, Queries that of the
	// executions whose rows have them together, as a loop inside of another one has.
	Arguments int64 `json:"arguments"`
	Queries   int64 `json:"queries"`
	// Words is set where all values are words: no number, which other tables have as well.
	Words bool `json:"words,omitempty"`
	// Once is set if there are more rows, and each value was asked for where it came first
	// alone: what a cache has left.
	Once bool `json:"once,omitempty"`
}

// Nested counts how often a query was sent while rows of another one were open, on
// another connection, by the goroutine that closed these rows. What other goroutines
// sent meanwhile is not counted.
type Nested struct {
	// Outer and Inner are indices in [Report.Groups].
	Outer int   `json:"outer"`
	Inner int   `json:"inner"`
	Count int64 `json:"count"`
}

// Lost is a statement that the unit's goroutine sent without a recorder.
type Lost struct {
	*statement.Statement
	Database string `json:"database,omitempty"`
	System   string `json:"system,omitempty"`
	// Context is the type of the context that the first of them had, if it is one of a
	// framework, such as "*gin.Context", and not of package context.
	Context string `json:"context,omitempty"`
	Count   int64  `json:"count"`

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
