package frameworks

import (
	"context"
	"net/http"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/examples/frameworks/openapi"
	"github.com/querybudget/querybudget/middleware"
)

// strictLimits holds each operation of a strict server to its budget. Track stands around
// the router, which is ServeMux here.
func strictLimits(budgets map[string]budget.Budget) openapi.StrictMiddlewareFunc {
	return func(next openapi.StrictHandlerFunc, operation string) openapi.StrictHandlerFunc {
		b, limited := budgets[operation]
		if !limited {
			return next
		}
		limit := middleware.Limit(b)
		return func(_ context.Context, w http.ResponseWriter, r *http.Request, request any) (response any, err error) {
			limit(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				response, err = next(r.Context(), w, r, request)
			})).ServeHTTP(w, r)
			return response, err
		}
	}
}

// strictErrors answers what went wrong. By default, a strict server answers the text of the
// error, which names the query and its line.
var strictErrors = openapi.StrictHTTPServerOptions{
	ResponseErrorHandlerFunc: func(w http.ResponseWriter, _ *http.Request, err error) {
		if !middleware.AnswerExceeded(w, err) {
			http.Error(w, "internal error", http.StatusInternalServerError)
		}
	},
}

func strictServer(s *shop, reporters ...budget.Reporter) http.Handler {
	limits := strictLimits(map[string]budget.Budget{"Book": few, "Books": few, "Strict": strict})
	server := openapi.NewStrictHandlerWithOptions(strictShop{s}, []openapi.StrictMiddlewareFunc{limits}, strictErrors)
	return middleware.Track(reporters...)(openapi.HandlerFromMux(server, http.NewServeMux()))
}

// strictShop has the operations.
type strictShop struct{ shop *shop }

func (s strictShop) Book(ctx context.Context, r openapi.BookRequestObject) (openapi.BookResponseObject, error) {
	text, err := textOf(ctx, s.shop.book, r.Id)
	return openapi.Book200TextResponse(text), err
}

func (s strictShop) Books(ctx context.Context, _ openapi.BooksRequestObject) (openapi.BooksResponseObject, error) {
	text, err := textOf(ctx, s.shop.books, "")
	return openapi.Books200TextResponse(text), err
}

func (s strictShop) Strict(ctx context.Context, _ openapi.StrictRequestObject) (openapi.StrictResponseObject, error) {
	text, err := textOf(ctx, s.shop.books, "")
	return openapi.Strict200TextResponse(text), err
}

func (s strictShop) Broken(ctx context.Context, _ openapi.BrokenRequestObject) (openapi.BrokenResponseObject, error) {
	text, err := textOf(ctx, s.shop.broken, "")
	return openapi.Broken200TextResponse(text), err
}

func (s strictShop) Lost(ctx context.Context, r openapi.LostRequestObject) (openapi.LostResponseObject, error) {
	text, err := textOf(ctx, s.shop.lost, r.Id)
	return openapi.Lost200TextResponse(text), err
}

func (s strictShop) Export(ctx context.Context, _ openapi.ExportRequestObject) (openapi.ExportResponseObject, error) {
	return strictExport(func(w http.ResponseWriter) error { return s.shop.export(ctx, "", sender(w)) }), nil
}

// strictExport is a response that is written piece by piece.
type strictExport func(http.ResponseWriter) error

// VisitExportResponse writes it.
func (e strictExport) VisitExportResponse(w http.ResponseWriter) error { return e(w) }
