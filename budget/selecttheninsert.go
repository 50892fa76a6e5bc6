package budget

import (
	"regexp"

	"github.com/querybudget/querybudget/statement"
)

func mayBeSelectThenInsert(s *suspect) bool {
	return s.rules.Hints && s.mayFollow(func(st *statement.Statement) bool { return st.Verb == "INSERT" })
}

// selectThenInserts: a row is looked for, not found and inserted, or one that an UPDATE
// did not find. Who looks for a range, such as bookings that overlap, has no unique index that could
// take care of it.
func (f *finder) selectThenInserts() {
	if !f.rules.Hints || f.report.Totals.Writes == 0 {
		return
	}
	guards := f.guards()
	missing := make(map[rowOf]*Query)
	again := make(map[rowOf]bool)
	f.inOrder(func(q *Query, any rowOf) {
		row := any
		row.row = q.Row
		looked := missing[row]
		switch {
		case q.Row == 0, q.Kind == statement.Read && isOfRange(q.Shape):
		case q.Verb != "INSERT" && guards.before(q):
			delete(missing, row) // it looks again, where nobody else is
		case q.Verb == "INSERT":
			// Who looks a second time does so behind a lock.
			isSerial := looked != nil && looked.Transaction == q.Transaction && f.isSerial(looked)
			if looked != nil && !q.Upserts && !again[row] && !isSerial {
				f.addPair(
					SelectThenInsert,
					looked,
					q,
					"one INSERT that takes care of rows which are there, ON CONFLICT or ON DUPLICATE KEY, with a unique index",
				)
			}
			delete(missing, row)
		case q.Kind == statement.Read && (q.Rows == 0 && !q.Open || q.Probes && !q.found), q.Verb == "UPDATE" && q.RowsAffected == 0:
			again[row] = looked != nil && looked.Fingerprint == q.Fingerprint
			missing[row] = q
		default:
			delete(missing, row)
		}
	})
}

// isOfRange reports whether a look is for what overlaps a range: it has two ends. One alone is that of a
// session or a token, which has to be valid yet.
func isOfRange(shape string) bool {
	return len(ofRange.FindAllString(shape, 2)) == 2 || between.MatchString(shape)
}

var between = regexp.MustCompile(`(?i)\sBETWEEN\s`)

// ofRange is a condition that a range of rows meets.
var ofRange = regexp.MustCompile(`(?i)\s[<>]=?\s*\?`)
