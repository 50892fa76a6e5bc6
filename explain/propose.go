package explain

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/querybudget/querybudget/statement"
)

// Proposal is an index that the planner uses for a statement, as a trial showed.
type Proposal struct {
	// SQL creates it. Its name is a suggestion.
	SQL string
	// Trial says how it was tried, for people.
	Trial string
}

// String says it in a sentence.
func (p *Proposal) String() string {
	return p.SQL + " serves it (checked: the plan uses it, " + p.Trial + ")"
}

// candidate is an index that may serve: columns or expressions of one table.
type candidate struct {
	table  string
	method string // empty for that of the database
	parts  []string
	where  string // of a partial one
	// columns are what the parts are of.
	columns []string
}

// maxCandidates bounds the trials for one table, maxParts the columns of an index: from
// the fourth on they narrow little, and each makes writes dearer.
const (
	maxCandidates = 4
	maxParts      = 3
)

// trialIndex is the name of an index that is tried.
const trialIndex = "querybudget_trial"

// candidates are the indexes that may serve what reads a table whole: all columns of
// equality with the first of another kind, then each alone.
func (s *session) candidates(a *Access) []candidate {
	if a.contents {
		return s.one(a, "gin", a.Columns[:1])
	}
	var out []candidate
	for _, parts := range append([][]string{a.together}, singles(a.Columns)...) {
		for _, c := range s.one(a, "", parts) {
			if !slices.ContainsFunc(out, func(o candidate) bool { return slices.Equal(o.parts, c.parts) }) {
				out = append(out, c)
			}
		}
	}
	return out[:min(len(out), maxCandidates)]
}

func singles(columns []string) [][]string {
	var out [][]string
	for _, c := range columns {
		out = append(out, []string{c})
	}
	return out
}

// one makes a candidate in the words of the database, none where it has no such index.
func (s *session) one(a *Access, method string, columns []string) []candidate {
	c := candidate{table: a.Relation, method: method}
	for _, column := range columns[:min(len(columns), maxParts)] {
		part, ok := s.part(a, column)
		if !ok {
			return nil
		}
		c.parts, c.columns = append(c.parts, part), append(c.columns, column)
	}
	if len(c.parts) == 0 {
		return nil
	}
	return []candidate{c}
}

// name is the one of an index that is proposed.
func (c *candidate) name() string {
	name := c.table
	for _, column := range c.columns {
		name += "_" + strings.Trim(notInNames.ReplaceAllString(strings.ToLower(column), "_"), "_")
	}
	return name
}

var notInNames = regexp.MustCompile(`[^a-z0-9_]+`)

// part is a column of an index, or an expression in brackets.
func (s *session) part(a *Access, column string) (string, bool) {
	if s.tables[tableKey(a.Schema, a.Relation)].has(column) || s.tables[tableKey("", a.Relation)].has(column) {
		part := s.quote(column)
		if a.prefix {
			part += s.patternOrder()
		}
		return part, true
	}
	if strings.Contains(column, "?") || s.system.name() == "mariadb" {
		return "", false // with a literal that is not kept; MariaDB has no index of expressions
	}
	expression := strings.ReplaceAll(column, a.Alias+".", "")
	if s.system.dialect() == statement.SQLite {
		return expression, true
	}
	return "(" + expression + ")", true
}

// patternOrder is what an index needs to have the order of a pattern.
func (s *session) patternOrder() string {
	switch s.system.dialect() {
	case statement.PostgreSQL:
		return " text_pattern_ops"
	case statement.SQLite:
		return " COLLATE NOCASE"
	}
	return ""
}

// quote writes a name as the database has it, in quotes where it needs them.
func (s *session) quote(name string) string {
	switch {
	case plainName.MatchString(name) && !isKeyword(token{text: name}):
		return name
	case s.system.dialect() == statement.MySQL:
		return quoteMySQL(name)
	}
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

var plainName = regexp.MustCompile(`^[a-z_][a-z0-9_]*$`)

// create is the statement that makes an index of a name, empty for one of the database's.
func (c *candidate) create(s *session, name, table string) string {
	if name != "" {
		name = s.quote(name) + " "
	}
	method := ""
	if c.method != "" {
		method = "USING " + c.method + " "
	}
	create := fmt.Sprintf("CREATE INDEX %sON %s %s(%s)", name, table, method, strings.Join(c.parts, ", "))
	if c.where != "" {
		create += " WHERE " + c.where
	}
	return create
}

// propose tries indexes for the tables that are read whole.
func (s *session) propose(ctx context.Context, r *Result) {
	candidates := make([][]candidate, len(r.Tables))
	for i := range r.Tables { // before a trial, which makes what the catalogue told forgotten
		if a := &r.Tables[i]; a.Verdict.IsFault() {
			a.order, candidates[i] = s.orderOf(a), s.candidates(a)
		}
	}
	for i := range r.Tables {
		a := &r.Tables[i]
		for _, c := range candidates[i] {
			tried, err := s.system.try(ctx, s, a, &c)
			if err == nil && tried.serves {
				c, err = s.refine(ctx, a, c, &tried)
			}
			if errors.Is(err, errOtherWriter) {
				a.Verdict, a.Reason = Unknown, err.Error()
				break
			}
			if err != nil {
				a.untried = s.maskError(err).Error()
				break
			}
			if tried.serves {
				name := c.name()
				if s.system.dialect() == statement.PostgreSQL {
					name = "" // it finds one
				}
				a.Proposal = &Proposal{c.create(s, name, s.quote(a.Relation)), tried.how}
				break
			}
		}
	}
}

// serves reports whether a table that was read whole is not any more.
func (a *Access) serves(now []Access) bool {
	for i := range now {
		if now[i].Alias == a.Alias && now[i].Relation == a.Relation {
			return now[i].Verdict == Indexed
		}
	}
	return false
}

// together are the columns of equality with a value, which are so many, and the first one of
// another kind.
func together(plain []meaning) (out []string, equal int) {
	for _, m := range plain {
		if m.isJoin && len(out) > 0 {
			break
		}
		for _, c := range m.columns {
			if !slices.Contains(out, c) {
				out = append(out, c)
			}
		}
		if !m.isEqual || m.isJoin {
			break
		}
		equal = len(out)
	}
	return out, equal
}

// rank puts equality before ranges, and both before joins.
func rank(m meaning) int {
	switch {
	case m.isEqual && !m.isJoin:
		return 0
	case !m.isJoin:
		return 1
	default:
		return 2
	}
}
