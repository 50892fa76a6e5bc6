package budgettest

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/statement"
)

// Growth says how a number grows with the size of the data.
type Growth uint8

const (
	// Constant does not grow, or no more from some size on.
	Constant Growth = iota
	// PerBatch grows by one for many rows: at most one for each ten of them, or for
	// each two where the statement asks for several at once; by one in all; or with the
	// logarithm of the data, as a tree does that is read level by level.
	PerBatch
	// Linear grows with the data.
	Linear
	// Quadratic grows faster than the data.
	Quadratic
)

// String returns "constant", "per batch", "linear" or "quadratic".
func (g Growth) String() string {
	switch g {
	case Constant:
		return "constant"
	case PerBatch:
		return "per batch"
	case Linear:
		return "linear"
	default:
		return "quadratic"
	}
}

// MarshalText implements [encoding.TextMarshaler].
func (g Growth) MarshalText() ([]byte, error) { return []byte(g.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (g *Growth) UnmarshalText(text []byte) error {
	for _, known := range []Growth{Constant, PerBatch, Linear, Quadratic} {
		if known.String() == string(text) {
			*g = known
			return nil
		}
	}
	return fmt.Errorf("budgettest: unknown growth %q", text)
}

// Series is a statement at a call site, at each size of the data.
type Series struct {
	Shape, Summary, Database string
	Kind                     statement.Kind
	CallSite                 callsite.CallSite
	// Queries and Rows (fetched) have an entry for each size.
	Queries, Rows []int64
	// QueryGrowth and RowGrowth say how they grow.
	QueryGrowth, RowGrowth Growth

	statement string // the same for all call sites of it
	batched   bool
	repair    string
}

// Grows accepts that a statement runs more often, or fetches more rows, as the
// data grows.
type Grows struct {
	// Shape is a shape as reports print it, a part of one, or a summary, as in
	// [Want.Runs].
	Shape string `json:"shape"`
	// Queries is the growth of its number that is accepted. Rows may always grow
	// with the data; Quadratic accepts more.
	Queries Growth `json:"queries"`
	Rows    Growth `json:"rows"`
	// Reason says why, for those who find it in the code. It is required.
	Reason string `json:"reason"`
}

// Accepts reports whether g is about a statement, and the growth of its number and of
// its rows is no more than what g accepts or [Scale] accepts of any.
func (g Grows) Accepts(s Series) bool {
	return s.is(g.Shape) && s.QueryGrowth <= max(g.Queries, PerBatch) && s.RowGrowth <= max(g.Rows, Linear)
}

// Fit tells how each statement grows over reports of the same code at growing
// sizes of the data. It returns an error if there are fewer than two sizes, if they
// do not grow, if there is not one report for each, or if one of the reports is
// nil or does not hold everything. Statements are told apart as in a report: by shape, call
// site and name of the database.
func Fit(sizes []int, reports []*budget.Report) ([]Series, error) {
	if err := checkSizes(sizes); err != nil {
		return nil, err
	}
	if len(reports) != len(sizes) {
		return nil, fmt.Errorf("budgettest: %d reports for %d sizes", len(reports), len(sizes))
	}
	var out []Series
	index := make(map[string]int)
	for n, report := range reports {
		if report == nil {
			return nil, fmt.Errorf("budgettest: the report for size %d is nil", sizes[n])
		}
		if report.Truncated.Grouped > 0 {
			return nil, fmt.Errorf(
				"budgettest: at size %d, %d queries were more than a report tells apart: use a smaller size",
				sizes[n],
				report.Truncated.Grouped,
			)
		}
		for i := range report.Groups {
			g := &report.Groups[i]
			key := seriesKey(g)
			at, known := index[key]
			if !known {
				at = len(out)
				index[key] = at
				out = append(out, Series{
					Shape: g.Shape, Summary: g.Summary, Database: g.Database, Kind: g.Kind, CallSite: g.CallSite(),
					Queries: make([]int64, len(sizes)), Rows: make([]int64, len(sizes)), statement: statementKey(g),
				})
			}
			s := &out[at]
			s.Queries[n] += g.Queries
			s.Rows[n] += g.Rows
			s.batched = s.batched || g.Batched
			s.repair = repairOf(report, g, s.repair)
		}
	}
	for i := range out {
		out[i].fit(sizes, out[i].batches())
	}
	return out, nil
}

func (s *Series) fit(sizes []int, batches float64) {
	s.QueryGrowth, s.RowGrowth = growth(sizes, s.Queries, batches), growth(sizes, s.Rows, perTen)
}

// batches is the growth for each row of a query for each batch.
func (s *Series) batches() float64 {
	if s.batched {
		return perTwo
	}
	return perTen
}

func checkSizes(sizes []int) error {
	if len(sizes) < 2 {
		return errors.New("budgettest: growth needs at least two sizes of the data, such as []int{1, 5, 25}")
	}
	for i, n := range sizes {
		if n <= 0 || i > 0 && n <= sizes[i-1] {
			return fmt.Errorf(
				"budgettest: the sizes %v do not grow: each must be more than the one before, and than 0",
				sizes,
			)
		}
	}
	return nil
}

// seriesKey identifies a group across reports.
func seriesKey(g *budget.Group) string {
	site := g.CallSite()
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s", statementKey(g), site)
	for _, outer := range site.Outer {
		b.WriteByte('\n')
		b.WriteString(outer.String())
	}
	return b.String()
}

// statementKey identifies the statement of a group across reports.
func statementKey(g *budget.Group) string { return fmt.Sprintf("%d\n%s", g.Fingerprint, g.Database) }

// repairOf returns what a finding says about a group: the latest, at the largest
// size, knows most.
func repairOf(report *budget.Report, g *budget.Group, known string) string {
	for f := range report.Statements() {
		loop := f.Kind == budget.NPlusOne || f.Kind == budget.WriteLoop || f.Kind == budget.Duplicate
		if loop && f.Shape == g.Shape && f.CallSite().String() == g.CallSite().String() {
			return f.Repair
		}
	}
	return known
}

func (s *Series) is(part string) bool {
	return matches(s.Shape, s.Summary, part)
}

func (s *Series) advice() string {
	switch {
	case s.repair != "":
		return s.repair
	case s.Kind == statement.Write:
		return "one statement for all rows would do"
	default:
		return "one query with IN or JOIN would do"
	}
}

func list(counts []int64) string {
	parts := make([]string, len(counts))
	for i, n := range counts {
		parts[i] = fmt.Sprint(n)
	}
	return strings.Join(parts, ", ")
}

func atSizes(sizes []int) string {
	parts := make([]int64, len(sizes))
	for i, n := range sizes {
		parts[i] = int64(n)
	}
	return "sizes " + list(parts)
}

// sortSeries puts what grows fastest first, and then what ran most.
func sortSeries(all []Series) {
	slices.SortStableFunc(all, func(a, b Series) int {
		if a.QueryGrowth != b.QueryGrowth {
			return int(b.QueryGrowth) - int(a.QueryGrowth)
		}
		return int(b.Queries[len(b.Queries)-1] - a.Queries[len(a.Queries)-1])
	})
}
