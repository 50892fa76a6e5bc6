package callsite_test

import (
	"fmt"

	"github.com/querybudget/querybudget/callsite"
)

// A library that wants to know where it is called from keeps a cache, and looks at
// a stack when somebody reads.
func Example() {
	var stacks callsite.Cache
	ask := func() *callsite.Stack { return stacks.Capture() }
	first, again := ask(), ask()
	fmt.Println(first.CallSite().File, first.Key() == again.Key())
	// Output: callsite/example_test.go true
}

func ExampleHere() {
	site := callsite.Here()
	fmt.Println(site.File)
	// Output: callsite/example_test.go
}

// What knows the line better than the stack does, such as a reader of traces, says
// it.
func ExampleNew() {
	s := callsite.New(callsite.CallSite{Frame: callsite.Frame{Function: "shop/store.(*Store).Books", File: "store/books.go", Line: 47}})
	fmt.Println(s.CallSite())
	// Output: store/books.go:47 store.(*Store).Books
}
