package statement

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

type (
	bookID  int64
	isbn    string
	uuid    [16]byte
	nothing struct{ a, b string }
	endless []endless
)

func (u uuid) String() string { return fmt.Sprintf("%x", u[:]) }

func pointer[T any](v T) *T { return &v }

// Arguments of one row have one hash, whatever type the application has them in.
var equalArguments = [][]any{
	{int64(-1)},
	{uint64(math.MaxUint64)},
	{int64(math.MaxInt64), uint64(math.MaxInt64)},
	{int64(7), int(7), int32(7), uint8(7), uint64(7), bookID(7), pointer(7), pointer(bookID(7)), pointer(pointer(7))},
	{"a", isbn("a"), pointer("a"), []byte("a"), json.RawMessage("a")},
	{"", []byte{}},
	{[]uuid{{1}, {2}}, [2]uuid{{1}, {2}}, [][16]byte{{1}, {2}}},
	{2.5, float32(2.5), pointer(2.5)},
	{true, pointer(true)},
	{false},
	{nil, (*int)(nil), []string(nil), (*time.Time)(nil)},
	{uuid{1}, [16]byte{1}},
	{uuid{2}},
	{[]string{"a", "b"}, []isbn{"a", "b"}, []any{"a", "b"}},
	{[]string{"b", "a"}},
	{[]string{"ab"}},
	{[]string{}},
	{[]int64{7}, []int32{7}, [1]int{7}, []*int{pointer(7)}},
	{[]int64{7, 0}},
	{time.Unix(1, 2), time.Unix(1, 2).UTC()},
	{time.Unix(1, 3)},
	{nothing{"a", "b"}},
	{nothing{"a", "c"}},
	{sql.NullInt64{Int64: 7, Valid: true}},
	{map[string]int{"a": 1}},
	{endless{endless{endless{endless{}}}}},
}

func TestArgumentHashes(t *testing.T) {
	h := NewHasher()
	seen := map[uint64]any{}
	for _, equal := range equalArguments {
		want := value(t, h, equal[0])
		if other, ok := seen[want]; ok {
			t.Errorf("%T %v and %T %v have one hash", other, other, equal[0], equal[0])
		}
		seen[want] = equal[0]
		for _, v := range equal[1:] {
			if value(t, h, v) != want {
				t.Errorf("%T %v and %T %v have two hashes", equal[0], equal[0], v, v)
			}
		}
	}
}

// value hashes a value that can be told.
func value(t testing.TB, h *Hasher, v any) uint64 {
	t.Helper()
	hash, ok := h.Value(v)
	if !ok {
		t.Errorf("%T is not told", v)
	}
	return hash
}

func TestArgumentHashesAllocateNothing(t *testing.T) {
	h := NewHasher()
	st := &Statement{}
	args := []any{7, int32(7), bookID(7), isbn("a"), uuid{1}, pointer(7), []string{"a"}, true}
	if got := testing.AllocsPerRun(100, func() {
		var a Arguments
		for _, v := range args {
			a.Add(st, h, v)
		}
		a.End(st)
	}); got != 0 {
		t.Errorf("%v allocations", got)
	}
}

// noisy is a type whose methods nobody may call.
type noisy struct{ a string }

func (noisy) String() string { panic("String was called") }
func (noisy) Error() string  { panic("Error was called") }

type guarded struct {
	mu sync.Mutex
	n  int
}

func (g *guarded) Inc() { g.mu.Lock(); g.n++; g.mu.Unlock() }

// What is not told is equal to nothing, itself included, and no method is called.
func TestUnknownArguments(t *testing.T) {
	h, st := NewHasher(), &Statement{}
	list := func(v any) Arguments {
		var a Arguments
		a.Add(st, h, v)
		a.End(st)
		return a
	}
	type node struct {
		next *node
		n    int
	}
	ring := &node{n: 1}
	ring.next = ring
	big := map[int]int{}
	for i := range 20_000 {
		big[i] = i
	}
	for _, v := range []any{&guarded{}, []noisy{{"a"}}, map[string]noisy{"a": {"a"}}, func() {}, make(chan int), ring, big, &time.Time{}, pointer(uuid{1}), []any{&guarded{}}} {
		a, b := list(v), list(v)
		if !a.Unknown || a.List == b.List || a.Row != 0 {
			t.Errorf("%T is told: %+v, %+v", v, a, b)
		}
	}
	for _, pair := range [][2]any{{noisy{"a"}, noisy{"b"}}, {map[string]int{"a": 1, "b": 2}, map[string]int{"a": 2, "b": 1}}, {struct{ t time.Time }{}, 1}} {
		if a, b := list(pair[0]), list(pair[1]); a.List == b.List {
			t.Errorf("%v and %v have one hash", pair[0], pair[1])
		}
	}
	first, second := list(noisy{"a"}), list(noisy{"a"})
	if first != second || list(map[int]int{1: 2, 3: 4}) != list(map[int]int{3: 4, 1: 2}) {
		t.Error("equal values have two hashes")
	}
}

