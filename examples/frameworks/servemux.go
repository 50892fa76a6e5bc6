package frameworks

import (
	"net/http"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/middleware"
)

// serveMux has Track around the mux, and a Limit around each handler.
func serveMux(s *shop, reporters ...budget.Reporter) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /books/{id}", middleware.Limit(few)(serve(s.book, nil)))
	mux.Handle("GET /books", middleware.Limit(few)(serve(s.books, nil)))
	mux.Handle("GET /strict", middleware.Limit(strict)(serve(s.books, nil)))
	mux.Handle("GET /broken", serve(s.broken, nil))
	mux.Handle("GET /export", serve(s.export, nil))
	mux.Handle("GET /lost/{id}", serve(s.lost, nil))
	return middleware.Track(reporters...)(mux)
}

// nestedMux is a mux in a mux. StripPrefix copies the request, so the Track inside of it
// tells the route. It needs no reporter: the one outside reports.
func nestedMux(s *shop, reporters ...budget.Reporter) http.Handler {
	outer := http.NewServeMux()
	outer.Handle("/shop/", http.StripPrefix("/shop", serveMux(s)))
	return middleware.Track(reporters...)(outer)
}
