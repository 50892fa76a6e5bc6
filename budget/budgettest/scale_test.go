package budgettest_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/budget/budgettest"
	"github.com/querybudget/querybudget/statement"
)

func makeShop(t budgettest.TB, authors int) (*shop, error) {
	return newShop(t, authors), nil
}

func TestScale(t *testing.T) {
	run := func(f func(*shop, context.Context) error) func(context.Context, *shop) error {
		return func(ctx context.Context, s *shop) error { return f(s, ctx) }
	}
	for name, test := range map[string]struct {
		run      func(context.Context, *shop) error
		sizes    []int
		accepted []budgettest.Grows
		fails    []string
	}{
		"constant": {run((*shop).joined), nil, nil, nil},
		"linear": {run((*shop).slowly), nil, nil, []string{
			"linear  budget/budgettest/shop_test.go:", ": 1, 5, 25 queries at sizes 1, 5, 25: SELECT books grows with the data",
			"1 other statement does not grow",
		}},
		"two sizes":         {run((*shop).slowly), []int{3, 4}, nil, []string{"linear", "3, 4 queries at sizes 3, 4"}},
		"quadratic":         {run((*shop).quadratic), nil, nil, []string{"quadratic", "1, 25, 625 queries"}},
		"quadratic, of two": {run((*shop).quadratic), []int{2, 4}, nil, []string{"quadratic", "4, 16 queries"}},
		"batches":           {run((*shop).inBatches), nil, nil, nil},
		"batches, of many":  {run((*shop).inBatches), []int{1, 50, 200}, nil, nil},
		"writes":            {func(ctx context.Context, s *shop) error { return s.rename(ctx, s.authors) }, nil, nil, []string{"linear", "UPDATE authors grows with the data", "-> one UPDATE for all"}},
		"accepted":          {run((*shop).slowly), nil, []budgettest.Grows{{Shape: "select books", Queries: budgettest.Linear, Reason: "a test"}}, nil},
		"accepted less":     {run((*shop).quadratic), nil, []budgettest.Grows{{Shape: "friends", Queries: budgettest.Linear, Reason: "a test"}}, []string{"quadratic"}},
		"accepted in vain":  {run((*shop).joined), nil, []budgettest.Grows{{Shape: "books", Queries: budgettest.Linear, Reason: "a test"}}, []string{`stale  nothing that is "books" grows more than it may`}},
		"accepted nothing":  {run((*shop).joined), nil, []budgettest.Grows{{Shape: "pages", Queries: budgettest.Linear, Reason: "a test"}}, []string{`stale  nothing that is "pages"`}},
		"nothing":           {func(context.Context, *shop) error { return nil }, nil, nil, []string{"0 queries were seen"}},
		"fails":             {func(context.Context, *shop) error { return errors.New("oops") }, nil, nil, []string{"run at size 1: oops"}},
		"no sizes":          {run((*shop).joined), []int{}, nil, []string{"at least two sizes"}},
		"one size":          {run((*shop).joined), []int{7}, nil, []string{"at least two sizes"}},
		"not growing":       {run((*shop).joined), []int{5, 5}, nil, []string{"the sizes [5 5] do not grow"}},
		"of nothing":        {run((*shop).joined), []int{0, 5}, nil, []string{"the sizes [0 5] do not grow"}},
		"without a reason":  {run((*shop).joined), nil, []budgettest.Grows{{Shape: "books", Queries: budgettest.Linear}}, []string{"Grows needs a Shape, a Reason"}},
		"without a growth":  {run((*shop).joined), nil, []budgettest.Grows{{Shape: "books", Reason: "a test"}}, []string{"Grows needs a Shape, a Reason"}},
		"without a run":     {nil, nil, nil, []string{"a function that makes data and one that runs"}},
	} {
		t.Run(name, func(t *testing.T) {
			f := try(t, func(tb *fakeTB) { budgettest.Scale(tb, test.sizes, makeShop, test.run, test.accepted...) })
			if test.fails == nil {
				f.passes(t)
			} else {
				f.fails(t, test.fails...)
			}
		})
	}
}

