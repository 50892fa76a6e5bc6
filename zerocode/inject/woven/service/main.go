// Command service asks itself for a page that sends a query for each of seven authors.
package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
)

func main() {
	sql.Register("fake", fake{})
	db, err := sql.Open("fake", "")
	if err != nil {
		panic(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /authors/{page}", func(w http.ResponseWriter, r *http.Request) {
		for id := range 7 {
			rows, err := db.QueryContext(r.Context(), "SELECT name FROM authors WHERE id = $1", id)
			if err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			_ = rows.Close()
		}
	})
	server := httptest.NewServer(mux)
	defer server.Close()
	response, err := http.Get(server.URL + "/authors/3")
	if err != nil {
		panic(err)
	}
	_ = response.Body.Close()
	fmt.Println(response.Status)
}

// fake is a driver whose results are empty.
type fake struct{}

func (fake) Open(string) (driver.Conn, error) { return conn{}, nil }

type conn struct{}

func (conn) Prepare(string) (driver.Stmt, error) { return nil, errors.New("not here") }
func (conn) Close() error                        { return nil }
func (conn) Begin() (driver.Tx, error)           { return nil, errors.New("not here") }

func (conn) QueryContext(context.Context, string, []driver.NamedValue) (driver.Rows, error) {
	return rows{}, nil
}

type rows struct{}

func (rows) Columns() []string         { return []string{"name"} }
func (rows) Close() error              { return nil }
func (rows) Next([]driver.Value) error { return io.EOF }
