package explain

import (
	"slices"
	"testing"
)

func TestSigns(t *testing.T) {
	for _, test := range []struct {
		name    string
		node    Node
		limited bool
		want    []SignKind
	}{
		{"not executed", Node{Operation: "Seq Scan", Rows: 10, ActualRows: -1, Loops: -1, Removed: -1}, true, nil},
		{"as estimated", Node{Rows: 100, ActualRows: 90, Loops: 1, Removed: 10}, true, nil},
		{"ten times more, and no more", Node{Rows: 10, ActualRows: 100, Loops: 1}, false, nil},
		{"more than ten times more", Node{Rows: 10, ActualRows: 101, Loops: 1}, false, []SignKind{EstimateOff}},
		{"more than ten times less", Node{Rows: 1001, ActualRows: 100, Loops: 1}, false, []SignKind{EstimateOff}},
		{"none of a few", Node{Rows: 9, ActualRows: 0, Loops: 1}, false, nil},
		{"most are dropped", Node{Rows: 5, ActualRows: 5, Loops: 2, Removed: 101}, false, []SignKind{RowsDropped}},
		{"a page of rows is dropped", Node{Rows: 1, ActualRows: 1, Loops: 1, Removed: 100}, false, nil},
		{"a sort of all", Node{Operation: "Sort", Rows: 5, ActualRows: -1}, false, nil},
		{"a sort for the first", Node{Operation: "Sort", Rows: 5, ActualRows: -1}, true, []SignKind{SortUnderLimit}},
		{"a sort of MariaDB", Node{Operation: "filesort", Rows: -1, ActualRows: -1}, true, []SignKind{SortUnderLimit}},
	} {
		var got []SignKind
		for _, s := range test.node.signs(test.limited) {
			got = append(got, s.Kind)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: %q, want %q", test.name, got, test.want)
		}
	}
}

// The share of a node is what it costs without those below it.
func TestShare(t *testing.T) {
	roots := []Node{{Cost: 100, Children: []Node{{Cost: 60}, {Cost: 30}}}}
	share(roots)
	if root := roots[0]; root.Share != 0.1 || root.Children[0].Share != 0.6 || root.Children[1].Share != 0.3 {
		t.Errorf("%v of %v and %v", root.Share, root.Children[0].Share, root.Children[1].Share)
	}
}