// What reads or writes the same row has one Row: by its keys, whatever their order,
// their places and whether they are arguments or literals.
func TestRows(t *testing.T) {
	h := NewHasher()
	row := func(d Dialect, text string, args ...any) uint64 {
		st := NewReader(d, h, 2048).Read(text)
		var a Arguments
		for _, v := range args {
			a.Add(st, h, v)
		}
		a.End(st)
		return a.Row
	}
	want := row(PostgreSQL, "SELECT n FROM c WHERE id = $1", 2)
	for name, got := range map[string]uint64{
		"GORM's First":     row(SQLite, "SELECT * FROM `c` WHERE `c`.`id` = ? ORDER BY `c`.`id` LIMIT ?", 2, 1),
		"an update":        row(PostgreSQL, "UPDATE c SET n = $1 WHERE id = $2", 8, int64(2)),
		"a literal":        row(PostgreSQL, `UPDATE "c" SET "n" = 8 WHERE (id = 2)`),
		"a numbered place": row(SQLServer, "UPDATE c SET n = @p2 WHERE ID = @p1", 2, 8),
		"a cast":           row(PostgreSQL, "SELECT n FROM c WHERE id = $1::bigint AND (a = 1 OR b = 2)", 2),
	} {
		if got != want || got == 0 {
			t.Errorf("%s is another row", name)
		}
	}
	for name, got := range map[string]uint64{
		"another key":          row(PostgreSQL, "SELECT n FROM c WHERE id = $1", 3),
		"another column":       row(PostgreSQL, "SELECT n FROM c WHERE author = $1", 2),
		"the limit":            row(PostgreSQL, "SELECT n FROM c WHERE author = $1 LIMIT $2", 1, 2),
		"a version":            row(PostgreSQL, "UPDATE c SET n = $1 WHERE id = $2 AND version = $3", 1, 2, 3),
		"no key":               row(PostgreSQL, "SELECT n FROM c LIMIT $1", 2),
		"a uniqueness check":   row(PostgreSQL, "SELECT n FROM c WHERE id <> $1", 2),
		"either":               row(PostgreSQL, "SELECT n FROM c WHERE id = $1 OR id = $2", 2, 3),
		"either, in a bracket": row(PostgreSQL, "SELECT n FROM c WHERE (a = 1 OR id = $1)", 2),
		"all but one":          row(PostgreSQL, "SELECT n FROM c WHERE NOT id = $1", 2),
		"a computed one":       row(PostgreSQL, "SELECT n FROM c WHERE id = $1 + 1", 2),
		"that of a subquery":   row(PostgreSQL, "SELECT n FROM c WHERE EXISTS (SELECT 1 FROM d WHERE id = $1)", 2),
		"a named argument":     row(SQLite, "SELECT n FROM c WHERE id = :id", 2),
	} {
		if got == want {
			t.Errorf("%s is the same row", name)
		}
	}
}

func TestTextHashes(t *testing.T) {
	h := NewHasher()
	for _, equal := range [][]any{{int64(7), 7, uint8(7), bookID(7), "7", []byte("7"), isbn("7")}, {2.5, "2.5"}, {uuid{1, 0xab}, "01ab0000-0000-0000-0000-000000000000"}} {
		for _, v := range equal {
			if h.Text(v) != h.Text(equal[0]) || h.Text(v) == 0 {
				t.Errorf("%T %v is not like %T %v", v, v, equal[0], equal[0])
			}
		}
	}
	for _, v := range []any{nil, true, [3]byte{}, nothing{}} {
		if h.Text(v) != 0 {
			t.Errorf("%T %v proves something", v, v)
		}
	}
	for _, v := range []any{0, "0", []byte("0"), 0.0, uint8(0)} {
		if h.Text(v) != h.Text(0) || h.Text(v)&8 == 0 {
			t.Errorf("%T %v is no 0", v, v)
		}
	}
	for _, v := range []any{1, "00", 10, "", time.Time{}, "zero"} {
		if h.Text(v)&8 != 0 {
			t.Errorf("%T %v is 0", v, v)
		}
	}
}

