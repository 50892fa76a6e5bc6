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
