package budget

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/statement"
)

// maxFindings is the number of findings in a report. Those that cost most come
// first.
const maxFindings = 100

// findings applies the rules to what was recorded, and returns the findings and
// how many more there were. It is called with the unit's lock held.
func (r *Recorder) findings(groups []joined, total time.Duration) (found []Finding, cut int) {
	if r.unit.options.Rules.Off {
		return nil, 0
	}
	f := finder{rules: r.unit.options.Rules, account: r.counted(), groups: groups, total: total}
	f.nPlusOne()
	f.duplicates()
	f.writeLoops()
	f.nested()
	f.certain()
	f.sequences()
	f.stars()
	f.lostContexts()
	f.allow(r.allowed, time.Now())
	slices.SortStableFunc(f.found, compareFindings)
	n := min(len(f.found), maxFindings)
	return f.found[:n], len(f.found) - n
}

// compareFindings: what is allowed comes last, hints after the others, and then
// what happened most often comes first.
func compareFindings(a, b Finding) int {
	rank := func(f *Finding) int {
		switch {
		case f.Allowed != nil:
			return 2
		case f.Confidence == Hint:
			return 1
		default:
			return 0
		}
	}
	return cmp.Or(cmp.Compare(rank(&a), rank(&b)), cmp.Compare(b.Count, a.Count), cmp.Compare(a.First, b.First),
		cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Shape, b.Shape))
}

// finder applies the rules.
type finder struct {
	rules   Rules
	account *account
	groups  []joined
	total   time.Duration
	found   []Finding
	covered [][]*allowance // of each finding
	loops   []*joined
}

// evidence makes a finding of a group.
func (f *finder) evidence(g *joined, kind FindingKind, c Confidence, count int64) Finding {
	out := Finding{
		Kind: kind, Confidence: c, Shape: g.Shape, Summary: g.Summary, Database: g.Database, System: g.System,
		Count: count, Distinct: g.distinct(), Rows: g.Rows, Time: g.Time, Worst: g.Slowest,
		First: g.First, Last: g.Last, Parallel: g.sums.parallel, InTransaction: g.sums.inTransaction, database: g.database(), stack: g.stack,
	}
	if f.total > 0 {
		out.Share = min(1, float64(g.Time)/float64(f.total))
	}
	return out
}

func (f *finder) add(out Finding, allowances []*allowance) {
	f.found = append(f.found, out)
	f.covered = append(f.covered, allowances)
}

// duplicates: reads that were answered before.
func (f *finder) duplicates() {
	for i := range f.groups {
		g := &f.groups[i]
		if g.Overflow || g.Duplicates+1 < int64(f.rules.Duplicate) || g.Duplicates == 0 || isIntrospection(g.Tables) ||
			f.find(NPlusOne, g.Shape, g.database(), g.stack) != nil { // whose repair is also this one's
			continue
		}
		out := f.evidence(g, Duplicate, Candidate, g.Duplicates)
		out.Repair = fmt.Sprintf("keep the first result and pass it on, or cache it: saves %s", plural(g.Duplicates, "round trip"))
		f.add(out, g.allowances())
	}
}

// writeLoops: one write for each item.
func (f *finder) writeLoops() {
	for i := range f.groups {
		g := &f.groups[i]
		if g.Overflow || g.Kind != statement.Write || g.Queries < int64(f.rules.WriteLoop) ||
			g.distinct() < min(int64(f.rules.WriteLoop), fewArguments) || g.statement().Batched || isMigration(g.Tables) {
			continue
		}
		out := f.evidence(g, WriteLoop, Candidate, g.Queries)
		out.Repair = writeRepair(g)
		f.add(out, g.allowances())
	}
}

// nested: a query while rows are open.
func (f *finder) nested() {
	for i := range f.account.nestings {
		n := &f.account.nestings[i]
		inner, outer := f.groupOf(n.inner), f.groupOf(n.outer)
		if inner == nil || outer == nil || inner.sums.parallel || outer.sums.parallel || !n.isInside() {
			continue
		}
		if outer.sums.open > 0 {
			continue // rows that nobody closes are a finding of their own
		}
		if old := f.find(NestedQuery, inner.Shape, inner.database(), inner.stack); old != nil {
			old.Count += n.count
			continue
		}
		out := f.evidence(inner, NestedQuery, Candidate, n.count)
		out.Parent = related(outer, "its rows were open")
		out.Repair = "read all rows and close them before the next query, or use one query with JOIN: each unit holds two connections, and units that hold one each wait for ever when the pool is full"
		f.add(out, inner.allowances())
	}
}

// find returns the finding of a kind, statement, database and call site, or nil.
func (f *finder) find(kind FindingKind, shape string, d *Database, stack *callsite.Stack) *Finding {
	for i := range f.found {
		old := &f.found[i]
		if old.Kind == kind && old.Shape == shape && old.database == d && old.stack.Key() == stack.Key() {
			return old
		}
	}
	return nil
}