// Each size has data of its own, and the first is done once before, uncounted.
func TestScaleSeeds(t *testing.T) {
	var events []string
	seed := func(tb budgettest.TB, n int) (*shop, error) {
		events = append(events, "seed", string(rune('0'+n)))
		tb.Cleanup(func() { events = append(events, "gone") })
		tb.Cleanup(func() { events = append(events, "going") })
		return newShop(t, n), nil
	}
	all := budgettest.Scale(t, []int{1, 2}, seed, func(ctx context.Context, s *shop) error {
		events = append(events, "run")
		return s.joined(ctx)
	})
	one := []string{"seed", "1", "run", "going", "gone"}
	if want := slices.Concat(one, one, []string{"seed", "2", "run", "going", "gone"}); !slices.Equal(events, want) {
		t.Errorf("got %q", events)
	}
	if len(all) != 1 || !slices.Equal(all[0].Queries, []int64{1, 1}) || !slices.Equal(all[0].Rows, []int64{2, 4}) ||
		all[0].QueryGrowth != budgettest.Constant || all[0].RowGrowth != budgettest.Linear {
		t.Errorf("got %+v", all)
	}
	failing := func(budgettest.TB, int) (*shop, error) { return nil, errors.New("oops") }
	try(t, func(tb *fakeTB) {
		budgettest.Scale(tb, nil, failing, func(context.Context, *shop) error { return nil })
	}).fails(t, "make data of size 1: oops")
}

// What grows fastest comes first, and a size's context ends with it.
func TestScaleResult(t *testing.T) {
	var last context.Context
	try(t, func(tb *fakeTB) {
		all := budgettest.Scale(tb, nil, makeShop, func(ctx context.Context, s *shop) error {
			last = ctx
			_ = s.joined(ctx)
			return s.slowly(ctx)
		})
		if len(all) != 3 || all[0].Summary != "SELECT books" || all[0].QueryGrowth != budgettest.Linear {
			t.Errorf("got %+v", all)
		}
	}).fails(t)
	if last.Err() == nil {
		t.Error("the context lives on")
	}
}

// A cleanup runs, too, when what came before ends the test.
func TestScaleCleansUp(t *testing.T) {
	cleaned := 0
	seed := func(tb budgettest.TB, _ int) (*shop, error) {
		tb.Cleanup(func() { cleaned++ })
		tb.Cleanup(func() { tb.Fatalf("enough") })
		return newShop(t, 1), nil
	}
	try(t, func(tb *fakeTB) {
		budgettest.Scale(tb, nil, seed, func(ctx context.Context, s *shop) error { return s.joined(ctx) })
	}).fails(t, "enough")
	if cleaned != 1 {
		t.Errorf("cleaned %d times", cleaned)
	}
}

