package fingerprint

import (
	"slices"
	"strings"

	"github.com/querybudget/querybudget/budget"
)

const (
	maxTables  = 16
	maxSummary = 120 // bytes
)

// classifier finds out what a statement does, from its words: it knows no
// grammar, only the places where tables stand.
type classifier struct {
	kind     budget.StatementKind
	decided  bool // kind is set by some statement of the text
	routine  bool // CREATE FUNCTION and the like: the body does not count
	locking  bool
	volatile bool
	array    bool // = ANY(?) or unnest(?): one argument that is a list
	star     bool
	inserts  bool
	tables   []string
	summary  strings.Builder
	ctes     []string

	first    bool // the next word starts a statement
	prev     token
	verb     string
	last     string // last word, in lower case
	expect   bool   // a table may stand here
	from     bool   // inside a FROM list, where a comma brings another table
	name     string // the table being read, perhaps still without its last part
	mayDot   bool   // the previous token was part of a name
	dotted   bool   // the previous token was a dot after it
	brackets []bracket
}

// bracket is an open bracket.
type bracket struct {
	from     bool // whether it stands in a FROM list
	function bool // of a function with a FROM of its own: EXTRACT(YEAR FROM x)
	exists   bool // EXISTS (SELECT * ...) reads no column
}

func (c *classifier) inExists() bool { n := len(c.brackets); return n > 0 && c.brackets[n-1].exists }

func newClassifier() *classifier { return &classifier{first: true} }

func (c *classifier) add(t token) {
	if t.text == "*" && t.kind == operatorToken && (c.last == "select" || c.last == "distinct" || c.prev.is(".")) {
		c.star = c.star || !c.inExists()
	}
	c.prev = t
	switch {
	case t.kind == wordToken && !c.dotted && !c.expectsName(t.text):
		c.endName()
		c.word(lower(t.text))
	case t.kind == wordToken || t.kind == quotedToken:
		c.part(t.text)
	case t.is(".") && c.mayDot:
		c.dotted, c.mayDot = true, false
	case t.kind == punctToken:
		c.punct(t.text)
	default:
		c.endName()
		c.expect, c.from = false, c.from && t.kind != operatorToken
		c.last = ""
	}
}

// expectsName reports whether a word is a table here and no keyword.
func (c *classifier) expectsName(word string) bool {
	if !c.expect {
		return false
	}
	switch w := lower(word); w {
	case "only", "lateral", "ignore", "low_priority", "delayed", "quick", "if", "not", "exists", "table", "into",
		"from", "stdin", "stdout", "or", "overwrite", "concurrently":
		return false
	default:
		return !isKeyword(w)
	}
}

// part takes a table name, or the rest of one after a dot.
func (c *classifier) part(text string) {
	text = strings.Trim(text, "\"`[]")
	switch {
	case c.dotted && c.name != "":
		c.name += "." + text
	case c.expect && !c.dotted:
		c.endName()
		c.name = text
		c.expect = false
	default:
		c.name = ""
	}
	c.last, c.first = "", false
	c.mayDot, c.dotted = true, false
}

// endName takes note of the table that was read.
func (c *classifier) endName() {
	name := c.name
	c.name, c.mayDot, c.dotted = "", false, false
	if name == "" || slices.Contains(c.ctes, strings.ToLower(name)) {
		return
	}
	if len(c.tables) < maxTables && !slices.Contains(c.tables, name) {
		c.tables = append(c.tables, strings.Clone(name)) // the text may be long
	}
	c.summarize(name)
}

func (c *classifier) summarize(word string) {
	if c.summary.Len()+1+len(word) > maxSummary {
		return
	}
	if c.summary.Len() > 0 {
		c.summary.WriteByte(' ')
	}
	c.summary.WriteString(word)
}

func (c *classifier) punct(p string) {
	function := c.last
	table := c.name
	if table != "" {
		function = lower(table) // a function in a FROM list looks like a table
	}
	switch p {
	case "(":
		// FROM generate_series(...) is a function, INSERT INTO t (a) a table.
		if c.from && table != "" && !c.first {
			c.name = ""
		}
		c.endName()
		c.volatile = c.volatile || volatile[function]
		b := bracket{from: c.from, exists: function == "exists"}
		switch function {
		case "any", "unnest", "json_each", "json_table":
			c.array = true
		case "extract", "substring", "trim", "overlay", "position":
			b.function = true
		}
		c.brackets, c.from = append(c.brackets, b), false
	case ")":
		c.endName()
		if n := len(c.brackets); n > 0 {
			c.from = c.brackets[n-1].from
			c.brackets = c.brackets[:n-1]
		}
		c.expect = false
	case ",":
		c.endName()
		c.expect = c.from
	case ";":
		c.endName()
		c.first, c.expect, c.from = true, false, false
	default:
		c.endName()
	}
	c.last = ""
}

