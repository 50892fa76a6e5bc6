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
	r.unit.mu.Lock()
	defer r.unit.mu.Unlock()
	now := r.unit.now()
	a := &r.account
	rep := &Report{
		Name:     r.name,
		Route:    r.route,
		Started:  r.unit.started.Add(r.started),
		Duration: now - r.started,
		Totals:   a.totalsAt(now),
		Queries:  r.buildQueries(),
		Budget:   r.budget,
		Truncated: Truncated{
			Queries: a.unkept,
			Reads:   a.reads.unkept,
			Scopes:  r.unkept,
		},
	}
	groups := a.joinGroups()
	for i := range groups {
		rep.Groups = append(rep.Groups, groups[i].Group)
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

func (r *Recorder) buildQueries() []Query {
	if len(r.account.records) == 0 {
		return nil
	}
	out := make([]Query, len(r.account.records))
	for i, rec := range r.account.records {
		c, st := &rec.call, rec.call.statement
		out[i] = Query{
			Position: int64(i) + 1,
			Shape:    st.Shape, Summary: st.Summary, Kind: st.Kind, Tables: st.Tables, Fingerprint: st.Fingerprint,
			Database: c.database.name,
			Start:    rec.start - r.started, Exec: rec.exec, Fetch: rec.fetch,
			Rows: rec.rows, RowsAffected: rec.affected, Open: rec.isOpen,
			Transaction: c.transaction.numberIn(r.unit), Retries: int(rec.retries), Duplicate: rec.duplicate,
			Failed: errorType(rec.err),
			stack:  rec.stack,
		}
		if c.details != nil {
			out[i].SQL, out[i].Values = c.details.sql, c.details.values
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
	if len(a.groups) == 0 && a.overflow == nil {
		return nil
	}
	groups := make([]joined, 0, len(a.groups)+1)
	index := make(map[siteCall]int, len(a.groups))
	for key, g := range a.groups {
		k := siteCall{key.database, key.fingerprint, g.stack.siteKey()}
		i, known := index[k]
		if !known {
			i = len(groups)
			index[k] = i
			groups = append(groups, joined{Group: newGroup(g), statement: g.statement, database: g.database})
		}
		groups[i].add(g)
	}
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

func newGroup(g *group) Group {
	st := g.statement
	return Group{
		Shape: st.Shape, Summary: st.Summary, Kind: st.Kind, Tables: st.Tables, Fingerprint: st.Fingerprint,
		Batched: st.Batched, Database: g.database.name, System: g.database.system, stack: g.stack,
	}
}

// add adds the numbers of g.
func (out *joined) add(g *group) {
	if g.first != 0 && (out.First == 0 || g.first < out.First) {
		out.First = g.first
	}
	out.Last = max(out.Last, g.last)
	out.Queries += g.count
	out.Blocked += g.blocked
	out.Duplicates += g.duplicates
	out.Retries += g.retries
	out.Errors += g.errors
	out.Rows += g.rows
	out.RowsAffected += g.affected
	out.Time += g.exec + g.fetch
	out.Slowest = max(out.Slowest, g.slowest)
	out.arguments.join(&g.arguments)
	out.slowestExec = max(out.slowestExec, g.slowestExec)
	out.mostRows = max(out.mostRows, g.mostRows)
	out.open += g.open
	out.inTransaction = out.inTransaction || g.inTransaction
	out.parallel = out.parallel || g.parallel
	if out.allowances == nil {
		out.allowances = g.allowances
	}
	if g.tracked != nil {
		out.tracked = joinTracked(out.tracked, g.tracked)
	}
}

func buildScopes(scopes []*Recorder, now time.Duration) []Scope {
	var out []Scope
	for _, r := range scopes {
		t := r.account.totalsAt(now)
		groups := r.account.joinGroups()
		findings, _ := r.findings(groups, t.Time)
		out = append(out, Scope{
			Name: r.name, Route: r.route, Totals: t, Budget: r.budget, Verdict: r.judge(&t, groups, findings), Scopes: buildScopes(r.scopes, now),
		})
	}
	return out
}