// Fit on numbers: what each growth looks like, with offsets and thresholds.
func TestFit(t *testing.T) {
	for _, test := range []struct {
		sizes  []int
		counts []int64
		want   budgettest.Growth
	}{
		{[]int{1, 5, 25}, []int64{1, 1, 1}, budgettest.Constant},
		{[]int{1, 5, 25}, []int64{3, 2, 1}, budgettest.Constant},
		{[]int{1, 5, 25}, []int64{0, 0, 0}, budgettest.Constant},
		{[]int{1, 5, 25}, []int64{0, 1, 1}, budgettest.Constant}, // bounded
		{[]int{1, 3, 6}, []int64{0, 1, 1}, budgettest.Constant},
		{[]int{1, 3, 6}, []int64{1, 2, 2}, budgettest.Constant},
		{[]int{1, 5, 25}, []int64{1, 5, 5}, budgettest.Constant}, // LIMIT 5
		{[]int{1, 5, 25}, []int64{0, 12, 10}, budgettest.Constant},
		{[]int{1, 5, 25, 125}, []int64{0, 0, 1, 1}, budgettest.Constant},
		{[]int{1, 10, 11}, []int64{0, 2, 2}, budgettest.Linear}, // too close to tell that it ends
		{[]int{1, 3, 6}, []int64{0, 0, 1}, budgettest.PerBatch}, // one more in all
		{[]int{1, 2, 3}, []int64{1, 1, 2}, budgettest.PerBatch},
		{[]int{99, 100, 101}, []int64{1, 1, 2}, budgettest.PerBatch}, // ceil(n/100)
		{[]int{50, 150, 250}, []int64{1, 2, 3}, budgettest.PerBatch},
		{[]int{100, 300, 900}, []int64{1, 3, 9}, budgettest.PerBatch},
		{[]int{1, 5, 25}, []int64{30, 5, 25}, budgettest.Linear}, // a warm-up at the first size
		{[]int{1, 5, 25}, []int64{9, 5, 5}, budgettest.Constant},
		{[]int{1, 5, 25}, []int64{2, 1, 2}, budgettest.PerBatch},
		{[]int{1, 3, 6}, []int64{2, 1, 2}, budgettest.PerBatch},
		{[]int{1, 5, 25}, []int64{1, 3, 5}, budgettest.PerBatch}, // log n: a tree by level
		{[]int{1, 10, 100, 1000}, []int64{1, 4, 7, 10}, budgettest.PerBatch},
		{[]int{10, 100, 1000}, []int64{33, 66, 100}, budgettest.PerBatch},
		{[]int{1, 2, 3}, []int64{1, 2, 3}, budgettest.Linear}, // as much like n as like log n
		{[]int{1, 3, 6}, []int64{1, 2, 3}, budgettest.Linear},
		{[]int{1, 5, 25}, []int64{1, 5, 15}, budgettest.Linear}, // n, less and less of it
		{[]int{2, 8, 24}, []int64{0, 6, 22}, budgettest.Linear},
		{[]int{10, 100, 1000}, []int64{33, 664, 9966}, budgettest.Linear},   // n log n
		{[]int{20, 40, 60}, []int64{400, 1600, 3600}, budgettest.Quadratic}, // n² at close sizes
		{[]int{10, 11, 12}, []int64{100, 121, 144}, budgettest.Quadratic},
		{[]int{10, 11, 12}, []int64{5, 6, 7}, budgettest.Linear},
		{[]int{1, 2, 3}, []int64{1, 2, 4}, budgettest.Linear}, // one more is no bend
		{[]int{1, 5, 25}, []int64{1, 2, 25}, budgettest.Linear},
		{[]int{1, 5, 25}, []int64{1, 1, 3}, budgettest.PerBatch},
		{[]int{1, 5, 25}, []int64{1, 5, 25}, budgettest.Linear},
		{[]int{1, 5, 25}, []int64{3, 11, 51}, budgettest.Linear},
		{[]int{1, 5, 25}, []int64{0, 4, 24}, budgettest.Linear},
		{[]int{1, 5, 25}, []int64{0, 2, 12}, budgettest.Linear},
		{[]int{1, 5, 25}, []int64{1, 1, 25}, budgettest.Linear},      // from some size on
		{[]int{1, 5, 25}, []int64{0, 12, 116}, budgettest.Linear},    // n log n
		{[]int{1, 5, 25}, []int64{1, 25, 625}, budgettest.Quadratic}, // n²
		{[]int{1, 5, 25}, []int64{0, 10, 300}, budgettest.Quadratic}, // pairs
		{[]int{1, 5, 25}, []int64{11, 35, 635}, budgettest.Quadratic},
		{[]int{1, 5, 25}, []int64{0, 0, 25}, budgettest.Linear},
		{[]int{2, 4}, []int64{4, 16}, budgettest.Quadratic},
		{[]int{2, 4}, []int64{4, 8}, budgettest.Linear},
		{[]int{1, 10, 100, 1000}, []int64{1, 10, 100, 1000}, budgettest.Linear},
		{[]int{1, 10, 100, 1000}, []int64{1, 1, 1, 10}, budgettest.PerBatch},
		// Half as many again for each row is one border, twice the slope the other.
		{[]int{10, 100}, []int64{10, 149}, budgettest.Linear},
		{[]int{10, 100}, []int64{10, 150}, budgettest.Quadratic},
		{[]int{1, 5, 25}, []int64{1, 5, 44}, budgettest.Linear},
		{[]int{1, 5, 25}, []int64{1, 5, 45}, budgettest.Quadratic},
		{[]int{1, 10, 100, 1000}, []int64{1, 100, 10000, 1000000}, budgettest.Quadratic},
	} {
		var reports []*budget.Report
		for _, n := range test.counts {
			reports = append(reports, &budget.Report{Groups: []budget.Group{{Statement: &statement.Statement{Shape: "SELECT ?"}, Sums: budget.Sums{Queries: n}}}})
		}
		all, err := budgettest.Fit(test.sizes, reports)
		if err != nil || len(all) != 1 || all[0].QueryGrowth != test.want {
			t.Errorf("%v for %v: %+v, %v, want %v", test.counts, test.sizes, all, err, test.want)
		}
	}
}

