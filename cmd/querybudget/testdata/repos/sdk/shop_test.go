package sdk

import (
	"testing"

	_ "example.com/fakedb"
	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/sqlwrap"
)

// The application's own account is as without a scan.
func TestNames(t *testing.T) {
	db, err := Open()
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := sqlwrap.Database(t.Context(), db); err != nil {
		t.Error(err)
	}
	ctx, r := budget.NewContext(t.Context())
	Names(ctx, db, 1, 2, 3, 4, 5)
	if got := r.Report(); got.Totals.Queries != 5 || len(got.Findings) != 1 {
		t.Errorf("%+v", got.Totals)
	}
}
