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
// # What counts
//
// A query is one statement that the application asked for and the driver
// executed, however many driver calls it took: a fallback to a prepared
// statement and a retry on a fresh connection are still one query. Prepare,
// BEGIN, COMMIT, ROLLBACK, SAVEPOINT, Ping and Connect are none; they have
// totals of their own. Counting never stops; only the details are bounded, and
// [Report.Truncated] says what was left out.
//
// # What is kept
//
// Shapes (statements without their literals), call sites, counts and times.
// Argument values are hashed with a seed that dies with the process. They are
// kept, in memory, only where the database handle says so.
//
// # Writing an instrumentation
//
// [Database], [Statement], [Call] and [Execution] are the side that a driver
// wrapper uses. Applications do not need them.
package budget
