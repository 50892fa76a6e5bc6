package panel

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/internal/oneline"
)

// kindNames are the names of kinds in Go code.
var kindNames = map[budget.FindingKind]string{
	budget.NPlusOne: "NPlusOne", budget.Duplicate: "Duplicate", budget.WriteLoop: "WriteLoop", budget.NestedQuery: "NestedQuery",
	budget.UnclosedRows: "UnclosedRows", budget.HeldConnection: "HeldConnection", budget.Slow: "Slow", budget.IdleTransaction: "IdleTransaction", budget.IdleConnection: "IdleConnection",
	budget.LargeResult:     "LargeResult",
	budget.ReadModifyWrite: "ReadModifyWrite", budget.SelectThenInsert: "SelectThenInsert", budget.FewRows: "FewRows",
	budget.SelectStar: "SelectStar", budget.MissingIndex: "MissingIndex", budget.Unattributed: "Unattributed", budget.StaleAllowance: "StaleAllowance",
}

// allowanceOf returns the code that accepts a finding, a line for each kind; empty where there is nothing to
// accept.
func allowanceOf(f *budget.Finding) string {
	name, known := kindNames[f.Kind]
	if !known || f.Kind == budget.StaleAllowance || f.Kind == budget.Unattributed || f.Allowed != nil {
		return ""
	}
	code := fmt.Sprintf("ctx = budget.Allow(ctx, budget.Allowance{Kind: budget.%s, Max: %d, Reason: \"say why\"})", name, max(f.Count, 1))
	if f.Reads != nil {
		code += "\n" + allowanceOf(f.Reads)
	}
	return code
}

// testOf returns the test that would have caught a finding. Tests judge no time, and for
// plans they need a database that only their author knows.
func testOf(r *budget.Report, f *budget.Finding) string {
	switch f.Kind {
	case budget.Slow, budget.IdleTransaction, budget.IdleConnection, budget.HeldConnection, budget.StaleAllowance, budget.MissingIndex:
		return ""
	}
	hints := ""
	if f.Confidence == budget.Hint {
		hints = ", Hints: true"
	}
	want := fmt.Sprintf("budgettest.Want{Budget: budget.Budget{%s}%s}", limitFor(r, f), hints)
	if r.Route.Method == "" {
		return fmt.Sprintf(`func Test%s(t *testing.T) {
	want := %s
	budgettest.Run(t, want, func(ctx context.Context) {
		// call the code of %s with ctx here
	})
}`, identifier(r.Name), want, oneline.Text(nameOf(r)))
	}
	return fmt.Sprintf(`func Test%s(t *testing.T) {
	want := %s
	want.Check(t, routes(t), httptest.NewRequest(%s, %s, nil))
}`, identifier(r.Name), want, strconv.Quote(r.Route.Method), strconv.Quote(examplePath(r.Route.Pattern)))
}

// limitFor is the limit that a finding breaks. For those that no limit counts, it is the
// number of queries that there were: the check fails for the finding itself.
func limitFor(r *budget.Report, f *budget.Finding) string {
	switch f.Kind {
	case budget.NPlusOne:
		return "NPlusOne: budget.None"
	case budget.Duplicate:
		return "Duplicates: budget.None"
	case budget.WriteLoop:
		if f.Reads != nil {
			return "NPlusOne: budget.None, Repeats: 1"
		}
		return "Repeats: 1"
	default:
		return fmt.Sprintf("Queries: %d", max(r.Totals.Queries, 1))
	}
}

var wildcard = regexp.MustCompile(`\{[^{}]*\}|\*`)

// examplePath is a path of a route: a number stands for each part that varies.
func examplePath(pattern string) string {
	path := wildcard.ReplaceAllString(strings.ReplaceAll(pattern, "{$}", ""), "1")
	if !strings.HasPrefix(path, "/") {
		return "/"
	}
	return path
}

// identifier makes the words of a name part of a name in Go.
func identifier(name string) string {
	var out strings.Builder
	for _, word := range strings.FieldsFunc(name, func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) }) {
		runes := []rune(word)
		if len(runes) > 1 && strings.ToUpper(word) == word {
			runes = []rune(strings.ToLower(word)) // a method
		}
		runes[0] = unicode.ToUpper(runes[0])
		out.WriteString(string(runes))
	}
	if out.Len() == 0 {
		return "Queries"
	}
	s := []rune(out.String())
	return string(s[:min(len(s), 80)])
}
