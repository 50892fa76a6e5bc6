package panel

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/statement"
)

const ms = time.Millisecond

func query(position int64, start, exec, fetch time.Duration, transaction int) budget.Query {
	return budget.Query{
		Statement: &statement.Statement{Summary: "SELECT books", Kind: statement.Read},
		Position:  position, Start: start, Exec: exec, Fetch: fetch, Transaction: transaction,
	}
}

func TestWaterfall(t *testing.T) {
	w := newWaterfall(&budget.Report{
		Duration: 100 * ms, Totals: budget.Totals{TransactionTime: 5 * ms, ConnectTime: 2 * ms},
		Queries: []budget.Query{
			query(1, 10*ms, 10*ms, 5*ms, 0),
			query(2, 20*ms, 20*ms, 0, 1), // in parallel with the first
			query(3, 40*ms, 10*ms, 0, 0), // beside the transaction
			query(4, 60*ms, 10*ms, 10*ms, 1),
		},
	})
	if len(w.Bars) != 4 || w.Bars[0].Exec != (span{10, 10}) || w.Bars[0].Fetch != (span{20, 5}) || w.Bars[3].Y != axisHeight+3*barHeight {
		t.Errorf("bars %+v", w.Bars)
	}
	if len(w.Bands) != 1 || w.Bands[0].At != (span{20, 60}) || w.Bands[0].Y != axisHeight+barHeight || w.Bands[0].Height != 3*barHeight {
		t.Errorf("bands %+v", w.Bands)
	}
	want := []gap{{span{0, 10}, 10 * ms}, {span{50, 10}, 10 * ms}, {span{80, 20}, 20 * ms}}
	if len(w.Gaps) != len(want) {
		t.Fatalf("gaps %+v", w.Gaps)
	}
	for i := range want {
		if got := w.Gaps[i]; got.Took != want[i].Took || math.Abs(got.At.X-want[i].At.X)+math.Abs(got.At.Width-want[i].At.Width) > 1e-9 {
			t.Errorf("gap %+v, want %+v", got, want[i])
		}
	}
	if w.Beside != 7*ms {
		t.Errorf("%v beside queries", w.Beside)
	}
}

// Rows that are open are being fetched until now; what is not listed leaves no gap at the
// end; a report of a moment has a length all the same.
func TestWaterfallOfWhatIsNotWhole(t *testing.T) {
	open := query(1, 10*ms, 10*ms, 0, 0)
	open.Open = true
	w := newWaterfall(&budget.Report{Duration: 100 * ms, Queries: []budget.Query{open}})
	if w.Bars[0].Fetch != (span{20, 80}) || len(w.Gaps) != 1 {
		t.Errorf("%+v, gaps %+v", w.Bars[0], w.Gaps)
	}
	w = newWaterfall(&budget.Report{Duration: 100 * ms, Queries: []budget.Query{query(1, 0, 10*ms, 0, 0)}, Truncated: budget.Truncated{Queries: 5}})
	if len(w.Gaps) != 0 || w.Unlisted != 5 {
		t.Errorf("gaps %+v, %d unlisted", w.Gaps, w.Unlisted)
	}
	if w := newWaterfall(&budget.Report{}); w != nil {
		t.Errorf("%+v of nothing", w)
	}
	w = newWaterfall(&budget.Report{Queries: []budget.Query{query(1, 0, 0, 0, 0)}})
	if w.Length <= 0 || math.IsNaN(w.Bars[0].Exec.Width) {
		t.Errorf("%+v", w)
	}
}

func TestTicks(t *testing.T) {
	for length, first := range map[time.Duration]time.Duration{
		1: 1, 8: 1, 9: 2, 100: 20, 951 * time.Microsecond: 200 * time.Microsecond, 1350 * time.Microsecond: 200 * time.Microsecond, 3 * time.Second: 500 * ms, 40 * time.Second: 5 * time.Second, time.Hour: 500 * time.Second,
	} {
		w := waterfall{Length: length}
		w.ticks()
		if len(w.Ticks) > 8 || length > 1 && (len(w.Ticks) == 0 || w.Ticks[0].Label != first) {
			t.Errorf("%v: %+v", length, w.Ticks)
		}
	}
}

func TestText(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0", -1: "0", 999: "999 ns", 1500: "1.50 µs", 41200: "41.2 µs", 9999: "10.0 µs", 412 * time.Microsecond: "412 µs", 3210 * time.Microsecond: "3.21 ms", 1050 * ms: "1.05 s", 123 * time.Second: "2m3s",
	} {
		if got := duration(d); got != want {
			t.Errorf("%d: %q, want %q", d, got, want)
		}
	}
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567", -1234: "-1,234", -123: "-123"} {
		if got := number(n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
	for n, want := range map[int64]string{1: "1 query", 2: "2 queries"} {
		if got := count(n, "query"); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := spreadOf([]int64{20, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19}); got != (spread{10, 19, 20}) {
		t.Errorf("%+v", got)
	}
	if got := spreadOf([]int64{7}); got != (spread{7, 7, 7}) {
		t.Errorf("%+v", got)
	}
}

// Queries that are not kept one by one are counted in their groups.
func TestUnlisted(t *testing.T) {
	r := reportOf(1, 2)
	r.Groups[0].Queries = 5
	if got := groupsOf(r)[0]; got.Unlisted != 3 || len(got.Queries) != 2 {
		t.Errorf("%d unlisted, %d listed", got.Unlisted, len(got.Queries))
	}
}

func TestSpark(t *testing.T) {
	limit := []limitLine{{Limit: budget.LimitRows, Allowed: 1}, {Limit: budget.LimitQueries, Allowed: 20}}
	got := spark([]int64{0, 10, 20}, limit)
	if got.Points != "2.0,22.0 50.0,12.0 98.0,2.0" || got.Last != "98.0,2.0" || got.Limit != "2.0" {
		t.Errorf("%+v", got)
	}
	if got := spark([]int64{4}, nil); got.Points != "2.0,2.0 98.0,2.0" || got.Limit != "" {
		t.Errorf("%+v", got)
	}
	if got := spark([]int64{40}, limit); got.Limit != "12.0" {
		t.Errorf("a limit below the curve: %+v", got)
	}
}

func TestValue(t *testing.T) {
	type id int
	for _, test := range []struct {
		value any
		want  string
	}{
		{nil, "NULL"}, {"it's \"x\"", `'it''s "x"'`}, {[]byte("a\x00b"), `'a\x00b'`}, {id(7), "7"}, {uint8(7), "7"}, {true, "true"}, {1.5, "1.5"},
		{time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), "2026-01-02T03:04:05Z"}, {new(int), "(*int)"}, {strings.Repeat("x", 250), "'" + strings.Repeat("x", 200) + "' … 50 bytes more"},
	} {
		if got := value(test.value); got != test.want {
			t.Errorf("%v: %s, want %s", test.value, got, test.want)
		}
	}
	if got := sent(strings.Repeat("x", maxSQL/2+2048), nil); !strings.HasSuffix(got, "\n-- … 2.00 KB more") {
		t.Errorf("%s", got[maxSQL/2-10:])
	}
	if got := sent("SELECT 1", make([]any, 60)); strings.Count(got, "NULL") != 50 || !strings.HasSuffix(got, "… 10 values more") {
		t.Errorf("%s", got)
	}
}
