package statement

import "strings"

// In an unknown dialect a text has several readings. The scanner follows all of them at
// once while they agree on where a token ends, and hides what is a literal in one of
// them. What follows the place where they part is a literal.

// isPlain reports whether every database comes out of a text at the same place where
// it went in: its quotes are closed, and nothing in it begins a comment or another
// kind of quote.
func isPlain(text string) bool {
	for i := 0; i < len(text); i++ {
		switch c := text[i]; c {
		case '\'', '"', '`':
			n := strings.IndexByte(text[i+1:], c)
			if n < 0 || strings.ContainsAny(text[i+1:i+1+n], "'\"`\\") {
				return false
			}
			i += n + 1
		case '\\', '#', '[', ']':
			return false
		case '$':
			if i+1 == len(text) || !isDigit(text[i+1]) {
				return false
			}
		case '-', '/':
			if i+1 < len(text) && (text[i+1] == c || text[i+1] == '*') {
				return false
			}
		}
	}
	return true
}

// isPlainName reports whether a name in backticks holds nothing that could end or begin
// anything for a database to which a backtick is no quote.
func isPlainName(name string) bool {
	return !strings.ContainsAny(name, "'\"`\\#$[]") && !strings.Contains(name, "--") &&
		!strings.Contains(name, "/*") && !strings.Contains(name, "//")
}

// bracketIsPlain reports whether a bracket ends at the same place for those to whom it
// is an index or an array, and for those to whom it is a name.
func (s *scanner) bracketIsPlain() bool {
	if s.at(0) == ']' {
		wasOpen := s.bracket
		s.bracket = false
		return wasOpen
	}
	s.bracket = true
	inner := s.src[s.pos+1:]
	for i := range len(inner) {
		switch inner[i] {
		case '[':
			return false
		case ']':
			return (i+1 == len(inner) || inner[i+1] != ']') && isPlain(inner[:i])
		}
	}
	return false
}

// settings are those of PostgreSQL that change how a text is read.
type settings struct {
	fixed   bool // the text is being read with one of the settings
	escapes bool // standard_conforming_strings is off
	asked   bool
	matter  bool
}

// settingsMatter reports whether a backslash before a closing quote may be an escape,
// because standard_conforming_strings is off: if the text can be read so from
// its beginning to its end, or cannot be read as the default has it.
func (s *scanner) settingsMatter() bool {
	if s.settings.fixed {
		return false
	}
	if !s.settings.asked {
		on := scanner{src: s.src, dialect: s.dialect, settings: settings{fixed: true}}
		off := scanner{src: s.src, dialect: s.dialect, settings: settings{fixed: true, escapes: true}}
		s.settings.asked = true
		s.settings.matter = off.isReadable() || !on.isReadable()
	}
	return s.settings.matter
}

// isReadable reads all tokens.
func (s *scanner) isReadable() bool {
	for s.next().kind != endToken {
	}
	return !s.unread
}
