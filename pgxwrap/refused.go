package pgxwrap

import "context"

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
