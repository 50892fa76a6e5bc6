package summary

import (
	"testing"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
)

// What is sent once while rows are open is left out, unless one unit shows that it is sent for each row.
func TestIsSentForRows(t *testing.T) {
	rows := &budget.Related{Count: 2}
	for _, test := range []struct {
		name string
		f    budget.Finding
		want bool
	}{
		{"once for each of two results", budget.Finding{Kind: budget.NestedQuery, Count: 2, Parent: rows}, false},
		{"for three rows of two results", budget.Finding{Kind: budget.NestedQuery, Count: 3, Parent: rows}, true},
		{"for four rows of one of six results", budget.Finding{Kind: budget.NestedQuery, Count: 4, Parent: &budget.Related{Count: 6, Rows: 4}}, true},
		{"for rows that nobody knows", budget.Finding{Kind: budget.NestedQuery, Count: 1}, true},
		{"another kind", budget.Finding{Kind: budget.NPlusOne, Count: 3, Parent: rows}, false},
	} {
		if got := isSentForRows(&test.f); got != test.want {
			t.Errorf("%s: got %t", test.name, got)
		}
	}
	once := seen{worst: budget.Finding{Kind: budget.NestedQuery}}
	if !once.isLeftOut() {
		t.Error("what is sent once is listed")
	}
	once.merge(&seen{forRows: true})
	if once.isLeftOut() {
		t.Error("what another unit sends for each row is left out")
	}
}

// A loop and the rows that it keeps open are one finding, of which more is known than its number.
func TestJoinNested(t *testing.T) {
	s := newSummary(&About{})
	frames := []callsite.Frame{{Function: "shop.Titles", File: "shop.go", Line: 20}, {Function: "shop.Page", File: "page.go", Line: 7}}
	finding := func(kind budget.FindingKind, shape string) *seen {
		f := &seen{worst: budget.Finding{Kind: kind, Shape: shape, Count: 5}, frames: frames, own: frames, shapes: map[string]bool{shape: true}, forRows: true, toLoop: 1}
		s.findings[findingKey{kind, shape}] = f
		return f
	}
	loop := finding(budget.NPlusOne, "SELECT a")
	finding(budget.NestedQuery, "SELECT a")
	alone := finding(budget.NestedQuery, "SELECT b")
	if !loop.isHint() {
		t.Fatal("nothing but its number is known")
	}
	s.joinNested()
	if len(s.findings) != 2 || len(loop.with) != 1 || loop.isHint() || len(alone.with) != 0 {
		t.Errorf("%d findings; with the loop: %d, with the other: %d; a hint: %t", len(s.findings), len(loop.with), len(alone.with), loop.isHint())
	}
}
