package summary

import (
	"strconv"
	"testing"

	"github.com/querybudget/querybudget/cmd/querybudget/source"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/statement"
)

// A helper that everything passes is left out, and what hands on from one middleware to the
// next ends the search: what stands outside of it sends nothing.
func TestHubs(t *testing.T) {
	at := func(function string, line int) callsite.Frame {
		return callsite.Frame{Function: "example.com/app." + function, File: "app.go", Line: line}
	}
	retry, query, next := at("retry", 1), at("query", 2), at("Next", 3)
	walk := at("walk", 5)
	p := passed{lines: map[callsite.Frame]*passedBy{}, generated: []string{"example.com/app/gen.go"}, relays: source.Spans{"example.com/app/app.go": {{200, 209}, {210, 219}}}}
	for i := range 8 {
		store, handler, log := at("store", 10+i), at("handler", 20+i), at("log", 30)
		send := func(verb string, frames ...callsite.Frame) {
			text := verb + " " + strconv.Itoa(i)
			p.add(frames, &budget.Group{Statement: &statement.Statement{Shape: text, Tables: []string{verb}}})
		}
		send("SELECT", query, retry, store, next, handler, next, log, next, at("test", 40+i))
		send("UPDATE", at("update", 50), next, log, next, at("serve", 60))
		send("LIST", at("one", 70), at("serve", 60))
		send("TABLE"+strconv.Itoa(i), query, at("save"+strconv.Itoa(i), 98), at("crud", 95), next, log, next, at("serve", 60))
		send("WHOLE"+strconv.Itoa(i), query, at("part", 100+i), at("whole", 97), at("page", 96), at("route", 94))
		send("ROUTE"+strconv.Itoa(i), query, at("page"+strconv.Itoa(i), 110), at("route", 94))
		send("TABLE"+strconv.Itoa(i), at("wrapper", 80), at("store", 90+i), at("serve", 60))
	}
	for _, test := range []struct {
		name   string
		frames []callsite.Frame
		want   callsite.Frame
	}{
		{"helpers", []callsite.Frame{query, retry, at("store", 12), at("test", 42)}, at("store", 12)},
		{"middleware outside", []callsite.Frame{at("update", 50), next, at("log", 30), next, at("serve", 60)}, at("update", 50)},
		{"helpers in middleware", []callsite.Frame{query, retry, next, at("handler", 21), next, at("log", 30), at("test", 41)}, at("handler", 21)},
		{"a handler for any table", []callsite.Frame{query, retry, at("crud", 95), next, at("log", 30), next, at("serve", 60)}, at("crud", 95)},
		{"recursion", []callsite.Frame{walk, walk, walk, at("serve", 60)}, walk},
		{"mutual recursion", []callsite.Frame{walk, at("visit", 6), walk, at("serve", 60)}, walk},
		{"generated", []callsite.Frame{{Function: "example.com/app.Gen", File: "x/gen.go", Line: 9}, at("store", 11), at("test", 41)}, at("store", 11)},
		{"many tables", []callsite.Frame{at("wrapper", 80), at("store", 92), at("serve", 60)}, at("store", 92)},
		{"a page of many tables", []callsite.Frame{query, at("whole", 97), at("page", 96), at("route", 94)}, at("whole", 97)},
		{"a route", []callsite.Frame{query, at("route", 94)}, at("route", 94)},
		{"one caller", []callsite.Frame{at("one", 70), at("serve", 60)}, at("one", 70)},
		{"generated for one table, in an import of all", []callsite.Frame{query, {Function: "example.com/app.Gen", File: "x/gen.go", Line: 9}, at("crud", 95), at("import", 96)}, callsite.Frame{Function: "example.com/app.Gen", File: "x/gen.go", Line: 9}},
		{"given the statement", []callsite.Frame{at("get", 201), at("find", 212), at("byID", 301), at("serve", 60)}, at("byID", 301)},
		{"a helper in between", []callsite.Frame{at("get.func1", 203), at("again", 302), at("get", 202), at("byID", 301), at("serve", 60)}, at("byID", 301)},
		{"given a statement by a query of its own", []callsite.Frame{at("get", 201), at("byID", 301), at("find", 212), at("serve", 60)}, at("byID", 301)},
		{"given by a test", []callsite.Frame{at("get", 201)}, at("get", 201)},
		{"nothing else", []callsite.Frame{query, retry}, retry},
	} {
		if got := test.frames[p.hubs(test.frames)]; got != test.want {
			t.Errorf("%s: got %s:%d, want %s:%d", test.name, got.Function, got.Line, test.want.Function, test.want.Line)
		}
	}
}
