package statement

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// skipSpace passes over white space, control characters and comments.
func (s *scanner) skipSpace() {
	for s.pos < len(s.src) && !s.lost {
		c, after := s.at(0), s.at(1)
		switch {
		case c <= ' ' || c == 0x7f:
			s.pos++
		case c == '-' && after == '-' && (s.dialect != MySQL || s.at(2) <= ' '):
			if s.dialect == Standard && s.at(2) > ' ' && !s.isStart() {
				s.skipDoubtful() // MySQL knows two signs here
			} else {
				s.skipLine()
			}
		case c == '#' && s.dialect == MySQL:
			s.skipLine()
		case s.dialect == Standard && (c == '#' || c == '/' && after == '/'):
			s.skipDoubtful() // an operator for some
		case c == '/' && after == '*':
			s.comment()
		case c == '*' && after == '/' && s.executing:
			s.executing = false
			s.pos += 2
		case c >= utf8.RuneSelf && s.spaceLen(0) > 0:
			s.pos += s.spaceLen(0)
		default:
			return
		}
	}
}

// endsOperator reports whether a comment begins, or ends, with two bytes that could be
// part of an operator.
func (s *scanner) endsOperator(c, after byte) bool {
	switch c {
	case '/':
		return after == '*' || after == '/' && s.dialect == Standard
	case '-':
		return after == '-'
	case '#':
		return s.dialect == MySQL || s.dialect == Standard
	case '*':
		return after == '/' && s.executing
	default:
		return false
	}
}

// isStart reports whether no statement has begun.
func (s *scanner) isStart() bool { return s.prev.kind == endToken || s.prev.is(";") }

// spaceLen returns the length of a space that is no ASCII, 0 for anything else. Not all
// databases take it for one, but what begins behind it may be a literal.
func (s *scanner) spaceLen(i int) int {
	r, n := utf8.DecodeRuneInString(s.src[s.pos+i:])
	if unicode.IsSpace(r) || r == '\u200b' || r == '\ufeff' {
		return n
	}
	return 0
}

// skipLine passes over a comment up to the end of the line. PostgreSQL ends a line at
// a carriage return. SQL Server may, so that what follows one is doubtful.
func (s *scanner) skipLine() {
	line := s.src[s.pos:]
	end := strings.IndexByte(line, '\n')
	if end < 0 {
		end = len(line)
	}
	cr := strings.IndexByte(line[:end], '\r')
	switch {
	case cr < 0 || cr == end-1 || s.dialect == MySQL || s.dialect == SQLite:
		s.pos += end
	case s.dialect == PostgreSQL:
		s.pos += cr
	default:
		s.pos += cr
		s.skipDoubtful()
	}
}

// skipDoubtful passes over what is a comment for one database and text for another,
// up to the end of the line. If they part there, they are lost.
func (s *scanner) skipDoubtful() {
	end := strings.IndexByte(s.src[s.pos:], '\n')
	if end < 0 {
		end = len(s.src) - s.pos
	}
	skip := 1
	if s.at(1) == s.at(0) {
		skip = 2 // -- and //
	}
	s.unread = true
	if !isPlain(s.src[min(s.pos+skip, s.pos+end) : s.pos+end]) {
		s.lost = true
		return
	}
	s.pos += end
}

// comment passes over a comment, or over the beginning of one that is executed.
func (s *scanner) comment() {
	if s.dialect.executableComments() && (s.at(2) == '!' || s.at(2)|0x20 == 'm' && s.at(3) == '!') {
		s.execute()
		return
	}
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
		case s.at(0) == '/' && s.at(1) == '*' && s.dialect == Standard:
			s.lost = true
			return
		case s.at(0) == '/' && s.at(1) == '*' && s.dialect.nestedComments():
			depth++
			s.pos += 2
		default:
			s.pos++
		}
	}
}

// execute begins a comment that MySQL or MariaDB may execute, depending on the version
// in its first digits. It is text where it ends at the same place if it is a comment.
func (s *scanner) execute() {
	begin := strings.IndexByte(s.src[s.pos:], '!') + 1
	length := strings.Index(s.src[s.pos+begin:], "*/")
	if s.executing || length < 0 || !isPlain(s.src[s.pos+begin:s.pos+begin+length]) {
		s.lost = true
		return
	}
	s.executing = true
	s.pos += begin
	for n := 0; n < 6 && isDigit(s.at(0)); n++ {
		s.pos++
	}
}
