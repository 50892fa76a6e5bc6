package budget

import (
	"regexp"
	"slices"
	"strings"

	"github.com/querybudget/querybudget/statement"
)

func mayBeWriteLoop(s *suspect) bool {
	n := int64(s.rules.WriteLoop)
	few := s.rules.fewestWrites()
	isWrite := func(g *group) bool { return canBeWriteLoop(g.origin.statement) && !g.isBatched() }
	most := s.account.busiest(s.totals.Writes, few-1, isWrite)
	return most >= n || most >= few && s.mayHaveParent(few)
}

// fewestWrites is the number of executions from which on a loop of writes is looked at: few
// are a loop if they are proven to go through rows. Who raises the threshold wants nothing
// below it.
func (r *Rules) fewestWrites() int64 {
	if r.WriteLoop > defaultWriteLoop {
		return int64(r.WriteLoop)
	}
	return int64(min(r.WriteLoop, fewRows))
}

// canBeWriteLoop leaves out what is no write of rows. A query of no known verb is one that an
// instrumentation made.
func canBeWriteLoop(st *statement.Statement) bool {
	switch st.Verb {
	case "INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE", "CALL", "EXEC", "EXECUTE", "":
		return st.Kind == statement.Write
	}
	return false
}

// writeLoops: one write for each item.
func (f *finder) writeLoops() {
	n := int64(f.rules.WriteLoop)
	mayBe := func(g *Group) bool {
		return canBeWriteLoop(g.Statement) && !g.isBatched() && !g.ListsVary && g.InBatch == 0
	}
	var loops []*loopGroup
	for _, g := range f.loopGroups(mayBe) {
		least := n
		if g.recursive { // the few levels of a tree are no loop
			least = max(n, defaultWriteLoop)
		}
		if (f.goesThroughRows(g) || g.Queries >= least) && (f.rules.Hints || !f.isHint(g)) && f.isWriteLoop(g) {
			loops = append(loops, g)
		}
	}
	f.loops = append(f.loops, loops[:min(len(loops), maxLoops)]...)
	for _, same := range f.sameLoops(loops) {
		g := same[0]
		out := f.evidence(g.Group, WriteLoop, Candidate, g.Queries)
		if g.proof != "" {
			out.Confidence, out.Parent, out.Proof = Proven, g.parent, g.proof
		} else if g.isLikely {
			out.Parent = g.parent
		}
		if !slices.ContainsFunc(same, func(g *loopGroup) bool { return !f.isHint(g) }) {
			out.Confidence = Hint
		}
		for _, other := range slices.Concat(same[1:], f.readsAlike(g)) {
			out.Also = append(out.Also, *related(other.Group, inSameLoop))
		}
		out.Repair = f.writeRepair(g)
		f.addLoop(out, g, same[1:])
	}
}

// goesThroughRows reports whether there is one execution for each row of an earlier read,
// proven by their values. The few levels of a tree are no loop, and a tree that was read is.
func (f *finder) goesThroughRows(g *loopGroup) bool {
	if g.recursive && (g.Queries < defaultWriteLoop || len(g.Parents) == 0) {
		return false
	}
	return g.Queries >= f.rules.fewestWrites() && allDiffer(g.Group) && f.findParent(g) && g.proof != ""
}

// allDiffer reports whether no two writes of a group have the same arguments, as far as they are told
// apart.
func allDiffer(g *Group) bool { return g.Distinct >= min(g.Queries, fewArguments) }

// manyNewIDs is the number of new rows from which on a loop is told whose rounds go on with
// their ids, such as by rows that belong to the new one: one INSERT for all asks for another way to
// write the whole loop, which pays where there are many.
const manyNewIDs = 10

func (g *Group) needsItsIDs() bool {
	return (g.NewIDsUsed || g.AsksNewIDs && g.Verb != "INSERT") && g.Queries < manyNewIDs
}

// isCheap reports whether rows are given other values each, in one transaction of SQLite:
// there is no round trip to save, and CASE for each row is no better. Several VALUES are,
// by little.
func (f *finder) isCheap(g *loopGroup) bool {
	if g.System != "sqlite" || !g.InTransaction || f.rules.SQLite == SQLiteForServer {
		return false
	}
	isUpdate := g.Verb == "UPDATE" && slices.Contains(g.Varying, "")
	if !isUpdate && (g.Verb != "INSERT" || f.rules.SQLite != SQLiteAlone) {
		return false
	}
	own, _ := f.ownTransactions(g)
	return !own
}

