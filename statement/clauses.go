package statement

import "strings"

// word takes a word that is no part of a name.
func (c *classifier) word(t token) {
	w := lower(t.text)
	l := c.top()
	switch l.clause {
	case atStart:
		c.endName()
		c.begin(w)
		c.last = w
		return
	case inWith:
		c.with(w, t)
		return
	case atTable, atOneTable:
		if !isNoTable(w) && (!isKeyword(w) || namesTable(w)) && c.last != "or" {
			c.beginName(t.text)
			return
		}
	}
	if leads(l.verb) && (isDataChange(w) || c.explained && isRun(w)) {
		c.endName()
		c.begin(w)
		c.last = w
		return
	}
	if !isKeyword(w) && !isClauseWord(w) {
		c.plain(w, t)
		return
	}
	c.endName()
	c.endEquation(true)
	last := c.last
	c.last = w
	c.clauseWord(w, last)
	switch w {
	case "key", "index", "filter", "over", "top", "similar", "of": // may be a column
		c.name = t.text
	}
}

// plain takes a word that begins no clause: a column, an alias, a function.
func (c *classifier) plain(w string, t token) {
	l := c.top()
	computes := c.equation.value.kind != endToken && (w == "collate" || w == "at" || w == "div" || w == "mod")
	c.endName()
	c.endEquation(!computes)
	if l.verb == "create" && (w == "function" || w == "procedure" || w == "trigger" || w == "event") {
		c.routine = true
	}
	switch {
	case w == "share":
		c.st.Locks = c.st.Locks || c.last == "for" || c.last == "key" || c.last == "in"
	case w == "duplicate" && c.last == "on":
		c.upserts = true
	case w == "replace" && c.last == "or":
		c.st.Upserts = true
	case w == "ignore" && (l.verb == "insert" || l.verb == "update"), w == "nothing" && c.last == "do":
		c.st.Upserts = true
	case w == "next" && c.last == "fetch":
		c.st.Paged = true
	case w == "first" && c.last == "fetch":
		c.limited = true
	case w == "analyze":
		c.analyzed = c.analyzed || c.explained
	case w == "to" && l.verb == "copy" && !c.dataChanges:
		c.st.Kind = Read // what it reads goes to the client, or into a file
		c.volatile = true
	case timeWords[w] && !c.prev.is("."):
		c.volatile = true
	}
	c.name, c.last = t.text, w
}

// isNoTable knows the words that stand before a table's name.
func isNoTable(w string) bool {
	switch w {
	case "only",
		"lateral",
		"ignore",
		"low_priority",
		"high_priority",
		"delayed",
		"quick",
		"if",
		"not",
		"exists",
		"table",
		"into",
		"from",
		"stdin",
		"stdout",
		"or",
		"overwrite",
		"concurrently":
		return true
	}
	return false
}

// namesTable knows the keywords that PostgreSQL takes for the name of a table without quotes.
func namesTable(w string) bool {
	switch w {
	case "insert", "update", "conflict", "filter", "index", "key", "over", "partition", "top", "within":
		return true
	}
	return false
}

func isDataChange(w string) bool {
	switch w {
	case "insert", "update", "delete", "merge", "replace":
		return true
	}
	return false
}

// isRun knows the words that follow EXPLAIN ANALYZE and change data.
func isRun(w string) bool { return w == "execute" || w == "create" || w == "refresh" || w == "call" }

// isClauseWord knows the words that begin a clause and are no keywords of the shape.
func isClauseWord(w string) bool {
	switch w {
	case "from", "join", "straight_join", "into", "table", "fetch", "for", "offset", "do":
		return true
	}
	return false
}

// clauseWord moves to the clause that a word begins.
func (c *classifier) clauseWord(w, last string) {
	l := c.top()
	switch w {
	case "select":
		c.begin(w)
	case "values":
		c.values = c.values || l.main
		if !c.upserts && c.prev.kind != operatorToken {
			l.clause = inValues
		}
	case "from":
		if c.bringsTables(l, last) {
			l.clause = atTable
		}
	case "join", "straight_join":
		if l.clause != inColumns { // SELECT STRAIGHT_JOIN a
			l.clause, l.joins = atTable, true
		}
	case "into":
		c.into = l.verb == "select" && len(c.levels) == 1
		l.clause = atOneTable
	case "using":
		if l.verb == "merge" || l.verb == "delete" && !l.joins {
			l.clause = atTable
		}
	case "table":
		switch l.verb {
		case "truncate", "create", "alter", "drop":
			l.clause = atOneTable
		}
	case "set":
		l.clause = inSet
	case "where", "on":
		c.conditions(w, l)
	case "limit":
		l.clause = inLimit
	case "between":
		c.window = c.window || l.clause == inWhere && l.main && !l.either
	case "offset":
		l.clause = inOffset
	case "not":
		c.negated = l.clause == inWhere
	case "and":
		c.negated = false
	case "or":
		c.negated = false
		if l.clause == inWhere {
			c.forgetKeys(l)
		}
	case "union", "except", "intersect":
		if l.main {
			c.forgetKeys(l)
		}
		l.clause = inExpression
	case "conflict":
		c.st.Upserts = c.st.Upserts || l.verb == "insert" && last == "on"
		l.clause = inExpression
	case "update", "key":
		c.st.Locks = c.st.Locks || w == "update" && l.verb == "select" && (last == "for" || last == "key")
	case "as":
		if l.clause == atTable || l.clause == atOneTable {
			l.clause = inExpression // a keyword stood where a table could
		}
	case "group", "order", "having", "window", "returning", "partition", "references", "fetch", "do":
		l.clause = inExpression
	}
}

// conditions begins a WHERE, or the ON of a join.
func (c *classifier) conditions(w string, l *level) {
	if w == "on" {
		l.clause = inTablesOrExpression(l.clause)
		return
	}
	l.clause = inWhere
	c.negated = false
}

// inTablesOrExpression is the clause behind ON: after a join a comma still brings a
// table.
func inTablesOrExpression(c clause) clause {
	if c == inTables {
		return inTables
	}
	return inExpression
}

// forgetKeys makes no condition of this level a key: there is another way to satisfy
// the WHERE.
func (c *classifier) forgetKeys(l *level) {
	l.either, c.anyOr = true, true
	c.keys = c.keys[:min(l.keys, len(c.keys))]
}

// bringsTables reports whether a FROM is that of a statement, and not of a function or
// an operator: EXTRACT(YEAR FROM x), IS DISTINCT FROM y.
func (c *classifier) bringsTables(l *level, last string) bool {
	switch l.function {
	case "extract", "substring", "trim", "overlay", "position":
		if l.clause == inExpression {
			return false
		}
	}
	return l.verb != "copy" && last != "distinct"
}

// with takes a word of WITH name AS (...), name AS (...) SELECT.
func (c *classifier) with(w string, t token) {
	switch {
	case c.last == "with" || c.last == "recursive" || c.prev.is(","):
		if w != "recursive" && len(c.ctes) < maxTables {
			c.ctes = append(c.ctes, strings.ToLower(strings.Clone(t.text)))
		}
	case w == "select" || w == "values" || w == "table" || isDataChange(w):
		c.endName()
		c.begin(w)
	}
	c.last = w
}