func BenchmarkArgumentHashes(b *testing.B) {
	h := NewHasher()
	for _, v := range []any{int64(7), 7, bookID(7), "a", uuid{1}, []string{"a", "b", "c"}, json.RawMessage(strings.Repeat("a", 10_000)), nothing{"a", "b"}} {
		b.Run(fmt.Sprintf("%T", v), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				h.Value(v)
			}
		})
	}
}

// Literals that are plain numbers or texts have the hash of the argument; others are
// told apart by how they are written.
func TestLiteralHashes(t *testing.T) {
	h := NewHasher()
	for text, v := range map[string]any{"7": 7, "-7": -7, "'a'": "a", "''": "", "'it''s'": "it's"} {
		if h.literal(text) != value(t, h, v) {
			t.Errorf("%s is not %v", text, v)
		}
	}
	for text, v := range map[string]any{"'a": "a", "a'": "a", "E'a'": "a", "'": ""} {
		if h.literal(text) == value(t, h, v) {
			t.Errorf("%s is taken for %q", text, v)
		}
	}
}

// The row of a statement whose keys have names is not known, nor is that of a
// statement with an argument that is not.
func TestRowsThatAreNotKnown(t *testing.T) {
	h := NewHasher()
	for _, test := range []struct {
		text string
		args []any
	}{
		{"SELECT a FROM t WHERE id = :id", []any{7}}, {"SELECT a FROM t", nil}, {"SELECT a FROM t WHERE id = ? AND b = ?", []any{7, func() {}}},
	} {
		st := NewReader(SQLite, h, 2048).Read(test.text)
		var a Arguments
		for _, v := range test.args {
			a.Add(st, h, v)
		}
		if a.End(st); a.Row != 0 {
			t.Errorf("%s: row %d", test.text, a.Row)
		}
	}
}

type pointed struct{ n int }

func (*pointed) Lock() {}

// A type guards itself with methods on values and with methods on pointers.
func TestTypesWithMethods(t *testing.T) {
	h := NewHasher()
	for _, v := range []any{&pointed{1}, []pointed{{1}}, map[int]pointed{1: {1}}, &noisy{"a"}, pointer(pointer(noisy{"a"}))} {
		if _, ok := h.Value(v); ok {
			t.Errorf("%T is told", v)
		}
	}
	if _, ok := h.Value(pointed{1}); !ok {
		t.Error("a copy belongs to nobody else, and is not told")
	}
}

// The present time is told whatever its unit is and in which type a driver has it, and stays told.
func TestPresentTime(t *testing.T) {
	h, now := NewHasher(), time.Now()
	for _, n := range []int64{now.Unix(), now.UnixMilli(), now.UnixMicro(), now.UnixNano(), now.Add(time.Hour).Unix()} {
		text := strconv.FormatInt(n, 10)
		if h.Text(n)&16 == 0 || h.Text(text) != h.Text(n) || h.Text([]byte(text)) != h.Text(n) {
			t.Errorf("%d is not", n)
		}
	}
	for _, n := range []int64{0, 17, 1e9, now.AddDate(0, 0, -3).Unix(), now.AddDate(0, 0, 3).Unix(), now.Unix() * 100, 1<<63 - 1} {
		if h.Text(n)&16 != 0 {
			t.Errorf("%d is", n)
		}
	}
	if h.Text(now)&16 == 0 || h.Text(now.AddDate(0, 1, 0))&16 != 0 {
		t.Error("a time.Time is the present one, or another one")
	}
	before := *h
	if before.began -= 1000; before.Text(now.Unix())&^16 != h.Text(now.Unix())&^16 {
		t.Error("a hash depends on when it was made")
	}
}
