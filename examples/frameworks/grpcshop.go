package frameworks

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// What protoc-gen-go-grpc makes of a service whose messages are strings.

func registerShop(server *grpc.Server, s *shop) {
	server.RegisterService(&grpc.ServiceDesc{
		ServiceName: "shop.Shop", HandlerType: (*any)(nil),
		Methods: []grpc.MethodDesc{
			unaryMethod("Book", s.book), unaryMethod("Books", s.books), unaryMethod("Strict", s.books),
			unaryMethod("Broken", s.broken), unaryMethod("Lost", s.lost),
		},
		Streams: []grpc.StreamDesc{{StreamName: "Export", ServerStreams: true, Handler: streamHandler(s.export)}},
	}, s)
}

func unaryMethod(name string, p page) grpc.MethodDesc {
	handle := func(ctx context.Context, req any) (any, error) {
		resp := &wrapperspb.StringValue{}
		err := p(ctx, req.(*wrapperspb.StringValue).Value, func(text string) error {
			resp.Value += text
			return nil
		})
		return resp, err
	}
	return grpc.MethodDesc{MethodName: name, Handler: func(
		srv any, ctx context.Context, decode func(any) error, intercept grpc.UnaryServerInterceptor,
	) (any, error) {
		req := &wrapperspb.StringValue{}
		if err := decode(req); err != nil {
			return nil, err
		}
		return intercept(ctx, req, &grpc.UnaryServerInfo{Server: srv, FullMethod: "/shop.Shop/" + name}, handle)
	}}
}

func streamHandler(p page) grpc.StreamHandler {
	return func(_ any, stream grpc.ServerStream) error {
		req := &wrapperspb.StringValue{}
		if err := stream.RecvMsg(req); err != nil {
			return err
		}
		return p(stream.Context(), req.Value, func(text string) error { return stream.SendMsg(wrapperspb.String(text)) })
	}
}
