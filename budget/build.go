package budget

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Report returns the account so far. It may be called at any time, also while
// queries run, and more than once. A nil recorder gives an empty report.
func (r *Recorder) Report() *Report {
	if r == nil {
		return &Report{Verdict: Verdict{Outcome: NoBudget}}
	}
	r = r.counting()
	r.unit.lock()
	defer r.unit.mu.Unlock()
	now := r.unit.now()
	a := r.counted()
	rep := &Report{
		Name:     r.name,
		Route:    r.route,
		Started:  r.unit.started.Add(r.started),
		Duration: now - r.started,
		Totals:   a.totalsAt(now),
		Queries:  r.buildQueries(a.records),
		Budget:   r.budget,
		Truncated: Truncated{
			Queries: a.unkept,
			Reads:   a.reads.unkept,
			Scopes:  r.unkept,
		},
	}
	groups := a.joinGroups()
	if len(groups) > 0 {
		rep.Groups = make([]Group, len(groups))
	}
	for i := range groups {
		rep.Groups[i] = groups[i].Group
	}
	rep.Unattributed = unattributedOf(groups)
	if a.overflow != nil {
		rep.Truncated.Grouped = a.overflow.count
	}
	rep.Findings, rep.Truncated.Findings = r.findings(groups, rep.Totals.Time)
	rep.Verdict = r.judge(&rep.Totals, groups, rep.Findings)
	rep.Scopes = buildScopes(r.scopes, now)
	return rep
}

func (r *Recorder) buildQueries(records []*record) []Query {
	if len(records) == 0 {
		return nil
	}
	out := make([]Query, len(records))
	for i, rec := range records {
		st := rec.origin.statement
		out[i] = Query{
			Position: int64(i) + 1,
			Shape:    st.Shape, Summary: st.Summary, Kind: st.Kind, Tables: st.Tables, Fingerprint: st.Fingerprint,
			Database: rec.origin.database.name,
			Start:    rec.start - r.started, Exec: rec.exec, Fetch: rec.fetch, Open: rec.state == openRows,
			Transaction: rec.transaction.numberIn(r.unit), Duplicate: rec.duplicate,
			stack: rec.origin.stack,
		}
		q := &out[i]
		if rec.state == changedRows {
			q.RowsAffected = rec.rows
		} else {
			q.Rows = rec.rows
		}
		if d := rec.details; d != nil {
			q.SQL, q.Values, q.Retries, q.Failed = d.SQL, d.Values, d.retries, errorType(d.err)
		}
	}
	return out
}

// errorType names an error without its text.
func errorType(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, context.Canceled):
		return "context.Canceled"
	case errors.Is(err, context.DeadlineExceeded):
		return "context.DeadlineExceeded"
	case isRetried(err):
		return "driver.ErrBadConn"
	}
	return fmt.Sprintf("%T", err)
}

// joined is a Group with what only findings need.
type joined struct {
	Group
	statement     *Statement
	database      *Database
	arguments     argumentSet
	slowestExec   time.Duration
	mostRows      int64
	open          int64
	inTransaction bool
	parallel      bool
	allowances    []*allowance
	tracked       []map[uint64]bool
}

// joinGroups joins the groups of equal call sites and sorts them, the most
// executions first.
func (a *account) joinGroups() []joined {
	if a.groups.n == 0 && a.overflow == nil {
		return nil
	}
	groups := make([]joined, 0, a.groups.n+1)
	index := make(map[siteCall]int, a.groups.n)
	a.groups.each(func(g *group) {
		k := g.origin.siteCall()
		i, known := index[k]
		if !known {
			i = len(groups)
			index[k] = i
			groups = append(groups, joined{Group: newGroup(g.origin), statement: g.origin.statement, database: g.origin.database})
		}
		groups[i].add(g)
	})
	if a.overflow != nil {
		groups = append(groups, joined{Group: Group{Overflow: true}})
		groups[len(groups)-1].add(a.overflow)
	}
	slices.SortFunc(groups, func(a, b joined) int {
		return cmp.Or(cmp.Compare(b.Queries, a.Queries), cmp.Compare(a.First, b.First), cmp.Compare(a.Shape, b.Shape))
	})
	return groups
}

// unattributed adds up what the databases of a unit ran unattributed.
func unattributedOf(groups []joined) (n int64) {
	seen := make([]*Database, 0, 4)
	for i := range groups {
		if d := groups[i].database; d != nil && !slices.Contains(seen, d) {
			seen = append(seen, d)
			n += d.unattributed.queries.Load()
		}
	}
	return n
}

func newGroup(o *origin) Group {
	st := o.statement
	return Group{
		Shape: st.Shape, Summary: st.Summary, Kind: st.Kind, Tables: st.Tables, Fingerprint: st.Fingerprint,
		Batched: st.Batched, Database: o.database.name, System: o.database.system, stack: o.stack,
	}
}

// add adds the numbers of g.
func (out *joined) add(g *group) {
	if g.first != 0 && (out.First == 0 || g.first < out.First) {
		out.First = g.first
	}
	out.Last = max(out.Last, g.last)
	out.Queries += g.count
	out.Blocked += int64(g.blocked)
	out.Duplicates += int64(g.duplicates)
	out.Retries += int64(g.retries)
	out.Errors += int64(g.errors)
	out.Rows += g.rows
	out.RowsAffected += g.affected
	out.Time += g.exec + g.fetch
	out.Slowest = max(out.Slowest, g.slowest)
	out.arguments.join(&g.arguments)
	out.slowestExec = max(out.slowestExec, g.slowestExec)
	out.mostRows = max(out.mostRows, g.mostRows)
	out.open += int64(g.open)
	out.inTransaction = out.inTransaction || g.inTransaction
	out.parallel = out.parallel || g.parallel
	more := g.look()
	if out.allowances == nil {
		out.allowances = more.allowances
	}
	if more.tracked != nil {
		out.tracked = joinTracked(out.tracked, more.tracked)
	}
}

func buildScopes(scopes []*Recorder, now time.Duration) []Scope {
	var out []Scope
	for _, r := range scopes {
		a := r.counted()
		t := a.totalsAt(now)
		groups := a.joinGroups()
		findings, _ := r.findings(groups, t.Time)
		out = append(out, Scope{
			Name: r.name, Route: r.route, Totals: t, Budget: r.budget, Verdict: r.judge(&t, groups, findings), Scopes: buildScopes(r.scopes, now),
		})
	}
	return out
}
