package main

import (
	"context"
	"database/sql"
	"log/slog"
	"net/http"
	"time"

	"github.com/XSAM/otelsql"
	"github.com/go-chi/chi/v5"
	"github.com/jmoiron/sqlx"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/explain"
	"github.com/querybudget/querybudget/exporters/otelbudget"
	"github.com/querybudget/querybudget/exporters/panel"
	"github.com/querybudget/querybudget/exporters/slogbudget"
	"github.com/querybudget/querybudget/middleware"
	"github.com/querybudget/querybudget/sqlwrap"
)

// The code of the README and of docs/, which a test of the module's rules compares
// with this file.

// NewStore and the rest are the application's.
var (
	NewStore    func(*sqlx.DB) *sqlx.DB
	listAuthors func(*sqlx.DB) http.HandlerFunc
	buildReport func(context.Context) error
)

func readmeFirst(dsn string, logger *slog.Logger) (http.Handler, error) {
	db, err := sqlwrap.Open("pgx", dsn)      // an ordinary *sql.DB
	store := NewStore(sqlx.NewDb(db, "pgx")) // sqlx, sqlc, GORM, ent, bun: unchanged

	recent := panel.New(panel.Options{})
	r := chi.NewRouter()
	r.Use(middleware.Track(slogbudget.Reporter(logger), recent))
	r.With(middleware.Limit(budget.Budget{Queries: 3, Duplicates: budget.None})).Get("/authors", listAuthors(store))
	r.Mount("/debug/queries", recent)
	return r, err
}

func panelMount(r chi.Router, logger *slog.Logger) {
	recent := panel.New(panel.Options{})
	r.Use(middleware.Track(slogbudget.Reporter(logger), recent))
	r.Mount("/debug/queries", recent)
}

func panelPlans(r chi.Router, db *sql.DB) {
	recent := panel.New(panel.Options{Planner: explain.SQL(db)})
	tracked := middleware.Options{Bounds: budget.Bounds{Texts: true}} // plans need the texts
	r.Use(tracked.Track(recent))
}

func panelForColleagues(isColleague func(*http.Request) bool) *panel.Panel {
	return panel.New(panel.Options{
		Allow: func(r *http.Request) bool { return isColleague(r) }, // checks a session, not an address
	})
}

func panelEditor() *panel.Panel {
	return panel.New(panel.Options{Editor: panel.VSCode, Root: "/home/me/shop"})
}

func readmeBudget() budget.Budget {
	return budget.Budget{
		Queries:    10,              // how many
		Writes:     3,               // how many of them change data
		Repeats:    2,               // how often one statement from one line
		Duplicates: budget.None,     // reads that were answered before
		NPlusOne:   budget.None,     // loops of queries
		Rows:       500,             // fetched, by all together
		Time:       time.Second / 2, // spent in the database, wall clock
	}
}

func readmeAnswer(w http.ResponseWriter, err error) {
	if middleware.AnswerExceeded(w, err) { // 503 and a short text that names no internals
		return
	}
}

func readmeRun(ctx context.Context) error {
	err := budget.Run(ctx, "nightly report", budget.Budget{Queries: 100}, func(ctx context.Context) error {
		return buildReport(ctx)
	})
	return err
}

func docsSkip(dsn string) error {
	db, err := sqlwrap.Config{SkipPackages: []string{"example.com/shop/repository"}}.Open("pgx", dsn)
	_ = db
	return err
}

func docsAllow(ctx context.Context) context.Context {
	ctx = budget.Allow(ctx, budget.Allowance{Kind: budget.NPlusOne, Max: 20, Reason: "one per tenant, at most 20"})
	return ctx
}

func docsTelemetry(ctx context.Context, r chi.Router, dsn string) (func() error, error) {
	db, err := otelbudget.Open("pgx", dsn) // sqlwrap outside, otelsql inside
	if err != nil {
		return nil, err
	}
	metrics, err := otelbudget.NewMetrics(otel.GetMeterProvider())
	if err != nil {
		return nil, err
	}
	stop, err := metrics.Watch(ctx, db) // the pool, and queries without a recorder

	r.Use(otelhttp.NewMiddleware("shop")) // outside of Track, or around the router
	r.Use(middleware.Track(otelbudget.Spans(), metrics))
	return stop, err
}

func docsOtelsql() []otelsql.Option {
	return []otelsql.Option{
		otelsql.WithAttributesGetter(otelbudget.Attributes),
		otelsql.WithSpanNameFormatter(otelbudget.SpanName),
	}
}

var _ = []any{docsTelemetry, docsOtelsql, docsAllow, readmeFirst, readmeBudget, readmeAnswer, readmeRun, docsSkip, panelMount, panelPlans, panelForColleagues, panelEditor}
