package statement

import (
	"slices"
	"strings"
)

// identity returns the fingerprint of a shape. Where the order of a list says nothing, as
// of what an UPDATE sets, it is that of the shape with the list sorted: code that builds
// it from a map sends one statement in many orders. Lists that are sorted are those of
// SET in an UPDATE, the columns of an INSERT with their values, and SET of ON CONFLICT
// and ON DUPLICATE KEY.
func (r *Reader) identity(shape string, st *Statement) Fingerprint {
	switch st.Verb {
	case "INSERT", "UPDATE", "REPLACE":
		o := orderFree{scan: scanner{src: shape, dialect: r.dialect}, shape: shape}
		return fingerprint(o.sorted())
	}
	return fingerprint(shape)
}

// fingerprint is FNV-1a.
func fingerprint(text string) Fingerprint {
	h := uint64(14695981039346656037)
	for i := range len(text) {
		h = (h ^ uint64(text[i])) * 1099511628211
	}
	return Fingerprint(h)
}

// orderFree reads a shape once more, and writes it with sorted lists.
type orderFree struct {
	scan      scanner
	shape     string
	out       []byte
	written   int // bytes of shape
	tok, prev token
	depth     int // of brackets, with the one that tok opens and without the one that it closes
}

// listed is an item of a list.
type listed struct {
	span
	text string
}

func (o *orderFree) sorted() string {
	o.next()
	for o.tok.kind != endToken {
		o.statement()
		if o.tok.is(";") {
			o.next()
		}
	}
	if o.written == 0 {
		return o.shape
	}
	return string(append(o.out, o.shape[o.written:]...))
}

func (o *orderFree) next() {
	o.prev = o.tok
	o.tok = o.scan.next()
	switch {
	case o.tok.is("("), o.tok.is("["):
		o.depth++
	case (o.tok.is(")") || o.tok.is("]")) && o.depth > 0:
		o.depth--
	}
}

// ended reports whether the statement is over.
func (o *orderFree) ended() bool {
	return o.tok.kind == endToken || o.depth == 0 && o.tok.is(";")
}

// isWord reports whether a word is next that stands outside of brackets.
func (o *orderFree) isWord(w string) bool { return o.depth == 0 && o.tok.isWord(w) }

// statement reads up to the end of a statement. Its verb stands first, or after the
// brackets of a WITH.
func (o *orderFree) statement() {
	with := o.isWord("with")
	for first := true; !o.ended(); first = false {
		switch begins := first || with && o.prev.is(")"); {
		case begins && o.isWord("update"):
			o.update()
			with = false
		case begins && (o.isWord("insert") || o.isWord("replace")):
			o.insert()
			with = false
		default:
			o.next()
		}
	}
}

func (o *orderFree) update() {
	for !o.ended() {
		if o.isWord("set") {
			o.next()
			o.assignments()
			return
		}
		o.next()
	}
}

func (o *orderFree) insert() {
	columns := o.columns()
	if columns != nil && !o.values(columns) {
		return
	}
	for !o.ended() {
		isList := o.isWord("set") || o.isWord("update") && o.prev.isWord("key")
		o.next()
		if isList {
			o.assignments()
		}
	}
}

// columns reads up to the end of an INSERT's list of columns. It returns nil if there is
// none.
func (o *orderFree) columns() []listed {
	for o.next(); !o.ended(); o.next() {
		switch {
		case o.isWord("values"), o.isWord("value"), o.isWord("select"), o.isWord("set"):
			return nil
		case o.depth == 1 && o.tok.is("("):
			if isName(o.prev) && !o.prev.isWord("top") && !o.prev.isWord("partition") {
				return o.bracket()
			}
		}
	}
	return nil
}

func isName(t token) bool { return t.kind == wordToken || t.kind == quotedToken }

// values reads the values of an INSERT and sorts its columns with them. It returns false
// for rows that come from a query, and for rows that differ in form.
func (o *orderFree) values(columns []listed) bool {
	for !o.isWord("values") && !o.isWord("value") {
		if o.ended() || o.isWord("select") || o.isWord("table") {
			return false
		}
		o.next()
	}
	o.next()
	if !o.tok.is("(") {
		return false
	}
	values := o.bracket()
	o.next()
	if o.depth == 0 && o.tok.is(",") {
		return false
	}
	switch {
	case len(values) == len(columns):
		o.sortTogether(columns, values)
	case len(values) == 1 && values[0].text == "?": // taken together
		o.sort(columns)
	}
	return true
}

