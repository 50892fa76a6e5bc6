package budget

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// Report returns the account so far, with all that it holds. It may be called at any
// time, also while queries run, and more than once. A nil recorder gives an empty
// report.
func (r *Recorder) Report() *Report {
	if r == nil {
		return &Report{Stage: Running, Verdict: Verdict{Outcome: NoBudget}}
	}
	r = r.counting()
	r.unit.lock()
	defer r.unit.mu.Unlock()
	r.unit.cameBack(r.unit.now())
	return r.report(Running, Everything)
}

// report builds a report. It is called with the unit's lock.
func (r *Recorder) report(stage Stage, content Content) *Report {
	b := r.newBuilder()
	rep := &Report{
		ID: r.identity(), Stage: stage, Name: r.name, Route: r.route,
		Started: r.unit.started.Add(r.started), Duration: b.now - r.started,
		Totals: b.account.totalsAt(b.now), Budget: r.budget,
	}
	b.report = rep
	rep.Verdict, rep.Lean = r.leanVerdict(&rep.Totals, content)
	if !rep.Lean {
		b.details()
		rep.Findings = r.unit.bounds.Rules.Findings(rep)
		if n := maxFindings; len(rep.Findings) > n {
			rep.Findings, rep.Truncated.Findings = rep.Findings[:n:n], len(rep.Findings)-n
		}
		rep.Verdict = r.judge(rep)
	}
	rep.Scopes = buildScopes(r.scopes, b.now)
	rep.Truncated.Scopes = r.unit.unkept
	return rep
}

// identity returns the ID of r.
func (r *Recorder) identity() ID {
	for r.id == 0 {
		r.id = ID(rand.Uint64())
	}
	return r.id
}

// builder makes a report of an account.
type builder struct {
	recorder *Recorder
	account  *account
	now      time.Duration
	report   *Report
	groups   *reportedGroups
	numbers  numbers // of argument lists and rows
}

func (r *Recorder) newBuilder() *builder {
	return &builder{recorder: r, account: r.counted(), now: r.unit.now()}
}

// details fills in what is more than totals.
func (b *builder) details() {
	a, rep := b.account, b.report
	b.groups = a.joinGroups()
	rep.Groups = b.groups.groups
	rep.Queries = b.queries(a.records)
	slices.SortFunc(rep.Queries, func(x, y Query) int { return cmp.Compare(x.Position, y.Position) })
	b.inserts()
	rep.Open = b.queries(a.open)
	if rep.Executing = b.executing(); rep.Stage == Running {
		rep.Pools = b.pools()
	}
	rep.Nested = b.nested()
	rep.Held = b.held()
	rep.Idle = b.idle()
	rep.Allowances = b.allowances()
	b.parents()
	if rep.Stage != Late {
		rep.Lost = b.lost()
	}
	rep.Outgoing = slices.Clone(a.outgoing)
	b.callsOut()
	for i := range rep.Lost {
		rep.Unattributed += rep.Lost[i].Count
	}
	rep.Truncated.Queries, rep.Truncated.Reads = a.unkept, a.reads.unkept
	rep.Truncated.Unlimited = a.unlimited
	rep.Truncated.Open = max(0, rep.Totals.OpenRows-int64(len(a.open)))
	if a.overflow != nil {
		rep.Truncated.Grouped = a.overflow.Queries
	}
}

func (b *builder) queries(records []*record) []Query {
	if len(records) == 0 {
		return nil
	}
	out := make([]Query, len(records))
	for i, rec := range records {
		b.fill(&out[i], rec)
	}
	return out
}

