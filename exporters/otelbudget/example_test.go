package otelbudget_test

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/XSAM/otelsql"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/exporters/otelbudget"
)

// A job's span has its account.
func ExampleSpans() {
	recorder := tracetest.NewSpanRecorder()
	tracer := sdktrace.NewTracerProvider(sdktrace.WithSpanProcessor(recorder))
	db := sql.OpenDB(otelbudget.Connector(fakeDB{}, otelsql.WithTracerProvider(tracer)))
	defer db.Close() //nolint:errcheck // a test

	job := budget.Job{
		Name:     "nightly",
		Budget:   budget.Budget{Queries: 10},
		Delivery: budget.Delivery{Reporters: []budget.Reporter{otelbudget.Spans()}},
	}
	ctx, span := tracer.Tracer("example").Start(context.Background(), job.Name)
	err := job.Run(ctx, func(ctx context.Context) error {
		return drain(db.QueryContext(ctx, "SELECT title FROM books WHERE id = ?", 7))
	})
	span.End()

	for _, s := range recorder.Ended() {
		if a := attributes(s); s.Name() == "nightly" {
			fmt.Println(s.Name(), a["querybudget.queries"], a["querybudget.budget.outcome"])
		} else {
			fmt.Println(s.Name(), a["code.file.path"])
		}
	}
	fmt.Println(err)
	// Output:
	// sql.connector.connect example_test.go
	// SELECT books example_test.go
	// nightly 1 within
	// <nil>
}
