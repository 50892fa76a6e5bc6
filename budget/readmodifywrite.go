package budget

import "github.com/querybudget/querybudget/statement"

func mayBeReadModifyWrite(s *suspect) bool {
	return s.mayFollow(func(st *statement.Statement) bool { return st.Verb == "UPDATE" && len(st.Sets) > 0 })
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

// readModifyWrites: a row is read by its key without a lock, and then updated to a
// value that the application made.
func (f *finder) readModifyWrites() {
	if f.report.Totals.Writes == 0 {
		return // there is no second statement
	}
	reads := make(map[rowOf]*Query)
	f.inOrder(func(q *Query, any rowOf) {
		row := any
		row.row = q.Row
		switch {
		case q.Kind == statement.Read:
			if q.Rows > 0 && q.Repeatable && q.Row != 0 {
				reads[row] = q
			}
		case q.Verb == "UPDATE":
			if read := reads[row]; read != nil && len(q.Sets) > 0 {
				f.addPair(
					ReadModifyWrite,
					read,
					q,
					"let the database compute, as in SET n = n + ?, or read with FOR UPDATE in a transaction",
				)
			}
			delete(reads, row)
		}
	})
}

// inOrder calls step for the queries in detail that name one table and were answered.
func (f *finder) inOrder(step func(q *Query, any rowOf)) {
	for i := range f.report.Queries {
		q := &f.report.Queries[i]
		if q.Failed == "" && len(q.Tables) == 1 && !isIntrospection(q.Tables) {
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
