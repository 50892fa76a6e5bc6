package sqlwrap_test

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/sqlwrap"
)

// Any connector can be wrapped. sqlwrap.Open does it by a driver's name.
func ExampleConnector() {
	db := sql.OpenDB(sqlwrap.Connector(benchDriver{}))
	defer db.Close() //nolint:errcheck // an example

	ctx, recorder := budget.NewContext(context.Background())
	if _, err := db.ExecContext(ctx, "UPDATE books SET stock = stock - 1 WHERE id = ?", 7); err != nil {
		fmt.Println(err)
	}
	for _, q := range recorder.Report().Queries {
		fmt.Println(q.Kind, q.Summary, q.RowsAffected)
	}
	// Output: write UPDATE books 1
}

// Replicas and shards get names, so that their queries are never one group.
func ExampleConfig() {
	replica := sql.OpenDB(sqlwrap.Config{Database: "replica", SkipPackages: []string{"example.com/shop/repository"}}.Connector(benchDriver{}))
	defer replica.Close() //nolint:errcheck // an example

	ctx, recorder := budget.NewContext(context.Background())
	var id int64
	if err := replica.QueryRowContext(ctx, "SELECT id FROM books").Scan(&id); err != nil {
		fmt.Println(err)
	}
	fmt.Println(recorder.Report().Groups[0].Database)
	// Output: replica
}

// What ran in contexts without a recorder is counted on the handle.
func ExampleDatabase() {
	db := sql.OpenDB(sqlwrap.Connector(benchDriver{}))
	defer db.Close() //nolint:errcheck // an example

	var id int64
	if err := db.QueryRow("SELECT id FROM books WHERE id = 1").Scan(&id); err != nil { // no context at all
		fmt.Println(err)
	}
	handle, err := sqlwrap.Database(context.Background(), db)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range handle.Unattributed().Shapes {
		fmt.Println(s.Queries, s.Shape, s.CallSite.File)
	}
	// Output: 1 SELECT id FROM books WHERE id = ? sqlwrap/example_test.go
}

func ExampleRaw() {
	db := sql.OpenDB(sqlwrap.Connector(benchDriver{}))
	defer db.Close() //nolint:errcheck // an example
	conn, err := db.Conn(context.Background())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close() //nolint:errcheck // an example
	err = conn.Raw(func(c any) error {
		_, isDriver := sqlwrap.Raw(c).(benchConn)
		fmt.Println(isDriver)
		return nil
	})
	if err != nil {
		fmt.Println(err)
	}
	// Output: true
}
