// Package explain asks the database for the plan of a statement, and says whether an
// index finds its rows, whatever the size of the data.
//
//	result, err := explain.Plan(ctx, explain.SQL(db), "SELECT title FROM books WHERE author_id = $1")
//	// result.Verdict is explain.NotIndexed, on three rows as on three million:
//	// reads all of books: no index begins with author_id
//
// # Verdicts
//
// A plan depends on the data: of three rows, each database reads all, index or not. The
// verdict does not. It asks whether a condition of the statement could narrow what is
// read, and none does: with full reads priced out on PostgreSQL, by the indexes that
// MariaDB and MySQL say they could use, and by the plan of SQLite, which knows no sizes
// unless it was told. "No index" (NotIndexed) and "an index that cannot be used" (Unusable: a
// function around the column, a pattern without a beginning) are different verdicts, and
// what depends on a value that is not known is Unknown.
//
// # Values
//
// A plan needs no values: it is a generic one on PostgreSQL 12 and newer, and one of
// stand-ins elsewhere. On MariaDB and MySQL, which look rows up by their keys before they
// plan, values of a row of the table stand in; they do not leave the process. Literals in a
// plan are masked.
//
// # What it does to the database
//
// Nothing is executed. Plans are made on a connection of their own, in a read-only
// transaction that is rolled back, with limits for time and for locks; the connection is
// closed afterwards, see [SQL]. Only one statement is sent, and it is a SELECT, WITH, VALUES,
// TABLE, INSERT, UPDATE or DELETE; what might do something while it is planned is refused
// on MariaDB and MySQL. Nothing of it counts in any account of package budget.
//
// SQL Server is not supported.
package explain
