package shop

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"strconv"

	"github.com/go-chi/chi/v5"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/examples/chi-app/store"
	"github.com/querybudget/querybudget/middleware"
)

// Page is a route of the service. The list of pages is what the service routes,
// what it prints at the start, and what -demo asks for.
type Page struct {
	Method, Pattern, Path string // Path is an example of Pattern
	About                 string
	Queries               int    // that it sends, with the data that Open fills in
	Finds                 string // the findings of its report, "" if there is none
	Budget                budget.Budget
	Handler               http.HandlerFunc
}

// Pages lists each page that database guides warn about, and after it its repairs.
func Pages(s *store.Store) []Page {
	enforced := budget.Budget{Queries: 3, Mode: budget.Enforce}
	return []Page{
		{"GET", "/bad/authors", "/bad/authors", "N+1: the books of each author", 21, "n+1", budget.Budget{Queries: 3, Repeats: 1},
			answer(func(r *http.Request) (any, error) { return s.AuthorsSlowly(r.Context()) })},
		{"GET", "/authors", "/authors", "one query with JOIN", 1, "", budget.Budget{Queries: 3, Repeats: 1},
			answer(func(r *http.Request) (any, error) { return s.AuthorsJoined(r.Context()) })},
		{"GET", "/authors/in", "/authors/in", "two queries, the second with IN", 2, "", budget.Budget{Queries: 3, Repeats: 1},
			answer(func(r *http.Request) (any, error) { return s.AuthorsIn(r.Context()) })},
		{"GET", "/enforced/authors", "/enforced/authors", "the N+1 again, refused at the fourth query", 3, "", enforced,
			answer(func(r *http.Request) (any, error) { return s.AuthorsSlowly(r.Context()) })},
		{"GET", "/bad/books/{id}", "/bad/books/7", "asks twice for the same book", 2, "duplicate", budget.Budget{Queries: 3, Duplicates: budget.None},
			answer(func(r *http.Request) (any, error) { return bookAskedTwice(r.Context(), s, pathID(r)) })},
		{"GET", "/books/{id}", "/books/7", "asks once", 1, "", budget.Budget{Queries: 3, Duplicates: budget.None},
			answer(func(r *http.Request) (any, error) { return s.Book(r.Context(), pathID(r)) })},
		{"POST", "/bad/orders", "/bad/orders", "inserts line by line", 6, "write-loop", budget.Budget{Writes: 3},
			answer(func(r *http.Request) (any, error) { return "ok", s.OrderSlowly(r.Context(), "demo", demoLines) })},
		{"POST", "/orders", "/orders", "inserts all lines at once", 2, "", budget.Budget{Writes: 3},
			answer(func(r *http.Request) (any, error) { return "ok", s.Order(r.Context(), "demo", demoLines) })},
		{"POST", "/bad/books/{id}/sale", "/bad/books/7/sale", "reads, computes and writes back", 2, "read-modify-write", budget.Budget{Queries: 1},
			answer(func(r *http.Request) (any, error) { return "ok", s.SellSlowly(r.Context(), pathID(r), 1) })},
		{"POST", "/books/{id}/sale", "/books/7/sale", "lets the database compute", 1, "", budget.Budget{Queries: 1},
			answer(func(r *http.Request) (any, error) { return "ok", s.Sell(r.Context(), pathID(r), 1) })},
		{"GET", "/bad/publishers", "/bad/publishers", "asks while rows are open", 5, "n+1, nested-query", budget.Budget{Queries: 10},
			answer(func(r *http.Request) (any, error) { return s.PublishersSlowly(r.Context()) })},
		{"GET", "/publishers", "/publishers", "counts with the query that reads", 1, "", budget.Budget{Queries: 10},
			answer(func(r *http.Request) (any, error) { return s.Publishers(r.Context()) })},
		{"GET", "/bad/authors/first", "/bad/authors/first", "leaves rows open", 1, "unclosed-rows", budget.Budget{Queries: 3},
			answer(func(r *http.Request) (any, error) { return s.FirstAuthorSlowly(r.Context()) })},
		{"GET", "/authors/first", "/authors/first", "asks for one row", 1, "", budget.Budget{Queries: 3},
			answer(func(r *http.Request) (any, error) { return s.FirstAuthor(r.Context()) })},
		{"GET", "/bad/search", "/bad/search", "a query that takes its time", 1, "slow", budget.Budget{Queries: 3},
			answer(func(r *http.Request) (any, error) { return s.SearchSlowly(r.Context()) })},
		{"GET", "/search", "/search", "one that an index answers", 1, "", budget.Budget{Queries: 3},
			answer(func(r *http.Request) (any, error) { return s.Search(r.Context()) })},
		{"GET", "/bad/visits", "/bad/visits", "loses its context", 1, "unattributed", budget.Budget{Queries: 3},
			answer(func(r *http.Request) (any, error) { return pair(s.VisitsSlowly(r.Context())) })},
		{"GET", "/visits", "/visits", "passes it on", 2, "", budget.Budget{Queries: 3},
			answer(func(r *http.Request) (any, error) { return pair(s.Visits(r.Context())) })},
		{"POST", "/bad/customers", "/bad/customers", "looks, then inserts", 2, "select-then-insert", budget.Budget{Queries: 3},
			answer(func(r *http.Request) (any, error) { return "ok", s.SignUpSlowly(r.Context(), "first@example.com") })},
		{"POST", "/customers", "/customers", "lets the database decide", 1, "", budget.Budget{Queries: 3},
			answer(func(r *http.Request) (any, error) { return "ok", s.SignUp(r.Context(), "second@example.com") })},
		{"GET", "/bad/titles", "/bad/titles", "reads all columns", 1, "select-star", budget.Budget{Queries: 3},
			answer(func(r *http.Request) (any, error) { return s.TitlesSlowly(r.Context()) })},
		{"GET", "/titles", "/titles", "names the column", 1, "", budget.Budget{Queries: 3},
			answer(func(r *http.Request) (any, error) { return s.Titles(r.Context()) })},
		{"GET", "/bad/reviews", "/bad/reviews", "returns every row there is", 1, "large-result", budget.Budget{Queries: 3, Rows: 100},
			answer(func(r *http.Request) (any, error) { return s.ReviewsSlowly(r.Context()) })},
		{"GET", "/reviews", "/reviews?after=100", "returns a page", 1, "", budget.Budget{Queries: 3, Rows: 100},
			answer(func(r *http.Request) (any, error) { return s.Reviews(r.Context(), queryID(r, "after")) })},
	}
}

