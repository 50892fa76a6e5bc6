package pgxwrap_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/multitracer"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/pgxwrap"
)

// hookLog writes down which hooks are called, with what, and that each end has the context
// of its beginning.
type hookLog struct {
	mu    sync.Mutex
	lines []string
	n     int
}

type hookKey struct{}

func (l *hookLog) add(ctx context.Context, format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, fmt.Sprint(ctx.Value(hookKey{}), " ")+fmt.Sprintf(format, args...))
}

func (l *hookLog) begin(ctx context.Context, format string, args ...any) context.Context {
	l.mu.Lock()
	l.n++
	ctx = context.WithValue(ctx, hookKey{}, l.n)
	l.mu.Unlock()
	l.add(ctx, format, args...)
	return ctx
}

type (
	queryHooks   struct{ *hookLog }
	batchHooks   struct{ *hookLog }
	copyHooks    struct{ *hookLog }
	prepareHooks struct{ *hookLog }
	connectHooks struct{ *hookLog }
	acquireHooks struct{ *hookLog }
	releaseHooks struct{ *hookLog }
)

func (l queryHooks) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	return l.begin(ctx, "query %s %v", d.SQL, d.Args)
}

func (l queryHooks) TraceQueryEnd(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryEndData) {
	l.add(ctx, "query ends %s %v", d.CommandTag, d.Err)
}

func (l batchHooks) TraceBatchStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceBatchStartData) context.Context {
	return l.begin(ctx, "batch of %d", d.Batch.Len())
}

func (l batchHooks) TraceBatchQuery(ctx context.Context, _ *pgx.Conn, d pgx.TraceBatchQueryData) {
	l.add(ctx, "of batch %s %v %s %v", d.SQL, d.Args, d.CommandTag, d.Err)
}

func (l batchHooks) TraceBatchEnd(ctx context.Context, _ *pgx.Conn, d pgx.TraceBatchEndData) {
	l.add(ctx, "batch ends %v", d.Err)
}

func (l copyHooks) TraceCopyFromStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceCopyFromStartData) context.Context {
	return l.begin(ctx, "copy %s %s", d.TableName, d.ColumnNames)
}

func (l copyHooks) TraceCopyFromEnd(ctx context.Context, _ *pgx.Conn, d pgx.TraceCopyFromEndData) {
	l.add(ctx, "copy ends %s %v", d.CommandTag, d.Err)
}

func (l prepareHooks) TracePrepareStart(ctx context.Context, _ *pgx.Conn, d pgx.TracePrepareStartData) context.Context {
	return l.begin(ctx, "prepare %s %s", d.Name, d.SQL)
}

func (l prepareHooks) TracePrepareEnd(ctx context.Context, _ *pgx.Conn, d pgx.TracePrepareEndData) {
	l.add(ctx, "prepare ends %v %v", d.AlreadyPrepared, d.Err)
}

func (l connectHooks) TraceConnectStart(ctx context.Context, d pgx.TraceConnectStartData) context.Context {
	return l.begin(ctx, "connect %s", d.ConnConfig.Database)
}

func (l connectHooks) TraceConnectEnd(ctx context.Context, d pgx.TraceConnectEndData) {
	l.add(ctx, "connect ends %v", d.Err)
}

func (l acquireHooks) TraceAcquireStart(ctx context.Context, _ *pgxpool.Pool, _ pgxpool.TraceAcquireStartData) context.Context {
	return l.begin(ctx, "acquire")
}

func (l acquireHooks) TraceAcquireEnd(ctx context.Context, _ *pgxpool.Pool, d pgxpool.TraceAcquireEndData) {
	l.add(ctx, "acquire ends %v", d.Err)
}

func (l releaseHooks) TraceRelease(*pgxpool.Pool, pgxpool.TraceReleaseData) {
	l.add(context.Background(), "release")
}

// A tracer that was there before sees what it would see alone, whatever hooks it has.
func TestTracersBelow(t *testing.T) {
	dsn := dsnOf(t)
	for n := range 64 {
		t.Run(fmt.Sprintf("%06b", n), func(t *testing.T) {
			bare, wrapped := &hookLog{}, &hookLog{}
			scenario(t, dsn, combination(n, bare), func(*pgxpool.Config) {})
			scenario(t, dsn, combination(n, wrapped), func(c *pgxpool.Config) { pgxwrap.Config(c) })
			if !slices.Equal(bare.lines, wrapped.lines) {
				t.Errorf("alone:\n%q\nbelow:\n%q", bare.lines, wrapped.lines)
			}
			if len(bare.lines) == 0 {
				t.Error("no hook was called")
			}
		})
	}
}

