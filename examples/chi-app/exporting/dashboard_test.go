package main

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

const dashboardFile = "../../../docs/observability/dashboard.json"

func TestDashboardSchema(t *testing.T) {
	text, err := os.ReadFile(dashboardFile)
	if err != nil {
		t.Fatal(err)
	}
	schema, err := jsonschema.NewCompiler().Compile("testdata/dashboard.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	dashboard, err := jsonschema.UnmarshalJSON(strings.NewReader(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(dashboard); err != nil {
		t.Error(err)
	}
	var d struct {
		Panels []struct {
			ID      int
			GridPos struct{ X, Y, W, H int }
		}
	}
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	taken := map[[2]int]int{}
	for _, p := range d.Panels {
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if other := taken[[2]int{x, y}]; other != 0 || x > 23 {
					t.Fatalf("panel %d lies on panel %d, or outside", p.ID, other)
				}
				taken[[2]int{x, y}] = p.ID
			}
		}
	}
}

// metricName finds the metrics that a query is about.
var metricName = regexp.MustCompile(`\b(?:querybudget|db_sql|db_client)_[a-z_]+`)

// checkMetricNames checks that the dashboard and the alert rules ask for metrics and
// labels that the service has: a name that does not exist is an empty panel.
func checkMetricNames(t *testing.T, scraped string) {
	t.Helper()
	scraped += "querybudget_database querybudget_job_name querybudget_job_queries_sum querybudget_job_queries_count" // of what the example does not have
	for _, file := range []string{dashboardFile, "../../../docs/observability/alerts.yaml"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		names := metricName.FindAllString(string(text), -1)
		if len(names) < 5 {
			t.Errorf("%s: %d names", file, len(names))
		}
		for _, name := range names {
			if name != "querybudget_request_queries" && !strings.Contains(scraped, name) { // that is a part of a recorded one
				t.Errorf("%s asks for %s, which is not there", file, name)
			}
		}
	}
}
