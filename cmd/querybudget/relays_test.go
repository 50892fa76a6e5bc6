package main

import (
	"slices"
	"testing"
)

func TestRelays(t *testing.T) {
	for text, want := range map[string]bool{
		`func (w db) Get(to any, query string, args ...any) error { return w.x.Get(to, query, args...) }`:                                            true,
		`func (w db) Get(to any, query string, args ...interface{}) error { return w.x.Get(to, w.x.Rebind(query), args...) }`:                        true,
		`func exec(query string, args []any) error { return try(func() error { _, err := x.Exec(query, args...); return err }) }`:                    true,
		`func (s store) all(q squirrel.SelectBuilder) error { text, args, _ := q.ToSql(); return s.x.Select(&to, text, args...) }`:                   true,
		`func (s store) name(id string, rest ...any) error { return s.x.Get(&to, "SELECT name FROM users WHERE id = ?", id) }`:                       false,
		`func (s store) names(kind string, ids []int) error { q, args := in(ids); return s.x.Get(&to, q, args...) }`:                                 false,
		`func (s store) names(kind string, ids ...int) error { return s.x.Get(&to, kind, ids...) }`:                                                  false,
		`func (s store) one() error { q := squirrel.Select("a"); text, args, _ := q.ToSql(); return s.x.Select(&to, text, args...) }`:                false,
		`func (s store) books(where string, args ...any) error { return s.x.Get(&to, "SELECT id FROM books WHERE "+where, args...) }`:                false,
		`func (s store) filtered(f Filter) error { where, args := f.ToSQL(); return s.x.Select(&to, "SELECT id FROM books WHERE "+where, args...) }`: false,
		`func (s store) sum(args ...any) error { return s.x.Get(&to, "SELECT sum(?, ?)", args...) }`:                                                 false,
	} {
		s := newSources()
		s.read("shop/shop.go", "", "package shop\n\n"+text+"\n")
		if got := slices.Equal(s.Relays["shop/shop.go"], [][2]int{{3, 3}}); got != want {
			t.Errorf("%s: got %v", text, s.Relays)
		}
	}
}
