// Bench measures what a query costs with querybudget, beside its peers, and writes
// docs/benchmarks.md. Compare ratios of one run: the machine is in every figure.
//
//	make bench
package main
