package pgxwrap

import (
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// below is the tracer that was there before, by what it can do: pgx looks at that once for
// each connection, and leaves out what is nil.
type below struct {
	query   pgx.QueryTracer
	batch   pgx.BatchTracer
	copy    pgx.CopyFromTracer
	prepare pgx.PrepareTracer
	connect pgx.ConnectTracer
	acquire pgxpool.AcquireTracer
	release pgxpool.ReleaseTracer
}

func chain(t pgx.QueryTracer) below {
	b := below{query: t}
	b.batch, _ = t.(pgx.BatchTracer)
	b.copy, _ = t.(pgx.CopyFromTracer)
	b.prepare, _ = t.(pgx.PrepareTracer)
	b.connect, _ = t.(pgx.ConnectTracer)
	b.acquire, _ = t.(pgxpool.AcquireTracer)
	b.release, _ = t.(pgxpool.ReleaseTracer)
	return b
}
