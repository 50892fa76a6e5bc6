package main

import (
	"fmt"
	"log"
	"net/http"
	"os"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/exporters/textbudget"
	"github.com/querybudget/querybudget/middleware"
	"github.com/querybudget/querybudget/sqlwrap"
	_ "modernc.org/sqlite"
)

func main() {
	db, err := sqlwrap.Open("sqlite", "books.db") // an ordinary *sql.DB
	if err != nil {
		log.Fatal(err)
	}
	_, _ = db.Exec("CREATE TABLE books AS SELECT value AS id, 'Book ' || value AS title FROM json_each('[1, 2, 3, 4, 5]')") // if it is not there
	http.Handle("GET /books", middleware.Limit(budget.Budget{Queries: 3})(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for id := range 5 {
			var title string
			err := db.QueryRowContext(r.Context(), "SELECT title FROM books WHERE id = ?", id+1).Scan(&title)
			fmt.Fprintln(w, title, err)
		}
	})))
	log.Fatal(http.ListenAndServe("localhost:8080", middleware.Track(textbudget.Reporter(os.Stderr))(http.DefaultServeMux)))
}
