package sqlwraptest_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"sync"
)

// A fake driver in parts: each optional interface is a small struct, and the
// shapes that drivers come in are combinations of them. It keeps note of every
// call but Columns, RowsAffected and Result.LastInsertId, which read only.
//
// It answers every query with three rows of an integer and a text, with one if
// the text has a question mark, and SELECTS with a second result set. BROKEN
// fails, FAILING fails after its rows, and BAD fails with driver.ErrBadConn as often as its state says.

type state struct {
	mu    sync.Mutex
	calls []string
	bad   int // calls with BAD that still fail
	// during is called in the methods that have no context.
	during func(method string)
}

func (s *state) note(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, fmt.Sprintf(format, args...))
}

func (s *state) run(method string) {
	if s.during != nil {
		s.during(method)
	}
}

func (s *state) take() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	calls := s.calls
	s.calls = nil
	return calls
}

func (s *state) do(query string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case strings.HasPrefix(query, "BROKEN"):
		return fmt.Errorf("fake: %w", errors.New("broken"))
	case strings.HasPrefix(query, "BAD") && s.bad > 0:
		s.bad--
		return driver.ErrBadConn
	}
	return nil
}

// describeArgs writes down arguments with their Go types.
func describeArgs(args []driver.NamedValue) string {
	var b strings.Builder
	for _, a := range args {
		if _, isPointer := a.Value.(*custom); isPointer {
			fmt.Fprintf(&b, " %d:%s:*custom", a.Ordinal, a.Name)
			continue
		}
		if reflect.ValueOf(a.Value).Kind() == reflect.Chan {
			fmt.Fprintf(&b, " %d:%s:chan", a.Ordinal, a.Name)
			continue
		}
		fmt.Fprintf(&b, " %d:%s:%T(%v)", a.Ordinal, a.Name, a.Value, a.Value)
	}
	return b.String()
}

type custom struct{ N int64 }

func named(values []driver.Value) []driver.NamedValue {
	var out []driver.NamedValue
	for i, v := range values {
		out = append(out, driver.NamedValue{Ordinal: i + 1, Value: v})
	}
	return out
}

// base is the least that a connection can be.
type base struct {
	s *state
	// statement makes the statements of the driver's shape.
	statement func(stmt) driver.Stmt
	rows      func(rows) driver.Rows
}

func (c base) Prepare(query string) (driver.Stmt, error) {
	c.s.note("Prepare %s", query)
	c.s.run("Prepare")
	if strings.HasPrefix(query, "BROKEN") {
		return nil, errors.New("fake: cannot prepare")
	}
	if strings.HasPrefix(query, "BADPREPARE") {
		if err := c.s.do(query); err != nil {
			return nil, err
		}
	}
	return c.statement(stmt{base: c, query: query}), nil
}

func (c base) Close() error {
	c.s.note("Close")
	return nil
}

func (c base) Begin() (driver.Tx, error) {
	c.s.note("Begin")
	c.s.run("Begin")
	return tx{c.s}, nil
}

func (c base) result(query string) (driver.Result, error) {
	if err := c.s.do(query); err != nil {
		return nil, err
	}
	return result{}, nil
}

func (c base) open(query string) (driver.Rows, error) {
	if err := c.s.do(query); err != nil {
		return nil, err
	}
	sets := 1
	if strings.HasPrefix(query, "SELECTS") {
		sets = 2
	}
	n := 3
	if strings.Contains(query, "?") {
		n = 1
	}
	return c.rows(rows{s: c.s, left: n, sets: sets, failing: strings.HasPrefix(query, "FAILING")}), nil
}

// The optional parts of a connection.
type (
	execContext  struct{ c base }
	queryContext struct{ c base }
	oldExec      struct{ c base }
	oldQuery     struct{ c base }
	// The declining ones answer driver.ErrSkip when there are arguments.
	decliningExec  struct{ c base }
	decliningQuery struct{ c base }
	prepareContext struct{ c base }
	beginTx        struct{ c base }
	pinger         struct{ c base }
	resetter       struct{ c base }
	validator      struct{ c base }
	connChecker    struct{ c base }
)

func (x execContext) ExecContext(_ context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	x.c.s.note("ExecContext %s%s", query, describeArgs(args))
	return x.c.result(query)
}

func (x queryContext) QueryContext(_ context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	x.c.s.note("QueryContext %s%s", query, describeArgs(args))
	return x.c.open(query)
}

func (x oldExec) Exec(query string, args []driver.Value) (driver.Result, error) {
	x.c.s.note("Exec %s%s", query, describeArgs(named(args)))
	return x.c.result(query)
}

func (x oldQuery) Query(query string, args []driver.Value) (driver.Rows, error) {
	x.c.s.note("Query %s%s", query, describeArgs(named(args)))
	return x.c.open(query)
}

func (x decliningExec) ExecContext(_ context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	x.c.s.note("ExecContext %s%s", query, describeArgs(args))
	if len(args) > 0 {
		return nil, driver.ErrSkip
	}
	return x.c.result(query)
}

func (x decliningQuery) QueryContext(_ context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	x.c.s.note("QueryContext %s%s", query, describeArgs(args))
	if len(args) > 0 {
		return nil, driver.ErrSkip
	}
	return x.c.open(query)
}

func (x prepareContext) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return x.c.Prepare(query)
}

func (x beginTx) BeginTx(_ context.Context, opts driver.TxOptions) (driver.Tx, error) {
	x.c.s.note("BeginTx %d %v", opts.Isolation, opts.ReadOnly)
	if opts.Isolation > 4 {
		return nil, errors.New("fake: no such isolation")
	}
	return tx{x.c.s}, nil
}