// isHint reports whether a loop is one, and not worth a change as a rule.
func (f *finder) isHint(g *loopGroup) bool {
	return g.needsItsIDs() || f.isCheap(g) || f.isItemByItem(g) || f.goesOnAfterErrors(g)
}

// goesOnAfterErrors reports whether a transaction went on after items were refused, as one with a savepoint for
// each item does: one statement for all would refuse all of them. PostgreSQL goes on in no other way. The others
// go on after any error, so that one may be a lock that was tried again.
func (f *finder) goesOnAfterErrors(g *loopGroup) bool {
	if g.Errors == 0 || g.Errors == g.Queries || !g.InTransaction || g.System != "postgresql" && (g.Errors < 2 || 5*g.Errors < g.Queries) {
		return false
	}
	failed := make(map[int]int64) // the first failure in each transaction
	for _, i := range g.members {
		for _, q := range f.queriesOf(i) {
			if first, ok := failed[q.Transaction]; q.Failed != "" && (!ok || q.Position < first) {
				failed[q.Transaction] = q.Position
			}
		}
	}
	return slices.ContainsFunc(g.members, func(i int) bool {
		return slices.ContainsFunc(f.queriesOf(i), func(q *Query) bool {
			first, ok := failed[q.Transaction]
			return ok && q.Transaction > 0 && q.Failed == "" && q.Position > first
		})
	})
}

// isItemByItem reports whether each item is written and read back in a transaction of its own,
// so that the next one is not held up. ent and GORM begin one by themselves, the application
// does so by design.
func (f *finder) isItemByItem(g *loopGroup) bool {
	own, others := f.ownTransactions(g)
	via := g.Via()
	return own && others.readsBack && !strings.HasPrefix(via, "entgo.io/ent") && !strings.HasPrefix(via, "gorm.io/")
}

// maxTries is how often one write is tried, as a rule: more that fail may be items that are there
// already.
const maxTries = 5

// isWriteLoop leaves out what is sent again because it failed, takes one part after
// another, or is the work of a transaction of its own.
func (f *finder) isWriteLoop(g *loopGroup) bool {
	if g.Distinct < min(int64(f.rules.WriteLoop), fewArguments) && (g.Errors > 0 || g.Paged || f.isRetried(g)) {
		return false
	}
	if g.Errors > 0 && g.Queries-g.Errors <= 1 && g.Queries <= maxTries {
		return false // one write is tried again, with another time in it perhaps
	}
	if g.Errors > 0 && g.Errors == g.Queries-1 && g.Queries <= 2*maxTries && f.endsWell(g) {
		return false // the first that is not refused is the last
	}
	if g.Distinct == 1 && isConditional(g) && g.RowsAffected == 0 {
		return false // it is sent again because it hit nothing
	}
	isTried := isConditional(g) && g.setsTheSame() || mayDoNothing(g) && g.parent == nil
	if isTried && g.RowsAffected == 1 && g.Queries <= 2*maxTries && f.hitsLast(g) {
		return false // the first that hits, or that is not there yet, is the last
	}
	return !isProgress(g) && !f.goesOnFromItself(g) && !f.isWorker(g) && !f.isCompareAndSwap(g)
}

// mayDoNothing reports whether an INSERT leaves out a row that is there.
func mayDoNothing(g *loopGroup) bool {
	return g.Verb == "INSERT" && g.AffectedUnknown == 0 && leavesOut.MatchString(g.Shape)
}

var leavesOut = regexp.MustCompile(`(?i)^insert (or )?ignore|do nothing|not exists`)

// goesOnFromItself reports whether an INSERT takes the latest of the rows that it has written, such as a
// balance: each needs the one before. Where a key differs, or no order is asked for, rows are copied.
func (f *finder) goesOnFromItself(g *loopGroup) bool {
	_, from, ok := cutWord(g.Shape, "FROM")
	if g.Verb != "INSERT" || !ok || len(g.Tables) == 0 || !f.report.ValuesTracked {
		return false
	}
	_, _, isOrdered := cutWord(from, "ORDER")
	_, _, isFirst := cutWord(from, "LIMIT")
	return isOrdered && isFirst && tableKey(firstName(from)) == tableKey(g.Tables[0]) && !slices.ContainsFunc(g.Varying, func(key string) bool { return key != "" })
}

