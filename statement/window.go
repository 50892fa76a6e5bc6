package statement

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
