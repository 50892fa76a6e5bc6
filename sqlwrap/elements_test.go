package sqlwrap

import (
	"database/sql/driver"
	"testing"

	"github.com/querybudget/querybudget/statement"
)

// A list is what a driver takes for one: a slice, or the text of an array of PostgreSQL.
func TestElements(t *testing.T) {
	for _, test := range []struct {
		value any
		first any
		n     int
	}{
		{[]int64{7}, int64(7), 1},
		{[]string{"a"}, "a", 1},
		{[]int64{7, 8}, nil, 2},
		{[]int64{}, nil, 0},
		{"{7}", "7", 1},
		{[]byte(`{"a b"}`), "a b", 1},
		{`{"a","b"}`, nil, 2},
		{"{}", nil, 0},
		{`{"id":7}`, nil, -1},
		{"7", nil, -1},
		{[]byte("7"), nil, -1},
		{int64(7), nil, -1},
		{nil, nil, -1},
	} {
		first, n := elements(test.value)
		if n != test.n || n == 1 && first != test.first {
			t.Errorf("%v: %v of %d", test.value, first, n)
		}
	}
}

// A statement that takes lists asks for one key each if all of them have one.
func TestHashTextsOfLists(t *testing.T) {
	h := statement.NewHasher()
	for _, test := range []struct {
		args  []driver.NamedValue
		lists bool
		want  bool
	}{
		{named([]int64{7}, "a"), true, true},
		{named([]int64{7}, []int64{7, 8}), true, false},
		{named([]int64{}), true, false},
		{named(7), true, false},
		{named([]int64{7}), false, false},
	} {
		hashes, oneEach := hashTexts(h, test.args, test.lists)
		if oneEach != test.want || oneEach && hashes[0] != h.Text(7) {
			t.Errorf("%v: %t", test.args, oneEach)
		}
	}
}

func named(values ...any) (args []driver.NamedValue) {
	for i, v := range values {
		args = append(args, driver.NamedValue{Ordinal: i + 1, Value: v})
	}
	return args
}

// A look says that there is something if it is true, or a number that is not 0, in any protocol.
func TestIsSome(t *testing.T) {
	for _, value := range []driver.Value{int64(1), true, "1", []byte("12"), 0.5, uint32(3), "t"} {
		if !isSome(value) {
			t.Errorf("%#v is nothing", value)
		}
	}
	for _, value := range []driver.Value{nil, int64(0), false, "0", []byte("0"), 0.0, uint32(0), "f", "false", ""} {
		if isSome(value) {
			t.Errorf("%#v is something", value)
		}
	}
}
