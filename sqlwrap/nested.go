package sqlwrap

import (
	"database/sql/driver"
	"reflect"

	"github.com/querybudget/querybudget/budget"
)

// A connector that somebody else made may lead to one of ours: it embeds it, or its
// connections wrap ours. What they run is counted there, and not a second time.

// maxNested is the number of wrappers that are looked through.
const maxNested = 8

// countedBelow reports whether one of our connections is below c: the methods Raw lead
// to it, or the fields do.
func countedBelow(c driver.Conn) bool { return findOurs(reflect.ValueOf(c), maxNested).IsValid() }

// accountOf returns the account of the wrapped connection that is c or below it, nil
// without one, and where it is in a private field.
func accountOf(c any) *budget.Database {
	if v := findOurs(reflect.ValueOf(c), maxNested); v.IsValid() && v.CanInterface() {
		return v.Interface().(ours).Account()
	}
	return nil
}

// ours is what only a wrapped connection has.
type ours interface {
	Account() *budget.Database
	isOurs()
}

func (c *conn) isOurs() {}

var (
	oursType = reflect.TypeFor[ours]()
	connType = reflect.TypeFor[driver.Conn]()
)

// findOurs looks at types, because fields may be private, and only at fields that can
// hold a connection: the others may be in use by the driver's own goroutines. It
// returns the zero Value if it finds nothing.
func findOurs(v reflect.Value, depth int) (found reflect.Value) {
	if v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	if depth == 0 || !v.IsValid() || v.Kind() == reflect.Pointer && v.IsNil() {
		return found
	}
	if v.Type().Implements(oursType) {
		return v
	}
	if found = findOurs(reflect.ValueOf(rawOf(v)), depth-1); found.IsValid() {
		return found
	}
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct {
		return found
	}
	for i := 0; i < v.NumField() && !found.IsValid(); i++ {
		if f := v.Field(i); holdsConn(f.Type()) {
			found = findOurs(f, depth-1)
		}
	}
	return found
}

// holdsConn reports whether a field of a type is, or may be, a connection or a part of
// one.
func holdsConn(t reflect.Type) bool {
	return t.Kind() == reflect.Struct || t.Implements(connType) ||
		t.Kind() == reflect.Interface && t.PkgPath() == connType.PkgPath()
}

// rawOf returns what a wrapper's method Raw does, nil without one.
func rawOf(v reflect.Value) driver.Conn {
	if !v.CanInterface() {
		return nil
	}
	if w, ok := v.Interface().(interface{ Raw() driver.Conn }); ok {
		return w.Raw()
	}
	return nil
}
