// Office prints how precise the findings are, and how complete, on labelled cases.
//
// A case is a handler as people write them, and what an expert would say of it. Each runs
// on SQLite, PostgreSQL and MariaDB. They are other cases than those of the package above;
// docs/findings.md says which labels were corrected after a first run.
// Each proposed statement is prepared, and where the loop's own answers are known, it is
// run for all keys and its rows are compared with them.
//
//	go run .      the table
//	go run . -v   and each case that is judged wrongly
//
// The databases are those of QUERYBUDGET_POSTGRES_DSN and QUERYBUDGET_MYSQL_DSN; SQLite
// needs none.
package main
