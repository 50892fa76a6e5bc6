package statement

import "strings"

type tokenKind uint8

const (
	endToken tokenKind = iota
	wordToken
	quotedToken  // a quoted name
	literalToken // string, number, and whatever cannot be read
	paramToken
	operatorToken
	punctToken // ( ) [ ] , ; .
)

type token struct {
	kind tokenKind
	text string
}

func (t token) is(punct string) bool { return t.kind == punctToken && t.text == punct }

// scanner splits a statement into tokens and drops space and comments. It reads
// each byte a bounded number of times. Where text cannot be read, because a
// quote is never closed for instance, all the rest is one literal: what is not
// understood must not show.
type scanner struct {
	src     string
	pos     int
	dialect Dialect
	prev    token
}

func (s *scanner) next() token {
	s.skipSpace()
	t := s.scan()
	s.prev = t
	return t
}

func (s *scanner) at(i int) byte {
	if s.pos+i < len(s.src) {
		return s.src[s.pos+i]
	}
	return 0
}

// take makes a token of the next n bytes.
func (s *scanner) take(kind tokenKind, n int) token {
	n = min(n, len(s.src)-s.pos)
	t := token{kind, s.src[s.pos : s.pos+n]}
	s.pos += n
	return t
}

func (s *scanner) scan() token {
	if s.pos >= len(s.src) {
		return token{}
	}
	c := s.at(0)
	switch {
	case isDigit(c), c == '.' && isDigit(s.at(1)) && !s.prevIsValue():
		return s.take(literalToken, s.number(0))
	case (c == '-' || c == '+') && s.startsNumber(1) && !s.prevIsValue():
		return s.take(literalToken, s.number(1))
	case isWordStart(c), c == '#' && s.dialect == SQLServer:
		return s.word()
	case c == '\'':
		return s.take(literalToken, s.quoted(0, '\'', s.dialect.backslash()))
	case c == '"' && s.dialect.doubleQuotedStrings():
		return s.take(literalToken, s.quoted(0, '"', true))
	case c == '"', c == '`':
		return s.name(c)
	case c == '[' && s.dialect.brackets():
		return s.name(']')
	case strings.IndexByte("()[],;.", c) >= 0:
		return s.take(punctToken, 1)
	case c == '$':
		return s.dollar()
	case c == '?':
		return s.question()
	case c == ':':
		return s.colon()
	case c == '@' && (isWordStart(s.at(1)) || isDigit(s.at(1))):
		return s.take(paramToken, 1+s.wordLen(1))
	case c == '@' && s.at(1) == '@':
		return s.take(wordToken, 2+s.wordLen(2))
	}
	return s.take(operatorToken, s.operator())
}

// skipSpace passes over white space, control characters and comments.
func (s *scanner) skipSpace() {
	for s.pos < len(s.src) {
		c := s.at(0)
		switch {
		case c <= ' ' || c == 0x7f:
			s.pos++
		case c == '-' && s.at(1) == '-' && (s.dialect != MySQL || s.at(2) <= ' '), c == '#' && s.dialect == MySQL:
			end := strings.IndexByte(s.src[s.pos:], '\n')
			if end < 0 {
				end = len(s.src) - s.pos
			}
			s.pos += end
		case c == '/' && s.at(1) == '*':
			s.skipComment()
		default:
			return
		}
	}
}

func (s *scanner) skipComment() {
	s.pos += 2
	for depth := 1; depth > 0; {
		i := strings.IndexAny(s.src[s.pos:], "*/")
		if i < 0 {
			s.pos = len(s.src)
			return
		}
		s.pos += i
		switch {
		case s.at(0) == '*' && s.at(1) == '/':
			depth--
			s.pos += 2
		case s.at(0) == '/' && s.at(1) == '*' && s.dialect.nestedComments():
			depth++
			s.pos += 2
		default:
			s.pos++
		}
	}
}

// prevIsValue reports whether a sign after the previous token is an operator
// between two values, rather than the sign of a number.
func (s *scanner) prevIsValue() bool {
	switch s.prev.kind {
	case wordToken:
		return !isKeyword(s.prev.text)
	case quotedToken, literalToken, paramToken:
		return true
	default:
		return s.prev.is(")") || s.prev.is("]")
	}
}

func (s *scanner) startsNumber(i int) bool {
	return isDigit(s.at(i)) || s.at(i) == '.' && isDigit(s.at(i+1))
}

