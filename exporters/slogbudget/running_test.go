package slogbudget_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/exporters/slogbudget"
)

// A record says when its report was made, unless that is the end.
func TestStageOfARecord(t *testing.T) {
	for stage, want := range map[budget.Stage]string{budget.Running: "stage=running", budget.Late: "stage=late", budget.Final: ""} {
		var log bytes.Buffer
		logger := slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		slogbudget.Options{Running: true}.Reporter(logger).Report(context.Background(), &budget.Report{Stage: stage})
		if got := log.String(); strings.Contains(got, "stage=") != (want != "") || !strings.Contains(got, want) {
			t.Errorf("%s: %s", stage, got)
		}
	}
}

func TestNeedsOfRunningReports(t *testing.T) {
	for _, running := range []bool{true, false} {
		r := slogbudget.Options{Running: running}.Reporter(slog.Default())
		if got := r.(interface{ Needs() budget.Needs }).Needs().Running; got != running {
			t.Errorf("Running %v asks for running reports: %v", running, got)
		}
	}
}
