package pgxwrap

import (
	"fmt"
	"reflect"
	"time"
)

const (
	keptArguments     = 32
	keptArgumentBytes = 256
)

// keepArguments copies arguments, which belong to the application, for a handle that opted
// in.
func keepArguments(args []any) []any {
	kept := make([]any, min(len(args), keptArguments))
	for i := range kept {
		kept[i] = keepArgument(args[i])
	}
	return kept
}

// keepArgument keeps numbers as they are, and the rest as text.
func keepArgument(v any) any {
	switch v := v.(type) {
	case string:
		return v[:min(len(v), keptArgumentBytes)]
	case []byte:
		return append([]byte(nil), v[:min(len(v), keptArgumentBytes)]...)
	case nil, bool, time.Time:
		return v
	}
	r := reflect.ValueOf(v)
	if r.CanInt() || r.CanUint() || r.CanFloat() {
		return v
	}
	text := fmt.Sprintf("%T %v", v, v)
	if r.Kind() == reflect.String {
		text = r.String()
	}
	return text[:min(len(text), keptArgumentBytes)]
}
