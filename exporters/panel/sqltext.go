package panel

import (
	"strings"
	"unicode/utf8"
)

// maxSQL is how much of a statement is shown, in bytes. To read and mark up this much
// takes a fraction of a millisecond, whatever it is.
const maxSQL = 16 << 10

// token is a piece of SQL text.
type token struct {
	kind  tokenKind
	text  string
	space bool // whether there is space before it
}

type tokenKind uint8

const (
	isName tokenKind = iota
	isKeyword
	isText   // in quotes
	isNumber // or a placeholder
	isComment
	isSign
)

// tokens splits SQL text, of any database, as far as it has to be told apart to be shown.
// It takes time in proportion to the length, and loses nothing but spaces.
func tokens(sql string) (out []token) {
	space := false
	for i := 0; i < len(sql); {
		if n := spaces(sql[i:]); n > 0 {
			i, space = i+n, true
			continue
		}
		kind, n := next(sql[i:])
		out = append(out, token{kind, sql[i : i+n], space})
		i, space = i+n, false
	}
	return out
}

func spaces(s string) (n int) {
	for n < len(s) && (s[n] == ' ' || s[n] == '\t' || s[n] == '\n' || s[n] == '\r' || s[n] == '\f') {
		n++
	}
	return n
}

// next returns the kind and the length of the token that s begins with.
func next(s string) (tokenKind, int) {
	c := s[0]
	switch {
	case c == '\'' || c == '"' || c == '`':
		kind := isText
		if c != '\'' {
			kind = isName
		}
		return kind, quoted(s, c)
	case strings.HasPrefix(s, "--"):
		return isComment, until(s, "\n", 0)
	case strings.HasPrefix(s, "/*"):
		return isComment, until(s[2:], "*/", 2) + 2
	case c == '$' && dollar(s) > 0:
		tag := s[:dollar(s)]
		return isText, len(tag) + until(s[len(tag):], tag, len(tag))
	case c == '?' || c == '$' && len(s) > 1 && isDigit(s[1]), isDigit(c):
		return isNumber, 1 + while(s[1:], func(c byte) bool { return isDigit(c) || c == '.' || isLetter(c) && isDigit(s[0]) })
	case isLetter(c):
		n := 1 + while(s[1:], func(c byte) bool { return isLetter(c) || isDigit(c) || c == '$' })
		if keywords[strings.ToUpper(s[:min(n, maxKeyword)])] && n <= maxKeyword {
			return isKeyword, n
		}
		return isName, n
	}
	return isSign, 1
}

// quoted is the length of a text in quotes, to the end if it is not closed.
func quoted(s string, quote byte) int {
	for i := 1; i < len(s); i++ {
		if s[i] != quote {
			continue
		}
		if i+1 < len(s) && s[i+1] == quote {
			i++
			continue
		}
		return i + 1
	}
	return len(s)
}

// until is the length up to an end and with it, if with is its length.
func until(s, end string, with int) int {
	if i := strings.Index(s, end); i >= 0 {
		return i + with
	}
	return len(s)
}

// dollar is the length of the tag that a dollar quote begins with, 0 for none.
func dollar(s string) int {
	n := 1 + while(s[1:], func(c byte) bool { return isLetter(c) || isDigit(c) })
	if n < len(s) && s[n] == '$' && (n == 1 || !isDigit(s[1])) {
		return n + 1
	}
	return 0
}

func while(s string, is func(byte) bool) (n int) {
	for n < len(s) && is(s[n]) {
		n++
	}
	return n
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
func isLetter(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= utf8.RuneSelf
}

const maxKeyword = 12

var keywords = words(`SELECT FROM WHERE GROUP BY ORDER HAVING LIMIT OFFSET FETCH UNION ALL INTERSECT EXCEPT INSERT INTO VALUES
	UPDATE SET DELETE RETURNING JOIN LEFT RIGHT INNER OUTER FULL CROSS LATERAL NATURAL ON USING AS AND OR NOT IN IS NULL LIKE ILIKE BETWEEN
	EXISTS CASE WHEN THEN ELSE END DISTINCT WITH RECURSIVE ASC DESC NULLS FIRST LAST FOR SHARE NOWAIT SKIP LOCKED CONFLICT DO NOTHING
	DUPLICATE KEY CREATE TABLE INDEX ALTER DROP BEGIN COMMIT ROLLBACK SAVEPOINT RELEASE EXPLAIN ANALYZE TRUE FALSE DEFAULT CAST OVER
	PARTITION WINDOW FILTER MERGE REPLACE IGNORE TOP ANY SOME COLLATE INTERVAL ROWS ROW ONLY NEXT TEMPORARY PRIMARY REFERENCES CALL`)

func words(list string) map[string]bool {
	out := map[string]bool{}
	for _, word := range strings.Fields(list) {
		out[word] = true
	}
	return out
}

// cutText cuts s to n bytes, between characters.
func cutText(s string, n int) (string, bool) {
	if len(s) <= n {
		return s, false
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n], true
}
