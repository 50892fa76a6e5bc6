package statement

import (
	"bytes"
	"encoding/hex"
	"hash/maphash"
	"math"
	"math/bits"
	"math/rand/v2"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// Hasher tells values apart without keeping them. Its seeds die with the process.
// It calls no method of a value: what a type prints, or does when it is printed, is
// the application's affair. It is safe for concurrent use.
type Hasher struct {
	seed  maphash.Seed
	word  uint64
	began int64 // when it was made, in seconds since 1970: what is the present time has to stay so
}

// NewHasher returns a hasher with seeds of its own.
func NewHasher() *Hasher {
	seed := maphash.MakeSeed()
	return &Hasher{seed, maphash.String(seed, "word"), time.Now().Unix()}
}

// Arguments identifies the arguments of one execution of a statement. The zero value
// is that of none.
type Arguments struct {
	// List is the same for the same values in the same order; 0 for none. Those in
	// the text are in [Statement.Literals].
	List uint64
	// Row is the same for the same values of the same Keys, in the text or not: what
	// has it reads or writes the same row. It is 0 where that is not known.
	Row uint64
	// Unknown is set if a value could not be told: List is then equal to no other.
	Unknown bool
	// Inserts collects the values of an INSERT of one row, where it is not nil: sums of
	// them are the Row of a statement whose Keys have these values, see [Statement.Inserted].
	Inserts *[]uint64

	n int
}

// Add adds the next argument.
func (a *Arguments) Add(st *Statement, h *Hasher, value any) {
	hash, ok := h.Value(value)
	if !ok {
		a.Unknown, hash = true, rand.Uint64()
	}
	a.List = next(a.List, hash)
	for _, k := range st.keys {
		if k.index == a.n {
			a.Row += mix(hash ^ k.column)
		}
	}
	if a.Inserts != nil {
		st.inserted(a.Inserts, a.n, hash)
	}
	a.n++
}

// End completes Row with the keys in the text, once all arguments were added.
func (a *Arguments) End(st *Statement) {
	if a.Inserts != nil {
		st.endInserted(a.Inserts)
	}
	if len(st.Keys) == 0 || st.rowless || a.Unknown {
		a.Row = 0
		return
	}
	a.Row = (a.Row + st.row) | 1
}

// Value hashes a value. Numbers of all types that are equal have one hash, and so
// have texts and bytes; pointers are followed. It returns false for what it does not
// tell: functions, values that hold more than 10,000 others or are nested deeper than
// 8, and what lies behind a pointer, in a slice or in a map of a type with methods,
// which other goroutines may be writing to. It allocates nothing for the types that
// database/sql passes and those that are made of them.
func (h *Hasher) Value(v any) (hash uint64, ok bool) {
	switch v := v.(type) {
	case nil:
		return null, true
	case int64:
		return h.number(2, uint64(v)), true
	case int:
		return h.number(2, uint64(v)), true
	case string:
		return maphash.String(h.seed, v), true
	case []byte:
		return maphash.Bytes(h.seed, v), true
	case float64:
		return h.number(3, math.Float64bits(v)), true
	case bool:
		return h.number(4, bit(v)), true
	case time.Time:
		return h.number(5, uint64(v.UnixNano())), true
	}
	left := maxParts
	return h.made(reflect.ValueOf(v), maxDepth, &left)
}

const (
	// null is the hash of what is sent as NULL.
	null = 1

	maxDepth = 8
	maxParts = 10_000
)

var timeType = reflect.TypeFor[time.Time]()

// made hashes a value that is made of others.
func (h *Hasher) made(v reflect.Value, depth int, left *int) (hash uint64, ok bool) {
	if *left--; depth == 0 || *left < 0 {
		return 0, false
	}
	switch {
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
	case reflect.Interface:
		if v.IsNil() {
			return null, true
		}
		return h.made(v.Elem(), depth-1, left)
	case reflect.Pointer:
		return h.pointer(v, depth, left)
	case reflect.Slice, reflect.Array:
		return h.list(v, depth, left)
	case reflect.Map:
		return h.table(v, depth, left)
	case reflect.Struct:
		return h.fields(v, depth, left)
	}
	return 0, false
}

func (h *Hasher) pointer(v reflect.Value, depth int, left *int) (hash uint64, ok bool) {
	switch {
	case v.IsNil():
		return null, true
	case v.Type().NumMethod() > 0 || hasMethods(v.Type().Elem()):
		return 0, false
	default:
		return h.made(v.Elem(), depth-1, left)
	}
}

// hasMethods reports whether a type has methods, on its values or on pointers to
// them: it may guard what it holds.
func hasMethods(t reflect.Type) bool {
	return t.Kind() != reflect.Interface && (t.NumMethod() > 0 || reflect.PointerTo(t).NumMethod() > 0)
}

// mayGuard reports whether values of a type may guard what they hold: those with methods, but for plain
// ones and arrays of them, such as an id of 16 bytes, which have no room for a lock.
func mayGuard(t reflect.Type) bool {
	plain := t
	for plain.Kind() == reflect.Array {
		plain = plain.Elem()
	}
	isPlain := plain.Kind() >= reflect.Bool && plain.Kind() <= reflect.Complex128 || plain.Kind() == reflect.String
	return !isPlain && hasMethods(t)
}

func (h *Hasher) list(v reflect.Value, depth int, left *int) (hash uint64, ok bool) {
	elem := v.Type().Elem()
	if v.Kind() == reflect.Slice {
		switch {
		case v.IsNil():
			return null, true
		case elem.Kind() == reflect.Uint8 && !hasMethods(elem): // such as json.RawMessage
			return maphash.Bytes(h.seed, v.Bytes()), true
		case mayGuard(elem):
			return 0, false
		}
	}
	hash = h.number(6, uint64(v.Len()))
	for i := range v.Len() {
		item, ok := h.made(v.Index(i), depth-1, left)
		if !ok {
			return 0, false
		}
		hash = next(hash, item)
	}
	return hash, true
}

// table hashes a map: the order of its keys does not count.
func (h *Hasher) table(v reflect.Value, depth int, left *int) (hash uint64, ok bool) {
	switch t := v.Type(); {
	case v.IsNil():
		return null, true
	case mayGuard(t.Key()) || mayGuard(t.Elem()) || v.Len() > *left:
		return 0, false
	}
	hash = h.number(8, uint64(v.Len()))
	for it := v.MapRange(); it.Next(); {
		key, ok := h.made(it.Key(), depth-1, left)
		if !ok {
			return 0, false
		}
		value, ok := h.made(it.Value(), depth-1, left)
		if !ok {
			return 0, false
		}
		hash += mix(next(key, value))
	}
	return hash, true
}

func (h *Hasher) fields(v reflect.Value, depth int, left *int) (hash uint64, ok bool) {
	if v.Type() == timeType {
		if !v.CanInterface() {
			return 0, false
		}
		return h.Value(v.Interface())
	}
	hash = h.number(9, uint64(v.NumField()))
	for i := range v.NumField() {
		item, ok := h.made(v.Field(i), depth-1, left)
		if !ok {
			return 0, false
		}
		hash = next(hash, item)
	}
	return hash, true
}

// Text hashes a value by its text, because drivers return in one type what they took
// in another: MySQL's text protocol returns numbers as bytes, and ids of 16 bytes come back as texts. It returns 0 for
// values that prove nothing, such as NULL and booleans. The second bit tells words from
// numbers: hash&2 is 0 for a text of digits, signs and what stands in times. The third tells
// a time.Time from all others: hash&4 is 0 for those. The fourth tells the number 0: hash&8 is 0 for all
// others. The fifth tells the present time, as a time.Time or a number of it: hash&16 is 0 for all others.
func (h *Hasher) Text(v any) uint64 {
	switch v := v.(type) {
	case string:
		return h.text(v)
	case []byte:
		hash := marked(maphash.Bytes(h.seed, v), bytes.ContainsFunc(v, isLetter), len(v) == 1 && v[0] == '0')
		if mayBeMoment(len(v)) {
			hash |= h.moment(string(v))
		}
		return hash
	case float64:
		return marked(maphash.String(h.seed, strconv.FormatFloat(v, 'g', -1, 64)), false, v == 0)
	case time.Time:
		return marked(maphash.Comparable(h.seed, v.UnixNano()), false, false) | 4 | h.present(v.Unix())
	}
	// Some drivers take numbers and texts as the application has them.
	var buf [20]byte
	switch r := reflect.ValueOf(v); {
	case r.CanInt():
		return marked(maphash.Bytes(h.seed, strconv.AppendInt(buf[:0], r.Int(), 10)), false, r.Int() == 0) | h.momentOf(r.Int())
	case r.CanUint():
		return marked(maphash.Bytes(h.seed, strconv.AppendUint(buf[:0], r.Uint(), 10)), false, r.Uint() == 0)
	case r.Kind() == reflect.String:
		return h.text(r.String())
	case r.Kind() == reflect.Array && r.Len() == 16 && r.Type().Elem().Kind() == reflect.Uint8:
		return h.text(uuidText(r))
	}
	return 0
}

// uuidText is an id of 16 bytes as databases write it.
func uuidText(id reflect.Value) string {
	text := make([]byte, 0, 36)
	for i := range 16 {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			text = append(text, '-')
		}
		text = hex.AppendEncode(text, []byte{byte(id.Index(i).Uint())})
	}
	return string(text)
}

