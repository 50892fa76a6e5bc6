package budgettest_test

import (
	"context"
	"strings"
	"testing"

	"github.com/querybudget/querybudget/budget/budgettest"
)

// What no call site shows by itself: each level of a recursion has one of its own.
func TestScaleTotals(t *testing.T) {
	sized := func(f func(*shop, context.Context, int) error) func(context.Context, *shop) error {
		return func(ctx context.Context, s *shop) error { return f(s, ctx, s.authors) }
	}
	accept := func(shape string, g budgettest.Growth) []budgettest.Grows {
		return []budgettest.Grows{{Shape: shape, Queries: g, Reason: "a test"}}
	}
	for _, test := range []struct {
		name     string
		run      func(context.Context, *shop) error
		sizes    []int
		accepted []budgettest.Grows
		fails    []string
	}{
		{"recursion", sized((*shop).walk), []int{2, 8, 24}, nil, []string{
			"linear  budget/budgettest/shop_test.go:", "(*shop).ints, 24 deep: 2, 8, 24 queries at sizes 2, 8, 24: SELECT parts grows with the data",
			"-> a walk of a tree: one query with WITH RECURSIVE",
		}},
		{"recursion through a helper", func(ctx context.Context, s *shop) error {
			if err := s.joined(ctx); err != nil {
				return err
			}
			return s.walk(ctx, s.authors)
		}, nil, nil, []string{"(*shop).ints < budget/budgettest/shop_test.go:", "(*shop).walk, 25 deep: 1, 5, 25 queries", "1 other statement does not grow"}},
		{"recursion, nil sizes", sized((*shop).walk), nil, nil, []string{"linear", "1, 5, 25 queries"}},
		{"recursion, a level for three rows", func(ctx context.Context, s *shop) error { return s.walk(ctx, (s.authors+2)/3) }, nil, nil, []string{"linear", "9 deep: 1, 2, 9 queries"}},
		{"recursion, accepted", sized((*shop).walk), nil, accept("parts", budgettest.Linear), nil},
		{"recursion that is square", sized((*shop).walkAll), nil, nil, []string{"quadratic", "1, 15, 325 queries at sizes 1, 5, 25"}},
		{"recursion that is square, accepted less", sized((*shop).walkAll), nil, accept("parts", budgettest.Linear), []string{"quadratic"}},
		{"half at each level", sized((*shop).halve), nil, nil, nil},
		{"closures", sized((*shop).visitors), nil, nil, []string{"linear", "1, 5, 25 queries", "SELECT visits"}},
		{"a table for each", sized((*shop).tables), nil, nil, []string{
			"linear  in all: 1, 5, 25 queries at sizes 1, 5, 25: no statement grows, but 24 of them run at a larger size only, such as",
			": 0, 0, 1 queries: SELECT id FROM orders_of_a", "a larger size shows it",
		}},
		{"a table for each, accepted", sized((*shop).tables), nil, accept("orders_of", budgettest.Linear), nil},
		{"a table for each, accepted in vain", sized((*shop).optional), nil, accept("pages", budgettest.Linear), []string{"stale"}},
		{"more where there is much", sized((*shop).optional), nil, nil, nil},
		{"more where there is much, sizes that are close", sized((*shop).optional), []int{1, 6, 12}, nil, nil},
		{"more where there is much, not known to be bounded", sized((*shop).optional), []int{1, 3, 6}, nil, []string{"in all: 1, 1, 4 queries at sizes 1, 3, 6", "3 of them run at a larger size only"}},
		{"lines", sized((*shop).steps), []int{1, 3, 6}, nil, []string{"linear", "and 5 other call sites: 1, 3, 6 queries"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := try(t, func(tb *fakeTB) { budgettest.Scale(tb, test.sizes, makeShop, test.run, test.accepted...) })
			if test.fails == nil {
				f.passes(t)
				return
			}
			f.fails(t, test.fails...)
			if got := strings.Count(f.text.String(), "queries at sizes"); test.fails[0] != "stale" && got != 1 {
				t.Errorf("told %d times:\n%s", got, f.text.String())
			}
		})
	}
}
