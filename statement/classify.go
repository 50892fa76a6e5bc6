package statement

import (
	"hash/maphash"
	"slices"
	"strconv"
	"strings"
)

const (
	maxTables  = 16
	maxColumns = 16  // of Keys and Sets
	maxSummary = 120 // bytes
	maxLevels  = 200 // brackets that are told apart
)

// clause is a position in a statement: what may stand there.
type clause uint8

const (
	atStart      clause = iota // a statement begins
	inWith                     // names of common table expressions
	inColumns                  // what a SELECT returns
	atTable                    // a table's name is next, and perhaps more after a comma
	inTables                   // after one, where a comma brings another
	atOneTable                 // a table's name is next, and no other one
	inSet                      // SET a = 1, b = 2
	inWhere                    // conditions
	inValues                   // the tuples of VALUES
	inLimit                    // LIMIT 1
	inOffset                   // OFFSET 1
	inExpression               // anything else
)

// level is a position in the statement itself, or in a bracket.
type level struct {
	clause   clause
	verb     string // of the statement here, in lower case; "" before its first word
	function string // the word before the bracket
	main     bool   // of the whole statement, not of one inside of it
	params   int    // at this level, and in its tuples
	commas   int
	tuples   int    // of VALUES
	keys     int    // that were known where the bracket began
	either   bool   // an OR was seen: its conditions are no keys
	query    bool   // a SELECT of its own
	probe    bool   // of SELECT EXISTS (...): its conditions are those of the statement
	columns  bool   // of INSERT INTO t (...)
	tuple    bool   // the first one of VALUES
	joins    bool   // a JOIN was seen
	literals uint64 // of those at this level
}

// classifier finds out what a statement does. It knows no grammar, only the clauses
// and what may stand in each.
type classifier struct {
	st        Statement
	hasher    *Hasher
	functions functions
	levels    []level
	deeper    int // brackets beyond maxLevels
	summary   strings.Builder
	ctes      []string
	decided   bool // Kind is set by some statement of the text
	routine   bool // CREATE FUNCTION and the like: the body does not count

	prev      token
	before    token  // prev
	last      string // the word before, in lower case; "" if it was none
	name      string // being read, perhaps still without its last part
	isTable   bool   // it is a table's
	equation  equation
	keys      []key
	constants uint32 // of the columns that are set: one bit for each that is set to a literal
	params    int    // seen so far
	negated   bool   // a NOT stands before the condition
	upserts   bool   // ON DUPLICATE KEY: VALUES is a function from here on
	limited   bool   // LIMIT, also inside of a bracket
	used      uint64 // arguments, of the first 64
	batch     bool   // and of more than the one row that a look is for
	values    bool   // VALUES
	ranged    bool   // a WHERE with a range to continue from
	window    bool   // a WHERE with a range that has two ends
	ranges    []columnRange
	anyOr     bool // an OR was seen anywhere
	into      bool // SELECT ... INTO was read
	lost      bool // a table's name could not be read

	// What it calls, and what it is read as part of.
	volatile, session, unknown       bool
	explained, analyzed, dataChanges bool

	others   []otherArg
	columns  []string // of an INSERT
	item     item     // of its VALUES, or of what it selects, being read
	selected bool     // what it selects was read
	assigned []assignedValue
}

// key is an equation that a row must satisfy.
type key struct {
	column   string
	literal  uint64
	text     uint64 // of the literal, as Hasher.Text has it
	argument int    // as in equation
}

// equation is "column = value" as far as it was read.
type equation struct {
	column   string
	operator string
	value    token
	argument int // from 0; -1 for a literal, -2 for a parameter with a name
}

func newClassifier(h *Hasher, f functions) *classifier {
	return &classifier{hasher: h, functions: f, levels: []level{{main: true}}}
}

func (c *classifier) top() *level { return &c.levels[len(c.levels)-1] }

// add takes the next token.
func (c *classifier) add(t token) {
	if c.into {
		c.selectsInto(t)
	}
	if c.top().tuple || c.isSelected(t) {
		c.tupleToken(t)
	}
	switch {
	case (t.kind == wordToken || t.kind == quotedToken) && c.prev.is(".") && c.name != "":
		c.name += "." + unquoted(t)
		c.last = ""
	case t.kind == quotedToken:
		c.beginName(unquoted(t))
	case t.kind == wordToken:
		c.word(t)
	case t.is(".") && c.name != "":
	case t.kind == punctToken:
		c.punct(t.text)
	case t.kind == operatorToken:
		c.operator(t.text)
	default:
		c.value(t)
	}
	c.before, c.prev = c.prev, t
}

// selectsInto takes what follows SELECT ... INTO: a table or a file is written, a
// variable belongs to the session.
func (c *classifier) selectsInto(t token) {
	c.into = false
	if t.kind == paramToken {
		c.volatile = true
		return
	}
	c.decide(Write, "SELECT")
}

func unquoted(t token) string {
	if t.kind == quotedToken {
		return strings.Trim(t.text, "\"`[]")
	}
	return t.text
}

