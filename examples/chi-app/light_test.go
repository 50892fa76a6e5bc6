package main

import (
	"os/exec"
	"strings"
	"testing"
)

// Somebody compiles the example at the first look: what exports is not in it.
// scripts/first-compile measures what is.
func TestExampleIsLight(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, heavy := range []string{"google.golang.org/", "github.com/prometheus/", "go.opentelemetry.io/contrib/", "go.opentelemetry.io/otel/exporters/", "go.opentelemetry.io/otel/sdk/metric", "github.com/felixge/httpsnoop", "go/format"} {
		if strings.Contains("\n"+string(out), "\n"+heavy) {
			t.Errorf("the example pulls %s", heavy)
		}
	}
}
