// Package profiles reads what exporters/pprofbudget writes with pprof's own code. It is a
// module of its own, so that nobody who uses querybudget gets pprof's dependencies.
package profiles