func (h *Hasher) text(v string) uint64 {
	hash := marked(maphash.String(h.seed, v), strings.ContainsFunc(v, isLetter), v == "0")
	if mayBeMoment(len(v)) {
		hash |= h.moment(v)
	}
	return hash
}

// mayBeMoment reports whether a number with so many digits may be a time in seconds to nanoseconds.
func mayBeMoment(digits int) bool { return 10 <= digits && digits <= 19 }

// moment is the bit of the present time for a text that is the number of it, see momentOf.
func (h *Hasher) moment(text string) uint64 {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0
	}
	return h.momentOf(n)
}

// momentOf is the bit of the present time for a number of seconds, milliseconds, microseconds or nanoseconds
// since 1970.
func (h *Hasher) momentOf(n int64) uint64 {
	if n < 1e9 {
		return 0
	}
	for _, end := range []int64{1e17, 1e14, 1e11} {
		if n > end {
			return h.present(n / (end / 1e8))
		}
	}
	return h.present(n)
}

// present is the bit of the present time for a time in seconds since 1970: not long before the hasher was made,
// and within the time for which a process runs that tracks values. It is the same whenever a value is hashed.
func (h *Hasher) present(seconds int64) uint64 {
	if after := seconds - h.began; after < -5*60 || after > 2*60*60 {
		return 0
	}
	return 16
}

