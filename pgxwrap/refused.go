package pgxwrap

import (
	"context"
	"runtime"
	"strings"
)

// refused is the context of a query that is over its budget. A tracer cannot return an
// error, but pgx looks at the context that it returns before it sends anything (pgconn
// takes the error of Err): a context of package context would lose whose error it is.
type refused struct {
	context.Context
	err error
}

func (r *refused) Done() <-chan struct{} { return ended }

func (r *refused) Err() error { return r.err }

// ended is closed, and nothing else happens to it.
var ended = func() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}()

// refuse returns a copy of ctx that has ended if there is an error.
func refuse(ctx context.Context, err error) context.Context {
	if err == nil {
		return ctx
	}
	return &refused{ctx, err}
}

// belowDatabaseSQL reports whether the caller is pgx's adaptor for database/sql. It takes an
// error of a query that was not sent for a broken connection, and tries again: the
// application would see driver.ErrBadConn. Package sqlwrap refuses there.
func belowDatabaseSQL() bool {
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	for {
		frame, more := frames.Next()
		if strings.HasPrefix(frame.Function, "github.com/jackc/pgx/v5/stdlib.") {
			return true
		}
		if !more {
			return false
		}
	}
}
