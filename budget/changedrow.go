package budget

import (
	"maps"
	"slices"
	"strings"

	"github.com/querybudget/querybudget/statement"
)

// An UPDATE may change the row of a read that found it by another key, as in a read by a name and an
// UPDATE by the id that it has answered, or may ask for more than the read has, such as a state. What is
// in the rows tells.

// changedRow is a read that found the row which an UPDATE changes.
type changedRow struct {
	position int64 // of the read
	row      int   // that it asked for
	sets     valuesSet
	kept     []string // columns that are set to what was read
	isOfMany bool     // one of several rows, or of several tables
}

// maxChangedRows is how many reads of one row are kept for its UPDATE.
const maxChangedRows = 8

// place names rows by a column, or by several with the sum of their hashes.
type place struct {
	handle        int
	table, column string
	hash          uint64
}

// changedRows looks for the rows that UPDATEs change, among those that were read before them.
func (b *builder) changedRows(records []*record) {
	reads, lists := make(map[place][]int), make(listedRows)
	inserted, listed := make(newRows), make(listedValues)
	for i, rec := range records {
		q, st := &b.report.Queries[i], rec.origin.statement
		lists.add(q.Handle, rec)
		switch {
		case len(st.Tables) != 1:
		case st.Verb == "INSERT":
			inserted.add(rec)
		case st.Kind == statement.Read && rec.rows == 1 && rec.columns() != nil && q.Row != 0:
			q.own = inserted.has(rec)
			listed.add(q.Handle, rec)
			for _, p := range placesOfRead(q.Handle, rec) {
				if old := reads[p]; len(old) == maxChangedRows {
					reads[p] = append(old[:0], old[1:]...)
				}
				reads[p] = append(reads[p], i)
			}
		case st.Verb == "UPDATE" && len(st.Keys) > 0:
			q.sets = valuesSetBy(rec, nil, listed.in(q.Handle))
			q.changed = append(lists.changedBy(q.Handle, rec, listed.in(q.Handle)), b.changedBy(q.Handle, rec, reads, records, listed.in(q.Handle))...)
			inserted.addWritten(rec)
		}
	}
}

// changedBy returns the reads of the row that an UPDATE changes, the latest ones, in their order.
func (b *builder) changedBy(handle int, rec *record, reads map[place][]int, records []*record, isListed isListed) (out []changedRow) {
	keys := keysOf(rec)
	var found []int
	for _, p := range placesOfUpdate(handle, rec.origin.statement, keys) {
		found = append(found, reads[p]...)
	}
	slices.Sort(found)
	for _, i := range slices.Compact(found) {
		if read := records[i]; isRowOf(keys, read) {
			was := rowOfResult(read)
			out = append(out, changedRow{read.position, b.report.Queries[i].Row, valuesSetBy(rec, was, isListed), keptBy(rec, was), false})
		}
	}
	return out[max(0, len(out)-maxChangedRows):]
}

// placesOfRead returns the places of the row that a read has found: its id, and what it was asked by.
func placesOfRead(handle int, read *record) (places []place) {
	table := read.origin.statement.Tables[0]
	for _, c := range read.columns() {
		if len(c.values) == 1 && isIDOf(c.name, table) {
			places = append(places, place{handle, tableKey(table), plainName(c.name), c.values[0]})
		}
	}
	if p, ok := placeOf(handle, table, keysOf(read)); ok {
		places = append(places, p)
	}
	return places
}

// placesOfUpdate returns the places where the row of an UPDATE may have been read: by one of its keys, by
// two, or by all.
func placesOfUpdate(handle int, st *statement.Statement, keys map[string]uint64) (places []place) {
	names := slices.Sorted(maps.Keys(keys))
	add := func(some ...string) {
		part := make(map[string]uint64, len(some))
		for _, name := range some {
			part[name] = keys[name]
		}
		if p, ok := placeOf(handle, st.Tables[0], part); ok && !slices.Contains(places, p) {
			places = append(places, p)
		}
	}
	for i, name := range names {
		add(name)
		for _, other := range names[i+1:] {
			add(name, other)
		}
	}
	add(names...)
	return places
}

