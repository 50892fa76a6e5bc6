package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	rounds := flag.Int("rounds", 31, "rounds of alternating blocks")
	times := flag.Int("times", 2000, "operations in a block")
	flag.Parse()
	if err := table(*rounds, *times); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func table(rounds, times int) error {
	for _, op := range operations() {
		var trials []*trial
		for _, s := range subjects() {
			t, err := newTrial(s, op, fakeDriver{}, "")
			if err != nil {
				return err
			}
			trials = append(trials, t)
		}
		results, base, err := compare(trials, rounds, times)
		if err != nil {
			return err
		}
		fmt.Printf("%s: bare %v\n", op.name, base)
		for _, r := range results[1:] {
			fmt.Printf("  %-32s %+7v (%v .. %v)  %.2fx  %.1f allocs %.0f B\n", r.name, r.extra, r.low, r.high, r.perBare, r.allocs, r.bytes)
		}
	}
	return nil
}
