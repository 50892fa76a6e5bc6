package summary

import (
	"regexp"
	"strings"

	"github.com/querybudget/querybudget/zerocode"
)

// Again returns how to see the finding of a unit again, with flags that the test needs.
func (u *Unit) Again(flags []string) string {
	if u.Test == "" || u.Package == "" {
		return u.Name
	}
	words := []string{"go", "test"}
	if len(flags) > 0 { // packages come before what the command go may not know
		words = append(words, u.Package)
	}
	if u.Test != zerocode.Outside {
		var parts []string
		for part := range strings.SplitSeq(u.Test, "/") {
			parts = append(parts, "^"+regexp.QuoteMeta(part)+"$")
		}
		words = append(words, "-run", "'"+strings.ReplaceAll(strings.Join(parts, "/"), "'", `'\''`)+"'")
	}
	if len(flags) == 0 {
		words = append(words, u.Package)
	}
	for _, f := range flags {
		words = append(words, quoted(f))
	}
	return strings.Join(words, " ")
}

// quoted is a word for a shell.
func quoted(word string) string {
	if word != "" && !strings.ContainsFunc(word, func(r rune) bool { return !strings.ContainsRune(plainRunes, r) }) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

const plainRunes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+,./:@%^"
