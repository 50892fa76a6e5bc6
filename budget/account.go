package budget

import (
	"slices"
	"time"

	"github.com/querybudget/querybudget/statement"
)

// account is what one recorder has counted. It is guarded by the unit's lock.
type account struct {
	totals     Totals // but for the sums that totalsAt makes
	busy       busyTime
	reserved   reserved
	groups     groupTable
	latest     *group // the one that was looked for last
	overflow   *group
	records    []*record
	groupSlab  slab[group]
	unkept     int // queries that are not in records
	reads      reads
	loops      map[siteCall]*loop // by call site, where they are limited
	mostInLoop int64              // executions of one of them, at most
	nPlusOnes  int64              // of them
	unlimited  int64              // queries of call sites that are not in loops, for which there is no room
	retries    map[retryKey]*retry
	limited    bool // whether there is a budget to keep
	strict     bool // whether it takes more than totals, see enforce
	crossings  []crossing
	open       []*record      // whose rows are open, the first few
	databases  []seenDatabase // that the unit uses
	held       []held
	tracked    int // values that are kept, of all results
	nestings   []nesting
	suspected  []suspectedNesting
	outgoing   []Outgoing
	calledAt   []calledAt
	idle       []idleTime
	meanwhile  []meanwhile
}

// reserved counts the queries that were admitted and are in the driver.
type reserved struct{ queries, writes int64 }

// maxDatabases is the number of databases that are looked at for lost contexts.
const maxDatabases = 8

// seenDatabase is a database that the unit uses, with the number of waits in its pool
// before.
type seenDatabase struct {
	*Database
	waits int64
}

// noteDatabase takes note of a database that the unit uses. Waits are those in its pool
// when the unit first did, -1 to look now.
func (a *account) noteDatabase(d *Database, waits int64) {
	isSeen := slices.ContainsFunc(a.databases, func(seen seenDatabase) bool { return seen.Database == d })
	if isSeen || len(a.databases) >= maxDatabases {
		return
	}
	if waits < 0 {
		waits = d.pool().Waits
	}
	a.databases = append(a.databases, seenDatabase{d, waits})
}

// reserve takes the room of a query that was admitted, release gives it back.
func (a *account) reserve(rec *record, o *Bounds) { a.addReserved(rec, 1, o) }
func (a *account) release(rec *record, o *Bounds) { a.addReserved(rec, -1, o) }

func (a *account) addReserved(rec *record, n int64, o *Bounds) {
	kind := rec.origin.statement.Kind
	if !kind.IsQuery() || rec.retry() != nil {
		return
	}
	a.reserved.queries += n
	if kind == statement.Write {
		a.reserved.writes += n
	}
	if a.strict {
		a.addToLoop(rec, n, &o.Rules)
		a.reads.ask(rec, n)
	}
}

// execute counts what the driver executed.
func (a *account) execute(rec *record, err error, o *Bounds) {
	st := rec.origin.statement
	if err != nil {
		a.totals.Errors++
	}
	if !st.Kind.IsQuery() {
		a.control(st, rec.exec, err)
		return
	}
	a.totals.ExecTime += rec.exec
	g := a.groupOf(rec.origin, o.Groups)
	g.executed(rec, err)
	if rec.retry() != nil {
		a.again(g)
		return
	}
	a.totals.Queries++
	switch st.Kind {
	case statement.Read:
		a.totals.Reads++
	case statement.Write:
		a.totals.Writes++
	}
	g.counted(rec)
	if rec.place() == 1 {
		a.totals.Batches++
	}
	if a.strict {
		a.addToLoop(rec, 1, &o.Rules)
	}
	duplicate, fresh := a.reads.see(rec, err, o.Reads)
	if !o.Rules.Off {
		g.arguments.add(rec, fresh)
	}
	if duplicate {
		a.totals.Duplicates++
		g.Duplicates++
	}
	a.keep(rec, duplicate, o.Queries)
}

// control counts transaction control that was sent as text.
func (a *account) control(st *statement.Statement, took time.Duration, err error) {
	a.totals.TransactionTime += took
	if st.Kind == statement.Begin && err == nil {
		a.totals.Transactions++
	}
	if st.Verb == "ROLLBACK" {
		a.reads.wrote(nil) // as in Transaction.RolledBack
	}
}

// affect counts rows that were changed, -1 for a number that the driver did not tell.
func (a *account) affect(g *group, rows int64) {
	if rows < 0 {
		a.totals.AffectedUnknown++
		g.AffectedUnknown++
		return
	}
	a.totals.RowsAffected += rows
	g.RowsAffected += rows
}

// fetch counts rows that were closed.
func (a *account) fetch(g *group, rows int64, took time.Duration, err error) {
	a.totals.OpenRows--
	a.totals.Rows += rows
	a.totals.FetchTime += took
	g.fetched(rows, took)
	if g.loop != nil {
		g.loop.rows += rows
	}
	if err != nil {
		a.totals.Errors++
		g.Errors++
	}
}

// keep stores the query in detail while there is room.
func (a *account) keep(rec *record, duplicate bool, room int) {
	if len(a.records) >= room {
		a.unkept++
		return
	}
	rec.kept = true
	rec.duplicate = rec.duplicate || duplicate
	if len(a.records) == cap(a.records) {
		a.records = slices.Grow(a.records, max(fewMade, 3*len(a.records)))
	}
	a.records = append(a.records, rec)
}

// block counts a refused query, and keeps the first refusal of each limit. It reports
// whether it is a step, see cross.
func (a *account) block(rec *record, err *ExceededError, o *Bounds) (isStep bool) {
	a.totals.Blocked++
	a.groupOf(rec.origin, o.Groups).Blocked++
	return a.cross(crossing{limit: err.Limit, observed: err.Observed, refused: true, origin: rec.origin})
}

// totalsAt completes the totals at a point of time.
func (a *account) totalsAt(now time.Duration) Totals {
	t := a.totals
	t.Running = a.reserved.queries
	t.Time = t.ExecTime + t.FetchTime + t.ConnectTime + t.PrepareTime + t.TransactionTime
	t.WallTime = a.busy.at(now)
	return t
}
