package main

import (
	"context"
	"database/sql"
	"database/sql/driver"

	"github.com/XSAM/otelsql"
	"github.com/ngrok/sqlmw"
	sqldblogger "github.com/simukti/sqldb-logger"
	uptrace "github.com/uptrace/opentelemetry-go-extra/otelsql"
	nhat "go.nhat.io/otelsql"
	noopmetric "go.opentelemetry.io/otel/metric/noop"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	nooptrace "go.opentelemetry.io/otel/trace/noop"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/exporters/otelbudget"
	"github.com/querybudget/querybudget/sqlwrap"
)

// subject is a way to use a driver.
type subject struct {
	name string
	open func(driver.Driver, string) *sql.DB
	// request starts a request, whose context the queries have, and end is what is done
	// with it at its end. Nil does nothing.
	request func() context.Context
	end     func(context.Context)
}

func background() context.Context { return context.Background() }

func recording() context.Context {
	ctx, _ := budget.NewContext(context.Background())
	return ctx
}

func enforcing() context.Context {
	ctx, r := budget.NewContext(context.Background())
	r.SetBudget(budget.Budget{Queries: 1000, Repeats: 1000, Duplicates: 1000, Mode: budget.Enforce})
	return ctx
}

// The subjects, of which the first is what the others are compared with.
const (
	bare      = "bare"
	control   = "bare, again"
	active    = "querybudget"
	counted   = "querybudget, and its totals"
	reported  = "querybudget, and its report"
	inactive  = "querybudget, no recorder"
	enforced  = "querybudget, enforced"
	floor     = "counting and timing by hand, nothing else"
	sqlmwNoop = "ngrok/sqlmw, no-op"
	otelNoop  = "XSAM/otelsql, no-op tracer"
	otelOff   = "XSAM/otelsql, sampled out"
	bothOff   = "querybudget with otelsql, sampled out"
)

func subjects() []subject {
	return []subject{
		{bare, openBare, background, nil},
		{control, openBare, background, nil},
		{active, openWrapped, recording, nil},
		{counted, openWrapped, recording, func(ctx context.Context) { budget.FromContext(ctx).Totals() }},
		{reported, openWrapped, recording, func(ctx context.Context) { budget.FromContext(ctx).Report() }},
		{inactive, openWrapped, background, nil},
		{enforced, openWrapped, enforcing, nil},
		{floor, openFloor, floorContext, nil},
		{sqlmwNoop, func(d driver.Driver, dsn string) *sql.DB {
			return openDriver(sqlmw.Driver(d, sqlmw.NullInterceptor{}), dsn)
		}, background, nil},
		{otelNoop, openOTel(nooptrace.NewTracerProvider()), background, nil},
		{otelOff, openOTel(sampledOut()), background, nil},
		{"XSAM/otelsql, sampling", openOTel(sdktrace.NewTracerProvider()), background, nil},
		{"querybudget with otelsql, no-op tracer", openBoth(nooptrace.NewTracerProvider()), recording, nil},
		{bothOff, openBoth(sampledOut()), recording, nil},
		{"querybudget with otelsql, sampling", openBoth(sdktrace.NewTracerProvider()), recording, nil},
		{"uptrace otelsql, no-op tracer", func(d driver.Driver, dsn string) *sql.DB {
			return uptrace.OpenDB(connectorOf(d, dsn), uptrace.WithTracerProvider(nooptrace.NewTracerProvider()), uptrace.WithMeterProvider(noopmetric.NewMeterProvider()))
		}, background, nil},
		{"nhatthm otelsql, no-op tracer", func(d driver.Driver, dsn string) *sql.DB {
			return openDriver(nhat.Wrap(d, nhat.AllowRoot(), nhat.WithTracerProvider(nooptrace.NewTracerProvider()), nhat.WithMeterProvider(noopmetric.NewMeterProvider())), dsn)
		}, background, nil},
		{"sqldb-logger, no logger", func(d driver.Driver, dsn string) *sql.DB { return sqldblogger.OpenDriver(dsn, d, noLogger{}) }, background, nil},
	}
}

// openFloor is for the fake driver alone.
func openFloor(d driver.Driver, _ string) *sql.DB {
	return sql.OpenDB(floorConnector{d.(fakeDriver)})
}

func openBare(d driver.Driver, dsn string) *sql.DB { return openDriver(d, dsn) }

func openWrapped(d driver.Driver, dsn string) *sql.DB {
	return sql.OpenDB(sqlwrap.Connector(connectorOf(d, dsn)))
}

// openOTel wraps with the options that otelbudget presets, but for its attributes.
func openOTel(tracer trace.TracerProvider) func(driver.Driver, string) *sql.DB {
	return func(d driver.Driver, dsn string) *sql.DB {
		return openDriver(otelsql.WrapDriver(d, append(providers(tracer), otelsql.WithSpanOptions(otelbudget.SpanOptions()))...), dsn)
	}
}

// openBoth wraps with otelsql below the account.
func openBoth(tracer trace.TracerProvider) func(driver.Driver, string) *sql.DB {
	return func(d driver.Driver, dsn string) *sql.DB {
		return sql.OpenDB(otelbudget.Connector(connectorOf(d, dsn), providers(tracer)...))
	}
}

func providers(tracer trace.TracerProvider) []otelsql.Option {
	return []otelsql.Option{otelsql.WithTracerProvider(tracer), otelsql.WithMeterProvider(noopmetric.NewMeterProvider())}
}

func sampledOut() trace.TracerProvider {
	return sdktrace.NewTracerProvider(sdktrace.WithSampler(sdktrace.NeverSample()))
}

func openDriver(d driver.Driver, dsn string) *sql.DB { return sql.OpenDB(connectorOf(d, dsn)) }

// connectorOf makes the connector that sql.Open would make.
func connectorOf(d driver.Driver, dsn string) driver.Connector {
	if dc, ok := d.(driver.DriverContext); ok {
		if c, err := dc.OpenConnector(dsn); err == nil {
			return c
		}
	}
	return dsnConnector{d, dsn}
}

type dsnConnector struct {
	driver driver.Driver
	dsn    string
}

func (c dsnConnector) Connect(context.Context) (driver.Conn, error) { return c.driver.Open(c.dsn) }
func (c dsnConnector) Driver() driver.Driver                        { return c.driver }

type noLogger struct{}

func (noLogger) Log(context.Context, sqldblogger.Level, string, map[string]any) {}
