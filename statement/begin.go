package statement

import "strings"

// begin takes the word that a statement begins with.
func (c *classifier) begin(w string) {
	l := c.top()
	if l.verb == "with" && w != "with" {
		l.clause = inExpression
	}
	explained := l.verb == "explain"
	l.verb, l.clause = w, inExpression
	if len(c.levels) > 1 {
		l.main, l.query = false, true
	}
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
		c.decide(Other, "")
	default:
		c.decide(Other, strings.ToUpper(w))
	}
	if explained {
		l.verb = "explain"
	}
	c.summarize(strings.ToUpper(w))
}

// decide lets the strongest statement of the text give it its kind.
func (c *classifier) decide(kind Kind, verb string) {
	if c.routine {
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
