package jsonbudget_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/exporters/jsonbudget"
)

var _ budget.NeedyReporter = (*jsonbudget.Writer)(nil)

func open(t *testing.T, name string, o jsonbudget.Options) *jsonbudget.Writer {
	t.Helper()
	w, err := jsonbudget.Open(name, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	return w
}

func report(name string) *budget.Report {
	return &budget.Report{Stage: budget.Final, Name: name, Verdict: budget.Verdict{Outcome: budget.NoBudget}}
}

// names decodes the lines of a file.
func names(t *testing.T, file string) (out []string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(text) {
		var r budget.Report
		if err := json.Unmarshal(line, &r); err != nil || !bytes.HasSuffix(line, []byte("\n")) {
			t.Fatalf("%v: %q", err, line)
		}
		out = append(out, r.Name)
	}
	return out
}

func TestLines(t *testing.T) {
	file := filepath.Join(t.TempDir(), "queries.ndjson")
	w := open(t, file, jsonbudget.Options{})
	w.Report(t.Context(), report("GET /a\nforged"))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	w.Report(t.Context(), report("after the end"))
	w = open(t, file, jsonbudget.Options{})
	w.Report(t.Context(), report("GET /b"))
	if got := names(t, file); fmt.Sprint(got) != "[GET /a\nforged GET /b]" {
		t.Errorf("%q", got)
	}
}

// The disk that is used is bounded, and what is newest is kept.
func TestRotation(t *testing.T) {
	for _, files := range []int{1, 2, 3} {
		dir := t.TempDir()
		const most = 2000
		w := open(t, filepath.Join(dir, "queries.ndjson"), jsonbudget.Options{MaxBytes: most, Files: files})
		for i := range 100 {
			w.Report(t.Context(), report(fmt.Sprint(i)))
		}
		found, err := filepath.Glob(filepath.Join(dir, "*"))
		if err != nil || len(found) != files {
			t.Fatalf("%d files: %v %v", files, found, err)
		}
		for _, name := range found {
			if info, err := os.Stat(name); err != nil || info.Size() > most {
				t.Errorf("%s: %v, %d bytes", name, err, info.Size())
			}
			names(t, name)
		}
		newest := names(t, filepath.Join(dir, "queries.ndjson"))
		if newest[len(newest)-1] != "99" || w.Lost() != 0 {
			t.Errorf("the newest are %v, %d lost", newest, w.Lost())
		}
		if files > 1 {
			before := names(t, filepath.Join(dir, "queries.1.ndjson"))
			if before[len(before)-1] >= newest[0] && len(before[len(before)-1]) >= len(newest[0]) {
				t.Errorf("%v and %v are not in order", before, newest)
			}
		}
	}
}

func TestInParallel(t *testing.T) {
	file := filepath.Join(t.TempDir(), "queries.ndjson")
	w := open(t, file, jsonbudget.Options{})
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				w.Report(context.Background(), report(strings.Repeat("x", 300)))
			}
		})
	}
	all.Wait()
	if n := len(names(t, file)); n != 400 {
		t.Errorf("%d lines", n)
	}
}

// A process that was killed leaves half a line, which is taken off.
func TestHalfALine(t *testing.T) {
	for _, rest := range []string{`{"schema":2,"na`, strings.Repeat("x", 200_000)} {
		file := filepath.Join(t.TempDir(), "queries.ndjson")
		open(t, file, jsonbudget.Options{}).Report(t.Context(), report("whole"))
		f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString(rest); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		open(t, file, jsonbudget.Options{}).Report(t.Context(), report("next"))
		if got := names(t, file); fmt.Sprint(got) != "[whole next]" {
			t.Errorf("%q", got)
		}
	}
}

// What is lost is counted and said, and writing goes on once it can.
func TestErrors(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "logs")
	if _, err := jsonbudget.Open(filepath.Join(dir, "a.ndjson"), jsonbudget.Options{}); err == nil || !strings.HasPrefix(err.Error(), "jsonbudget: open ") {
		t.Errorf("a folder that is not there: %v", err)
	}
	if _, err := jsonbudget.Open("a", jsonbudget.Options{MaxBytes: -1}); err == nil {
		t.Error("a negative size")
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	var said []string
	o := jsonbudget.Options{MaxBytes: 1000, Files: 1, OnError: func(err error) { said = append(said, err.Error()) }}
	file := filepath.Join(dir, "a.ndjson")
	w := open(t, file, o)
	w.Report(t.Context(), report(strings.Repeat("x", 2000)))
	if w.Lost() != 1 || len(said) != 1 || !strings.Contains(said[0], "MaxBytes is 1000") {
		t.Errorf("%d lost, %q", w.Lost(), said)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	for range 5 { // the first ones go to a file that has no name any more
		w.Report(t.Context(), report("lost"))
	}
	if w.Lost() < 2 || !strings.Contains(said[len(said)-1], `a report of "lost" was not written`) {
		t.Errorf("%d lost, %q", w.Lost(), said)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	w.Report(t.Context(), report("again"))
	if got := names(t, file); fmt.Sprint(got) != "[again]" {
		t.Errorf("%q", got)
	}
}

func TestNeeds(t *testing.T) {
	dir := t.TempDir()
	if n := open(t, filepath.Join(dir, "a"), jsonbudget.Options{}).Needs(); n.Content != budget.WhatIsFound || !n.Late || n.Running {
		t.Errorf("%+v", n)
	}
	if n := open(t, filepath.Join(dir, "b"), jsonbudget.Options{Everything: true}).Needs(); n.Content != budget.Everything {
		t.Errorf("%+v", n)
	}
}
