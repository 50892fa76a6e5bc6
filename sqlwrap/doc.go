// Package sqlwrap wraps a database/sql driver, so that every query is recorded
// in the [budget.Recorder] of its context.
//
//	db, err := sqlwrap.Open("pgx", dsn) // in place of sql.Open
//
// The result is an ordinary *sql.DB. What is built on database/sql (sqlx, sqlc,
// GORM, ent, bun) works with it unchanged.
//
// # Faithfulness
//
// A program cannot tell the wrapped driver from the bare one: database/sql takes
// the presence of some driver interfaces as a signal, and the wrapper has
// exactly those that the driver has. Errors pass as they are, results are the
// driver's own, and [database/sql.DB.Driver] is the driver itself. There are
// three exceptions:
//
//   - [database/sql.Conn.Raw] hands out the wrapper; [Raw] unwraps it. Libraries that
//     ask there for the driver's own type, and what to do, are listed in [docs/raw.md].
//   - In mode budget.Enforce a query over the budget fails with a
//     *budget.ExceededError and is not sent.
//   - Rows are counted as affected by asking the driver's result, so
//     RowsAffected is called once more than the application does.
//
// Package sqlwraptest checks this for any driver.
//
// # Queries without a recorder
//
// A query whose context carries no recorder is passed on at once. It is counted
// on its handle: see [Database].
//
// [docs/raw.md]: https://github.com/querybudget/querybudget/blob/main/docs/raw.md
package sqlwrap
