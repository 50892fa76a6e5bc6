package oneline

import (
	"strings"
	"testing"
)

func TestText(t *testing.T) {
	for s, want := range map[string]string{
		"":                             "",
		`a "b" 'c' \n ü 日本 👍 �`:        `a "b" 'c' \n ü 日本 👍 �`,
		"a\n--- PASS: b\r\tc":          `a\n--- PASS: b\r\tc`,
		"\x1b[31mred\x07\x00\x7f":      `\x1b[31mred\a\x00\x7f`,
		"\u0085\u009b\u2028\u2029":     `\u0085\u009b\u2028\u2029`,
		"\u202eabc\u2066\u200f\ufeff":  `\u202eabc\u2066\u200f\ufeff`,
		"a\xff\xc3":                    `a\xff\xc3`,
		"non\u00a0breaking\u200bspace": `non\u00a0breaking\u200bspace`,
	} {
		if got := Text(s); got != want {
			t.Errorf("%q: got %s, want %s", s, got, want)
		}
	}
}

func TestTextAllocatesNothing(t *testing.T) {
	s := strings.Repeat("SELECT ü FROM authors ", 20)
	if n := testing.AllocsPerRun(10, func() { _ = Text(s) }); n > 0 {
		t.Errorf("%v allocations for text that stays what it is", n)
	}
}
