package statement

import "iter"

// Tokens splits a text into its words, names, numbers, strings, parameters and signs,
// without space and comments. The second value is set for a literal. Where the text
// cannot be read, all the rest of it is one literal, and [Dialect.IsSingle] is false.
func (d Dialect) Tokens(text string) iter.Seq2[string, bool] {
	return func(yield func(string, bool) bool) {
		scan := scanner{src: text, dialect: d.known()}
		for t := scan.next(); t.kind != endToken; t = scan.next() {
			if !yield(t.text, t.kind == literalToken) {
				return
			}
		}
	}
}

// IsSingle reports whether a text is one statement, and could be read to its end. A
// semicolon behind it is part of it.
func (d Dialect) IsSingle(text string) bool {
	scan := scanner{src: text, dialect: d.known()}
	ended, n := false, 0
	for t := scan.next(); t.kind != endToken; t = scan.next() {
		if ended = ended || t.is(";"); ended && !t.is(";") {
			return false
		}
		n++
	}
	return n > 0 && !scan.unread
}
