package source

import (
	"go/parser"
	"go/token"
	"strings"
	"testing"
)

// A mark stands behind each wait of a worker's loop, on the same line.
func TestTurns(t *testing.T) {
	w := newWorkers()
	w.channels["jobs"], w.channels["byKey"] = true, false
	for _, test := range []struct{ name, loop, want string }{
		{"a tick", "for { select { case <-w.ticker.C: f(); case <-ctx.Done(): return } }", "for { select { case <-w.ticker.C:M; f(); case <-ctx.Done():M; return } }"},
		{"a job", "for { job := <-w.jobs\n f(job) }", "for { job := <-w.jobs;M\n f(job) }"},
		{"a sleep", "for { f(); time.Sleep(time.Second) }", "for { f(); time.Sleep(time.Second);M }"},
		{"in a branch", "for { if idle { <-w.wake }\n f() }", "for { if idle { <-w.wake;M }\n f() }"},
		{"ticks", "for range w.ticker.C { f() }", "for range w.ticker.C {M; f() }"},
		{"room in a channel", "for { select { case w.out <- 1: f() } }", "for { select { case w.out <- 1:M; f() } }"},
		{"a pause", "for { select { case <-ctx.Done(): return; case <-time.After(d): f() } }", "for { select { case <-ctx.Done():M; return; case <-time.After(d):M; f() } }"},
		{"jobs of a field", "for job := range w.jobs { f(job) }", "for job := range w.jobs {M; f(job) }"},
		{"a slice of a field", "for _, job := range w.jobs { f(job) }", ""},
		{"messages of another package", "for msg := range sub.Receiver { f(msg.ID) }", "for msg := range sub.Receiver {M; f(msg.ID) }"},
		{"keys of another package", "for status := range model.Statuses { f(status.String()) }", ""},
		{"indexes of another package", "for i := range page.Rows { f(page.Rows[i].ID) }", ""},
		{"a slice of fields", "for _, row := range page.Rows { f(row.ID) }", ""},
		{"a map of the package", "for key := range w.byKey { f(key.ID) }", ""},
		{"a field that may be a slice", "for job := range w.rows { f(job) }", ""},
		{"a message of a queue", "for { msgs, err := sub.Fetch(9)\n if err != nil { return }; f(msgs) }", "for { msgs, err := sub.Fetch(9);M\n if err != nil { return }; f(msgs) }"},
		{"an iterator", "for { row, err := it.Next(); if err != nil { return }; f(row) }", ""},
		{"a slice of that name", "for _, row := range m.C { f(row) }", ""},
		{"until it is free", "for { if free() { return }; time.Sleep(d) }", ""},
		{"tries", "for { if ok() { break }; select { case <-stop: return; case <-time.After(d): } }", ""},
		{"a look, and no wait", "for { select { case <-ctx.Done(): return; default: }\n f() }", ""},
		{"a pool within a call", "for { select { case id := <-ids: f(id) } }", ""},
		{"two kinds of messages", "for { select { case u := <-w.updates(): f(u); case c, ok := <-commands: if !ok { return }; f(c); case <-done: return } }", "for { select { case u := <-w.updates():M; f(u); case c, ok := <-commands:M; if !ok { return }; f(c); case <-done:M; return } }"},
		{"an error", "for { select { case id := <-ids: f(id); case err := <-w.errs: return err } }", "for { select { case id := <-ids: f(id); case err := <-w.errs:M; return err } }"},
		{"a tick that is kept", "for { select { case id := <-ids: f(id); case now := <-ticker.C: g(now) } }", "for { select { case id := <-ids: f(id); case now := <-ticker.C:M; g(now) } }"},
		{"a timer in a variable", "for { select { case id := <-ids: f(id); case <-timer: f(1) } }", "for { select { case id := <-ids: f(id); case <-timer:M; f(1) } }"},
		{"a loop with an end", "for i := range 3 { <-w.wake; f(i) }", ""},
		{"in a loop with an end", "for { for i := range 3 { <-w.wake; f(i) } }", ""},
		{"in a function of its own", "for { go func() { <-w.wake; f() }() }", ""},
	} {
		before := "// Package shop sells.\npackage shop // a comment\n\nimport \"time\"\n\nfunc (w *W) run(ctx context.Context, ids chan int) {\n"
		got, ok := markApplication(before+test.loop+"\n}\n", w)
		if ok != (test.want != "") {
			t.Errorf("%s: marked is %t", test.name, ok)
		}
		if !ok {
			continue
		}
		_, body, _ := strings.Cut(got, "ids chan int) {\n")
		if want := strings.ReplaceAll(test.want, "M", rounds+".Turn()") + "\n}\n"; body != want {
			t.Errorf("%s: got %s", test.name, body)
		}
		if _, err := parser.ParseFile(token.NewFileSet(), "", got, 0); err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}

// A method that is handed to a library may be called for each message.
func TestMessages(t *testing.T) {
	w := newWorkers()
	text := "package shop\n\ntype W struct {\n\tjobs, more chan int\n\tin <-chan int\n\trows []int\n\tboth chan int\n\tstep func()\n}\n\ntype B struct{ both Jobs }\n\n" +
		"func f(w *W) { w.inbox.Act(nil, w.next); g(w.ID, w.name(), w.step, 7) }\n\n" +
		"func (w *W) next() { f() }\n\nfunc (w *W) ID() int { return 1 }\n\nfunc (w *W) name() {}\n\nfunc (b *B) step() {}\n"
	file, err := parser.ParseFile(token.NewFileSet(), "", text, 0)
	if err != nil {
		t.Fatal(err)
	}
	w.read(file)
	for name, want := range map[string]bool{"jobs": true, "more": true, "in": true, "rows": false, "both": false} {
		if w.channels[name] != want {
			t.Errorf("%s is a channel: %t", name, !want)
		}
	}
	got, _ := markApplication(text, w)
	if strings.Count(got, "Message") != 1 || !strings.Contains(got, "next() {"+rounds+".Message(); f() }") {
		t.Errorf("got %s", got)
	}
}
