package frameworks

import (
	"net/http"

	"github.com/gorilla/mux"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/middleware"
)

// gorillaRoute tells net/http's middleware the route, as http.ServeMux does.
func gorillaRoute(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Pattern, _ = mux.CurrentRoute(r).GetPathTemplate()
		next.ServeHTTP(w, r)
	})
}

func gorilla(s *shop, reporters ...budget.Reporter) http.Handler {
	router := mux.NewRouter()
	router.Use(gorillaRoute, middleware.Track(reporters...))
	id := func(r *http.Request) string { return mux.Vars(r)["id"] }
	router.Handle("/books/{id}", middleware.Limit(few)(serve(s.book, id))).Methods("GET")
	router.Handle("/books", middleware.Limit(few)(serve(s.books, id))).Methods("GET")
	router.Handle("/strict", middleware.Limit(strict)(serve(s.books, id))).Methods("GET")
	router.Handle("/broken", serve(s.broken, id)).Methods("GET")
	router.Handle("/export", serve(s.export, id)).Methods("GET")
	router.Handle("/lost/{id}", serve(s.lost, id)).Methods("GET")
	return router
}
