package budget

import (
	"time"

	"github.com/querybudget/querybudget/statement"
)

// shortPause is the pause from which on reads at equal intervals are those of somebody who watches a row.
const shortPause = 200 * time.Millisecond

// isWatched reports whether a group asks one thing at equal intervals, and nothing is asked or called meanwhile:
// three times at least, with pauses of which none is longer than another one by more than a fifth.
func (f *finder) isWatched(group int) bool {
	queries, g := f.queriesOf(group), &f.report.Groups[group]
	if len(queries) < fewRows || g.Distinct != 1 || g.CallsOut {
		return false
	}
	shortest, longest := time.Duration(0), time.Duration(0)
	for i, q := range queries[1:] {
		before := queries[i]
		pause := q.Start - before.end()
		if pause < shortPause || q.Position != before.Position+1 {
			return false
		}
		if i == 0 || pause < shortest {
			shortest = pause
		}
		longest = max(longest, pause)
	}
	return longest <= shortest+shortest/5
}

// asksForVersion reports whether a read without keys selects a version, and nothing else: that of a cache, which
// is looked at each time the cache is used.
func asksForVersion(st *statement.Statement) bool {
	list, ok := selectList(st.Shape)
	return ok && len(st.Keys) == 0 && isVersion(unquoted(list))
}
