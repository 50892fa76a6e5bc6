package budget

import "github.com/querybudget/querybudget/statement"

// sequences finds the kinds that are two statements: a read and a write of the
// same table. It looks at the queries that are kept in detail, and reports each
// pair of statements once.
func (f *finder) sequences() {
	if f.account.totals.Writes == 0 {
		return // there is no second statement
	}
	type place struct {
		database *Database
		table    string
		key      uint64
	}
	reads := make(map[place]int)   // reads by key that lock nothing
	missing := make(map[place]int) // reads that found nothing, with any key
	for i, rec := range f.account.records {
		st := rec.origin.statement
		if rec.failure() != nil || isIntrospection(st.Tables) {
			continue
		}
		for _, table := range st.Tables {
			anyRow := place{database: rec.origin.database, table: tableKey(table)}
			row := anyRow
			row.key = rec.row
			switch {
			case st.Kind == statement.Read:
				delete(missing, anyRow)
				if rec.rows == 0 && len(st.Tables) == 1 {
					missing[anyRow] = i
				} else if st.Repeatable && row.key != 0 && len(st.Tables) == 1 {
					reads[row] = i
				}
			case st.Verb == "UPDATE":
				if at, ok := reads[row]; ok && len(st.Tables) == 1 && len(st.Sets) > 0 {
					f.addPair(ReadModifyWrite, at, i, "let the database compute, as in SET n = n + ?, or read with FOR UPDATE in a transaction")
				}
				delete(reads, row)
				delete(missing, anyRow)
			case st.Verb == "INSERT":
				if at, ok := missing[anyRow]; ok && len(st.Tables) == 1 {
					f.addPair(SelectThenInsert, at, i, "INSERT ... ON CONFLICT DO NOTHING (MySQL: ON DUPLICATE KEY UPDATE), with a unique index")
				}
				delete(missing, anyRow)
			}
		}
	}
}

// addPair makes a finding of two queries in detail.
func (f *finder) addPair(kind FindingKind, first, second int, repair string) {
	a, b := f.account.records[first], f.account.records[second]
	st := a.origin.statement
	if old := f.find(kind, st.Shape, a.origin.database, a.origin.stack); old != nil {
		old.Count++
		old.Last = int64(second) + 1
		return
	}
	out := Finding{
		Kind: kind, Confidence: Hint, Shape: st.Shape, Summary: st.Summary, Database: a.origin.database.name, System: a.origin.database.system,
		Count: 1, Rows: a.rows, First: int64(first) + 1, Last: int64(second) + 1,
		InTransaction: a.transaction != nil && a.transaction == b.transaction,
		Repair:        repair, database: a.origin.database, stack: a.origin.stack,
	}
	other := b.origin.statement
	out.Also = []Related{{Shape: other.Shape, Summary: other.Summary, Position: int64(second) + 1, Count: 1, Why: "it followed", stack: b.origin.stack}}
	var allowances []*allowance
	if g := f.groupOf(a.origin); g != nil {
		out.Time, out.Worst = g.Time, g.Slowest
		allowances = g.allowances()
	}
	f.add(out, allowances)
}