// scenario uses all that a tracer sees.
func scenario(t *testing.T, dsn string, tracer pgx.QueryTracer, wrap func(*pgxpool.Config)) {
	t.Helper()
	config, err := pgxpool.ParseConfig(dsn)
	must(t, err)
	config.MaxConns, config.ConnConfig.Tracer = 1, tracer
	config.ShouldPing = func(context.Context, pgxpool.ShouldPingParams) bool { return false }
	wrap(config)
	ctx, _ := budget.NewContext(t.Context())
	pool, err := pgxpool.NewWithConfig(ctx, config)
	must(t, err)
	defer pool.Close()
	for _, call := range []func() error{
		func() error { return read(pool.Query(ctx, "SELECT $1::int", 1)) },
		func() error { return failed(read(pool.Query(ctx, "SELECT 1 / $1::int", 0))) },
		func() error { _, err := pool.Exec(ctx, "CREATE TEMP TABLE IF NOT EXISTS t (id int)"); return err },
		func() error {
			return pgx.BeginFunc(ctx, pool, func(tx pgx.Tx) error { return read(tx.Query(ctx, "SELECT 2")) })
		},
		func() error { return sendMixedBatch(ctx, pool) },
		func() error {
			b := &pgx.Batch{}
			b.Queue("SELECT nothing")
			return failed(pool.SendBatch(ctx, b).Close())
		},
		func() error {
			_, err := pool.CopyFrom(ctx, pgx.Identifier{"t"}, []string{"id"}, pgx.CopyFromRows([][]any{{1}}))
			return err
		},
		func() error {
			_, err := pool.CopyFrom(ctx, pgx.Identifier{"nobody"}, []string{"id"}, pgx.CopyFromRows(nil))
			return failed(err)
		},
		func() error {
			return pool.AcquireFunc(ctx, func(conn *pgxpool.Conn) error {
				for range 2 {
					if _, err := conn.Conn().Prepare(ctx, "three", "SELECT 3"); err != nil {
						return err
					}
				}
				return read(conn.Query(ctx, "three"))
			})
		},
	} {
		must(t, call())
	}
}

// sendMixedBatch reads the results of a batch in each way.
func sendMixedBatch(ctx context.Context, pool *pgxpool.Pool) error {
	b := &pgx.Batch{}
	for range 5 {
		b.Queue("SELECT $1::int", 4)
	}
	results := pool.SendBatch(ctx, b)
	_, err := results.Exec()
	return errors.Join(err, read(results.Query()), results.QueryRow().Scan(new(int)), results.Close())
}

// Others may put our tracer beside theirs, in both orders: what is refused is refused.
func TestMultitracer(t *testing.T) {
	for name, order := range map[string]func(ours, theirs pgx.QueryTracer) []pgx.QueryTracer{
		"before": func(ours, theirs pgx.QueryTracer) []pgx.QueryTracer { return []pgx.QueryTracer{ours, theirs} },
		"behind": func(ours, theirs pgx.QueryTracer) []pgx.QueryTracer { return []pgx.QueryTracer{theirs, ours} },
	} {
		t.Run(name, func(t *testing.T) {
			w, log := &wire{}, &hookLog{}
			config, err := pgxpool.ParseConfig(dsnOf(t))
			must(t, err)
			w.count(config)
			handle := pgxwrap.Config(config)
			config.ConnConfig.Tracer = multitracer.New(order(config.ConnConfig.Tracer, combination(63, log))...)
			pool, err := pgxpool.NewWithConfig(t.Context(), config)
			must(t, err)
			defer pool.Close()
			if pgxwrap.Database(pool) != handle || pgxwrap.Config(config) != handle {
				t.Error("the handle is not found")
			}
			_, err = pool.Exec(budget.Without(t.Context()), table)
			must(t, err)
			for name, call := range refusals {
				log.lines = nil
				ctx, r := enforce(t.Context())
				w.silent(t, func() { wantRefused(t, call(ctx, pool)) })
				if got := countsOf(r.Totals()); got != (budget.Totals{Blocked: 1}) {
					t.Errorf("%s: counted %+v", name, got)
				}
				if len(log.lines) < 4 {
					t.Errorf("%s: they were told %q", name, log.lines)
				}
			}
		})
	}
}