// word takes a word that is no table.
func (c *classifier) word(w string) {
	last := c.last
	c.last = w
	if c.first {
		c.first = false
		c.statement(w)
		return
	}
	switch w {
	case "select":
		c.from, c.expect = false, false
		if c.verb != "with" || len(c.brackets) == 0 {
			c.decide(budget.ReadStatement)
		}
		c.summarize("SELECT")
	case "insert", "update", "delete", "merge", "replace":
		c.dataChange(w, last)
	case "from":
		inFunction := len(c.brackets) > 0 && c.brackets[len(c.brackets)-1].function
		if !inFunction && last != "distinct" && c.verb != "copy" {
			c.from, c.expect = true, true
		}
	case "join", "straight_join", "into":
		c.expect, c.from = true, c.from && w != "into"
		if w == "into" && c.verb == "select" {
			c.decide(budget.WriteStatement) // SELECT ... INTO new_table
		}
	case "using":
		c.expect = c.verb == "merge" || c.verb == "delete"
	case "table":
		c.expect = c.verb == "truncate" || c.verb == "create" || c.verb == "alter" || c.verb == "drop"
	case "share":
		c.locking = c.locking || last == "for" || last == "key" || last == "in"
	case "as":
		// "WITH name AS (" and "FROM t AS a": what follows is no table.
		c.expect = false
	case "where", "on", "set", "group", "order", "limit", "having", "values", "returning", "union", "except", "intersect", "window":
		c.expect, c.from = false, false
	case "function", "procedure", "trigger", "event":
		c.routine = c.routine || c.verb == "create"
	default:
		if c.verb == "with" && len(c.brackets) == 0 && (last == "with" || last == "recursive" || last == "") && len(c.ctes) < maxTables {
			c.ctes = append(c.ctes, w)
		}
	}
}

// dataChange handles a verb that changes data, unless it is a part of another
// one: ON DUPLICATE KEY UPDATE, DO UPDATE, FOR UPDATE, ON DELETE, WHEN ... THEN.
func (c *classifier) dataChange(w, last string) {
	switch last {
	case "for":
		c.locking = c.locking || w == "update"
		return
	case "key":
		c.locking = c.locking || w == "update" && c.verb == "select" // FOR NO KEY UPDATE
		return
	case "do", "on", "then", "before", "after", "or", "of":
		return
	}
	if c.verb == "create" || c.verb == "alter" || c.verb == "grant" || c.verb == "revoke" || w == "replace" {
		return
	}
	if !c.routine {
		c.summarize(strings.ToUpper(w))
	}
	c.inserts = c.inserts || w == "insert"
	c.decide(budget.WriteStatement)
	c.expect, c.from = w == "update", false
}

// statement takes the first word of a statement.
func (c *classifier) statement(w string) {
	c.verb = w
	c.inserts = c.inserts || w == "insert" || w == "replace"
	c.brackets = c.brackets[:0]
	kind := budget.OtherStatement
	switch w {
	case "select", "values", "table":
		kind = budget.ReadStatement
		c.expect = w == "table"
	case "insert", "update", "delete", "merge", "replace", "truncate":
		kind = budget.WriteStatement
		c.expect = w == "update" || w == "truncate"
	case "copy":
		kind = budget.WriteStatement
		c.expect = true
	case "with":
		c.ctes = nil
		return // decided by what follows
	case "begin", "start":
		kind = budget.BeginStatement
	case "commit", "rollback", "savepoint", "release", "end", "abort":
		kind = budget.ControlStatement
	case "":
		w = "statement"
	}
	c.decide(kind)
	if !c.routine {
		c.summarize(strings.ToUpper(w))
	}
}

// decide lets the strongest statement of the text give it its kind.
func (c *classifier) decide(kind budget.StatementKind) {
	if c.routine {
		return
	}
	if !c.decided || strength(kind) > strength(c.kind) {
		c.kind = kind
	}
	c.decided = true
}

func strength(k budget.StatementKind) int {
	switch k {
	case budget.WriteStatement:
		return 4
	case budget.OtherStatement:
		return 3
	case budget.ReadStatement:
		return 2
	case budget.BeginStatement:
		return 1
	default:
		return 0
	}
}
