package budgettest

import (
	"context"
	"fmt"
	"strings"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/internal/oneline"
)

// Scale runs code on growing data and fails the test if the number of one of its
// statements grows with the data, naming the line: at one call site, at all levels of a
// recursion, or at all of its call sites together. It fails, too, if the number of all
// queries grows because more and more statements run, such as one for each customer's
// table. A number that grows by batches may, one that is bounded, and rows that grow with
// the data, but not faster.
//
// For each size, seed makes fresh data of that size and returns what run works
// with: a store on a [Tx], on a [SQLite] file, or on anything else. Its t ends with
// the size, so a [Tx] is rolled back before the next one. Run is called with a
// context that counts and ends with the size; queries without it are not seen. Errors of both fail the
// test. Nil sizes are 1, 5 and 25. The first size is done once before, uncounted,
// to fill caches.
//
// What is to grow is declared with [Grows]. Scale returns what it saw, those that
// grow fastest first, also when the test failed. Findings and budgets are not
// judged; that is for [Check] and [Run].
func Scale[D any](
	t TB,
	sizes []int,
	seed func(t TB, n int) (D, error),
	run func(ctx context.Context, data D) error,
	accepted ...Grows,
) []Series {
	t.Helper()
	if seed == nil || run == nil {
		t.Fatalf("budgettest: Scale needs a function that makes data and one that runs")
	}
	if sizes == nil {
		sizes = []int{1, 5, 25}
	}
	if err := checkSizes(sizes); err != nil {
		t.Fatalf("%v", err)
	}
	for _, a := range accepted {
		if strings.TrimSpace(a.Shape) == "" || a.Reason == "" || a.Queries <= PerBatch && a.Rows <= Linear {
			t.Fatalf(
				"budgettest: Grows needs a Shape, a Reason, and a growth above what is accepted anyway: Queries: budgettest.Linear, or Rows: budgettest.Quadratic",
			)
		}
	}
	atSize(t, sizes[0], seed, run) // caches are filled
	var reports []*budget.Report
	for _, n := range sizes {
		report := atSize(t, n, seed, run)
		saveReport(t, entry{Check: "scale", Size: n, Grows: accepted, Report: report})
		reports = append(reports, report)
	}
	all, err := Fit(sizes, reports)
	if err != nil {
		t.Fatalf("%v", err)
	}
	sortSeries(all)
	var across budget.Across
	for _, r := range reports {
		across.Add(r)
	}
	problems, constant := judgeGrowth(sizes, all, across.Findings(), accepted)
	if len(all) == 0 {
		problems = append(problems, problem{name: "nothing", text: noQueries})
	}
	if len(problems) > 0 {
		t.Errorf("%s", scaleText(t.Name(), problems, constant))
	}
	return all
}

// atSize runs one size on fresh data, which is gone afterwards.
func atSize[D any](t TB, n int, seed func(TB, int) (D, error), run func(context.Context, D) error) *budget.Report {
	t.Helper()
	scoped := &scopedTB{TB: t}
	defer scoped.end()
	data, err := seed(scoped, n)
	if err != nil {
		t.Fatalf("budgettest: Scale: make data of size %d: %v", n, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ctx, r := begin(ctx, fmt.Sprintf("%s at size %d", t.Name(), n), false)
	if err := run(ctx, data); err != nil {
		t.Fatalf("budgettest: Scale: run at size %d: %v", n, err)
	}
	return finalReport(r)
}

// scopedTB is a test that ends before the test around it does.
type scopedTB struct {
	TB
	cleanups []func()
}

// Cleanup registers a function to be called when the size is done, the last one
// first.
func (s *scopedTB) Cleanup(f func()) { s.cleanups = append(s.cleanups, f) }

// end calls the cleanups, all of them also if one panics or fails the test at once.
func (s *scopedTB) end() {
	last := len(s.cleanups) - 1
	if last < 0 {
		return
	}
	f := s.cleanups[last]
	s.cleanups = s.cleanups[:last]
	defer s.end()
	f()
}

// scaleText lists what grows. What is constant is a number.
func scaleText(subject string, problems []problem, constant int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "budgettest: %s does not scale:\n", oneline.Text(subject))
	f := failure{problems: problems}
	f.writeProblems(&b)
	if constant > 0 {
		fmt.Fprintf(
			&b,
			"%s not grow with the data.\n",
			plural(int64(constant), "other statement does", "other statements do"),
		)
	}
	b.WriteString(
		"If growth is right, declare it: budgettest.Grows{Shape: \"SELECT ...\", Queries: budgettest.Linear, Reason: \"...\"}",
	)
	return b.String()
}
