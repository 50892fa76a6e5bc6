package statement_test

import (
	"slices"
	"testing"

	"github.com/querybudget/querybudget/statement"
)

func TestTokens(t *testing.T) {
	for _, test := range []struct {
		dialect  statement.Dialect
		text     string
		tokens   []string
		literals []string
	}{
		{
			statement.PostgreSQL, `SELECT "a b", b.c::text FROM b WHERE c = $1 -- no` + "\n AND d = 'it''s' AND e >= -1.5",
			[]string{"SELECT", `"a b"`, ",", "b", ".", "c", "::", "text", "FROM", "b", "WHERE", "c", "=", "$1", "AND", "d", "=", "'it''s'", "AND", "e", ">=", "-1.5"},
			[]string{"'it''s'", "-1.5"},
		},
		{statement.MySQL, "SELECT `a` /* x */, \"s\" WHERE b = ?", []string{"SELECT", "`a`", ",", `"s"`, "WHERE", "b", "=", "?"}, []string{`"s"`}},
		{statement.SQLite, "SELECT 'open", []string{"SELECT", "'open"}, []string{"'open"}},
	} {
		var tokens, literals []string
		for token, literal := range test.dialect.Tokens(test.text) {
			tokens = append(tokens, token)
			if literal {
				literals = append(literals, token)
			}
		}
		if !slices.Equal(tokens, test.tokens) || !slices.Equal(literals, test.literals) {
			t.Errorf("%s:\n%q, literals %q", test.text, tokens, literals)
		}
	}
	for range statement.SQLite.Tokens("SELECT 1, 2") {
		break // the rest is not asked for
	}
}

func TestIsSingle(t *testing.T) {
	for _, test := range []struct {
		dialect statement.Dialect
		text    string
		want    bool
	}{
		{statement.PostgreSQL, "SELECT 1", true},
		{statement.PostgreSQL, "SELECT 1;", true},
		{statement.PostgreSQL, "SELECT 1; -- end\n;", true},
		{statement.PostgreSQL, "SELECT ';' || $$;$$ AS \";\" /* ; */", true},
		{statement.PostgreSQL, "SELECT 1; DELETE FROM books", false},
		{statement.PostgreSQL, "SELECT $a$;$b$", false},
		{statement.PostgreSQL, "SELECT 'it", false},
		{statement.PostgreSQL, `SELECT 'a\'; DELETE FROM books; --'`, false},
		{statement.MySQL, `SELECT 'a\'; DELETE FROM books; --'`, true},
		{statement.MySQL, "SELECT 1 /*! ; DELETE FROM books */", false},
		{statement.SQLite, "", false},
		{statement.SQLite, " -- nothing", false},
		{statement.SQLite, "; SELECT 1", false},
		{"mariadb", "SELECT `;`", true},
	} {
		if got := test.dialect.IsSingle(test.text); got != test.want {
			t.Errorf("%s %s: %v, want %v", test.dialect, test.text, got, test.want)
		}
	}
}
