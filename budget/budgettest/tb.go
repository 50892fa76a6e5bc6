package budgettest

import "context"

// TB is the part of testing.TB that this package uses. *testing.T, *testing.B and
// *testing.F have it.
type TB interface {
	Helper()
	Name() string
	Context() context.Context
	Cleanup(func())
	TempDir() string
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}
