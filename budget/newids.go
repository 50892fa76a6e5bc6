package budget

import (
	"slices"

	"github.com/querybudget/querybudget/statement"
)

// An INSERT whose id the database makes, and that what follows asks for or inserts beside,
// cannot be put together with the others of its loop as easily as one whose id nobody
// needs: each round needs the id before it goes on.

// newIDs finds the loops whose rounds use the ids of the rows that they insert.
func (b *builder) newIDs(records []*record) {
	made := make(map[uint64][]*record) // by the hash of an id, which two tables may have given out
	latest := make([]*record, len(b.report.Groups))
	rounds := make([]int64, len(b.report.Groups))
	used := make([]int64, len(b.report.Groups))
	asked := make([]int64, len(b.report.Groups))
	chained := make([]int64, len(b.report.Groups)) // rounds that insert the id of the row before
	isUsed := make(map[*record]bool)
	before := make([]*record, len(b.report.Groups)) // the row that the execution before asked for
	groupOf := make(map[*record]int)
	for i, rec := range records {
		group := b.report.Queries[i].Group
		if group < 0 {
			continue
		}
		rounds[group]++
		asks, isChained := false, false
		st := rec.origin.statement
		for n, hash := range rec.hashes() {
			key, isKey := st.KeyOf(n)
			for _, insert := range made[hash] {
				isChained = isChained || latest[group] == insert && isOfRowBefore(st.AssignedTo(n), st)
				if isKey && isOfNewRow(st, insert.origin.statement) {
					continue
				}
				if groupOf[insert] == group || latest[groupOf[insert]] != insert || st.Kind == statement.Read && fits(insert.origin.statement.Tables, "id", st, key) < 0 {
					continue // ids begin at 1 in each table; what is written by one is that of the row, as a rule
				}
				if before[group] != insert { // another row each time, and not one for all
					asks, before[group] = true, insert
				}
				if !isUsed[insert] {
					isUsed[insert] = true
					used[groupOf[insert]]++
				}
			}
		}
		if asks {
			asked[group]++
		}
		if isChained {
			chained[group]++
		}
		if st.Verb != "INSERT" {
			continue
		}
		groupOf[rec], latest[group] = group, rec
		for _, c := range rec.columns() {
			for _, id := range c.values {
				if !slices.Contains(rec.hashes(), id) { // the application made those
					made[id] = append(made[id], rec)
				}
			}
		}
	}
	for i := range b.report.Groups {
		g := &b.report.Groups[i]
		g.NewIDsUsed = g.Queries >= fewRows && (used[i] == rounds[i] || rounds[i] >= fewRows && chained[i] == rounds[i]-1)
		g.AsksNewIDs = g.Queries >= fewRows && asked[i] == rounds[i]
	}
}

// isOfNewRow reports whether an UPDATE completes the row of an INSERT, such as with a code that is made of its
// id: one for all the new rows can do that.
func isOfNewRow(update, insert *statement.Statement) bool {
	return update.Verb == "UPDATE" && len(update.Tables) == 1 && len(insert.Tables) > 0 && tableKey(update.Tables[0]) == tableKey(insert.Tables[0])
}

// isOfRowBefore reports whether a column has the id of another row of its table, by its name: a number of
// one's own may be that of the row before, too.
func isOfRowBefore(column string, insert *statement.Statement) bool {
	name := plainName(unquoted(column))
	return slices.Contains([]string{"parent", "parentid", "prev", "previd", "previous", "previousid"}, name) ||
		len(insert.Tables) > 0 && name == singular(plainName(insert.Tables[0]))+"id"
}
