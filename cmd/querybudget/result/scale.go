package result

import (
	"fmt"
	"strings"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/budget/budgettest"
)

// scale is one call of budgettest.Scale: reports at growing sizes.
type scale struct {
	unit, test string
	sizes      []int
	reports    []*budget.Report
	grows      []budgettest.Grows
}

// addSize adds a report to the scale of its test. A size that does not grow begins another
// one: the test ran twice, or calls Scale twice.
func (c *Collector) addSize(o *Origin, r *budget.Report) {
	name := o.test()
	s := c.scales[name]
	if s == nil || o.Size <= s.sizes[len(s.sizes)-1] {
		if s != nil {
			c.rename(name)
		}
		s = &scale{unit: o.Unit(r), test: name, grows: o.Grows}
		c.scales[name] = s
		c.order = append(c.order, name)
	}
	s.sizes, s.reports = append(s.sizes, o.Size), append(s.reports, r)
}

// rename puts an earlier scale of a test aside.
func (c *Collector) rename(name string) {
	for i := range c.order {
		if c.order[i] == name {
			c.order[i] = fmt.Sprintf("%s\x00%d", name, i)
			c.scales[c.order[i]] = c.scales[name]
			return
		}
	}
}

// fitScales adds growth to the entries of statements, and an entry for each statement
// that grows.
func (c *Collector) fitScales() error {
	for _, name := range c.order {
		s := c.scales[name]
		if len(s.sizes) < 2 {
			continue // it broke off
		}
		all, err := budgettest.Fit(s.sizes, s.reports)
		if err != nil {
			return fmt.Errorf("%s: %w", s.test, err)
		}
		for _, one := range all {
			c.grow(s, &one)
		}
	}
	c.scales, c.order = nil, nil
	return nil
}

func (c *Collector) grow(s *scale, one *budgettest.Series) {
	last := len(one.Queries) - 1
	e := at(Statement, one.Shape, one.CallSite)
	e.Unit, e.Tests, e.Places = s.unit, []string{s.test}, 1
	e.Summary, e.Database, e.Count, e.Rows = one.Summary, one.Database, one.Queries[last], one.Rows[last]
	e.Grows, e.RowsGrow, e.GrowthKnown = one.QueryGrowth, one.RowGrowth, true
	c.Put(e)
	if one.QueryGrowth <= budgettest.PerBatch && one.RowGrowth <= budgettest.Linear {
		return
	}
	e.Kind, e.Confidence = Growth, budget.Candidate
	e.Message, e.Repair = growthText(s.sizes, one)
	for _, g := range s.grows {
		if g.Accepts(*one) {
			e.Allowed = g.Reason
		}
	}
	c.Put(e)
}

func growthText(sizes []int, s *budgettest.Series) (message, repair string) {
	if s.QueryGrowth > budgettest.PerBatch {
		return fmt.Sprintf("%s queries at sizes %s: %s", list(s.Queries), list(sizes), s.QueryGrowth), "ask once for all rows (JOIN, IN)"
	}
	return fmt.Sprintf("%s rows at sizes %s: %s", list(s.Rows), list(sizes), s.RowGrowth), "look for a JOIN that multiplies the rows of two lists"
}

func list[N int | int64](numbers []N) string {
	parts := make([]string, len(numbers))
	for i, n := range numbers {
		parts[i] = fmt.Sprint(n)
	}
	return strings.Join(parts, ", ")
}
