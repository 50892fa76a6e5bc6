package callsite_test

import (
	"testing"

	"github.com/querybudget/querybudget/callsite"
)

// The same closure has one name, wherever it was inlined.
func TestStableName(t *testing.T) {
	for _, test := range []struct{ function, file, want string }{
		{"example.com/shop/store.List", "store/store.go", "store.List"},
		{"example.com/shop/store.(*Store).List", "store/store.go", "store.(*Store).List"},
		{"example.com/shop/store.(*Store[...]).List", "store/store.go", "store.(*Store).List"},
		{"example.com/shop/store.Map[...]", "store/store.go", "store.Map"},
		{"example.com/shop/store.Store.List", "store/store.go", "store.Store.List"},
		{"example.com/shop/store.List.func1", "store/store.go", "store.List"},
		{"example.com/shop/store.List.func1.2", "store/store.go", "store.List"},
		{"example.com/shop/store.List-range1", "store/store.go", "store.List"},
		{"example.com/shop/store.List.func1-range2", "store/store.go", "store.List"},
		{"example.com/shop/store.List.gowrap1", "store/store.go", "store.List"},
		{"main.handler.List.func1", "store/store.go", "store.List"},
		{"main.handler.(*Store).List.func3.1", "store/store.go", "store.(*Store).List"},
		{"example.com/shop/store.(*Store).Each.(*Store).List.func1", "store/store.go", "store.(*Store).List"},
		{"example.com/shop/store.Store.List.func1", "store/store.go", "store.List"},
		{"example.com/shop.main.func1", "main.go", "shop.main"},
		{"example.com/shop.init.0", "main.go", "shop.init"},
		{"", "", ""},
	} {
		if got := (callsite.Frame{Function: test.function, File: test.file}).StableName(); got != test.want {
			t.Errorf("%s in %s: got %q, want %q", test.function, test.file, got, test.want)
		}
	}
}

// A slash in a type argument belongs to no path.
func TestFramePackage(t *testing.T) {
	for function, want := range map[string]string{
		"main.main":                               "main",
		"example.com/shop/store.(*Books).List":    "example.com/shop/store",
		"gopkg.in/yaml%2ev3.Unmarshal":            "gopkg.in/yaml.v3",
		"example.com/shop/store_test.TestX.func1": "example.com/shop/store_test",
		"example.com/a/b.Map[example.com/c.T]":    "example.com/a/b",
		"example.com/a/b.Map[go.shape.int].func1": "example.com/a/b",
		"type:.eq.example.com/a.T":                "type:.eq.example.com/a",
	} {
		if got := (callsite.Frame{Function: function}).Package(); got != want {
			t.Errorf("%s: got %s, want %s", function, got, want)
		}
	}
}
