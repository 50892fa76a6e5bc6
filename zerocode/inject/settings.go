package inject

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"strconv"
	"sync"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/exporters/slogbudget"
)

// settings are those of the process. They report what requests did.
type settings struct {
	on      bool
	log     string
	budgets map[string]budget.Budget
	sample  float64
}

// current returns the settings, which are read at the first use.
var current = sync.OnceValue(func() *settings {
	s, problems := read(os.Getenv)
	for _, p := range problems {
		slog.Error("querybudget: " + p.Error())
	}
	return s
})

const (
	logExceeded = "exceeded"
	logAll      = "all"
	logOff      = "off"
)

// read reads the settings from variables.
func read(variable func(string) string) (s *settings, problems []error) {
	s = &settings{on: variable("QUERYBUDGET") != "off", log: logExceeded, sample: 0.1}
	if v := variable("QUERYBUDGET"); v != "" && v != "on" && v != "off" {
		problems = append(problems, fmt.Errorf(`QUERYBUDGET is %q: "on" or "off" is meant`, v))
	}
	switch v := variable("QUERYBUDGET_LOG"); v {
	case "":
	case logExceeded, logAll, logOff:
		s.log = v
	default:
		problems = append(problems, fmt.Errorf(`QUERYBUDGET_LOG is %q: "exceeded", "all" or "off" is meant`, v))
	}
	if v := variable("QUERYBUDGET_SAMPLE"); v != "" {
		share, err := strconv.ParseFloat(v, 64)
		if err != nil || !(share >= 0 && share <= 1) {
			problems = append(problems, fmt.Errorf("QUERYBUDGET_SAMPLE is %q: a share from 0 to 1 is meant", v))
		} else {
			s.sample = share
		}
	}
	if v := variable("QUERYBUDGET_BUDGETS"); v != "" {
		budgets, err := readBudgets(v)
		if err != nil {
			problems = append(problems, fmt.Errorf("QUERYBUDGET_BUDGETS: %w: no route has a budget", err))
		}
		s.budgets = budgets
	}
	return s, problems
}

// readBudgets reads a file of budgets by route.
func readBudgets(name string) (budgets map[string]budget.Budget, err error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&budgets); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	for route, b := range budgets {
		switch err := b.Validate(); {
		case err != nil:
			return nil, fmt.Errorf("%s: %s: %w", name, route, err)
		case b.IsZero():
			return nil, fmt.Errorf("%s: %s: the budget limits nothing", name, route)
		case b.Mode == budget.Enforce:
			return nil, fmt.Errorf("%s: %s: budgets are observed here, enforcing needs middleware.Limit in the service", name, route)
		}
	}
	return budgets, nil
}

// detail decides whether the queries of a request are kept one by one.
func (s *settings) detail(*http.Request) bool { return rand.Float64() < s.sample } //nolint:gosec // a sample

// Report judges a request by the budget of its route, and logs it.
func (s *settings) Report(ctx context.Context, r *budget.Report) {
	if s.log == logOff {
		return
	}
	judged := *r
	if b, ok := s.budgets[r.Name]; ok {
		judged.Budget, judged.Verdict = b, b.Judge(r)
	}
	if s.log == logAll || judged.Verdict.Outcome == budget.Exceeded || judged.Verdict.Outcome == budget.Blocked {
		slogbudget.Reporter(slog.Default()).Report(ctx, &judged)
	}
}

// Needs says that a report is logged or judged, and that neither waits.
func (s *settings) Needs() budget.Needs { return budget.Needs{Quick: true} }
