package main

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"sync"
	"time"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/exporters/slogbudget"
	"github.com/querybudget/querybudget/middleware"
)

// parallel returns how many times as fast two goroutines are as one, for a bare
// driver, with a recorder for each of them, and with one for both.
func parallel(rounds, times int) (bareScale, own, shared float64, err error) {
	scale := func(db *sql.DB, request func() context.Context, share bool) (float64, error) {
		run := func(goroutines int) (time.Duration, error) {
			var wg sync.WaitGroup
			errs := make([]error, goroutines)
			one := request()
			began := time.Now()
			for g := range goroutines {
				wg.Go(func() {
					ctx := one
					for n := range times {
						if !share && n%perRequest == 0 {
							ctx = request()
						}
						var id int64
						if err := db.QueryRowContext(ctx, oneRow, n).Scan(&id); err != nil {
							errs[g] = err
						}
					}
				})
			}
			wg.Wait()
			return time.Since(began), errs[0]
		}
		var ratios []float64
		for range rounds {
			one, err := run(1)
			if err != nil {
				return 0, err
			}
			two, err := run(2)
			if err != nil {
				return 0, err
			}
			ratios = append(ratios, 2*float64(one)/float64(two))
		}
		return quantile(ratios, 0.5), nil
	}
	bareDB, wrapped := openBare(fakeDriver{}, ""), openWrapped(fakeDriver{}, "")
	if bareScale, err = scale(bareDB, background, false); err != nil {
		return
	}
	if own, err = scale(wrapped, recording, false); err != nil {
		return
	}
	shared, err = scale(wrapped, recording, true)
	return
}

// million sends 10^6 queries in one request, and returns what its last 10^5 take in
// proportion to the first 10^5 of another one, in turns, and the memory that its
// recorder then holds, in bytes.
func million() (ratio float64, bytes int64, err error) {
	db := openWrapped(fakeDriver{}, "")
	db.SetMaxOpenConns(1)
	send := func(ctx context.Context, from, to int) (float64, error) {
		began := time.Now()
		for n := from; n < to; n++ {
			var id int64
			if err := db.QueryRowContext(ctx, oneRow, n).Scan(&id); err != nil {
				return 0, err
			}
		}
		return float64(time.Since(began)), nil
	}
	before := heap()
	old, fresh := recording(), recording()
	if _, err := send(old, 0, 900_000); err != nil {
		return 0, 0, err
	}
	var ratios []float64
	for part := range 100 {
		first, err := send(fresh, part*1000, (part+1)*1000)
		if err != nil {
			return 0, 0, err
		}
		last, err := send(old, 900_000+part*1000, 900_000+(part+1)*1000)
		if err != nil {
			return 0, 0, err
		}
		ratios = append(ratios, last/first)
	}
	bytes = (heap() - before) / 2 // of one of them
	runtime.KeepAlive(old)
	runtime.KeepAlive(fresh)
	return quantile(ratios, 0.5), bytes, nil
}

func heap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// reports returns what building a report of 20 queries takes, and building and
// logging it.
func reports() (build, logged time.Duration, err error) {
	db := openWrapped(fakeDriver{}, "")
	ctx, r := budget.NewContext(context.Background())
	for n := range perRequest {
		var id int64
		if err := db.QueryRowContext(ctx, fmt.Sprintf("SELECT c%d FROM books WHERE id = $1", n%5), n).Scan(&id); err != nil {
			return 0, 0, err
		}
	}
	reporter := slogbudget.Options{Level: slog.LevelInfo}.Reporter(slog.New(slog.NewJSONHandler(io.Discard, nil)))
	build = perOp(func() { r.Report() })
	logged = perOp(func() { reporter.Report(ctx, r.Report()) })
	return build, logged, nil
}

// track returns what Track adds to an empty handler, and its allocations.
func track() (extra time.Duration, allocs float64) {
	empty := http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})
	tracked := middleware.Track()(empty)
	request, w := httptest.NewRequest(http.MethodGet, "/authors", nil), httptest.NewRecorder()
	plain := perOp(func() { empty.ServeHTTP(w, request) })
	with := perOp(func() { tracked.ServeHTTP(w, request) })
	const times = 1000
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range times {
		tracked.ServeHTTP(w, request)
	}
	runtime.ReadMemStats(&after)
	return with - plain, float64((after.Mallocs - before.Mallocs) / times)
}

// perOp returns the median of several measurements of f.
func perOp(f func()) time.Duration {
	const times = 2000
	var took []float64
	for range 15 {
		began := time.Now()
		for range times {
			f()
		}
		took = append(took, float64(time.Since(began))/times)
	}
	return time.Duration(quantile(took, 0.5))
}

// handles returns the memory that a wrapped handle holds after three queries, in bytes
// more than a bare one, and what it takes to open and close either.
func handles() (held int64, opening, openingBare time.Duration, err error) {
	const many = 200
	hold := func(open func() *sql.DB) (int64, error) {
		before := heap()
		all := make([]*sql.DB, many)
		for i := range all {
			all[i] = open()
			for n := range 3 {
				var id int64
				if err := all[i].QueryRowContext(recording(), statements[n], n).Scan(&id); err != nil {
					return 0, err
				}
			}
		}
		after := heap()
		for _, db := range all {
			_ = db.Close()
		}
		return (after - before) / many, nil
	}
	wrapped := func() *sql.DB { return openWrapped(fakeDriver{}, "") }
	bare := func() *sql.DB { return openBare(fakeDriver{}, "") }
	with, err := hold(wrapped)
	if err != nil {
		return 0, 0, 0, err
	}
	without, err := hold(bare)
	if err != nil {
		return 0, 0, 0, err
	}
	return with - without, perOp(func() { _ = wrapped().Close() }), perOp(func() { _ = bare().Close() }), nil
}
