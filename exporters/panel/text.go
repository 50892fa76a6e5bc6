package panel

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/internal/oneline"
)

// duration writes a time with three figures: 412 µs, 3.21 ms, 1.05 s, 2m3s.
func duration(d time.Duration) string {
	switch {
	case d < 0:
		return "0"
	case d == 0:
		return "0"
	case d < time.Microsecond:
		return fmt.Sprintf("%d ns", d.Nanoseconds())
	case d < time.Millisecond:
		return figures(float64(d)/float64(time.Microsecond)) + " µs"
	case d < time.Second:
		return figures(float64(d)/float64(time.Millisecond)) + " ms"
	case d < time.Minute:
		return figures(float64(d)/float64(time.Second)) + " s"
	default:
		return d.Round(time.Second).String()
	}
}

func figures(f float64) string {
	switch {
	case f < 9.995:
		return strconv.FormatFloat(f, 'f', 2, 64)
	case f < 99.95:
		return strconv.FormatFloat(f, 'f', 1, 64)
	default:
		return strconv.FormatFloat(math.Round(f), 'f', 0, 64)
	}
}

// maxLine is how much of a name, or of a statement in one line, is shown.
const maxLine = 1000

// line writes what others have named on one line, cut.
func line(s string) string {
	text, isCut := cutText(s, maxLine)
	if isCut {
		text += "…"
	}
	return oneline.Text(text)
}

// number writes a number with its thousands apart: 12,345.
func number(n int64) string {
	s := strconv.FormatInt(n, 10)
	var out []byte
	for i := range len(s) {
		if left := len(s) - i; i > 0 && left%3 == 0 && s[i-1] != '-' {
			out = append(out, ',')
		}
		out = append(out, s[i])
	}
	return string(out)
}

// count writes "1 row", "2 rows".
func count(n int64, what string) string {
	switch {
	case n == 1:
		return "1 " + what
	case strings.HasSuffix(what, "y"):
		return number(n) + " " + strings.TrimSuffix(what, "y") + "ies"
	default:
		return number(n) + " " + what + "s"
	}
}

func byteCount(n int64) string {
	switch {
	case n < 1<<10:
		return count(n, "byte")
	case n < 1<<20:
		return figures(float64(n)/(1<<10)) + " KB"
	default:
		return figures(float64(n)/(1<<20)) + " MB"
	}
}

// amount writes what a limit counts.
func amount(limit budget.Limit, n int64) string {
	if limit == budget.LimitTime {
		return duration(time.Duration(n))
	}
	return number(n)
}

func percent(f float64) string {
	switch {
	case f > 0 && f < 0.01:
		return "<1%"
	default:
		return strconv.Itoa(int(math.Round(100*f))) + "%"
	}
}
