package sqlwrap

import (
	"cmp"
	"context"
	"database/sql/driver"
	"io"
	"reflect"

	"github.com/querybudget/querybudget/budget"
)

// rows wraps a driver.Rows: it counts what is fetched, in all result sets. Its
// optional interfaces can always be there, because they answer for a driver
// without them what database/sql would assume.
type rows struct {
	via       driver.Rows // the way to the driver's
	ctx       context.Context
	execution budget.Execution
	count     int64       // of what was fetched, and while the driver is at work its complement
	more      *moreOfRows // nil for most
	ended     bool        // their end was reached, or an error
}

// moreOfRows is what few rows have.
type moreOfRows struct {
	bare   driver.Rows // the driver's, where via is something else: Config.Inner's
	values *values     // where they are tracked
	err    error       // that ended the fetching
}

// fewRows is the number of wrappers that a connection makes at a time. None is used
// again: applications may hold on to rows. So a connection keeps that many of the
// driver's results from being collected, and no more.
const fewRows = 4

func (c *conn) newRows() *rows {
	if len(c.spare) == 0 {
		c.spare = make([]rows, fewRows)
	}
	r := &c.spare[0]
	c.spare = c.spare[1:]
	return r
}

// bare returns the driver's rows, which are asked about columns.
func (r *rows) bare() driver.Rows {
	if r.more != nil && r.more.bare != nil {
		return r.more.bare
	}
	return r.via
}

func (r *rows) Columns() []string { return r.bare().Columns() }

func (r *rows) Next(dest []driver.Value) error {
	n := r.enter()
	err := reveal(r.via.Next(dest))
	r.count = n
	if err != nil {
		r.failed(err)
		return err
	}
	r.count++
	if v := r.values(); v != nil {
		v.row(r.bare(), dest)
	}
	return nil
}

func (r *rows) values() *values {
	if r.more == nil {
		return nil
	}
	return r.more.values
}

// failed takes the error there was instead of a row or a result.
func (r *rows) failed(err error) {
	r.ended = true
	if err == io.EOF { //nolint:errorlint // as database/sql does
		return
	}
	if r.more == nil {
		r.more = &moreOfRows{}
	}
	r.more.err = err
}

// enter stands before a driver call, and returns the count to set after it. Of a call
// that does not return, the count tells when the next one is made, or when the rows are
// closed, as the application does in a defer of its own: until then they are open.
// That costs less than a defer for each row.
func (r *rows) enter() int64 {
	n := r.fetched()
	r.count = ^n
	return n
}

// fetched is the count, when the driver is not at work.
func (r *rows) fetched() int64 {
	if r.count < 0 {
		r.count = ^r.count
		r.failed(panicOrGoexit{})
	}
	return r.count
}

func (r *rows) Close() (err error) {
	err = panicOrGoexit{}
	defer func() { r.closed(err) }()
	err = reveal(r.via.Close())
	return err
}

// closed ends the execution. The error is that of Close.
func (r *rows) closed(err error) {
	n := r.fetched()
	if m := r.more; m != nil {
		if m.values != nil {
			r.execution.Fetched(&m.values.seen)
		}
		err = cmp.Or(m.err, err) // the first one says why
	}
	if !r.ended && r.ctx != nil {
		r.execution.LeftUnread()
		err = cmp.Or(err, r.ctx.Err()) // database/sql closes rows when their context ends
	}
	r.ctx = nil // the connection keeps r for a while, and need not keep a request
	r.execution.Close(n, err)
}

// HasNextResultSet and NextResultSet say that there is none for a driver that
// has one only.
func (r *rows) HasNextResultSet() bool {
	next, ok := r.via.(driver.RowsNextResultSet)
	return ok && next.HasNextResultSet()
}

func (r *rows) NextResultSet() error {
	next, ok := r.via.(driver.RowsNextResultSet)
	if !ok {
		return io.EOF
	}
	n := r.enter()
	err := reveal(next.NextResultSet())
	r.count = n
	if err != nil {
		r.failed(err)
	}
	return err
}

// anyType is what database/sql scans into where the driver does not say.
var anyType = reflect.TypeFor[any]()

func (r *rows) ColumnTypeScanType(i int) reflect.Type {
	if t, ok := r.bare().(driver.RowsColumnTypeScanType); ok {
		return t.ColumnTypeScanType(i)
	}
	return anyType
}

func (r *rows) ColumnTypeDatabaseTypeName(i int) string {
	if t, ok := r.bare().(driver.RowsColumnTypeDatabaseTypeName); ok {
		return t.ColumnTypeDatabaseTypeName(i)
	}
	return ""
}

func (r *rows) ColumnTypeLength(i int) (length int64, ok bool) {
	if t, is := r.bare().(driver.RowsColumnTypeLength); is {
		return t.ColumnTypeLength(i)
	}
	return 0, false
}

func (r *rows) ColumnTypeNullable(i int) (nullable, ok bool) {
	if t, is := r.bare().(driver.RowsColumnTypeNullable); is {
		return t.ColumnTypeNullable(i)
	}
	return false, false
}

func (r *rows) ColumnTypePrecisionScale(i int) (precision, scale int64, ok bool) {
	if t, is := r.bare().(driver.RowsColumnTypePrecisionScale); is {
		return t.ColumnTypePrecisionScale(i)
	}
	return 0, 0, false
}
