package main

import (
	"slices"
	"strings"
	"testing"
)

// A package that nothing but tests imports is compiled for a test alone, where it imports
// what is tested.
func TestTestOnly(t *testing.T) {
	var all packages
	own := func(importPath, forTest, imports, tested string) {
		p := listed{ImportPath: importPath, ForTest: forTest, Name: "p", Imports: split(imports), XTestImports: split(tested)}
		p.Module = &struct {
			Path    string
			Main    bool
			Replace *struct{ Version string }
		}{Path: "shop", Main: true}
		all = append(all, p)
	}
	own("shop/store", "", "", "shop/storetest,shop/api,testing")
	own("shop/store [shop/store.test]", "shop/store", "", "")
	own("shop/store_test [shop/store.test]", "shop/store", "shop/storetest [shop/store.test],testing", "")
	own("shop/storetest [shop/store.test]", "shop/store", "shop/store [shop/store.test],testing,shop/rowstest [shop/store.test]", "")
	own("shop/rowstest [shop/store.test]", "shop/store", "shop/store [shop/store.test]", "")
	own("shop/api", "", "shop/store", "")
	own("shop/store.test", "", "shop/store_test [shop/store.test]", "")
	if got := all.withPlain().testOnly(); !slices.Equal(slices.Sorted(slices.Values(got)), []string{"shop/rowstest", "shop/storetest"}) {
		t.Errorf("got %q", got)
	}
}

func split(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' })
}
