package budget

// enforce prepares the account for the limits of b that need more than totals.
// Counting executions by call site symbolises each call site once, so it is not
// done for other budgets.
func (a *account) enforce(b Budget) {
	a.limited, a.strict = !b.IsZero(), false
	a.loops, a.reads.asking, a.reads.asks, a.reads.repeated = nil, nil, false, 0
	a.mostInLoop, a.unlimited, a.nPlusOnes = 0, 0, 0
	if b.Mode != Enforce {
		return
	}
	a.reads.asks = b.Duplicates != 0
	a.strict = b.Duplicates != 0 || b.Repeats != 0 || b.NPlusOne != 0
	if b.Repeats == 0 && b.NPlusOne == 0 {
		return
	}
	a.loops = make(map[siteCall]*loop)
	a.groups.each(func(g *group) {
		if g.loop = a.loopOf(g.origin.loopCall()); g.loop == nil {
			a.unlimited += g.Queries
			return
		}
		g.loop.executions += g.Queries
		g.loop.rows += g.Rows
		g.loop.listsVary = g.loop.listsVary || g.ListsVary
		g.loop.inBatch = g.loop.inBatch || g.InBatch > 0
		g.loop.arguments.join(&g.arguments)
		a.mostInLoop = max(a.mostInLoop, g.loop.executions)
	})
}

// maxLimitedLoops is the number of call sites, each with a statement, whose loops are
// limited. Of the others it is said how many queries they sent.
const maxLimitedLoops = 5000

// loop is what is known of a call site where loops are limited.
type loop struct {
	executions int64
	rows       int64
	listsVary  bool
	inBatch    bool
	arguments  argumentSet
	isNPlusOne bool
}

// loopOf returns the loop of a call site, nil for one that is not limited.
func (a *account) loopOf(c siteCall) *loop {
	l := a.loops[c]
	if l == nil && len(a.loops) < maxLimitedLoops {
		l = &loop{}
		a.loops[c] = l
	}
	return l
}

// loop returns the loop of an origin. That of a known group is at hand.
func (a *account) loop(o *origin) *loop {
	if g := a.find(o); g != nil {
		return g.loop
	}
	return a.loopOf(o.loopCall())
}

// addToLoop counts an execution that enters the driver or has been executed (1),
// or leaves the driver (-1).
func (a *account) addToLoop(rec *record, n int64, rules *Rules) {
	if a.loops == nil {
		return
	}
	l := a.loop(rec.origin)
	if l == nil {
		a.unlimited += max(n, 0)
		return
	}
	l.executions += n
	a.mostInLoop = max(a.mostInLoop, l.executions)
	if n > 0 {
		l.inBatch = l.inBatch || rec.place() > 1
		l.arguments.add(rec, false)
		if !l.isNPlusOne && l.becomesNPlusOne(rec, l.executions, l.arguments.distinct, rules) {
			l.isNPlusOne = true
			a.nPlusOnes++
		}
	}
}

// becomesNPlusOne reports whether a query would make its call site an n+1 that it
// is not yet.
func (a *account) becomesNPlusOne(rec *record, rules *Rules) bool {
	l := a.loop(rec.origin)
	if l == nil || l.isNPlusOne {
		return false
	}
	return l.becomesNPlusOne(rec, l.executions+1, l.arguments.with(rec), rules)
}

// becomesNPlusOne is the rule of finder.isLoop, as far as it can be told while the unit
// runs. Reads that found nothing so far may be checks before inserts.
func (l *loop) becomesNPlusOne(rec *record, executions, distinct int64, rules *Rules) bool {
	n := int64(rules.NPlusOne)
	return executions >= n && distinct >= min(n, fewArguments) && canBeLoop(rec.origin.statement) && l.rows > 0 && !l.listsVary && !l.inBatch && rec.place() <= 1
}
