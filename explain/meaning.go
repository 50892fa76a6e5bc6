package explain

import "strings"

// use is what an index of a table can do for a predicate.
type use uint8

const (
	// useNothing is for a predicate that is not about the table.
	useNothing use = iota
	// useOrder is served by an index that begins with the column.
	useOrder
	// useContents is served by an index of another kind: of what is in a column.
	useContents
	// useWrapped needs an index of an expression.
	useWrapped
	// usePattern is a pattern that an index cannot follow from its beginning.
	usePattern
	// useOfValue depends on a value that is not known.
	useOfValue
	// useNone is what no index narrows.
	useNone
	// useOneOf has branches.
	useOneOf
)

// meaning is what a predicate means for a table.
type meaning struct {
	use      use
	columns  []string // that an index has to begin with one of, for a row all in order
	isEqual  bool
	isPrefix bool // the beginning of a text, which needs an index of a certain order
	isJoin   bool // with a column of another table
	others   []column
	text     string // of the expression, or of the predicate
	branches [][]meaning
	isNumber bool // compared with a number that is written there
	// hasParameter is set for a comparison with a value that is not known.
	hasParameter bool
}

// dependsOnValue reports whether a predicate has more than one plan.
func (m *meaning) dependsOnValue() bool {
	if m.use == useOfValue {
		return true
	}
	for _, branch := range m.branches {
		for i := range branch {
			if branch[i].dependsOnValue() {
				return true
			}
		}
	}
	return false
}

// allColumns are the columns of a predicate and of its branches.
func (m *meaning) allColumns() []string {
	out := append([]string(nil), m.columns...)
	for _, branch := range m.branches {
		for i := range branch {
			out = append(out, branch[i].allColumns()...)
		}
	}
	return out
}

// of returns the columns of an operand that belong to a table.
func (o *operand) of(t *target) []column {
	var out []column
	for _, c := range o.columns {
		if t.owns(c) {
			out = append(out, c)
		}
	}
	return out
}

// on says what a predicate means for a table.
func (p *predicate) on(t *target) meaning {
	if p.branches != nil {
		return p.oneOf(t)
	}
	left, right := p.left.of(t), p.right.of(t)
	switch {
	case len(left) == 0 && len(right) == 0:
		return meaning{}
	case p.operator == "":
		return p.unary(t)
	case len(left) > 0 && len(right) > 0:
		if p.left.parameter || p.right.parameter {
			// author_id = COALESCE(?, author_id)
			return meaning{use: useOfValue, text: p.text, columns: []string{left[0].name}}
		}
		return meaning{use: useNone, text: p.text}
	case len(left) > 0:
		return p.compare(t, &p.left, &p.right, p.operator)
	default:
		return p.compare(t, &p.right, &p.left, p.operator)
	}
}

func (p *predicate) oneOf(t *target) meaning {
	m := meaning{use: useOneOf, text: p.text}
	about := false
	for _, branch := range p.branches {
		var all []meaning
		for i := range branch {
			of := branch[i].on(t)
			if of.use == useNothing && (branch[i].hasParameter() || branch[i].asksElsewhere()) {
				of = meaning{use: useOfValue, text: branch[i].text} // ? IS NULL OR ...
			} else {
				about = about || of.use != useNothing
			}
			all = append(all, of)
		}
		m.branches = append(m.branches, all)
	}
	if !about {
		return meaning{}
	}
	if p.negated {
		m.use = useNone
	}
	return m
}

// hasParameter reports whether a predicate is about arguments alone.
func (p *predicate) hasParameter() bool {
	return p.branches == nil && len(p.left.columns)+len(p.right.columns) == 0 && (p.left.parameter || p.right.parameter)
}

// unary is for a condition that compares nothing: a column that is true or not, a
// function.
func (p *predicate) unary(t *target) meaning {
	m := meaning{text: p.text}
	switch {
	case p.isLookedUp() && !p.negated:
		// MariaDB executes author_id IN (SELECT ...) for each row, where it makes no join of it.
		m.use, m.text = useWrapped, join(p.left.tokens[2:3])+"."+p.left.columns[0].name+" IN (SELECT ...)"
		m.columns = []string{p.left.columns[0].name}
	case p.left.bare && t.truth:
		m.use, m.columns, m.isEqual = useOrder, []string{p.left.columns[0].name}, true
	case p.left.bare || p.negated:
		m.use = useNone
	case p.left.parameter:
		m.use, m.columns = useOfValue, []string{p.left.of(t)[0].name}
	default:
		m.use = useNone
	}
	return m
}

