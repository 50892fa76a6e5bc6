package frameworks

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"connectrpc.com/connect"
	"github.com/gofiber/fiber/v3"
	"github.com/hibiken/asynq"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/querybudget/querybudget/budget"
)

// client asks for a page of the shop: "book", "books", "strict", "broken", "export" or
// "lost". It calls first when the first piece of the answer has come.
type client func(page, id string, first func()) answered

// answered is what a client sees.
type answered struct {
	text    string
	refused bool // as the protocol says it
	failed  bool // in another way
}

// start serves the shop until the test ends.
type start func(t *testing.T, s *shop, r budget.Reporter) client

// overHTTP serves a handler of net/http, with its pages under a prefix.
func overHTTP(prefix string, handler func(*shop, ...budget.Reporter) http.Handler) start {
	return func(t *testing.T, s *shop, r budget.Reporter) client {
		server := httptest.NewUnstartedServer(handler(s, r))
		server.Config.ErrorLog = log.New(io.Discard, "", 0) // net/http logs panics
		server.Start()
		t.Cleanup(server.Close)
		return httpClient(server.URL + prefix)
	}
}

func overFiber(t *testing.T, s *shop, r budget.Reporter) client {
	app := fiberApp(s, &budget.Delivery{Reporters: []budget.Reporter{r}})
	listener := listen(t)
	done := make(chan error, 1)
	go func() { done <- app.Listener(listener, fiber.ListenConfig{DisableStartupMessage: true}) }()
	t.Cleanup(func() {
		http.DefaultClient.CloseIdleConnections()
		if err := errors.Join(app.Shutdown(), <-done); err != nil {
			t.Error(err)
		}
	})
	return httpClient("http://" + listener.Addr().String())
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return listener
}

func httpClient(base string) client {
	return func(page, id string, first func()) (a answered) {
		path := "/" + page
		switch page {
		case "book":
			path = "/books/" + id
		case "lost":
			path += "/" + id
		}
		resp, err := http.Get(base + path)
		if err != nil {
			return answered{text: err.Error(), failed: true}
		}
		defer func() { _ = resp.Body.Close() }()
		a.text, err = read(resp.Body, first)
		a.refused = resp.StatusCode == http.StatusServiceUnavailable
		a.failed = err != nil || !a.refused && resp.StatusCode != http.StatusOK
		return a
	}
}

// read calls first between the first piece of a body and the rest.
func read(body io.Reader, first func()) (string, error) {
	piece := make([]byte, 1000)
	n, err := body.Read(piece)
	first()
	if err != nil && !errors.Is(err, io.EOF) {
		return string(piece[:n]), err
	}
	rest, err := io.ReadAll(body)
	return string(piece[:n]) + string(rest), err
}

// method is the name of a page as one of a service.
func method(page string) string { return "/shop.Shop/" + strings.ToUpper(page[:1]) + page[1:] }

func overGRPC(t *testing.T, s *shop, r budget.Reporter) client {
	server, listener := grpcServer(s, &budget.Delivery{Reporters: []budget.Reporter{r}}), listen(t)
	go func() { _ = server.Serve(listener) }()
	conn, err := grpc.NewClient(listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = conn.Close()
		server.Stop()
	})
	return func(page, id string, first func()) answered {
		text, err := grpcText(t.Context(), conn, page, id, first)
		return rpcAnswer(text, err, status.Code(err) == codes.ResourceExhausted)
	}
}

