package statement

import "strings"

// begin takes the word that a statement begins with.
func (c *classifier) begin(w string) {
	l := c.top()
	if l.verb == "with" && w != "with" {
		l.clause = inExpression
	}
	explained := explains(l.verb)
	l.verb, l.clause = w, inExpression
	if len(c.levels) > 1 {
		l.main, l.query = l.probe, true
	}
	c.dataChanges = c.dataChanges || isDataChange(w)
	switch w {
	case "select":
		l.clause = inColumns
		c.decide(Read, "SELECT")
	case "values":
		l.clause = inValues
		c.decide(Read, "VALUES")
	case "table":
		l.clause = atOneTable
		c.decide(Read, "TABLE")
	case "insert", "replace", "copy":
		l.clause = atOneTable
		c.decide(Write, strings.ToUpper(w))
	case "update", "truncate":
		l.clause = atTable
		c.decide(Write, strings.ToUpper(w))
	case "delete", "merge":
		c.decide(Write, strings.ToUpper(w))
	case "with":
		l.clause = inWith
		return // decided by what follows
	case "begin", "start":
		c.decide(Begin, strings.ToUpper(w))
	case "commit", "rollback", "savepoint", "release", "end", "abort":
		c.decide(Control, strings.ToUpper(w))
	case "":
		w = "statement"
		c.decide(Write, "")
	default:
		kind := Write
		if harmless[w] {
			kind = Other
		}
		c.decide(kind, strings.ToUpper(w))
		c.explained = explains(w)
		c.analyzed = w == "analyze"
	}
	if explained {
		l.verb = "explain"
	}
	c.summarize(strings.ToUpper(w))
}

// explains reports whether a verb may stand before another statement, which it explains.
func explains(verb string) bool {
	switch verb {
	case "explain", "describe", "desc", "analyze":
		return true
	}
	return false
}

// leads reports whether another statement may follow a verb without a semicolon.
func leads(verb string) bool {
	switch verb {
	case "set", "declare", "if", "print", "use", "while":
		return true
	}
	return explains(verb)
}

// decide lets the strongest statement of the text give it its kind.
func (c *classifier) decide(kind Kind, verb string) {
	if c.routine || kind == Write && c.explained && !c.analyzed {
		return
	}
	if !c.decided || strength(kind) > strength(c.st.Kind) {
		c.st.Kind, c.st.Verb = kind, strings.Clone(verb)
	}
	c.decided = true
}

func strength(k Kind) int {
	switch k {
	case Write:
		return 4
	case Other:
		return 3
	case Read:
		return 2
	case Begin:
		return 1
	default:
		return 0
	}
}
