package budget

import (
	"cmp"
	"slices"
	"time"

	"github.com/querybudget/querybudget/statement"
)

// crossing is the query with which a limit was exceeded.
type crossing struct {
	limit    Limit
	observed int64
	refused  bool
	origin   *origin // nil if it was not kept
	step     int64   // what was observed at the latest step
}

// cross keeps the first crossing of each limit. A refusal replaces a crossing
// that was let through. It reports whether it is a step: the first crossing, and each
// time that twice as much is observed as at the step before.
func (a *account) cross(c crossing) (isStep bool) {
	c.step = c.observed
	i := slices.IndexFunc(a.crossings, func(old crossing) bool { return old.limit == c.limit })
	if i < 0 {
		a.crossings = append(a.crossings, c)
		return true
	}
	old := &a.crossings[i]
	if isStep = c.observed >= 2*old.step; isStep {
		old.step = c.observed
	}
	if c.refused && !old.refused {
		c.step = old.step
		*old = c
		isStep = true
	}
	return isStep
}

// reading is one limit of a budget and what it is held against.
type reading struct {
	limit             Limit
	allowed, observed int64
}

// readings returns the limits of b that one number of the account is held
// against, with the wall-clock time of its queries. Repeats are judged by call site.
func (b *Budget) readings(t *Totals, wall time.Duration) [5]reading {
	return [5]reading{
		{LimitQueries, int64(b.Queries), t.Queries},
		{LimitWrites, int64(b.Writes), t.Writes},
		{LimitDuplicates, int64(b.Duplicates), t.Duplicates},
		{LimitRows, int64(b.Rows), t.Rows},
		{LimitTime, int64(b.Time), int64(wall)},
	}
}

// noteCrossings remembers a query if a limit was exceeded with it.
func (r *Recorder) noteCrossings(rec *record, now time.Duration) {
	if !r.account.limited || !rec.isQuery() {
		return
	}
	for _, d := range r.budget.readings(&r.account.totals, r.account.busy.at(now)) {
		if n, limited := allowed(d.allowed); limited && d.observed > n {
			if r.account.cross(crossing{limit: d.limit, observed: d.observed, origin: rec.origin}) {
				r.steps++
			}
		}
	}
}

// refuse returns the error for a query that the budget of r has no room for.
func (r *Recorder) refuse(rec *record) *ExceededError {
	r.counts()
	a, b := r.account, &r.budget
	// As it would be after the query.
	after := Totals{Queries: a.totals.Queries + a.reserved.queries + 1, Rows: a.totals.Rows}
	if rec.origin.statement.Kind == statement.Write {
		after.Writes = a.totals.Writes + a.reserved.writes + 1
	}
	if b.Duplicates != 0 && a.reads.repeats(rec) {
		after.Duplicates = a.totals.Duplicates + a.reads.repeated + 1
	}
	for _, d := range b.readings(&after, a.busy.at(rec.start)) {
		if n, limited := allowed(d.allowed); limited && d.observed > n {
			return r.exceeded(crossing{limit: d.limit, observed: d.observed, refused: true, origin: rec.origin}, n)
		}
	}
	if n, limited := allowedRepeats(b.Repeats); limited {
		if l := a.loop(rec.origin); l != nil && l.executions+1 > n {
			return r.exceeded(crossing{limit: LimitRepeats, observed: l.executions + 1, refused: true, origin: rec.origin}, n)
		}
	}
	if n, limited := allowed(int64(b.NPlusOne)); limited && a.becomesNPlusOne(rec, &r.unit.bounds.Rules) {
		if loops := a.nPlusOnes + 1; loops > n {
			return r.exceeded(crossing{limit: LimitNPlusOne, observed: loops, refused: true, origin: rec.origin}, n)
		}
	}
	return nil
}

// hasRoom reports whether a query surely has room in the budget of r, whatever the
// queries turn out to be that wait in the backlog: it need not be counted to be
// admitted.
func (r *Recorder) hasRoom(waiting *backlog, rec *record) bool {
	a, b := r.counted(), &r.budget
	n := a.totals.Queries + a.reserved.queries
	most := int64(waiting.n) + 1 // of anything
	repeats := a.totals.Duplicates + a.reads.repeated
	wall := a.busy.at(rec.start)
	if waiting.n > 0 {
		wall += rec.start - waiting.first.start
	}
	has := func(limit, counted, more int64) bool {
		n, limited := allowed(limit)
		return !limited || counted+more <= n
	}
	return has(int64(b.Queries), n, most) &&
		has(int64(b.Writes), a.totals.Writes+a.reserved.writes, most) &&
		has(int64(b.Duplicates), repeats, most) &&
		has(int64(b.Repeats), a.mostInLoop, most) &&
		has(int64(b.Rows), a.totals.Rows, waiting.rows) &&
		has(int64(b.Time), int64(wall), 0) &&
		(b.NPlusOne == 0 || a.mostInLoop+most < int64(r.unit.bounds.Rules.NPlusOne))
}

func (r *Recorder) exceeded(c crossing, allowed int64) *ExceededError {
	e := &ExceededError{Limit: c.limit, Allowed: allowed, Observed: c.observed, Refused: c.refused, Name: r.fullName()}
	if c.origin != nil {
		e.Summary, e.Shape, e.stack = c.origin.statement.Summary, c.origin.statement.Shape, c.origin.stack
	}
	return e
}