// marked makes the lowest bits of a hash say that there is a value, which is no time, whether it is a
// word, and whether it is 0.
func marked(hash uint64, isWord, isZero bool) uint64 {
	return hash&^31 | 1 | bit(isWord)<<1 | bit(isZero)<<3
}

// isLetter reports whether a character makes a text a word.
func isLetter(r rune) bool {
	return (r < '0' || r > '9') && !strings.ContainsRune("+-.,:/eETZ ", r)
}

// literal hashes a literal as Value hashes an argument, where it is a plain number
// or text.
func (h *Hasher) literal(text string) uint64 {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return h.number(2, uint64(n))
	}
	if isConstant(text) {
		switch lower(text) {
		case "null":
			return null
		case "true", "false":
			return h.number(4, bit(lower(text) == "true"))
		}
	}
	if n := len(text); n >= 2 && text[0] == '\'' && text[n-1] == '\'' {
		return maphash.String(h.seed, strings.ReplaceAll(text[1:n-1], "''", "'"))
	}
	return maphash.String(h.seed, text)
}

// literalText hashes a literal as Text hashes a value.
func (h *Hasher) literalText(text string) uint64 {
	if n := len(text); n >= 2 && text[0] == '\'' && text[n-1] == '\'' {
		text = strings.ReplaceAll(text[1:n-1], "''", "'")
	}
	return h.text(text)
}

// next adds the hash of one more value to that of a list.
func next(list, value uint64) uint64 {
	list = (list ^ value) * 0x9e3779b97f4a7c15
	return list ^ list>>29
}

// mix makes the sum of several hashes tell what it is made of.
func mix(hash uint64) uint64 {
	hash *= 0x9e3779b97f4a7c15
	hash ^= hash >> 32
	return hash * 0xff51afd7ed558ccd
}

func bit(b bool) uint64 {
	if b {
		return 1
	}
	return 0
}

// number mixes a word with the seed: maphash.Comparable does it well, at ten times
// the price. What is at stake is a wrong duplicate, not a table that is attacked.
func (h *Hasher) number(kind, v uint64) uint64 {
	high, low := bits.Mul64(v^h.word, 0x9e3779b97f4a7c15+kind<<1)
	return high ^ low ^ h.word>>kind
}
