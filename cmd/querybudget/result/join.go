package result

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// Join makes one result of several runs of the same code. Counts that differ are a range:
// an entry that a run did not have is 0 in it.
func Join(runs []*Result) *Result {
	if len(runs) == 1 {
		return runs[0]
	}
	out := &Result{Version: Version, Units: []Unit{}, Entries: []*Entry{}}
	units, entries, packages := map[string]*Unit{}, map[Key]*Entry{}, map[string]*Package{}
	seen := map[Key]int{}
	for _, r := range runs {
		out.Runs += r.Runs
		if r.Partial != "" && !strings.Contains(out.Partial, r.Partial) {
			out.Partial = appended(out.Partial, r.Partial)
		}
		for i := range r.Units {
			joinUnit(units, r.Units[i])
		}
		for _, e := range r.Entries {
			joinEntry(entries, *e)
			seen[e.Key]++
		}
		for _, p := range r.Packages {
			joinPackage(packages, p)
		}
	}
	for key, e := range entries {
		if seen[key] < len(runs) {
			e.Least = 0
		}
	}
	for _, name := range slices.Sorted(maps.Keys(units)) {
		out.Units = append(out.Units, *units[name])
	}
	for _, key := range slices.SortedFunc(maps.Keys(entries), Key.Compare) {
		out.Entries = append(out.Entries, entries[key])
	}
	for _, name := range slices.Sorted(maps.Keys(packages)) {
		out.Packages = append(out.Packages, *packages[name])
	}
	return out
}

func joinEntry(entries map[Key]*Entry, e Entry) {
	old := entries[e.Key]
	if old == nil {
		entries[e.Key] = &e
		return
	}
	least := min(old.Least, e.Least)
	old.merge(&e)
	old.Least = least
}

func joinUnit(units map[string]*Unit, u Unit) {
	old := units[u.Name]
	if old == nil {
		units[u.Name] = &u
		return
	}
	old.Tests, old.Failed = union(old.Tests, u.Tests), old.Failed || u.Failed
	old.Package = firstOf(old.Package, u.Package)
	old.Reports = max(old.Reports, u.Reports)
	old.Queries, old.Repeats, old.Rows = max(old.Queries, u.Queries), max(old.Repeats, u.Repeats), max(old.Rows, u.Rows)
	old.Duplicates, old.Time = max(old.Duplicates, u.Duplicates), max(old.Time, u.Time)
	old.Findings, old.Untold = max(old.Findings, u.Findings), max(old.Untold, u.Untold)
	for _, use := range u.Budget {
		old.use(use)
	}
}

// joinPackage keeps the worst that became of a package.
func joinPackage(packages map[string]*Package, p Package) {
	old := packages[p.Package]
	if old == nil {
		packages[p.Package] = &p
		return
	}
	worst := []PackageState{NoTests, Passed, Skipped, Cached, Failed, Unbuilt, Crashed, TimedOut, Stopped}
	if cmp.Compare(slices.Index(worst, p.State), slices.Index(worst, old.State)) > 0 {
		old.State = p.State
	}
	old.Skipped = union(old.Skipped, p.Skipped)
}
