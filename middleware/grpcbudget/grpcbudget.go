// Package grpcbudget tells units of work which services of gRPC they call: the counterpart of
// middleware.Transport for clients of gRPC. It is a module of its own, because gRPC requires
// many others.
//
//	conn, err := grpc.NewClient(target,
//		grpc.WithChainUnaryInterceptor(grpcbudget.UnaryClient),
//		grpc.WithChainStreamInterceptor(grpcbudget.StreamClient))
//
// Their number and time are in [budget.Report.Outgoing] by method, as "shop.Payments/Charge",
// and findings of kind idle-transaction and idle-connection name those that a connection
// waited for. A call without a unit of work in its context is passed on as it is.
package grpcbudget

import (
	"context"
	"errors"
	"io"
	"strings"

	"google.golang.org/grpc"

	"github.com/querybudget/querybudget/budget"
)

// UnaryClient is an interceptor that tells of each call. Chain it behind those that try again
// to have each attempt, before them to have one call.
func UnaryClient(
	ctx context.Context,
	method string,
	req, reply any,
	cc *grpc.ClientConn,
	invoke grpc.UnaryInvoker,
	opts ...grpc.CallOption,
) error {
	r := budget.FromContext(ctx)
	if r == nil {
		return invoke(ctx, method, req, reply, cc, opts...)
	}
	began := r.Clock()
	err := invoke(ctx, method, req, reply, cc, opts...)
	r.Called(nameOf(method), began, err)
	return err
}

// StreamClient is an interceptor that tells of what is waited for in a stream: once for each
// message that is received, and once where there is none any more. Opening a stream and
// sending wait for nobody, as a rule, and count only where they fail.
func StreamClient(
	ctx context.Context,
	desc *grpc.StreamDesc,
	cc *grpc.ClientConn,
	method string,
	open grpc.Streamer,
	opts ...grpc.CallOption,
) (grpc.ClientStream, error) {
	r := budget.FromContext(ctx)
	if r == nil {
		return open(ctx, desc, cc, method, opts...)
	}
	began := r.Clock()
	s, err := open(ctx, desc, cc, method, opts...)
	if err != nil {
		r.Called(nameOf(method), began, err)
		return nil, err
	}
	return stream{s, r, nameOf(method)}, nil
}

// stream tells of the messages that are received.
type stream struct {
	grpc.ClientStream
	recorder *budget.Recorder
	name     string
}

func (s stream) RecvMsg(m any) error {
	began := s.recorder.Clock()
	err := s.ClientStream.RecvMsg(m)
	told := err
	if errors.Is(err, io.EOF) {
		told = nil
	}
	s.recorder.Called(s.name, began, told)
	return err
}

// nameOf is "shop.Payments/Charge" for "/shop.Payments/Charge".
func nameOf(method string) string { return strings.TrimPrefix(method, "/") }
