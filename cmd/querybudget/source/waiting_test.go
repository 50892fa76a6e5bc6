package source

import (
	"go/parser"
	"go/token"
	"strings"
	"testing"
)

// A round of an endless loop that calls what waits is a turn.
func TestTurnsOfFunctionsThatWait(t *testing.T) {
	const (
		sleeps  = "func (w *W) once() error { if idle { if err := clock.SleepContext(ctx, d); err != nil { return err } }; return nil }\n"
		selects = "func (w *W) once() error { select { case <-w.ticker.C: return nil; case <-ctx.Done(): return ctx.Err() } }\n"
		looks   = "func (w *W) once() error { select { case <-ctx.Done(): return ctx.Err(); default: }; return nil }\n"
		worker  = "func (w *W) run() { for { if err := w.once(); err != nil { break } } }\n"
	)
	for text, want := range map[string]bool{
		sleeps + worker:  true,
		selects + worker: true,
		looks + worker:   false,
		worker:           false, // whose?
		"func (w *W) once() error { return nil }\n" + worker:                                                       false,
		"func (w *W) once() error { for { time.Sleep(d) } }\n" + worker:                                            false, // a try
		"func (w *W) once() error { go func() { time.Sleep(d) }(); return nil }\n" + worker:                        false,
		sleeps + "func (o *O) once() error { return nil }\n" + worker:                                              false, // one of two
		sleeps + "func (w *W) run() { for { w.once() } }":                                                          true,
		sleeps + "func (w *W) run() { for { if err := w.once(); err == nil { return } } }":                         false, // tries
		sleeps + "func (w *W) run() { for { n, err := w.once(); if err != nil { return }; if n == 0 { break } } }": false, // pages
		sleeps + "func (w *W) run() { for range 3 { w.once() } }":                                                  false,
		sleeps + "func (w *W) run() { for { go w.once() } }":                                                       false,
	} {
		text = "package shop\n" + text
		w := newWorkers()
		file, err := parser.ParseFile(token.NewFileSet(), "", text, 0)
		if err != nil {
			t.Fatal(err)
		}
		w.read(file)
		got, _ := markApplication(text, w)
		if marked := strings.Contains(got, "for {"+rounds+".Turn();"); marked != want {
			t.Errorf("%s: a turn is %t\n%s", text, marked, got)
		}
	}
}
