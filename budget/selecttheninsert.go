package budget

import "github.com/querybudget/querybudget/statement"

func mayBeSelectThenInsert(s *suspect) bool {
	return s.mayFollow(func(st *statement.Statement) bool { return st.Verb == "INSERT" })
}

// selectThenInserts: a row is looked for, not found and inserted.
func (f *finder) selectThenInserts() {
	if f.report.Totals.Writes == 0 {
		return // there is no second statement
	}
	missing := make(map[rowOf]*Query)
	f.inOrder(func(q *Query, any rowOf) {
		switch {
		case q.Kind == statement.Read:
			delete(missing, any)
			if q.Rows == 0 && !q.Open {
				missing[any] = q
			}
		case q.Verb == "UPDATE":
			delete(missing, any)
		case q.Verb == "INSERT":
			if read := missing[any]; read != nil {
				f.addPair(
					SelectThenInsert,
					read,
					q,
					"INSERT ... ON CONFLICT DO NOTHING (MySQL: ON DUPLICATE KEY UPDATE), with a unique index",
				)
			}
			delete(missing, any)
		}
	})
}