// beginName takes the first part of a name.
func (c *classifier) beginName(name string) {
	c.endName()
	c.endEquation(false)
	l := c.top()
	c.name, c.last = name, ""
	switch l.clause {
	case atTable:
		c.isTable, l.clause = true, inTables
	case atOneTable:
		c.isTable, l.clause = true, inExpression
	case inWith:
		c.ctes = append(c.ctes, strings.ToLower(name))
		c.name = ""
	case atStart:
		l.clause = inExpression
	}
}

// endName ends a name. That of a table is taken note of.
func (c *classifier) endName() {
	name, isTable := c.name, c.isTable
	c.name, c.isTable = "", false
	if l := c.top(); l.columns && name != "" && len(c.columns) < maxInserts {
		c.columns = append(c.columns, name)
	}
	if !isTable || c.routine || slices.Contains(c.ctes, strings.ToLower(name)) {
		return
	}
	if len(c.st.Tables) < maxTables && !slices.Contains(c.st.Tables, name) {
		c.st.Tables = append(c.st.Tables, strings.Clone(name)) // the text may be long
	}
	c.summarize(name)
}

func (c *classifier) summarize(word string) {
	if c.routine || c.summary.Len()+1+len(word) > maxSummary {
		return
	}
	if c.summary.Len() > 0 {
		c.summary.WriteByte(' ')
	}
	c.summary.WriteString(word)
}

// value takes a literal or a parameter.
func (c *classifier) value(t token) {
	l := c.top()
	c.endName()
	argument := -1
	if t.kind == paramToken {
		argument = c.argument(t.text)
		l.params++
	} else {
		l.literals = next(l.literals, maphash.String(c.hasher.seed, t.text))
	}
	e := &c.equation
	switch {
	case e.operator == "=" && e.value.kind == endToken:
		e.value, e.argument = t, argument
	case l.clause == inWhere && c.isRange():
		c.ranged = true
		c.endEquation(false)
	default:
		c.endEquation(false)
	}
	c.volatile = c.volatile || t.kind == literalToken && isNow(t.text)
	switch l.clause {
	case inColumns:
		c.st.Probes = c.st.Probes || l.main && l.commas == 0 && c.prev.isWord("select")
	case inLimit:
		c.limited = true
		c.batch = c.batch || t.text != "1"
	case inOffset:
		c.st.Paged = c.st.Paged || l.main
	case atTable, atOneTable:
		c.lost = c.lost || t.kind == literalToken
		l.clause = inExpression
	case atStart:
		l.clause = inExpression
	}
	c.last = ""
}

// isNow reports whether a literal is the time of the query, for the functions that take
// one as a text.
func isNow(text string) bool { return len(text) == len("'now'") && strings.EqualFold(text, "'now'") }

// isRange reports whether the operator before is that of a range.
func (c *classifier) isRange() bool {
	switch c.prev.text {
	case "<", ">", "<=", ">=":
		return c.prev.kind == operatorToken
	}
	return false
}

// argument returns the index of a parameter, -2 for one with a name.
func (c *classifier) argument(text string) int {
	i := c.nextArgument(text)
	c.params++
	if 0 <= i && i < 64 {
		c.st.reused |= c.used & (1 << i)
		c.used |= 1 << i
	}
	return i
}

// nextArgument is argument, without taking it.
func (c *classifier) nextArgument(text string) int {
	digits := strings.TrimLeft(text, "?$:@p")
	if text == "?" {
		return c.params
	}
	n, err := strconv.Atoi(digits)
	if err != nil || n < 1 {
		return -2
	}
	return n - 1
}

func (c *classifier) operator(op string) {
	column := c.name
	if c.isTable {
		column = ""
	}
	l := c.top()
	c.endName()
	if op == "::" && c.equation.value.kind != endToken {
		c.last = ""
		return // a cast of the value
	}
	if op == "*" && l.clause == inColumns && l.verb == "select" && c.beforeStar() && l.function != "exists" {
		c.st.Star = true
	}
	c.endEquation(false)
	if op == "=" && column != "" && !c.negated {
		c.equation = equation{column: column, operator: op}
	}
	if (op[0] == '<' || op[0] == '>') && column != "" && l.clause == inWhere && l.main && !l.either {
		c.addRange(columnHash(column), op)
	}
	c.volatile = c.volatile || op == ":="
	if l.clause == atTable || l.clause == atOneTable || l.clause == atStart {
		l.clause = inExpression
	}
	c.last = ""
}

// beforeStar reports whether a star means all columns: SELECT *, t.*, and no product.
func (c *classifier) beforeStar() bool {
	switch c.last {
	case "select", "distinct", "all":
		return true
	}
	return c.prev.is(".") || c.prev.is(",")
}

