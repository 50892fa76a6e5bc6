package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/querybudget/querybudget/internal/corpus/db"
)

// What each case finds: a shop with 12 authors of 3 books each, some tables beside it, a
// tree of 15 nodes, and a chain of 20.

var tables = []struct{ name, columns string }{
	{"publishers", "id INTEGER PRIMARY KEY, name VARCHAR(100)"},
	{"authors", "id INTEGER PRIMARY KEY, publisher_id INTEGER, name VARCHAR(100), country VARCHAR(10)"},
	{"books", "id INTEGER PRIMARY KEY, author_id INTEGER, title VARCHAR(100), price INTEGER, state VARCHAR(10)"},
	{"reviews", "id INTEGER PRIMARY KEY, book_id INTEGER, body VARCHAR(100)"},
	{"prizes", "id INTEGER PRIMARY KEY, author_id INTEGER, name VARCHAR(100)"},
	{"users", "id INTEGER PRIMARY KEY, email VARCHAR(100) UNIQUE, name VARCHAR(100), city VARCHAR(100), phone VARCHAR(100), visits INTEGER DEFAULT 0"},
	{"counters", "id INTEGER PRIMARY KEY, n INTEGER, version INTEGER DEFAULT 0"},
	{"nodes", "id INTEGER PRIMARY KEY, parent_id INTEGER, name VARCHAR(100)"},
	{"links", "id INTEGER PRIMARY KEY, next_id INTEGER"},
	{"jobs", "id INTEGER PRIMARY KEY, state VARCHAR(10), n INTEGER"},
	{"logs", "id INTEGER, line VARCHAR(100)"},
	{"settings", "name VARCHAR(50) PRIMARY KEY, value VARCHAR(100)"},
	{"grants", "user_id INTEGER, %sinsert%[1]s INTEGER, %[1]supdate%[1]s INTEGER"},
	{"schema_versions", "id INTEGER, name VARCHAR(50)"},
}

func makeTables(ctx context.Context, d *db.DB) {
	quote := map[string]string{"mysql": "`"}[d.System]
	if quote == "" {
		quote = `"`
	}
	for _, t := range tables {
		columns := t.columns
		if strings.Contains(columns, "%") {
			columns = fmt.Sprintf(columns, quote)
		}
		d.Exec(ctx, "CREATE TABLE "+t.name+" ("+columns+")")
	}
	if d.System == "postgresql" {
		d.Exec(ctx, "CREATE FUNCTION charge(book INTEGER) RETURNS INTEGER LANGUAGE sql AS 'SELECT $1 * 2'")
		d.Exec(ctx, "CREATE PROCEDURE tick(counter INTEGER) LANGUAGE sql AS 'UPDATE counters SET n = n + 1 WHERE id = $1'")
	}
}

// fill brings the tables to their first state.
func fill(ctx context.Context, d *db.DB) {
	for _, t := range tables {
		d.Exec(ctx, "DELETE FROM "+t.name)
	}
	insert := func(table string, n int, row func(i int) string) {
		var rows []string
		for i := range n {
			rows = append(rows, "("+row(i+1)+")")
		}
		d.Exec(ctx, "INSERT INTO "+table+" VALUES "+strings.Join(rows, ", "))
	}
	insert("publishers", 5, func(i int) string { return fmt.Sprintf("%d, 'publisher %d'", i, i) })
	insert("authors", 12, func(i int) string { return fmt.Sprintf("%d, %d, 'author %d', 'c%d'", i, i%5+1, i, i%3) })
	insert("books", 36, func(i int) string { return fmt.Sprintf("%d, %d, 'book %d', %d, 'new'", i, (i-1)/3+1, i, i) })
	insert("reviews", 20, func(i int) string { return fmt.Sprintf("%d, %d, 'review %d'", i, i, i) })
	insert("prizes", 12, func(i int) string { return fmt.Sprintf("%d, %d, 'prize %d'", i, i, i) })
	insert("users", 8, func(i int) string { return fmt.Sprintf("%d, 'u%d@example.com', 'user %d', '', '', 0", i, i, i) })
	insert("counters", 12, func(i int) string { return fmt.Sprintf("%d, 0, 0", i) })
	insert("nodes", 15, func(i int) string { return fmt.Sprintf("%d, %d, 'node %d'", i, i/2, i) })
	insert("links", 20, func(i int) string { return fmt.Sprintf("%d, %d", i, (i+1)%21) })
	insert("jobs", 6, func(i int) string { return fmt.Sprintf("%d, 'new', %d", i, i) })
	insert("settings", 4, func(i int) string { return fmt.Sprintf("'s%d', 'v%d'", i, i) })
	insert("grants", 3, func(i int) string { return fmt.Sprintf("%d, 1, 0", i) })
	insert("schema_versions", 6, func(i int) string { return fmt.Sprintf("%d, 'v%d'", i, i) })
}
