package pprofbudget_test

import (
	"bytes"
	"fmt"
	"net/http"

	"github.com/go-chi/chi/v5"

	"github.com/querybudget/querybudget/exporters/pprofbudget"
	"github.com/querybudget/querybudget/middleware"
)

func Example() {
	queries := pprofbudget.New(pprofbudget.Options{})

	r := chi.NewRouter()
	r.Use(middleware.Track(queries))
	r.Get("/authors", func(http.ResponseWriter, *http.Request) {})
	r.Handle("/debug/pprof/queries", queries)

	// A test or a load test writes a file instead.
	var file bytes.Buffer
	n, err := queries.WriteTo(&file)
	fmt.Println(n > 0, err)
	// Output: true <nil>
}
