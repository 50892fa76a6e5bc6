package main

import (
	"context"
	"reflect"
	"runtime"
	"strings"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/internal/corpus/office/db"
)

// Case is a handler and its label.
type Case struct {
	About   string
	Run     func(ctx context.Context, d *db.DB)
	Want    []Want // nil: nothing is to be found
	Systems string // "" for all, or names with spaces between
	Hints   bool   // budget.Rules.Hints
	Bare    bool   // without TrackValues, as in production
	May     []Want // what may be found, or not: experts differ
}

// Want is a finding that has to be there.
type Want struct {
	Kind   budget.FindingKind
	Table  string // of the statement
	At     string // the function of the call site; "" is that of the case
	Parent string // the table of the parent; "none"; "" is not judged
	Proven bool
	// The rest is judged where it is set: details of what the finding says.
	Unproven bool   // two reads can be the parent, and neither is proven
	Count    int64  // executions, or repetitions
	Also     string // the table of another statement of the same loop
	Says     string // words of the repair
	Hides    string // words that the repair must not have
}

// name is that of the handler.
func (c *Case) name() string {
	return functionName(runtime.FuncForPC(reflect.ValueOf(c.Run).Pointer()).Name())
}

// title is the name, with what is special about the run.
func (c *Case) title() string {
	switch {
	case c.Bare && c.Hints:
		return c.name() + " (without values, with hints)"
	case c.Bare:
		return c.name() + " (without values)"
	case c.Hints:
		return c.name() + " (with hints)"
	}
	return c.name()
}

func functionName(full string) string { return full[strings.LastIndexByte(full, '.')+1:] }

func (c *Case) runsOn(system string) bool {
	return c.Systems == "" || strings.Contains(" "+c.Systems+" ", " "+system+" ")
}
