package budget

import "context"

// Reporter takes finished reports somewhere: a log, a metric, a page. Report is
// called once for each unit of work, from many goroutines at a time. The
// context carries the values of the unit's context, but is not cancelled with
// it. The report is shared with other reporters and must not be changed.
//
// A Reporter should return quickly and hand slow work to a goroutine of its
// own. See [Delivery] for what happens when it does not.
type Reporter interface {
	Report(context.Context, *Report)
}

// ReporterFunc is a function that serves as a [Reporter].
type ReporterFunc func(context.Context, *Report)

// Report calls f.
func (f ReporterFunc) Report(ctx context.Context, r *Report) { f(ctx, r) }

// Needs says what a [Reporter] needs of reports. The zero value is what a reporter
// gets that does not say: everything, once, when the unit has ended.
type Needs struct {
	// Content is what has to be in a report. A unit gets a report that has what all
	// of its reporters need.
	Content Content
	// Running asks for reports of units that go on, too: of stage [Running], after
	// [Delivery.RunningAfter] and each time the unit has run twice as long; and once a
	// limit of its budget was crossed, and each time that twice as much is observed. Units
	// are looked at once a second: of one that ends before, the final report says it. They
	// are part of the final report: who adds up must not ask. Repeats and NPlusOne are
	// judged while the unit runs in mode [Enforce] only.
	Running bool
	// Late asks for reports of what a unit did after its final one, of stage [Late].
	// Final and late reports add up to all that it did.
	Late bool
	// Quick says that the reporter waits for nothing, or for nothing that the
	// application does not wait for in the same way. Where all reporters are quick, a
	// unit calls them by itself: that saves waking a goroutine, which takes 1 µs under
	// load and 10 µs and more on an idle machine.
	Quick bool
}

// Content is how much of a report somebody needs.
type Content uint8

const (
	// Everything is totals, verdict, findings, groups and queries.
	Everything Content = iota
	// WhatIsFound is totals and verdict, and everything of a unit that went over its
	// budget or in which a rule may have found something.
	WhatIsFound
	// TotalsOnly is totals and verdict.
	TotalsOnly
)

// NeedyReporter is a [Reporter] that says what it needs. Needs is asked once, before the
// first unit of work.
type NeedyReporter interface {
	Reporter
	Needs() Needs
}

// LiveReporter is a [Reporter] that looks at units while they run, when it likes: a
// page, an alarm. Watch is called once, before the first unit of work, with a function
// that returns the recorders of those that run now. The function is safe for concurrent
// use.
type LiveReporter interface {
	Reporter
	Watch(live func() []*Recorder)
}

func needsOf(r Reporter) Needs {
	if n, ok := r.(NeedyReporter); ok {
		return n.Needs()
	}
	return Needs{}
}
