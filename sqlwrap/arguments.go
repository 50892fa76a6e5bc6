package sqlwrap

import (
	"database/sql/driver"
	"fmt"
	"hash/maphash"
	"math"
	"time"
)

// hashArguments tells argument lists apart without keeping them. The seed dies
// with the process. 0 stands for no arguments.
func hashArguments(seed maphash.Seed, args []driver.NamedValue) uint64 {
	var h uint64
	for i := range args {
		h = (h ^ hashValue(seed, args[i].Value)) * 0x9e3779b97f4a7c15
		h ^= h >> 29
	}
	return h
}

// hashKey is the hash of the last argument. 0 stands for none.
func hashKey(seed maphash.Seed, args []driver.NamedValue) uint64 {
	if len(args) == 0 {
		return 0
	}
	return hashValue(seed, args[len(args)-1].Value) | 1
}

// hashValue hashes the types that database/sql passes by default without
// allocating. Other types are the driver's own business; they are formatted.
func hashValue(seed maphash.Seed, v driver.Value) uint64 {
	switch v := v.(type) {
	case nil:
		return 1
	case int64:
		return maphash.Comparable(seed, v)
	case string:
		return maphash.String(seed, v)
	case []byte:
		return maphash.Bytes(seed, v)
	case float64:
		return maphash.Comparable(seed, math.Float64bits(v))
	case bool:
		return maphash.Comparable(seed, v)
	case time.Time:
		return maphash.Comparable(seed, v.UnixNano())
	default:
		return maphash.String(seed, fmt.Sprintf("%T %v", v, v))
	}
}

const (
	keptArguments     = 32
	keptArgumentBytes = 256
)

// keepArguments copies arguments, which belong to the driver, for a handle that
// opted in.
func keepArguments(args []driver.NamedValue) []any {
	kept := make([]any, min(len(args), keptArguments))
	for i := range kept {
		switch v := args[i].Value.(type) {
		case string:
			kept[i] = v[:min(len(v), keptArgumentBytes)]
		case []byte:
			kept[i] = append([]byte(nil), v[:min(len(v), keptArgumentBytes)]...)
		case nil, int64, float64, bool, time.Time:
			kept[i] = v
		default:
			text := fmt.Sprintf("%T %v", v, v)
			kept[i] = text[:min(len(text), keptArgumentBytes)]
		}
	}
	return kept
}