// fullName is the name of the recorder, or of the nearest one around it that
// has a name, with the scope behind it.
func (r *Recorder) fullName() string {
	if r.parent == nil {
		return r.name
	}
	outer := r.parent.fullName()
	if outer == "" || r.name == "" {
		return cmp.Or(outer, r.name)
	}
	return outer + " > " + r.name
}

// Outcome is the verdict in one word.
type Outcome string

const (
	// NoBudget means that there was no limit to keep.
	NoBudget Outcome = "none"
	// Within means that the unit kept to its budget.
	Within Outcome = "within"
	// Exceeded means that the unit went over its budget, and was let.
	Exceeded Outcome = "exceeded"
	// Blocked means that at least one query was refused.
	Blocked Outcome = "blocked"
)

// Verdict says whether a unit kept to its budget.
type Verdict struct {
	Outcome Outcome `json:"outcome"`
	// Exceeded has an entry for each limit that was exceeded. For Repeats it is
	// the call site with the most executions.
	Exceeded []*ExceededError `json:"exceeded,omitempty"`
	// Invalid says what is wrong with the budget, see [Budget.Validate]. It is empty for
	// most: what is set up once, such as a Limit, is refused then.
	Invalid string `json:"invalid,omitempty"`
}

// judge holds a recorder to its budget, by what its report says.
func (r *Recorder) judge(rep *Report) Verdict {
	t := &rep.Totals
	if r.budget.IsZero() && t.Blocked == 0 {
		return Verdict{Outcome: NoBudget}
	}
	v := Verdict{Outcome: Within}
	if err := r.budget.Validate(); err != nil {
		v.Invalid = err.Error()
	}
	for _, d := range r.budget.readings(t, t.WallTime) {
		if e := r.verdictOn(d); e != nil {
			v.Exceeded = append(v.Exceeded, e)
		}
	}
	if e := r.verdictOnRepeats(rep.Groups); e != nil {
		v.Exceeded = append(v.Exceeded, e)
	}
	if e := r.verdictOnNPlusOne(rep.Findings); e != nil {
		v.Exceeded = append(v.Exceeded, e)
	}
	switch {
	case t.Blocked > 0:
		v.Outcome = Blocked
	case len(v.Exceeded) > 0:
		v.Outcome = Exceeded
	}
	return v
}

func (r *Recorder) verdictOn(d reading) *ExceededError {
	n, limited := allowed(d.allowed)
	if !limited {
		return nil
	}
	c, crossed := r.counted().crossing(d.limit)
	if d.observed <= n && (!crossed || !c.refused) {
		return nil
	}
	if !c.refused {
		c.limit, c.observed = d.limit, d.observed
	}
	return r.exceeded(c, n)
}

func (r *Recorder) verdictOnRepeats(groups []Group) *ExceededError {
	n, limited := allowedRepeats(r.budget.Repeats)
	if !limited {
		return nil
	}
	if c, crossed := r.counted().crossing(LimitRepeats); crossed {
		return r.exceeded(c, n)
	}
	g, repeats := mostRepeated(groups)
	if g == nil || repeats <= n {
		return nil
	}
	return r.exceeded(crossing{
		limit: LimitRepeats, observed: repeats,
		origin: &origin{statement: g.Statement, stack: g.stack},
	}, n)
}

// mostRepeated returns the first group of the call site that sent a statement most often.
// The calls of a function that calls itself are one call site.
func mostRepeated(groups []Group) (most *Group, repeats int64) {
	type site struct {
		handleAndShape
		folded uint64
	}
	sums := make(map[site]int64)
	of := func(g *Group) site { return site{handleAndShape{g.Handle, g.Fingerprint}, g.stack.Folded()} }
	isKnown := func(g *Group) bool { return !g.Overflow && g.Statement != nil }
	for i := range groups {
		if g := &groups[i]; isKnown(g) {
			sums[of(g)] += g.Queries
		}
	}
	for i := range groups {
		if g := &groups[i]; isKnown(g) && sums[of(g)] > repeats {
			most, repeats = g, sums[of(g)]
		}
	}
	return most, repeats
}

func (r *Recorder) verdictOnNPlusOne(findings []Finding) *ExceededError {
	n, limited := allowed(int64(r.budget.NPlusOne))
	if !limited {
		return nil
	}
	if c, crossed := r.counted().crossing(LimitNPlusOne); crossed {
		return r.exceeded(c, n)
	}
	c := crossing{limit: LimitNPlusOne}
	for i := range findings {
		f := findings[i].NPlusOne()
		if f == nil || f.Allowed != nil {
			continue
		}
		if c.observed++; c.origin == nil {
			c.origin = &origin{statement: &statement.Statement{Summary: f.Summary, Shape: f.Shape}, stack: f.stack}
		}
	}
	if c.observed <= n {
		return nil
	}
	return r.exceeded(c, n)
}

func (a *account) crossing(limit Limit) (crossing, bool) {
	for _, c := range a.crossings {
		if c.limit == limit {
			return c, true
		}
	}
	return crossing{}, false
}
