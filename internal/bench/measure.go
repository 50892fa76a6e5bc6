package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"time"
)

// perRequest is the number of operations of a request.
const perRequest = 20

// trial is a subject doing an operation.
type trial struct {
	subject subject
	db      *sql.DB
	run     func(context.Context, int) error
}

func newTrial(s subject, op operation, d driver.Driver, dsn string) (*trial, error) {
	t := &trial{subject: s, db: s.open(d, dsn)}
	t.db.SetMaxOpenConns(1)
	var err error
	if t.run, err = op.prepare(t.db); err == nil {
		err = t.block(2 * perRequest)
	}
	if err != nil {
		return nil, fmt.Errorf("%s, %s: %w", s.name, op.name, err)
	}
	return t, nil
}

// block does the operation so many times.
func (t *trial) block(times int) error {
	var ctx context.Context
	for n := range times {
		if n%perRequest == 0 {
			t.end(ctx)
			ctx = t.subject.request()
		}
		if err := t.run(ctx, n); err != nil {
			return err
		}
	}
	t.end(ctx)
	return nil
}

// end ends a request, if there was one.
func (t *trial) end(ctx context.Context) {
	if ctx != nil && t.subject.end != nil {
		t.subject.end(ctx)
	}
}

// result is what a subject adds to the first subject.
type result struct {
	name    string
	extra   time.Duration // median of the differences, for one operation
	low     time.Duration // their quartiles
	high    time.Duration
	allocs  float64 // more than the first subject's, for one operation
	bytes   float64
	perBare float64 // median of the ratios to the first subject
}

// to is the ratio to a peer, unless that one's median is no farther above 0 than the
// median of so many rounds may be by chance.
func (r result) to(peer result, rounds int) string {
	if chance := float64(peer.high-peer.low) / math.Sqrt(float64(rounds)); float64(peer.extra) <= chance {
		return "–"
	}
	return fmt.Sprintf("%.2f", float64(r.extra)/float64(peer.extra))
}

// compare measures the trials in alternating blocks, so that what else the machine
// does meets all of them.
func compare(trials []*trial, rounds, times int) ([]result, time.Duration, error) {
	took := make([][]float64, len(trials))
	order := rand.New(rand.NewPCG(1, 2))
	for range rounds {
		// In another order each time: what one leaves to the collector is paid by the
		// next.
		for _, at := range order.Perm(len(trials)) {
			began := time.Now()
			if err := trials[at].block(times); err != nil {
				return nil, 0, err
			}
			took[at] = append(took[at], float64(time.Since(began))/float64(times))
		}
	}
	var out []result
	baseAllocs, baseBytes := allocations(trials[0])
	for i, t := range trials {
		var differences, ratios []float64
		for round := range rounds {
			differences = append(differences, took[i][round]-took[0][round])
			ratios = append(ratios, took[i][round]/took[0][round])
		}
		allocs, bytes := allocations(t)
		out = append(out, result{
			name: t.subject.name, extra: time.Duration(quantile(differences, 0.5)), low: time.Duration(quantile(differences, 0.25)),
			high: time.Duration(quantile(differences, 0.75)), allocs: allocs - baseAllocs, bytes: bytes - baseBytes,
			perBare: quantile(ratios, 0.5),
		})
	}
	return out, time.Duration(quantile(took[0], 0.5)), nil
}

func quantile(values []float64, q float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[int(q*float64(len(sorted)-1))]
}

// allocations counts those of an operation, with its part of a request's.
func allocations(t *trial) (allocs, bytes float64) {
	const times = 100 * perRequest
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_ = t.block(times)
	runtime.ReadMemStats(&after)
	return float64(after.Mallocs-before.Mallocs) / times, float64(after.TotalAlloc-before.TotalAlloc) / times
}
