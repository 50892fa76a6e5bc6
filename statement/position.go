package statement

// tablePositions tells where a table's name must stand. In an unknown dialect what is
// in double quotes may be a string, but not there.
type tablePositions struct {
	expected bool // a table's name is next
	prev     token
	first    string // the first word of the statement, in lower case
	inserts  bool   // INSERT, REPLACE or MERGE was the last word but for modifiers
	depth    uint   // of brackets
	queries  uint64 // bit i: a SELECT or DELETE was seen in bracket i
	lists    uint64 // bit i: a comma in bracket i brings another table
}

// maxPositions is the depth of brackets that are told apart. Deeper down no name is
// expected.
const maxPositions = 63

// add takes the next token.
func (p *tablePositions) add(t token) {
	switch t.kind {
	case punctToken:
		p.punct(t.text)
	case wordToken:
		p.word(lower(t.text))
	default:
		p.expected, p.inserts = false, false
	}
	p.prev = t
}

func (p *tablePositions) bit() uint64 {
	if p.depth > maxPositions {
		return 0
	}
	return 1 << p.depth
}

func (p *tablePositions) punct(text string) {
	switch text {
	case "(":
		p.depth++
		p.queries &^= p.bit()
		p.lists &^= p.bit()
		if p.expected {
			p.lists |= p.bit() // FROM (a, b)
		}
	case ")":
		p.depth = max(p.depth, 1) - 1
		p.expected = false
	case ",":
		p.expected = p.lists&p.bit() != 0
	case ";":
		*p = tablePositions{}
	default:
		p.expected = false
	}
	p.inserts = false
}

func (p *tablePositions) word(w string) {
	was, inserts := p.expected, p.inserts
	p.expected, p.inserts = false, false
	starts := p.first == ""
	if starts {
		p.first = w
	}
	switch w {
	case "select", "delete":
		p.queries |= p.bit()
		p.lists &^= p.bit()
	case "insert", "merge", "replace":
		p.inserts = true
	case "from":
		p.expect(p.queries&p.bit() != 0 && !p.prev.isWord("distinct"))
	case "using":
		p.expect(p.depth == 0 && (p.first == "merge" || p.first == "delete"))
	case "update":
		p.expect(starts || p.first == "with" && p.prev.is(")"))
	case "into":
		p.expected = inserts
	case "join", "table":
		p.expected = true
	case "truncate":
		p.expected = starts
	case "only", "lateral", "if", "not", "exists", "or", "ignore", "low_priority", "high_priority", "delayed", "quick":
		p.expected, p.inserts = was, inserts
	case "where", "group", "order", "by", "having", "limit", "union", "intersect", "except", "set", "values", "returning",
		"window", "for", "offset", "fetch", "duplicate", "conflict":
		p.lists &^= p.bit()
	default:
		p.inserts = inserts && p.depth == 0 // INSERT OR REPLACE INTO
	}
}

// expect begins a list of tables.
func (p *tablePositions) expect(list bool) {
	if list {
		p.expected = true
		p.lists |= p.bit()
	}
}

// mayHideTable reports whether what is hidden behind a token may be a table.
func mayHideTable(prev token) bool {
	if prev.kind != wordToken {
		return false
	}
	switch lower(prev.text) {
	case "from", "using", "update", "into", "only":
		return true
	}
	return false
}