func (f *finder) groupOf(o *origin) *joined {
	for i := range f.groups {
		g := &f.groups[i]
		if g.database() == o.database && g.Fingerprint == o.statement.Fingerprint && g.stack.Key() == o.stack.Key() && !g.Overflow {
			return g
		}
	}
	return nil
}

// certain are the kinds that need no interpretation.
func (f *finder) certain() {
	for i := range f.groups {
		g := &f.groups[i]
		if g.Overflow {
			continue
		}
		if g.sums.open > 0 {
			out := f.evidence(g, UnclosedRows, Certain, int64(g.sums.open))
			out.Repair = "defer rows.Close() where the rows are opened: until then each result holds a connection"
			f.add(out, g.allowances())
		}
		if g.sums.slowestExec > f.rules.Slow {
			out := f.evidence(g, Slow, Certain, 1)
			out.Worst = g.sums.slowestExec
			out.Repair = fmt.Sprintf("look at its plan with EXPLAIN; an index on the columns it filters by is the usual answer (%v, %v allowed)",
				g.sums.slowestExec.Round(time.Millisecond), f.rules.Slow)
			f.add(out, g.allowances())
		}
		if g.sums.mostRows > int64(f.rules.LargeResult) {
			out := f.evidence(g, LargeResult, Certain, 1)
			out.Rows = g.sums.mostRows
			out.Repair = fmt.Sprintf("page with LIMIT, filter, or aggregate in SQL (%d rows in one result, %d allowed)", g.sums.mostRows, f.rules.LargeResult)
			f.add(out, g.allowances())
		}
	}
}

// stars: reads of all columns.
func (f *finder) stars() {
	for i := range f.groups {
		g := &f.groups[i]
		if g.Overflow || !g.statement().Star || len(g.Tables) == 0 || isIntrospection(g.Tables) {
			continue
		}
		out := f.evidence(g, SelectStar, Hint, g.Queries)
		out.Repair = "name the columns: what is added to the table later is then neither read nor sent"
		f.add(out, g.allowances())
	}
}

// lostContexts: queries that ran unattributed since the unit first used their
// database, from code below the same function as the unit's own. Which unit they
// belong to cannot be told; that the context is lost on their line can.
func (f *finder) lostContexts() {
	for _, seen := range f.account.databases {
		since := seen.database.unattributed.queries.Load() - seen.before
		if since <= 0 {
			continue
		}
		for _, s := range seen.database.unattributed.all() {
			site := s.stack.CallSite()
			if s.latest.Load() <= seen.before {
				continue // it ran before the unit did, such as a test's preparations
			}
			if site.IsZero() || site.Library || !f.runsBeside(s.stack) {
				continue
			}
			f.add(Finding{
				Kind: LostContext, Confidence: Candidate, Shape: s.statement.Shape, Summary: s.statement.Summary,
				Database: seen.database.name, System: seen.database.system, Count: min(since, s.queries.Load()),
				Repair: "pass the request's context: use the methods that end in Context, with the ctx of the handler", stack: s.stack,
			}, nil)
		}
	}
}

// runsBeside reports whether the unit's own queries come from below the same
// function as a stack.
func (f *finder) runsBeside(stack *callsite.Stack) bool {
	return slices.ContainsFunc(f.groups, func(g joined) bool {
		site, other := stack.CallSite(), g.stack.CallSite()
		return !g.Overflow && (other.Below(site) || site.Below(other))
	})
}

// allow marks what is allowed, and reports the allowances that matched nothing.
func (f *finder) allow(allowed []*allowance, now time.Time) {
	used := make(map[*allowance]bool)
	for i := range f.found {
		f.found[i].cover(f.covered[i], now, used)
	}
	for _, a := range allowed {
		if !used[a] {
			f.found = append(f.found, Finding{
				Kind: StaleAllowance, Confidence: Hint, Count: 1, stack: a.stack,
				Note:   fmt.Sprintf("nothing of kind %s was found under the allowance %q", a.Kind, a.Reason),
				Repair: "take the allowance out, if that is so for every request",
			})
		}
	}
}

func related(g *joined, why string) *Related {
	return &Related{Shape: g.Shape, Summary: g.Summary, Position: g.First, Count: g.Queries, Rows: g.Rows, Why: why, stack: g.stack}
}

// isIntrospection reports whether all tables are those that describe a database.
func isIntrospection(tables []string) bool {
	for _, t := range tables {
		schema, table, qualified := strings.Cut(strings.ToLower(t), ".")
		if !qualified {
			table = schema
		}
		if schema != "information_schema" && !strings.HasPrefix(table, "pg_") && !strings.HasPrefix(table, "sqlite_") && schema != "sys" {
			return false
		}
	}
	return len(tables) > 0
}

// isMigration reports whether a table keeps account of migrations.
func isMigration(tables []string) bool {
	return slices.ContainsFunc(tables, func(t string) bool { return strings.Contains(strings.ToLower(t), "migration") })
}

// plural counts things: "1 query", "2 queries".
func plural(n int64, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}