func (x pinger) Ping(context.Context) error {
	x.c.s.note("Ping")
	return nil
}

func (x resetter) ResetSession(context.Context) error {
	x.c.s.note("ResetSession")
	return nil
}

func (x validator) IsValid() bool {
	x.c.s.note("IsValid")
	return true
}

func (x connChecker) CheckNamedValue(nv *driver.NamedValue) error {
	x.c.s.note("Conn.CheckNamedValue %T", nv.Value)
	return checkCustom(nv)
}

// checkCustom knows one more type than database/sql does.
func checkCustom(nv *driver.NamedValue) error {
	switch nv.Value.(type) {
	case []int64:
		return nil
	case float64:
		return driver.ErrRemoveArgument
	}
	return driver.ErrSkip
}

type tx struct{ s *state }

func (t tx) Commit() error {
	t.s.note("Commit")
	return nil
}

func (t tx) Rollback() error {
	t.s.note("Rollback")
	return nil
}

type result struct{}

func (result) LastInsertId() (int64, error) { return 7, errors.New("fake: no id") }
func (result) RowsAffected() (int64, error) { return 3, nil }

// stmt is the least that a statement can be. Its text decides how many arguments
// it wants: one for each question mark.
type stmt struct {
	base  base
	query string
}

func (s stmt) Close() error {
	s.base.s.note("Stmt.Close")
	return nil
}

func (s stmt) NumInput() int {
	s.base.s.run("NumInput")
	if strings.ContainsAny(s.query, "*{") || strings.Contains(strings.ToUpper(s.query), "COPY") {
		return -1
	}
	return strings.Count(s.query, "?")
}

func (s stmt) Exec(args []driver.Value) (driver.Result, error) {
	s.base.s.note("Stmt.Exec %s%s", s.query, describeArgs(named(args)))
	return s.base.result(s.query)
}

func (s stmt) Query(args []driver.Value) (driver.Rows, error) {
	s.base.s.note("Stmt.Query %s%s", s.query, describeArgs(named(args)))
	return s.base.open(s.query)
}

// The optional parts of a statement.
type (
	stmtContext   struct{ s stmt }
	stmtChecker   struct{ s stmt }
	stmtConverter struct{ s stmt }
)

func (x stmtContext) ExecContext(_ context.Context, args []driver.NamedValue) (driver.Result, error) {
	x.s.base.s.note("Stmt.ExecContext %s%s", x.s.query, describeArgs(args))
	return x.s.base.result(x.s.query)
}

func (x stmtContext) QueryContext(_ context.Context, args []driver.NamedValue) (driver.Rows, error) {
	x.s.base.s.note("Stmt.QueryContext %s%s", x.s.query, describeArgs(args))
	return x.s.base.open(x.s.query)
}

func (x stmtChecker) CheckNamedValue(nv *driver.NamedValue) error {
	x.s.base.s.note("Stmt.CheckNamedValue %T", nv.Value)
	return checkCustom(nv)
}

// upper is a conversion that nobody else makes.
type upper struct{}

func (upper) ConvertValue(v any) (driver.Value, error) {
	switch v := v.(type) {
	case string:
		return strings.ToUpper(v), nil
	case int, int64:
		return fmt.Sprint("#", v), nil
	}
	return driver.DefaultParameterConverter.ConvertValue(v)
}

func (x stmtConverter) ColumnConverter(int) driver.ValueConverter { return upper{} }

// rows is the least that rows can be.
type rows struct {
	s    *state
	left int
	sets int
	// failing rows end with an error.
	failing bool
}

func (r *rows) Columns() []string { return []string{"n", "text"} }

func (r *rows) Close() error {
	r.s.note("Rows.Close")
	return nil
}

func (r *rows) Next(dest []driver.Value) error {
	if r.left == 0 && r.failing {
		return errors.New("fake: the data ended early")
	}
	if r.left == 0 {
		return io.EOF
	}
	r.left--
	dest[0], dest[1] = int64(r.left), []byte("text")
	return nil
}

// The optional parts of rows.
type (
	resultSets  struct{ r *rows }
	columnTypes struct{}
)

func (x resultSets) HasNextResultSet() bool { return x.r.sets > 1 }

func (x resultSets) NextResultSet() error {
	if x.r.sets <= 1 {
		return io.EOF
	}
	x.r.sets--
	x.r.left = 2
	return nil
}

func (columnTypes) ColumnTypeScanType(int) reflect.Type                { return reflect.TypeFor[float32]() }
func (columnTypes) ColumnTypeDatabaseTypeName(int) string              { return "FAKE" }
func (columnTypes) ColumnTypeLength(i int) (int64, bool)               { return int64(i), true }
func (columnTypes) ColumnTypeNullable(i int) (bool, bool)              { return i == 0, i == 1 }
func (columnTypes) ColumnTypePrecisionScale(int) (p, s int64, ok bool) { return 8, 2, true }

func plainStatement(s stmt) driver.Stmt { return s }
func plainRows(r rows) driver.Rows      { return &r }

func contextStatement(s stmt) driver.Stmt {
	return struct {
		stmt
		stmtContext
	}{s, stmtContext{s}}
}

func checkingStatement(s stmt) driver.Stmt {
	return struct {
		stmt
		stmtContext
		stmtChecker
	}{s, stmtContext{s}, stmtChecker{s}}
}

func convertingStatement(s stmt) driver.Stmt {
	return struct {
		stmt
		stmtConverter
	}{s, stmtConverter{s}}
}

func typedRows(r rows) driver.Rows {
	return struct {
		*rows
		resultSets
		columnTypes
	}{&r, resultSets{&r}, columnTypes{}}
}
