package main

import (
	"context"
	"reflect"
	"runtime"
	"strings"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/internal/corpus/db"
)

// Case is a handler and its label.
type Case struct {
	About   string
	Run     func(ctx context.Context, d *db.DB)
	Want    []Want // nil: nothing is to be found
	Systems string // "" for all, or names with spaces between
	Hints   bool   // budget.Rules.Hints
	Bare    bool   // without TrackValues, as in production
}

// Want is a finding that has to be there.
type Want struct {
	Kind   budget.FindingKind
	Table  string // of the statement
	At     string // the function of the call site; "" is that of the case
	Parent string // the table of the parent; "none"; "" is not judged
	Proven bool
}

// name is that of the handler.
func (c *Case) name() string {
	return functionName(runtime.FuncForPC(reflect.ValueOf(c.Run).Pointer()).Name())
}

func functionName(full string) string { return full[strings.LastIndexByte(full, '.')+1:] }

func (c *Case) runsOn(system string) bool {
	return c.Systems == "" || strings.Contains(" "+c.Systems+" ", " "+system+" ")
}

func allCases() (all []Case) {
	for _, cases := range [][]Case{
		loopCases, recursionCases, parentCases, writeCases, duplicateCases, hintCases, setUpCases, libraryCases,
	} {
		all = append(all, cases...)
	}
	return all
}
