package grpc

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"example.com/fakedb"
	"golang.org/x/net/http2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

func dial(t *testing.T) *grpc.ClientConn {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	server.RegisterService(&Desc, &Service{fakedb.Open()})
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	conn, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}

func count(t *testing.T, conn *grpc.ClientConn) {
	if err := conn.Invoke(t.Context(), "/example.Books/Count", &emptypb.Empty{}, new(wrapperspb.Int64Value)); err != nil {
		t.Error(err)
	}
}

func TestInTurn(t *testing.T) {
	conn := dial(t)
	count(t, conn)
	count(t, conn)
	for range 5 {
		count(t, conn)
	}
}

func TestAtOnce(t *testing.T) {
	conn := dial(t)
	var all sync.WaitGroup
	for range 5 {
		all.Go(func() { count(t, conn) })
	}
	all.Wait()
}

// Each request is a unit, also where net/http does not serve it itself.
func TestWeb(t *testing.T) {
	server := httptest.NewServer((&Service{fakedb.Open()}).Web())
	defer server.Close()
	transport := &http2.Transport{AllowHTTP: true, DialTLSContext: func(ctx context.Context, network, addr string, _ *tls.Config) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, addr)
	}}
	defer transport.CloseIdleConnections()
	Follow(&http.Client{Transport: transport}, server.URL, "1", "2", "3", "4", "5", "6")
}
