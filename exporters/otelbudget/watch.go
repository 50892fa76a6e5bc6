package otelbudget

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/XSAM/otelsql"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.40.0"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/sqlwrap"
)

// Watch observes a database handle until stop is called: what ran on it in contexts
// without a recorder, and the state of its pool, by
// [otelsql.RegisterDBStatsMetrics].
//
//	querybudget.unattributed.queries   counter  {query}  by db.system.name and querybudget.database
//	querybudget.unattributed.errors    counter  {query}
//	db.sql.connection.*                see otelsql
//
// It borrows a connection for a moment, and returns an error if db is nil, was not
// opened with this package or sqlwrap, or cannot connect before ctx ends. Two
// handles of one process need names to be told apart: [sqlwrap.Config.Database].
func (m *Metrics) Watch(ctx context.Context, db *sql.DB) (stop func() error, err error) {
	if db == nil {
		return nil, errors.New("otelbudget: Watch of a nil *sql.DB")
	}
	account, err := sqlwrap.Database(ctx, db)
	if err != nil {
		return nil, fmt.Errorf("otelbudget: Watch: %w", err)
	}
	labels := databaseLabels(account)
	pool, err := otelsql.RegisterDBStatsMetrics(
		db,
		otelsql.WithMeterProvider(m.provider),
		otelsql.WithAttributes(labels...),
	)
	if err != nil {
		return nil, err
	}
	set := metric.WithAttributeSet(attribute.NewSet(labels...))
	queries, err := m.meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		u := account.Unattributed()
		o.ObserveInt64(m.unattributed, u.Queries, set)
		o.ObserveInt64(m.unattributedErr, u.Errors, set)
		return nil
	}, m.unattributed, m.unattributedErr)
	if err != nil {
		return nil, errors.Join(err, pool.Unregister())
	}
	return func() error { return errors.Join(queries.Unregister(), pool.Unregister()) }, nil
}

func databaseLabels(d *budget.Database) []attribute.KeyValue {
	var labels []attribute.KeyValue
	if d.System() != "" {
		labels = append(labels, semconv.DBSystemNameKey.String(d.System()))
	}
	if d.Name() != "" {
		labels = append(labels, DatabaseKey.String(d.Name()))
	}
	return labels
}
