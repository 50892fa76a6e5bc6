package budget

import "time"

// Totals are the sums of a unit of work. Counting never stops.
type Totals struct {
	// Queries is the number of queries that the driver executed. Reads and
	// Writes are those known to be one or the other.
	Queries int64 `json:"queries"`
	Reads   int64 `json:"reads"`
	Writes  int64 `json:"writes"`
	// Duplicates is the number of reads that repeated one that was answered.
	Duplicates int64 `json:"duplicates"`
	// Rows were fetched, RowsAffected changed, as far as the driver says.
	Rows         int64 `json:"rows"`
	RowsAffected int64 `json:"rows_affected"`
	// AffectedUnknown is the number of executions whose changed rows the driver did not
	// tell. They are not in RowsAffected.
	AffectedUnknown int64 `json:"affected_unknown,omitempty"`
	// Errors is the number of queries and other operations that failed. A
	// context that was cancelled is an error too.
	Errors int64 `json:"errors"`
	// Prepares, Transactions and Connects are no queries.
	Prepares     int64 `json:"prepares"`
	Transactions int64 `json:"transactions"`
	Connects     int64 `json:"connects"`
	// Batches is the number of batches that were sent, each in one round trip. Their
	// statements are Queries.
	Batches int64 `json:"batches,omitempty"`
	// Waits is how often the unit waited for a connection of the pool, as far as a
	// wrapper sees the pool: database/sql's is not seen.
	Waits int64 `json:"waits,omitempty"`
	// Retries is how often database/sql tried a query again on another
	// connection, or the connect, BEGIN or PREPARE before it. A retried query is
	// one query.
	Retries int64 `json:"retries"`
	// Blocked is the number of queries that the budget refused. They never
	// reached the database and are not in Queries.
	Blocked int64 `json:"blocked"`
	// Running queries are in the driver now and not yet in Queries.
	Running int64 `json:"running,omitempty"`
	// OpenRows is the number of results that have not been closed. At the end of
	// a unit each of them holds a connection that is lost to the pool.
	OpenRows int64 `json:"open_rows,omitempty"`

	// ExecTime is spent in the driver's Query and Exec calls, FetchTime between
	// their return and the Close of their rows. That includes what the
	// application does between two rows.
	ExecTime  time.Duration `json:"exec_ns"`
	FetchTime time.Duration `json:"fetch_ns"`
	// WaitTime was spent waiting for a connection of the pool, as far as a wrapper
	// sees the pool. It is no part of Time.
	WaitTime time.Duration `json:"wait_ns,omitempty"`
	// ConnectTime, PrepareTime and TransactionTime (begin, commit, rollback) are
	// spent beside the queries.
	ConnectTime     time.Duration `json:"connect_ns"`
	PrepareTime     time.Duration `json:"prepare_ns"`
	TransactionTime time.Duration `json:"transaction_ns"`
	// Time is the sum of the above. Work in parallel counts each time.
	Time time.Duration `json:"time_ns"`
	// WallTime is the time during which at least one of them was under way.
	WallTime time.Duration `json:"wall_ns"`
}
