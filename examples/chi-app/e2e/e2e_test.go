//go:build e2e

package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

const collectorConfig = `
receivers:
  otlp: {protocols: {http: {endpoint: "127.0.0.1:RECEIVER"}}}
exporters:
  file/traces: {path: "DIR/traces.json"}
  file/metrics: {path: "DIR/metrics.json"}
  prometheus: {endpoint: "127.0.0.1:EXPORTED", enable_open_metrics: true, resource_to_telemetry_conversion: {enabled: true}}
connectors:
  spanmetrics: {metrics_flush_interval: 1s, exemplars: {enabled: true}, dimensions: [{name: code.function.name}]}
service:
  telemetry: {metrics: {level: none}}
  pipelines:
    traces: {receivers: [otlp], exporters: [file/traces, spanmetrics]}
    metrics: {receivers: [otlp, spanmetrics], exporters: [file/metrics, prometheus]}
`

const prometheusConfig = `
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: ["RULES"]
scrape_configs:
  - {job_name: chi-app, static_configs: [{targets: ["127.0.0.1:APP"]}]}
  - {job_name: collector, static_configs: [{targets: ["127.0.0.1:EXPORTED"]}]}
`

// The example sends its spans and metrics to a collector, and is scraped by
// Prometheus. Both must have what the documentation says.
func TestCollectorAndPrometheus(t *testing.T) {
	dir := t.TempDir()
	rules, err := filepath.Abs("../../../docs/observability/alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	ports := strings.NewReplacer("DIR", dir, "RECEIVER", freePort(t), "EXPORTED", freePort(t), "APP", freePort(t), "PROMETHEUS", freePort(t), "RULES", rules)
	write(t, filepath.Join(dir, "collector.yaml"), ports.Replace(collectorConfig))
	write(t, filepath.Join(dir, "prometheus.yaml"), ports.Replace(prometheusConfig))

	start(t, nil, binary(t, "QUERYBUDGET_COLLECTOR"), "--config", filepath.Join(dir, "collector.yaml"))
	await(t, "the collector", func() error { return dial(ports.Replace("127.0.0.1:RECEIVER")) })
	app := filepath.Join(dir, "chi-app")
	if out, err := exec.Command("go", "build", "-o", app, "../exporting").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	start(t, []string{
		ports.Replace("OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:RECEIVER"), "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
		"OTEL_BSP_SCHEDULE_DELAY=100", "OTEL_METRIC_EXPORT_INTERVAL=500",
	}, app, "-addr", ports.Replace("127.0.0.1:APP"))
	base := ports.Replace("http://127.0.0.1:APP")
	await(t, "the service", func() error { return dial(ports.Replace("127.0.0.1:APP")) })
	start(t, nil, binary(t, "QUERYBUDGET_PROMETHEUS"), "--config.file", filepath.Join(dir, "prometheus.yaml"), "--storage.tsdb.path", filepath.Join(dir, "tsdb"),
		"--enable-feature=exemplar-storage", "--log.level=warn", "--web.listen-address", ports.Replace("127.0.0.1:PROMETHEUS"))
	prometheus := ports.Replace("http://127.0.0.1:PROMETHEUS")

	const asked = 3
	for range asked {
		ask(t, base+"/bad/authors")
		ask(t, base+"/authors/in")
	}

	// The collector has the requests' spans, with the account, and below each a span
	// for each query, with its line. It writes its file now and then: the exemplar
	// below may lead to the last of the requests, so all of them are waited for.
	var traces []span
	await(t, "the traces of /bad/authors in the collector's file", func() error {
		traces = readTraces(t, filepath.Join(dir, "traces.json"))
		requests := 0
		for _, s := range traces {
			if s.Name == "GET /bad/authors" {
				requests++
			}
		}
		if requests != asked {
			return fmt.Errorf("%d of %d requests, %d spans", requests, asked, len(traces))
		}
		return nil
	})
	server := checkTrace(t, traces)
	checkEvidence(t, traces, server)

	// Prometheus has the metrics: scraped from the service, through the collector,
	// and those that the collector makes of spans.
	for query, want := range map[string]string{
		`sum(querybudget_request_queries_sum{job="chi-app",http_route="/bad/authors"})`:                                         "63",
		`sum(querybudget_request_queries_sum{job="collector",http_route="/bad/authors"})`:                                       "63",
		`sum(querybudget_budget_requests_total{job="chi-app",http_route="/bad/authors",querybudget_budget_outcome="exceeded"})`: "3",
		`sum(querybudget_findings_total{job="chi-app",querybudget_finding_kind="n+1"})`:                                         "3",
		`sum(traces_span_metrics_calls_total{span_name="SELECT books",code_function_name=~".*AuthorsSlowly"})`:                  "60",
		`count(db_sql_connection_open{job="chi-app",status="idle"})`:                                                            "1",
		`count(querybudget_unattributed_queries_total{job="chi-app"})`:                                                          "1",
	} {
		await(t, query, func() error {
			got, err := promQuery(prometheus, query)
			if err == nil && got != want {
				err = fmt.Errorf("got %q, want %q", got, want)
			}
			return err
		})
	}
	// An exemplar leads from the histogram to a trace that the collector has.
	await(t, "an exemplar", func() error { return exemplarLeads(prometheus, traces) })
	await(t, "the rules", func() error {
		var out struct {
			Data struct {
				Groups []struct{ Rules []struct{ Health string } }
			}
		}
		if err := getJSON(prometheus+"/api/v1/rules", &out); err != nil {
			return err
		}
		n := 0
		for _, g := range out.Data.Groups {
			for _, r := range g.Rules {
				if r.Health != "ok" {
					return fmt.Errorf("a rule is %s", r.Health)
				}
				n++
			}
		}
		if n == 0 {
			return fmt.Errorf("no rules")
		}
		t.Logf("%d rules are evaluated", n)
		return nil
	})
}

// checkTrace checks one trace of the slow page, and returns its server span.
func checkTrace(t *testing.T, spans []span) span {
	t.Helper()
	var server span
	for _, s := range spans {
		if s.Name == "GET /bad/authors" {
			server = s
			break
		}
	}
	for key, want := range map[string]string{
		"querybudget.queries": "21", "querybudget.budget.outcome": "exceeded", "querybudget.finding.kinds": "n+1", "http.route": "/bad/authors",
	} {
		if got := server.attribute(key); got != want {
			t.Errorf("%s: %s is %q, want %q", server.Name, key, got, want)
		}
	}
	if len(server.Events) != 1 || server.Events[0].Name != "querybudget.exceeded" {
		t.Errorf("events %v", server.Events)
	}
	found := 0
	for _, s := range spans {
		if s.TraceID != server.TraceID || s.Name != "SELECT books" {
			continue
		}
		found++
		if s.ParentSpanID != server.SpanID {
			t.Error("SELECT books is not below the request's span")
		}
		if s.attribute("code.file.path") != "store/authors.go" || s.attribute("code.line.number") == "" || s.attribute("db.query.summary") != "SELECT books" ||
			!strings.HasSuffix(s.attribute("code.function.name"), "AuthorsSlowly") || s.attribute("querybudget.query.position") == "" {
			t.Errorf("attributes %v", s.Attributes)
		}
	}
	if found != 20 {
		t.Errorf("%d spans of SELECT books, want 20", found)
	}
	return server
}

// checkEvidence logs one trace as it was exported.
func checkEvidence(t *testing.T, spans []span, server span) {
	t.Helper()
	shown := 0
	for _, s := range spans {
		if s.TraceID == server.TraceID && (s.SpanID == server.SpanID || s.Name == "SELECT books" && shown < 1) {
			shown++
			out, err := json.MarshalIndent(s, "", " ")
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%s", out)
		}
	}
}

func exemplarLeads(prometheus string, traces []span) error {
	var out struct {
		Data []struct {
			Exemplars []struct{ Labels map[string]string }
		}
	}
	query := url.Values{"query": {`querybudget_request_queries_bucket{http_route="/bad/authors"}`},
		"start": {fmt.Sprint(time.Now().Add(-time.Hour).Unix())}, "end": {fmt.Sprint(time.Now().Add(time.Hour).Unix())}}
	if err := getJSON(prometheus+"/api/v1/query_exemplars?"+query.Encode(), &out); err != nil {
		return err
	}
	for _, series := range out.Data {
		for _, e := range series.Exemplars {
			for _, s := range traces {
				if s.TraceID == e.Labels["trace_id"] && s.SpanID == e.Labels["span_id"] && s.Name == "GET /bad/authors" {
					return nil
				}
			}
		}
	}
	return fmt.Errorf("no exemplar leads to a trace: %+v", out.Data)
}

// span is one of the collector's file.
type span struct {
	TraceID      string  `json:"traceId"`
	SpanID       string  `json:"spanId"`
	ParentSpanID string  `json:"parentSpanId"`
	Name         string  `json:"name"`
	Kind         int     `json:"kind"`
	Attributes   []value `json:"attributes"`
	Events       []struct {
		Name       string  `json:"name"`
		Attributes []value `json:"attributes"`
	} `json:"events,omitempty"`
}

type value struct {
	Key   string         `json:"key"`
	Value map[string]any `json:"value"`
}

func (s span) attribute(key string) string {
	for _, a := range s.Attributes {
		if a.Key != key {
			continue
		}
		for _, v := range a.Value {
			if list, ok := v.(map[string]any); ok { // of which the first
				values, _ := list["values"].([]any)
				if len(values) > 0 {
					v = values[0].(map[string]any)["stringValue"]
				}
			}
			return fmt.Sprint(v)
		}
	}
	return ""
}

func readTraces(t *testing.T, file string) (out []span) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		return nil // not written yet
	}
	defer f.Close() //nolint:errcheck // a test
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var batch struct {
			ResourceSpans []struct {
				ScopeSpans []struct{ Spans []span }
			}
		}
		if json.Unmarshal(lines.Bytes(), &batch) != nil {
			continue // the last line is being written
		}
		for _, r := range batch.ResourceSpans {
			for _, s := range r.ScopeSpans {
				out = append(out, s.Spans...)
			}
		}
	}
	return out
}

