// Package pgxwrap counts the queries of pgx's own interface in the unit of work that sends
// them, and holds them to its budget: what package sqlwrap does for database/sql.
//
//	config, err := pgxpool.ParseConfig(dsn)
//	pgxwrap.Config(config)
//	pool, err := pgxpool.NewWithConfig(ctx, config)
//
// # How it works
//
// It puts a tracer into the configuration, in front of one that is there already, which
// sees what it saw before. A query over the budget gets a context that has ended, with a
// [budget.ExceededError] as its reason: pgx sends nothing, and returns it to the caller.
// The connection, and a transaction on it, stay usable.
//
// # What is counted
//
// Query, QueryRow, Exec, each statement of a batch, CopyFrom; transactions by the text that
// pgx sends for them; prepares, connects, and waits for a full pool. What the pool sends on
// its own behalf, in hooks such as AfterConnect and PrepareConn, belongs to no unit.
//
// pgx tells a tracer when a query begins, and when its rows are closed. So the number of
// rows is that of the server, also where the application read some of them; and the time
// of a query includes what the application does between two rows.
//
// # What is not seen
//
// Nothing below pgx: pgconn and its pipelines, Ping, the wait for a notification. A
// connection that package sqlwrap has opened, through pgx's adaptor for database/sql, is
// counted there and left alone here.
package pgxwrap
