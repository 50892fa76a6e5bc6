package budget_test

import (
	"strings"
	"testing"
	"unicode"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
)

// Whatever is in a name, an error and a finding are one line that prints.
func TestNamesForgeNoLine(t *testing.T) {
	const forged = "x\nlevel=INFO forged\r\x1b[2K\u202e\u2028\u009b\xff"
	for _, text := range []string{
		(&budget.ExceededError{Limit: "queries" + forged, Name: forged, Summary: "SELECT " + forged}).Error(),
		(&budget.Finding{
			Kind: forged, Confidence: forged, Summary: forged, Parent: &budget.Related{Summary: forged}, Proof: forged, Note: forged,
		}).String(),
		callsite.Frame{Function: forged, File: forged, Line: 1}.String(),
		callsite.Frame{Function: forged}.String(),
	} {
		for _, r := range text {
			if !unicode.IsPrint(r) || r == unicode.ReplacementChar {
				t.Fatalf("%q in %s", r, text)
			}
		}
		if !strings.Contains(text, `x\nlevel=INFO forged`) {
			t.Errorf("the name is not in %s", text)
		}
	}
}
