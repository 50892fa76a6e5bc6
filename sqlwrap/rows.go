package sqlwrap

import (
	"database/sql/driver"
	"errors"
	"io"
	"reflect"

	"github.com/querybudget/querybudget/budget"
)

// rows wraps a driver.Rows: it counts what is fetched, in all result sets. Its
// optional interfaces can always be there, because they answer for a driver
// without them what database/sql would assume.
type rows struct {
	bare      driver.Rows
	execution budget.Execution
	values    *values // where they are tracked
	count     int64
	err       error // that ended the fetching
}

func (r *rows) Columns() []string { return r.bare.Columns() }

func (r *rows) Next(dest []driver.Value) error {
	err := r.bare.Next(dest)
	if r.values != nil && err == nil {
		r.values.row(r.bare, dest)
	}
	return r.fetched(err)
}

// fetched counts a row, or takes the error there was instead of one.
func (r *rows) fetched(err error) error {
	switch {
	case err == nil:
		r.count++
	case err != io.EOF: //nolint:errorlint // as database/sql does
		r.err = err
	}
	return err
}

func (r *rows) Close() error {
	err := r.bare.Close()
	if r.values != nil {
		r.execution.Fetched(&r.values.seen)
	}
	r.execution.Close(r.count, errors.Join(r.err, err))
	return err
}

// HasNextResultSet and NextResultSet say that there is none for a driver that
// has one only.
func (r *rows) HasNextResultSet() bool {
	next, ok := r.bare.(driver.RowsNextResultSet)
	return ok && next.HasNextResultSet()
}

func (r *rows) NextResultSet() error {
	next, ok := r.bare.(driver.RowsNextResultSet)
	if !ok {
		return io.EOF
	}
	err := next.NextResultSet()
	if err != nil && err != io.EOF { //nolint:errorlint // as database/sql does
		r.err = err
	}
	return err
}

// anyType is what database/sql scans into where the driver does not say.
var anyType = reflect.TypeFor[any]()

func (r *rows) ColumnTypeScanType(i int) reflect.Type {
	if t, ok := r.bare.(driver.RowsColumnTypeScanType); ok {
		return t.ColumnTypeScanType(i)
	}
	return anyType
}

func (r *rows) ColumnTypeDatabaseTypeName(i int) string {
	if t, ok := r.bare.(driver.RowsColumnTypeDatabaseTypeName); ok {
		return t.ColumnTypeDatabaseTypeName(i)
	}
	return ""
}

func (r *rows) ColumnTypeLength(i int) (length int64, ok bool) {
	if t, is := r.bare.(driver.RowsColumnTypeLength); is {
		return t.ColumnTypeLength(i)
	}
	return 0, false
}

func (r *rows) ColumnTypeNullable(i int) (nullable, ok bool) {
	if t, is := r.bare.(driver.RowsColumnTypeNullable); is {
		return t.ColumnTypeNullable(i)
	}
	return false, false
}

func (r *rows) ColumnTypePrecisionScale(i int) (precision, scale int64, ok bool) {
	if t, is := r.bare.(driver.RowsColumnTypePrecisionScale); is {
		return t.ColumnTypePrecisionScale(i)
	}
	return 0, 0, false
}
