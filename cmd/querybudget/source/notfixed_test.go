package source

import (
	"go/parser"
	"go/token"
	"strings"
	"testing"
)

// Lists that are no fixed ones: a real loop over data is left out of the scan.
func TestListsThatAreNotFixed(t *testing.T) {
	const all = "func (s *store) Add(kind string, names []string) { for _, n := range names { save(n) } }\n"
	for name, text := range map[string]string{
		"results of a call fill several parameters": all + "func f() { s.Add(\"a\", []string{\"b\"}) }\nfunc g(r request) { s.Add(parse(r)) }",
		"results without arguments":                 all + "func f() { s.Add(\"a\", []string{\"b\"}) }\nfunc g(r request) { s.Add(r.parse()) }",
		"a method value in a variable of its name":  all + "func f() { s.Add(\"a\", []string{\"b\"}) }\nfunc g() { Add := s.Add; each(Add) }",
		"a method adds to what it is given":         "func Add(names Set) { names.Fill(read()); for n := range names { save(n) } }\nfunc f() { Add(Set{\"b\": 1}) }",
		"a method with a pointer adds":              "func Add(names IDs) { names.Load(read()); for _, n := range names { save(n) } }\nfunc f() { Add(IDs{1, 2}) }",
		"an alias gets keys":                        "func Add(names Set) { all := names; all[read()] = 1; for n := range names { save(n) } }\nfunc f() { Add(Set{\"b\": 1}) }",
		"a method expression":                       "func (s *store) Add(kinds, names []string) { for _, n := range names { save(n) } }\nfunc f() { s.Add([]string{\"a\"}, []string{\"b\"}); (*store).Add(s, []string{\"a\"}, read2(1)) }",
		"goto":                                      "func f() { var roles []string\nagain:\n roles = append(roles, read(1)); if more() { goto again }; for _, r := range roles { save(r) } }",
		"a struct literal with a range func":        "func f() { for n := range (Query{Table: \"a\"}.All) { save(n) } }",
		"an interface":                              all + "type adder interface { Add(string, []string) }\nfunc f() { s.Add(\"a\", []string{\"b\"}) }\nfunc g(a adder) { a.Add(\"a\", read()) }",
		"a field":                                   all + "func f() { s.Add(\"a\", []string{\"b\"}) }\nfunc g(Add int) { return handlers{Adder: s.Add} }",
	} {
		s := New()
		s.Read("shop", "shop/shop.go", "", "package shop\n"+text+"\n")
		if got := len(s.lists.spans()["shop/shop.go"]) >= 1; got {
			t.Errorf("%s: a fixed list\n%s", name, text)
		}
	}
}

func TestReadersAreNoWorkers(t *testing.T) {
	for name, text := range map[string]string{
		"the end of a file is an error": "func (r *R) next() (Row, error) { r.limiter.Wait(); <-r.tokens; return r.read() }\n" +
			"func (r *R) load() error { for { row, err := r.next(); if err != nil { if err == io.EOF { return nil }; return err }; db.Exec(row) } }",
		"breaks on any error": "func (r *R) next() (Row, error) { time.Sleep(r.pause); return r.read() }\n" +
			"func (r *R) load() error { for { row, err := r.next(); if err != nil { break }; db.Exec(row) } }",
		"a table of nights": "func (s *S) night(id int) (Night, error) { n := s.q.SleepNight(id); return n, n.err() }\n" +
			"func (s *S) load() { for { n, err := s.night(id); if err != nil { break }; id = n.Next; db.Exec(n) } }",
	} {
		text = "package shop\n" + text
		w := newWorkers()
		file, err := parser.ParseFile(token.NewFileSet(), "", text, 0)
		if err != nil {
			t.Fatal(err)
		}
		w.read(file)
		if got, _ := markApplication(text, w); strings.Contains(got, ".Turn()") {
			t.Errorf("%s: a turn\n%s", name, got)
		}
	}
}

// A worker that really is one keeps its turn.
func TestWorkersByName(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want bool
	}{
		"a method of another type that does not wait": {"func (q *Queue) poll() { time.Sleep(d) }\nfunc (p *Pages) poll() (Page, error) { return p.read() }\n" +
			"func (p *Pages) load() { for { page, err := p.poll(); if err != nil { break }; db.Exec(page) } }", false},
		"a method of a library with a name of this package": {"func (q *Queue) Next() { time.Sleep(d) }\n" +
			"func load(rows *lib.Reader) error { for { row, err := rows.Next(); if err != nil { return err }; db.Exec(row) } }", false},
	} {
		text := "package shop\n" + c.text
		w := newWorkers()
		file, err := parser.ParseFile(token.NewFileSet(), "", text, 0)
		if err != nil {
			t.Fatal(err)
		}
		w.read(file)
		if got, _ := markApplication(text, w); strings.Contains(got, ".Turn()") != c.want {
			t.Errorf("%s: a turn is %t\n%s", name, !c.want, got)
		}
	}
}
