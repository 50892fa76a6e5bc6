package sqlwrap

// panicOrGoexit is how a driver call failed that did not return: it panicked, or ended
// its goroutine with runtime.Goexit. Reports have errors by their type.
//
// Nothing is recovered. What counts a call is deferred, and takes it for one that does
// not return until it has: so the application sees the panic with its value and its
// stack, and the account has no call that runs for ever.
type panicOrGoexit struct{}

func (panicOrGoexit) Error() string { return "sqlwrap: the driver's call did not return" }
