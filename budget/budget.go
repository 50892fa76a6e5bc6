package budget

import (
	"errors"
	"fmt"
	"iter"
	"time"
)

// None is the limit that allows nothing at all. It is needed because a limit of
// zero is no limit.
const None = -1

// Mode says what happens at the limit.
type Mode uint8

const (
	// Observe lets every query through; the report says what went over. It is
	// the default.
	Observe Mode = iota
	// Enforce refuses the query that would go over, before it reaches the
	// database, with an [ExceededError].
	Enforce
)

// String returns "observe" or "enforce".
func (m Mode) String() string {
	if m == Enforce {
		return "enforce"
	}
	return "observe"
}

// MarshalText implements [encoding.TextMarshaler].
func (m Mode) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (m *Mode) UnmarshalText(text []byte) error {
	switch string(text) {
	case "observe":
		*m = Observe
	case "enforce":
		*m = Enforce
	default:
		return fmt.Errorf("budget: unknown mode %q", text)
	}
	return nil
}

// Budget is the most work that a unit may do. The zero value of each limit is
// no limit and [None] allows nothing, so the zero Budget limits nothing.
//
// COMMIT, ROLLBACK and closing rows, statements and connections are never
// refused.
type Budget struct {
	// Queries is the number of queries.
	Queries int `json:"queries,omitempty"`
	// Writes is the number of queries that change data.
	Writes int `json:"writes,omitempty"`
	// Repeats is how often one shape may run from one call site: 1 allows no
	// repetition. The calls of a function that calls itself are one call site. None is not valid, and taken for 1.
	Repeats int `json:"repeats,omitempty"`
	// Duplicates is the number of reads that ask again what was already
	// answered: same database, shape and arguments, and no write to their
	// tables in between.
	Duplicates int `json:"duplicates,omitempty"`
	// NPlusOne is the number of n+1 loops: statements that run over and over from
	// one call site with different arguments. In mode Enforce the execution with
	// which the next one becomes an n+1 is refused, and those after it.
	NPlusOne int `json:"n_plus_one,omitempty"`
	// Rows is the number of rows fetched by all queries together. How many rows
	// a query will return is not known beforehand: in mode Enforce the queries
	// after the one that went over are refused.
	Rows int `json:"rows,omitempty"`
	// Time is the wall-clock time during which at least one query was under way
	// ([Totals.WallTime]). In mode Enforce the queries after the one that went
	// over are refused.
	Time time.Duration `json:"time_ns,omitempty"`
	// Mode says what happens at the limit: Observe, the default, or Enforce.
	Mode Mode `json:"mode"`
}

// IsZero reports whether b limits nothing. The mode does not matter.
func (b Budget) IsZero() bool {
	b.Mode = Observe
	return b == Budget{}
}

// Validate returns an error that names the first limit which is neither
// positive, nor zero, nor [None]; a time below a microsecond, which no query keeps to and
// which is a number without its unit as a rule; or a mode that does not exist. A recorder
// takes a limit below None as None, and says so in [Verdict.Invalid].
func (b Budget) Validate() error {
	for limit, value := range b.all() {
		if value < None {
			return fmt.Errorf(
				"budget: the limit of %s is %s: use a positive number, 0 for no limit or budget.None",
				limit,
				limit.amount(value),
			)
		}
	}
	if b.Repeats == None {
		return errors.New(
			"budget: the limit of repeats is budget.None, which would allow no query at all: use 1 for no repetition",
		)
	}
	if b.Time > 0 && b.Time < time.Microsecond {
		return fmt.Errorf(
			"budget: the limit of time is %v: a bare number is nanoseconds, use %d*time.Millisecond or another unit",
			b.Time,
			b.Time.Nanoseconds(),
		)
	}
	if b.Mode > Enforce {
		return fmt.Errorf("budget: unknown mode %d: use budget.Observe or budget.Enforce", b.Mode)
	}
	return nil
}

// Limits calls yield for each limit that b has, with the number it allows: a count, or
// nanoseconds for LimitTime. None is 0.
func (b Budget) Limits() iter.Seq2[Limit, int64] {
	return func(yield func(Limit, int64) bool) {
		for limit, value := range b.all() {
			if n, limited := allowed(value); limited && !yield(limit, n) {
				return
			}
		}
	}
}

// all has every limit as it is written. It is the one list of them.
func (b *Budget) all() iter.Seq2[Limit, int64] {
	return func(yield func(Limit, int64) bool) {
		_ = yield(LimitQueries, int64(b.Queries)) && yield(LimitWrites, int64(b.Writes)) && yield(LimitRepeats, int64(b.Repeats)) &&
			yield(LimitDuplicates, int64(b.Duplicates)) && yield(LimitNPlusOne, int64(b.NPlusOne)) &&
			yield(LimitRows, int64(b.Rows)) &&
			yield(LimitTime, int64(b.Time))
	}
}

// allowed turns a limit as written into the number it allows, and says whether
// there is a limit at all.
func allowed(limit int64) (n int64, limited bool) {
	if limit < 0 {
		return 0, true
	}
	return limit, limit > 0
}

// allowedRepeats is allowed for [Budget.Repeats], where the first execution is
// no repetition.
func allowedRepeats(limit int) (n int64, limited bool) {
	n, limited = allowed(int64(limit))
	return max(n, 1), limited
}
