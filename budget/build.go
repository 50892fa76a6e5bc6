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
	rep.Groups, rep.Unattributed = a.buildGroups()
	if a.overflow != nil {
		rep.Truncated.Grouped = a.overflow.count
	}
	rep.Verdict = r.judge(&rep.Totals, rep.Groups)
	rep.Scopes = buildScopes(r.scopes, now)
	return rep
}

func (r *Recorder) buildQueries() []Query {
	if len(r.account.records) == 0 {
		return nil
	}
	out := make([]Query, len(r.account.records))
	for i, rec := range r.account.records {
		c, st := &rec.call, rec.call.Statement
		out[i] = Query{
			Position: int64(i) + 1,
			Shape:    st.Shape, Summary: st.Summary, Kind: st.Kind, Tables: st.Tables, Fingerprint: st.Fingerprint,
			Database: c.Database.name,
			Start:    rec.start - r.started, Exec: rec.exec, Fetch: rec.fetch,
			Rows: rec.rows, RowsAffected: rec.affected, Open: rec.isOpen,
			Transaction: c.Transaction.numberIn(r.unit), Retries: rec.retries, Duplicate: rec.duplicate,
			Failed: errorType(rec.err),
			SQL:    c.SQL, Values: c.Values,
			stack: rec.stack,
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

// buildGroups joins the groups of equal call sites and sorts them. It also adds
// up what the databases ran unattributed.
func (a *account) buildGroups() (groups []Group, unattributed int64) {
	if len(a.groups) == 0 && a.overflow == nil {
		return nil, 0
	}
	groups = make([]Group, 0, len(a.groups)+1)
	index := make(map[siteCall]int, len(a.groups))
	databases := make(map[*Database]bool, 1)
	for key, g := range a.groups {
		databases[key.database] = true
		k := siteCall{key.database, key.fingerprint, g.stack.siteKey()}
		i, known := index[k]
		if !known {
			i = len(groups)
			index[k] = i
			groups = append(groups, newGroup(g))
		}
		groups[i].add(g)
	}
	if a.overflow != nil {
		groups = append(groups, Group{Overflow: true})
		groups[len(groups)-1].add(a.overflow)
	}
	for d := range databases {
		unattributed += d.unattributed.queries.Load()
	}
	slices.SortFunc(groups, func(a, b Group) int {
		return cmp.Or(cmp.Compare(b.Queries, a.Queries), cmp.Compare(a.First, b.First), cmp.Compare(a.Shape, b.Shape))
	})
	return groups, unattributed
}

func newGroup(g *group) Group {
	st := g.statement
	return Group{
		Shape: st.Shape, Summary: st.Summary, Kind: st.Kind, Tables: st.Tables, Fingerprint: st.Fingerprint,
		Database: g.database.name, System: g.database.system, stack: g.stack,
	}
}

// add adds the numbers of g.
func (out *Group) add(g *group) {
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
}

func buildScopes(scopes []*Recorder, now time.Duration) []Scope {
	var out []Scope
	for _, r := range scopes {
		t := r.account.totalsAt(now)
		groups, _ := r.account.buildGroups()
		out = append(out, Scope{
			Name: r.name, Totals: t, Budget: r.budget, Verdict: r.judge(&t, groups), Scopes: buildScopes(r.scopes, now),
		})
	}
	return out
}
