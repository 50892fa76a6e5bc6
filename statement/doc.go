// Package statement reads SQL text: its shape (without literals, bind lists and
// comments), what it does, to which tables, and to which rows. It reads PostgreSQL,
// MySQL and MariaDB, SQLite and SQL Server, never fails, and takes time in
// proportion to the length of the text.
//
//	reader := statement.NewReader(statement.PostgreSQL, statement.NewHasher(), 2048)
//	st := reader.Read("SELECT name FROM users WHERE id = 7 -- for the page")
//	st.Shape   // "SELECT name FROM users WHERE id = ?"
//	st.Summary // "SELECT users"
//	st.Keys    // id
//
// # What is not understood does not show
//
// A shape holds no literal. Where text cannot be read, because a quote is never
// closed for instance, all the rest is one literal.
//
// # How it reads
//
// It knows no grammar, only the clauses of a statement and what may stand in each. A
// verb counts only where a statement can begin: a column called "update" is a
// column.
//
// # Arguments
//
// A [Hasher] tells argument values apart without keeping them. Its seed dies with
// the process, so that no hash leads back to a value.
package statement
