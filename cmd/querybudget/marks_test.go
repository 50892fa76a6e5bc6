package main

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
