package statement

import (
	"strings"
	"unicode/utf8"
)

// closing returns the number of bytes up to the end of what is quoted from i on, -1 if
// it has none. A doubled quote is part of it.
func (s *scanner) closing(i int, quote byte, escapes bool) int {
	for i++; s.pos+i < len(s.src); i++ {
		switch c := s.at(i); {
		case c == '\\' && escapes:
			if s.mayBeTrail(i) {
				return -1
			}
			i++
		case c == quote && s.at(i+1) == quote:
			i++
		case c == quote:
			return i + 1
		}
	}
	return -1
}

// mayBeTrail reports whether a backslash may be the second byte of a character, in GBK,
// Big5 or Shift JIS. It escapes nothing then.
func (s *scanner) mayBeTrail(i int) bool {
	if s.src[s.pos+i-1] < utf8.RuneSelf {
		return false
	}
	r, n := utf8.DecodeLastRuneInString(s.src[:s.pos+i])
	return s.dialect == Standard || r == utf8.RuneError && n == 1
}

// text scans a string whose quote is i bytes ahead.
func (s *scanner) text(i int, escapes bool) token {
	end := s.closing(i, '\'', escapes || s.settings.escapes)
	switch {
	case end < 0:
		return s.rest()
	case s.dialect == Standard && !s.agreesOn(i, end):
		return s.rest()
	case s.dialect == PostgreSQL:
		if !escapes && s.at(end-2) == '\\' && s.closing(i, '\'', true) != end && s.settingsMatter() {
			return s.rest()
		}
		return s.continued(end, escapes)
	}
	return s.take(literalToken, end)
}

// agreesOn reports whether all databases end a string, or a name in double quotes, at
// the same place: with backslash escapes, without them, and in triple quotes.
func (s *scanner) agreesOn(i, end int) bool {
	quote := s.at(i)
	if s.closing(i, quote, false) != end || s.closing(i, quote, true) != end {
		return false
	}
	triple := strings.Repeat(string(quote), 3)
	if !strings.HasPrefix(s.src[s.pos+i:], triple) {
		return true
	}
	inner := strings.Index(s.src[s.pos+i+3:], triple)
	return inner < 0 || i+3+inner+3 == end
}

// prefixed scans a string with a prefix of n bytes.
func (s *scanner) prefixed(n int) token {
	prefix := s.src[s.pos : s.pos+n]
	if s.dialect == Standard && prefix[n-1]|0x20 == 'q' && s.oracleQuote(n) != s.closing(n, '\'', false) {
		return s.rest()
	}
	return s.text(n, s.dialect.backslash() || s.dialect == PostgreSQL && prefix[0]|0x20 == 'e')
}

// oracleQuote returns the length of q'[it's]' with its prefix of n bytes, -1 if it has
// no end.
func (s *scanner) oracleQuote(n int) int {
	open := s.at(n + 1)
	if i := strings.IndexByte("[{(<", open); i >= 0 {
		open = "]})>"[i]
	}
	begin := min(s.pos+n+2, len(s.src))
	end := strings.Index(s.src[begin:], string([]byte{open, '\''}))
	if end < 0 {
		return -1
	}
	return n + 2 + end + 2
}

// continued takes a string of PostgreSQL with its continuations: after a line break,
// further quotes belong to the same constant, and are read by the same rules.
func (s *scanner) continued(end int, escapes bool) token {
	for next := s.continuation(end); next > 0; next = s.continuation(end) {
		if end = s.closing(next, '\'', escapes || s.settings.escapes); end < 0 {
			return s.rest()
		}
	}
	return s.take(literalToken, end)
}

// continuation returns where a string goes on whose quote was closed before i, 0 if it
// does not. Comments up to the end of a line are space.
func (s *scanner) continuation(i int) int {
	for broken := false; ; i++ {
		switch c := s.at(i); {
		case c == '\n' || c == '\r':
			broken = true
		case c == ' ' || c == '\t' || c == '\f' || c == '\v':
		case c == '-' && s.at(i+1) == '-':
			line := strings.IndexAny(s.src[s.pos+i:], "\r\n")
			if line < 0 {
				return 0
			}
			i += line - 1
		case c == '\'' && broken:
			return i
		default:
			return 0
		}
	}
}

// doubleQuoted scans a name or, depending on the database, a string.
func (s *scanner) doubleQuoted() token {
	if !s.dialect.doubleQuotedStrings() {
		return s.name('"')
	}
	end := s.closing(0, '"', true)
	switch {
	case end < 0:
		return s.rest()
	case s.dialect == MySQL:
		return s.take(literalToken, end)
	case !s.agreesOn(0, end):
		return s.rest()
	case s.tables.expected || s.isQualified(end):
		return s.take(quotedToken, end)
	case mayHideTable(s.prev):
		s.unread = true
	}
	return s.take(literalToken, end)
}

// isQualified reports whether what is quoted has a part of a name on one side or on the
// other, which no string has.
func (s *scanner) isQualified(end int) bool {
	if s.prev.is(".") {
		return true
	}
	if s.at(end) != '.' {
		return false
	}
	switch c := s.at(end + 1); c {
	case '*':
		return true
	case '"':
		inner := s.closing(end+1, '"', false)
		return inner > 0 && s.agreesOn(end+1, inner)
	default:
		return c < utf8.RuneSelf && isWordStart(c) && s.at(end+1+s.wordLen(end+1)) != '\''
	}
}

// dollar scans $1, $name, and $tag$...$tag$.
func (s *scanner) dollar() token {
	n := 1
	for isDigit(s.at(n)) {
		n++
	}
	switch {
	case n > 1 && s.dialect.dollarQuotes():
		return s.take(paramToken, n)
	case !s.dialect.dollarQuotes():
		return s.take(paramToken, 1+s.wordLen(1))
	}
	for s.at(n) != '$' && isWordPart(s.at(n)) {
		n++
	}
	if s.at(n) != '$' {
		return s.take(paramToken, n)
	}
	n++
	quote := s.src[s.pos : s.pos+n]
	inner := strings.Index(s.src[s.pos+n:], quote)
	if inner < 0 || s.dialect == Standard && !isPlain(s.src[s.pos+n:s.pos+n+inner]) {
		return s.rest()
	}
	return s.take(literalToken, n+inner+n)
}
