package pgxwrap_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/pgxwrap"
	"github.com/querybudget/querybudget/sqlwrap"
)

func Example() {
	ctx := context.Background()
	pool, err := open(ctx, os.Getenv("DATABASE_URL"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer pool.Close()

	ctx, recorder := budget.NewContext(ctx) // middleware.Track does this for each request
	recorder.SetBudget(budget.Budget{Queries: 10, Mode: budget.Enforce})
	_, err = pool.Exec(ctx, "UPDATE books SET price = price + 1 WHERE id = $1", 7)
	fmt.Println(err, recorder.Report().Totals.Queries)
}

func open(ctx context.Context, dsn string) (*pgxpool.Pool, error) {
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, err
	}
	pgxwrap.Config(config) // the last line before the pool is made
	return pgxpool.NewWithConfig(ctx, config)
}

// The queries of this handle have comments, and share the connections of the pool.
func openCommented(pool *pgxpool.Pool) *sql.DB {
	comments := sqlwrap.Config{Comment: &sqlwrap.Comment{Application: "shop"}}
	return sql.OpenDB(comments.Connector(stdlib.GetPoolConnector(pool)))
}

func ExampleConnConfig() {
	ctx := context.Background()
	config, err := pgx.ParseConfig(os.Getenv("DATABASE_URL"))
	if err != nil {
		fmt.Println(err)
		return
	}
	pgxwrap.ConnConfig(config)
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = conn.Close(ctx) }()
	_, err = conn.Exec(ctx, "LISTEN news")
	fmt.Println(err)
}

func ExampleOptions() {
	config, err := pgxpool.ParseConfig(os.Getenv("REPLICA_URL"))
	if err != nil {
		fmt.Println(err)
		return
	}
	pgxwrap.Options{Database: "replica", SkipPackages: []string{"example.com/shop/repository"}}.Config(config)
}
