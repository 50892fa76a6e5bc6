package budgettest_test

import (
	"context"
	"errors"
	"testing"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/budget/budgettest"
)

// sqlServer is a planner that answers as SQL Server does.
type sqlServer struct{}

func (sqlServer) Session(ctx context.Context, use func(func(ctx context.Context, query string, args ...any) ([]string, [][]any, error)) error) error {
	return use(func(_ context.Context, query string, _ ...any) ([]string, [][]any, error) {
		if query == "SELECT @@VERSION" {
			return nil, [][]any{{"Microsoft SQL Server 2022 (RTM-CU14) - 16.0.4135.4 (X64)"}}, nil
		}
		return nil, nil, errors.New("mssql: 'version' is not a recognized built-in function name.")
	})
}

// Where plans cannot be asked for, a test that wants them fails and says so.
func TestIndexedOnSQLServer(t *testing.T) {
	s := newShop(t, 5)
	try(t, func(tb *fakeTB) {
		budgettest.Want{Indexed: sqlServer{}}.Check(tb, s.routes(budget.Budget{Queries: 10}), get("/authors"))
	}).fails(t, "no plan  explain: plans of SQL Server are not supported: indexes are not checked, and repairs not tried.")
}
