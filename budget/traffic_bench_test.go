package budget_test

import (
	"fmt"
	"testing"

	"github.com/querybudget/querybudget/budget"
)

// What a request costs that Traffic looks at, by its different statements: beside the making
// of its report, which others need too.
func BenchmarkTraffic(b *testing.B) {
	for _, statements := range []int{5, 20, 50} {
		var lines []string
		for i := range statements {
			lines = append(lines, fmt.Sprintf("query f%d.go:%d < page.go:%d rows=1 args=%d: SELECT a FROM t%d WHERE id = $1", i, i, i, i, i))
		}
		s := newScenario(b)
		s.run(lines, map[string]int{})
		report := s.recorder.Report()
		report.Stage = budget.Final
		b.Run(fmt.Sprintf("statements=%d/report", statements), func(b *testing.B) {
			for b.Loop() {
				_ = s.recorder.Report()
			}
		})
		b.Run(fmt.Sprintf("statements=%d/traffic", statements), func(b *testing.B) {
			var traffic budget.Traffic
			for b.Loop() {
				traffic.Report(b.Context(), report)
			}
		})
	}
}
