package sqlwrap

import (
	"database/sql/driver"
	"hash/maphash"
	"reflect"
	"strconv"
	"time"

	"github.com/querybudget/querybudget/budget"
)

// values takes note of the values of rows, for a recorder that tracks them.
type values struct {
	seed    maphash.Seed
	columns []string
	seen    budget.Values
}

// row takes note of a row.
func (v *values) row(bare driver.Rows, dest []driver.Value) {
	for i, value := range dest {
		v.add(bare, i, value)
	}
}

func (v *values) add(bare driver.Rows, i int, value driver.Value) {
	if v.columns == nil {
		v.columns = bare.Columns()
	}
	if h := hashText(v.seed, value); h != 0 && i < len(v.columns) {
		v.seen.Add(i, v.columns[i], h)
	}
}

// hashText hashes a value by its text, because drivers return in one type what
// they took in another: MySQL's text protocol returns numbers as bytes. 0 stands
// for values that prove nothing: NULL and booleans.
func hashText(seed maphash.Seed, v driver.Value) uint64 {
	switch v := v.(type) {
	case string:
		return maphash.String(seed, v) | 1
	case []byte:
		return maphash.Bytes(seed, v) | 1
	case float64:
		return maphash.String(seed, strconv.FormatFloat(v, 'g', -1, 64)) | 1
	case time.Time:
		return maphash.Comparable(seed, v.UnixNano()) | 1
	}
	// Some drivers take numbers and texts as the application has them.
	var buf [20]byte
	switch r := reflect.ValueOf(v); {
	case r.CanInt():
		return maphash.Bytes(seed, strconv.AppendInt(buf[:0], r.Int(), 10)) | 1
	case r.CanUint():
		return maphash.Bytes(seed, strconv.AppendUint(buf[:0], r.Uint(), 10)) | 1
	case r.Kind() == reflect.String:
		return maphash.String(seed, r.String()) | 1
	}
	return 0
}

// hashTexts hashes arguments one by one.
func hashTexts(seed maphash.Seed, args []driver.NamedValue) []uint64 {
	out := make([]uint64, len(args))
	for i := range args {
		out[i] = hashText(seed, args[i].Value)
	}
	return out
}
