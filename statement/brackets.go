package statement

// open begins a bracket.
func (c *classifier) open(p string) {
	outer := c.top()
	function := c.last
	if c.name != "" {
		function = lower(Unqualified(c.name))
		if outer.clause == inTables {
			c.name, c.isTable = "", false // FROM generate_series(...) is a function, INSERT INTO t (a) a table
		}
	}
	columns := c.isTable && (outer.verb == "insert" || outer.verb == "replace")
	if p == "(" && c.isCall(function, outer) {
		c.call(function)
	}
	negated := c.negated
	c.negated = false
	c.endEquation(false) // "= ANY (" and "= (1 + 2)" are no plain values
	if outer.clause == inWhere && c.isRange() {
		c.ranged = true // (a, b) > (?, ?)
	}
	c.endName()
	if len(c.levels) >= maxLevels {
		c.deeper++
		return
	}
	l := level{clause: inExpression, verb: outer.verb, function: function, keys: len(c.keys), columns: columns}
	if outer.main && outer.clause == inColumns && outer.commas == 0 && (function == "exists" || function == "count") {
		c.st.Probes, l.probe = true, function == "exists"
	}
	switch outer.clause {
	case atTable, atOneTable:
		l.clause = atTable
	case atStart:
		l.clause = atStart
	case inWith:
		if function == "as" || function == "materialized" {
			l.clause, l.verb = atStart, ""
		}
	case inWhere:
		if function == "" || isConjunction(function) {
			l.clause, l.main, l.either = inWhere, outer.main, outer.either || negated
		}
	case inValues:
		outer.tuples++
		l.tuple = outer.main && outer.tuples == 1
		c.item = item{}
	}
	c.levels = append(c.levels, l)
}

// isCall reports whether the word before a bracket calls a function, and is no name of
// what the bracket lists: WITH x (a), FROM f(1) AS x (a), ::numeric(10, 2).
func (c *classifier) isCall(function string, outer *level) bool {
	if function == "" || outer.clause == inWith || c.before.text == "::" {
		return false
	}
	if outer.clause != inTables || c.isTable || c.before.is(".") {
		return true
	}
	isAlias := c.before.is(")") || c.before.kind == quotedToken || c.before.isWord("as") ||
		c.before.kind == wordToken && !isKeyword(c.before.text)
	return !isAlias
}

// call takes note of what a function does.
func (c *classifier) call(name string) {
	switch c.functions.effectOf(name) {
	case pure:
	case varies:
		c.volatile = true
	case inSession:
		c.session = true
	default:
		c.unknown = true
	}
}

func isConjunction(word string) bool {
	return word == "and" || word == "or" || word == "where" || word == "not"
}

// close ends a bracket.
func (c *classifier) close() {
	c.endName()
	c.endEquation(true)
	if c.deeper > 0 {
		c.deeper--
		return
	}
	if len(c.levels) == 1 {
		return
	}
	l := *c.top()
	c.levels = c.levels[:len(c.levels)-1]
	outer := c.top()
	c.list(&l, outer)
	switch outer.clause {
	case atStart: // (SELECT ...) UNION ...
		outer.clause, outer.verb = inExpression, l.verb
	case atTable:
		outer.clause = inTables
	case atOneTable:
		outer.clause = inExpression
	case inValues:
		c.st.Batched = c.st.Batched || outer.tuples > 1
	}
}

// list looks at a bracket that was a list of keys: IN (?, ?), IN ((?, ?), (?, ?)), =
// ANY(?). One of literals may be the same each time.
func (c *classifier) list(l, outer *level) {
	if l.query {
		return
	}
	several := l.commas > 0
	switch l.function {
	case "any", "some", "unnest", "json_each", "json_array_elements", "json_array_elements_text", "jsonb_array_elements", "jsonb_array_elements_text",
		"json_table", "openjson", "string_to_array", "string_to_table":
		several = true // one argument that is a list
	case "in":
	default:
		if l.clause == inExpression { // a tuple in a list, an array in a call
			outer.params += l.params
			if l.literals != 0 {
				outer.literals = next(outer.literals, l.literals)
			}
		}
		return
	}
	switch {
	case !several:
	case l.params > 0:
		c.st.Batched = true
	case l.literals != 0:
		c.st.Lists = next(c.st.Lists, l.literals)
	}
}
