package statement

import "strings"

// shaper writes tokens in one canonical form: single spaces, ? for every
// literal and parameter, lists of them and repeated tuples taken together.
type shaper struct {
	text     []byte
	prev     token
	before   token // the one before prev
	brackets []bracket
	deeper   int // brackets beyond maxShaped
}

// maxShaped is the depth of brackets whose lists are taken together. What is deeper is
// written as it is.
const maxShaped = 200

// bracket is an open bracket, or the statement itself.
type bracket struct {
	start int  // of the text after the bracket
	items int  // commas so far
	plain bool // only ? and commas so far
	tuple span // the tuple in brackets that ended last
}

type span struct{ start, end int }

func newShaper(size int) *shaper {
	return &shaper{text: make([]byte, 0, size), brackets: []bracket{{}}}
}

func (s *shaper) top() *bracket { return &s.brackets[len(s.brackets)-1] }

// add writes a token.
func (s *shaper) add(t token) {
	if s.spaced(t) {
		s.text = append(s.text, ' ')
	}
	s.before, s.prev = s.prev, t
	switch {
	case t.kind == literalToken || t.kind == paramToken:
		s.text = append(s.text, '?')
	case t.is("(") || t.is("["):
		s.open(t)
	case (t.is(")") || t.is("]")) && len(s.brackets) > 1:
		s.close(t)
	case t.is(","):
		s.top().items++
		s.text = append(s.text, ',')
	default:
		s.top().plain = false
		s.text = append(s.text, t.text...)
	}
}

func (s *shaper) open(t token) {
	s.text = append(s.text, t.text...)
	if len(s.brackets) > maxShaped {
		s.deeper++
		return
	}
	s.brackets = append(s.brackets, bracket{start: len(s.text), plain: true})
}

// close ends a bracket. A list of placeholders becomes one of them; a tuple
// that equals the one before it is dropped with its comma.
func (s *shaper) close(t token) {
	if s.deeper > 0 {
		s.deeper--
		s.text = append(s.text, t.text...)
		return
	}
	inner := s.top()
	if inner.plain && inner.items > 0 {
		s.text = append(s.text[:inner.start], '?')
	}
	s.text = append(s.text, t.text...)
	tuple := span{inner.start - 1, len(s.text)}
	s.brackets = s.brackets[:len(s.brackets)-1]
	outer := s.top()
	outer.plain = false
	// The tuple before, a comma, a space, this tuple: nothing else.
	if last := outer.tuple; last.end > 0 && last.end+2 == tuple.start && s.text[last.end] == ',' &&
		string(s.text[last.start:last.end]) == string(s.text[tuple.start:tuple.end]) {
		s.text = s.text[:last.end]
		return
	}
	outer.tuple = tuple
}

// spaced reports whether a space belongs before t.
func (s *shaper) spaced(t token) bool {
	if len(s.text) == 0 {
		return false
	}
	if t.kind == punctToken {
		switch t.text {
		case "(":
			return s.spacedBracket()
		case "]":
			return strings.HasSuffix(s.prev.text, "]") && s.prev.kind == quotedToken // ]] would be a part of the name
		case ",", ";", ")", ".", "[":
			return false
		}
	}
	return !s.prev.is("(") && !s.prev.is("[") && !s.prev.is(".") && !s.isCast(t)
}

// isCast reports whether t is a part of value::type, which is written without
// spaces.
func (s *shaper) isCast(t token) bool {
	if t.text == "::" {
		return s.prev.kind != operatorToken
	}
	return s.prev.text == "::" && (t.kind == wordToken || t.kind == quotedToken)
}

// spacedBracket: "IN (", "INTO t (", "= (", but "count(".
func (s *shaper) spacedBracket() bool {
	switch s.prev.kind {
	case wordToken:
		return isKeyword(s.prev.text) || s.before.kind == wordToken && lower(s.before.text) == "into"
	case quotedToken:
		return true
	default:
		return !s.prev.is("(") && !s.prev.is("[") && !s.prev.is(".")
	}
}
