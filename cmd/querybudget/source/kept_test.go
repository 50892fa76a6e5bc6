package source

import (
	"go/parser"
	"go/token"
	"strings"
	"testing"
)

// Each message of a channel that is kept is a turn; the items of one call are none.
func TestTurnsOfKeptChannels(t *testing.T) {
	const (
		kept    = "func (p *P) of(name string) chan int { ch := p.all[name]; if ch == nil { ch = make(chan int); p.all[name] = ch }; return ch }\n"
		listens = "func (p *P) listen() { ch := p.of(name); for m := range ch { f(m) } }\n"
	)
	for text, want := range map[string]bool{
		kept + listens: true,
		kept + "func (p *P) listen() { for m := range p.of(name) { f(m) } }":                                                             true,
		"func (p *P) of(name string) <-chan int { return p.ch }\n" + listens:                                                             true,
		kept + "func (p *P) listen() { ch := p.of(name); for { m := <-ch; f(m) } }":                                                      true,
		kept + "func (p *P) listen() { ch := p.of(name); for { select { case m := <-ch: f(m) } } }":                                      true,
		kept + "func (p *P) listen() { ch := p.of(name); ch = items(); for m := range ch { f(m) } }":                                     false,
		kept + "func (p *P) listen() { ch, err := p.of(name), f(1); for m := range err { f(m) } }":                                       false,
		kept + "func (p *P) listen(ch chan int) { for m := range ch { f(m) } }":                                                          false,
		kept + "func (p *P) listen() { ch := p.other(name); for m := range ch { f(m) } }":                                                false,
		kept + "func (o *O) of() []int { return nil }\n" + listens:                                                                       false, // one of two
		"func (p *P) of(name string) chan int { p.n = 1; ch := make(chan int); go p.fill(ch); return ch }\n" + listens:                   false,
		"func (p *P) of(name string) chan int { p.n = 1; ch := make(chan int, 9); for i := range 9 { ch <- i }; return ch }\n" + listens: false,
		"func (p *P) of(name string) chan int { ids := p.ids; return fill(ids) }\n" + listens:                                            false,
		"func (p *P) of(name string) chan int { ch := make(chan int); close(ch); p.ch = ch; return ch }\n" + listens:                     false,
		"func (p *P) of(name string) chan int { ch := make(chan int); return ch }\n" + listens:                                           false, // nobody keeps it
		"func (p *P) of(name string) []int { ids := p.ids; return ids }\n" + listens:                                                     false,
	} {
		text = "package shop\n" + text
		w := newWorkers()
		file, err := parser.ParseFile(token.NewFileSet(), "", text, 0)
		if err != nil {
			t.Fatal(err)
		}
		w.read(file)
		if got, _ := markApplication(text, w); strings.Contains(got, ".Turn();") != want {
			t.Errorf("%s: a turn is %t\n%s", text, !want, got)
		}
	}
}
