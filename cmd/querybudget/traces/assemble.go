package traces

import (
	"container/list"
	"time"

	"github.com/querybudget/querybudget/budget"
)

// Options are the optional parts of a [Judge]. The zero value is the default.
type Options struct {
	// MaxSpans is the number of spans that are kept while their traces are not whole.
	// Default: 250,000, which is about 200 MB of spans with long statements.
	MaxSpans int
	// Wait is how long a trace is waited for after its latest span, by the clock of the
	// spans. Default: a minute.
	Wait time.Duration
	// Budget returns the budget of a unit by its name. Nil gives none.
	Budget func(name string) budget.Budget
	// Rules are the thresholds of findings.
	Rules budget.Rules
	// Report takes the report of each unit. It must not be nil.
	Report func(*budget.Report)
}

// Stats says how much was seen: no finding is good news only if there was something to
// find.
type Stats struct {
	Spans     int64 `json:"spans"`
	Traces    int64 `json:"traces"`
	Units     int64 `json:"units"`
	Databases int64 `json:"database_spans"`
	// NoText are spans of databases without a statement, NotSQL those of other kinds of
	// databases. Neither is judged.
	NoText int64 `json:"without_statement"`
	NotSQL int64 `json:"not_sql"`
	// Inner are spans inside of the span of the same query, such as those of a driver
	// below an ORM.
	Inner int64 `json:"inner"`
	// Orphans are queries whose request is not among the spans: their parents are missing.
	Orphans int64 `json:"orphans"`
	// Late are spans that came after their trace was judged.
	Late int64 `json:"late"`
	// Unknown are queries with arguments that the spans do not hold.
	Unknown int64 `json:"arguments_unknown"`
}

// Judge puts the spans of a stream together to traces, and judges each unit of work in
// them. It is not safe for concurrent use.
type Judge struct {
	options Options
	Stats   Stats

	traces map[TraceID]*trace
	order  *list.List // of *trace, the one that waits longest first
	spans  int
	latest uint64

	judged  map[TraceID]bool // the latest ones
	forget  []TraceID        // in a ring
	next    int
	replays *replayer
}

// maxJudged is how many traces are remembered, to tell a late span from a new trace.
const maxJudged = 100_000

type trace struct {
	id      TraceID
	spans   []Span
	latest  uint64 // end of a span
	place   *list.Element
	touched time.Time
}

// NewJudge returns a judge that has seen nothing.
func NewJudge(o Options) *Judge {
	if o.MaxSpans <= 0 {
		o.MaxSpans = 250_000
	}
	if o.Wait <= 0 {
		o.Wait = time.Minute
	}
	return &Judge{
		options: o, traces: map[TraceID]*trace{}, order: list.New(), judged: map[TraceID]bool{}, replays: newReplayer(o),
	}
}

// Add takes a span. It judges traces that are whole by all that is known, and the oldest
// ones where there are too many.
func (j *Judge) Add(s *Span) error {
	j.Stats.Spans++
	t := j.traces[s.Trace]
	if t == nil {
		if j.judged[s.Trace] {
			j.Stats.Late++
		}
		t = &trace{id: s.Trace}
		t.place = j.order.PushBack(t)
		j.traces[s.Trace] = t
	} else {
		j.order.MoveToBack(t.place)
	}
	t.spans = append(t.spans, *s)
	t.latest, t.touched = max(t.latest, s.End), time.Now()
	j.latest = max(j.latest, s.End)
	for j.spans++; j.order.Len() > 0; {
		first := j.order.Front().Value.(*trace)
		if j.spans <= j.options.MaxSpans && first.latest+uint64(j.options.Wait) >= j.latest {
			break
		}
		j.end(first)
	}
	return nil
}

// EndIdle judges the traces of which no span has come for a time, of those that come live.
func (j *Judge) EndIdle(wait time.Duration) {
	for j.order.Len() > 0 {
		first := j.order.Front().Value.(*trace)
		if time.Since(first.touched) < wait {
			return
		}
		j.end(first)
	}
}

// End judges what is left.
func (j *Judge) End() {
	for j.order.Len() > 0 {
		j.end(j.order.Front().Value.(*trace))
	}
}

func (j *Judge) end(t *trace) {
	j.order.Remove(t.place)
	delete(j.traces, t.id)
	j.spans -= len(t.spans)
	j.Stats.Traces++
	j.remember(t.id)
	for _, u := range j.units(t.spans) {
		j.Stats.Units++
		report, unknown := j.replays.report(u)
		j.Stats.Unknown += unknown
		j.options.Report(report)
	}
}

func (j *Judge) remember(id TraceID) {
	if j.judged[id] {
		return
	}
	if len(j.forget) < maxJudged {
		j.forget = append(j.forget, id)
	} else {
		delete(j.judged, j.forget[j.next])
		j.forget[j.next] = id
		j.next = (j.next + 1) % maxJudged
	}
	j.judged[id] = true
}
