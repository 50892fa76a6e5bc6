// Office prints how precise the findings are, and how complete, on labelled cases.
//
// A case is a handler as people write them, and what an expert would say of it; the label
// is written before anybody looks at what is found. Each runs on SQLite, PostgreSQL and
// MariaDB. Both sides of each rule have cases: what has to be found, and its nearest
// neighbour that must not.
//
// These are other cases than those of the package above: another shop, labelled from the
// descriptions of what has to be found before they were run.
// Each proposed statement is prepared, and where the loop's own answers are known, it is
// run for all keys and its rows are compared with them.
//
//	go run .      the table
//	go run . -v   and each case that is judged wrongly
//
// The databases are those of QUERYBUDGET_POSTGRES_DSN and QUERYBUDGET_MYSQL_DSN; SQLite
// needs none.
package main
