package frameworks

import (
	"context"
	"errors"
	"net/http"

	"connectrpc.com/connect"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/middleware"
)

// connectLimits names each call by its procedure and holds it to the budget of that.
// Track stands around the handlers, which are net/http's.
type connectLimits map[string]budget.Budget

func (l connectLimits) hold(ctx context.Context, procedure string) {
	recorder := budget.FromContext(ctx)
	recorder.SetRoute(budget.Route{Method: "POST", Pattern: procedure})
	recorder.SetBudget(l[procedure])
}

func (l connectLimits) WrapUnary(next connect.UnaryFunc) connect.UnaryFunc {
	return func(ctx context.Context, req connect.AnyRequest) (connect.AnyResponse, error) {
		l.hold(ctx, req.Spec().Procedure)
		resp, err := next(ctx, req)
		return resp, connectError(err)
	}
}

func (l connectLimits) WrapStreamingHandler(next connect.StreamingHandlerFunc) connect.StreamingHandlerFunc {
	return func(ctx context.Context, conn connect.StreamingHandlerConn) error {
		l.hold(ctx, conn.Spec().Procedure)
		return connectError(next(ctx, conn))
	}
}

func (l connectLimits) WrapStreamingClient(next connect.StreamingClientFunc) connect.StreamingClientFunc {
	return next
}

// connectError tells the client of a refused query without naming anything of the inside.
func connectError(err error) error {
	if errors.Is(err, budget.ErrExceeded) {
		return connect.NewError(connect.CodeResourceExhausted, errors.New("this call asks too much of the database"))
	}
	return err
}

func connectHandler(s *shop, reporters ...budget.Reporter) http.Handler {
	limits := connect.WithInterceptors(connectLimits{"/shop.Shop/Book": few, "/shop.Shop/Books": few, "/shop.Shop/Strict": strict})
	mux := http.NewServeMux()
	for procedure, p := range map[string]page{
		"/shop.Shop/Book": s.book, "/shop.Shop/Books": s.books, "/shop.Shop/Strict": s.books,
		"/shop.Shop/Broken": s.broken, "/shop.Shop/Lost": s.lost,
	} {
		mux.Handle(procedure, connect.NewUnaryHandler(procedure, connectPage(p), limits))
	}
	mux.Handle("/shop.Shop/Export", connect.NewServerStreamHandler("/shop.Shop/Export", connectStream(s.export), limits))
	return middleware.Track(reporters...)(mux)
}

type stringRequest = connect.Request[wrapperspb.StringValue]

func connectPage(p page) func(context.Context, *stringRequest) (*connect.Response[wrapperspb.StringValue], error) {
	return func(ctx context.Context, req *stringRequest) (*connect.Response[wrapperspb.StringValue], error) {
		resp := &wrapperspb.StringValue{}
		err := p(ctx, req.Msg.Value, func(text string) error {
			resp.Value += text
			return nil
		})
		return connect.NewResponse(resp), err
	}
}

func connectStream(p page) func(context.Context, *stringRequest, *connect.ServerStream[wrapperspb.StringValue]) error {
	return func(ctx context.Context, req *stringRequest, stream *connect.ServerStream[wrapperspb.StringValue]) error {
		return p(ctx, req.Msg.Value, func(text string) error { return stream.Send(wrapperspb.String(text)) })
	}
}
