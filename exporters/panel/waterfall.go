package panel

import (
	"cmp"
	"slices"
	"time"

	"github.com/querybudget/querybudget/budget"
)

// waterfall is the timeline of a unit of work: a line for each query that is kept, in the
// order in which they started. Positions are in percent of the width, and in pixels from
// the top.
type waterfall struct {
	Length time.Duration
	Bars   []bar
	Bands  []band
	Gaps   []gap
	Ticks  []tick
	Height int
	// Beside is spent on BEGIN, COMMIT, connects and prepares, whose places are not kept.
	Beside time.Duration
	// Unlisted is the number of queries for which there is no line.
	Unlisted int
}

// bar is one query: execution, and then the fetching of its rows.
type bar struct {
	Position             int64
	Label                string
	Y                    int
	Exec, Fetch          span
	Took, Start          time.Duration
	IsWrite, IsDuplicate bool
	Failed               string
	Open                 bool
}

// span is a part of the width.
type span struct{ X, Width float64 }

// band is a transaction: from its first query to the end of its last.
type band struct {
	Number    int
	At        span
	Y, Height int
	Took      time.Duration
}

// gap is time in which no query was under way: the application's own, or what is Beside.
type gap struct {
	At   span
	Took time.Duration
}

type tick struct {
	At    float64
	Label time.Duration
}

const (
	barHeight  = 20
	axisHeight = 24
	maxBars    = 500
	// minGap is the share of the length that a gap needs to be told.
	minGap = 0.02
)

// newWaterfall returns nil for a unit without queries.
func newWaterfall(r *budget.Report) *waterfall {
	n := min(len(r.Queries), maxBars)
	if n == 0 {
		return nil
	}
	queries := r.Queries[:n]
	w := &waterfall{Length: max(r.Duration, 1), Height: axisHeight + n*barHeight + 6, Unlisted: r.Truncated.Queries + len(r.Queries) - n}
	w.Beside = r.Totals.ConnectTime + r.Totals.PrepareTime + r.Totals.TransactionTime
	for i := range queries {
		w.Length = max(w.Length, endOf(&queries[i], r.Duration))
	}
	for i := range queries {
		w.Bars = append(w.Bars, w.bar(&queries[i], i, r.Duration))
	}
	w.transactions(queries)
	w.gaps(queries, r)
	w.ticks()
	return w
}

// endOf is when a query was over: rows that are open are so until now.
func endOf(q *budget.Query, now time.Duration) time.Duration {
	end := q.Start + q.Waited + q.Exec + q.Fetch
	if q.Open {
		return max(end, now)
	}
	return end
}

func (w *waterfall) percent(d time.Duration) float64 { return 100 * ratio(int64(d), int64(w.Length)) }

func (w *waterfall) span(from, to time.Duration) span {
	x := w.percent(from)
	return span{x, max(w.percent(to)-x, 0)}
}

func (w *waterfall) bar(q *budget.Query, i int, now time.Duration) bar {
	returned := q.Start + q.Waited + q.Exec
	end := endOf(q, now)
	return bar{
		Position: q.Position, Label: q.Summary, Y: axisHeight + i*barHeight, Took: end - q.Start, Start: q.Start,
		Exec: w.span(q.Start, returned), Fetch: w.span(returned, end),
		IsWrite: q.Kind.String() == "write", IsDuplicate: q.Duplicate, Failed: q.Failed, Open: q.Open,
	}
}

// transactions adds a band for each transaction that the unit began.
func (w *waterfall) transactions(queries []budget.Query) {
	type extent struct {
		from, to    time.Duration
		first, last int
	}
	seen := map[int]*extent{}
	var order []int
	for i := range queries {
		q := &queries[i]
		if q.Transaction <= 0 {
			continue
		}
		x := seen[q.Transaction]
		if x == nil {
			x = &extent{from: q.Start, first: i}
			seen[q.Transaction] = x
			order = append(order, q.Transaction)
		}
		x.to, x.last = max(x.to, endOf(q, 0)), i
	}
	for _, number := range order {
		x := seen[number]
		w.Bands = append(w.Bands, band{
			Number: number, At: w.span(x.from, x.to), Y: axisHeight + x.first*barHeight, Height: (x.last - x.first + 1) * barHeight, Took: x.to - x.from,
		})
	}
}

// gaps adds the times between queries that are long enough to be seen. After queries that
// are not listed nothing is known.
func (w *waterfall) gaps(queries []budget.Query, r *budget.Report) {
	byStart := slices.SortedFunc(slices.Values(queries), func(a, b budget.Query) int { return cmp.Compare(a.Start, b.Start) })
	var busyUntil time.Duration
	note := func(from, to time.Duration) {
		if float64(to-from) >= minGap*float64(w.Length) {
			w.Gaps = append(w.Gaps, gap{w.span(from, to), to - from})
		}
	}
	for i := range byStart {
		q := &byStart[i]
		if q.Start > busyUntil {
			note(busyUntil, q.Start)
		}
		busyUntil = max(busyUntil, endOf(q, r.Duration))
	}
	if w.Unlisted == 0 {
		note(busyUntil, r.Duration)
	}
}

// ticks adds four to eight marks at round times.
func (w *waterfall) ticks() {
	step := time.Duration(1)
	for step*8 < w.Length {
		step = nextStep(step)
	}
	for at := step; at < w.Length; at += step {
		w.Ticks = append(w.Ticks, tick{w.percent(at), at})
	}
}

// nextStep returns the round number after 1, 2 or 5 times a power of ten.
func nextStep(step time.Duration) time.Duration {
	first := step
	for first >= 10 {
		first /= 10
	}
	if first == 2 {
		return step / 2 * 5
	}
	return step * 2
}
