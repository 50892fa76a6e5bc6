package otelbudget

import (
	"context"
	"errors"
	"fmt"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.40.0"

	"github.com/querybudget/querybudget/budget"
)

const (
	rowsFromKey = attribute.Key("querybudget.loop.rows_from")
	// maxLoops is the number of loops that are observed, those that are sent most.
	maxLoops = 50
)

// WatchTraffic observes, until stop is called, the loops that requests show together though
// none of them need have many rows. Traffic has to be among the reporters as well.
//
//	querybudget.loop.queries   gauge  {query}   queries for each row, by db.query.summary, code.* of the line
//	                                            that sends them, and querybudget.loop.rows_from: the line that has the rows
//
// At most 50 loops are observed. It returns an error if traffic is nil.
func (m *Metrics) WatchTraffic(traffic *budget.Traffic) (stop func() error, err error) {
	if traffic == nil {
		return nil, errors.New("otelbudget: WatchTraffic of a nil *budget.Traffic")
	}
	loops, err := m.meter.Int64ObservableGauge("querybudget.loop.queries", metric.WithUnit("{query}"),
		metric.WithDescription("Queries that requests send for each row of another query"))
	if err != nil {
		return nil, err
	}
	registered, err := m.meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		observed := 0
		for _, c := range traffic.Findings() {
			if c.Parent != nil && observed < maxLoops {
				observed++
				o.ObserveInt64(loops, c.Each, metric.WithAttributes(loopLabels(&c)...))
			}
		}
		return nil
	}, loops)
	if err != nil {
		return nil, err
	}
	return registered.Unregister, nil
}

func loopLabels(c *budget.Covariation) []attribute.KeyValue {
	labels := []attribute.KeyValue{semconv.DBQuerySummary(c.Summary)}
	if from := c.Parent.CallSite(); !from.IsZero() {
		labels = append(labels, rowsFromKey.String(fmt.Sprintf("%s:%d", from.File, from.Line)))
	}
	return appendSite(labels, c.CallSite())
}
