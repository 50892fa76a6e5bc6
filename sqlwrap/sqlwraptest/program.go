package sqlwraptest

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"
)

// program is what runs on each database. It writes down all that it sees.
type program struct {
	*Target
	db    *sql.DB
	lines []string
}

func (p *program) line(format string, args ...any) {
	p.lines = append(p.lines, fmt.Sprintf(format, args...))
}

// noteCalls adds the calls that reached the driver.
func (p *program) noteCalls() {
	if p.Calls == nil {
		return
	}
	for _, call := range p.Calls() {
		p.line("  driver: %s", call)
	}
}

func (p *program) all(ctx context.Context) {
	for _, part := range []struct {
		name string
		run  func(context.Context)
	}{
		{"ping", p.ping}, {"exec", p.exec}, {"query", p.query}, {"statements", p.statements},
		{"arguments", p.arguments}, {"transactions", p.transactions}, {"isolation", p.isolation},
		{"connection", p.connection}, {"errors", p.failures}, {"cancelled", p.cancelled}, {"kept", p.kept},
	} {
		p.line("== %s", part.name)
		part.run(ctx)
		p.noteCalls()
	}
}

func (p *program) ping(ctx context.Context) { p.line("ping: %s", describe(p.db.PingContext(ctx))) }

func (p *program) exec(ctx context.Context) {
	p.result(p.db.ExecContext(ctx, p.Insert, 1, "one"))
	p.result(p.db.ExecContext(ctx, p.Insert, 2, "two"))
}

func (p *program) query(ctx context.Context) {
	p.rows(p.db.QueryContext(ctx, p.SelectAll))
	p.rows(p.db.QueryContext(ctx, p.Select, 1))
	p.rows(p.db.QueryContext(ctx, p.Select, 999)) // no such row

	// Rows that are closed before their end.
	rows, err := p.db.QueryContext(ctx, p.SelectAll)
	p.line("open: %s", describe(err))
	if err == nil {
		p.line("next %v, close: %s, err: %s", rows.Next(), describe(rows.Close()), describe(rows.Err()))
	}

	row := p.db.QueryRowContext(ctx, p.Select, 1)
	p.line("row: %s", describe(row.Err()))
	p.line("scan into too few: %s", describe(row.Scan()))
}

func (p *program) statements(ctx context.Context) {
	insert, err := p.db.PrepareContext(ctx, p.Insert)
	p.line("prepare: %s", describe(err))
	if err == nil {
		p.result(insert.ExecContext(ctx, 3, "three"))
		p.line("wrong number of arguments: %s", describe(second(insert.ExecContext(ctx, 3))))
		p.line("close: %s", describe(insert.Close()))
		p.line("after close: %s", describe(second(insert.ExecContext(ctx, 3, "x"))))
	}
	query, err := p.db.PrepareContext(ctx, p.Select)
	p.line("prepare: %s", describe(err))
	if err == nil {
		p.rows(query.QueryContext(ctx, 3))
		p.line("close: %s", describe(query.Close()))
	}
	_, err = p.db.PrepareContext(ctx, p.Broken)
	p.line("prepare broken: %s", describe(err))
}

// custom is a type that only a driver's own conversion knows.
type custom struct{ N int64 }

// valuer converts itself.
type valuer struct{ n int64 }

func (v valuer) Value() (driver.Value, error) {
	if v.n < 0 {
		return nil, errors.New("negative")
	}
	return v.n, nil
}

func (p *program) arguments(ctx context.Context) {
	arguments := append([]any{
		int8(
			1,
		), uint64(1 << 63), 1.5, true, "1", []byte("1"), nil, time.Unix(0, 0).UTC(), valuer{1}, valuer{-1}, custom{1}, &custom{1},
		make(chan int), []int64{1}, sql.Named("id", 1), sql.Named("", 1), sql.Null[int64]{V: 1, Valid: true}, sql.Out{},
	}, p.Arguments...)
	for _, a := range arguments {
		name := fmt.Sprintf("%T", a)
		p.line("query %s", name)
		p.rows(p.db.QueryContext(ctx, p.Select, a))
		if statement, err := p.db.PrepareContext(ctx, p.Select); err == nil {
			p.line("prepared %s", name)
			p.rows(statement.QueryContext(ctx, a))
			p.line("close: %s", describe(statement.Close()))
		}
		p.line("exec %s: %s", name, describe(second(p.db.ExecContext(ctx, p.Insert, a, "argument"))))
	}
	p.rows(p.db.QueryContext(ctx, p.Select))       // too few
	p.rows(p.db.QueryContext(ctx, p.Select, 1, 2)) // too many
}

