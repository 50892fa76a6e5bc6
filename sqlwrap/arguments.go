package sqlwrap

import (
	"database/sql/driver"
	"fmt"
	"hash/maphash"
	"math"
	"math/bits"
	"reflect"
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
		list = next(list, key)
	}
	if len(args) > 0 {
		key |= 1
	}
	return list, key
}

// value hashes the types that database/sql passes by default, and those that are
// made of them, without allocating: some drivers, pgx among them, take arguments as
// the application has them. The rest is formatted.
func (h hasher) value(v driver.Value) uint64 {
	switch v := v.(type) {
	case nil:
		return null
	case int64:
		return h.number(2, uint64(v))
	case int:
		return h.number(2, uint64(v))
	case string:
		return maphash.String(h.seed, v)
	case []byte:
		return maphash.Bytes(h.seed, v)
	case float64:
		return h.number(3, math.Float64bits(v))
	case bool:
		return h.number(4, bit(v))
	case time.Time:
		return h.number(5, uint64(v.UnixNano()))
	}
	if hash, ok := h.made(reflect.ValueOf(v), 3); ok {
		return hash
	}
	return maphash.String(h.seed, fmt.Sprintf("%T %v", v, v))
}

// null is the hash of what is sent as NULL.
const null = 1

// made hashes a value of a type that is made of simple ones: a type with a name, a
// pointer, a list. It looks no deeper than depth, because types may be made of
// themselves.
func (h hasher) made(v reflect.Value, depth int) (hash uint64, ok bool) {
	switch {
	case depth == 0:
		return 0, false
	case v.CanInt():
		return h.number(2, uint64(v.Int())), true
	case v.CanUint():
		if v.Uint() > math.MaxInt64 { // what no signed number is
			return h.number(7, v.Uint()), true
		}
		return h.number(2, v.Uint()), true
	case v.CanFloat():
		return h.number(3, math.Float64bits(v.Float())), true
	}
	switch v.Kind() {
	case reflect.String:
		return maphash.String(h.seed, v.String()), true
	case reflect.Bool:
		return h.number(4, bit(v.Bool())), true
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return null, true
		}
		return h.made(v.Elem(), depth-1)
	case reflect.Slice, reflect.Array:
		return h.list(v, depth)
	}
	return 0, false
}

func (h hasher) list(v reflect.Value, depth int) (hash uint64, ok bool) {
	switch isSlice := v.Kind() == reflect.Slice; {
	case isSlice && v.IsNil():
		return null, true
	case isSlice && v.Type().Elem().Kind() == reflect.Uint8: // such as json.RawMessage
		return maphash.Bytes(h.seed, v.Bytes()), true
	}
	hash = h.number(6, uint64(v.Len()))
	for i := range v.Len() {
		item, ok := h.made(v.Index(i), depth-1)
		if !ok {
			return 0, false
		}
		hash = next(hash, item)
	}
	return hash, true
}

// next adds the hash of one more value to that of a list.
func next(list, value uint64) uint64 {
	list = (list ^ value) * 0x9e3779b97f4a7c15
	return list ^ list>>29
}

func bit(b bool) uint64 {
	if b {
		return 1
	}
	return 0
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
	return text[:min(len(text), keptArgumentBytes)]
}
