// Package result holds what a run of tests, a scan or traces showed, in one form for all
// that is made of it: tables, comparisons, baselines and the formats of hosts.
//
// A [Collector] makes a [Result] of reports, [Read] of files that hold them. An [Entry]
// is keyed by what people recognise and what code that moves does not change: the route or
// test, the function, the shape of the statement.
package result
