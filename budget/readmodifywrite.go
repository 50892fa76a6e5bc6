package budget

import (
	"cmp"
	"slices"
	"strings"

	"github.com/querybudget/querybudget/statement"
)

func mayBeReadModifyWrite(s *suspect) bool {
	return s.rules.Hints && s.mayFollow(func(st *statement.Statement) bool { return st.Verb == "UPDATE" && len(st.Sets) > 0 })
}

// mayFollow reports whether there is a write of some sort to a table that is read too.
func (s *suspect) mayFollow(isIt func(*statement.Statement) bool) bool {
	if s.totals.Writes == 0 || s.totals.Reads == 0 {
		return false
	}
	return s.account.anyGroup(func(w *group) bool {
		write := w.origin.statement
		return write.Kind == statement.Write && isIt(write) && s.account.anyGroup(func(r *group) bool {
			read := r.origin.statement
			return read.Kind == statement.Read && read.SharesTable(write)
		})
	})
}

// rowOf is a row of a table, or any of its rows.
type rowOf struct {
	handle int
	table  string
	row    int // 0: any
}

// readModifyWrites: a column of a row is read by the row's key without a lock, and then
// set to a value that the application made. Whether it was computed, or typed into a form,
// is not known, so this is for who wants hints.
func (f *finder) readModifyWrites() {
	if !f.rules.Hints || f.report.Totals.Writes == 0 {
		return
	}
	reads := make(map[rowOf][]*Query)
	guards := f.guards()
	locked := make(map[rowOf]*Query) // by the write of the row
	f.inOrder(func(q *Query, any rowOf) {
		row := any
		row.row = q.Row
		switch {
		case q.Kind == statement.Read:
			switch {
			case q.Row == 0:
			case q.Locks:
				delete(reads, row)
				if q.Rows == 1 && !q.Batched {
					reads[row] = append(reads[row], q) // the lock ends with its transaction
				}
			case guards.before(q), isLockedBy(locked[row], q), q.own:
				delete(reads, row) // what is set comes from here
			case q.Rows == 1 && !q.Probes && !q.Batched:
				reads[row] = append(reads[row], q)
			}
		case q.Verb == "UPDATE":
			read := f.readOf(changedReads(reads, row, q), locked[row], q, guards)
			if read == nil {
				read = f.listedReadOf(q, guards)
			}
			if read != nil {
				f.addPair(
					ReadModifyWrite,
					read,
					q,
					"let the database compute, as in SET n = n + ?, or read with FOR UPDATE in a transaction",
				)
			}
			delete(reads, row)
			locked[row] = q
			for _, c := range q.changed {
				row.row = c.row
				delete(reads, row)
			}
		}
	})
}

// isLockedBy reports whether a write has locked the row of a query, in its transaction.
func isLockedBy(write, q *Query) bool {
	return write != nil && q.Transaction > 0 && write.Transaction == q.Transaction && write.Position < q.Position
}

// changedReads returns the reads of the row that an UPDATE changes, in their order: by its own keys, and by
// others.
func changedReads(reads map[rowOf][]*Query, row rowOf, update *Query) []*Query {
	found := slices.Clone(reads[row])
	for _, c := range update.changed {
		row.row = c.row
		for _, q := range reads[row] {
			if q.Position == c.position && !slices.Contains(found, q) {
				found = append(found, q)
			}
		}
	}
	slices.SortFunc(found, func(x, y *Query) int { return cmp.Compare(x.Position, y.Position) })
	return found
}

// guards are the positions of the first lock of each transaction, of another row or of a word, and those of
// the locks of words that a session held while a query was sent: who locks something first does so to be
// alone.
type guards struct {
	locked map[int]int64
	held   map[int64]int64
}

// before reports whether a query's transaction has locked something before it.
func (g guards) before(q *Query) bool {
	return g.locked[q.Transaction] > 0 && g.locked[q.Transaction] < q.Position
}

// holds reports whether a session held one lock from a read to an UPDATE.
func (g guards) holds(read, update *Query) bool {
	return g.held[read.Position] > 0 && g.held[read.Position] == g.held[update.Position]
}

func (f *finder) guards() guards {
	out, lock := guards{locked: make(map[int]int64), held: make(map[int64]int64)}, int64(0)
	for i := range f.report.Queries {
		q := &f.report.Queries[i]
		if q.Transaction > 0 && out.locked[q.Transaction] == 0 && (q.Kind == statement.Read && q.Locks || strings.Contains(q.Shape, "advisory_xact_lock(")) {
			out.locked[q.Transaction] = q.Position
		}
		if q.Verb != "LISTEN" && q.Failed == "" {
			switch isHeld := keepsSession(q.Statement, lock > 0); {
			case !isHeld:
				lock = 0
			case lock == 0:
				lock = q.Position
			}
		}
		if lock > 0 {
			out.held[q.Position] = lock
		}
	}
	return out
}

