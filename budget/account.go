package budget

import (
	"strings"
	"time"
)

// account is what one recorder has counted. It is guarded by the unit's lock.
type account struct {
	totals    Totals // but for the sums that totalsAt makes
	busy      busy
	reserved  reserved
	groups    map[groupKey]*group
	overflow  *group
	records   []*record
	unkept    int // queries that are not in records
	reads     reads
	loops     map[siteCall]*loop // by call site, where they are limited
	retries   map[retryKey]*retry
	crossings []crossing
	open      []openRows // the first few
	databases []seenDatabase
	tracked   int // results whose values are kept
	nestings  []nesting
}

// reserved counts the queries that were admitted and are in the driver.
type reserved struct{ queries, writes int64 }

// groupKey tells groups apart. The stack is compared by identity, which costs
// nothing; reports join the groups of equal call sites.
type groupKey struct {
	database    *Database
	fingerprint uint64
	stack       *Stack
}

// siteCall is groupKey with the call site in place of the stack.
type siteCall struct {
	database    *Database
	fingerprint uint64
	site        uint64
}

// group adds up the queries of one shape, database and stack.
type group struct {
	statement *Statement
	database  *Database
	stack     *Stack

	count, blocked, duplicates, retries, errors int64
	rows, affected                              int64
	exec, fetch, slowest                        time.Duration
	first, last                                 int64 // positions

	// For findings.
	arguments     argumentSet
	slowestExec   time.Duration
	returned      time.Duration // when the driver returned from the latest
	mostRows      int64
	open          int64
	inTransaction bool
	parallel      bool
	allowances    []*allowance
	tracked       []map[uint64]bool // hashes of the arguments, by place
}

// record is one query in detail. It is shared by a recorder and those around
// it. The methods are safe on a nil record, of a query that is not kept.
type record struct {
	call           Call
	stack          *Stack
	err            error
	start          time.Duration // since the unit started
	exec, fetch    time.Duration
	rows, affected int64
	retries        int
	closed         time.Duration
	isOpen         bool
	columns        []column // of tracked values
	duplicate      bool
}

func (r *record) affect(n int64) {
	if r != nil {
		r.affected += n
	}
}

func (r *record) open(open bool) {
	if r != nil {
		r.isOpen = open
	}
}

func (r *record) fetched(rows int64, took, now time.Duration, err error) {
	if r == nil {
		return
	}
	r.isOpen = false
	r.rows, r.fetch, r.closed = rows, took, now
	if err != nil {
		r.err = err
	}
}

// seenDatabase is a database that the unit uses, with the number of queries that
// it had run unattributed before.
type seenDatabase struct {
	database *Database
	before   int64
}

// maxDatabases is the number of databases that are looked at for lost contexts.
const maxDatabases = 8

func (a *account) noteDatabase(d *Database) {
	for i := range a.databases {
		if a.databases[i].database == d {
			return
		}
	}
	if len(a.databases) < maxDatabases {
		a.databases = append(a.databases, seenDatabase{d, d.unattributed.queries.Load()})
	}
}

// reserve takes the room of a query that was admitted, release gives it back.
func (a *account) reserve(x *Execution) { a.addReserved(x, 1) }
func (a *account) release(x *Execution) { a.addReserved(x, -1) }

func (a *account) addReserved(x *Execution, n int64) {
	if !x.isQuery() || x.retry != nil {
		return
	}
	a.reserved.queries += n
	if x.call.Statement.Kind == WriteStatement {
		a.reserved.writes += n
	}
	a.addToLoop(x, n)
	a.reads.ask(&x.call, n)
}

// execute counts what the driver executed.
func (a *account) execute(x *Execution, took time.Duration, err error) {
	st := x.call.Statement
	if err != nil {
		a.totals.Errors++
	}
	if !st.Kind.IsQuery() {
		a.totals.TransactionTime += took
		if st.Kind == BeginStatement && err == nil {
			a.totals.Transactions++
		}
		if strings.HasPrefix(st.Summary, "ROLLBACK") {
			a.reads.wrote(nil) // as in Transaction.RolledBack
		}
		return
	}
	a.totals.ExecTime += took
	g := a.groupOf(x, x.recorder.unit.options.Groups)
	if a == &x.recorder.account {
		x.group = g
	}
	g.executed(x, took, err)
	if x.retry != nil {
		a.again(x, g, took, err)
		return
	}
	a.totals.Queries++
	switch st.Kind {
	case ReadStatement:
		a.totals.Reads++
	case WriteStatement:
		a.totals.Writes++
	}
	g.count++
	g.last = a.totals.Queries
	if g.first == 0 {
		g.first = g.last
	}
	a.addToLoop(x, 1)
	duplicate, fresh := a.reads.see(&x.call, err, x.recorder.unit.options.Reads)
	if !x.recorder.unit.options.Rules.Off {
		g.arguments.add(&x.call, fresh)
		g.trackArguments(x.call.Hashes)
	}
	if duplicate {
		a.totals.Duplicates++
		g.duplicates++
	}
	a.keep(x, took, err, duplicate)
}

