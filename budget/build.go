package budget

import (
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
	var groups []joined
	groups, rep.Groups = a.joinGroups()
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

// unattributed adds up what the databases of a unit ran unattributed.
func unattributedOf(groups []joined) (n int64) {
	seen := make([]*Database, 0, 4)
	for i := range groups {
		if d := groups[i].database(); d != nil && !slices.Contains(seen, d) {
			seen = append(seen, d)
			n += d.unattributed.queries.Load()
		}
	}
	return n
}

func buildScopes(scopes []*Recorder, now time.Duration) []Scope {
	var out []Scope
	for _, r := range scopes {
		a := r.counted()
		t := a.totalsAt(now)
		groups, _ := a.joinGroups()
		findings, _ := r.findings(groups, t.Time)
		out = append(out, Scope{
			Name: r.name, Route: r.route, Totals: t, Budget: r.budget, Verdict: r.judge(&t, groups, findings), Scopes: buildScopes(r.scopes, now),
		})
	}
	return out
}
