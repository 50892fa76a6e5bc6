package source

import (
	"strings"
	"testing"
)

// What a loop goes over stands in the source, or comes from elsewhere.
func TestFixedLists(t *testing.T) {
	const (
		list = "var roles = []string{\"admin\", \"guest\"}\n"
		loop = "for _, r := range roles { save(r) }"
	)
	for text, want := range map[string]bool{
		"func f() { for _, r := range []string{\"admin\", \"guest\"} { save(r) } }":                                         true,
		"func f() { for r := range map[string]int{\"admin\": 1} { save(r) } }":                                              true,
		"func f() { for _, r := range []string{} { save(r) } }":                                                             false,
		"func f() { roles := []string{\"admin\"}; " + loop + " }":                                                           true,
		"func f() { var roles = []string{\"admin\"}; " + loop + " }":                                                        true,
		"func f() { roles := []string{\"admin\"}; roles = append(roles, more()...); " + loop + " }":                         false,
		"func f() { roles := []string{\"admin\"}; add(&roles); " + loop + " }":                                              false,
		"func f() { roles := []string{\"admin\"}; use(&roles[0]); " + loop + " }":                                           true,
		"func f() { roles := map[string]int{\"admin\": 1}; roles[other()] = 2; " + loop + " }":                              false,
		"func f(roles []string) { " + loop + " }":                                                                           false,
		list + "func f() { " + loop + " }":                                                                                  true,
		list + "func f(roles []string) { " + loop + " }":                                                                    false,
		list + "func f() { " + loop + " }\nfunc g() { roles = append(roles, more()) }":                                      false,
		"func f() { " + loop + " }":                                                                                         false,
		"func roles() []string { return []string{\"admin\"} }\nfunc f() { for _, r := range roles() { save(r) } }":          true,
		"func roles() []string { return read() }\nfunc f() { for _, r := range roles() { save(r) } }":                       false,
		"func f() { for _, r := range setup.Roles { save(r) } }":                                                            true,
		"func f() { for _, r := range setup.Defaults() { save(r) } }":                                                       true,
		"func f() { for _, r := range setup.Defaults(2) { save(r) } }":                                                      false,
		"func f() { for _, r := range setup.Read() { save(r) } }":                                                           false,
		"func f(setup *config) { for _, r := range setup.Roles { save(r) } }":                                               false,
		"func f() { for i := 0; i < 3; i++ { save(i) } }":                                                                   false, // it may end earlier, or begin again
		list + "func f() { " + loop + " }\nvar _ = func() { roles = append(roles, more()) }":                                false,
		"func f() { for _, r := range setup.Roles { save(r) } }\nfunc g() { setup.Roles = more() }":                         false,
		"func f() { for _, r := range setup.Roles { save(r) } }\nfunc g() { decode(&setup.Roles) }":                         false,
		"func f() { lo.ForEach([]string{\"admin\"}, func(r string, _ int) { save(r) }) }":                                   true,
		"func f() { roles := map[string]int{\"admin\": 1}; fill(roles); " + loop + " }":                                     false,
		"func f() { for _, r := range roles { save(r) } }\nvar roles = Roles{\"admin\"}":                                    false, // with methods, perhaps
		"func f() { roles := []string{\"admin\"}; for _, roles = range all() { }; " + loop + " }":                           false,
		"var (\nroles = []string{\"admin\"}\nload = func() { roles = append(roles, more()) }\n)\nfunc f() { " + loop + " }": false,
		"func f() { var roles []string; if x { roles = append(roles, a, b) }; roles = append(roles, c); " + loop + " }":     true,
		"func f() { roles := []string{}; for range 3 { roles = append(roles, a) }; " + loop + " }":                          false,
		"func f() { roles := []string{}; each(func() { roles = append(roles, a) }); " + loop + " }":                         false,
		"func f() { var roles []string; roles = append(roles, more()...); " + loop + " }":                                   false,
		"func f() { var roles []string; " + loop + " }":                                                                     false,
		"func f() { roles := read(); roles = append(roles, a); " + loop + " }":                                              false,
		"func f() { for rows.Next() { save(1) } }":                                                                          false,
	} {
		s := New()
		s.Read("shop/setup", "shop/setup/setup.go", "", "package setup\nvar Roles = []string{\"admin\"}\nfunc Defaults() []string { return []string{\"admin\"} }\nfunc Read() []string { return nil }\n")
		s.Read("shop", "shop/shop.go", "", "package shop\nimport \"shop/setup\"\n"+text+"\n")
		if got := len(s.lists.spans()["shop/shop.go"]) == 1; got != want {
			t.Errorf("%s\ngot %t", text, got)
		}
	}
}

