package callsite

import "testing"

func TestDistinguish(t *testing.T) {
	for _, test := range []struct {
		name  string
		sites []CallSite
		want  string
	}{
		{"nothing", nil, ""},
		{"one", sitesOf("memo:5 list:1"), "memo:5"},
		{"lines that differ", sitesOf("memo:5 list:1", "memo:6 list:1"), "memo:5 memo:6"},
		{"a repository function", sitesOf("memo:5 list:1 page:1", "memo:5 list:1 page:2", "memo:5 get:1 page:2"), "page:1 page:2 get:1"},
		{"a retry helper", sitesOf("retry:5 list:1", "retry:5 get:1", "user:1 get:1"), "list:1 get:1 user:1"},
		{"equal ones", sitesOf("retry:5 list:1", "retry:5 list:1", "retry:5 get:1"), "list:1 list:1 get:1"},
		{"equal ones only", sitesOf("retry:5 list:1", "retry:5 list:1"), "retry:5 retry:5"},
		{"one goes on", sitesOf("walk:5 page:1", "walk:5 page:1 main:1", "walk:5 walk:7 page:1"), "page:1 main:1 walk:7"},
		{"frames in common further out", sitesOf("a:1 same:1 x:1", "b:1 same:1 y:1"), "a:1 b:1"},
	} {
		if got := shortFrames(Distinguish(test.sites)); got != test.want {
			t.Errorf("%s: got %s, want %s", test.name, got, test.want)
		}
	}
	if got := Distinguish([]CallSite{{}, sitesOf("a:1")[0]}); got[0] != (Frame{}) || got[1].Function != "shop.a" {
		t.Errorf("an unknown call site: %v", got)
	}
}
