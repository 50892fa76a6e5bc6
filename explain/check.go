package explain

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/querybudget/querybudget/budget"
)

// Check plans the statements of a report and returns a copy of it with findings of kind
// missing-index: for each read, UPDATE, DELETE and INSERT whose table is read whole although
// a condition could narrow it. It needs the texts of the statements, see
// [budget.Bounds.Texts], and looks at those on databases of the planner's kind. Each text
// is planned once. A verdict that depends on a value is made with the values of a query
// that ran, where the handle keeps them, and is otherwise a finding that is a hint.
//
// The error joins what could not be judged at all: a statement that the database did not
// plan, a text that was not kept, or a report of which nothing could be judged. The report
// is returned with what was found all the same, unless it is nil.
func Check(ctx context.Context, p Planner, report *budget.Report) (*budget.Report, error) {
	return Options{}.Check(ctx, p, report)
}

// Check is like the function of that name, with options.
func (o Options) Check(ctx context.Context, p Planner, report *budget.Report) (*budget.Report, error) {
	if p == nil || report == nil {
		return report, errors.New("explain: Check needs a Planner, as explain.SQL makes it, and a report")
	}
	out := *report
	out.Groups = slices.Clone(report.Groups)
	c := &checker{options: o, report: &out, known: map[string]*judged{}}
	ctx = budget.Without(ctx)
	if err := p.Session(ctx, func(send run) (err error) {
		if c.session, err = o.newSession(ctx, p, send); err == nil {
			c.groups(ctx)
		}
		return err
	}); err != nil {
		return report, err
	}
	out.Planned = true
	out.Findings = o.Rules.Findings(&out)
	return &out, errors.Join(c.problems...)
}

// checker plans the groups of a report.
type checker struct {
	options  Options
	session  *session
	report   *budget.Report
	known    map[string]*judged // by text
	problems []error
	planned  int
	decided  int
}

// judged is a text that was planned, or was not.
type judged struct {
	result *Result
	err    error
}

func (c *checker) groups(ctx context.Context) {
	disturbance := disturbed(c.report)
	for i := range c.report.Groups {
		if g := &c.report.Groups[i]; c.isPlanned(g) {
			g.FullReads = c.group(ctx, i, g, disturbance)
		}
	}
	if c.planned > 0 && c.decided == 0 && len(c.problems) == 0 {
		c.problems = append(c.problems, fmt.Errorf("explain: nothing is known of the plans of all %d statements", c.planned))
	}
}

// isPlanned reports whether a group is one of statements that have a plan, on a database
// of the planner's kind.
func (c *checker) isPlanned(g *budget.Group) bool {
	if g.Overflow || g.Statement == nil || g.Queries == 0 || !sameSystem(g.System, c.session.system.name()) {
		return false
	}
	switch g.Verb {
	case "SELECT", "VALUES", "TABLE", "UPDATE", "DELETE", "INSERT":
		return len(g.Tables) > 0
	}
	return false
}

// sameSystem: a handle calls MariaDB MySQL, because it has one driver for both.
func sameSystem(a, b string) bool {
	a, b = strings.Replace(a, "mariadb", "mysql", 1), strings.Replace(b, "mariadb", "mysql", 1)
	return a == "" || a == b
}

// group judges the statement of a group.
func (c *checker) group(ctx context.Context, i int, g *budget.Group, disturbance string) []budget.FullRead {
	c.planned++
	if disturbance != "" {
		return []budget.FullRead{unknownRead(g, disturbance)}
	}
	if g.SQL == "" {
		c.problem(g, errors.New("its text was not kept: set budget.Bounds.Texts, and use a wrapper that hands texts over"))
		return nil
	}
	j := c.known[g.SQL]
	if j == nil {
		j = &judged{}
		j.result, j.err = c.plan(ctx, g, i)
		c.known[g.SQL] = j
	}
	switch {
	case errors.Is(j.err, ErrRefused):
		return []budget.FullRead{unknownRead(g, j.err.Error())}
	case j.err != nil:
		c.problem(g, j.err)
		return nil
	}
	return c.reads(g, j.result)
}

func (c *checker) problem(g *budget.Group, err error) {
	c.problems = append(c.problems, fmt.Errorf("%s at %v: %w", g.Summary, g.CallSite(), err))
}

// plan plans without values, and with those of a query if they decide.
func (c *checker) plan(ctx context.Context, g *budget.Group, i int) (*Result, error) {
	result, err := c.session.result(ctx, g.SQL, nil)
	if err == nil && result.Verdict != Unknown {
		return result, nil
	}
	if errors.Is(err, ErrRefused) {
		return nil, err
	}
	values := c.valuesOf(i)
	if values == nil {
		return result, err
	}
	return c.session.result(ctx, g.SQL, values)
}

// valuesOf returns the arguments of a query of a group, nil if they were not kept.
func (c *checker) valuesOf(group int) []any {
	for i := range c.report.Queries {
		if q := &c.report.Queries[i]; q.Group == group && len(q.Values) > 0 && len(q.Values) == c.session.params {
			return q.Values
		}
	}
	return nil
}

// reads are the tables that are read whole, and those of which it is not known.
func (c *checker) reads(g *budget.Group, r *Result) []budget.FullRead {
	if r.Verdict != Unknown {
		c.decided++
	}
	var out []budget.FullRead
	if r.Reason != "" {
		out = append(out, unknownRead(g, r.Reason))
	}
	for i := range r.Tables {
		a := &r.Tables[i]
		if a.Verdict != Unknown && !a.Verdict.IsFault() || c.options.isSmall(a) {
			continue
		}
		read := budget.FullRead{Table: a.Relation, Confidence: budget.Certain, Text: a.seen(), Repair: a.repair()}
		switch a.Verdict {
		case Unknown:
			read.Confidence = budget.Hint
		case Unusable:
			read.Confidence = budget.Candidate
		}
		if !slices.Contains(out, read) {
			out = append(out, read)
		}
	}
	return out
}

// isSmall reports whether a table stays small.
func (o Options) isSmall(a *Access) bool {
	return slices.ContainsFunc(o.SmallTables, func(name string) bool {
		return strings.EqualFold(name, a.Relation) || strings.EqualFold(name, a.Schema+"."+a.Relation)
	})
}

func unknownRead(g *budget.Group, why string) budget.FullRead {
	table := ""
	if len(g.Tables) > 0 {
		table = g.Tables[0]
	}
	return budget.FullRead{Table: table, Confidence: budget.Hint, Text: "it is not known how it is read: " + why}
}

// disturbed says what a unit did to the schema that others see not, or not so; empty if it
// did nothing of the kind. The plans of its statements are then those of other tables.
func disturbed(r *budget.Report) string {
	for i := range r.Groups {
		g := &r.Groups[i]
		if g.Statement == nil {
			continue
		}
		text := strings.ToLower(g.SQL + " " + g.Shape)
		switch {
		case slices.Contains([]string{"CREATE", "ALTER", "DROP", "USE", "ATTACH"}, g.Verb),
			strings.Contains(text, "search_path"), strings.HasPrefix(text, "use "), strings.HasPrefix(text, "attach "):
			return "the unit changed the schema that its statements see, with " + g.Summary + " at " + g.CallSite().String()
		}
	}
	return ""
}
