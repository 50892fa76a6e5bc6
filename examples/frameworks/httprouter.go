package frameworks

import (
	"net/http"

	"github.com/julienschmidt/httprouter"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/middleware"
)

// route tells net/http's middleware the route, which httprouter does not keep.
func route(path string, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Pattern = path
		h.ServeHTTP(w, r)
	})
}

func httpRouter(s *shop, reporters ...budget.Reporter) http.Handler {
	router := httprouter.New()
	track := middleware.Track(reporters...)
	get := func(path string, h http.Handler) { router.Handler("GET", path, route(path, track(h))) }
	id := func(r *http.Request) string { return httprouter.ParamsFromContext(r.Context()).ByName("id") }
	get("/books/:id", middleware.Limit(few)(serve(s.book, id)))
	get("/books", middleware.Limit(few)(serve(s.books, id)))
	get("/strict", middleware.Limit(strict)(serve(s.books, id)))
	get("/broken", serve(s.broken, id))
	get("/export", serve(s.export, id))
	get("/lost/:id", serve(s.lost, id))
	return router
}
