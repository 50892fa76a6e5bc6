package sqlwrap

import (
	"database/sql/driver"
	"reflect"
	"strings"
	"testing"
	"unsafe"
)

type (
	bookID  int64
	isbn    string
	nothing struct{ a, b string }
)

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
	if unsafe.StringData(got[7].(string)) == unsafe.StringData(long) || unsafe.StringData(got[8].(string)) == unsafe.StringData(long) {
		t.Error("a string of the application is kept and not copied")
	}
	if got := keepArguments(make([]driver.NamedValue, 100)); len(got) != 32 {
		t.Errorf("kept %d", len(got))
	}
}
