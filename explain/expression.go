package explain

import (
	"slices"
	"strings"

	"github.com/querybudget/querybudget/statement"
)

// token is a token of a statement, see statement.Dialect.Tokens.
type token struct {
	text    string
	literal bool
}

func tokensOf(d statement.Dialect, text string) []token {
	var out []token
	for t, literal := range d.Tokens(text) {
		out = append(out, token{t, literal})
	}
	return out
}

func (t token) is(word string) bool { return !t.literal && strings.EqualFold(t.text, word) }

func (t token) isAny(words ...string) bool { return slices.ContainsFunc(words, t.is) }

// isName reports whether t is a word or a quoted name, which keywords are too.
func (t token) isName() bool {
	c := t.text[0]
	return !t.literal && (c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c == '"' || c == '`' || c == '[' && len(t.text) > 1 || c >= 0x80)
}

// isParameter reports whether t stands for an argument.
func (t token) isParameter() bool {
	c := t.text[0]
	return !t.literal && (c == '?' && (len(t.text) == 1 || isDigit(t.text[1])) || len(t.text) > 1 && (c == '$' || c == '@' || c == ':') && t.text != "::" && isWordByte(t.text[1]))
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
func isWordByte(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || isDigit(c) || c >= 0x80
}

// join writes tokens as a text, with its literals taken out.
func join(tokens []token) string {
	var b strings.Builder
	for i, t := range tokens {
		if i > 0 && needsSpace(tokens[i-1], t) {
			b.WriteByte(' ')
		}
		if t.literal || t.text[0] == '?' && t.isParameter() {
			b.WriteByte('?')
		} else {
			b.WriteString(t.text)
		}
	}
	return b.String()
}

func needsSpace(before, t token) bool {
	if t.isAny(")", "]", ",", ".", "::") || before.isAny("(", "[", ".", "::") {
		return false
	}
	return !t.isAny("(", "[") || !before.isName() || isKeyword(before)
}

// walk calls f for each token outside of brackets and of CASE, until f returns false.
func walk(tokens []token, f func(i int, t token) bool) {
	depth := 0
	for i, t := range tokens {
		switch {
		case t.isAny("(", "[", "case"):
			if depth == 0 && !f(i, t) {
				return
			}
			depth++
			continue
		case t.isAny(")", "]", "end"):
			depth--
			continue
		}
		if depth == 0 && !f(i, t) {
			return
		}
	}
}

// split splits tokens at a word outside of brackets. The AND of a BETWEEN splits nothing.
func split(tokens []token, word string) [][]token {
	var out [][]token
	begin, between := 0, false
	walk(tokens, func(i int, t token) bool {
		switch {
		case t.is("between"):
			between = true
		case between && t.is("and"):
			between = false
		case t.is(word):
			out = append(out, tokens[begin:i])
			begin = i + 1
		}
		return true
	})
	return append(out, tokens[begin:])
}

// strip takes off brackets around all of the tokens.
func strip(tokens []token) []token {
	for len(tokens) > 1 && tokens[0].is("(") && closes(tokens) == len(tokens)-1 {
		tokens = tokens[1 : len(tokens)-1]
	}
	return tokens
}

// closes returns where the bracket is closed that the tokens begin with.
func closes(tokens []token) int {
	depth := 0
	for i, t := range tokens {
		switch {
		case t.isAny("(", "["):
			depth++
		case t.isAny(")", "]"):
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return len(tokens)
}

// column is a column as an expression names it. The table is empty where it is not said.
type column struct{ table, name string }

// operand is one side of a comparison.
type operand struct {
	tokens  []token
	columns []column // all that it names
	bare    bool     // it is its column, maybe with a cast
	row     []column // the columns of a row, (a, b)
	cast    string   // the type that its column is cast to
	// parameter and query are set if it has parameters, or asks the database.
	parameter, query bool
}

func newOperand(tokens []token) operand {
	tokens = strip(tokens)
	o := operand{tokens: tokens}
	if len(tokens) > 0 && tokens[0].isAny("select", "with", "values", "subplan", "hashed") {
		o.query = true
		return o
	}
	inner := o.uncast(tokens)
	o.columns, o.parameter, o.query = columnsOf(inner)
	if c, n := columnAt(inner, 0); n > 0 && n == len(inner) {
		o.bare, o.columns = true, []column{c}
		return o
	}
	if len(inner) > 0 && inner[0].is("row") {
		inner = strip(inner[1:])
	}
	o.row = rowOf(inner)
	return o
}

// uncast takes casts off: x::date, CAST(x AS date) is a function.
func (o *operand) uncast(tokens []token) []token {
	for {
		at := -1
		walk(tokens, func(i int, t token) bool {
			if t.is("::") {
				at = i
			}
			return true
		})
		if at < 0 || !isType(tokens[at+1:]) {
			return tokens
		}
		o.cast = strings.ToLower(join(tokens[at+1:]))
		tokens = strip(tokens[:at])
	}
}

func isType(tokens []token) bool {
	ok := len(tokens) > 0
	walk(tokens, func(_ int, t token) bool {
		ok = ok && (t.isName() || t.isAny("(", "[", "."))
		return ok
	})
	return ok
}

// rowOf returns the columns of (a, b), nil if it is something else.
func rowOf(tokens []token) []column {
	parts := split(tokens, ",")
	if len(parts) < 2 {
		return nil
	}
	var out []column
	for _, part := range parts {
		o := newOperand(part)
		if !o.bare {
			return nil
		}
		out = append(out, o.columns[0])
	}
	return out
}

// columnAt reads a name at a place, with its qualifiers. It returns the number of tokens.
func columnAt(tokens []token, at int) (c column, n int) {
	if at >= len(tokens) || !tokens[at].isName() || isKeyword(tokens[at]) {
		return c, 0
	}
	c.name, n = unquote(tokens[at].text), 1
	for at+n+1 < len(tokens) && tokens[at+n].is(".") && tokens[at+n+1].isName() {
		c = column{c.name, unquote(tokens[at+n+1].text)}
		n += 2
	}
	if at+n < len(tokens) && (tokens[at+n].is("(") || tokens[at+n].literal) {
		return c, 0 // a function, or the type of a literal: DATE '2026-01-01'
	}
	return c, n
}

// columnsOf returns the columns that an expression names, outside of queries in it.
func columnsOf(tokens []token) (columns []column, parameter, query bool) {
	for i := 0; i < len(tokens); i++ {
		t := tokens[i]
		switch {
		case t.isParameter():
			parameter = true
		case t.is("::"):
			for i+1 < len(tokens) && (tokens[i+1].isName() && !isKeyword(tokens[i+1]) || tokens[i+1].is("[")) {
				i++
				if tokens[i].is("[") {
					i += closes(tokens[i:])
				}
			}
		case t.is("(") && i+1 < len(tokens) && tokens[i+1].isAny("select", "with", "values", "subplan", "hashed", "initplan"):
			query = true
			i += closes(tokens[i:])
		case t.is("."):
		default:
			if c, n := columnAt(tokens, i); n > 0 {
				columns = append(columns, c)
				i += n - 1
			}
		}
	}
	return columns, parameter, query
}

// keywords are words of expressions that are no names.
var keywords = map[string]bool{
	"all": true, "and": true, "any": true, "array": true, "as": true, "asc": true, "at": true, "between": true,
	"both": true, "by": true, "case": true, "cast": true, "collate": true, "current_date": true,
	"current_time": true, "current_timestamp": true, "localtime": true, "localtimestamp": true, "desc": true,
	"distinct": true, "div": true, "else": true, "end": true, "escape": true, "exists": true, "false": true,
	"from": true, "glob": true, "group": true, "having": true, "ilike": true, "in": true, "interval": true,
	"is": true, "isnull": true, "join": true, "leading": true, "like": true, "limit": true, "match": true,
	"mod": true, "nocase": true, "not": true, "notnull": true, "null": true, "on": true, "or": true,
	"order": true, "regexp": true, "rlike": true, "row": true, "select": true, "similar": true, "some": true,
	"then": true, "to": true, "trailing": true, "true": true, "unknown": true, "using": true, "when": true,
	"where": true, "with": true, "within": true, "xor": true, "zone": true, "binary": true, "union": true,
}

// isKeyword reports whether a word is part of an expression and no name.
func isKeyword(t token) bool { return keywords[strings.ToLower(t.text)] }
