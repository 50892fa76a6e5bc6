package budget

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/internal/oneline"
)

// ErrExceeded is what every [ExceededError] matches with [errors.Is].
var ErrExceeded = errors.New("query budget exceeded")

// Limit names a limit of a [Budget].
type Limit string

// The limits of a Budget.
const (
	LimitQueries    Limit = "queries"
	LimitWrites     Limit = "writes"
	LimitRepeats    Limit = "repeats"
	LimitDuplicates Limit = "duplicates"
	LimitNPlusOne   Limit = "n+1"
	LimitRows       Limit = "rows"
	LimitTime       Limit = "time"
)

// ExceededError says which limit was exceeded, by what. In mode [Enforce] it is
// the error of the refused query; in a report it is a part of the verdict.
// It is not changed after it was made and safe for concurrent use.
type ExceededError struct {
	// Limit is the limit that was exceeded.
	Limit Limit `json:"limit"`
	// Allowed is what the budget allows: a count, or nanoseconds for LimitTime.
	Allowed int64 `json:"allowed"`
	// Observed is what was seen, in the unit of Allowed. For a refused query it
	// includes that query.
	Observed int64 `json:"observed"`
	// Name is the name of the unit: "GET /authors/{id}", or a job's name. It is
	// empty when the unit has none.
	Name string `json:"name,omitempty"`
	// Summary and Shape are those of the query that crossed the line. They are
	// empty if it was not kept.
	Summary string `json:"summary,omitempty"`
	Shape   string `json:"shape,omitempty"`
	// Refused is set when the query was refused before it reached the database.
	Refused bool `json:"refused,omitempty"`

	stack *callsite.Stack
}

// CallSite is where the query came from that crossed the line.
func (e *ExceededError) CallSite() callsite.CallSite { return e.stack.CallSite() }

// Error names the limit, the unit, the query and its call site, in one line: what does
// not print in their names is escaped, as in Go's strings. It holds no literal and no
// argument value.
func (e *ExceededError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "budget: %s: %s allowed", e.Limit, e.amount(e.Allowed))
	if e.Refused && e.countsQueries() {
		fmt.Fprintf(&b, ", refused number %d", e.Observed)
	} else {
		fmt.Fprintf(&b, ", %s observed", e.amount(e.Observed))
	}
	if e.Name != "" {
		fmt.Fprintf(&b, " in %s", e.Name)
	}
	if e.Summary != "" {
		fmt.Fprintf(&b, ": %s", e.Summary)
	}
	if site := e.CallSite(); !site.IsZero() {
		fmt.Fprintf(&b, " at %s", site)
	}
	b.WriteString(": ")
	b.WriteString(e.advice())
	return oneline.Text(b.String())
}

func (e *ExceededError) countsQueries() bool {
	return e.Limit != LimitRows && e.Limit != LimitTime
}

func (e *ExceededError) amount(n int64) string { return e.Limit.amount(n) }

// amount prints a number of what l limits.
func (l Limit) amount(n int64) string {
	if l == LimitTime {
		return time.Duration(n).String()
	}
	return fmt.Sprint(n)
}

func (e *ExceededError) advice() string {
	switch e.Limit {
	case LimitRepeats:
		return "ask once for all (JOIN, IN), or raise Budget.Repeats"
	case LimitNPlusOne:
		return "ask once for all (JOIN, IN), or raise Budget.NPlusOne"
	case LimitDuplicates:
		return "keep the first result, or raise Budget.Duplicates"
	case LimitRows:
		return "page, filter or aggregate in SQL, or raise Budget.Rows"
	case LimitTime:
		return "look at the slowest query of the report, or raise Budget.Time"
	case LimitWrites:
		return "write several rows with one statement, or raise Budget.Writes"
	default:
		return "ask for less, or raise Budget.Queries"
	}
}

// Is makes errors.Is(err, ErrExceeded) true.
func (e *ExceededError) Is(target error) bool { return target == ErrExceeded }

// ErrorType returns "budget_exceeded", for the error.type attribute of
// OpenTelemetry and for metric labels: it is the same for every limit.
func (e *ExceededError) ErrorType() string { return "budget_exceeded" }
