// Package panel is a web page that shows what each request did to its database: its
// queries by statement and line, what repeats and why, its budget, and its timeline.
//
//	recent := panel.New(panel.Options{})
//	r.Use(middleware.Track(recent))
//	r.Mount("/debug/queries", recent)
//
// A [Panel] is a [budget.Reporter] that keeps recent reports in memory, and an
// [http.Handler] that shows them. It has no part in other languages and loads nothing
// from anywhere.
//
// # Who may see it
//
// Without [Options.Allow] a panel answers only browsers on its own machine, by a name
// that nobody else can own, and refuses what came through a proxy. So it may stay in the
// code; docs/panel.md in the repository says how to open it to colleagues.
//
// # What it keeps
//
// The latest 500 reports, and 32 MB of them at most ([Options]). Nothing is written
// anywhere. Argument values and texts as sent are shown where the database handle keeps
// them (sqlwrap.Config.Arguments), and are in no JSON.
//
// # What it costs
//
// A unit of work that is shown needs its whole report, and one lock that is held for as
// long as it takes to store a pointer. Everything else is done when somebody looks.
package panel
