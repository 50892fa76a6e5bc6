package baseline

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/querybudget/querybudget/cmd/querybudget/result"
)

// Merge merges two versions of a file that began as one, key by key. Conflicts are the keys
// that both changed, in ways that exclude each other; there the text has both lines between
// markers, as git writes them, and reading it fails until somebody decides.
func Merge(base, ours, theirs *File) (text string, conflicts []result.Key) {
	keys := map[result.Key]bool{}
	for _, f := range []*File{base, ours, theirs} {
		for key := range f.entries {
			keys[key] = true
		}
	}
	var b strings.Builder
	b.WriteString(header + "\n")
	for _, key := range slices.SortedFunc(maps.Keys(keys), result.Key.Compare) {
		a, t := ours.entries[key], theirs.entries[key]
		merged, ok := mergeEntry(base.entries[key], a, t)
		switch {
		case !ok:
			conflicts = append(conflicts, key)
			fmt.Fprintf(&b, "<<<<<<< ours\n%s=======\n%s>>>>>>> theirs\n", lineOf(a), lineOf(t))
		case merged != nil:
			b.WriteString(merged.line())
		}
	}
	return b.String(), conflicts
}

func lineOf(e *Entry) string {
	if e == nil {
		return ""
	}
	return e.line()
}

// mergeEntry merges one key; nil is an entry that is not there. It returns false for a
// conflict.
func mergeEntry(base, ours, theirs *Entry) (*Entry, bool) {
	switch {
	case ours.equal(theirs), theirs.equal(base):
		return ours, true
	case ours.equal(base):
		return theirs, true
	case ours == nil || theirs == nil:
		return nil, false // one removed what the other one changed
	}
	if base == nil {
		base = &Entry{Key: ours.Key} // both added it
	}
	out, ok := *ours, true
	out.Count = pick(base.Count, ours.Count, theirs.Count, &ok)
	out.Places = pick(base.Places, ours.Places, theirs.Places, &ok)
	out.Grows = pick(base.Grows, ours.Grows, theirs.Grows, &ok)
	out.RowsGrow = pick(base.RowsGrow, ours.RowsGrow, theirs.RowsGrow, &ok)
	out.Reason = pick(base.Reason, ours.Reason, theirs.Reason, &ok)
	out.Tests = mergeTests(base.Tests, ours.Tests, theirs.Tests)
	return &out, ok
}

// pick returns what changed; ok becomes false if both did, in different ways.
func pick[T comparable](base, ours, theirs T, ok *bool) T {
	switch {
	case ours == theirs, theirs == base:
		return ours
	case ours == base:
		return theirs
	}
	*ok = false
	return ours
}

// mergeTests takes what either added, and leaves out what either removed.
func mergeTests(base, ours, theirs []string) []string {
	var out []string
	for _, test := range slices.Compact(slices.Sorted(slices.Values(slices.Concat(ours, theirs)))) {
		inBoth := slices.Contains(ours, test) && slices.Contains(theirs, test)
		if inBoth || !slices.Contains(base, test) {
			out = append(out, test)
		}
	}
	return out[:min(len(out), maxTests)]
}
