package statement

import "strings"

// maxInserts is the number of values of an INSERT that are told apart.
const maxInserts = 32

// assignedValue is a plain value that an INSERT of one row, or an UPDATE, gives a column.
type assignedValue struct {
	name    string // of the column
	column  uint64 // its hash
	index   int    // of the argument, -1 for a literal
	literal uint64
	text    uint64 // of the literal, as Hasher.Text has it
}

// item is a value in VALUES (...), or in INSERT ... SELECT, as far as it was read.
type item struct {
	value    token
	argument int // from 0, -1 for a literal
	tokens   int // but for a cast
	cast     bool
	place    int // in the tuple, from 0
}

// tupleToken takes a token of the first tuple of an INSERT.
func (c *classifier) tupleToken(t token) {
	i := &c.item
	switch {
	case t.is(","), t.is(")"):
		c.endItem()
		i.place++
		i.value, i.tokens, i.cast = token{}, 0, false
	case t.text == "::", i.cast && i.tokens == 1 && (t.kind == wordToken || t.kind == quotedToken):
		i.cast = true
	case t.kind == paramToken:
		i.value, i.argument = t, c.nextArgument(t.text)
		i.tokens++
	default:
		i.value, i.argument = t, -1
		i.tokens++
	}
}

// isSelected reports whether a token belongs to what an INSERT selects, each for a column of its own: of the
// first SELECT, up to its FROM.
func (c *classifier) isSelected(t token) bool {
	l := c.top()
	if c.selected || !l.main || l.clause != inColumns || len(c.columns) == 0 || c.st.Verb != "INSERT" {
		return false
	}
	if t.kind == wordToken && endsItems[strings.ToLower(t.text)] {
		c.endSelected()
		return false
	}
	return true
}

// endsItems are the words that can stand behind what a SELECT returns.
var endsItems = map[string]bool{
	"from": true, "where": true, "union": true, "intersect": true, "except": true, "group": true, "having": true, "order": true,
	"limit": true, "offset": true, "fetch": true, "on": true, "returning": true, "window": true, "for": true,
}

// endSelected ends what an INSERT selects.
func (c *classifier) endSelected() {
	if !c.selected && c.item.tokens > 0 {
		c.endItem()
	}
	c.selected = true
}

// endItem takes note of a value that nothing computes.
func (c *classifier) endItem() {
	i := &c.item
	isValue := i.tokens == 1 && (i.value.kind == paramToken && i.argument >= 0 || i.value.kind == literalToken)
	if !isValue || i.place >= len(c.columns) {
		return
	}
	name := c.columns[i.place]
	c.assign(strings.Clone(name), i.argument, i.value.text)
}

// assign takes note of a value of a column: an argument, or a literal with its text.
func (c *classifier) assign(column string, argument int, text string) {
	v := assignedValue{name: column, column: columnHash(column), index: argument}
	if argument < 0 {
		v.literal, v.text = c.hasher.literal(text), c.hasher.literalText(text)
	}
	c.assigned = append(c.assigned, v)
}

// endInserts takes over the values of an INSERT of one row.
func (c *classifier) endInserts(st *Statement) {
	c.endSelected()
	if !st.Batched {
		st.assigned = c.assigned
	}
}

// inserted adds an argument to the values of an INSERT.
func (s *Statement) inserted(to *[]uint64, argument int, hash uint64) {
	for _, v := range s.assigned {
		if v.index == argument {
			*to = append(*to, mix(hash^v.column))
		}
	}
}

// endInserted adds the literals.
func (s *Statement) endInserted(to *[]uint64) {
	for _, v := range s.assigned {
		if v.index < 0 {
			*to = append(*to, mix(v.literal^v.column))
		}
	}
}

// maxSum is the number of keys up to which a row is looked for among the values of an
// INSERT.
const maxSum = 3

// Inserted reports whether an INSERT whose values are in [Arguments.Inserts] inserted the
// row that the statement's Keys asked for, which [Arguments.Row] of its execution
// identifies. A row of more than three keys is not found.
func (s *Statement) Inserted(row uint64, values []uint64) bool {
	n := len(s.Keys)
	return row != 0 && n > 0 && n <= maxSum && isSum(row, values, n, 0)
}

func isSum(row uint64, values []uint64, n int, sum uint64) bool {
	if n == 0 {
		return sum|1 == row
	}
	for i := range len(values) {
		if isSum(row, values[i+1:], n-1, sum+values[i]) {
			return true
		}
	}
	return false
}
