// Package budgettest holds code to query budgets in tests, and names the line
// when it breaks them.
//
// # Checks
//
// [Check] serves a request and holds it to the budget that stands at its route:
// the number is written once. [Run] does the same for code below HTTP, with a
// [Want]. Both also fail on findings, such as an n+1, that the test does not
// accept, and when they saw no query at all: a test that watches the wrong
// database handle must not pass.
//
// [Scale] runs code on growing data and names each statement whose number grows
// with it. [Golden] compares the queries of a test with a reviewed file.
//
// Handlers and code have to use a database that was opened with package sqlwrap.
//
// [Doctor] proves that an application is wired: handle, middleware, contexts, routes and
// budgets, with an n+1 that it plants.
//
// [Want.Indexed] fails on statements that read a whole table in vain, however little data
// the test has; [Want.Repairs] tries the repairs that are named, see package explain.
//
// # What is not judged
//
// Time. A slow machine must not fail a test: [budget.Budget.Time] and findings of
// kind slow are left to production. In mode [budget.Enforce] a query that was
// refused for its time is a failure like every refusal.
//
// Hints are not judged either, unless [Want.Hints] is set.
//
// # Tests in parallel
//
// Queries are told apart by their context, so tests may run in parallel and share
// a database handle. [Want.DB] also counts queries without a context; it needs
// the handle for itself while the block runs, and fails if it does not have it.
//
// # Reports as files
//
// With QUERYBUDGET_REPORT=/absolute/folder each checked report is added to a file
// there, one for each package; see docs/tests.md in the repository for its form.
package budgettest
