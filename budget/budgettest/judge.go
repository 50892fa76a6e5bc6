package budgettest

import (
	"fmt"
	"slices"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
)

// growthJudge collects what grows and is not accepted.
type growthJudge struct {
	sizes    []int
	above    above
	loops    []budget.Covariation // what the sizes together show
	accepted []Grows
	used     []bool // of accepted
	problems []problem
}

// judgeGrowth returns what grows and is not accepted, and what is accepted in vain. It
// looks at each statement at each call site, at the levels of a recursion together, at
// each statement at all of its call sites, and at all that is left. Constant is the number
// of statements that do not grow.
func judgeGrowth(sizes []int, all []Series, loops []budget.Covariation, accepted []Grows) (problems []problem, constant int) {
	series, sites := make([]*Series, len(all)), make([]callsite.CallSite, len(all))
	for i := range all {
		series[i], sites[i] = &all[i], all[i].CallSite
	}
	j := &growthJudge{sizes: sizes, above: newAbove(sites), loops: loops, accepted: accepted, used: make([]bool, len(accepted))}
	var rest []*Series
	for _, members := range partsBy(series, byStatement) {
		if !j.statement(members) {
			rest = append(rest, members...)
		}
	}
	if !j.inAll(rest) {
		constant = len(partsBy(rest, byStatement))
	}
	j.stale()
	return j.problems, constant
}

// statement judges a statement at all of its call sites. It reports whether its number
// grows, accepted or not.
func (j *growthJudge) statement(members []*Series) (grows bool) {
	var worst, worstRows Growth
	for _, levels := range partsBy(members, byRecursion) {
		for _, s := range j.shown(levels) {
			worst, worstRows = max(worst, s.QueryGrowth), max(worstRows, s.RowGrowth)
			j.series(s)
		}
	}
	t := newTotal(j.sizes, members, perTwo)
	if t.QueryGrowth > worst && (worst > PerBatch || t.growsByNewcomers(j.sizes, perTwo)) {
		worst = t.QueryGrowth
		j.queries(&t.Series, j.lines(t))
	}
	if t.RowGrowth > worstRows {
		j.rows(&t.Series, j.lines(t))
	}
	return worst > PerBatch
}

// shown returns what to judge of the levels of a recursion: each by itself, or their
// total, where that says more or the same of several.
func (j *growthJudge) shown(levels []*Series) []*total {
	var out []*total
	var worst Growth
	growing := 0
	for _, s := range levels {
		worst = max(worst, s.QueryGrowth)
		if s.QueryGrowth > PerBatch {
			growing++
		}
		out = append(out, &total{*s, []*Series{s}})
	}
	if len(levels) == 1 {
		return out
	}
	t := newTotal(j.sizes, levels, perTen)
	several := growing > 1 && t.QueryGrowth >= worst
	more := growing == 1 && t.QueryGrowth > worst
	if several || more || growing == 0 && t.growsByNewcomers(j.sizes, perTen) {
		return []*total{t}
	}
	return out
}

func (j *growthJudge) series(t *total) {
	where := j.lines(t)
	j.queries(&t.Series, where)
	j.rows(&t.Series, where)
}

// queries judges a number of queries.
func (j *growthJudge) queries(s *Series, where string) {
	if s.QueryGrowth <= j.allowed(s, PerBatch, s.QueryGrowth, func(a *Grows) Growth { return a.Queries }) {
		return
	}
	j.add(s.QueryGrowth, fmt.Sprintf(
		"%s: %s queries at %s: %s grows with the data%s", where, list(s.Queries), atSizes(j.sizes), s.Summary, j.eachOf(s),
	), s.advice())
}

