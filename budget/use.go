package budget

// Use is a limit of a budget beside what was used of it.
type Use struct {
	Limit Limit `json:"limit"`
	// Allowed and Observed are counts, or nanoseconds for LimitTime.
	Allowed  int64 `json:"allowed"`
	Observed int64 `json:"observed"`
}

// Exceeded reports whether more was used than is allowed.
func (u Use) Exceeded() bool { return u.Observed > u.Allowed }

// Uses returns what a report holds against each limit that b has, in the order of the
// fields of Budget. It looks at totals, groups and findings of the report, which may be
// a live unit's, one that was read from a file, or one that somebody made. A nil report
// has used nothing.
func (b Budget) Uses(r *Report) []Use {
	if r == nil {
		r = &Report{}
	}
	observed := map[Limit]int64{LimitNPlusOne: r.loops()}
	for _, d := range b.readings(&r.Totals, r.Totals.WallTime) {
		observed[d.limit] = d.observed
	}
	if g, n := r.MostRepeated(); g != nil {
		observed[LimitRepeats] = n
	}
	var out []Use
	for limit, n := range b.Limits() {
		out = append(out, Use{Limit: limit, Allowed: n, Observed: observed[limit]})
	}
	return out
}

// loops is the number of n+1 loops that nobody allowed.
func (r *Report) loops() (n int64) {
	for i := range r.Findings {
		if f := r.Findings[i].NPlusOne(); f != nil && f.Allowed == nil {
			n++
		}
	}
	return n
}

// MostRepeated returns the statement that one call site sent most often, as
// [Budget.Repeats] counts it, and how often it did. The group is nil if no query is
// known.
func (r *Report) MostRepeated() (*Group, int64) { return mostRepeated(r.Groups) }

// Judge holds a report to b as a recorder holds its own, for reports that no recorder
// made. Nothing was refused; an [ExceededError] names the query that crossed the line
// where the report tells. A nil report keeps to every budget.
func (b Budget) Judge(r *Report) Verdict {
	switch {
	case b.IsZero():
		return Verdict{Outcome: NoBudget}
	case r == nil:
		return Verdict{Outcome: Within}
	}
	v := Verdict{Outcome: Within}
	for _, u := range b.Uses(r) {
		if u.Exceeded() {
			v.Outcome = Exceeded
			v.Exceeded = append(v.Exceeded, r.exceeded(u))
		}
	}
	return v
}

// exceeded makes the error for a limit that was exceeded.
func (r *Report) exceeded(u Use) *ExceededError {
	e := &ExceededError{Limit: u.Limit, Allowed: u.Allowed, Observed: u.Observed, Name: r.Name}
	switch u.Limit {
	case LimitQueries:
		if int64(len(r.Queries)) > u.Allowed {
			q := &r.Queries[u.Allowed]
			e.stack = q.stack
			if q.Statement != nil {
				e.Summary, e.Shape = q.Summary, q.Shape
			}
		}
	case LimitRepeats:
		g, _ := r.MostRepeated()
		e.Summary, e.Shape, e.stack = g.Summary, g.Shape, g.stack
	case LimitNPlusOne:
		for i := range r.Findings {
			if f := r.Findings[i].NPlusOne(); f != nil && f.Allowed == nil {
				e.Summary, e.Shape, e.stack = f.Summary, f.Shape, f.stack
				break
			}
		}
	}
	return e
}
