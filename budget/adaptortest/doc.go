// Package adaptortest checks that an adaptor keeps the rules of what counts: a wrapper
// of a database driver, of whatever kind, that records the application's queries in
// the [budget.Recorder] of their context.
//
//	func TestMyAdaptor(t *testing.T) {
//		adaptortest.Verify(t, myAdaptor{pool})
//	}
//
// An [Adaptor] is a dozen operations on a table, done through the wrapper under test.
// The rules run them with recorders and budgets in their contexts, and compare what
// the recorders counted. An operation that there is not, such as a ping, answers
// [errors.ErrUnsupported]: the rules that need it are left out, and named.
//
// The package's test has a toy adaptor, which is an example of writing one.
package adaptortest
