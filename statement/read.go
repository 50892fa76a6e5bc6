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
	markers := 0 // parameters
	for t := tokens.next(); t.kind != endToken; t = tokens.next() {
		if t.kind == literalToken {
			literals = literals*31 + maphash.String(r.hasher.seed, t.text)
		}
		if t.kind == paramToken {
			markers++
		}
		shape.add(t)
		class.add(t)
	}
	st := class.end()
	if scan.unread {
		doubt(st)
	}
	full := string(bytes.TrimRight(shape.text, "; "))
	if !utf8.ValidString(full) {
		full = strings.ToValidUTF8(full, "\uFFFD")
	}
	st.Batched = st.Batched || class.anyOr && asksForEither(full, markers)
	st.Shape, st.Fingerprint, st.Literals = cut(full, r.max), r.identity(full, st), literals
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

// cut shortens text to max bytes, at the border of a character.
func cut(text string, max int) string {
	if len(text) <= max {
		return text
	}
	for max > 0 && !utf8.RuneStart(text[max]) {
		max--
	}
	return strings.Clone(text[:max]) + "…"
}
