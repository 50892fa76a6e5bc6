package budget

import (
	"maps"
	"slices"
	"strings"

	"github.com/querybudget/querybudget/statement"
)

// The row that an UPDATE changes may have been one of a list, or have come out of a JOIN: the ids that the rows
// have tell which.

// maxListedRows is how many rows a list has in which one is looked for.
const maxListedRows = 20

// listedRow is one of the rows of a read.
type listedRow struct {
	read *record
	at   int
}

// listedRows are the rows of lists and JOINs, by their ids. The latest ones count.
type listedRows map[place]listedRow

// add takes note of the rows of a read that has few columns: nobody reads a list of forms in order to add up
// one of their columns.
func (l listedRows) add(handle int, read *record) {
	st := read.origin.statement
	isOne := read.rows == 1 && len(st.Tables) == 1
	if st.Kind != statement.Read || st.Locks || isOne || read.rows < 1 || read.rows > maxListedRows || len(read.columns()) > fewColumns || len(st.Tables) > fewColumns {
		return
	}
	for _, c := range read.columns() {
		for _, table := range st.Tables {
			if !isIDOf(c.name, table) || int64(len(c.values)) != read.rows || len(st.Tables) > 1 && !isNamedOf(st.Shape, table, c.name) {
				continue
			}
			for i, id := range c.values {
				l[place{handle, tableKey(table), plainName(c.name), id}] = listedRow{read, i}
			}
		}
	}
}

// isNamedOf reports whether a SELECT of several tables names a column as one of a table, by the table's name or
// its alias. Each table may have an id.
func isNamedOf(shape, table, column string) bool {
	list, ok := selectList(shape)
	_, from, _ := cutWord(shape, "FROM")
	if !ok {
		return false
	}
	for _, name := range append(aliasesOf(from, table), table) {
		if slices.ContainsFunc(splitTop(list, ","), func(item string) bool { return strings.EqualFold(item, name+"."+column) }) {
			return true
		}
	}
	return false
}

// aliasesOf returns what a FROM calls a table.
func aliasesOf(from, table string) (aliases []string) {
	words := strings.FieldsFunc(from, func(r rune) bool { return r == ' ' || r == ',' || r == '(' || r == ')' })
	for i, word := range words {
		if tableKey(unquoted(word)) != tableKey(table) || i+1 == len(words) {
			continue
		}
		if alias := words[i+1]; !strings.EqualFold(alias, "AS") {
			aliases = append(aliases, unquoted(alias))
		} else if i+2 < len(words) {
			aliases = append(aliases, unquoted(words[i+2]))
		}
	}
	return aliases
}

// changedBy returns the row of a list that an UPDATE changes, if it sets one of its columns to another number.
func (l listedRows) changedBy(handle int, update *record, isListed isListed) (out []changedRow) {
	keys := keysOf(update)
	for _, name := range slices.Sorted(maps.Keys(keys)) {
		row, ok := l[place{handle, tableKey(update.origin.statement.Tables[0]), name, keys[name]}]
		if !ok {
			continue
		}
		was := row.values()
		changes := false
		setsOf(update, func(column string, hash uint64) {
			old, known := was[plainName(column)]
			changes = changes || known && old != hash && isNumber(hash)
		})
		if changes {
			out = append(out, changedRow{row.read.position, 0, valuesSetBy(update, was, isListed), keptBy(update, was), true})
		}
	}
	return out
}

// values are those of the row, by the plain names of the columns that have one in each.
func (r listedRow) values() map[string]uint64 {
	values := make(map[string]uint64)
	for _, c := range r.read.columns() {
		if int64(len(c.values)) == r.read.rows {
			values[plainName(c.name)] = c.values[r.at]
		}
	}
	return values
}

// listedReadOf returns the read of a list, or of a JOIN, of which an UPDATE changes one row, as readOf does.
func (f *finder) listedReadOf(update *Query, guards guards) *Query {
	if isGuarded(update.Statement) || update.Group >= 0 && f.report.Groups[update.Group].Queries > 1 {
		return nil // a loop gives each row of a list another value
	}
	for _, c := range update.changed {
		read := f.at(c.position)
		if !c.isOfMany || read == nil || read.Kind != statement.Read || c.sets != someSet || guards.before(read) || guards.holds(read, update) ||
			read.Transaction == update.Transaction && (f.isSerial(read) || f.isRepeatable(read)) || f.isWrittenBetween(read, update) || !inOneFunction(read.CallSite(), update.CallSite()) {
			continue
		}
		if slices.ContainsFunc(update.Sets, func(column string) bool { return f.mayBeComputed(c, read, column) }) {
			return read
		}
	}
	return nil
}

// isWrittenBetween reports whether the table of an UPDATE was written to, or locked, after a read: the row may
// have been looked at for that.
func (f *finder) isWrittenBetween(read, update *Query) bool {
	return slices.ContainsFunc(f.report.Queries, func(q Query) bool {
		return read.Position < q.Position && q.Position < update.Position && (q.Kind == statement.Write || q.Locks) && q.SharesTable(update.Statement)
	})
}
