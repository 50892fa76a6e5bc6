package summary

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/querybudget/querybudget/budget"
)

// printScores prints a line for each kind, and one for the hints. Precision is the share of true ones among those
// that were judged; recall that of what is told, as a finding or a hint, among all true ones.
func printScores(out io.Writer, counts, hints map[budget.FindingKind]map[label]int) {
	fmt.Fprintf(out, "\n%-20s %5s %8s %6s %8s %7s %11s  %9s %7s\n", "kind", "true", "useless", "false", "harness", "missed", "not judged", "precision", "recall")
	all, allHints := map[label]int{}, map[label]int{}
	for _, kind := range slices.SortedFunc(maps.Keys(counts), cmp.Compare) {
		n := counts[kind]
		printScore(out, string(kind), n, share(n[labelTrue]+hints[kind][labelTrue], n[labelTrue]+hints[kind][labelTrue]+n[labelMissed]))
		addLabels(all, n)
	}
	for _, n := range hints {
		addLabels(allHints, n)
	}
	told := all[labelTrue] + allHints[labelTrue]
	recall := share(told, told+all[labelMissed])
	printScore(out, "all", all, recall)
	printScore(out, "hints", allHints, "")
	addLabels(all, allHints)
	printScore(out, "all, with hints", all, recall)
}

func addLabels(to, from map[label]int) {
	for l, n := range from {
		to[l] += n
	}
}

func printScore(out io.Writer, name string, n map[label]int, recall string) {
	right := n[labelTrue]
	fmt.Fprintf(out, "%-20s %5d %8d %6d %8d %7d %11d  %9s %7s\n", name, right, n[labelUseless], n[labelFalse], n[labelHarness], n[labelMissed], n[""],
		share(right, right+n[labelUseless]+n[labelFalse]+n[labelHarness]), recall)
}

func share(n, of int) string {
	if of == 0 {
		return ""
	}
	return fmt.Sprintf("%.2f", float64(n)/float64(of))
}
