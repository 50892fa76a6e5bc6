package panel_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/exporters/panel"
	"github.com/querybudget/querybudget/middleware"
)

// The panel is a reporter and a handler: it is given to Track, and mounted.
func Example() {
	recent := panel.New(panel.Options{})
	mux := http.NewServeMux()
	mux.HandleFunc("GET /authors", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintln(w, "authors")
	})
	mux.Handle("/debug/queries/", recent)
	server := httptest.NewServer(middleware.Track(recent)(mux))
	defer server.Close()

	for _, path := range []string{"/authors", "/debug/queries/"} {
		answer, err := http.Get(server.URL + path)
		if err != nil {
			fmt.Println(err)
			return
		}
		_ = answer.Body.Close()
		fmt.Println(path, answer.Status)
	}
	// Output:
	// /authors 200 OK
	// /debug/queries/ 200 OK
}

// A job reports to the panel through a Delivery.
func ExamplePanel() {
	recent := panel.New(panel.Options{})
	nightly := budget.Job{Name: "nightly report", Budget: budget.Budget{Queries: 100}, Delivery: budget.Delivery{Reporters: []budget.Reporter{recent}}}
	err := nightly.Run(context.Background(), func(context.Context) error { return nil })
	fmt.Println(err)
	// Output: <nil>
}
