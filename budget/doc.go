// Package budget keeps the account of the database queries that one unit of
// work runs, and holds the unit to a budget.
//
// # Units and recorders
//
// A unit of work is a request, a job or a test. [NewContext] gives it a
// [Recorder], which lives in the context and nowhere else. Whatever executes
// queries, a wrapped driver above all (package sqlwrap), finds the recorder in
// the context it is handed and reports to it. [Recorder.Report] is the account:
// totals, the first queries in detail, groups by shape and call site, the
// verdict on the budget.
//
// # Budgets
//
// A [Budget] is the most work that a unit may do. In mode [Observe] the report
// says what went over. In mode [Enforce] the query that would go over is
// refused before it reaches the database, with an [ExceededError].
//
// Scopes nest: [With] opens one with a budget of its own, [Run] runs a job in
// one. What a scope runs counts in the scopes around it too. [Without] takes
// work out of the account.
//
// # Findings
//
// A report lists the known wastes that were found in it ([Finding]): n+1 loops,
// duplicates, loops of writes, queries inside of open rows and more, each with its
// evidence and what to do instead. [Rules] are the thresholds. [Allow] accepts a
// finding with a ceiling and a reason; it stays in the report, marked.
//
// [Rules.Findings] needs a [Report] and nothing else: the same rules judge a live
// unit, a report that was read from a file, and one that somebody made of the spans of
// another program.
//
// # Reporters
//
// A [Reporter] takes reports somewhere. A [Delivery] follows units and hands their
// reports to reporters, so that none of them can hurt the unit. A reporter may say what
// it needs ([Needs]), and is told of units that run long or go on after their end if
// it asks.
//
// # What counts
//
// A query is one statement that the application asked for and the driver
// executed, however many driver calls it took: a fallback to a prepared
// statement and a retry on a fresh connection are still one query. Prepare,
// BEGIN, COMMIT, ROLLBACK, SAVEPOINT, Ping and Connect are none; they have
// totals of their own. Counting never stops; only the details are bounded
// ([Bounds]), and [Report.Truncated] says what was left out.
//
// # What is kept
//
// Shapes (statements without their literals), call sites, counts and times.
// Argument values are hashed with a seed that dies with the process. They are
// kept, in memory, only where the database handle says so.
//
// # Words
//
//	unit       a request, a job, a test
//	recorder   collects the queries of a unit, or of a scope in it
//	query      one statement that the driver executed
//	record     one query as it goes on; advance counts its steps
//	account    what one recorder has counted
//	group      the sums of one statement from one call site
//	position   a query's place in the unit, in the order of starts
//	report     the account at one time; running, final or late
//
// # For writers of wrappers
//
// Applications do not need what follows. [Database] is the account's side of a handle,
// and [Database.Recorder] finds who counts a query. [Call] and [Execution] are a query
// on its way through the driver; [Recorder.Clock], [Recorder.Prepared],
// [Recorder.Connected], [Database.Wait] and [Recorder.Began]
// count what is no query.
// [Values] and [Recorder.TracksValues] prove n+1 loops. [RunningQuery] tells
// instrumentation below the wrapper what is running, and [CallTracer] stands in where there
// is no place below. Package adaptortest checks a wrapper, and docs/counting.md in the repository says how a query is counted.
package budget
