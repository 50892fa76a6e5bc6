package shop

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/examples/chi-app/store"
	"github.com/querybudget/querybudget/middleware"
)

// ProductionPages are what is looked for in production, one page for each kind. They take as
// long as the parameter "wait" says, so neither -demo asks for them nor do the tests of the
// other pages.
const ProductionPages = `  curl -X POST "/production/held?wait=400ms"   # a transaction that waits for a payment: finding idle-transaction
  curl -X POST "/production/held/repaired?wait=400ms" # the payment comes first
  curl "/production/hang?wait=15s"             # a query that hangs: after 10 s the alarm is in the log
  curl "/production/hot"                       # a page of 24 queries: ask a few times, then look at the profile
`

// addProductionPages adds them to the service.
func addProductionPages(r chi.Router, s *store.Store) {
	named := r.With(middleware.Limit(budget.Budget{})) // limits nothing: alarms and comments know the route
	named.Post("/production/held", answer(func(r *http.Request) (any, error) {
		return "ok", s.CheckoutSlowly(r.Context(), "held", payWith(r))
	}))
	named.Post("/production/held/repaired", answer(func(r *http.Request) (any, error) {
		return "ok", s.Checkout(r.Context(), "held", payWith(r))
	}))
	named.Get("/production/hang", answer(func(r *http.Request) (any, error) {
		ctx, cancel := context.WithTimeout(r.Context(), waitOf(r))
		defer cancel()
		return s.Hang(ctx)
	}))
	named.Get("/production/hot", answer(func(r *http.Request) (any, error) { return hot(r.Context(), s) }))
}

// hot is a page that has grown: each part asks for itself.
func hot(ctx context.Context, s *store.Store) (any, error) {
	authors, err := s.AuthorsSlowly(ctx)
	if err != nil {
		return nil, err
	}
	found, err := s.Search(ctx)
	if err != nil {
		return nil, err
	}
	orders, books, err := s.Visits(ctx)
	return []int{len(authors), found, orders, books}, err
}

// payWith asks a payment service, with a client that tells the request's unit of it.
func payWith(r *http.Request) store.Pay {
	client := &http.Client{Transport: middleware.Transport(payments{waitOf(r)})}
	return func(ctx context.Context, amount int) error {
		ask, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://payments.example/charge", strings.NewReader(fmt.Sprint(amount)))
		if err != nil {
			return err
		}
		response, err := client.Do(ask)
		if err != nil {
			return err
		}
		return response.Body.Close()
	}
}

// payments stands in for the network and the service behind it, which takes its time.
type payments struct{ wait time.Duration }

func (p payments) RoundTrip(r *http.Request) (*http.Response, error) {
	select {
	case <-time.After(p.wait):
		return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader("paid")), Request: r}, nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

// waitOf is the parameter "wait", at most a minute.
func waitOf(r *http.Request) time.Duration {
	wait, err := time.ParseDuration(r.URL.Query().Get("wait"))
	if err != nil {
		wait = 300 * time.Millisecond
	}
	return min(max(wait, 0), time.Minute)
}
