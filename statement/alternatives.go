package statement

import "strings"

// A list of keys of several columns is written as alternatives by some libraries:
// "(a = ? AND b = ?) OR (a = ? AND b = ?) OR ...". That asks for several rows at once, as IN does.

// fewestAlternatives is how many are a list. Two may be a condition and its mirror image:
// "a = $1 AND b = $2 OR a = $2 AND b = $1".
const fewestAlternatives = 3

// asksForEither reports whether a shape joins equations that are the same with OR, for so
// many parameters at least as these have values: a list of literals is a condition.
func asksForEither(shape string, params int) bool {
	levels := make([]alternatives, 1, 8)
	for i := 0; i < len(shape); i++ {
		l := &levels[len(levels)-1]
		switch c := shape[i]; {
		case c == '"' || c == '`':
			end := strings.IndexByte(shape[i+1:], c)
			if end < 0 {
				return false
			}
			i += end + 1
		case c == '(':
			levels = append(levels, alternatives{start: i + 1})
		case c == ')' && len(levels) > 1:
			if l.next(shape[:i], i); l.isList(params) {
				return true
			}
			levels = levels[:len(levels)-1]
		case c == ' ':
			word, _, _ := strings.Cut(shape[i+1:], " ")
			switch strings.ToUpper(word) {
			case "OR":
				if l.next(shape[:i], i+len(" OR ")); l.isList(params) {
					return true
				}
			case "WHERE":
				*l = alternatives{start: i + len(" WHERE ")}
			}
		}
	}
	levels[0].next(shape, len(shape))
	return levels[0].isList(params)
}

// alternatives are what OR joins in one bracket: the condition before the present one, how
// often it came, and where the present one starts.
type alternatives struct {
	before string
	equal  int
	start  int
}

// next ends the present condition, where text ends, and begins another one.
func (a *alternatives) next(text string, start int) {
	condition := text[min(a.start, len(text)):]
	if condition != a.before {
		a.before, a.equal = condition, 0
	}
	a.equal++
	a.start = start
}

func (a *alternatives) isList(params int) bool {
	values := strings.Count(a.before, "?")
	return a.equal >= fewestAlternatives && values > 0 && values == strings.Count(a.before, " = ?") && params >= values*a.equal
}
