package otelbudget

import (
	"database/sql"
	"database/sql/driver"
	"fmt"

	"github.com/XSAM/otelsql"
	semconv "go.opentelemetry.io/otel/semconv/v1.40.0"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/sqlwrap"
)

// Open opens a database like [sql.Open], with its queries counted and traced.
// Without options, otelsql takes the global tracer and meter providers. It panics
// if an option is nil.
func Open(driverName, dataSourceName string, opts ...otelsql.Option) (*sql.DB, error) {
	return sqlwrap.Config{Inner: Inner(opts...)}.Open(driverName, dataSourceName)
}

// Connector wraps c, for [sql.OpenDB]: see [Open]. It panics if c is nil.
func Connector(c driver.Connector, opts ...otelsql.Option) driver.Connector {
	if c == nil {
		panic("otelbudget: Connector of a nil driver.Connector")
	}
	return sqlwrap.Config{Inner: Inner(opts...)}.Connector(c)
}

// Inner is what [Open] and [Connector] use, for a database with a configuration:
//
//	db, err := sqlwrap.Config{Database: "replica", Inner: otelbudget.Inner()}.Open("pgx", dsn)
func Inner(opts ...otelsql.Option) func(driver.Connector) driver.Connector {
	for i, o := range opts {
		if o == nil {
			panic(fmt.Sprintf("otelbudget: option %d of otelsql is nil", i+1))
		}
	}
	return func(c driver.Connector) driver.Connector {
		all := append(presets(c), opts...)
		wrapped := otelsql.WrapDriver(connectorDriver{c}, all...)
		// otelsql wraps drivers and no connectors. This driver has one connector,
		// so that there is nothing in its name and no error.
		via, err := wrapped.(driver.DriverContext).OpenConnector("")
		if err != nil {
			panic("otelbudget: " + err.Error())
		}
		return via
	}
}

// SpanOptions are the span options that [Open] presets: no spans for the reset of
// pooled connections, none for the fetching of rows, which says nothing that the
// query's does not, no error status for a driver that wants a statement
// prepared, and no text of statements, whose shape [Attributes] tells. An
// option otelsql.WithSpanOptions replaces all of them, so change a copy:
//
//	o := otelbudget.SpanOptions()
//	o.OmitRows = false // a span for the fetching, too
//	db, err := otelbudget.Open("pgx", dsn, otelsql.WithSpanOptions(o))
func SpanOptions() otelsql.SpanOptions {
	return otelsql.SpanOptions{OmitConnResetSession: true, OmitRows: true, DisableErrSkip: true, DisableQuery: true}
}

// presets are the options that a caller's own ones come after.
func presets(c driver.Connector) []otelsql.Option {
	opts := []otelsql.Option{
		otelsql.WithSpanOptions(SpanOptions()),
		otelsql.WithDisableSkipErrMeasurement(true),
		otelsql.WithSpanNameFormatter(SpanName),
		otelsql.WithAttributesGetter(Attributes),
		otelsql.WithSpanErrorAttributesGetter(ErrorAttributes),
	}
	if a, ok := c.(interface{ Account() *budget.Database }); ok && a.Account().System() != "" {
		opts = append(opts, otelsql.WithAttributes(semconv.DBSystemNameKey.String(a.Account().System())))
	}
	return opts
}

// connectorDriver is a driver that has one connector.
type connectorDriver struct{ connector driver.Connector }

func (d connectorDriver) OpenConnector(string) (driver.Connector, error) { return d.connector, nil }

func (d connectorDriver) Open(name string) (driver.Conn, error) {
	return d.connector.Driver().Open(name)
}
