package statement

import "strings"

// A list of keys of several columns is written as alternatives by some libraries:
// "(a = ? AND b = ?) OR (a = ? AND b = ?)". That asks for several rows at once, as IN does.

// asksForEither reports whether a shape joins equal conditions with OR.
func asksForEither(shape string) bool {
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
			if l.repeats(shape[:i]) {
				return true
			}
			levels = levels[:len(levels)-1]
		case c == ' ':
			word, _, _ := strings.Cut(shape[i+1:], " ")
			switch strings.ToUpper(word) {
			case "OR":
				if l.repeats(shape[:i]) {
					return true
				}
				l.before, l.start = shape[l.start:i], i+len(" OR ")
			case "WHERE":
				*l = alternatives{start: i + len(" WHERE ")}
			case "ORDER", "GROUP", "LIMIT", "FETCH", "OFFSET", "RETURNING", "FOR", "UNION":
				if l.repeats(shape[:i]) {
					return true
				}
				*l = alternatives{start: i + 1}
			}
		}
	}
	return levels[0].repeats(shape)
}

// alternatives are what OR joins in one bracket: the condition before, and where the present
// one starts.
type alternatives struct {
	before string
	start  int
}

// repeats reports whether the condition that ends where text does is the one before.
func (a *alternatives) repeats(text string) bool {
	return a.before != "" && a.start <= len(text) && text[a.start:] == a.before && strings.Contains(a.before, "?")
}
