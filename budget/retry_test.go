package budget

import (
	"context"
	"database/sql/driver"
	"testing"
	"time"

	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/statement"
)

// A query that was tried again is one query, from its first start until the rows of
// the last attempt are closed.
func TestRetriedQueryEndsWithItsLastAttempt(t *testing.T) {
	_, r := NewContext(context.Background())
	st := &statement.Statement{Kind: statement.Read}
	call := Call{Database: NewDatabase(DatabaseOptions{}), Statement: st, Stack: callsite.New(callsite.CallSite{})}
	var last Execution
	for _, err := range []error{driver.ErrBadConn, driver.ErrBadConn, nil} {
		x, refused := r.Start(call)
		if refused != nil {
			t.Fatal(refused)
		}
		if last = x; err != nil {
			last.End(0, err)
			time.Sleep(time.Millisecond)
		}
	}
	last.Open()
	last.Close(3, nil)
	if n := len(r.account.records); n != 1 {
		t.Fatalf("%d queries", n)
	}
	rec, q := r.account.records[0], &r.Report().Queries[0]
	if got := q.end() - q.Start; got < 2*time.Millisecond {
		t.Errorf("closed after %v, less than what was waited between the attempts", got)
	}
	if rec.rows != 3 || rec.step == openRows || rec.details.retries != 2 || rec.failure() != nil {
		t.Errorf("got %+v, %+v", rec, rec.details)
	}
	if waited := rec.details.waited; waited < 2*time.Millisecond || waited > q.end()-q.Start {
		t.Errorf("waited %v", waited)
	}
}
