package plain

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

func open(t *testing.T) *Shop {
	db := sql.OpenDB(fake{})
	t.Cleanup(func() { _ = db.Close() })
	for range 7 {
		_, _ = db.Exec("INSERT INTO books (title) VALUES ('fixture')")
	}
	return &Shop{db}
}

func TestTitles(t *testing.T) {
	if n := open(t).Titles(t.Context()); n != 4 {
		t.Error(n)
	}
}

// A loop of the test, and goroutines that it starts, are no loop of the shop.
func TestRounds(t *testing.T) {
	s := &Shop{sql.OpenDB(fake{})}
	defer s.DB.Close()
	for range 8 {
		s.One(t.Context())
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() { s.One(t.Context()) })
	}
	all.Wait()
}

func TestLog(t *testing.T) {
	s := &Shop{sql.OpenDB(fake{})}
	defer s.DB.Close()
	s.Log("a", "b", "c", "d", "e", "f")
}

func TestServer(t *testing.T) {
	s := &Shop{sql.OpenDB(fake{})}
	defer s.DB.Close()
	server := httptest.NewServer(s.Routes())
	defer server.Close()
	for range 3 {
		response, err := http.Get(server.URL + "/setting/7")
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
	}
}

// The driver's own type is there, as in any program.
func TestRaw(t *testing.T) {
	db := sql.OpenDB(fake{})
	defer db.Close()
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.Raw(func(c any) error { _ = c.(fakeConn); return nil }); err != nil {
		t.Error(err)
	}
}

func TestFails(t *testing.T) { t.Error("as it does without a scan") }

// fake is a driver in which each SELECT of authors has four rows, and any other one.
type fake struct{}

func (fake) Driver() driver.Driver                        { return nil }
func (fake) Connect(context.Context) (driver.Conn, error) { return fakeConn{}, nil }

type fakeConn struct{}

func (fakeConn) Prepare(string) (driver.Stmt, error) { return nil, errors.New("not here") }
func (fakeConn) Close() error                        { return nil }
func (fakeConn) Begin() (driver.Tx, error)           { return nil, errors.New("not here") }

func (fakeConn) ExecContext(context.Context, string, []driver.NamedValue) (driver.Result, error) {
	return driver.RowsAffected(1), nil
}

func (fakeConn) QueryContext(_ context.Context, query string, _ []driver.NamedValue) (driver.Rows, error) {
	if strings.HasSuffix(query, "FROM authors") {
		return &fakeRows{left: 4}, nil
	}
	return &fakeRows{left: 1}, nil
}

type fakeRows struct{ left int64 }

func (*fakeRows) Columns() []string { return []string{"id"} }
func (*fakeRows) Close() error      { return nil }

func (r *fakeRows) Next(dest []driver.Value) error {
	if r.left == 0 {
		return io.EOF
	}
	dest[0] = r.left
	r.left--
	return nil
}