// readOf returns the read of a row that had a column which an UPDATE sets. Nothing is lost
// where both are in one transaction in which the database lets no update be lost, or which has
// written the row before.
func (f *finder) readOf(reads []*Query, written, update *Query, guards guards) *Query {
	if update.Row == 0 || isGuarded(update.Statement) {
		return nil
	}
	for _, read := range slices.Backward(reads) {
		if guards.holds(read, update) {
			continue
		}
		if read.Locks && isLockKept(read, update) {
			continue
		}
		if read.Transaction == update.Transaction && (f.isSerial(read) || f.isRepeatable(read) || isLockedBy(written, read)) {
			continue
		}
		change := update.changeOf(read)
		if change.sets == zeroSet || change.sets == formSet || change.sets == listedSet || change.sets == momentSet {
			continue
		}
		if slices.ContainsFunc(update.Sets, func(column string) bool { return f.mayBeComputed(change, read, column) }) {
			return read
		}
	}
	return nil
}

// isLockKept reports whether a read has the lock of its row until an UPDATE, which is as long as its
// transaction. Of one that began before the unit nothing is known.
func isLockKept(read, update *Query) bool {
	return read.Transaction != 0 && read.Transaction == update.Transaction || read.Transaction < 0
}

// changeOf says what an UPDATE changes of the row of a read.
func (q *Query) changeOf(read *Query) changedRow {
	for _, c := range q.changed {
		if c.position == read.Position && !c.isOfMany {
			return c
		}
	}
	return changedRow{sets: q.sets}
}

// mayBeComputed reports whether a column that an UPDATE sets may have a value that was made of the one
// before.
func (f *finder) mayBeComputed(change changedRow, read *Query, column string) bool {
	onlyWords := change.sets == wordsSet
	if isMoment(column) || slices.Contains(change.kept, plainName(column)) || onlyWords && isTyped(column) {
		return false
	}
	return readFor(read.Statement, column, onlyWords)
}

// isMoment reports whether a column has the time of something, by its name, which nobody computes
// from the one before.
func isMoment(column string) bool { return strings.HasSuffix(strings.ToLower(column), "_at") }

// fewColumns is the number of columns up to which a read is made for them: more are those
// of a form, or of a model.
const fewColumns = 3

// readFor reports whether a statement reads a column in order to change it. Words are those of a
// form as a rule, unless they were read for that.
func readFor(st *statement.Statement, column string, words bool) bool {
	if !words {
		return st.Star || selects(st, plainName(column))
	}
	list, ok := selectList(st.Shape)
	return ok && !st.Star && len(splitTop(list, ",")) <= fewColumns && selects(st, plainName(column))
}

// isSerial reports whether a query ran in a transaction in which no update is lost: of
// SQLite, where the second writer is told to try again, or SERIALIZABLE.
func (f *finder) isSerial(q *Query) bool {
	if q.Transaction == 0 {
		return false
	}
	if q.Serializable {
		return true
	}
	return q.Group >= 0 && f.report.Groups[q.Group].System == "sqlite"
}

// isRepeatable reports whether a query ran in a transaction whose rows nobody else changes: of
// PostgreSQL, where the second of two that change one is refused.
func (f *finder) isRepeatable(q *Query) bool {
	return q.Transaction != 0 && q.repeatable && q.Group >= 0 && f.report.Groups[q.Group].System == "postgresql"
}

// inOrder calls step for the queries in detail that name one table and were answered.
func (f *finder) inOrder(step func(q *Query, any rowOf)) {
	for i := range f.report.Queries {
		q := &f.report.Queries[i]
		if q.Failed == "" && len(q.Tables) == 1 && !isIntrospection(q.Tables) && (q.Group < 0 || !f.isSetUp(q.Group)) {
			step(q, rowOf{handle: q.Handle, table: tableKey(q.Tables[0])})
		}
	}
}

// addPair makes a finding of two queries in detail, one for each pair of lines.
func (f *finder) addPair(kind FindingKind, first, second *Query, repair string) {
	if old := f.find(kind, first.Group); old != nil {
		old.Count++
		old.Last = second.Position
		return
	}
	out := Finding{
		Kind: kind, Confidence: Hint, Shape: first.Shape, Summary: first.Summary, Database: first.Database,
		Count: 1, Rows: first.Rows, First: first.Position, Last: second.Position,
		InTransaction: first.Transaction != 0 && first.Transaction == second.Transaction,
		Repair:        repair, stack: first.stack, Also: []Related{*relatedQuery(second, "it followed")},
	}
	out.Also[0].Rows = 0
	if first.Group >= 0 {
		g := &f.report.Groups[first.Group]
		out.System, out.Time, out.Worst = g.System, g.Time, g.Slowest
	}
	f.add(out, first.Group)
}
