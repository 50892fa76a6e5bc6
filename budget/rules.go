package budget

import (
	"math"
	"slices"
	"time"
)

// Rules are the thresholds of findings. The zero value of each is its default,
// and [None] turns the rule off.
type Rules struct {
	// Off turns all rules off, with what they record. Default: on.
	Off bool
	// NPlusOne is the number of executions of one statement from one call site,
	// with as many different arguments, that make an n+1. Default: 5, as in
	// Sentry, Scout and perf-sentinel; it lets through the few that are meant. Up to
	// that, 3 are enough where they are exactly as many as an earlier read has rows.
	NPlusOne int
	// WriteLoop is the same for INSERT, UPDATE and DELETE. Default: 5, for the
	// same reason.
	WriteLoop int
	// Duplicate is the number of executions of one read with the same arguments,
	// and no write to its tables in between. Default: 2: the second one is
	// waste already.
	Duplicate int
	// Slow is the execution time over which a query is slow. Default: 200
	// milliseconds, between the 100 of Laravel's Telescope and the 500 of
	// Sentry and Django's debug toolbar.
	Slow time.Duration
	// IdleTransaction is the time over which a transaction in which nothing runs is idle, and
	// a connection that is held without one. It takes a connection from the pool as a slow
	// query does. Default: 200 milliseconds, for the reason of Slow.
	IdleTransaction time.Duration
	// Hints turns on the kinds that are right too seldom to be said unasked:
	// select-then-insert, since a unique index, which is not seen from here, makes most of
	// them harmless; read-modify-write, since a value that was computed looks like one that
	// somebody typed into a form; few-rows; and three kinds of write-loop: fewer than 10 rounds that
	// go on with the ids of new rows, other values for each row in one transaction of
	// SQLite, and a transaction for each item that reads it back. Default: off.
	Hints bool
	// SQLite says what a unit that ran on SQLite stands for: without a server between, a
	// statement takes microseconds. Default: [SQLiteItself].
	SQLite SQLiteUse
	// LargeResult is the number of rows over which a result is large. Default:
	// 1,000, which no page shows.
	LargeResult int
}

// SQLiteUse is what SQLite is to an application. A value without a name stands for
// [SQLiteItself].
type SQLiteUse uint8

const (
	// SQLiteItself has a hint where another form of a loop would be no better: other values
	// for each row, in one transaction.
	SQLiteItself SQLiteUse = iota
	// SQLiteAlone is for an application that runs on SQLite only. It has a hint where another
	// form saves little, too: INSERTs in one transaction, of which one with several VALUES saves
	// 2 to 4 microseconds a row (BenchmarkInserts in internal/bench).
	SQLiteAlone
	// SQLiteForServer is for tests of an application that runs on a database server: all
	// loops are found as they would be there.
	SQLiteForServer
)

const (
	defaultNPlusOne  = 5
	defaultWriteLoop = 5
)

// Findings applies the rules to a report and returns what they find, the certain ones
// and those that cost most first; those that are allowed come last. It depends on the
// report alone: on that of a live unit, one that was read from a file, or one that
// somebody made of the spans of another program. The report is not changed.
//
// Findings of the report that are of other kinds than those of this package, which
// another part added, are returned as they are. A nil report has none. Groups, queries
// and lost statements without a Statement, and references to what is not there, are
// passed over.
func (r Rules) Findings(report *Report) []Finding {
	if report == nil {
		return nil
	}
	report = report.whole()
	f := finder{rules: r.withDefaults(), report: report}
	if !r.Off {
		for i := range kinds {
			if find := kinds[i].find; find != nil {
				find(&f)
			}
		}
		f.allow()
		f.joinReads()
	}
	for i := range report.Findings {
		if added := report.Findings[i]; !isOwn(added.Kind) {
			f.found = append(f.found, added)
		}
	}
	slices.SortStableFunc(f.found, compareFindings)
	return f.found
}

// kinds are the rules: one for each kind, in a file of its own. May is the condition
// without which there is nothing to find, see lean.go. The order matters where one
// kind leaves to another what both could name.
var kinds = []struct {
	kind FindingKind
	may  func(*suspect) bool
	find func(*finder)
}{
	{NPlusOne, mayBeNPlusOne, (*finder).nPlusOne},
	{Duplicate, mayBeDuplicate, (*finder).duplicates},
	{WriteLoop, mayBeWriteLoop, (*finder).writeLoops},
	{NestedQuery, mayBeNested, (*finder).nested},
	{UnclosedRows, mayBeUnclosed, (*finder).unclosed},
	{HeldConnection, mayBeHeld, (*finder).heldConnections},
	{IdleTransaction, mayBeIdle, (*finder).idleTransactions},
	{IdleConnection, mayBeIdle, (*finder).idleConnections},
	{Slow, mayBeSlow, (*finder).slow},
	{MissingIndex, func(*suspect) bool { return false }, (*finder).missingIndexes}, // plans are made later
	{LargeResult, mayBeLarge, (*finder).large},
	{ReadModifyWrite, mayBeReadModifyWrite, (*finder).readModifyWrites},
	{SelectThenInsert, mayBeSelectThenInsert, (*finder).selectThenInserts},
	{FewRows, mayBeFewRows, (*finder).fewRows},
	{SelectStar, mayBeSelectStar, (*finder).selectStars},
	{Unattributed, mayBeLost, (*finder).lostContexts},
	{StaleAllowance, func(*suspect) bool { return false }, nil}, // by allow; a unit with allowances is not lean
}

func isOwn(kind FindingKind) bool {
	for i := range kinds {
		if kinds[i].kind == kind {
			return true
		}
	}
	return false
}

func (r Rules) withDefaults() Rules {
	r.NPlusOne = threshold(r.NPlusOne, defaultNPlusOne)
	r.WriteLoop = threshold(r.WriteLoop, defaultWriteLoop)
	r.Duplicate = threshold(r.Duplicate, 2)
	r.LargeResult = threshold(r.LargeResult, 1000)
	r.Slow, r.IdleTransaction = orSlow(r.Slow), orSlow(r.IdleTransaction)
	return r
}

// orSlow returns the time that a rule's field stands for.
func orSlow(d time.Duration) time.Duration {
	switch {
	case d == 0:
		return 200 * time.Millisecond
	case d < 0:
		return math.MaxInt64
	}
	return d
}

// threshold returns the number that a rule's field stands for.
func threshold(n, byDefault int) int {
	switch {
	case n == 0:
		return byDefault
	case n < 0:
		return math.MaxInt
	default:
		return n
	}
}