// bracket reads the items of the bracket that is open, up to its end.
func (o *orderFree) bracket() (out []listed) {
	depth := o.depth
	o.next()
	start := o.start()
	for ; o.tok.kind != endToken; o.next() {
		switch {
		case o.depth < depth:
			if o.start() > start {
				out = append(out, o.item(start))
			}
			return out
		case o.depth == depth && o.tok.is(","):
			out = append(out, o.item(start))
			start = o.scan.pos
		}
	}
	return nil
}

// assignments sorts a list of "column = value".
func (o *orderFree) assignments() {
	var out []listed
	var names assigned
	start := o.start()
	for ; !o.ended() && !o.endsList(); o.next() {
		if o.depth == 0 && o.tok.is(",") {
			out = append(out, o.item(start))
			start = o.scan.pos
			names.next()
			continue
		}
		if o.scan.dialect == MySQL || o.scan.dialect == Standard {
			names.add(o.tok)
		}
	}
	if out = append(out, o.item(start)); !names.ordered() {
		o.sort(out)
	}
}

// endsList reports whether a clause begins behind a value. A column may have the name of
// one: SET output = ?, and FROM may be a part of IS DISTINCT FROM.
func (o *orderFree) endsList() bool {
	if o.depth > 0 || o.tok.kind != wordToken {
		return false
	}
	switch lower(o.tok.text) {
	case "where", "from", "order", "limit", "returning", "output", "on", "option", "as":
	default:
		return false
	}
	switch o.prev.kind {
	case literalToken, paramToken, quotedToken:
		return true
	case wordToken:
		return !o.prev.isWord("distinct") && !o.prev.isWord("and") && !o.prev.isWord("or") && !o.prev.isWord("set")
	default:
		return o.prev.is(")") || o.prev.is("]")
	}
}

// assigned are the names on both sides of assignments. MySQL assigns from left to right:
// where a value has a column that another assignment sets, the order counts.
type assigned struct {
	targets map[string]int // the number of the assignment
	uses    []use
	target  token // the last name before "="
	item    int
	isValue bool
}

type use struct {
	name string
	item int
}

func (a *assigned) next() { a.item, a.isValue = a.item+1, false }

func (a *assigned) add(t token) {
	switch {
	case !a.isValue && t.kind == operatorToken && t.text == "=":
		if a.targets == nil {
			a.targets = make(map[string]int)
		}
		a.targets[plainName(a.target)], a.isValue = a.item, true
	case a.isValue && isName(t):
		a.uses = append(a.uses, use{plainName(t), a.item})
	default:
		a.target = t
	}
}

func plainName(t token) string { return strings.ToLower(strings.Trim(t.text, "`\"[]")) }

// ordered reports whether the order counts.
func (a *assigned) ordered() bool {
	return slices.ContainsFunc(a.uses, func(u use) bool {
		item, set := a.targets[u.name]
		return set && item != u.item
	})
}

// start is where the token begins.
func (o *orderFree) start() int { return o.scan.pos - len(o.tok.text) }

// item is what lies between start and the token.
func (o *orderFree) item(start int) listed {
	whole := o.shape[start:o.start()]
	text := strings.TrimLeft(whole, " ")
	start += len(whole) - len(text)
	text = strings.TrimRight(text, " ")
	return listed{span{start, start + len(text)}, text}
}

func (o *orderFree) sort(items []listed) {
	order := slices.Clone(items)
	slices.SortStableFunc(order, func(a, b listed) int { return strings.Compare(a.text, b.text) })
	o.write(items, order)
}

// sortTogether sorts columns, and values as their columns.
func (o *orderFree) sortTogether(columns, values []listed) {
	type pair struct{ column, value listed }
	pairs := make([]pair, len(columns))
	for i := range columns {
		pairs[i] = pair{columns[i], values[i]}
	}
	slices.SortStableFunc(pairs, func(a, b pair) int { return strings.Compare(a.column.text, b.column.text) })
	ofColumns, ofValues := make([]listed, len(pairs)), make([]listed, len(pairs))
	for i, p := range pairs {
		ofColumns[i], ofValues[i] = p.column, p.value
	}
	o.write(columns, ofColumns)
	o.write(values, ofValues)
}

// write writes up to the end of items, with the items in another order.
func (o *orderFree) write(items, order []listed) {
	if len(items) == 0 {
		return
	}
	o.out = append(o.out, o.shape[o.written:items[0].start]...)
	for i, item := range order {
		if i > 0 {
			o.out = append(o.out, ", "...)
		}
		o.out = append(o.out, item.text...)
	}
	o.written = items[len(items)-1].end
}