// eachOf says whose rows a statement goes through, where the sizes together show it.
func (j *growthJudge) eachOf(s *Series) string {
	for i := range j.loops {
		c := &j.loops[i]
		if c.Parent == nil || c.Shape != s.Shape || c.CallSite().Frame != s.CallSite.Frame {
			continue
		}
		site := c.Parent.CallSite()
		return fmt.Sprintf(", %d for each row of %s at %s:%d", c.Each, c.Parent.Summary, site.File, site.Line)
	}
	return ""
}

// rows judges a number of rows.
func (j *growthJudge) rows(s *Series, where string) {
	if s.RowGrowth <= j.allowed(s, Linear, s.RowGrowth, func(a *Grows) Growth { return a.Rows }) {
		return
	}
	j.add(s.RowGrowth, fmt.Sprintf(
		"%s: %s rows at %s: %s", where, list(s.Rows), atSizes(j.sizes), s.Summary,
	), "look for a JOIN that multiplies the rows of two lists, or a list that is read again and again")
}

// allowed returns the growth that is accepted, and takes note of what accepts it.
func (j *growthJudge) allowed(s *Series, always, seen Growth, of func(*Grows) Growth) Growth {
	most := always
	for i := range j.accepted {
		a := &j.accepted[i]
		if s.is(a.Shape) {
			j.used[i] = j.used[i] || seen > always && of(a) > always
			most = max(most, of(a))
		}
	}
	return most
}

// inAll judges statements of which none grows: with the data, more and more of them run,
// as with a table for each customer. It reports whether they do, accepted or not.
func (j *growthJudge) inAll(rest []*Series) (grows bool) {
	if !j.growInAll(rest) {
		return false
	}
	rest = slices.DeleteFunc(slices.Clone(rest), func(s *Series) bool {
		return j.allowed(s, PerBatch, Linear, func(a *Grows) Growth { return a.Queries }) > PerBatch
	})
	if !j.growInAll(rest) {
		return true
	}
	t, fresh := newTotal(j.sizes, rest, perTwo), newcomers(rest)
	j.problems = append(j.problems, problem{
		name: t.QueryGrowth.String(),
		text: fmt.Sprintf(
			"in all: %s queries at %s: no statement grows, but %d of them run at a larger size only, such as",
			list(t.Queries), atSizes(j.sizes), len(partsBy(fresh, byStatement)),
		),
		more: append(j.examples(fresh), "-> one statement for all rows would do; if the number is bounded, a larger size shows it"),
	})
	return true
}

func (j *growthJudge) growInAll(all []*Series) bool {
	return len(all) > 1 && newTotal(j.sizes, all, perTwo).growsByNewcomers(j.sizes, perTwo)
}

// maxExamples is the number of statements that stand for many.
const maxExamples = 3

func (j *growthJudge) examples(all []*Series) (out []string) {
	for _, s := range all[:min(len(all), maxExamples)] {
		out = append(out, fmt.Sprintf("%s: %s queries: %s", j.above.line(s.CallSite), list(s.Queries), cut(s.Shape)))
	}
	return out
}

// stale tells what is accepted in vain: it would hide what grows next.
func (j *growthJudge) stale() {
	for i, a := range j.accepted {
		if !j.used[i] {
			j.problems = append(j.problems, problem{
				name: "stale",
				text: fmt.Sprintf("nothing that is %q grows more than it may, as accepted for %q: take it out", a.Shape, a.Reason),
			})
		}
	}
}

// lines says where the members of a total are.
func (j *growthJudge) lines(t *total) string {
	line := j.above.line(t.CallSite)
	levels, lines := len(t.members), len(partsBy(t.members, byRecursion))
	switch {
	case lines > 1:
		return fmt.Sprintf("%s and %s", line, plural(int64(lines-1), "other call site", "other call sites"))
	case levels > 1:
		return fmt.Sprintf("%s, %d deep", line, levels)
	default:
		return line
	}
}

func (j *growthJudge) add(g Growth, text, advice string) {
	j.problems = append(j.problems, problem{name: g.String(), text: text, more: []string{"-> " + advice}})
}
