package pgxwrap_test

import (
	"context"
	"fmt"
	"os"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/pgxwrap"
)

func Example() {
	config, err := pgxpool.ParseConfig(os.Getenv("DATABASE_URL"))
	if err != nil {
		fmt.Println(err)
		return
	}
	pgxwrap.Config(config) // once the configuration is complete
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer pool.Close()

	ctx, recorder := budget.NewContext(context.Background()) // middleware.Track does this for each request
	recorder.SetBudget(budget.Budget{Queries: 10, Mode: budget.Enforce})
	_, err = pool.Exec(ctx, "UPDATE books SET price = price + 1 WHERE id = $1", 7)
	fmt.Println(err, recorder.Report().Totals.Queries)
}
