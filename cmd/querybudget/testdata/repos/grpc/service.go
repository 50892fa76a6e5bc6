// Package grpc serves books over gRPC.
package grpc

import (
	"context"
	"database/sql"
	"net/http"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/h2c"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// Service counts books. It loses the context of the call.
type Service struct{ DB *sql.DB }

// Count reads the same number twice.
func (s *Service) Count(context.Context) (*wrapperspb.Int64Value, error) {
	var first, second int64
	if err := s.DB.QueryRow("SELECT count(*) FROM books WHERE shop = ?", 7).Scan(&first); err != nil {
		return nil, err
	}
	if err := s.DB.QueryRow("SELECT count(*) FROM books WHERE shop = ?", 7).Scan(&second); err != nil {
		return nil, err
	}
	return wrapperspb.Int64(first + second), nil
}

// Desc is what a generator would make.
var Desc = grpc.ServiceDesc{
	ServiceName: "example.Books", HandlerType: (*any)(nil),
	Methods: []grpc.MethodDesc{{
		MethodName: "Count",
		Handler: func(server any, ctx context.Context, decode func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
			if err := decode(new(emptypb.Empty)); err != nil {
				return nil, err
			}
			return server.(*Service).Count(ctx)
		},
	}},
}

// Web serves HTTP/2 without TLS, as servers of Connect do.
func (s *Service) Web() http.Handler {
	return h2c.NewHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var price int
		_ = s.DB.QueryRow("SELECT price FROM books WHERE id = ?", r.FormValue("id")).Scan(&price)
	}), &http2.Server{})
}

// Follow asks for each price, over one connection.
func Follow(client *http.Client, url string, ids ...string) {
	for _, id := range ids {
		if response, err := client.Get(url + "?id=" + id); err == nil {
			_ = response.Body.Close()
		}
	}
}
