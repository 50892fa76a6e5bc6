package main

import (
	"context"
	"database/sql/driver"
	"sync"
	"time"
)

// What follows wraps a driver for the least that there can be: the queries of a
// request are counted and timed in what its context carries, under a lock, from the
// call until the rows are closed. It looks at no text, argument or stack, and is
// nothing to use: no interface but those of the fake driver.

type floorKey struct{}

type floorRequest struct {
	mu      sync.Mutex
	started time.Time
	queries int64
	rows    int64
	took    time.Duration
}

func floorContext() context.Context {
	return context.WithValue(context.Background(), floorKey{}, &floorRequest{started: time.Now()})
}

// start returns the request and its time, nil without one.
func floorStart(ctx context.Context) (*floorRequest, time.Duration) {
	r, _ := ctx.Value(floorKey{}).(*floorRequest)
	if r == nil {
		return nil, 0
	}
	return r, time.Since(r.started)
}

func (r *floorRequest) end(began time.Duration, queries, rows int64) {
	if r == nil {
		return
	}
	took := time.Since(r.started) - began
	r.mu.Lock()
	r.queries += queries
	r.rows += rows
	r.took += took
	r.mu.Unlock()
}

type floorConnector struct{ driver.Connector }

func (c floorConnector) Connect(ctx context.Context) (driver.Conn, error) {
	bare, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &floorConn{bare.(*fakeConn)}, nil
}

type floorConn struct{ *fakeConn }

func (c *floorConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	r, began := floorStart(ctx)
	rows, err := c.fakeConn.QueryContext(ctx, query, args)
	return &floorRows{rows, r, began, 0}, err
}

func (c *floorConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	r, began := floorStart(ctx)
	defer r.end(began, 1, 0)
	return c.fakeConn.ExecContext(ctx, query, args)
}

func (c *floorConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	bare, err := c.fakeConn.PrepareContext(ctx, query)
	return &floorStmt{bare.(*fakeStmt)}, err
}

func (c *floorConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	r, began := floorStart(ctx)
	bare, err := c.fakeConn.BeginTx(ctx, opts)
	r.end(began, 0, 0)
	return &floorTx{bare, r}, err
}

type floorStmt struct{ *fakeStmt }

func (s *floorStmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	r, began := floorStart(ctx)
	rows, err := s.fakeStmt.QueryContext(ctx, args)
	return &floorRows{rows, r, began, 0}, err
}

type floorTx struct {
	driver.Tx
	request *floorRequest
}

func (t *floorTx) Commit() error {
	if t.request == nil {
		return t.Tx.Commit()
	}
	began := time.Since(t.request.started)
	err := t.Tx.Commit()
	t.request.end(began, 0, 0)
	return err
}

type floorRows struct {
	driver.Rows
	request *floorRequest
	began   time.Duration
	count   int64
}

func (r *floorRows) Next(dest []driver.Value) error {
	err := r.Rows.Next(dest)
	if err == nil {
		r.count++
	}
	return err
}

func (r *floorRows) Close() error {
	err := r.Rows.Close()
	r.request.end(r.began, 1, r.count)
	return err
}
