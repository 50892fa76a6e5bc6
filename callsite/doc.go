// Package callsite says where code was called from: which line of the
// application, whatever libraries lie between.
//
// A [Cache] captures the stack of its caller as program counters, in 40
// nanoseconds once the stack was seen before. A [Stack] costs nothing more until
// somebody asks for its [CallSite]; only then are functions and lines looked up.
//
//	var stacks callsite.Cache
//
//	func logged() { // a library's function, called from everywhere
//		stack := stacks.Capture()
//		...
//		fmt.Println(stack.CallSite()) // "store/books.go:47 store.(*Store).Books"
//	}
//
// # Which frame it is
//
// The call site is the innermost frame of application code: of the main module and of
// those that lie beside it, as the program's build information tells. What is seen
// through is every other module, the standard library, this module, and code that
// a tool wrote; [Options] name more, and what is the application's all the same.
// Where no application frame is on the stack, the nearest library is named, and
// [CallSite.Library] says so.
//
// # Several call sites
//
// Two are equal if all their frames are. [CallSite.Fold] makes the levels of a
// recursion equal, and [Distinguish] says by which frame call sites differ.
//
// # What is not in a call site
//
// The folders of the machine that built the program. Files are named relative to
// the program's module, and files of other modules by their import path.
package callsite