func (b *builder) fill(q *Query, rec *record) {
	o := rec.origin
	g := b.account.find(o)
	if g == nil {
		g = b.account.overflow
	}
	*q = Query{
		Statement: o.statement, Database: o.database.name, Position: rec.position,
		Start: rec.start - b.recorder.started, Exec: rec.exec, Fetch: rec.fetch, Open: rec.step == openRows,
		Transaction: rec.transaction().numberIn(b.recorder.unit), Duplicate: rec.duplicate, stack: o.stack, goroutine: rec.goroutine,
		Group: -1, Arguments: b.number(rec.list(), rec.unknown()), Row: b.number(rec.row, rec.row == 0),
	}
	if !rec.unknown() {
		q.identity = rec.list()
	}
	q.row, q.oneEach, q.found = rec.row, rec.oneEach(), rec.found()
	if t := rec.transaction(); t != nil {
		q.Serializable, q.repeatable = t.Serializable, t.RepeatableRead
	}
	if g != nil {
		q.Group = int(g.place)
		q.Handle = b.report.Groups[g.place].Handle
	}
	switch rec.step {
	case changedRows:
		q.RowsAffected = rec.rows
	case fetchedRows:
		q.Rows = rec.rows
	}
	if d := rec.details; d != nil {
		q.Values, q.Retries, q.Waited, q.Failed = d.Values, d.retries, d.waited, errorType(d.err)
		if d.Values != nil { // the handle opted in, and not Bounds.Texts alone
			q.SQL = d.SQL
		}
	}
}

func (b *builder) nested() []Nested {
	var out []Nested
	for i := range b.account.nestings {
		n := &b.account.nestings[i]
		outer, inner := b.account.find(n.outer), b.account.find(n.inner)
		if outer == nil || inner == nil {
			continue // which ones they were is not known
		}
		pair := Nested{Outer: int(outer.place), Inner: int(inner.place), Count: n.count}
		at := slices.IndexFunc(out, func(o Nested) bool { return o.Outer == pair.Outer && o.Inner == pair.Inner })
		if at < 0 {
			out = append(out, pair)
		} else {
			out[at].Count += pair.Count
		}
	}
	return out
}

// allowances lists those of the unit, and marks the groups that ran under them.
func (b *builder) allowances() []AllowanceUse {
	r := b.recorder
	out := make([]AllowanceUse, 0, len(r.allowed))
	for _, a := range r.allowed {
		out = append(out, AllowanceUse{Allowance: a.Allowance, stack: a.stack})
	}
	if len(out) == 0 {
		return nil
	}
	for i, behind := range b.groups.behind {
		for _, g := range behind {
			for _, a := range g.look().allowances {
				at := slices.Index(r.allowed, a)
				if uses := &b.report.Groups[i].Allowances; at >= 0 && !slices.Contains(*uses, at) {
					*uses = append(*uses, at)
				}
			}
		}
	}
	return out
}

// lost adds up what the unit's goroutine sent without a recorder, by statement and line.
func (b *builder) lost() []Lost {
	var out []Lost
	u := b.recorder.unit
	var databases []*Database
	for _, seen := range b.account.databases {
		databases = append(databases, seen.Database)
	}
	databases = append(databases, u.bounds.Databases...)
	for i, d := range databases {
		if slices.Contains(databases[:i], d) {
			continue
		}
		d.lostBy(u, func(q *lostQuery) {
			at := slices.IndexFunc(out, func(l Lost) bool {
				return l.Fingerprint == q.statement.Fingerprint && l.stack == q.stack
			})
			if at >= 0 {
				out[at].Count++
				return
			}
			out = append(out, Lost{Statement: q.statement, Database: d.name, System: d.system, Context: q.contextType(), Count: 1, stack: q.stack})
		})
	}
	return slices.DeleteFunc(out, func(l Lost) bool { return l.CallSite().IsZero() || l.CallSite().Library })
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

// buildScopes makes the accounts of scopes. Of what is in them, no more is looked at than
// their verdicts need.
func buildScopes(scopes []*Recorder, now time.Duration) []Scope {
	var out []Scope
	for _, r := range scopes {
		t := r.counted().totalsAt(now)
		out = append(out, Scope{
			Name:    r.name,
			Route:   r.route,
			Totals:  t,
			Budget:  r.budget,
			Verdict: r.scopeVerdict(&t),
			Scopes:  buildScopes(r.scopes, now),
		})
	}
	return out
}

func (r *Recorder) scopeVerdict(t *Totals) Verdict {
	if r.budget.IsZero() && t.Blocked == 0 {
		return Verdict{Outcome: NoBudget}
	}
	b := r.newBuilder()
	b.report = &Report{Totals: *t, Budget: r.budget}
	switch {
	case r.budget.NPlusOne != 0:
		b.details()
		b.report.Findings = r.unit.bounds.Rules.Findings(b.report)
	case r.budget.Repeats != 0:
		b.report.Groups = b.account.joinGroups().groups
	}
	return r.judge(b.report)
}