// What a function is given is a fixed list if the application never gives it another one.
func TestGivenFew(t *testing.T) {
	const (
		add   = "func (s *store) Add(kind string, names ...string) { for _, n := range names { save(n) } }\n"
		all   = "func (s *store) Add(kind string, names []string) { for _, n := range names { save(n) } }\n"
		kinds = "func add(m map[string]int) { for k := range m { save(k) } }\n"
	)
	for text, want := range map[string]bool{
		add:                                      false, // nobody calls it
		add + "func f() { s.Add(\"a\", \"b\") }": true,
		add + "func f() { s.Add(\"a\", \"b\") }\nfunc g(all []string) { s.Add(\"a\", all...) }":                           false,
		add + "func g(all ...string) { s.Add(\"a\", all...) }":                                                            false, // nobody calls that
		add + "func g(all ...string) { s.Add(\"a\", all...) }\nfunc f() { g(\"b\") }":                                     true,
		add + "func g(all ...string) { s.Add(\"a\", all...) }\nfunc f(l []string) { g(l...) }":                            false,
		add + "func f() { s.Add(\"a\", \"b\") }\nvar command = cli.Command{Run: func(l []string) { s.Add(\"a\", l...) }}": false,
		add + "func f(l []string) { s.Add(\"a\", \"b\"); Add[string](\"a\", l...) }":                                      false,
		strings.Replace(add, "{ for", "{ each(func(names []string) {}); for", 1) + "\nfunc f() { s.Add(\"a\", \"b\") }":   false,
		add + "func Add(all ...string) { s.Add(\"a\", all...) }":                                                          false, // of itself
		strings.Replace(add, "{ for", "{ names = append(names, more()...); for", 1) + "func f() { s.Add(\"a\", \"b\") }":  false,
		all + "func f() { s.Add(nil) }":                                                                          false,
		all + "func f() { s.Add(\"a\", []string{\"b\", \"c\"}) }":                                                true,
		all + "func f() { s.Add(\"a\", roles) }\nvar roles = []string{\"b\", \"c\"}":                             true,
		all + "func f(l []string) { s.Add(\"a\", l) }":                                                           false, // nobody calls that
		all + "func f(l []string) { s.Add(\"a\", l) }\nfunc g() { f([]string{\"b\"}) }":                          true,
		all + "func f(l []string) { s.Add(\"a\", l) }\nfunc g() { f([]string{\"b\"}) }\nfunc h() { f(read()) }":  false,
		all + "func f() { s.Add(\"a\", []string{\"b\"}) }\nvar later = s.Add":                                    false,
		all + "func f() { s.Add(\"a\", []string{\"b\"}); run(s.Add) }":                                           false,
		all + "func f() { s.Add(\"a\", []string{\"b\"}) }\nfunc g() { return s.Add }":                            false,
		kinds + "func f() { add(map[string]int{\"b\": 1}) }":                                                     true,
		strings.Replace(kinds, "{ for", "{ fill(m); for", 1) + "func f() { add(map[string]int{\"b\": 1}) }":      false,
		strings.Replace(kinds, "{ for", "{ m[\"c\"] = 2; for", 1) + "func f() { add(map[string]int{\"b\": 1}) }": false,
	} {
		s := New()
		s.Read("shop", "shop/shop.go", "", "package shop\n"+text+"\n")
		if got := len(s.lists.spans()["shop/shop.go"]) == 1; got != want {
			t.Errorf("%s\ngot %t", text, got)
		}
	}
}
