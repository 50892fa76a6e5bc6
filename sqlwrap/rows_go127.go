//go:build go1.27

package sqlwrap

import (
	"database/sql/driver"
	"reflect"
)

// scanningRows wraps rows that copy columns to their destination themselves. The
// presence of RowsColumnScanner is a signal: database/sql then never calls Next.
type scanningRows struct {
	*rows
	scanner driver.RowsColumnScanner
}

func (r *scanningRows) NextRow() error {
	n := r.enter()
	err := reveal(r.scanner.NextRow())
	r.count = n
	if err != nil {
		r.failed(err)
		return err
	}
	r.count++
	return nil
}

func (r *scanningRows) ScanColumn(ctx driver.ScanContext, i int, dest any) error {
	err := reveal(r.scanner.ScanColumn(ctx, i, dest))
	if v := r.values(); v != nil && err == nil {
		v.scanned(r.bare(), i, dest)
	}
	return err
}

func wrapRows(r *rows) driver.Rows {
	if scanner, ok := r.via.(driver.RowsColumnScanner); ok {
		return &scanningRows{r, scanner}
	}
	return r
}

// scanningLowerRows are lowerRows with the same signal.
type scanningLowerRows struct {
	lowerRows
	scanner driver.RowsColumnScanner
}

func (r *scanningLowerRows) NextRow() error { return r.handle.redact(r.scanner.NextRow()) }

func (r *scanningLowerRows) ScanColumn(ctx driver.ScanContext, i int, dest any) error {
	return r.handle.redact(r.scanner.ScanColumn(ctx, i, dest))
}

func wrapLowerRows(bare driver.Rows, h *handle) driver.Rows {
	if scanner, ok := bare.(driver.RowsColumnScanner); ok {
		return &scanningLowerRows{lowerRows{bare, h}, scanner}
	}
	return &lowerRows{bare, h}
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
