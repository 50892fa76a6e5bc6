package statement

import (
	"regexp"
	"strings"
)

// columnRange is a column that a WHERE holds against one end of a range.
type columnRange struct {
	column uint64 // its hash
	upper  bool
}

// addRange takes note of column < value and of column > value. A column with both has a
// window: the parts of a table that a batch goes through.
func (c *classifier) addRange(column uint64, operator string) {
	if len(c.ranges) >= maxColumns {
		return
	}
	r := columnRange{column, operator[0] == '<'}
	for _, other := range c.ranges {
		c.window = c.window || other.column == r.column && other.upper != r.upper
	}
	c.ranges = append(c.ranges, r)
}

// sumsUp reports whether a SELECT answers with one row of sums, counts and the like: those of a window are
// asked for window by window, and are no part of the rows. Sums OVER a window of rows are one for each of them.
func sumsUp(shape string) bool {
	end := fromOf(shape)
	if end == 0 {
		return false
	}
	list, rest := strings.ToLower(shape[len("SELECT "):end]), strings.ToLower(shape[end:])
	if strings.Contains(rest, "group by") || strings.Contains(list, " over ") || strings.Contains(list, "(select") {
		return false
	}
	depth, begin := 0, 0
	for i := 0; i <= len(list); i++ {
		switch {
		case i < len(list) && list[i] == '(':
			depth++
		case i < len(list) && list[i] == ')':
			depth--
		case i == len(list) || list[i] == ',' && depth == 0:
			if !sums.MatchString(list[begin:i]) {
				return false
			}
			begin = i + 1
		}
	}
	return true
}

// ofIDs are ranges of ids: they are parts of a table, also where they are summed up. Those of a time are
// asked for one by one because each is wanted.
var ofIDs = regexp.MustCompile("(?i)[\\s.(\"`\\[]id[\"`\\]]? ?(between |[<>]=? ?\\S+ and (\\S+[.])?[\"`\\[]?id[\"`\\]]? ?[<>])")

var sums = regexp.MustCompile(`\b(count|sum|min|max|avg|total|string_agg|group_concat|array_agg|json_agg|jsonb_agg) ?\(`)
