package budget_test

import (
	"context"
	"testing"

	"github.com/querybudget/querybudget/budget"
)

func TestDivert(t *testing.T) {
	d := budget.NewDatabase(budget.DatabaseOptions{})
	ctx, own := budget.NewContext(t.Context())
	_, other := budget.NewContext(t.Context())
	if d.Recorder(ctx) != own || d.Recorder(t.Context()) != nil {
		t.Error("without RecordWith, the context decides")
	}
	var asked []*budget.Recorder
	stop, err := d.RecordWith(func(carried *budget.Recorder) *budget.Recorder {
		asked = append(asked, carried)
		return other
	})
	must(t, err)
	if d.Recorder(ctx) != other || d.Recorder(t.Context()) != other || len(asked) != 2 || asked[0] != own || asked[1] != nil {
		t.Errorf("asked with %v", asked)
	}
	if d.Recorder(budget.Without(ctx)) != nil || len(asked) != 2 {
		t.Error("what is excluded was asked about")
	}
	if _, err := d.RecordWith(func(*budget.Recorder) *budget.Recorder { return nil }); err == nil {
		t.Error("decided twice")
	}
	stop()
	stop() // does no harm
	if d.Recorder(context.Background()) != nil {
		t.Error("still decided")
	}
	again, err := d.RecordWith(func(*budget.Recorder) *budget.Recorder { return other })
	must(t, err)
	stop() // not its own
	if d.Recorder(context.Background()) != other {
		t.Error("stopped by another one")
	}
	again()
	defer func() {
		if recover() == nil {
			t.Error("a nil function did not panic")
		}
	}()
	_, _ = d.RecordWith(nil)
}

func TestSame(t *testing.T) {
	ctx, r := budget.NewContext(t.Context())
	_, scope := budget.With(ctx, "part", budget.Budget{})
	_, other := budget.NewContext(t.Context())
	if !r.Same(scope) || !scope.Same(r) || r.Same(other) || r.Same(nil) || (*budget.Recorder)(nil).Same(r) {
		t.Error("units are told apart wrongly")
	}
}
