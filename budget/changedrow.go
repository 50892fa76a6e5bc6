package budget

import (
	"slices"
	"strings"

	"github.com/querybudget/querybudget/statement"
)

// An UPDATE may change the row of a read that found it by another key, as in a read by a name and an
// UPDATE by the id that it has answered, or may ask for more than the read has, such as a state. What is
// in the rows tells.

// changedRows looks for the rows that UPDATEs change, among those that were read before them.
func (b *builder) changedRows(records []*record) {
	for i, rec := range records {
		st := rec.origin.statement
		if st.Verb != "UPDATE" || len(st.Keys) == 0 || len(st.Tables) != 1 {
			continue
		}
		q := &b.report.Queries[i]
		q.sets = valuesSetBy(rec, nil)
		keys := keysOf(rec)
		for j, read := range slices.Backward(records[:i]) {
			asked := read.origin.statement
			if asked.Kind != statement.Read || read.rows != 1 || read.columns() == nil || b.report.Queries[j].Row == 0 || !asked.SharesTable(st) {
				continue
			}
			if isRowOf(keys, read) {
				q.changes, q.sets, q.kept = b.report.Queries[j].Row, valuesSetBy(rec, read), keptBy(rec, read)
				break
			}
		}
	}
}

// keysOf returns the hashes of the values that the keys of a statement are compared with, by the plain
// names of their columns.
func keysOf(rec *record) map[string]uint64 {
	st := rec.origin.statement
	keys := make(map[string]uint64, len(st.Keys))
	for n, hash := range rec.hashes() {
		if key, ok := st.KeyOf(n); ok && slices.Contains(st.Keys, key) {
			keys[plainName(unquoted(key))] = hash
		}
	}
	st.KeyTexts(func(key string, hash uint64) { keys[plainName(unquoted(key))] = hash })
	return keys
}

// isRowOf reports whether the keys of an UPDATE are those of the row that a read has found: all that the
// read was asked by, or the row's id.
func isRowOf(keys map[string]uint64, read *record) bool {
	asked := keysOf(read)
	isAsked, isIdentified := len(asked) > 0, false
	for name, hash := range asked {
		isAsked = isAsked && keys[name] == hash
	}
	for _, c := range read.columns() {
		hash, ok := keys[plainName(c.name)]
		if !ok || len(c.values) != 1 {
			continue
		}
		if c.values[0] != hash {
			return false
		}
		isIdentified = isIdentified || isIDOf(c.name, read.origin.statement.Tables[0])
	}
	return isAsked || isIdentified
}

// isIDOf reports whether a column is called as the one that identifies a row of a table.
func isIDOf(column, table string) bool {
	name := plainName(column)
	return slices.Contains([]string{"id", "uuid", "guid", singular(plainName(table)) + "id"}, name)
}

// valuesSet says what the values are that an UPDATE sets, where that is known.
type valuesSet uint8

const (
	someSet  valuesSet = iota // numbers, or not known
	wordsSet                  // no number, so that nobody has added anything
	formSet                   // words and numbers, that somebody has typed
	zeroSet                   // no number but 0, with which all begins anew
)

// valuesSetBy looks at the values that an UPDATE sets. Of those that are in the row which was read, the
// ones that it changes count.
func valuesSetBy(rec, read *record) valuesSet {
	was := rowOfResult(read)
	words, numbers, zeros := 0, 0, 0
	setsOf(rec, func(column string, hash uint64) {
		old, known := was[plainName(column)]
		switch {
		case hash == 0 || isTime(hash) || isMoment(column) || read != nil && (!known || old == hash):
		case !isNumber(hash):
			words++
		case isZero(hash):
			zeros++
		default:
			numbers++
		}
	})
	switch {
	case words > 0 && numbers > 0 && read != nil:
		return formSet
	case numbers > 0:
		return someSet
	case words > 0:
		return wordsSet
	case zeros > 0:
		return zeroSet
	case read != nil: // it changes nothing
		return valuesSetBy(rec, nil)
	}
	return someSet
}

// keptBy returns the plain names of the columns that an UPDATE sets to what was read, if there are others.
func keptBy(rec, read *record) (kept []string) {
	was, all := rowOfResult(read), 0
	setsOf(rec, func(column string, hash uint64) {
		all++
		if old, known := was[plainName(column)]; known && old == hash {
			kept = append(kept, plainName(column))
		}
	})
	if len(kept) == all {
		return nil
	}
	return kept
}

// setsOf calls f for the columns that an UPDATE sets to plain values.
func setsOf(rec *record, f func(column string, hash uint64)) {
	st := rec.origin.statement
	for n, hash := range rec.hashes() {
		if column := st.AssignedTo(n); column != "" {
			f(column, hash)
		}
	}
	st.AssignedTexts(f)
}

// rowOfResult returns the values of the only row of a read, by the plain names of its columns.
func rowOfResult(read *record) map[string]uint64 {
	values := make(map[string]uint64)
	if read == nil {
		return values
	}
	for _, c := range read.columns() {
		if len(c.values) == 1 {
			values[plainName(c.name)] = c.values[0]
		}
	}
	return values
}

// isTyped reports whether a column has words that people type, or secrets, by its name: nobody computes
// them from the ones before.
func isTyped(column string) bool {
	name := plainName(unquoted(column))
	return slices.ContainsFunc(typed, func(end string) bool { return strings.HasSuffix(name, end) })
}

var typed = []string{
	"name", "title", "label", "caption", "slug", "url", "mail", "email", "phone", "address", "city", "password", "hash", "secret", "token",
}

// isGuarded reports whether an UPDATE asks for a value that each write changes: one that it sets itself,
// a version, or the time of the last write. A write in between is noticed then.
func isGuarded(st *statement.Statement) bool {
	assigned := assignedColumns(st.Shape)
	return slices.ContainsFunc(st.Keys, func(key string) bool {
		name := plainName(unquoted(key))
		return !isID(unquoted(key)) && slices.Contains(assigned, name) || isMoment(key) || strings.Contains(name, "version") || slices.Contains(versions, name)
	})
}

// versions are names of columns that change with each write.
var versions = []string{"rev", "revision", "etag", "xmin"}

// assignedColumns returns the plain names of the columns that an UPDATE sets to anything.
func assignedColumns(shape string) (names []string) {
	_, rest, ok := cutWord(shape, "SET")
	if !ok {
		return nil
	}
	list, _, _ := cutWord(rest, "WHERE")
	for _, one := range splitTop(list, ",") {
		column, _, _ := strings.Cut(one, "=")
		names = append(names, plainName(unquoted(strings.TrimSpace(column))))
	}
	return names
}

// cutWord cuts a text at a word outside of brackets and quotes.
func cutWord(text, word string) (before, after string, found bool) {
	for _, w := range topWords(text) {
		if strings.EqualFold(text[w.start:w.end], word) {
			return text[:w.start], text[w.end:], true
		}
	}
	return text, "", false
}
