package explain

import "strings"

// scope is one level of a statement: the tables of a SELECT, UPDATE or DELETE and what it
// asks of them. Databases whose plans do not tell conditions are helped with it.
type scope struct {
	tables     []*from
	conditions []condition
	// unread is set for a form that is not known here, such as RIGHT JOIN.
	unread bool
	// limited is set where conditions from outside cannot go in.
	limited bool
	// order is that of the rows, of columns alone; nil for any other.
	order []orderTerm
}

// from is a table of a scope: of the catalogue, or the result of other scopes.
type from struct {
	schema, name, alias string
	optional            bool // the right side of a LEFT JOIN
	inner               []*scope
}

// condition is one of a WHERE or ON. That of a LEFT JOIN narrows its right side only.
type condition struct {
	predicate
	only string
}

// scopes reads a statement: all scopes in it, in the order of their text.
func scopes(tokens []token) []*scope {
	r := &scopeReader{named: map[string][]*scope{}}
	r.read(tokens)
	return r.all
}

type scopeReader struct {
	all   []*scope
	named map[string][]*scope // of WITH
}

// clauseOf are the words that begin a clause, with what the clause is read as.
var clauseOf = map[string]string{
	"with": "with", "select": "select", "from": "from", "update": "from", "into": "rest", "join": "join",
	"straight_join": "join", "set": "select", "where": "where", "on": "on", "using": "using", "group": "group", "having": "having",
	"order": "order", "limit": "limit", "offset": "rest", "fetch": "limit", "window": "rest", "returning": "rest", "for": "rest",
	"union": "set", "except": "set", "intersect": "set", "values": "rest", "delete": "rest", "insert": "rest", "replace": "rest",
}

// clause is a part of a statement between two of those words.
type clause struct {
	kind   string
	before []token // words before it that belong to it: LEFT OUTER
	tokens []token
}

func clauses(tokens []token) []clause {
	var out []clause
	begin := 0
	add := func(end int) {
		if len(out) > 0 {
			out[len(out)-1].tokens = tokens[begin:end]
		}
	}
	walk(tokens, func(i int, t token) bool {
		kind := clauseOf[strings.ToLower(t.text)]
		if kind == "" || t.literal || i > 0 && (tokens[i-1].isAny("distinct", "do", "for", "key") && !t.is("select") || tokens[i-1].is(".")) {
			return true
		}
		if t.is("on") && i+1 < len(tokens) && tokens[i+1].isAny("conflict", "duplicate") || t.is("replace") && i > 0 {
			return true
		}
		end := i
		for kind == "join" && end > begin && tokens[end-1].isAny("left", "right", "full", "inner", "outer", "cross", "natural") {
			end--
		}
		add(end)
		out = append(out, clause{kind: kind, before: tokens[end:i]})
		begin = i + 1
		return true
	})
	add(len(tokens))
	return out
}

// read reads one statement, or one in brackets, and returns the scopes that make its rows.
func (r *scopeReader) read(tokens []token) []*scope {
	tokens = strip(tokens)
	s := &scope{}
	r.all = append(r.all, s)
	made := []*scope{s}
	var joined *from
	isLeft := false
	for _, c := range clauses(tokens) {
		switch c.kind {
		case "with":
			r.with(c.tokens)
			continue
		case "set":
			s = &scope{}
			r.all, made = append(r.all, s), append(made, s)
			continue
		case "from", "join":
			joined = r.tables(s, c)
			isLeft = len(c.before) > 0 && c.before[0].is("left")
			s.unread = s.unread || len(c.before) > 0 && c.before[0].isAny("right", "full", "natural")
			if joined != nil {
				joined.optional = isLeft
			}
			continue
		case "using":
			r.using(s, c, joined)
			continue
		case "where", "on":
			only := ""
			if c.kind == "on" && isLeft && joined != nil {
				only = joined.alias
			}
			for _, p := range predicates(c.tokens) {
				s.conditions = append(s.conditions, condition{p, only})
			}
		case "limit":
			s.limited = true
		case "order":
			s.order = orderTerms(c.tokens)
		}
		r.inner(c.tokens)
	}
	return made
}

// inner reads the queries in an expression.
func (r *scopeReader) inner(tokens []token) {
	for i := 0; i < len(tokens); i++ {
		if tokens[i].is("(") && i+1 < len(tokens) && tokens[i+1].isAny("select", "with") {
			end := min(i+closes(tokens[i:]), len(tokens))
			r.read(tokens[i+1 : end])
			i = end
		}
	}
}

// with reads the queries of a WITH, by their names.
func (r *scopeReader) with(tokens []token) {
	if len(tokens) > 0 && tokens[0].is("recursive") {
		tokens = tokens[1:]
	}
	for _, part := range split(tokens, ",") {
		for i := 1; i < len(part); i++ {
			if part[i].is("(") && part[i-1].isAny("as", "materialized") {
				name := strings.ToLower(unquote(part[0].text))
				r.named[name] = []*scope{} // it may name itself
				r.named[name] = r.read(part[i+1 : min(i+closes(part[i:]), len(part))])
				break
			}
		}
	}
}

// tables reads the tables of a clause and returns the last one.
func (r *scopeReader) tables(s *scope, c clause) *from {
	var last *from
	for _, part := range split(c.tokens, ",") {
		for len(part) > 0 && part[0].isAny("lateral", "only") {
			part = part[1:]
		}
		if f := r.table(s, part); f != nil {
			s.tables = append(s.tables, f)
			last = f
		}
	}
	return last
}

func (r *scopeReader) table(s *scope, part []token) *from {
	f := &from{}
	switch {
	case len(part) == 0:
		return nil
	case part[0].is("("):
		end := closes(part)
		inside := part[1:min(end, len(part))]
		if len(inside) > 0 && !inside[0].isAny("select", "with", "values", "(") {
			s.unread = true // joins in brackets
			return nil
		}
		f.inner = r.read(inside)
		part = part[min(end+1, len(part)):]
	default:
		c, n := columnAt(part, 0)
		if n == 0 {
			return nil // a function
		}
		f.schema, f.name, f.alias = c.table, c.name, c.name
		f.inner = r.named[strings.ToLower(c.name)]
		part = part[n:]
	}
	if len(part) > 0 && part[0].is("as") {
		part = part[1:]
	}
	if len(part) > 0 && part[0].isName() && !part[0].isAny("indexed", "not", "force", "use", "ignore", "set", "default") {
		f.alias = unquote(part[0].text)
	}
	return f
}

// using is a join on columns of the same name: USING (author_id).
func (r *scopeReader) using(s *scope, c clause, joined *from) {
	inside := strip(c.tokens)
	if len(c.tokens) == 0 || !c.tokens[0].is("(") {
		r.tables(s, c) // DELETE ... USING a table
		return
	}
	if joined == nil || len(s.tables) < 2 {
		return
	}
	other := s.tables[len(s.tables)-2]
	for _, part := range split(inside, ",") {
		if len(part) != 1 {
			continue
		}
		name := column{name: unquote(part[0].text)}
		p := predicate{text: join(part), operator: "="}
		p.left, p.right = operand{bare: true, columns: []column{{joined.alias, name.name}}}, operand{bare: true, columns: []column{{other.alias, name.name}}}
		only := ""
		if joined.optional {
			only = joined.alias
		}
		s.conditions = append(s.conditions, condition{p, only})
	}
}

// named returns the table that a scope knows by an alias, nil for none.
func (s *scope) named(alias string) *from {
	for _, f := range s.tables {
		if f.inner == nil && strings.EqualFold(f.alias, alias) {
			return f
		}
	}
	return nil
}