// endEquation ends what may have been "column = value". It is one if nothing that
// computes follows.
func (c *classifier) endEquation(whole bool) {
	e := c.equation
	c.equation = equation{}
	if !whole || e.value.kind == endToken {
		return
	}
	l := c.top()
	column := strings.Clone(e.column)
	if l.clause == inWhere && e.argument >= 0 && len(c.others) < maxColumns {
		c.others = append(c.others, otherArg{column, e.argument})
	}
	switch {
	case !l.main:
	case l.clause == inSet && l.verb == "update" && len(c.st.Sets) < maxColumns:
		if e.argument == -1 {
			c.constants |= 1 << len(c.st.Sets)
		}
		c.st.Sets = append(c.st.Sets, Unqualified(column))
		if e.argument >= -1 {
			c.assign(Unqualified(column), e.argument, e.value.text)
		}
	case l.clause == inWhere && !l.either && len(c.keys) < maxColumns:
		k := key{column: column, argument: e.argument}
		if e.argument == -1 {
			k.literal, k.text = c.hasher.literal(e.value.text), c.hasher.literalText(e.value.text)
		}
		c.keys = append(c.keys, k)
	}
}

// columnHash tells columns apart, whatever table they are qualified with.
func columnHash(column string) uint64 {
	h := uint64(14695981039346656037)
	for _, b := range []byte(strings.ToLower(Unqualified(column))) {
		h = (h ^ uint64(b)) * 1099511628211
	}
	return h
}

func (c *classifier) punct(p string) {
	switch p {
	case "(", "[":
		c.open(p)
	case ")", "]":
		c.close()
	case ",":
		c.endName()
		c.endEquation(true)
		l := c.top()
		l.commas++
		switch l.clause {
		case inColumns:
			c.st.Probes = c.st.Probes && (!l.main || l.probe) // what EXISTS selects is not read
		case inTables:
			l.clause = atTable
		case inLimit:
			l.clause = inOffset // LIMIT offset, count
		}
	case ";":
		c.endName()
		c.endEquation(true)
		c.explained, c.analyzed = false, false
		c.levels, c.deeper = append(c.levels[:0], level{main: true}), 0
	default:
		c.endName()
		c.endEquation(false)
	}
	c.last = ""
}

// end returns the statement, without what belongs to its text.
func (c *classifier) end() *Statement {
	c.endName()
	c.endEquation(true)
	st := c.st
	c.endKind(&st)
	st.Summary = strings.ToValidUTF8(c.summary.String(), "\uFFFD")
	st.Star = st.Star && st.Kind == Read
	st.Locks = st.Locks && st.Kind == Read
	st.Paged = c.isPaged(&st)
	st.Probes = st.Probes && st.Verb == "SELECT" && st.Kind == Read
	st.Upserts = st.Upserts || c.upserts || st.Verb == "REPLACE" || st.Verb == "MERGE"
	st.Repeatable = st.Kind == Read && len(st.Tables) > 0 && len(st.Tables) < maxTables && !st.Locks && !c.volatile && !c.lost
	if c.lost {
		st.Tables = nil
	}
	switch st.Verb {
	case "SELECT", "UPDATE", "DELETE":
		c.endSets(&st)
		c.endKeys(&st)
		st.assigned = c.assigned
		st.others = c.others
	case "INSERT":
		c.endInserts(&st)
	}
	return &st
}

// endKind takes account of what a statement calls, and of what it leaves unsaid: it
// reads only if all of it is known to read.
func (c *classifier) endKind(st *Statement) {
	switch {
	case !c.decided && c.prev.kind != endToken && !c.prev.is(";"):
		st.Kind = Write
	case c.unknown && (st.Kind == Read || st.Kind == Other && c.analyzed):
		st.Kind = Write
	case c.session && st.Kind == Read:
		st.Kind = Other
	}
}

// isPaged reports whether a statement takes one part of the rows, where the next one goes
// on.
func (c *classifier) isPaged(st *Statement) bool {
	switch st.Verb {
	case "UPDATE", "DELETE":
		return c.window || c.limited
	case "INSERT":
		return c.batch && !c.values
	}
	return st.Verb == "SELECT" && (st.Paged || c.window || c.limited && c.ranged)
}

// endSets leaves out the columns that are set to constants. Where nothing is an argument, a library
// wrote all values into the text.
func (c *classifier) endSets(st *Statement) {
	if c.params == 0 || c.constants == 0 {
		return
	}
	sets := st.Sets
	st.Sets = nil
	for i, column := range sets {
		if c.constants&(1<<i) == 0 {
			st.Sets = append(st.Sets, column)
		}
	}
}

// endKeys takes over the keys.
func (c *classifier) endKeys(st *Statement) {
	for _, k := range c.keys {
		st.Keys = append(st.Keys, k.column)
		hash := columnHash(k.column)
		switch k.argument {
		case -1:
			st.row += mix(k.literal ^ hash)
			st.keyTexts = append(st.keyTexts, keyText{k.text, len(st.Keys) - 1})
		case -2:
			st.rowless = true
		default:
			st.keys = append(st.keys, keyArg{hash, k.argument, len(st.Keys) - 1})
		}
	}
}
