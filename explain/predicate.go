package explain

import (
	"strings"
)

// predicate is a condition that rows have to meet: a comparison, one of several, or
// something else.
type predicate struct {
	text     string        // without literals
	branches [][]predicate // of an OR
	operator string        // of a comparison, in lower case; empty for another one
	negated  bool
	// left is the whole of what is no comparison.
	left, right operand
}

// predicates reads a condition: all of them have to be met.
func predicates(tokens []token) []predicate {
	tokens = strip(tokens)
	if len(tokens) == 0 {
		return nil
	}
	if parts := split(tokens, "or"); len(parts) > 1 {
		p := predicate{text: join(tokens)}
		for _, part := range parts {
			p.branches = append(p.branches, predicates(part))
		}
		return []predicate{p}
	}
	if parts := split(tokens, "and"); len(parts) > 1 {
		var out []predicate
		for _, part := range parts {
			out = append(out, predicates(part)...)
		}
		return out
	}
	return single(tokens)
}

// single reads a condition without AND and OR.
func single(tokens []token) []predicate {
	p := predicate{text: join(tokens)}
	if tokens[0].isAny("not", "!") && len(tokens) > 1 {
		inner := predicates(tokens[1:])
		if len(inner) != 1 || inner[0].branches != nil {
			p.negated, p.left = true, newOperand(tokens[1:])
			return []predicate{p}
		}
		inner[0].negated, inner[0].text = !inner[0].negated, p.text
		return inner
	}
	at, n, operator := operatorOf(tokens)
	if at < 0 {
		p.left = newOperand(tokens)
		return []predicate{p}
	}
	words := strings.Fields(operator)
	p.negated = words[0] == "not"
	p.operator = strings.TrimPrefix(operator, "not ")
	p.left, p.right = newOperand(tokens[:at]), newOperand(tokens[at+n:])
	if p.operator == "between" {
		return between(p, tokens[at+n:])
	}
	return []predicate{p}
}

// between makes two comparisons of one with two ends.
func between(p predicate, ends []token) []predicate {
	parts := split(ends, "and")
	if p.negated || len(parts) != 2 {
		p.negated = true // no range
		return []predicate{p}
	}
	low, high := p, p
	low.operator, low.right = ">=", newOperand(parts[0])
	high.operator, high.right = "<=", newOperand(parts[1])
	return []predicate{low, high}
}

// signs are the operators that compare, those with two words apart.
var signs = map[string]bool{
	"=": true, "==": true, "<": true, ">": true, "<=": true, ">=": true, "<>": true, "!=": true, "<=>": true,
	"~~": true, "!~~": true, "~~*": true, "!~~*": true, "~": true, "~*": true, "!~": true, "!~*": true,
	"@>": true, "<@": true, "&&": true, "@@": true, "?|": true, "?&": true, "%": true, "^@": true,
	"like": true, "ilike": true, "glob": true, "in": true, "between": true, "regexp": true, "rlike": true,
	"similar": true, "is": true, "isnull": true, "notnull": true,
}

// operatorOf finds what compares, at a place and with a number of tokens; -1 if nothing
// does.
func operatorOf(tokens []token) (at, n int, operator string) {
	at = -1
	walk(tokens, func(i int, t token) bool {
		if t.literal || !signs[strings.ToLower(t.text)] {
			return true
		}
		if t.is("%") && !isPatternOperand(tokens, i) {
			return true // the remainder of a division
		}
		at, n, operator = i, 1, strings.ToLower(t.text)
		if i > 0 && tokens[i-1].is("not") {
			at, n, operator = i-1, 2, "not "+operator
		}
		if t.is("is") && i+1 < len(tokens) && tokens[i+1].is("not") {
			n, operator = n+1, "not is"
		}
		return false
	})
	return at, n, operator
}

// isPatternOperand is where a % is the similarity of PostgreSQL's trigrams: no other
// comparison follows.
func isPatternOperand(tokens []token, at int) bool {
	only := true
	walk(tokens[at+1:], func(_ int, t token) bool {
		only = only && !signs[strings.ToLower(t.text)]
		return only
	})
	return only
}
