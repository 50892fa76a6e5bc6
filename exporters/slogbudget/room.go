package slogbudget

import (
	"strconv"
	"unicode/utf8"

	"github.com/querybudget/querybudget/callsite"
)

// A record is at most 8 kB: what stands in it once has 1 kB, and the lists have the rest.
// A list that does not need its part leaves it to those after it.
const (
	roomOfExceeded   = 1500
	roomOfFindings   = 3500
	roomOfGroups     = 1500
	roomOfDuplicates = 600
)

// Lengths of what others name, in bytes as they are written.
const (
	maxName     = 200
	maxShape    = 300
	maxSummary  = 100
	maxFunction = 120
	maxFile     = 120
	maxProof    = 150
	maxRepair   = 450
)

// fit returns how many of the items have room, and the room that is left.
func fit[T any](items []T, room int, length func(*T) int) (n, left int) {
	for i := range items {
		need := length(&items[i])
		if need > room {
			return i, room
		}
		room -= need
	}
	return len(items), room
}

// written is the length of a text in a record, at most, in JSON and as text.
func written(s string) int {
	n := 0
	for len(s) > 0 {
		length, size := writtenRune(s)
		n += length
		s = s[size:]
	}
	return n
}

func writtenRune(s string) (length, size int) {
	if c := s[0]; c < utf8.RuneSelf {
		switch {
		case c == '"' || c == '\\':
			return 2, 1
		case c >= ' ' && c != 0x7f:
			return 1, 1
		}
		return 6, 1
	}
	r, size := utf8.DecodeRuneInString(s)
	if r == utf8.RuneError || !strconv.IsPrint(r) {
		return 11, size // \\U000e0001
	}
	return size, size
}

// cut shortens a text to the length that it may have in a record.
func cut(s string, most int) string {
	if len(s) <= most/11 {
		return s
	}
	n := 0
	for i := 0; i < len(s); {
		length, size := writtenRune(s[i:])
		if n += length; n > most {
			return s[:i] + "…"
		}
		i += size
	}
	return s
}

func cutFrame(f callsite.Frame) callsite.Frame {
	return callsite.Frame{Function: cut(f.Function, maxFunction), File: cut(f.File, maxFile), Line: f.Line}
}

// frame is a frame in a record, nil for one that is not known.
func frame(f callsite.Frame) *callsite.Frame {
	if f == (callsite.Frame{}) {
		return nil
	}
	f = cutFrame(f)
	return &f
}

func writtenFrame(f *callsite.Frame) int {
	if f == nil {
		return 0
	}
	return len(`"call_site":{"function":"","file":"","line":1000000},`) + written(f.Function) + written(f.File)
}
