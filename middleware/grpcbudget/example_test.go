package grpcbudget_test

import (
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"github.com/querybudget/querybudget/middleware/grpcbudget"
)

// A client whose calls are told to the unit of work in their context.
func Example() {
	dial := func(target string, credentials credentials.TransportCredentials) (*grpc.ClientConn, error) {
		return grpc.NewClient(target, grpc.WithTransportCredentials(credentials),
			grpc.WithChainUnaryInterceptor(grpcbudget.UnaryClient),
			grpc.WithChainStreamInterceptor(grpcbudget.StreamClient))
	}
	_ = dial
}
