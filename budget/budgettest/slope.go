package budgettest

import "math"

// What a query for each batch may grow by for each row: by one for ten rows, or for two
// where the statement asks for several keys at once.
const (
	perTen = 0.1
	perTwo = 0.5
)

// growth fits numbers to sizes. What comes before the least number is a warm-up. Of the
// rest, with slopes between the sizes, c' = Δc/Δn:
//
//   - numbers that end no higher than they began, or that stop growing, are constant;
//   - an average slope of at most batches, one more in all over three sizes, and what
//     grows with the logarithm of the data, is a query for each batch or level;
//   - what bends upwards is quadratic;
//   - the rest is linear.
func growth(sizes []int, counts []int64, batches float64) Growth {
	several := len(sizes) > 2 // a query for each row is one more at each of them, at least
	from := warm(counts)
	sizes, counts = sizes[from:], counts[from:]
	last := len(sizes) - 1
	switch {
	case counts[last] <= counts[0], stops(sizes, counts):
		return Constant
	case slope(sizes, counts, 0, last) <= batches, several && counts[last]-counts[0] == 1, isLogarithmic(sizes, counts):
		return PerBatch
	case steepens(sizes, counts), bends(sizes, counts):
		return Quadratic
	}
	return Linear
}

// warm returns where the least number stands, the first of those that are equal.
func warm(counts []int64) int {
	at := 0
	for i, n := range counts {
		if n < counts[at] {
			at = i
		}
	}
	return at
}

// stops reports whether numbers grow no more at the largest size, which is so much larger
// that what grew before would have grown by one.
func stops(sizes []int, counts []int64) bool {
	last := len(sizes) - 1
	if last < 2 || counts[last] > counts[last-1] {
		return false
	}
	return slope(sizes, counts, 0, last-1)*float64(sizes[last]-sizes[last-1]) >= 1
}

// isLogarithmic reports whether each doubling of the data adds as much as the one before,
// give or take one, while the slope falls to a half of what it was, and the number stays
// below a line by one at least.
func isLogarithmic(sizes []int, counts []int64) bool {
	last := len(sizes) - 1
	if last < 2 {
		return false
	}
	before, now := slope(sizes, counts, 0, last-1), slope(sizes, counts, last-1, last)
	doublings := func(from, to int) float64 { return math.Log2(float64(sizes[to]) / float64(sizes[from])) }
	each := float64(counts[last-1]-counts[0]) / doublings(0, last-1)
	more, rows := float64(counts[last]-counts[last-1]), float64(sizes[last]-sizes[last-1])
	return now <= before/2 && more <= before*rows-1 && more <= each*doublings(last-1, last)+1
}

// steepens reports whether the slope doubles from the first part to the last, with a
// number for each row that is half as much again as at any size before: n log n stays
// below that at the default sizes, n² is far above.
func steepens(sizes []int, counts []int64) bool {
	last := len(sizes) - 1
	most := 0.0
	for i := range last {
		most = max(most, perRow(sizes, counts, i))
	}
	if last > 1 && slope(sizes, counts, last-1, last) < 2*slope(sizes, counts, 0, last-1) {
		return false
	}
	return most > 0 && perRow(sizes, counts, last) >= 1.5*most
}

// bends reports whether most of the largest number is the square in the parabola through
// the first, the last and the one before it, as for n² at sizes that are close together:
// 400, 1600, 3600 at sizes 20, 40, 60. An excess of one over a line is no bend.
func bends(sizes []int, counts []int64) bool {
	last := len(sizes) - 1
	if last < 2 {
		return false
	}
	for i := range last {
		if perRow(sizes, counts, i) >= perRow(sizes, counts, i+1) {
			return false
		}
	}
	before, now := slope(sizes, counts, 0, last-1), slope(sizes, counts, last-1, last)
	n := float64(sizes[last])
	square := (now - before) / float64(sizes[last]-sizes[0]) * n * n
	excess := (now - before) * float64(sizes[last]-sizes[last-1])
	return before > 0 && excess >= 2 && square >= 0.75*float64(counts[last])
}

func perRow(sizes []int, counts []int64, i int) float64 {
	return float64(counts[i]) / float64(sizes[i])
}

func slope(sizes []int, counts []int64, from, to int) float64 {
	return float64(counts[to]-counts[from]) / float64(sizes[to]-sizes[from])
}
