//go:build !race

package main

import (
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
)

// What a query may cost, so that a regression does not land unseen. Allocations are
// exact; times are ratios to a peer of the same run, with room for a noisy machine:
// measured were 0.5 allocations, 1.3 times the time of a query through sqlmw, and 0.4 of
// otelsql's; with a report for each 20 queries 1.8 allocations, 1.9 and 0.7.
func TestGuard(t *testing.T) {
	op := operations()[0]
	var trials []*trial
	for _, s := range subjects() {
		if !slices.Contains([]string{bare, active, reported, inactive, sqlmwNoop, otelNoop, otelOff, bothOff}, s.name) {
			continue
		}
		tr, err := newTrial(s, op, fakeDriver{}, "")
		if err != nil {
			t.Fatal(err)
		}
		defer tr.db.Close() //nolint:errcheck // a test
		trials = append(trials, tr)
	}
	results, _, err := compare(trials, 21, 1000)
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]result{}
	for _, r := range results {
		t.Logf("%-32s %.2f of bare's time, %+.2f allocations", r.name, r.perBare, r.allocs)
		named[r.name] = r
	}
	if r := named[inactive]; r.allocs > 0.1 || r.perBare > 2.5 {
		t.Errorf("without a recorder: %+v", r)
	}
	// With otelsql below, a query that no trace keeps costs the account, a context
	// and what stands on either side of otelsql: no attribute and no symbol.
	if r := named[bothOff]; r.allocs-named[otelOff].allocs > 4 || r.perBare > 3*named[otelOff].perBare {
		t.Errorf("with otelsql: %+v, otelsql alone %+v", r, named[otelOff])
	}
	if r := named[active]; r.allocs > 0.7 || r.perBare > 2.5*named[sqlmwNoop].perBare || r.perBare > named[otelNoop].perBare {
		t.Errorf("with a recorder: %+v, sqlmw %+v, otelsql %+v", r, named[sqlmwNoop], named[otelNoop])
	}
	if r := named[reported]; r.allocs > 1.8 || r.perBare > 1.3*named[otelNoop].perBare {
		t.Errorf("with a report: %+v, otelsql %+v", r, named[otelNoop])
	}
}

// What a query of pgx may allocate: nothing without a recorder, and with one what the
// account keeps of it. The times are in BenchmarkTracers.
func TestGuardOfPgx(t *testing.T) {
	allocations := func(i int) float64 {
		s := tracers[i]
		pool := poolFor(t, s.install)
		conn, err := pool.Acquire(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Release()
		tracer, ctx, n := conn.Conn().Config().Tracer, s.request(), 0
		data := pgx.TraceQueryStartData{SQL: "SELECT name FROM authors WHERE id = $1", Args: []any{7}}
		return testing.AllocsPerRun(100*perRequest, func() {
			if n++; n%perRequest == 0 {
				ctx = s.request()
			}
			tracer.TraceQueryEnd(tracer.TraceQueryStart(ctx, conn.Conn(), data), conn.Conn(), pgx.TraceQueryEndData{})
		})
	}
	for i, most := range map[int]float64{2: 0, 3: 1} {
		if n := allocations(i); n > most {
			t.Errorf("%s: %v allocations", tracers[i].name, n)
		}
	}
}
