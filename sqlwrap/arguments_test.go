package sqlwrap

import (
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strings"
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
var equalArguments = [][]driver.Value{
	{int64(-1)},
	{uint64(math.MaxUint64)},
	{int64(math.MaxInt64), uint64(math.MaxInt64)},
	{int64(7), int(7), int32(7), uint8(7), uint64(7), bookID(7), pointer(7), pointer(bookID(7)), pointer(pointer(7))},
	{"a", isbn("a"), pointer("a"), []byte("a"), json.RawMessage("a")},
	{"", []byte{}},
	{2.5, float32(2.5), pointer(2.5)},
	{true, pointer(true)},
	{false},
	{nil, (*int)(nil), []string(nil), (*time.Time)(nil)},
	{uuid{1}, pointer(uuid{1}), [16]byte{1}},
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
	h := newHasher()
	seen := map[uint64]driver.Value{}
	for _, equal := range equalArguments {
		want := h.value(equal[0])
		if other, ok := seen[want]; ok {
			t.Errorf("%T %v and %T %v have one hash", other, other, equal[0], equal[0])
		}
		seen[want] = equal[0]
		for _, v := range equal[1:] {
			if h.value(v) != want {
				t.Errorf("%T %v and %T %v have two hashes", equal[0], equal[0], v, v)
			}
		}
	}
	if list, key := h.arguments(nil); list != 0 || key != 0 {
		t.Errorf("no arguments: %d, %d", list, key)
	}
}

func TestArgumentHashesAllocateNothing(t *testing.T) {
	h := newHasher()
	args := []driver.NamedValue{{Value: 7}, {Value: int32(7)}, {Value: bookID(7)}, {Value: isbn("a")}, {Value: uuid{1}}, {Value: pointer(7)}, {Value: []string{"a"}}, {Value: true}}
	if got := testing.AllocsPerRun(100, func() { h.arguments(args) }); got != 0 {
		t.Errorf("%v allocations", got)
	}
}

func TestKeptArguments(t *testing.T) {
	long := strings.Repeat("a", 300)
	bytes := []byte(long)
	args := []driver.NamedValue{{Value: nil}, {Value: int64(1)}, {Value: 2}, {Value: bookID(3)}, {Value: 2.5}, {Value: float32(2.5)}, {Value: true}, {Value: long}, {Value: isbn(long)}, {Value: bytes}, {Value: nothing{"a", long}}}
	got := keepArguments(args)
	bytes[0] = 'b' // belongs to the driver
	want := []any{nil, int64(1), 2, bookID(3), 2.5, float32(2.5), true, long[:256], long[:256], []byte(long[:256]), ("sqlwrap.nothing {a " + long)[:256]}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %#v\nwant %#v", got, want)
	}
	if got := keepArguments(make([]driver.NamedValue, 100)); len(got) != 32 {
		t.Errorf("kept %d", len(got))
	}
}

func TestTextHashes(t *testing.T) {
	seed := newHasher().seed
	for _, equal := range [][]driver.Value{{int64(7), 7, uint8(7), bookID(7), "7", []byte("7"), isbn("7")}, {2.5, "2.5"}} {
		for _, v := range equal {
			if hashText(seed, v) != hashText(seed, equal[0]) || hashText(seed, v) == 0 {
				t.Errorf("%T %v is not like %T %v", v, v, equal[0], equal[0])
			}
		}
	}
	for _, v := range []driver.Value{nil, true, uuid{}, nothing{}} {
		if hashText(seed, v) != 0 {
			t.Errorf("%T %v proves something", v, v)
		}
	}
}

func BenchmarkArgumentHashes(b *testing.B) {
	h := newHasher()
	for _, v := range []driver.Value{int64(7), 7, bookID(7), "a", uuid{1}, []string{"a", "b", "c"}, json.RawMessage(strings.Repeat("a", 10_000)), nothing{"a", "b"}} {
		b.Run(fmt.Sprintf("%T", v), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				h.value(v)
			}
		})
	}
}
