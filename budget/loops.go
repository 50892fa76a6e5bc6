package budget

// enforce prepares the account for the limits of b that need more than totals.
// Counting executions by call site symbolises each call site once, so it is not
// done for other budgets.
func (a *account) enforce(b Budget) {
	a.limited = !b.IsZero()
	a.loops, a.reads.asking, a.reads.repeated = nil, nil, 0
	if b.Mode != Enforce {
		return
	}
	if b.Duplicates != 0 {
		a.reads.asking = make(map[readKey]asked)
	}
	if b.Repeats == 0 && b.NPlusOne == 0 {
		return
	}
	a.loops = make(map[siteCall]*loop)
	for _, g := range a.groups {
		l := a.loop(siteCall{g.database, g.statement.Fingerprint, g.stack.siteKey()})
		l.executions += g.count
		l.arguments.join(&g.arguments)
	}
}

// loop is what is known of a call site where loops are limited.
type loop struct {
	executions int64
	arguments  argumentSet
	isNPlusOne bool
}

func (a *account) loop(c siteCall) *loop {
	l := a.loops[c]
	if l == nil {
		l = &loop{}
		a.loops[c] = l
	}
	return l
}

// addToLoop counts an execution that enters the driver or has been executed (1),
// or leaves the driver (-1).
func (a *account) addToLoop(x *Execution, n int64) {
	if a.loops == nil {
		return
	}
	l := a.loop(x.siteCall())
	l.executions += n
	if n > 0 {
		l.arguments.add(&x.record.call, false)
		l.isNPlusOne = l.isNPlusOne || a.isNPlusOne(x, l.executions, &l.arguments)
	}
}

// becomesNPlusOne reports whether x would make its call site an n+1 that it is
// not yet.
func (a *account) becomesNPlusOne(x *Execution) bool {
	l := a.loops[x.siteCall()]
	if l == nil || l.isNPlusOne {
		return false
	}
	arguments := l.arguments
	arguments.add(&x.record.call, false)
	return a.isNPlusOne(x, l.executions+1, &arguments)
}

// isNPlusOne is the rule of finder.isLoop, as far as it can be told while the
// unit runs. Reads that found nothing so far may be checks before inserts.
func (a *account) isNPlusOne(x *Execution, executions int64, arguments *argumentSet) bool {
	n := int64(x.recorder.unit.options.Rules.NPlusOne)
	st := x.record.call.statement
	if executions < n || arguments.distinct < min(n, fewArguments) || !canBeLoop(st) {
		return false
	}
	g := a.groups[groupKey{x.record.call.database, st.Fingerprint, x.record.stack}]
	return g != nil && g.rows > 0
}

// nPlusOnes counts the call sites that are an n+1.
func (a *account) nPlusOnes() (n int64) {
	for _, l := range a.loops {
		if l.isNPlusOne {
			n++
		}
	}
	return n
}
