package budget

import (
	"context"
	"testing"

	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/statement"
)

// Only a query that starts while rows are open can be inside of the loop over them.
func TestNestingNeedsOpenRows(t *testing.T) {
	_, r := NewContext(context.Background())
	d := NewDatabase(DatabaseOptions{})
	start := func(fingerprint statement.Fingerprint) *Execution {
		x, err := r.Start(Call{Database: d, Statement: &statement.Statement{Kind: statement.Read, Fingerprint: fingerprint}, Stack: callsite.New(callsite.CallSite{})})
		if err != nil {
			t.Fatal(err)
		}
		return &x
	}
	nestings := func(want int) {
		t.Helper()
		r.Totals() // counts what waits to be counted
		if got := len(r.account.nestings); got != want {
			t.Errorf("%d nestings, want %d", got, want)
		}
	}
	before, first, second := start(1), start(2), start(3)
	first.Open()
	second.Open()
	before.End(0, nil)
	nestings(0)
	first.Close(1, nil)
	inside := start(4)
	inside.End(0, nil)
	nestings(0) // who closes the rows is not known yet
	second.Close(1, nil)
	nestings(1)
	after := start(5)
	after.End(0, nil)
	nestings(1)
}
