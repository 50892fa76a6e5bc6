// Package corpus has labelled cases of what the rules of findings must find, and of
// its near neighbours, which they must leave alone. It runs them on real databases and
// counts how often the rules are right, by kind.
//
// A label is written before its case is run, by what somebody who knows databases would
// sign. A case that fails keeps its label: the rules are what has to change.
package corpus

import (
	"context"
	"slices"

	"github.com/querybudget/querybudget/budget"
)

// Case is a piece of an application and what there is to be found in it.
type Case struct {
	Name  string
	About string // why it is labelled as it is
	// Systems are those where the case makes sense: sqlite, postgres, mysql. Empty: all.
	Systems []string
	// Values is set where nothing but the values of rows tells: package pgxwrap sees none.
	Values bool
	// Hints is for what is found with [budget.Rules.Hints] alone.
	Hints Hints
	// SQLite says what SQLite is to the application.
	SQLite budget.SQLiteUse
	// Setup makes the tables, see [Env.SQL]. It is outside of the unit.
	Setup []string
	Run   func(ctx context.Context, e *Env) error
	Want  []Want
	// Same compares the rows of a proposed statement with those of the loop. Nil: the
	// statement has to be valid, and no more.
	Same func(ctx context.Context, e *Env, proposed string) error
}

// Hints says which hints a case is judged by.
type Hints uint8

const (
	// OwnKinds are the kinds that are hints as such. What else is found is what is found without hints.
	OwnKinds Hints = iota
	// AllHints are also hints of kinds that are found without them, such as of a write-loop.
	AllHints
	// NoHints is for cases about what is off by default.
	NoHints
)

// Want is the label of a finding.
type Want struct {
	Kind  budget.FindingKind
	Func  string // how the name of the function at the call site ends
	Table string // of the statement; of one of them where a loop sends several
	// Parent is the table of the parent, "none" where there must be none. Empty: it is
	// not judged.
	Parent string
	Proven bool // it must be proven
	// Also are the verbs of the other statements that it names, in their order. Nil: they
	// are not judged.
	Also []string
}

// none is the label of a finding without a parent.
const none = "none"

// reads are the verbs beside those of a loop that reads a row, and writes one: it is one finding.
var reads = []string{"SELECT"}

// All are the cases.
func All() []Case {
	return slices.Concat(loops(), fewRows(), trees(), batches(), parents(), lookUps(), keys(), duplicates(), writes(), newIDs(), workers(), hints(), setUps(), ofSQLX(), ofGORM(), ofBun(), others(), hospital(), freight(), carsharing(), learning(), warehouse(), ticketing(), lbLibrary(), pmProperty(), slLeague(), htHotel())
}

// runsOn reports whether a case makes sense on a system.
func (c *Case) runsOn(system string) bool {
	return len(c.Systems) == 0 || slices.Contains(c.Systems, system)
}
