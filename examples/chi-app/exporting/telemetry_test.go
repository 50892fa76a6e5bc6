package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/querybudget/querybudget/examples/chi-app/shop"
	"github.com/querybudget/querybudget/examples/chi-app/store"
	"github.com/querybudget/querybudget/exporters/otelbudget"
	"github.com/querybudget/querybudget/sqlwrap"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// /metrics has the service's metrics, each with the labels that a dashboard needs.
func TestScrape(t *testing.T) {
	ctx := t.Context()
	tel, err := newTelemetry(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer tel.shutdown(context.WithoutCancel(ctx)) //nolint:errcheck // a test
	db, err := shop.Open(ctx, "", 20, sqlwrap.Config{Inner: otelbudget.Inner(tel.options()...)})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // a test
	unwatch, err := tel.metrics.Watch(ctx, db.DB.DB)
	if err != nil {
		t.Fatal(err)
	}
	defer unwatch() //nolint:errcheck // a test
	server := httptest.NewServer(tel.handler(store.New(db.DB), slog.New(slog.DiscardHandler), nil))
	defer server.Close()
	get(t, server.URL+"/bad/authors")
	body := get(t, server.URL+"/metrics")
	for _, want := range []string{
		`querybudget_request_queries_sum{http_request_method="GET",http_route="/bad/authors"`,
		`querybudget_request_query_duration_seconds_count{http_request_method="GET",http_route="/bad/authors"`,
		`querybudget_findings_total{http_request_method="GET",http_route="/bad/authors"`,
		`querybudget_budget_requests_total{http_request_method="GET",http_route="/bad/authors"`,
		`querybudget_unattributed_queries_total{db_system_name="sqlite"`,
		`db_sql_connection_open{db_system_name="sqlite"`,
		`http_server_request_duration_seconds_count`,
		`db_client_operation_duration_seconds_count`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no %s in\n%s", want, body)
		}
	}
	checkMetricNames(t, body)
}

func get(t *testing.T, url string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), "GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close() //nolint:errcheck // a test
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatal(fmt.Errorf("%s: status %d, %w", url, response.StatusCode, err))
	}
	return string(body)
}

// The environment says where spans go, and a wrong word is an error at the start.
func TestTelemetryEnvironment(t *testing.T) {
	for _, test := range []struct {
		environment map[string]string
		traces      bool
	}{
		{nil, false},
		{map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:4318"}, true},
		{map[string]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://localhost:4318"}, true},
		{map[string]string{"OTEL_TRACES_EXPORTER": "console"}, true},
		{map[string]string{"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:4318"}, false},
	} {
		t.Run(fmt.Sprint(test.environment), func(t *testing.T) {
			for k, v := range test.environment {
				t.Setenv(k, v)
			}
			if got := sends("TRACES"); got != test.traces {
				t.Errorf("got %v", got)
			}
		})
	}
	t.Setenv("OTEL_TRACES_EXPORTER", "carrier-pigeon")
	if err := run(t.Context(), nil, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), "carrier-pigeon") {
		t.Errorf("got %v", err)
	}
}
