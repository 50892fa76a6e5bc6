package frameworks

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/middleware"
)

// humaLimit is middleware.Limit for an operation of huma.
func humaLimit(b budget.Budget) huma.Middlewares {
	if err := b.Validate(); err != nil {
		panic(err)
	}
	return huma.Middlewares{func(ctx huma.Context, next func(huma.Context)) {
		budget.FromContext(ctx.Context()).SetBudget(b)
		next(ctx)
	}}
}

// humaAPI stands on chi, which tells the route.
func humaAPI(s *shop, reporters ...budget.Reporter) http.Handler {
	router := chi.NewRouter()
	router.Use(middleware.Track(reporters...))
	api := humachi.New(router, huma.DefaultConfig("Shop", "1.0.0"))
	get := func(path string, limit huma.Middlewares) huma.Operation {
		return huma.Operation{Method: "GET", Path: path, Middlewares: limit}
	}
	huma.Register(api, get("/books/{id}", humaLimit(few)), humaPage(s.book))
	huma.Register(api, get("/books", humaLimit(few)), humaPage(s.books))
	huma.Register(api, get("/strict", humaLimit(strict)), humaPage(s.books))
	huma.Register(api, get("/broken", nil), humaPage(s.broken))
	huma.Register(api, get("/export", nil), humaStream(s.export))
	huma.Register(api, get("/lost/{id}", nil), humaPage(s.lost))
	return router
}

// humaError answers a refused query.
func humaError(err error) error {
	if errors.Is(err, budget.ErrExceeded) {
		return huma.Error503ServiceUnavailable("This page asks too much of the database.")
	}
	return err
}

type (
	humaInput  struct{ id string }
	humaOutput struct{ Body string }
)

// Resolve takes the id where the path has one.
func (in *humaInput) Resolve(ctx huma.Context) []error {
	in.id = ctx.Param("id")
	return nil
}

func humaPage(p page) func(context.Context, *humaInput) (*humaOutput, error) {
	return func(ctx context.Context, in *humaInput) (*humaOutput, error) {
		out := &humaOutput{}
		err := p(ctx, in.id, func(text string) error {
			out.Body += text
			return nil
		})
		return out, humaError(err)
	}
}

func humaStream(p page) func(context.Context, *humaInput) (*huma.StreamResponse, error) {
	return func(_ context.Context, in *humaInput) (*huma.StreamResponse, error) {
		return &huma.StreamResponse{Body: func(ctx huma.Context) {
			_, w := humachi.Unwrap(ctx)
			answer(w, p(ctx.Context(), in.id, sender(w)))
		}}, nil
	}
}
