// Package db is the data library of the corpus: short ways to ask a database, seen
// through as any library is. What fails panics, since no case expects it.
package db

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"sync"

	"github.com/jmoiron/sqlx"
	"github.com/uptrace/bun"
	"gorm.io/gorm"
)

// DB is a database, or a transaction of one.
type DB struct {
	SQL    *sql.DB
	System string // "sqlite", "postgresql" or "mysql"
	GORM   *gorm.DB
	Bun    *bun.DB
	SQLX   *sqlx.DB
	// Listen gets the answer to each question of Rows, Column and One.
	Listen func(Answer)

	tx *sql.Tx
}

// Answer is a statement with what came back.
type Answer struct {
	Text string // with ? for each argument
	Args []any
	Rows [][]string
}

type querier interface {
	QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error)
	ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error)
}

func (d *DB) querier() querier {
	if d.tx != nil {
		return d.tx
	}
	return d.SQL
}

// Rebind writes placeholders as the database has them.
func (d *DB) Rebind(text string) string {
	if d.System != "postgresql" {
		return text
	}
	var b strings.Builder
	n := 0
	for part := range strings.SplitAfterSeq(text, "?") {
		if before, ok := strings.CutSuffix(part, "?"); ok {
			n++
			part = fmt.Sprintf("%s$%d", before, n)
		}
		b.WriteString(part)
	}
	return b.String()
}

// Rows returns all rows, as texts; NULL is "".
func (d *DB) Rows(ctx context.Context, text string, args ...any) (out [][]string) {
	rows, err := d.querier().QueryContext(ctx, d.Rebind(text), args...)
	must(err)
	defer rows.Close() //nolint:errcheck // read to the end
	for rows.Next() {
		out = append(out, Scan(rows))
	}
	must(rows.Err())
	if d.Listen != nil {
		d.Listen(Answer{text, args, out})
	}
	return out
}

// Scan returns a row, as texts.
func Scan(rows *sql.Rows) []string {
	columns, err := rows.Columns()
	must(err)
	values, pointers := make([]sql.NullString, len(columns)), make([]any, len(columns))
	for i := range values {
		pointers[i] = &values[i]
	}
	must(rows.Scan(pointers...))
	out := make([]string, len(columns))
	for i, v := range values {
		out[i] = v.String
	}
	return out
}

// Each calls f for each row while the rows are open.
func (d *DB) Each(ctx context.Context, text string, f func(row []string), args ...any) {
	rows, err := d.querier().QueryContext(ctx, d.Rebind(text), args...)
	must(err)
	defer rows.Close() //nolint:errcheck // read to the end
	for rows.Next() {
		f(Scan(rows))
	}
	must(rows.Err())
}

// Column returns the first column of all rows.
func (d *DB) Column(ctx context.Context, text string, args ...any) (out []string) {
	for _, row := range d.Rows(ctx, text, args...) {
		out = append(out, row[0])
	}
	return out
}

// One returns the first column of the first row, "" without one.
func (d *DB) One(ctx context.Context, text string, args ...any) string {
	if all := d.Column(ctx, text, args...); len(all) > 0 {
		return all[0]
	}
	return ""
}

// Exec changes something, and returns the number of rows that it changed.
func (d *DB) Exec(ctx context.Context, text string, args ...any) int64 {
	result, err := d.querier().ExecContext(ctx, d.Rebind(text), args...)
	must(err)
	n, err := result.RowsAffected()
	must(err)
	return n
}

// Try is Exec, for what may fail.
func (d *DB) Try(ctx context.Context, text string, args ...any) error {
	_, err := d.querier().ExecContext(ctx, d.Rebind(text), args...)
	return err
}

// Tx runs f in a transaction.
func (d *DB) Tx(ctx context.Context, options *sql.TxOptions, f func(tx *DB)) {
	tx, err := d.SQL.BeginTx(ctx, options)
	must(err)
	inner := *d
	inner.tx = tx
	f(&inner)
	must(tx.Commit())
}

// Undone runs f in a transaction that is rolled back.
func (d *DB) Undone(ctx context.Context, f func(tx *DB)) {
	tx, err := d.SQL.BeginTx(ctx, nil)
	must(err)
	inner := *d
	inner.tx = tx
	f(&inner)
	must(tx.Rollback())
}

// Parallel runs f for each item in a goroutine of its own.
func Parallel[T any](items []T, f func(T)) {
	var all sync.WaitGroup
	for _, item := range items {
		all.Go(func() { f(item) })
	}
	all.Wait()
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