func promQuery(prometheus, query string) (string, error) {
	var out struct {
		Data struct{ Result []struct{ Value [2]any } }
	}
	if err := getJSON(prometheus+"/api/v1/query?"+url.Values{"query": {query}}.Encode(), &out); err != nil {
		return "", err
	}
	if len(out.Data.Result) != 1 {
		return "", fmt.Errorf("%d results", len(out.Data.Result))
	}
	return fmt.Sprint(out.Data.Result[0].Value[1]), nil
}

func getJSON(url string, to any) error {
	response, err := http.Get(url)
	if err != nil {
		return err
	}
	defer response.Body.Close() //nolint:errcheck // a test
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("status %d: %s", response.StatusCode, body)
	}
	return json.Unmarshal(body, to)
}

func ask(t *testing.T, url string) {
	t.Helper()
	response, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close() //nolint:errcheck // a test
	if _, err := io.Copy(io.Discard, response.Body); err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d, %v", url, response.StatusCode, err)
	}
}

// await tries for a minute: processes start, batches are sent, scrapes happen.
func await(t *testing.T, what string, try func() error) {
	t.Helper()
	var err error
	for range 300 {
		if err = try(); err == nil {
			return
		}
		time.Sleep(200 * time.Millisecond)
	}
	t.Fatalf("%s: %v", what, err)
}

func dial(address string) error {
	c, err := net.Dial("tcp", address)
	if err != nil {
		return err
	}
	return c.Close()
}

// start starts a program, and stops it at the end. Its output is shown if the test
// fails.
func start(t *testing.T, environment []string, name string, args ...string) {
	t.Helper()
	out, err := os.CreateTemp(t.TempDir(), "out")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), environment...)
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
		if t.Failed() {
			text, _ := os.ReadFile(out.Name())
			t.Logf("%s:\n%s", name, text)
		}
		out.Close()
	})
}

func binary(t *testing.T, variable string) string {
	t.Helper()
	name := os.Getenv(variable)
	if name == "" {
		t.Fatalf("%s is not set: use make e2e", variable)
	}
	return name
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // a test
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
