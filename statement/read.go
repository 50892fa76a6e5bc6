package statement

import (
	"bytes"
	"hash/maphash"
	"strings"
	"unicode/utf8"
)

// read reads a text that is not known.
func (r *Reader) read(text string) *Statement {
	scan := scanner{src: text, dialect: r.dialect}
	shape, class := newShaper(min(len(text)+16, 4096)), newClassifier(r.hasher, r.functions)
	tokens := constants{values: bareValues{scan: &scan}}
	var literals uint64
	hasLiterals, markers := false, 0 // parameters
	for t := tokens.next(); t.kind != endToken; t = tokens.next() {
		if t.kind == literalToken {
			literals, hasLiterals = literals*31+maphash.String(r.hasher.seed, t.text), true
		}
		if t.kind == paramToken {
			markers++
		}
		shape.add(t)
		class.add(t)
	}
	class.window = class.window && (!sumsUp(string(shape.text)) || ofIDs.Match(shape.text))
	st := class.end()
	if scan.unread {
		doubt(st)
	}
	full := string(bytes.TrimRight(shape.text, "; "))
	if !utf8.ValidString(full) {
		full = strings.ToValidUTF8(full, "\uFFFD")
	}
	st.Batched = st.Batched || class.anyOr && asksForEither(full, markers)
	st.Shape, st.Fingerprint = cut(full, r.max), r.identity(full, st)
	st.Literals, st.HasLiterals = literals, hasLiterals
	return st
}

// doubt takes back what a statement is known for, of which a part was not read. What
// hides there may write, and to any table.
func doubt(st *Statement) {
	if st.Kind == Read || st.Kind == Other {
		st.Kind = Write
	}
	st.Repeatable, st.Tables = false, nil
}

// cut shortens text to max bytes, at the border of a character. A long list of columns is cut at a
// comma, if there is room for what follows: that says which rows are meant.
func cut(text string, max int) string {
	if len(text) <= max {
		return text
	}
	if from := fromOf(text); from > 0 && len(text)-from < max/2 {
		rest := text[from:]
		if comma := strings.LastIndexByte(text[:min(from, max-len(rest))], ','); comma > 0 {
			return text[:comma] + ", …" + rest
		}
	}
	for max > 0 && !utf8.RuneStart(text[max]) {
		max--
	}
	return strings.Clone(text[:max]) + "…"
}

// fromOf returns where the FROM of a SELECT begins, with the space before it: outside of brackets
// and quotes. It returns 0 without one.
func fromOf(text string) int {
	const from = " FROM "
	if len(text) < len("SELECT ") || !strings.EqualFold(text[:len("SELECT ")], "SELECT ") {
		return 0
	}
	depth := 0
	var quote byte
	for i := 0; i+len(from) <= len(text); i++ {
		switch c := text[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '`' || c == '\'':
			quote = c
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == ' ' && depth == 0 && strings.EqualFold(text[i:i+len(from)], from):
			return i
		}
	}
	return 0
}
