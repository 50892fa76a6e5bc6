package sqlwrap

import (
	"database/sql/driver"
	"fmt"
	"reflect"
	"strings"
	"time"
)

const (
	keptArguments     = 32
	keptArgumentBytes = 256
)

// keepArguments copies arguments, which belong to the driver, for a handle that
// opted in. Strings, too: some servers use the memory of a request's again, and a long
// one is not to be kept for its beginning.
func keepArguments(args []driver.NamedValue) []any {
	kept := make([]any, min(len(args), keptArguments))
	for i := range kept {
		switch v := args[i].Value.(type) {
		case string:
			kept[i] = strings.Clone(v[:min(len(v), keptArgumentBytes)])
		case []byte:
			kept[i] = append([]byte(nil), v[:min(len(v), keptArgumentBytes)]...)
		case nil, int64, float64, bool, time.Time:
			kept[i] = v
		default:
			kept[i] = keepMade(v)
		}
	}
	return kept
}

// keepMade keeps a value of another type than those that database/sql passes by
// default: numbers as they are, the rest as text.
func keepMade(v driver.Value) any {
	r := reflect.ValueOf(v)
	if r.CanInt() || r.CanUint() || r.CanFloat() {
		return v
	}
	text := fmt.Sprintf("%T %v", v, v)
	if r.Kind() == reflect.String {
		text = r.String()
	}
	return strings.Clone(text[:min(len(text), keptArgumentBytes)])
}
