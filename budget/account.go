package budget

import (
	"slices"
	"strings"
	"time"
)

// account is what one recorder has counted. It is guarded by the unit's lock.
type account struct {
	totals    Totals // but for the sums that totalsAt makes
	busy      busy
	reserved  reserved
	groups    map[groupKey]*group
	latest    *group // the one that was looked for last
	overflow  *group
	records   []*record
	spare     []record // see newRecord
	free      []*record
	unkept    int // queries that are not in records
	reads     reads
	loops     map[siteCall]*loop // by call site, where they are limited
	retries   map[retryKey]*retry
	limited   bool // whether there is a budget to keep
	crossings []crossing
	open      []openRows // the first few
	databases []seenDatabase
	tracked   int // results whose values are kept
	nestings  []nesting
}

// reserved counts the queries that were admitted and are in the driver.
type reserved struct{ queries, writes int64 }

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
	if x.record.call.statement.Kind == WriteStatement {
		a.reserved.writes += n
	}
	a.addToLoop(x, n)
	a.reads.ask(&x.record.call, n)
}

// execute counts what the driver executed.
func (a *account) execute(x *Execution, took time.Duration, err error) {
	st := x.record.call.statement
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
	duplicate, fresh := a.reads.see(&x.record.call, err, x.recorder.unit.options.Reads)
	if !x.recorder.unit.options.Rules.Off {
		g.arguments.add(&x.record.call, fresh)
		g.trackArguments(x.record.call.hashes())
	}
	if duplicate {
		a.totals.Duplicates++
		g.duplicates++
	}
	a.keep(x, took, err, duplicate)
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
	if x.kept == nil {
		x.kept = x.record
		x.kept.exec, x.kept.closed, x.kept.err = took, x.kept.start+took, err
	}
	x.kept.duplicate = x.kept.duplicate || duplicate
	if len(a.records) == cap(a.records) {
		a.records = slices.Grow(a.records, max(fewRecords, 3*len(a.records)))
	}
	a.records = append(a.records, x.kept)
}

// block counts a refused query, and keeps the first refusal of each limit.
func (a *account) block(x *Execution, err *ExceededError) {
	a.totals.Blocked++
	a.groupOf(x, x.recorder.unit.options.Groups).blocked++
	a.cross(crossing{limit: err.Limit, observed: err.Observed, refused: true, statement: x.record.call.statement, stack: x.record.stack})
}

func (x *Execution) siteCall() siteCall {
	return siteCall{x.record.call.database, x.record.call.statement.Fingerprint, x.record.stack.siteKey()}
}

// totalsAt completes the totals at a point of time.
func (a *account) totalsAt(now time.Duration) Totals {
	t := a.totals
	t.Running = a.reserved.queries
	t.Time = t.ExecTime + t.FetchTime + t.ConnectTime + t.PrepareTime + t.TransactionTime
	t.WallTime = a.busy.at(now)
	return t
}
