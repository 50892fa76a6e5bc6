package panel

import (
	"fmt"
	"slices"
	"strings"
)

// sparkline is a curve in a box of 100 by 24.
type sparkline struct {
	Points string
	Last   string // "x,y" of the latest
	Limit  string // y of the limit, empty without one in the box
	Says   string
}

// spark draws the numbers of the latest requests, the latest at the right, with a line at
// the limit that their budget has.
func spark(numbers []int64, limits []limitLine) sparkline {
	top := max(slices.Max(numbers), 1)
	var out sparkline
	for _, l := range limits {
		if l.Limit == "queries" {
			top = max(top, l.Allowed)
			out.Limit = fmt.Sprintf("%.1f", sparkY(l.Allowed, top))
		}
	}
	var points []string
	for i, n := range numbers {
		x := 98.0
		if len(numbers) > 1 {
			x = 2 + 96*float64(i)/float64(len(numbers)-1)
		}
		points = append(points, fmt.Sprintf("%.1f,%.1f", x, sparkY(n, top)))
	}
	if len(points) == 1 {
		points = append([]string{strings.Replace(points[0], "98.0", "2.0", 1)}, points...)
	}
	out.Points, out.Last = strings.Join(points, " "), points[len(points)-1]
	out.Says = fmt.Sprintf("queries of the latest %s: %s at least, %s at most", count(int64(len(numbers)), "request"), number(slices.Min(numbers)), number(slices.Max(numbers)))
	return out
}

func sparkY(n, top int64) float64 { return 22 - 20*ratio(n, top) }
