package explain

import (
	"context"
	"strings"
)

// located is a table of a statement, with its scope.
type located struct {
	scope *scope
	from  *from
	table *table
}

// maxViews bounds how deep views are looked through.
const maxViews = 8

// readScopes reads the scopes of the statement, and of the views that it names.
func (s *session) readScopes(ctx context.Context) ([]*scope, error) {
	if s.scopes != nil {
		return s.scopes, nil
	}
	all := scopes(numbered(s.system.dialect(), s.query))
	for i, views := 0, 0; i < len(all) && views < maxViews; i++ {
		for _, f := range all[i].tables {
			if f.inner != nil || f.name == "" {
				continue
			}
			t, err := s.tableOf(ctx, f.schema, f.name)
			if err != nil {
				return nil, err
			}
			if t != nil && t.view != "" {
				views++
				r := &scopeReader{named: map[string][]*scope{}}
				f.inner = r.read(afterAs(tokensOf(s.system.dialect(), t.view)))
				all = append(all, r.all...)
			}
		}
	}
	s.scopes = all
	return all, nil
}

// afterAs returns the query of CREATE VIEW v AS SELECT ..., or the query itself.
func afterAs(tokens []token) []token {
	if len(tokens) == 0 || !tokens[0].is("create") {
		return tokens
	}
	for i, t := range tokens {
		if t.is("as") && i+1 < len(tokens) {
			return tokens[i+1:]
		}
	}
	return nil
}

// locate returns the tables that the statement calls by an alias, in the order of its
// scopes. One that the catalogue does not tell has no table.
func (s *session) locate(ctx context.Context, alias string) ([]located, error) {
	all, err := s.readScopes(ctx)
	if err != nil {
		return nil, err
	}
	var out []located
	for _, sc := range all {
		f := sc.named(alias)
		if f == nil {
			continue
		}
		t, err := s.tableOf(ctx, f.schema, f.name)
		if err != nil {
			return nil, err
		}
		if t == nil || t.view == "" {
			out = append(out, located{sc, f, t})
		}
	}
	return out, nil
}

// conditions are those that the rows of a table have to meet: its scope's, and those on
// the result of its scope from outside.
func (l *located) conditions(all []*scope) []predicate {
	return conditionsOf(all, l.scope, l.from.alias, map[*scope]bool{})
}

func conditionsOf(all []*scope, of *scope, alias string, seen map[*scope]bool) []predicate {
	var out []predicate
	if seen[of] { // it names itself
		return nil
	}
	seen[of] = true
	for _, c := range of.conditions {
		if c.only == "" || strings.EqualFold(c.only, alias) {
			out = append(out, c.predicate)
		}
	}
	if of.limited {
		return out
	}
	for _, outer := range all {
		for _, f := range outer.tables {
			if !contains(f.inner, of) {
				continue
			}
			for _, p := range conditionsOf(all, outer, f.alias, seen) {
				if p.inside(f.alias, len(outer.tables) == 1) {
					out = append(out, p)
				}
			}
		}
	}
	return out
}

// isOutside reports whether a predicate is with tables of a query around that of a table,
// or with what a recursive query has so far.
func (l *located) isOutside(p *predicate, t *target) bool {
	m := p.on(t)
	for _, f := range l.scope.tables {
		if f == l.from || f.inner != nil && len(f.inner) == 0 {
			continue
		}
		for _, c := range m.others {
			if c.table == "" || strings.EqualFold(c.table, f.alias) {
				return false
			}
		}
	}
	return true
}

// notTold is why nothing is known of a table.
func notTold(name string) string {
	return "the catalogue does not tell what " + name + " is: a temporary table, or one of another schema"
}

func contains(all []*scope, s *scope) bool {
	for _, o := range all {
		if o == s {
			return true
		}
	}
	return false
}

// inside takes the name of a result off the columns of a predicate, so that they are those
// of the tables inside. It reports whether there were any.
func (p *predicate) inside(alias string, alone bool) bool {
	if p.branches != nil {
		any := false
		branches := make([][]predicate, len(p.branches))
		for i, branch := range p.branches {
			branches[i] = append([]predicate(nil), branch...)
			for j := range branches[i] {
				any = branches[i][j].inside(alias, alone) || any
			}
		}
		p.branches = branches
		return any
	}
	left, right := p.left.inside(alias, alone), p.right.inside(alias, alone)
	return left || right
}

func (o *operand) inside(alias string, alone bool) bool {
	any := false
	columns := make([]column, len(o.columns))
	for i, c := range o.columns {
		if strings.EqualFold(c.table, alias) || c.table == "" && alone {
			c.table, any = "", true
		}
		columns[i] = c
	}
	o.columns = columns
	return any
}
