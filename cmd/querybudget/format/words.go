package format

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/cmd/querybudget/result"
	"github.com/querybudget/querybudget/internal/oneline"
)

// Line makes a text safe to print on a terminal and in the log of a CI job: it is one
// line, and "##[", which begins a command of GitHub Actions anywhere in a line, is broken.
// A line must not begin with it, because of "::".
func Line(s string) string {
	return strings.ReplaceAll(oneline.Text(s), "##[", "##\\[")
}

// Plural counts things: "1 check", "2 checks", "2 queries".
func Plural[N int | int64](n N, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	if stem, ok := strings.CutSuffix(thing, "y"); ok {
		return fmt.Sprintf("%d %sies", n, stem)
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// title is what is wrong, in a few words: "new n+1".
func title(e *result.Entry) string {
	switch {
	case e.State == result.New, e.State == result.Worse, e.State == result.Known:
		return string(e.State) + " " + e.Kind
	case e.Allowed != "":
		return "allowed " + e.Kind
	case e.Confidence == budget.Hint:
		return e.Kind + " (hint)"
	default:
		return e.Kind
	}
}

// shortUnit leaves the folders of a package away: "store.TestList".
func shortUnit(name string) string {
	if strings.Contains(name, " ") || strings.HasPrefix(name, "/") {
		return name // a route
	}
	before, test, isTest := strings.Cut(name, ".Test")
	if !isTest {
		return name
	}
	return before[strings.LastIndexByte(before, '/')+1:] + ".Test" + test
}

// place is file:line, or the function where that is not known.
func place(e *result.Entry) string {
	if e.File == "" {
		return e.Function
	}
	return fmt.Sprintf("%s:%d", e.File, e.Line)
}

// describe is the message of an entry, with how it stands to the baseline.
func describe(e *result.Entry) string {
	text := cmp.Or(e.Message, e.Summary)
	if e.Places > 1 {
		text += fmt.Sprintf(", at %d places of the function", e.Places)
	}
	return text
}

// summary counts what there is, in one line.
func summary(r *result.Result) string {
	counts := map[string]int{}
	var order []string
	for _, e := range r.Complaints() {
		word := "finding"
		switch {
		case e.State != "" && e.Gates():
			word = string(e.State) + " finding"
		case e.Allowed != "":
			word = "allowed finding"
		case !e.Gates():
			word = "hint"
		}
		if counts[word] == 0 {
			order = append(order, word)
		}
		counts[word]++
	}
	parts := make([]string, 0, len(order)+1)
	for _, word := range order {
		parts = append(parts, Plural(counts[word], word))
	}
	if len(parts) == 0 {
		parts = append(parts, "no findings")
	}
	return strings.Join(parts, ", ") + " in " + Plural(len(r.Units), cmp.Or(r.UnitIs, "unit"))
}

// amount prints what a limit counts.
func amount(l budget.Limit, n int64) string {
	if l == budget.LimitTime {
		return time.Duration(n).Round(time.Microsecond).String()
	}
	return fmt.Sprint(n)
}

// used is how much of a budget was used: "4 of 5 queries".
func used(u *result.Unit) string {
	use, limited := u.MostUsed()
	if !limited {
		return "none"
	}
	return fmt.Sprintf("%s of %s %s", amount(use.Limit, use.Observed), amount(use.Limit, use.Allowed), use.Limit)
}

// Fingerprint identifies an entry by its key: it is the same when lines move.
func Fingerprint(k result.Key) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{k.Unit, k.Kind, k.Function, k.Shape}, "\x00")))
	return hex.EncodeToString(sum[:])
}

// noPlace is where hosts show what has no place in the code: they know nothing else.
const noPlace = "go.mod"

// filePlace is the file and line of an entry for hosts that need one.
func filePlace(e *result.Entry) (file string, line int) {
	if e.File == "" {
		return noPlace, 1
	}
	return e.File, max(e.Line, 1)
}
