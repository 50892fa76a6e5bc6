// Package shared has tests that share a handle and a server, which TestMain opens.
package shared

import (
	"database/sql"
	"net"
	"net/http"
	"net/http/httptest"
	"net/rpc"
	"os"
	"testing"

	"example.com/fakedb"
	"example.com/plain"
)

var (
	db     *sql.DB
	server *httptest.Server
	remote *rpc.Client
)

func TestMain(m *testing.M) {
	db = fakedb.Open()
	server = httptest.NewServer((&plain.Shop{DB: db}).Routes())
	client, conn := net.Pipe()
	remote = rpc.NewClient(client)
	go func() { (&plain.Shop{DB: db}).Serve(conn) }()
	for range 8 {
		_, _ = db.Exec("CREATE TABLE books (id int)")
		_, _ = db.Exec("INSERT INTO books (title) VALUES ('fixture')")
	}
	(&plain.Shop{DB: db}).Open("a", "b", "c", "d")
	(&plain.Shop{DB: db}).Begin()
	for range 2 { // as a suite that TestMain runs by itself
		(&plain.Shop{DB: db}).Invite("a", "b", "c", "d", "e")
	}
	code := m.Run()
	server.Close()
	os.Exit(code)
}

func TestFirst(t *testing.T)  { (&plain.Shop{DB: db}).One(t.Context()) }
func TestSecond(t *testing.T) { (&plain.Shop{DB: db}).One(t.Context()) }

func TestTable(t *testing.T) {
	for _, test := range []struct{ path string }{{"/setting/1"}, {"/setting/2"}, {"/setting/3"}, {"/setting/4"}, {"/setting/5"}} {
		response, err := http.Get(server.URL + test.path)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
	}
}

// What TestMain has started works for the test that waits.
func TestPack(t *testing.T) {
	var packed int
	if err := remote.Call("Remote.Pack", 5, &packed); err != nil || packed != 5 {
		t.Error(packed, err)
	}
}

// Some tests start what TestMain has started again.
func TestBegin(t *testing.T) {
	for range 9 {
		(&plain.Shop{DB: db}).Begin()
	}
}
