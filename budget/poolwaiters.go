package budget

import (
	"runtime"
	"strings"

	"github.com/querybudget/querybudget/callsite"
)

// Who waits for a connection of database/sql's pool does so above the driver. Nothing but
// the goroutines' stacks shows it.

// maxGoroutines is the number of goroutines up to which stacks are taken, which stops all
// of them for a moment.
const maxGoroutines = 20_000

// poolWaiters returns the stacks of the goroutines that wait for a connection.
func poolWaiters(stacks *callsite.Cache) (out []*callsite.Stack) {
	var records []runtime.StackRecord
	for n := runtime.NumGoroutine(); ; {
		if n > maxGoroutines {
			return nil
		}
		records = make([]runtime.StackRecord, n+n/8+8)
		var ok bool
		if n, ok = runtime.GoroutineProfile(records); ok {
			records = records[:n]
			break
		}
	}
	for i := range records {
		if pcs := records[i].Stack(); waitsForConnection(pcs) {
			out = append(out, stacks.StackOf(pcs))
		}
	}
	return out
}

// waitsForConnection reports whether a stack ends in the wait of DB.conn (sql.go), and not
// in a driver that connects.
func waitsForConnection(pcs []uintptr) bool {
	for frames := runtime.CallersFrames(pcs); ; {
		f, more := frames.Next()
		if !strings.HasPrefix(f.Function, "runtime.") || !more {
			return f.Function == "database/sql.(*DB).conn"
		}
	}
}

// cameThrough reports whether a waiter came through the outermost function that is known
// of a call site, or, where its own stack was cut, whether the call site came through
// the waiter's.
func cameThrough(waiter *callsite.Stack, site callsite.CallSite) bool {
	s := waiter.CallSite()
	if len(waiter.PCs()) < len(runtime.StackRecord{}.Stack0) {
		return s.Below(site)
	}
	s.Cut = true
	return !s.IsZero() && site.Below(s)
}
