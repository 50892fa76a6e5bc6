package explain

import (
	"context"
	"database/sql"
	"strconv"
	"strings"

	"github.com/querybudget/querybudget/statement"
)

// standIns are texts of numbers, which compare with every type. They are unlikely to be in
// a statement, so that a plan tells where they went.
const standIns = 7_010_000

// arguments are those of the statement, or a stand-in for each.
func (s *session) arguments() []any {
	if len(s.args) > 0 || s.params == 0 {
		return s.args
	}
	out := make([]any, s.params)
	for i := range out {
		out[i] = strconv.Itoa(standIns + i)
		if named := i - (s.params - len(s.names)); named >= 0 {
			out[i] = sql.Named(s.names[named], out[i])
		}
	}
	return out
}

// withParameters makes parameters of the literals that are stand-ins.
func withParameters(tokens []token) []token {
	for i, t := range tokens {
		n, err := strconv.Atoi(strings.Trim(t.text, "'"))
		if t.literal && err == nil && n >= standIns && n < standIns+10_000 {
			tokens[i] = token{text: "?"}
		}
	}
	return tokens
}

// existing are the arguments, with the values of a row in place of the stand-ins that
// columns are equal to: an optimizer that looks a row up by its key before it plans has to
// find one. They stay in this process and are not shown.
func (s *session) existing(ctx context.Context) ([]any, error) {
	args := s.arguments()
	if len(s.args) > 0 || s.params == 0 {
		return args, nil
	}
	all, err := s.readScopes(ctx)
	if err != nil {
		return nil, err
	}
	for _, sc := range all {
		for _, f := range sc.tables {
			t := s.tables[tableKey(f.schema, f.name)]
			if f.inner != nil || t == nil || t.view != "" {
				continue
			}
			if err := s.fill(ctx, args, sc, &target{alias: f.alias, table: t}); err != nil {
				return nil, err
			}
		}
	}
	return args, nil
}

// fill puts the values of a row of a table in the place of those that its columns equal.
func (s *session) fill(ctx context.Context, args []any, sc *scope, t *target) error {
	var columns []string
	var places []int
	for _, c := range conditionsOf(s.scopes, sc, t.alias, map[*scope]bool{}) {
		m := c.on(t)
		if i := c.argument(); m.use == useOrder && m.isEqual && len(m.columns) == 1 && i >= 0 && i < len(args) {
			columns, places = append(columns, quoteMySQL(m.columns[0])), append(places, i)
		}
	}
	if len(columns) == 0 {
		return nil
	}
	_, rows, err := s.send(ctx, s.limited()+"SELECT "+strings.Join(columns, ", ")+" FROM "+quoteMySQL(t.table.schema)+"."+quoteMySQL(t.table.name)+" LIMIT 1")
	if err != nil || len(rows) == 0 {
		return err
	}
	for i, place := range places {
		if rows[0][i] != nil {
			args[place] = asText(rows[0][i])
		}
	}
	return nil
}

// argument returns the number of the argument that a comparison is with, from 0; -1 for
// none.
func (p *predicate) argument() int {
	for _, o := range []*operand{&p.left, &p.right} {
		if len(o.tokens) == 1 && o.tokens[0].isParameter() {
			if n, err := strconv.Atoi(o.tokens[0].text[1:]); err == nil {
				return n - 1
			}
		}
	}
	return -1
}

// numbered gives each ? its number.
func numbered(d statement.Dialect, text string) []token {
	tokens, n := tokensOf(d, text), 0
	for i, t := range tokens {
		if !t.literal && t.text == "?" {
			n++
			tokens[i].text += strconv.Itoa(n)
		}
	}
	return tokens
}