// Routes is the service.
func Routes(s *store.Store, logger *slog.Logger, reporters ...budget.Reporter) http.Handler {
	r := chi.NewRouter()
	AddRoutes(r, s, logger, reporters...)
	return r
}

// AddRoutes adds the service to a router.
func AddRoutes(r chi.Router, s *store.Store, logger *slog.Logger, reporters ...budget.Reporter) {
	// Some of the bad pages have no more than a hint, and plans need texts.
	bounds := budget.Bounds{Rules: budget.Rules{Hints: true}, Texts: true}
	options := middleware.Options{Header: true, Logger: logger, Bounds: bounds, Alarm: &budget.Alarm{}}
	r.Use(options.Track(reporters...))
	for _, p := range Pages(s) {
		r.With(middleware.Limit(p.Budget)).Method(p.Method, p.Pattern, p.Handler)
	}
	addProductionPages(r, s)
}

// answer writes what a page returns as JSON. A page that was refused a query
// answers 503.
func answer(page func(*http.Request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		data, err := page(r)
		switch {
		case err == nil:
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(data)
		case middleware.AnswerExceeded(w, err):
		default:
			slog.ErrorContext(r.Context(), "page failed", "path", r.URL.Path, "error", err)
			http.Error(w, "internal error", http.StatusInternalServerError)
		}
	}
}

// bookAskedTwice is what happens when a permission check and a page do not know
// of each other.
func bookAskedTwice(ctx context.Context, s *store.Store, id int64) (store.Book, error) {
	if _, err := s.Book(ctx, id); err != nil {
		return store.Book{}, err
	}
	return s.Book(ctx, id)
}

// pair makes one answer of two numbers.
func pair(a, b int, err error) (any, error) { return []int{a, b}, err }

var demoLines = []store.Line{{BookID: 1, Quantity: 1}, {BookID: 2, Quantity: 1}, {BookID: 3, Quantity: 2}, {BookID: 4, Quantity: 1}, {BookID: 5, Quantity: 3}}

// pathID returns the id in the path, 0 if there is none: no book has it.
func pathID(r *http.Request) int64 {
	id, _ := strconv.ParseInt(chi.URLParam(r, "id"), 10, 64)
	return id
}

func queryID(r *http.Request, name string) int64 {
	id, _ := strconv.ParseInt(r.URL.Query().Get(name), 10, 64)
	return id
}
