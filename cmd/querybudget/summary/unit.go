package summary

import (
	"encoding/json"
	"slices"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/zerocode"
)

// Unit is a report as a watched program writes it.
type Unit struct {
	Test, Package string
	Endless       bool // all that a goroutine did, in one piece of work or many
	Start         bool // of TestMain
	SQLite        budget.SQLiteUse
	Opener        string           // the helper of tests that made the call, and opens a database
	Fixtures      bool             // what tests sent themselves
	Dropped       int64            // reports that nobody read in time, in place of one
	Asked         map[int][]uint32 // by group: numbers for its arguments
	Rows          map[int][]uint32 // and for the row that it asks for
	budget.Report
}

// UnmarshalJSON reads what belongs to the scan, and then the report: both are fields of one object.
func (u *Unit) UnmarshalJSON(text []byte) error {
	var head struct {
		Test, Package string
		Endless       bool
		Start         bool
		Opener        string
		SQLite        budget.SQLiteUse
		Fixtures      bool
		Dropped       int64
		Asked         map[int][]uint32
		Rows          map[int][]uint32 `json:"rows_asked"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return err
	}
	u.Test, u.Package, u.Endless, u.Start, u.Opener, u.SQLite = head.Test, head.Package, head.Endless, head.Start, head.Opener, head.SQLite
	u.Fixtures, u.Dropped, u.Asked, u.Rows = head.Fixtures, head.Dropped, head.Asked, head.Rows
	return json.Unmarshal(text, &u.Report)
}

// testCode tells frames of tests from those of the application.
type testCode struct{ zerocode.TestCode }

func (c testCode) has(f callsite.Frame) bool { return c.Has(f.Function, f.File) }

// application returns the frames below the test, from the inside out.
func (c testCode) application(site callsite.CallSite) []callsite.Frame {
	frames := site.Frames()
	if i := slices.IndexFunc(frames, c.has); i >= 0 {
		return frames[:i]
	}
	return frames
}