// firstName returns the first word of a text, without what is around it.
func firstName(text string) string {
	name, _, _ := strings.Cut(strings.TrimSpace(text), " ")
	return unquoted(name)
}

// endsWell reports whether the last execution of a loop is known, and did not fail.
func (f *finder) endsWell(g *loopGroup) bool {
	last := f.at(g.Last)
	return last != nil && last.Failed == ""
}

// setsTheSame reports whether executions of an UPDATE set the same each time, as far as is known.
func (g *loopGroup) setsTheSame() bool {
	return !slices.Contains(g.Varying, "") && (len(g.Varying) > 0 || len(g.Sets) == 0)
}

// hitsLast reports whether the last execution of a loop is known, and changed a row.
func (f *finder) hitsLast(g *loopGroup) bool {
	last := f.at(g.Last)
	return last != nil && last.RowsAffected > 0
}

// isCompareAndSwap reports whether a row is read and written again until nobody else has
// written it meanwhile: all writes but the last one change nothing.
func (f *finder) isCompareAndSwap(g *loopGroup) bool {
	if !isConditional(g) || g.RowsAffected > 1 {
		return false
	}
	return slices.ContainsFunc(f.report.Groups, func(h Group) bool {
		return h.Kind == statement.Read && h.Queries >= g.Queries-1 && h.Distinct == 1 && overlap(&h, g.Group) && h.SharesTable(g.Statement)
	})
}

// isConditional reports whether an UPDATE asks for more of its row than its key, such as
// its version, and the driver tells how many rows it hit. MySQL tells 0 of a row that has
// the values already, so rows alone say little.
func isConditional(g *loopGroup) bool {
	return g.Verb == "UPDATE" && len(g.Keys) > 1 && g.AffectedUnknown == 0
}

// isRetried reports whether executions are those of transactions that were begun again,
// each with the same write.
func (f *finder) isRetried(g *loopGroup) bool {
	own, _ := f.ownTransactions(g)
	return own && g.Distinct == 1
}

// isOwnWork reports whether each execution of a read is in a transaction of its own that
// writes afterwards: one item after the other, by design.
func (f *finder) isOwnWork(g *loopGroup) bool {
	own, others := f.ownTransactions(g)
	return own && others.writesAfter
}

// isReadBack reports whether each execution of a read is in a transaction of its own that has
// written before: that is a part of the loop of its writes.
func (f *finder) isReadBack(g *loopGroup) bool {
	own, others := f.ownTransactions(g)
	return own && others.writesBefore
}

// inTransactions is what transactions do beside an execution of a loop.
type inTransactions struct {
	readsBefore, writesBefore, writesAfter bool
	readsBack                              bool // what was written
	readsAfter                             bool // from other tables
}

// ownTransactions reports whether each execution is in a transaction of its own, and what
// else these transactions do.
func (f *finder) ownTransactions(g *loopGroup) (own bool, others inTransactions) {
	if !g.InTransaction {
		return false, others
	}
	at := make(map[int]int64) // the first execution's position in its transaction
	for _, i := range g.members {
		own := make(map[int]bool) // each line sends one
		for _, q := range f.queriesOf(i) {
			if q.Transaction <= 0 || own[q.Transaction] {
				return false, others
			}
			own[q.Transaction] = true
			if at[q.Transaction] == 0 || q.Position < at[q.Transaction] {
				at[q.Transaction] = q.Position
			}
		}
	}
	for i := range f.report.Queries {
		q := &f.report.Queries[i]
		execution := at[q.Transaction]
		if execution == 0 || slices.Contains(g.members, q.Group) {
			continue
		}
		others.readsBefore = others.readsBefore || q.Kind == statement.Read && q.Position < execution
		if q.Kind == statement.Read && q.Position > execution {
			isBack := q.SharesTable(g.Statement)
			others.readsBack, others.readsAfter = others.readsBack || isBack, others.readsAfter || !isBack
		}
		others.writesBefore = others.writesBefore || q.Kind == statement.Write && q.Position < execution
		others.writesAfter = others.writesAfter || q.Kind == statement.Write && q.Position > execution
	}
	return len(at) > 0, others
}

// isJob reports whether transactions do more than to write an item and to read it back: they
// read first, or read and write something else.
func (o inTransactions) isJob() bool {
	return o.readsBefore || o.readsAfter && (o.writesBefore || o.writesAfter)
}
