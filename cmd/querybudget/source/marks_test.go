package source

import (
	"go/parser"
	"go/token"
	"strings"
	"testing"
)

func TestMarks(t *testing.T) {
	const text = `//go:build linux

package a_test // a comment

import "testing"

func TestA(t *testing.T) {
	for i := 0; i < 3; i++ { f() }
	for range 3 {
		go func() { f() }()
	}
}
`
	got, ok := mark(text)
	if !ok || strings.Count(got, rounds+".Round();") != 2 || strings.Count(got, rounds+".Func();") != 2 || strings.Count(got, "\n") != strings.Count(text, "\n") {
		t.Errorf("got %v %s", ok, got)
	}
	if _, err := parser.ParseFile(token.NewFileSet(), "", got, 0); err != nil {
		t.Error(err)
	}
	for _, text := range []string{"package a\n\nvar x int\n", "package"} {
		if _, ok := mark(text); ok {
			t.Errorf("%q was marked", text)
		}
	}
}

// What package testing calls when a test ends is a step of it, each time.
func TestMarksOfCleanUps(t *testing.T) {
	for call, want := range map[string]string{
		"t.Cleanup(func() { f() })":             ".Step();",
		"s.T().Cleanup(func() { f() })":         ".Step();",
		"t.Cleanup(func() { })":                 "",
		"t.Cleanup(f)":                          "",
		"m.Range(func(k, v any) bool { f() })":  ".Step();",
		"t.Run(name, func() { f() })":           ".Func();",
		"t.Cleanup(func() { f(func() {g()}) })": ".Func();",
	} {
		got, _ := mark("package a\n\nvar _ = func() {}\nfunc init() { " + call + " }\n")
		if want == "" && strings.Count(got, rounds) > 2 || want != "" && !strings.Contains(got, want) {
			t.Errorf("%s: %s", call, got)
		}
	}
}

// Loops in which nothing is called have no marks: they may have millions of rounds.
func TestMarksOfCalls(t *testing.T) {
	for loop, want := range map[string]int{
		"for i := range data { data[i] = byte(i % 256) }":                    0,
		"for i := 0; i < len(data); i++ { all = append(all, []byte(s)...) }": 0,
		"for range 3 { for range names { n++ } }":                            1,
		"for _, c := range gates { close(c) }":                               1,
		"for rows.Next() { n++ }":                                            1,
		"for ; ; step() { n++ }":                                             1,
		"for _, x := range xs { f(x) }":                                      1,
		"for _, x := range xs { s.f(x) }":                                    1,
		"for _, x := range xs { for range 1000 { n++ }; f(x) }":              1,
		"for _, x := range xs { defer g.f }":                                 1,
		"for _, x := range xs { ch <- x }":                                   1,
		"for range 3 { <-ch }":                                               1,
	} {
		got, _ := mark("package a\n\nfunc init() { " + strings.Replace(loop, "g.f }", "g.f() }", 1) + " }\n")
		if n := strings.Count(got, ".Round();"); n != want {
			t.Errorf("%s: %d marks", loop, n)
		}
	}
}

// What a test defers is sent when it ends, all on its last line.
func TestMarksOfDefers(t *testing.T) {
	for call, want := range map[string]bool{
		"store.Delete(ctx, 1)": true,
		"func() { f() }()":     true,
		"restore()":            true,
		"rows.Close()":         false,
		"s.mu.Unlock()":        false,
		"cancel()":             false,
		"tx.Rollback()":        true,
		"close(ch)":            true,
		"s.all[0](7)":          true,
	} {
		text := "package a\n\nfunc f() { defer " + call + "; g() }\n"
		got, _ := mark(text)
		if strings.Contains(got, "{"+rounds+".Func(); defer "+rounds+".Deferred();defer ") != want {
			t.Errorf("%s: got %s", call, got)
		}
		if _, err := parser.ParseFile(token.NewFileSet(), "", got, 0); err != nil {
			t.Error(err)
		}
	}
}
