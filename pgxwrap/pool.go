package pgxwrap

import (
	"context"

	"github.com/jackc/pgx/v5/pgxpool"
)

func (t *tracer) TraceAcquireStart(ctx context.Context, pool *pgxpool.Pool, data pgxpool.TraceAcquireStartData) context.Context {
	if t.below.acquire != nil {
		ctx = t.below.acquire.TraceAcquireStart(ctx, pool, data)
	}
	return ctx
}

func (t *tracer) TraceAcquireEnd(ctx context.Context, pool *pgxpool.Pool, data pgxpool.TraceAcquireEndData) {
	if data.Conn != nil {
		t.connectionOf(data.Conn).counted = countedAbove(ctx)
	}
	if t.below.acquire != nil {
		t.below.acquire.TraceAcquireEnd(ctx, pool, data)
	}
}

func (t *tracer) TraceRelease(pool *pgxpool.Pool, data pgxpool.TraceReleaseData) {
	if t.below.release != nil {
		t.below.release.TraceRelease(pool, data)
	}
}
