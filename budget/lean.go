package budget

// A unit that kept to its budget, and in which no rule can find anything, is lean: its
// report costs its totals. Each kind of finding names a condition without which there
// is none of it (rules.go), which is cheap to know while counting.

// leanVerdict returns the verdict on a unit that is lean, and whether it is. It is not
// where somebody needs everything.
func (r *Recorder) leanVerdict(t *Totals, content Content) (Verdict, bool) {
	if content == Everything {
		return Verdict{}, false
	}
	a := r.counted()
	if t.Blocked > 0 || len(a.crossings) > 0 || !r.isWithin(t) {
		return Verdict{}, false
	}
	if len(r.allowed) > 0 || len(a.outgoing) > 0 || !r.unit.bounds.Rules.Off && r.maySomethingBeFound(t) {
		return Verdict{}, false
	}
	if r.budget.IsZero() {
		return Verdict{Outcome: NoBudget}, true
	}
	if r.budget.Validate() != nil {
		return Verdict{}, false
	}
	return Verdict{Outcome: Within}, true
}

// isWithin reports whether the totals are within the budget, and no call site can be
// over it.
func (r *Recorder) isWithin(t *Totals) bool {
	for _, d := range r.budget.readings(t, t.WallTime) {
		if n, limited := allowed(d.allowed); limited && d.observed > n {
			return false
		}
	}
	n, limited := allowed(int64(r.budget.Repeats))
	return (!limited || r.counted().busiest(t.Queries, n, nil) <= n) &&
		(r.budget.NPlusOne == 0 || !r.unit.bounds.Rules.Off)
}

// maySomethingBeFound applies the conditions of all kinds.
func (r *Recorder) maySomethingBeFound(t *Totals) bool {
	s := suspect{account: r.counted(), unit: r.unit, totals: t, rules: &r.unit.bounds.Rules}
	for i := range kinds {
		if kinds[i].may(&s) {
			return true
		}
	}
	return false
}

// suspect is what the conditions of findings look at.
type suspect struct {
	account *account
	unit    *unit
	totals  *Totals
	rules   *Rules
}

// manyGroups is the number of groups from which on a unit is not lean, whatever is in
// them.
const manyGroups = 64

// busiest returns how often one statement was executed, at most, from all lines
// together. It looks no closer if that is no more than enough in any case, and leaves
// out the groups that which refuses.
func (a *account) busiest(executions, enough int64, which func(*group) bool) (most int64) {
	if executions <= enough {
		return executions
	}
	if a.groups.n > manyGroups || a.overflow != nil {
		return executions
	}
	var fingerprints, counts [manyGroups]uint64
	n := 0
	a.groups.each(func(g *group) {
		if which != nil && !which(g) {
			return
		}
		fingerprint := uint64(g.origin.statement.Fingerprint)
		at := 0
		for at < n && fingerprints[at] != fingerprint {
			at++
		}
		if at == n {
			fingerprints[n] = fingerprint
			n++
		}
		counts[at] += uint64(g.Queries)
		most = max(most, int64(counts[at]))
	})
	return most
}

// anyGroup reports whether a group is as f says.
func (a *account) anyGroup(f func(*group) bool) (found bool) {
	a.groups.each(func(g *group) { found = found || f(g) })
	return found
}
