package main

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/examples/chi-app/shop"
	"github.com/querybudget/querybudget/examples/chi-app/store"
	"github.com/querybudget/querybudget/sqlwrap"
)

// Each page for production shows what it is there for, on every database. The held one waits
// longer than the limit; no other time is judged.
func TestProductionPages(t *testing.T) {
	for _, d := range databases {
		if d.name == "pq" || d.name == "mysql-interpolated" {
			continue // the example does not open these
		}
		t.Run(d.name, func(t *testing.T) {
			d.need(t)
			dsn := ""
			if d.system != "sqlite" {
				dsn = d.dsn(t)
			}
			db, err := shop.Open(t.Context(), dsn, 20, sqlwrap.Config{})
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close() //nolint:errcheck // a test
			var last *budget.Report
			keep := budget.ReporterFunc(func(_ context.Context, r *budget.Report) { last = r })
			handler := shop.Routes(store.New(db.DB), slog.New(slog.DiscardHandler), keep)
			ask := func(method, path string) (status int, findings string) {
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, httptest.NewRequest(method, path, nil))
				for _, f := range last.Findings {
					findings += f.String() + "\n"
				}
				return w.Code, findings
			}

			status, found := ask("POST", "/production/held?wait=250ms")
			for _, want := range []string{
				"idle-transaction (certain): 1x INSERT orders at store/production.go:", "CheckoutSlowly", ": nothing ran for ", ", but POST payments.example ", "store.(*Store).inTransaction",
			} {
				if status != http.StatusOK || !strings.Contains(found, want) {
					t.Errorf("held: %d, %q is missing in %q", status, want, found)
				}
			}
			if status, found := ask("POST", "/production/held/repaired?wait=250ms"); status != http.StatusOK || strings.Contains(found, "payments.example") {
				t.Errorf("repaired: %d, found %q", status, found)
			}
			if status, _ := ask("GET", "/production/hang?wait=20ms"); status != http.StatusInternalServerError || last.Name != "GET /production/hang" || last.Totals.Errors == 0 {
				t.Errorf("hang: %d, %s, %+v", status, last.Name, last.Totals)
			}
			if status, found := ask("GET", "/production/hot"); status != http.StatusOK || last.Totals.Queries != 24 || !strings.Contains(found, "n+1") {
				t.Errorf("hot: %d, %d queries, found %q", status, last.Totals.Queries, found)
			}
		})
	}
}