func (p *program) transactions(ctx context.Context) {
	for _, commit := range []bool{true, false} {
		tx, err := p.db.BeginTx(ctx, nil)
		p.line("begin: %s", describe(err))
		if err != nil {
			continue
		}
		p.result(tx.ExecContext(ctx, p.Insert, 4, "four"))
		p.rows(tx.QueryContext(ctx, p.Select, 4))
		statement, err := tx.PrepareContext(ctx, p.Select)
		p.line("prepare: %s", describe(err))
		if err == nil {
			p.rows(statement.QueryContext(ctx, 1))
		}
		if commit {
			p.line("commit: %s", describe(tx.Commit()))
		}
		p.line("rollback: %s", describe(tx.Rollback()))
	}
}

func (p *program) isolation(ctx context.Context) {
	for level := sql.LevelDefault; level <= sql.LevelLinearizable; level++ {
		for _, readOnly := range []bool{false, true} {
			tx, err := p.db.BeginTx(ctx, &sql.TxOptions{Isolation: level, ReadOnly: readOnly})
			p.line("begin %v, read only %v: %s", level, readOnly, describe(err))
			if err == nil {
				p.line("rollback: %s", describe(tx.Rollback()))
			}
		}
	}
}

func (p *program) connection(ctx context.Context) {
	conn, err := p.db.Conn(ctx)
	p.line("conn: %s", describe(err))
	if err != nil {
		return
	}
	p.line("ping: %s", describe(conn.PingContext(ctx)))
	p.result(conn.ExecContext(ctx, p.Insert, 5, "five"))
	p.rows(conn.QueryContext(ctx, p.Select, 5))
	p.line("close: %s", describe(conn.Close()))
	p.line("after close: %s", describe(conn.PingContext(ctx)))
}

func (p *program) failures(ctx context.Context) {
	p.line("exec: %s", describe(second(p.db.ExecContext(ctx, p.Broken))))
	p.rows(p.db.QueryContext(ctx, p.Broken))
	p.line("query row: %s", describe(p.db.QueryRowContext(ctx, p.Broken).Scan()))
	tx, err := p.db.BeginTx(ctx, nil)
	if err != nil {
		return
	}
	p.line("in a transaction: %s", describe(second(tx.ExecContext(ctx, p.Broken))))
	p.line("rollback: %s", describe(tx.Rollback()))
}

func (p *program) cancelled(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	cancel()
	p.line("exec: %s", describe(second(p.db.ExecContext(ctx, p.Insert, 6, "six"))))
	p.rows(p.db.QueryContext(ctx, p.SelectAll))
	p.line("prepare: %s", describe(second(p.db.PrepareContext(ctx, p.Select))))
	p.line("begin: %s", describe(second(p.db.BeginTx(ctx, nil))))
	p.line("ping: %s", describe(p.db.PingContext(ctx)))
}

// kept cancels the context of open transactions, and looks whether their
// connection is kept.
func (p *program) kept(ctx context.Context) {
	if p.Racing {
		return
	}
	for range 3 {
		cancellable, cancel := context.WithCancel(ctx)
		tx, err := p.db.BeginTx(cancellable, nil)
		p.line("begin: %s", describe(err))
		cancel()
		if err != nil {
			continue
		}
		p.settle()
		p.line("commit: %v", tx.Commit() != nil)
		p.line("open connections: %d", p.db.Stats().OpenConnections)
	}
	p.line("afterwards: %s", describe(p.db.PingContext(ctx)))
	p.line("open connections: %d, closed because idle: %d", p.db.Stats().OpenConnections, p.db.Stats().MaxIdleClosed)
}

// settle waits until database/sql, in a goroutine of its own, has given the
// connections back.
func (p *program) settle() {
	for range 10_000 {
		if p.db.Stats().InUse == 0 {
			return
		}
		time.Sleep(100 * time.Microsecond)
	}
	p.line("a connection stays in use")
}

func second[T any](_ T, err error) error { return err }
