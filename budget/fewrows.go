package budget

import (
	"strings"

	"github.com/querybudget/querybudget/statement"
)

func mayBeFewRows(s *suspect) bool {
	return s.rules.Hints && s.account.anyGroup(func(g *group) bool { return g.Unread > 0 && mayReturnMany(g.origin.statement, g.MostRows) })
}

// fewRows: results that are closed before their end, of statements that no LIMIT bounds.
// How many rows were left is not known: databases send them in advance all the same.
func (f *finder) fewRows() {
	if !f.rules.Hints {
		return
	}
	f.each(func(i int, g *Group) {
		if g.Unread == 0 || !mayReturnMany(g.Statement, g.MostRows) || isIntrospection(g.Tables) || f.isSetUp(i) {
			return
		}
		out := f.evidence(g, FewRows, Hint, g.Unread)
		out.Repair = "say how many rows are wanted, with LIMIT: the others are read, sent and thrown away"
		f.add(out, i)
	})
}

// mayReturnMany reports whether a read may have more rows than were fetched. One row by a
// key may be all there is; an aggregate has one.
func mayReturnMany(st *statement.Statement, fetched int64) bool {
	if st.Kind != statement.Read || len(st.Tables) == 0 || st.Probes {
		return false
	}
	list, ok := selectList(st.Shape)
	if !ok || fetched < 2 && (len(st.Keys) > 0 || strings.Contains(list, "(")) {
		return false
	}
	for _, word := range names(strings.ToUpper(st.Shape)) {
		switch word {
		case "LIMIT", "FETCH", "TOP", "OFFSET":
			return false
		}
	}
	return true
}
