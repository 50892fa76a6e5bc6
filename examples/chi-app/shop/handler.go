package shop

import (
	"log/slog"
	"net/http"

	"github.com/go-chi/chi/v5"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/examples/chi-app/store"
	"github.com/querybudget/querybudget/exporters/otelbudget"
	"github.com/querybudget/querybudget/exporters/panel"
	"github.com/querybudget/querybudget/exporters/pprofbudget"
)

// Handler is the service with a span around each request, the list of its pages at /,
// and the panel and a profile unless recent is nil. The span is started in the router,
// where the route is known that it is named by.
func Handler(s *store.Store, logger *slog.Logger, span func(http.Handler) http.Handler, recent *panel.Panel, reporters ...budget.Reporter) http.Handler {
	r := chi.NewRouter()
	r.Use(span)
	reporters = append(reporters, otelbudget.Spans())
	queries := pprofbudget.New(pprofbudget.Options{})
	if recent != nil {
		reporters = append(reporters, recent, queries)
	}
	AddRoutes(r, s, logger, reporters...)
	if recent != nil {
		r.Mount("/debug/queries", recent)
		r.Handle("/debug/pprof/queries", queries)
	}
	// The list of pages is no page of the shop: it is neither counted nor traced.
	index := Index(Pages(s))
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path == "/" {
			index(w, req)
			return
		}
		r.ServeHTTP(w, req)
	})
}