// placeOf returns the place of a row by its keys, false if one of them says nothing.
func placeOf(handle int, table string, keys map[string]uint64) (p place, ok bool) {
	p = place{handle: handle, table: tableKey(table)}
	for _, name := range slices.Sorted(maps.Keys(keys)) {
		if keys[name] == 0 {
			return p, false
		}
		p.column += name + ","
		p.hash += keys[name]
	}
	p.column = strings.TrimSuffix(p.column, ",")
	return p, len(keys) > 0
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

// isRowOf reports whether the keys of an UPDATE are those of the row that a read has found: nothing in the
// row speaks against it.
func isRowOf(keys map[string]uint64, read *record) bool {
	return !slices.ContainsFunc(read.columns(), func(c column) bool {
		hash, ok := keys[plainName(c.name)]
		return ok && len(c.values) == 1 && c.values[0] != hash
	})
}

// isIDOf reports whether a column is called as the one that identifies a row of a table.
func isIDOf(column, table string) bool {
	name := plainName(column)
	return slices.Contains([]string{"id", "uuid", "guid", singular(plainName(table)) + "id"}, name)
}

// valuesSet says what the values are that an UPDATE sets, where that is known.
type valuesSet uint8

const (
	someSet   valuesSet = iota // numbers, or not known
	wordsSet                   // no number, so that nobody has added anything
	formSet                    // words and numbers, that somebody has typed
	zeroSet                    // no number but 0, with which all begins anew
	listedSet                  // no number but what another table has
	momentSet                  // nothing but the present time, which nobody computes from the one before
)

// valuesSetBy looks at the values that an UPDATE sets. Of those that are in the row which was read, if that is
// known, the ones that it changes count.
func valuesSetBy(rec *record, was map[string]uint64, isListed isListed) valuesSet {
	words, numbers, zeros, copies, moments, isForm := 0, 0, 0, 0, 0, len(was) > fewColumns
	setsOf(rec, func(column string, hash uint64) {
		old, known := was[plainName(column)]
		switch {
		case hash == 0 || isMoment(column) || was != nil && (!known || old == hash):
		case isPresent(hash):
			moments++
		case isTime(hash):
		case !isNumber(hash):
			words++
			isForm = isForm || isTyped(column)
		case isZero(hash):
			zeros++
		case isListed(hash, rec.origin.statement.Tables[0], column):
			copies++
		default:
			numbers++
		}
	})
	switch {
	case words > 0 && numbers > 0 && was != nil && isForm:
		return formSet
	case numbers > 0:
		return someSet
	case copies > 0:
		return listedSet
	case words > 0:
		return wordsSet
	case zeros > 0 && words == 0 && (was == nil || len(was) >= fewColumns):
		return zeroSet // a number alone that becomes 0 may have been 1
	case zeros > 0:
		return someSet
	case moments > 0:
		return momentSet
	case was != nil: // it changes nothing
		return valuesSetBy(rec, nil, isListed)
	}
	return someSet
}

// keptBy returns the plain names of the columns that an UPDATE sets to what was read, if there are others.
func keptBy(rec *record, was map[string]uint64) (kept []string) {
	all := 0
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
		name := unquoted(key)
		return !isID(name) && (slices.Contains(assigned, plainName(name)) || isVersion(name))
	})
}

// isVersion reports whether a column changes with each write, by its name.
func isVersion(name string) bool {
	name = strings.ToLower(statement.Unqualified(name))
	return strings.HasSuffix(name, "_version") || slices.Contains(versions, strings.ReplaceAll(name, "_", ""))
}

var versions = []string{"version", "lockversion", "rowversion", "rev", "revision", "etag", "xmin", "updatedat", "modifiedat", "changedat"}

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
