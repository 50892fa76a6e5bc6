package jsonbudget_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"

	"github.com/querybudget/querybudget/exporters/jsonbudget"
	"github.com/querybudget/querybudget/middleware"
)

// A service writes the reports of its requests for querybudget learn.
func Example() {
	dir, err := os.MkdirTemp("", "reports")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder

	reports, err := jsonbudget.Open(filepath.Join(dir, "queries.ndjson"), jsonbudget.Options{MaxBytes: 16 << 20})
	if err != nil {
		panic(err)
	}
	defer reports.Close() //nolint:errcheck // the example is over
	mux := http.NewServeMux()
	mux.HandleFunc("GET /authors", func(http.ResponseWriter, *http.Request) {})
	handler := middleware.Track(reports)(mux)

	handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/authors", nil))
	text, err := os.ReadFile(filepath.Join(dir, "queries.ndjson"))
	if err != nil {
		panic(err)
	}
	fmt.Println(strings.Count(string(text), "\n"), strings.Contains(string(text), `"name":"GET /authors"`))
	// Output: 1 true
}
