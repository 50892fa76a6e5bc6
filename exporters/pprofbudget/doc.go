// Package pprofbudget serves the queries of a service as a profile: "go tool pprof" shows
// which handler, function and line sends them, what they take, and how many of them a
// repair would save.
//
//	queries := pprofbudget.New(pprofbudget.Options{})
//	r.Use(middleware.Track(queries))
//	r.Handle("/debug/pprof/queries", queries)
//
//	go tool pprof -http=: http://localhost:8080/debug/pprof/queries
//
// # What is in it
//
// A stack is that of the application's functions, with the shape of the statement as its
// leaf. Samples have four values: queries (the default), time in the database, rows, and
// wasted, which are the queries that findings say could be saved. Labels are route,
// statement, database and finding: -tagroot=route makes a flame graph that begins with
// routes. There are no argument values or literals in it, and no folders of the machine
// that built the program.
//
// # Over which time
//
// Without a parameter the profile counts from the start of the process. With ?seconds=30
// it is what was added in that time, which is what continuous profilers ask for.
//
// # Bounds
//
// [Options.Stacks] bounds the entries. What has no room is added up in one entry
// "(other)", so totals are right, and no entry is ever dropped, so differences are never
// negative.
package pprofbudget
