package explain

import (
	"fmt"
	"slices"
)

// Verdict says whether a table is read by an index, whatever the size of the data.
type Verdict string

// The verdicts, from the best one on. That of a statement is the worst of its tables.
const (
	// NoCondition is for a table that is read whole because nothing asks for a part of it.
	NoCondition Verdict = "no condition"
	// Indexed is for a table of which an index finds the rows.
	Indexed Verdict = "indexed"
	// Unknown is for what could not be judged, or depends on a value that is not known.
	Unknown Verdict = "unknown"
	// Unusable is for a table that is read whole although it has an index, because the
	// condition is written so that the index cannot be used, or so that no ordinary index can.
	Unusable Verdict = "index cannot be used"
	// NotIndexed is for a table that is read whole although a condition could narrow it: no
	// index begins with one of its columns.
	NotIndexed Verdict = "not indexed"
)

// IsFault reports whether a verdict means that a table is read whole in vain.
func (v Verdict) IsFault() bool { return v == NotIndexed || v == Unusable }

var ranks = []Verdict{NoCondition, Indexed, Unknown, Unusable, NotIndexed}

func worse(a, b Verdict) Verdict {
	if slices.Index(ranks, b) > slices.Index(ranks, a) {
		return b
	}
	return a
}

// Access is how a statement reads one table.
type Access struct {
	// Schema is empty where the database does not tell it. Alias is what the statement
	// calls the table.
	Schema, Relation, Alias string
	// Index is the index that is used, empty for none.
	Index   string
	Verdict Verdict
	// Columns are those that an index would have to begin with, one of them: those of
	// equality first. They may be expressions.
	Columns []string
	// Condition is the condition that reads the table whole, without literals.
	Condition string
	// Reason says why, for people: "no index begins with author_id".
	Reason string
	// Proposal is an index that would serve. Nil for none.
	Proposal *Proposal

	isServed bool     // by an index, as far as the catalogue tells
	together []string // the columns of an index that serves all that is asked
	equal    int      // how many of them, from the first, are equal to a value
	always   []constant
	order    []ordered // in which the first few rows are wanted
	prefix   bool      // the beginning of a text is asked for
	contents bool      // a part of a document, a list or a text is asked for
	untried  string    // why no index was tried
}

// String says it in a sentence: "reads all of books: no index begins with author_id".
func (a *Access) String() string {
	s := a.seen()
	if a.Proposal != nil {
		s += "; " + a.Proposal.String()
	}
	return s
}

// seen is the sentence without the proposal.
func (a *Access) seen() string {
	switch a.Verdict {
	case Indexed, NoCondition:
		return fmt.Sprintf("%s: %s", a.Relation, a.Verdict)
	case Unknown:
		return fmt.Sprintf("it is not known how %s is read: %s", a.Relation, a.Reason)
	}
	return fmt.Sprintf("reads all of %s: %s", a.Relation, a.Reason)
}

// repair says what to do.
func (a *Access) repair() string {
	switch {
	case a.Proposal != nil:
		return a.Proposal.String()
	case a.untried != "":
		return "an index, which was not tried: " + a.untried
	case a.Verdict == NotIndexed:
		return "an index of " + a.Relation + " that begins with " + list(a.Columns, "or")
	case a.Verdict == Unusable:
		return "write the condition so that an index can serve it, or make an index of its expression"
	}
	return "look at its plan with the values that it is used with"
}
