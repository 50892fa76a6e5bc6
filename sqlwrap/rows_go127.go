//go:build go1.27

package sqlwrap

import (
	"database/sql/driver"
	"reflect"

	"github.com/querybudget/querybudget/budget"
)

// scanningRows wraps rows that copy columns to their destination themselves. The
// presence of RowsColumnScanner is a signal: database/sql then never calls Next.
type scanningRows struct {
	rows
	scanner driver.RowsColumnScanner
}

func (r *scanningRows) NextRow() error { return r.fetched(r.scanner.NextRow()) }

func (r *scanningRows) ScanColumn(ctx driver.ScanContext, i int, dest any) error {
	err := r.scanner.ScanColumn(ctx, i, dest)
	if r.values != nil && err == nil {
		r.values.scanned(r.bare, i, dest)
	}
	return err
}

func wrapRows(bare driver.Rows, x budget.Execution, v *values) driver.Rows {
	if scanner, ok := bare.(driver.RowsColumnScanner); ok {
		return &scanningRows{rows{bare: bare, execution: x, values: v}, scanner}
	}
	return &rows{bare: bare, execution: x, values: v}
}

// scanned takes note of a value that the driver wrote to its destination by
// itself.
func (v *values) scanned(bare driver.Rows, i int, dest any) {
	p := reflect.ValueOf(dest)
	if p.Kind() != reflect.Pointer || p.IsNil() {
		return
	}
	value, err := driver.DefaultParameterConverter.ConvertValue(p.Elem().Interface())
	if err == nil {
		v.add(bare, i, value)
	}
}
