package otelbudget

import "unicode/utf8"

// cut cuts a text to maxText bytes, between two letters.
func cut(s string) string {
	if len(s) <= maxText {
		return s
	}
	n := maxText
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}
