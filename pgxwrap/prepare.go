package pgxwrap

import (
	"context"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/querybudget/querybudget/budget"
)

// prepare is a statement that is being prepared.
type prepare struct {
	recorder  *budget.Recorder
	began     time.Duration
	name, sql string
	traced    context.Context
}

// maxNames bounds the statements that a connection knows by their names. A further one
// counts by its name.
const maxNames = 1000

func (t *tracer) TracePrepareStart(ctx context.Context, conn *pgx.Conn, data pgx.TracePrepareStartData) context.Context {
	c := t.connectionOf(conn)
	if r := t.database.Recorder(ctx); !c.counted {
		c.prepares = prepare{recorder: r, began: r.Clock(), name: data.Name, sql: data.SQL}
	}
	application := ctx
	ctx = t.markCall(ctx, c.counted, data.SQL)
	if t.below.prepare != nil {
		ctx = t.below.prepare.TracePrepareStart(ctx, conn, data)
	}
	ctx, c.prepares.traced = t.traceCall(ctx, application, c.counted, "pgx.prepare")
	return ctx
}

func (t *tracer) TracePrepareEnd(ctx context.Context, conn *pgx.Conn, data pgx.TracePrepareEndData) {
	t.connectionOf(conn).prepared(ctx, t, conn, data)
	if t.below.prepare != nil {
		t.below.prepare.TracePrepareEnd(ctx, conn, data)
	}
}

func (c *connection) prepared(ctx context.Context, t *tracer, conn *pgx.Conn, data pgx.TracePrepareEndData) {
	p := c.prepares
	c.prepares = prepare{}
	t.traceEnd(p.traced, data.Err)
	if c.counted || data.AlreadyPrepared {
		return
	}
	if !neverSent(data.Err) {
		p.recorder.Prepared(p.began, data.Err)
	}
	switch {
	case data.Err != nil && c.copies: // pgx tells no end of a CopyFrom that cannot describe its table
		c.copies = false
		c.endQuery(ctx, t, conn, outcome{err: data.Err})
	case data.Err == nil && p.isNamed():
		c.remember(p.name, p.sql)
	}
}

// isNamed reports whether the application gave the statement a name: pgx's cache has names
// of its own, and a text is its own name.
func (p *prepare) isNamed() bool {
	return p.name != "" && p.name != p.sql && !strings.HasPrefix(p.name, "stmtcache_")
}

func (c *connection) remember(name, sql string) {
	if c.names == nil {
		c.names = make(map[string]string)
	}
	if _, known := c.names[name]; known || len(c.names) < maxNames {
		c.names[name] = sql
	}
}
