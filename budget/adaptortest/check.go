package adaptortest

import (
	"context"
	"errors"
	"fmt"

	"github.com/querybudget/querybudget/budget"
)

// Verify runs [Check], fails the test for each difference, and logs what was left out.
func Verify(t TB, a Adaptor) {
	t.Helper()
	leftOut, err := Check(t.Context(), a)
	for _, rule := range leftOut {
		t.Log("adaptortest: left out, because an operation is not supported:", rule)
	}
	if err != nil {
		t.Error(err)
	}
}

// Check runs each rule of what counts, and returns an error that lists the totals that
// are not as the rule says, and the rules that could not be run because an operation
// failed. Rules for which the adaptor lacks an operation are returned by their names;
// it is an error if that is more than half of them.
func Check(ctx context.Context, a Adaptor) (leftOut []string, err error) {
	if a == nil {
		return nil, errors.New("adaptortest: Check of a nil Adaptor")
	}
	var errs []error
	for _, id := range setUp {
		if err := a.Insert(budget.Without(ctx), id); err != nil {
			return nil, fmt.Errorf("adaptortest: the first row cannot be written: %w", err)
		}
	}
	for _, rule := range rules {
		c := &check{Adaptor: a, rule: rule.name}
		ctx, recorder := budget.NewContext(ctx)
		switch err := rule.run(c, ctx); {
		case errors.Is(err, errors.ErrUnsupported):
			leftOut = append(leftOut, rule.name)
			continue
		case err != nil:
			errs = append(errs, fmt.Errorf("adaptortest: %s: %w", rule.name, err))
			continue
		}
		c.compare(recorder.Totals(), rule.want)
		errs = append(errs, c.errs...)
	}
	if 2*len(leftOut) > len(rules) {
		errs = append(
			errs,
			fmt.Errorf("adaptortest: %d of %d rules could not be run: that shows nothing", len(leftOut), len(rules)),
		)
	}
	return leftOut, errors.Join(errs...)
}

// check runs a rule.
type check struct {
	Adaptor
	rule string
	part bool // of a result was read
	errs []error
}

// compare looks at the counts that every adaptor has in common.
func (c *check) compare(got, want budget.Totals) {
	got.RowsAffected, got.Prepares, got.Connects, got.Waits = 0, 0, 0, 0
	got.ExecTime, got.FetchTime, got.ConnectTime, got.PrepareTime, got.TransactionTime = 0, 0, 0, 0, 0
	got.Time, got.WallTime, got.WaitTime = 0, 0, 0
	if _, ok := c.Adaptor.(SentRows); ok && c.part && got.Rows > want.Rows {
		got.Rows = want.Rows
	}
	if got != want {
		c.fail("\n\tcounted %+v\n\twant    %+v", got, want)
	}
}

func (c *check) fail(format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf("adaptortest: %s: "+format, append([]any{c.rule}, args...)...))
}
