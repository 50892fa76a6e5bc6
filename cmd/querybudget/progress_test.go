package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// What is new in the reports is counted once, and only whole lines.
func TestQueriesSeen(t *testing.T) {
	folder := t.TempDir()
	name := filepath.Join(folder, "7.ndjson")
	q := queriesSeen{folder: folder}
	if n := q.count(); n != 0 {
		t.Errorf("%d queries of nothing", n)
	}
	text := ""
	for _, step := range []struct {
		add  string
		want int64
	}{
		{`{"name":"x","totals":{"queries":3,"reads":3}}` + "\n", 3},
		{"", 3},
		{`{"totals":{"queries":4}}` + "\n" + `{"totals":{"quer`, 7},
		{`ies":5}}` + "\n", 12},
	} {
		text += step.add
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if n := q.count(); n != step.want {
			t.Errorf("after %q: %d, want %d", step.add, n, step.want)
		}
	}
}

// Nothing but the tests' own output goes to what is no terminal; on one, the line of the
// status stands between lines and goes before the next.
func TestProgress(t *testing.T) {
	var out, status bytes.Buffer
	p := newProgress(&out, &status, t.TempDir())
	p.status, p.began = &status, time.Now()
	_, _ = p.Write([]byte("ok  \texample.com/a\t0.1s\n--- FAIL"))
	p.show() // in the middle of a line: nothing
	if status.Len() > 0 {
		t.Errorf("status %q", status.String())
	}
	_, _ = p.Write([]byte(": TestX\nFAIL\texample.com/b\t0.1s\n"))
	p.show()
	if !strings.Contains(status.String(), "2 packages done, 0 queries seen") {
		t.Errorf("status %q", status.String())
	}
	p.end()
	if !strings.HasSuffix(status.String(), "\r\033[K") || out.String() != "ok  \texample.com/a\t0.1s\n--- FAIL: TestX\nFAIL\texample.com/b\t0.1s\n" {
		t.Errorf("%q, %q", status.String(), out.String())
	}
}

// Packages that go test could not build are named, whose tests nothing is known of.
func TestNotRun(t *testing.T) {
	p := newProgress(&bytes.Buffer{}, &bytes.Buffer{}, t.TempDir())
	defer p.end()
	_, _ = p.Write([]byte("ok  \texample.com/a\t0.1s\nFAIL\texample.com/b\t0.1s\nFAIL\n"))
	if say := p.notRun(); say != nil {
		t.Errorf("%q, though all ran", say)
	}
	_, _ = p.Write([]byte("FAIL\texample.com/c [setup failed]\nFAIL\texample.com/d [build failed]\n"))
	want := "2 packages did not compile, so their tests were not seen: example.com/c, example.com/d"
	if say := p.notRun(); len(say) != 1 || say[0] != want {
		t.Errorf("%q, want %q", say, want)
	}
}
