package budget

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxFindings is the number of findings in a report. Those that cost most come
// first.
const maxFindings = 100

// finder applies the rules to a report.
type finder struct {
	rules  Rules
	report *Report
	found  []Finding
	of     []int // the group of each finding, -1 for none
	loops  []*loopGroup
	leads  []foundLoop // the findings of loops, in their order
	// inLoop tells, for a group, the finding of the loop that sends it, from 1; nil without
	// loops.
	inLoop  []int
	queries [][]*Query // in detail, by group; nil before they are asked for
	setUp   []bool     // by group; nil before it is asked for
}

// noGroup is where a finding is about no group.
const noGroup = -1

// compareFindings gives findings one order: by rank, and then by the time they cost.
func compareFindings(a, b Finding) int {
	return cmp.Or(
		cmp.Compare(a.rank(), b.rank()),
		cmp.Compare(b.cost(), a.cost()),
		cmp.Compare(b.Count, a.Count),
		cmp.Compare(a.First, b.First),
		cmp.Compare(a.Kind, b.Kind),
		cmp.Compare(a.Shape, b.Shape),
	)
}

// cost is the time of what a finding is about, of the reads of a loop, too.
func (f *Finding) cost() time.Duration {
	if f.Reads != nil {
		return f.Time + f.Reads.Time
	}
	return f.Time
}

// rank puts what is allowed last, and hints after the others.
func (f *Finding) rank() int {
	switch {
	case f.Allowed != nil:
		return 2
	case f.Confidence == Hint:
		return 1
	default:
		return 0
	}
}

// add adds a finding about a group.
func (f *finder) add(out Finding, group int) {
	f.found = append(f.found, out)
	f.of = append(f.of, group)
}

// addLoop adds the finding of a loop, which is about all groups that the loop sends.
func (f *finder) addLoop(out Finding, g *loopGroup, others []*loopGroup) {
	f.leads = append(f.leads, foundLoop{len(f.found), g, others})
	f.add(out, g.members[0])
	f.isInLoop(g)
	for _, other := range others {
		f.isInLoop(other)
	}
}

// isInLoop takes note that the latest finding is about a loop's groups too.
func (f *finder) isInLoop(g *loopGroup) {
	if f.inLoop == nil {
		f.inLoop = make([]int, len(f.report.Groups))
	}
	for _, i := range g.members {
		f.inLoop[i] = len(f.found)
	}
}

// loopOfGroup returns the finding of the loop that sends a group, from 1; 0 for none.
func (f *finder) loopOfGroup(group int) int {
	if f.inLoop == nil {
		return 0
	}
	return f.inLoop[group]
}

// evidence makes a finding of a group.
func (f *finder) evidence(g *Group, kind FindingKind, c Confidence, count int64) Finding {
	out := Finding{
		Kind: kind, Confidence: c, Shape: g.Shape, Summary: g.Summary, Database: g.Database, System: g.System,
		Count: count, Distinct: g.Distinct, Rows: g.Rows, Time: g.Time, Worst: g.Slowest,
		First: g.First, Last: g.Last, Parallel: g.Parallel, InTransaction: g.InTransaction, CallsOut: g.CallsOut, stack: g.stack,
	}
	if total := f.report.Totals.Time; total > 0 {
		out.Share = min(1, float64(g.Time)/float64(total))
	}
	return out
}

// find returns the finding of a kind about a group, nil if there is none.
func (f *finder) find(kind FindingKind, group int) *Finding {
	for i := range f.found {
		if f.of[i] == group && f.found[i].Kind == kind {
			return &f.found[i]
		}
	}
	return nil
}

// each calls a rule for each group that has a statement, and those that were executed
// at least once.
func (f *finder) each(rule func(i int, g *Group)) {
	for i := range f.report.Groups {
		if g := &f.report.Groups[i]; !g.Overflow && g.Queries > 0 {
			rule(i, g)
		}
	}
}

// anyGroup reports whether something is true of a group.
func (f *finder) anyGroup(isIt func(i int, g *Group) bool) bool {
	for i := range f.report.Groups {
		if g := &f.report.Groups[i]; !g.Overflow && g.Queries > 0 && isIt(i, g) {
			return true
		}
	}
	return false
}

// at returns the query at a position, nil if it is not kept in detail.
func (f *finder) at(position int64) *Query {
	i, found := slices.BinarySearchFunc(
		f.report.Queries,
		position,
		func(q Query, p int64) int { return cmp.Compare(q.Position, p) },
	)
	if !found {
		return nil
	}
	return &f.report.Queries[i]
}

func related(g *Group, why string) *Related {
	return &Related{
		Shape:    g.Shape,
		Summary:  g.Summary,
		Position: g.First,
		Count:    g.Queries,
		Rows:     g.Rows,
		Why:      why,
		stack:    g.stack,
	}
}

func relatedQuery(q *Query, why string) *Related {
	return &Related{
		Shape:    q.Shape,
		Summary:  q.Summary,
		Position: q.Position,
		Count:    1,
		Rows:     q.Rows,
		Why:      why,
		stack:    q.stack,
	}
}

// isIntrospection reports whether all tables are those that describe a database.
func isIntrospection(tables []string) bool {
	for _, t := range tables {
		schema, table, qualified := strings.Cut(strings.ToLower(t), ".")
		if !qualified {
			table = schema
		}
		if schema != "information_schema" && !strings.HasPrefix(table, "pg_") && !strings.HasPrefix(table, "sqlite_") &&
			schema != "sys" {
			return false
		}
	}
	return len(tables) > 0
}

// plural counts things: "1 query", "2 queries".
func plural(n int64, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return strconv.FormatInt(n, 10) + " " + thing + "s"
}
