// Package oneline makes text that is safe to print out of names that others choose: of
// tables, jobs, routes, functions and files.
package oneline

import (
	"strconv"
	"unicode/utf8"
)

// Text returns s as it is printed in one line: what is no letter, sign or plain space
// is written as Go writes it in a string, "\n" or "\u202e". So no name begins a line,
// moves the cursor of a terminal or turns the direction of what follows. A backslash
// stays what it is. It allocates nothing if there is nothing to write so.
func Text(s string) string {
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if !isPlain(r, n) {
			return escape(s, i)
		}
		i += n
	}
	return s
}

func isPlain(r rune, n int) bool {
	return strconv.IsPrint(r) && (r != utf8.RuneError || n > 1)
}

// escape is Text of what is plain up to begin.
func escape(s string, begin int) string {
	out := append(make([]byte, 0, len(s)+16), s[:begin]...)
	for i := begin; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if isPlain(r, n) {
			out = append(out, s[i:i+n]...)
		} else {
			quoted := strconv.Quote(s[i : i+n])
			out = append(out, quoted[1:len(quoted)-1]...)
		}
		i += n
	}
	return string(out)
}
