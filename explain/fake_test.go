package explain_test

import (
	"context"
	"errors"
	"strings"
)

// fake is a Planner with answers by the beginnings of statements. It takes note of what
// was sent.
type fake struct {
	answers map[string]answer
	sent    *[]string
}

type answer struct {
	columns []string
	rows    [][]any
	err     error
}

func newFake(answers map[string]answer) fake { return fake{answers, new([]string)} }

func (f fake) Session(ctx context.Context, use func(run func(ctx context.Context, query string, args ...any) (columns []string, rows [][]any, err error)) error) error {
	return use(func(_ context.Context, query string, _ ...any) ([]string, [][]any, error) {
		*f.sent = append(*f.sent, query)
		best := ""
		for prefix := range f.answers {
			if strings.HasPrefix(query, prefix) && len(prefix) > len(best) {
				best = prefix
			}
		}
		if best == "" {
			return nil, nil, errors.New("fake: no answer to " + query)
		}
		a := f.answers[best]
		return a.columns, a.rows, a.err
	})
}

func one(value any) answer { return answer{rows: [][]any{{value}}} }

// sqliteShop is SQLite with a table of books, without an index of author_id.
func sqliteShop(lines ...string) fake {
	plan := answer{}
	for i, l := range lines {
		plan.rows = append(plan.rows, []any{i + 1, 0, 0, l})
	}
	column := func(name, kind string, key int) []any {
		return []any{"column", name, kind, key, "table", "CREATE TABLE books (...)", 0, "books", ""}
	}
	return newFake(map[string]answer{
		"SELECT version()":        {err: errors.New("no such function: version")},
		"SELECT sqlite_version()": one("3.50.0"),
		"EXPLAIN QUERY PLAN":      plan,
		"SELECT 'column'":         {rows: [][]any{column("id", "INTEGER", 1), column("author_id", "int", 0), column("title", "text", 0)}},
	})
}

func postgresShop() fake {
	return newFake(map[string]answer{"SELECT version()": one("PostgreSQL 15.1 on x86_64")})
}

// sqlServer answers as SQL Server does, with the texts of its errors 195.
func sqlServer() fake {
	unknown := func(name string) answer {
		return answer{err: errors.New("mssql: '" + name + "' is not a recognized built-in function name.")}
	}
	return newFake(map[string]answer{
		"SELECT version()": unknown("version"), "SELECT sqlite_version()": unknown("sqlite_version"),
		"SELECT @@VERSION": one("Microsoft SQL Server 2022 (RTM-CU14) - 16.0.4135.4 (X64)"),
	})
}

func mariaShop() fake {
	return newFake(map[string]answer{"SELECT version()": one("10.11.2-MariaDB")})
}