func TestFitBadInput(t *testing.T) {
	full := &budget.Report{Truncated: budget.Truncated{Grouped: 3}}
	for want, f := range map[string]func() error{
		"the report for size 1 is nil": func() error { _, err := budgettest.Fit([]int{1, 2}, []*budget.Report{nil, full}); return err },
		"1 reports for 2 sizes":        func() error { _, err := budgettest.Fit([]int{1, 2}, []*budget.Report{full}); return err },
		"at size 2, 3 queries were more than a report tells apart": func() error {
			_, err := budgettest.Fit([]int{1, 2}, []*budget.Report{{}, full})
			return err
		},
	} {
		if err := f(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// A JOIN that multiplies two lists reads rows that nobody needs.
func TestScaleRows(t *testing.T) {
	rows := 0
	db := openFake(t, func(string) int { return rows })
	seed := func(_ budgettest.TB, n int) (*shop, error) {
		rows = n * n
		return &shop{db: db}, nil
	}
	run := func(ctx context.Context, s *shop) error { return s.joined(ctx) }
	try(t, func(tb *fakeTB) { budgettest.Scale(tb, nil, seed, run) }).fails(t, "quadratic", "1, 25, 625 rows at sizes 1, 5, 25")
	try(t, func(tb *fakeTB) {
		budgettest.Scale(tb, nil, seed, run, budgettest.Grows{Shape: "SELECT books", Rows: budgettest.Quadratic, Reason: "a matrix"})
	}).passes(t)
}

func TestGrowthString(t *testing.T) {
	for want, g := range map[string]budgettest.Growth{
		"constant": budgettest.Constant, "per batch": budgettest.PerBatch, "linear": budgettest.Linear, "quadratic": budgettest.Quadratic,
	} {
		if g.String() != want {
			t.Errorf("got %q", g)
		}
	}
}

func TestGrowthSurvivesJSON(t *testing.T) {
	in := []budgettest.Grows{{Shape: "SELECT a", Queries: budgettest.Linear, Rows: budgettest.Quadratic, Reason: "each has its own"}}
	text, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	var out []budgettest.Grows
	if err := json.Unmarshal(text, &out); err != nil || !slices.Equal(in, out) || !strings.Contains(string(text), `"queries":"linear"`) {
		t.Errorf("%s became %v: %v", text, out, err)
	}
	if err := json.Unmarshal([]byte(`[{"rows":"cubic"}]`), &out); err == nil {
		t.Error("an unknown growth was read")
	}
}

func TestGrowsAccepts(t *testing.T) {
	series := func(queries, rows budgettest.Growth) budgettest.Series {
		return budgettest.Series{Shape: "SELECT a FROM b", QueryGrowth: queries, RowGrowth: rows}
	}
	for _, test := range []struct {
		grows  budgettest.Grows
		series budgettest.Series
		want   bool
	}{
		{budgettest.Grows{Shape: "FROM b"}, series(budgettest.PerBatch, budgettest.Linear), true},
		{budgettest.Grows{Shape: "FROM b"}, series(budgettest.Linear, budgettest.Linear), false},
		{budgettest.Grows{Shape: "FROM b", Queries: budgettest.Linear}, series(budgettest.Linear, budgettest.Linear), true},
		{budgettest.Grows{Shape: "FROM b", Queries: budgettest.Linear}, series(budgettest.Linear, budgettest.Quadratic), false},
		{budgettest.Grows{Shape: "FROM c", Queries: budgettest.Quadratic}, series(budgettest.Linear, budgettest.Constant), false},
	} {
		if got := test.grows.Accepts(test.series); got != test.want {
			t.Errorf("%+v, %+v: %v", test.grows, test.series, got)
		}
	}
}