func grpcText(ctx context.Context, conn *grpc.ClientConn, page, id string, first func()) (string, error) {
	resp := &wrapperspb.StringValue{}
	if page != "export" {
		err := conn.Invoke(ctx, method(page), wrapperspb.String(id), resp)
		return resp.Value, err
	}
	stream, err := conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, method(page))
	if err == nil {
		err = errors.Join(stream.SendMsg(wrapperspb.String(id)), stream.CloseSend())
	}
	var text string
	for err == nil {
		if err = stream.RecvMsg(resp); err == nil {
			text += resp.Value
			first()
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return text, err
}

func rpcAnswer(text string, err error, refused bool) answered {
	if err != nil {
		text = err.Error()
	}
	return answered{text: text, refused: refused, failed: err != nil && !refused}
}

func overConnect(t *testing.T, s *shop, r budget.Reporter) client {
	server := httptest.NewUnstartedServer(connectHandler(s, r))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.Start()
	t.Cleanup(server.Close)
	return func(page, id string, first func()) answered {
		c := connect.NewClient[wrapperspb.StringValue, wrapperspb.StringValue](http.DefaultClient, server.URL+method(page))
		text, err := connectText(t.Context(), c, page, id, first)
		return rpcAnswer(text, err, connect.CodeOf(err) == connect.CodeResourceExhausted)
	}
}

func connectText(
	ctx context.Context, c *connect.Client[wrapperspb.StringValue, wrapperspb.StringValue], page, id string, first func(),
) (text string, err error) {
	req := connect.NewRequest(wrapperspb.String(id))
	if page != "export" {
		resp, err := c.CallUnary(ctx, req)
		if err != nil {
			return "", err
		}
		return resp.Msg.Value, nil
	}
	stream, err := c.CallServerStream(ctx, req)
	if err != nil {
		return "", err
	}
	for stream.Receive() {
		text += stream.Msg().Value
		first()
	}
	return text, errors.Join(stream.Err(), stream.Close())
}

// overGraphQL asks for a field, or subscribes to it by server-sent events.
func overGraphQL(t *testing.T, s *shop, r budget.Reporter) client {
	server := httptest.NewServer(gqlgenAPI(s, r))
	t.Cleanup(server.Close)
	return func(page, id string, first func()) answered {
		field := map[string]string{"book": "book(id: $id)", "lost": "lost(id: $id)", "export": "export(id: $id)"}[page]
		query := fmt.Sprintf("query ($id: ID!) { %s }", field)
		if field == "" {
			query = fmt.Sprintf("{ %s }", page)
		}
		if page == "export" {
			query = strings.Replace(query, "query", "subscription", 1)
		}
		text, refused, err := graphAnswer(server.URL, page, query, id, first)
		return rpcAnswer(text, err, refused)
	}
}

func graphAnswer(url, field, query, id string, first func()) (text string, refused bool, err error) {
	body, err := json.Marshal(map[string]any{"query": query, "variables": map[string]string{"id": id}})
	if err != nil {
		return "", false, err
	}
	request, err := http.NewRequest("POST", url, bytes.NewReader(body))
	if err != nil {
		return "", false, err
	}
	request.Header.Set("Content-Type", "application/json")
	if strings.HasPrefix(query, "subscription") {
		request.Header.Set("Accept", "text/event-stream")
	}
	resp, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", false, err
	}
	defer func() { _ = resp.Body.Close() }()
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		data := strings.TrimPrefix(lines.Text(), "data: ")
		if !strings.HasPrefix(data, "{") {
			continue
		}
		var out struct {
			Data   map[string]any
			Errors []struct {
				Message    string
				Extensions map[string]any
			}
		}
		if err := json.Unmarshal([]byte(data), &out); err != nil {
			return "", false, err
		}
		for _, e := range out.Errors {
			return data, e.Extensions["code"] == "RESOURCE_EXHAUSTED", errors.New(data)
		}
		text += fmt.Sprint(out.Data[field])
		first()
	}
	return text, false, nil
}

// asWorker asks a mux of asynq, which needs no Redis for that. Its server recovers from
// panics, as this does.
func asWorker(_ *testing.T, s *shop, r budget.Reporter) client {
	mux := asynqMux(s, &budget.Delivery{Reporters: []budget.Reporter{r}})
	return func(page, id string, _ func()) (a answered) {
		defer func() {
			if p := recover(); p != nil {
				a = answered{text: fmt.Sprint(p), failed: true}
			}
		}()
		err := mux.ProcessTask(context.Background(), asynq.NewTask(page, []byte(id)))
		return rpcAnswer("", err, errors.Is(err, budget.ErrExceeded))
	}
}
