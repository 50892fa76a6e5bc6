package sqlwrap

import (
	"database/sql/driver"
	"fmt"
	"hash/maphash"
	"math"
	"math/bits"
	"time"
)

// hasher tells values apart without keeping them. Its seeds die with the process.
type hasher struct {
	seed maphash.Seed
	word uint64
}

func newHasher() hasher {
	seed := maphash.MakeSeed()
	return hasher{seed, maphash.String(seed, "word")}
}

// arguments hashes a list of arguments, and the last of them, which is the key in
// most statements that read or write one row. 0 stands for no arguments.
func (h hasher) arguments(args []driver.NamedValue) (list, key uint64) {
	for i := range args {
		key = h.value(args[i].Value)
		list = (list ^ key) * 0x9e3779b97f4a7c15
		list ^= list >> 29
	}
	if len(args) > 0 {
		key |= 1
	}
	return list, key
}

// value hashes the types that database/sql passes by default without allocating.
// Other types are the driver's own business; they are formatted.
func (h hasher) value(v driver.Value) uint64 {
	switch v := v.(type) {
	case nil:
		return 1
	case int64:
		return h.number(2, uint64(v))
	case string:
		return maphash.String(h.seed, v)
	case []byte:
		return maphash.Bytes(h.seed, v)
	case float64:
		return h.number(3, math.Float64bits(v))
	case bool:
		if v {
			return h.number(4, 1)
		}
		return h.number(4, 0)
	case time.Time:
		return h.number(5, uint64(v.UnixNano()))
	default:
		return maphash.String(h.seed, fmt.Sprintf("%T %v", v, v))
	}
}

// number mixes a word with the seed: maphash.Comparable does it well, at ten times
// the price. What is at stake is a wrong duplicate, not a table that is attacked.
func (h hasher) number(kind, v uint64) uint64 {
	high, low := bits.Mul64(v^h.word, 0x9e3779b97f4a7c15+kind<<1)
	return high ^ low ^ h.word>>kind
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
