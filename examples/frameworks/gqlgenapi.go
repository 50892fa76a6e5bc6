package frameworks

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/examples/frameworks/graph"
	"github.com/querybudget/querybudget/middleware"
)

// graphFields has the budgets of fields: "Query.books", "Book.author". It is an extension
// of gqlgen's. Track stands around the handler, which is net/http's.
type graphFields map[string]budget.Budget

func (graphFields) ExtensionName() string                          { return "querybudget" }
func (graphFields) Validate(schema graphql.ExecutableSchema) error { return nil }

// InterceptOperation names an operation by its first field: operation names are the
// client's.
func (f graphFields) InterceptOperation(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
	operation := graphql.GetOperationContext(ctx).Operation
	root := string(operation.Operation)
	if field, ok := operation.SelectionSet[0].(*ast.Field); ok {
		root = field.ObjectDefinition.Name + "." + field.Name
	}
	recorder := budget.FromContext(ctx)
	recorder.SetRoute(budget.Route{Method: "POST", Pattern: root})
	recorder.SetBudget(f[root])
	return next(context.WithValue(ctx, graphScopesKey{}, &graphScopes{root: root, ofField: map[string]*budget.Recorder{}}))
}

// InterceptField gives a field that has a resolver a scope, the same for all objects of
// an operation: an n+1 is a number of queries there.
func (f graphFields) InterceptField(ctx context.Context, next graphql.Resolver) (any, error) {
	field := graphql.GetFieldContext(ctx)
	scopes, ok := ctx.Value(graphScopesKey{}).(*graphScopes)
	name := field.Object + "." + field.Field.Name
	if !ok || !field.IsResolver || name == scopes.root {
		return next(ctx)
	}
	return next(scopes.context(ctx, name, f[name]))
}

type graphScopesKey struct{}

type graphScopes struct {
	root    string
	mu      sync.Mutex
	ofField map[string]*budget.Recorder
}

func (s *graphScopes) context(ctx context.Context, name string, b budget.Budget) context.Context {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ofField[name] == nil {
		_, s.ofField[name] = budget.With(ctx, name, b)
	}
	return budget.ContextWith(ctx, s.ofField[name])
}

// graphError tells the client of a refused query without naming anything of the inside.
func graphError(ctx context.Context, err error) *gqlerror.Error {
	out := graphql.DefaultErrorPresenter(ctx, err)
	if errors.Is(err, budget.ErrExceeded) {
		out.Message, out.Extensions = "this field asks too much of the database", map[string]any{"code": "RESOURCE_EXHAUSTED"}
	}
	return out
}

func gqlgenAPI(s *shop, reporters ...budget.Reporter) http.Handler {
	server := handler.New(graph.NewExecutableSchema(graph.Config{Resolvers: graphRoot{s}}))
	server.AddTransport(transport.SSE{})
	server.AddTransport(transport.POST{})
	server.Use(graphFields{
		"Query.book": few, "Query.books": few, "Query.strict": strict, "Book.author": few,
	})
	server.SetErrorPresenter(graphError)
	return middleware.Track(reporters...)(server)
}

// graphRoot has the resolvers.
type graphRoot struct{ shop *shop }

func (r graphRoot) Query() graph.QueryResolver               { return graphQuery(r) }
func (r graphRoot) Book() graph.BookResolver                 { return graphBook(r) }
func (r graphRoot) Subscription() graph.SubscriptionResolver { return graphSubscription(r) }

type graphQuery graphRoot

func (r graphQuery) Book(ctx context.Context, id string) (string, error) {
	return textOf(ctx, r.shop.book, id)
}

func (r graphQuery) Books(ctx context.Context) (string, error) {
	return textOf(ctx, r.shop.books, "")
}

func (r graphQuery) Strict(ctx context.Context) (string, error) {
	return textOf(ctx, r.shop.books, "")
}

func (r graphQuery) Broken(ctx context.Context) (string, error) {
	return textOf(ctx, r.shop.broken, "")
}

func (r graphQuery) Lost(ctx context.Context, id string) (string, error) {
	return textOf(ctx, r.shop.lost, id)
}

func (r graphQuery) Shelf(ctx context.Context) (out []*graph.Book, err error) {
	ids, err := r.shop.ids(ctx)
	for i := range ids {
		out = append(out, &graph.Book{ID: strconv.Itoa(i)})
	}
	return out, err
}

type graphBook graphRoot

func (r graphBook) Author(ctx context.Context, book *graph.Book) (string, error) {
	return textOf(ctx, r.shop.book, book.ID)
}

type graphSubscription graphRoot

func (r graphSubscription) Export(ctx context.Context, id string) (<-chan string, error) {
	out := make(chan string)
	go func() {
		defer close(out)
		_ = r.shop.export(ctx, id, func(text string) error {
			out <- text
			return nil
		})
	}()
	return out, nil
}
