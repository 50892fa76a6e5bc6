package result

import (
	"bytes"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/querybudget/querybudget/budget"
)

// Whatever stands in a file: it is read or refused with its name and line, and what was
// read can be written.
func FuzzRead(f *testing.F) {
	text, err := os.ReadFile("testdata/shop.jsonl")
	if err != nil {
		f.Fatal(err)
	}
	for line := range bytes.Lines(text) {
		if len(line) < 2000 {
			f.Add(line)
		}
	}
	f.Add([]byte(`{"result":1,"units":[{"name":"b"},{"name":"a"}],"entries":[{"unit":"a","kind":"n+1","count":3}]}`))
	f.Add([]byte(`{"packages":[{"package":"a","state":"ran"}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var c Collector
		var whole []*Result
		v := visitor{
			report: func(o Origin, r *budget.Report) error { c.Add(o, r); return nil },
			result: func(r *Result) { whole = append(whole, r) },
			run:    func(Run) {},
		}
		if err := v.values("a.json", bytes.NewReader(text)); err != nil {
			if !strings.HasPrefix(err.Error(), "a.json:") {
				t.Fatalf("no name in %v", err)
			}
			return
		}
		one, err := c.Result()
		if err != nil {
			return
		}
		r := joinWhole(append(whole, one))
		if !slices.IsSortedFunc(r.Entries, func(a, b *Entry) int { return a.Key.Compare(b.Key) }) {
			t.Fatal("entries are not sorted")
		}
		if _, err := json.Marshal(r); err != nil {
			t.Fatal(err)
		}
	})
}