// isLookedUp reports whether a condition is one of in_optimizer(b.author_id, ...).
func (p *predicate) isLookedUp() bool {
	t := p.left.tokens
	return len(t) > 3 && t[0].is("in_optimizer") && len(p.left.columns) > 0
}

// asksElsewhere reports whether a condition is a query whose columns a plan does not
// tell: (hashed SubPlan 1).
func (p *predicate) asksElsewhere() bool {
	t := p.left.tokens
	return p.branches == nil && p.operator == "" && !p.negated && len(t) > 0 && t[0].isAny("subplan", "hashed")
}

// compare is for a comparison of own, a side with columns of the table, with other.
func (p *predicate) compare(t *target, own, other *operand, operator string) meaning {
	m := meaning{text: p.text, others: other.columns, isJoin: len(other.columns) > 0, hasParameter: other.parameter}
	switch {
	case p.isVolatile(other):
		m.use = useNone
	case p.isNarrow(operator, other):
		m.use = p.kindOf(operator, other, &m)
	default:
		m.use = useNone
	}
	if m.use == useNone || m.use == useNothing {
		return m
	}
	switch {
	case own.row != nil:
		for _, c := range own.row {
			m.columns = append(m.columns, c.name)
		}
	case own.bare && t.isHarmless(own.columns[0].name, own.cast):
		m.columns = []string{own.columns[0].name}
		m.isNumber = len(other.tokens) == 1 && other.tokens[0].literal && isNumber(other.tokens[0].text)
	case m.use == useOrder:
		m.use, m.text = useWrapped, join(own.tokens)
		for _, c := range own.of(t) {
			m.columns = append(m.columns, c.name)
		}
	case m.use == useContents:
		m.use = useNone
	}
	return m
}

// isVolatile reports whether a value is another one for each row.
func (p *predicate) isVolatile(o *operand) bool {
	for i, t := range o.tokens {
		if i+1 < len(o.tokens) && o.tokens[i+1].is("(") && t.isAny("random", "rand", "uuid", "gen_random_uuid", "nextval", "clock_timestamp", "randomblob") {
			return true
		}
	}
	return false
}

// isNarrow reports whether a comparison picks rows out, rather than leaving some away.
func (p *predicate) isNarrow(operator string, other *operand) bool {
	if p.negated {
		// NOT a < 1 is a >= 1.
		return strings.ContainsAny(operator, "<>") && operator != "<>" && operator != "<=>" && len(operator) <= 2 && !strings.ContainsRune(operator, '@')
	}
	switch operator {
	case "<>", "!=", "notnull":
		return false
	case "is":
		return len(other.tokens) > 0 && !other.tokens[0].isAny("distinct", "unknown")
	}
	return operator[0] != '!'
}

// kindOf says which kind of index serves an operator.
func (p *predicate) kindOf(operator string, other *operand, m *meaning) use {
	switch operator {
	case "like", "~~", "glob", "^@":
		return patternOf(operator, other, m)
	case "ilike", "~~*", "~", "~*", "regexp", "rlike", "similar", "%":
		return usePattern
	case "@>", "<@", "&&", "@@", "?|", "?&":
		return useContents
	}
	switch operator {
	case "=", "==", "<=>", "in", "is", "isnull":
		m.isEqual = true
	}
	if len(other.tokens) > 0 && other.tokens[0].is("all") {
		return useNone
	}
	return useOrder
}

// patternOf says whether a pattern has a beginning.
func patternOf(operator string, other *operand, m *meaning) use {
	if len(other.tokens) == 0 || !other.tokens[0].literal {
		if other.parameter && len(other.columns) == 0 {
			return useOfValue
		}
		return usePattern
	}
	wild := "%_"
	if operator == "glob" {
		wild = "*?["
	}
	pattern := strings.TrimLeft(other.tokens[0].text, "EeNn")
	if len(pattern) > 2 && strings.IndexByte(wild, pattern[1]) < 0 {
		m.isPrefix = true
		return useOrder
	}
	return usePattern
}

func isNumber(text string) bool {
	return isDigit(text[0]) || len(text) > 1 && strings.IndexByte("+-.", text[0]) >= 0
}
