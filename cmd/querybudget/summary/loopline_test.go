package summary

import (
	"testing"

	"github.com/querybudget/querybudget/callsite"
)

// The loop is in the innermost function that called both, and not in what both call.
func TestLoopLine(t *testing.T) {
	at := func(function string, line int) callsite.Frame {
		return callsite.Frame{Function: "example.com/app." + function, File: "app.go", Line: line}
	}
	send, handler := at("send", 1), at("handler", 9)
	test := callsite.Frame{Function: "example.com/app.TestPage", File: "app_test.go", Line: 4}
	for _, c := range []struct {
		name         string
		parent, loop []callsite.Frame
		want         callsite.Frame
	}{
		{"two lines of one function", []callsite.Frame{at("page", 5), handler}, []callsite.Frame{at("page", 7), handler}, at("page", 5)},
		{"a layer that sends", []callsite.Frame{send, at("authors", 3), at("page", 5), handler}, []callsite.Frame{send, at("books", 4), at("page", 7), handler}, at("page", 5)},
		{"one line", []callsite.Frame{at("authors", 3), handler}, []callsite.Frame{at("books", 4), handler}, handler},
		{"a stack that is cut", []callsite.Frame{at("authors", 3), at("page", 5), handler}, []callsite.Frame{at("books", 4), at("page", 7), handler, at("main", 11)}, at("page", 5)},
		{"a goroutine for each row", []callsite.Frame{send, at("page", 5), handler}, []callsite.Frame{send, at("page.func1", 7)}, at("page", 5)},
		{"a goroutine of a library", []callsite.Frame{send, at("page", 5), test}, []callsite.Frame{send, at("work", 7)}, at("page", 5)},
		{"nothing in common", []callsite.Frame{send, at("authors", 3)}, []callsite.Frame{send, at("books", 4)}, at("authors", 3)},
	} {
		if got := loopLine(c.parent, c.loop); got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}
