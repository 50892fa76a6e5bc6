package traces

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/querybudget/querybudget/budget"
)

// Budgets are limits by the name of a route: "GET /authors/{id}". That of "*" holds for
// those that have none.
type Budgets map[string]budget.Budget

// ReadBudgets reads a file such as
//
//	{"GET /authors": {"queries": 3, "n_plus_one": -1}, "*": {"queries": 50}}
//
// with the names of the fields of [budget.Budget] in JSON; -1 is none allowed.
func ReadBudgets(name string) (Budgets, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var out Budgets
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&out); err != nil {
		line := 1 + bytes.Count(text[:min(d.InputOffset(), int64(len(text)))], []byte("\n"))
		return nil, fmt.Errorf("%s:%d: %w", name, line, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: there is more than one object", name)
	}
	for route, b := range out {
		if err := b.Validate(); err != nil {
			return nil, fmt.Errorf("%s: %q: %w", name, route, err)
		}
		b.Mode = budget.Observe // what has happened cannot be refused
		out[route] = b
	}
	return out, nil
}

// Of returns the budget of a route.
func (b Budgets) Of(name string) budget.Budget {
	if own, ok := b[name]; ok {
		return own
	}
	return b["*"]
}
