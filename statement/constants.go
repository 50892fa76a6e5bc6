package statement

// constants finds the words that are values of a column: NULL, TRUE, FALSE and DEFAULT in
// lists, tuples and comparisons. There they are literals as any number is, so that a
// shape does not change with the data. IS NULL is a condition and stays one.
type constants struct {
	values bareValues
	prev   token
	// defines is set for a statement that defines data or sets a setting, where NULL and
	// DEFAULT belong to a definition, or are a word of their own.
	defines bool
	begun   bool
}

// next returns the next token, a literal in the place of a constant.
func (c *constants) next() token {
	t := c.values.next()
	prev := c.prev
	c.prev = t
	switch {
	case t.is(";"):
		c.begun = false
	case t.kind != wordToken:
	case !c.begun:
		c.begun, c.defines = true, definesData(lower(t.text))
	case !c.defines && isConstant(t.text) && takesValue(prev):
		t.kind = literalToken
	}
	return t
}

func definesData(verb string) bool {
	switch verb {
	case "create", "alter", "drop", "grant", "revoke", "comment", "set", "reset", "pragma":
		return true
	}
	return false
}

func isConstant(word string) bool {
	switch len(word) {
	case len("null"), len("false"), len("default"):
	default:
		return false
	}
	switch lower(word) {
	case "null", "true", "false", "default":
		return true
	}
	return false
}

// takesValue reports whether a value may stand behind a token.
func takesValue(prev token) bool {
	switch prev.kind {
	case operatorToken:
		return prev.text != "::"
	case punctToken:
		return prev.text == "(" || prev.text == "," || prev.text == "["
	case wordToken:
		switch lower(prev.text) {
		case "then", "else", "select", "between":
			return true
		}
	}
	return false
}
