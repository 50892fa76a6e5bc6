package budget

import "slices"

// What a transaction has inserted or written, nobody else can change before it ends. Which row a read asks for is
// told by the values of its keys.

// newRow is what is known of such a row, by the plain names of its columns.
type newRow struct {
	columns   map[string]uint64
	isWritten bool // and not new: its keys are known, and no more
}

type inTable struct {
	transaction *Transaction
	table       string
}

// newRows are the rows that transactions have inserted or written, the latest ones.
type newRows map[inTable][]newRow

func inTableOf(rec *record) inTable {
	return inTable{rec.transaction(), tableKey(rec.origin.statement.Tables[0])}
}

// add takes note of the row that an INSERT adds, if it did: one that failed, or found a row and left it as
// it was, adds none.
func (n newRows) add(rec *record) {
	in := inTableOf(rec)
	if in.transaction == nil || rec.failure() != nil || rec.rows == 0 {
		return
	}
	row := newRow{columns: make(map[string]uint64)}
	setsOf(rec, func(column string, hash uint64) { row.columns[plainName(unquoted(column))] = hash })
	for _, c := range rec.columns() { // RETURNING
		if len(c.values) == 1 && c.name != "" {
			row.columns[plainName(c.name)] = c.values[0]
		}
	}
	n.put(in, row)
}

func (n newRows) put(in inTable, row newRow) {
	rows := append(n[in], row)
	n[in] = rows[max(0, len(rows)-maxChangedRows):]
}

// addWritten takes note of the row that an UPDATE has written, if it hit one.
func (n newRows) addWritten(rec *record) {
	if in := inTableOf(rec); in.transaction != nil && rec.failure() == nil && rec.rows > 0 {
		n.put(in, newRow{keysOf(rec), true})
	}
}

// has reports whether a read asks for a row that its transaction has inserted or written.
func (n newRows) has(read *record) bool {
	rows := n[inTableOf(read)]
	if len(rows) == 0 {
		return false
	}
	keys := keysOf(read)
	return slices.ContainsFunc(rows, func(r newRow) bool { return r.isAt(keys, read.origin.statement.Tables[0]) })
}

// isAt reports whether a row has the values of all keys. Of a written one, a part of its keys may be those of
// others, too, but for its id.
func (r newRow) isAt(keys map[string]uint64, table string) bool {
	hasID := false
	for name, hash := range keys {
		if hash == 0 || r.columns[name] != hash {
			return false
		}
		hasID = hasID || isIDOf(name, table)
	}
	return len(keys) > 0 && (!r.isWritten || hasID || len(keys) == len(r.columns))
}

// listedValues are the numbers that reads of one row and few columns have answered, with the columns that
// have them: a price of a list that becomes that of an item was computed from no price before.
type listedValues map[uint64][]listedColumn

type listedColumn struct {
	handle        int
	table, column string
}

func (l listedValues) add(handle int, read *record) {
	if len(read.columns()) > fewColumns || isAggregate(read.origin.statement) {
		return
	}
	for _, c := range read.columns() {
		if len(c.values) == 1 && isNumber(c.values[0]) && !isID(c.name) && len(l[c.values[0]]) < maxChangedRows {
			l[c.values[0]] = append(l[c.values[0]], listedColumn{handle, tableKey(read.origin.statement.Tables[0]), plainName(c.name)})
		}
	}
}

// hasOf reports whether a value is that of a column of another table which has the name of the one that it
// is set in, or whose table has: equal numbers of other things say nothing.
func (l listedValues) hasOf(handle int, hash uint64, table, column string) bool {
	name := plainName(unquoted(column))
	return slices.ContainsFunc(l[hash], func(c listedColumn) bool {
		return c.handle == handle && c.table != tableKey(table) && (c.column == name || singular(plainName(c.table)) == name)
	})
}

// isListed is hasOf for one handle.
type isListed func(hash uint64, table, column string) bool

func (l listedValues) in(handle int) isListed {
	return func(hash uint64, table, column string) bool { return l.hasOf(handle, hash, table, column) }
}