// number returns the length of a number: 1, 1.5, .5, 1e-5, 0xff, 0b1, 1_000,
// with i bytes of sign before it. It is generous: what follows a digit without
// a space belongs to the number.
func (s *scanner) number(i int) int {
	hex := s.at(i) == '0' && s.at(i+1)|0x20 == 'x'
	for ; isDigit(s.at(i)) || isWordStart(s.at(i)) || s.at(i) == '.'; i++ {
		if !hex && s.at(i)|0x20 == 'e' && (s.at(i+1) == '-' || s.at(i+1) == '+') && isDigit(s.at(i+2)) {
			i++
		}
	}
	return i
}

// word scans a name or keyword, or a string with a prefix: E'...', x'...',
// U&'...', _utf8'...'.
func (s *scanner) word() token {
	n := 1 + s.wordLen(1)
	prefix := s.src[s.pos : s.pos+n]
	if n == 1 && prefix[0]|0x20 == 'u' && s.at(1) == '&' && s.at(2) == '\'' {
		return s.take(literalToken, s.quoted(2, '\'', false))
	}
	if s.at(n) != '\'' {
		return s.take(wordToken, n)
	}
	if n == 1 || prefix[0] == '_' {
		escapes := s.dialect.backslash() || prefix[0]|0x20 == 'e'
		return s.take(literalToken, s.quoted(n, '\'', escapes))
	}
	return s.take(wordToken, n)
}

// wordLen returns the number of bytes of a word from i on.
func (s *scanner) wordLen(i int) int {
	n := 0
	for isWordPart(s.at(i+n)) || s.dialect == SQLServer && (s.at(i+n) == '#' || s.at(i+n) == '@') {
		n++
	}
	return n
}

// quoted returns the length of a string whose opening quote is at i. A doubled
// quote is part of it.
func (s *scanner) quoted(i int, quote byte, escapes bool) int {
	for i++; s.pos+i < len(s.src); i++ {
		switch c := s.at(i); {
		case c == '\\' && escapes:
			i++
		case c == quote && s.at(i+1) == quote:
			i++
		case c == quote:
			return i + 1
		}
	}
	return len(s.src) - s.pos
}

// name scans a quoted name up to its closing quote.
func (s *scanner) name(quote byte) token {
	n := s.quoted(0, quote, false)
	if last := s.pos + n - 1; n < 2 || s.src[last] != quote {
		return s.take(literalToken, n)
	}
	return s.take(quotedToken, n)
}

// dollar scans $1, $name, and $tag$...$tag$.
func (s *scanner) dollar() token {
	if n := s.wordLen(1); isDigit(s.at(1)) || !s.dialect.dollarQuotes() {
		return s.take(paramToken, 1+n)
	}
	tag := 1
	for s.at(tag) != '$' && isWordPart(s.at(tag)) {
		tag++
	}
	if s.at(tag) != '$' {
		return s.take(paramToken, tag)
	}
	tag++
	quote := s.src[s.pos : s.pos+tag]
	end := strings.Index(s.src[s.pos+tag:], quote)
	if end < 0 {
		return s.take(literalToken, len(s.src)-s.pos)
	}
	return s.take(literalToken, tag+end+tag)
}

// question scans ?, ?1 and PostgreSQL's operators ?| and ?&.
func (s *scanner) question() token {
	if s.dialect == PostgreSQL && (s.at(1) == '|' || s.at(1) == '&') {
		return s.take(operatorToken, 2)
	}
	n := 1
	for isDigit(s.at(n)) {
		n++
	}
	return s.take(paramToken, n)
}

// colon scans :name, :1, and the operators :: and :=.
func (s *scanner) colon() token {
	if c := s.at(1); c == ':' || c == '=' {
		return s.take(operatorToken, 2)
	}
	before := byte(' ')
	if s.pos > 0 {
		before = s.src[s.pos-1]
	}
	if (isWordStart(s.at(1)) || isDigit(s.at(1))) && !isWordPart(before) && before != ']' && before != ')' {
		return s.take(paramToken, 1+s.wordLen(1))
	}
	return s.take(operatorToken, 1)
}

// operator returns the length of an operator. A sign ends it unless it is part
// of an arrow, so that the minus in "=-1" stays with the number.
func (s *scanner) operator() int {
	const chars = "+-*/<>=~!@%^&|#"
	n := 1
	for strings.IndexByte(chars, s.at(n)) >= 0 && s.at(n) != 0 {
		c, after := s.at(n), s.at(n+1)
		comment := c == '/' && after == '*' || c == '-' && after == '-' || c == '#' && s.dialect == MySQL
		variable := c == '@' && isWordPart(after)
		if comment || variable || (c == '-' || c == '+') && after != '>' {
			break
		}
		n++
	}
	return n
}

func isDigit(c byte) bool     { return c >= '0' && c <= '9' }
func isWordStart(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c >= 0x80 }
func isWordPart(c byte) bool  { return isWordStart(c) || isDigit(c) || c == '$' }
