package statement

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

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

// isWord reports whether t is a word that is written so in lower case.
func (t token) isWord(w string) bool {
	return t.kind == wordToken && len(t.text) == len(w) && strings.EqualFold(t.text, w)
}

// scanner splits a statement into tokens and drops space and comments. It reads
// each byte a bounded number of times. Where text cannot be read, because a
// quote is never closed for instance, all the rest is one literal: what is not
// understood must not show.
type scanner struct {
	src     string
	pos     int
	dialect Dialect
	prev    token
	tables  tablePositions // of an unknown dialect
	// unread is set once text was passed over that may be part of the statement.
	unread bool
	// lost is set where the readings of an unknown dialect part: what follows is a
	// literal.
	lost bool
	// executing is set in a comment that is executed.
	executing bool
	bracket   bool // of an unknown dialect is open
	settings  settings
}

func (s *scanner) next() token {
	s.skipSpace()
	t := s.scan()
	if s.dialect == Standard {
		s.tables.add(t)
	}
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

// rest makes a literal of all that follows.
func (s *scanner) rest() token {
	s.unread = true
	return s.take(literalToken, len(s.src)-s.pos)
}

func (s *scanner) scan() token {
	if s.pos >= len(s.src) {
		return token{}
	}
	if s.lost {
		return s.rest()
	}
	c := s.at(0)
	switch {
	case isDigit(c) && s.dialect == MySQL && s.digitName() > 0:
		return s.take(wordToken, s.digitName())
	case isDigit(c), c == '.' && isDigit(s.at(1)) && !s.prevIsValue():
		return s.take(literalToken, s.number(0))
	case (c == '-' || c == '+') && s.startsNumber(1) && !s.prevIsValue():
		return s.take(literalToken, s.number(1))
	case isWordStart(c), c == '#' && s.dialect == SQLServer:
		return s.word()
	case c == '\'':
		return s.text(0, s.dialect.backslash())
	case c == '"':
		return s.doubleQuoted()
	case c == '`':
		return s.name(c)
	case c == '[' && s.dialect.brackets():
		return s.name(']')
	case (c == '[' || c == ']') && s.dialect == Standard && !s.bracketIsPlain():
		return s.rest()
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
		if s.at(i) >= utf8.RuneSelf && s.spaceLen(i) > 0 {
			break
		}
		if !hex && s.at(i)|0x20 == 'e' && (s.at(i+1) == '-' || s.at(i+1) == '+') && isDigit(s.at(i+2)) {
			i++
		}
	}
	return i
}

// digitName returns the length of a name that begins with a digit, as MySQL allows: it is
// no number, 0 if there is none.
func (s *scanner) digitName() int {
	digits := 0
	for isDigit(s.at(digits)) {
		digits++
	}
	n := s.wordLen(0)
	rest := s.src[s.pos+digits : s.pos+n]
	switch {
	case rest == "", s.at(n) == '.' && isDigit(s.at(n+1)):
		return 0
	case rest[0]|0x20 == 'e':
		exponent := strings.TrimLeft(rest[1:], "0123456789")
		if exponent == "" && (len(rest) > 1 || s.at(n) == '-' || s.at(n) == '+') {
			return 0
		}
	case digits == 1 && s.at(0) == '0' && isBase(rest):
		return 0
	}
	return n
}

// isBase reports whether what follows a zero makes it 0xff or 0b01.
func isBase(rest string) bool {
	digits := "01"
	switch rest[0] {
	case 'x':
		digits = "0123456789abcdefABCDEF"
	case 'b':
	default:
		return false
	}
	return strings.Trim(rest[1:], digits) == ""
}

// word scans a name or keyword, or a string with a prefix: E'...', x'...',
// U&'...', _utf8'...'.
func (s *scanner) word() token {
	if s.isMoney() {
		return s.take(literalToken, s.number(0))
	}
	n := max(s.wordLen(0), 1)
	prefix := s.src[s.pos : s.pos+n]
	if s.dialect == PostgreSQL && n == 1 && prefix[0]|0x20 == 'u' && s.at(1) == '&' && s.at(2) == '\'' {
		return s.text(2, false)
	}
	if s.at(n) == '\'' && (n == 1 || prefix[0] == '_' || s.dialect == Standard && lower(prefix) == "nq") {
		return s.prefixed(n)
	}
	return s.take(wordToken, n)
}

// isMoney reports whether an amount with the sign of a currency is next, which is a
// number for SQL Server.
func (s *scanner) isMoney() bool {
	if s.at(0) < utf8.RuneSelf || s.dialect != SQLServer && s.dialect != Standard {
		return false
	}
	r, n := utf8.DecodeRuneInString(s.src[s.pos:])
	return unicode.Is(unicode.Sc, r) && s.startsNumber(n)
}

// wordLen returns the number of bytes of a word from i on.
func (s *scanner) wordLen(i int) int {
	n := 0
	for isWordPart(s.at(i+n)) || s.dialect == SQLServer && (s.at(i+n) == '#' || s.at(i+n) == '@') {
		if s.at(i+n) >= utf8.RuneSelf && s.spaceLen(i+n) > 0 {
			break
		}
		n++
	}
	return n
}

// name scans a quoted name up to its closing quote.
func (s *scanner) name(quote byte) token {
	end := s.closing(0, quote, false)
	if end < 0 || quote == '`' && s.dialect == Standard && !isPlainName(s.src[s.pos+1:s.pos+end-1]) {
		return s.rest()
	}
	return s.take(quotedToken, end)
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
		variable := c == '@' && isWordPart(after)
		if s.endsOperator(c, after) || variable || (c == '-' || c == '+') && after != '>' {
			break
		}
		n++
	}
	return n
}

func isDigit(c byte) bool     { return c >= '0' && c <= '9' }
func isWordStart(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c >= 0x80 }
func isWordPart(c byte) bool  { return isWordStart(c) || isDigit(c) || c == '$' }
