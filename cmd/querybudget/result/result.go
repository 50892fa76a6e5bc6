package result

import (
	"slices"
	"time"

	"github.com/querybudget/querybudget/budget"
)

// Result is what a run showed. Units and entries are sorted by name and by key.
type Result struct {
	// Version is that of this form, [Version].
	Version int    `json:"result"`
	Units   []Unit `json:"units"`
	// UnitIs is what people call a unit: "function" in a scan. Empty is "unit".
	UnitIs   string    `json:"unit_is,omitempty"`
	Entries  []*Entry  `json:"entries"`
	Packages []Package `json:"packages,omitempty"`
	// Partial says why not everything ran that usually does, such as "-run TestList".
	// Empty if nothing is known.
	Partial string `json:"partial,omitempty"`
	// Runs is the number of runs of the same code that were joined.
	Runs int `json:"runs"`
}

// Version is the version of the form of a result. It grows when a field changes its
// meaning or goes.
const Version = 1

// Unit is what ran: a route that tests checked, or a test, a job or a trace by itself.
type Unit struct {
	Name    string   `json:"name"`
	Package string   `json:"package,omitempty"`
	Tests   []string `json:"tests,omitempty"`
	// Reports is the number of reports of the unit.
	Reports int `json:"reports"`
	// Of several reports, the largest numbers. Repeats is how often one statement ran
	// from one call site.
	Queries    int64         `json:"queries"`
	Repeats    int64         `json:"repeats"`
	Rows       int64         `json:"rows"`
	Duplicates int64         `json:"duplicates"`
	Time       time.Duration `json:"time_ns"`
	// Findings is the number of findings that nobody allowed, hints apart.
	Findings int `json:"findings"`
	// Budget is what was used of each limit, at worst.
	Budget []budget.Use `json:"budget,omitempty"`
	// Failed is set if a check of it failed.
	Failed bool `json:"failed,omitempty"`
	// Untold is the number of queries for which reports had no room: what they did is
	// not known.
	Untold int64 `json:"untold,omitempty"`
}

// MostUsed returns the limit of which the largest part is used. It returns false for a
// unit without a budget.
func (u *Unit) MostUsed() (budget.Use, bool) {
	if len(u.Budget) == 0 {
		return budget.Use{}, false
	}
	return slices.MaxFunc(u.Budget, func(a, b budget.Use) int {
		// a.Observed/a.Allowed against b.Observed/b.Allowed, with nothing allowed last.
		x, y := share(a), share(b)
		switch {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return 0
	}), true
}

func share(u budget.Use) float64 {
	if u.Allowed == 0 {
		if u.Observed == 0 {
			return 0
		}
		return float64(u.Observed) * 1e9
	}
	return float64(u.Observed) / float64(u.Allowed)
}

// PackageState is what became of the tests of a package.
type PackageState string

// The states of packages. Only what ran to its end was judged.
const (
	Passed   PackageState = "ran"
	Failed   PackageState = "failed"
	Cached   PackageState = "cached"
	NoTests  PackageState = "no tests"
	Skipped  PackageState = "skipped"
	Unbuilt  PackageState = "did not build"
	Crashed  PackageState = "crashed"
	TimedOut PackageState = "timed out"
	Stopped  PackageState = "stopped"
)

// Ran reports whether all tests of the package were run to their end.
func (s PackageState) Ran() bool { return s == Passed || s == Failed || s == NoTests }

// Package says what became of the tests of a package.
type Package struct {
	Package string       `json:"package"`
	State   PackageState `json:"state"`
	// Skipped are tests that skipped themselves.
	Skipped []string `json:"skipped,omitempty"`
}

// Unit returns the unit of a name, nil if none ran.
func (r *Result) Unit(name string) *Unit {
	i, found := slices.BinarySearchFunc(r.Units, name, func(u Unit, name string) int {
		switch {
		case u.Name < name:
			return -1
		case u.Name > name:
			return 1
		}
		return 0
	})
	if !found {
		return nil
	}
	return &r.Units[i]
}

// Complaints returns the entries that are more than statements, as people want to read
// them.
func (r *Result) Complaints() []*Entry {
	var out []*Entry
	for _, e := range r.Entries {
		if e.IsComplaint() {
			out = append(out, e)
		}
	}
	slices.SortFunc(out, (*Entry).Compare)
	return out
}

// Failing returns the complaints that fail the gate.
func (r *Result) Failing() []*Entry {
	return slices.DeleteFunc(r.Complaints(), func(e *Entry) bool { return !e.Fails() })
}

// Incomplete says in a few words what did not run to its end, "" if everything that is
// known did.
func (r *Result) Incomplete() string {
	counts := map[PackageState]int{}
	for _, p := range r.Packages {
		switch {
		case !p.State.Ran():
			counts[p.State]++
		case len(p.Skipped) > 0:
			counts["with skipped tests"]++
		}
	}
	out := r.Partial
	for _, s := range []PackageState{Unbuilt, Crashed, TimedOut, Stopped, Cached, Skipped, "with skipped tests"} {
		if counts[s] > 0 {
			out = appended(out, count(counts[s], "package")+" "+string(s))
		}
	}
	return out
}

func appended(list, more string) string {
	if list == "" {
		return more
	}
	return list + ", " + more
}
