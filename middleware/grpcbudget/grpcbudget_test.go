package grpcbudget_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/middleware/grpcbudget"
	"github.com/querybudget/querybudget/statement"
)

// health answers for services by their names: one of a name is served, others are not known.
type health struct {
	grpc_health_v1.UnimplementedHealthServer
}

func (health) Check(_ context.Context, r *grpc_health_v1.HealthCheckRequest) (*grpc_health_v1.HealthCheckResponse, error) {
	if r.GetService() == "" {
		return nil, status.Error(codes.NotFound, "unknown")
	}
	return &grpc_health_v1.HealthCheckResponse{Status: grpc_health_v1.HealthCheckResponse_SERVING}, nil
}

func (h health) Watch(r *grpc_health_v1.HealthCheckRequest, s grpc.ServerStreamingServer[grpc_health_v1.HealthCheckResponse]) error {
	for range 3 {
		answer, err := h.Check(s.Context(), r)
		if err != nil {
			return err
		}
		if err := s.Send(answer); err != nil {
			return err
		}
	}
	return nil
}

func newClient(t *testing.T) grpc_health_v1.HealthClient {
	t.Helper()
	listener := bufconn.Listen(1 << 16)
	server := grpc.NewServer()
	grpc_health_v1.RegisterHealthServer(server, health{})
	done := make(chan error, 1)
	go func() { done <- server.Serve(listener) }()
	conn, err := grpc.NewClient("passthrough:///payments.example:443",
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithChainUnaryInterceptor(grpcbudget.UnaryClient), grpc.WithChainStreamInterceptor(grpcbudget.StreamClient))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		server.Stop()
		if err := errors.Join(conn.Close(), <-done); err != nil {
			t.Error(err)
		}
	})
	return grpc_health_v1.NewHealthClient(conn)
}

// watch reads a stream to its end, and returns the number of messages.
func watch(ctx context.Context, client grpc_health_v1.HealthClient, service string) (n int, err error) {
	s, err := client.Watch(ctx, &grpc_health_v1.HealthCheckRequest{Service: service})
	for err == nil {
		if _, err = s.Recv(); err == nil {
			n++
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return n, err
}

// Calls and streams are told by method, with their errors, and pass as they are.
func TestClient(t *testing.T) {
	client := newClient(t)
	ctx, r := budget.NewContext(t.Context())
	for _, service := range []string{"a", "b", ""} {
		answer, err := client.Check(ctx, &grpc_health_v1.HealthCheckRequest{Service: service})
		if (err != nil) != (service == "") || err == nil && answer.GetStatus() != grpc_health_v1.HealthCheckResponse_SERVING || err != nil && status.Code(err) != codes.NotFound {
			t.Errorf("%q: %v, %v", service, answer, err)
		}
	}
	if n, err := watch(ctx, client, "a"); n != 3 || err != nil {
		t.Errorf("%d messages, %v", n, err)
	}
	if n, err := watch(ctx, client, ""); n != 0 || status.Code(err) != codes.NotFound {
		t.Errorf("%d messages, %v", n, err)
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := watch(ended, client, "a"); status.Code(err) != codes.Canceled {
		t.Errorf("cancelled: %v", err)
	}
	out := r.Report().Outgoing
	if len(out) != 2 || out[0].Name != "grpc.health.v1.Health/Check" || out[0].Calls != 3 || out[0].Errors != 1 || out[0].Time <= 0 ||
		out[1].Name != "grpc.health.v1.Health/Watch" || out[1].Calls != 6 || out[1].Errors != 2 {
		t.Errorf("%+v", out)
	}
}

// Without a unit of work nothing is told, and nothing changes.
func TestClientWithoutUnit(t *testing.T) {
	client := newClient(t)
	if _, err := client.Check(t.Context(), &grpc_health_v1.HealthCheckRequest{Service: "a"}); err != nil {
		t.Error(err)
	}
	if n, err := watch(t.Context(), client, "a"); n != 3 || err != nil {
		t.Errorf("%d messages, %v", n, err)
	}
}

// A transaction that waits for a call, or for a stream, says so.
func TestTransactionThatWaits(t *testing.T) {
	client := newClient(t)
	d := budget.NewDatabase(budget.DatabaseOptions{})
	update := statement.NewReader(statement.PostgreSQL, statement.NewHasher(), 2048).Read("UPDATE orders SET paid = true")
	for name, ask := range map[string]func(context.Context) error{
		"Health/Check": func(ctx context.Context) error {
			_, err := client.Check(ctx, &grpc_health_v1.HealthCheckRequest{Service: "a"})
			return err
		},
		"Health/Watch": func(ctx context.Context) error { _, err := watch(ctx, client, "a"); return err },
	} {
		ctx, r := budget.Bounds{Rules: budget.Rules{IdleTransaction: 1}}.NewContext(t.Context())
		tx := d.Began(ctx, r, r.Clock(), nil)
		x, err := r.Start(budget.Call{Database: d, Statement: update, Transaction: &tx})
		if err != nil {
			t.Fatal(err)
		}
		x.End(1, nil)
		if err := ask(ctx); err != nil {
			t.Error(err)
		}
		tx.Committed(tx.Clock(), nil)
		found := ""
		for _, f := range r.Report().Findings {
			found += f.String() + "\n"
		}
		if !strings.Contains(found, ", but grpc.health.v1."+name+" ") {
			t.Errorf("%s: found %q", name, found)
		}
	}
}
