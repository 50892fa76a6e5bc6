//go:build !race

package main

import (
	"slices"
	"testing"
)

// What a query may cost, so that a regression does not land unseen. Allocations are
// exact; times are ratios to a peer of the same run, with room for a noisy machine:
// measured were 1.4 times the time of a query through sqlmw, and 0.6 of otelsql's.
func TestGuard(t *testing.T) {
	op := operations()[0]
	var trials []*trial
	for _, s := range subjects() {
		if !slices.Contains([]string{bare, active, inactive, sqlmwNoop, otelNoop}, s.name) {
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
	if r := named[active]; r.allocs > 1.6 || r.perBare > 3*named[sqlmwNoop].perBare || r.perBare > 1.2*named[otelNoop].perBare {
		t.Errorf("with a recorder: %+v, sqlmw %+v, otelsql %+v", r, named[sqlmwNoop], named[otelNoop])
	}
}