// executed adds an execution, or a further attempt at one.
func (g *group) executed(x *Execution, took time.Duration, err error) {
	g.exec += took
	g.slowest = max(g.slowest, took)
	g.slowestExec = max(g.slowestExec, took)
	if err != nil {
		g.errors++
	}
	g.parallel = g.parallel || x.start < g.returned
	g.returned = max(g.returned, x.start+took)
	g.inTransaction = g.inTransaction || x.call.Transaction != nil
	if g.allowances == nil {
		g.allowances = x.allowances
	}
}

// fetch counts rows that were closed.
func (a *account) fetch(g *group, rows int64, took, altogether time.Duration, err error) {
	a.totals.OpenRows--
	a.totals.Rows += rows
	a.totals.FetchTime += took
	g.rows += rows
	g.mostRows = max(g.mostRows, rows)
	g.open--
	g.fetch += took
	g.slowest = max(g.slowest, altogether)
	if err != nil {
		a.totals.Errors++
		g.errors++
	}
}

// keep stores the query in detail while there is room.
func (a *account) keep(x *Execution, took time.Duration, err error, duplicate bool) {
	if len(a.records) >= x.recorder.unit.options.Queries {
		a.unkept++
		return
	}
	if x.record == nil {
		x.record = &record{call: x.call, stack: x.stack, start: x.start, exec: took, closed: x.start + took, err: err}
	}
	x.record.duplicate = x.record.duplicate || duplicate
	a.records = append(a.records, x.record)
}

// groupOf returns the group of a query, making it while there is room. The
// overflow group takes the rest, so that groups always add up to the totals.
func (a *account) groupOf(x *Execution, room int) *group {
	key := groupKey{x.call.Database, x.call.Statement.Fingerprint, x.stack}
	if g := a.groups[key]; g != nil {
		return g
	}
	if len(a.groups) < room {
		g := &group{statement: x.call.Statement, database: x.call.Database, stack: x.stack}
		if a.groups == nil {
			a.groups = make(map[groupKey]*group)
		}
		a.groups[key] = g
		return g
	}
	if a.overflow == nil {
		a.overflow = &group{}
	}
	return a.overflow
}

// block counts a refused query, and keeps the first refusal of each limit.
func (a *account) block(x *Execution, err *ExceededError) {
	a.totals.Blocked++
	a.groupOf(x, x.recorder.unit.options.Groups).blocked++
	a.cross(crossing{limit: err.Limit, observed: err.Observed, refused: true, statement: x.call.Statement, stack: x.stack})
}

// enforce prepares the account for the limits of b that need more than totals.
// Counting executions by call site symbolises each call site once, so it is not
// done for other budgets.
func (a *account) enforce(b Budget) {
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
		l.arguments.add(&x.call, false)
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
	arguments.add(&x.call, false)
	return a.isNPlusOne(x, l.executions+1, &arguments)
}

// isNPlusOne is the rule of finder.isLoop, as far as it can be told while the
// unit runs. Reads that found nothing so far may be checks before inserts.
func (a *account) isNPlusOne(x *Execution, executions int64, arguments *argumentSet) bool {
	n := int64(x.recorder.unit.options.Rules.NPlusOne)
	st := x.call.Statement
	if executions < n || arguments.distinct < min(n, fewArguments) || !canBeLoop(st) {
		return false
	}
	g := a.groups[groupKey{x.call.Database, st.Fingerprint, x.stack}]
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

func (x *Execution) siteCall() siteCall {
	return siteCall{x.call.Database, x.call.Statement.Fingerprint, x.stack.siteKey()}
}

// totalsAt completes the totals at a point of time.
func (a *account) totalsAt(now time.Duration) Totals {
	t := a.totals
	t.Running = a.reserved.queries
	t.Time = t.ExecTime + t.FetchTime + t.ConnectTime + t.PrepareTime + t.TransactionTime
	t.WallTime = a.busy.at(now)
	return t
}
