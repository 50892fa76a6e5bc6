package frameworks

import (
	"context"
	"errors"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/querybudget/querybudget/budget"
)

// grpcUnary makes each call a unit of work, with the budget of its method.
func grpcUnary(d *budget.Delivery, budgets map[string]budget.Budget) grpc.UnaryServerInterceptor {
	return func(ctx context.Context, req any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
		ctx, recorder := budget.With(ctx, info.FullMethod, budgets[info.FullMethod])
		d.Begin(ctx, recorder)
		defer d.End(ctx, recorder)
		resp, err := handler(ctx, req)
		return resp, grpcError(err)
	}
}

// grpcStream does the same for a stream: all of it is one unit.
func grpcStream(d *budget.Delivery, budgets map[string]budget.Budget) grpc.StreamServerInterceptor {
	return func(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) error {
		ctx, recorder := budget.With(stream.Context(), info.FullMethod, budgets[info.FullMethod])
		d.Begin(ctx, recorder)
		defer d.End(ctx, recorder)
		return grpcError(handler(srv, countedStream{stream, ctx}))
	}
}

// countedStream has the context of its unit.
type countedStream struct {
	grpc.ServerStream
	ctx context.Context
}

func (s countedStream) Context() context.Context { return s.ctx }

// grpcError tells the client of a refused query without naming anything of the inside.
func grpcError(err error) error {
	if errors.Is(err, budget.ErrExceeded) {
		return status.Error(codes.ResourceExhausted, "this call asks too much of the database")
	}
	return err
}

// grpcBudgets are by full method.
var grpcBudgets = map[string]budget.Budget{
	"/shop.Shop/Book":   few,
	"/shop.Shop/Books":  few,
	"/shop.Shop/Strict": strict,
}

func grpcServer(s *shop, d *budget.Delivery) *grpc.Server {
	server := grpc.NewServer(
		grpc.ChainUnaryInterceptor(grpcRecover, grpcUnary(d, grpcBudgets)),
		grpc.ChainStreamInterceptor(grpcStream(d, grpcBudgets)),
	)
	registerShop(server, s)
	return server
}

// grpcRecover answers a panic, which would end the process. It stands around the unit.
func grpcRecover(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (resp any, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = status.Error(codes.Internal, "internal error")
		}
	}()
	return handler(ctx, req)
}
