package corpus

import (
	"context"
	"fmt"

	"github.com/querybudget/querybudget/budget"
)

// newIDs are loops of INSERTs whose ids the database makes.
func newIDs() []Case {
	return []Case{
		{
			Name: "new-ids/needed", About: "each round needs the id of its row: five orders are no reason to write the loop anew, and their lines can go in one INSERT",
			Values: true, Setup: orders(), Run: newOrders(5), Want: []Want{{Kind: budget.WriteLoop, Table: "order_lines", Also: []string{}}},
		},
		{
			Name: "new-ids/of-two-tables", About: "two tables give out the same ids, and the rounds go on with both",
			Values: true, Setup: namesAndVersions(), Run: newFiles,
			Want: []Want{{Kind: budget.WriteLoop, Table: "files", Also: []string{}}},
		},
		{
			Name: "new-ids/many", About: "the same with a dozen",
			Setup: orders(), Run: newOrders(12), Want: []Want{{Kind: budget.WriteLoop, Table: "orders", Also: []string{"INSERT"}}},
		},
		{
			Name: "new-ids/read-back", About: "what is asked with a new id is asked in its round",
			Values: true, Setup: orders(), Run: newOrdersReadBack,
		},
		{
			Name: "new-ids/not-needed", About: "nobody asks for the ids",
			Setup: orders(), Run: newOrdersAlone, Want: writeLoop("", "orders"),
		},
		{
			Name: "new-ids/one-row", About: "one row is new, and the loop asks for it and for something else each time",
			Setup: and(orders(), library(6, 0)), Run: stepsOfOrder,
			Want: []Want{{Kind: budget.NPlusOne, Table: "order_lines"}},
		},
		{
			Name: "new-ids/of-another", About: "the ids that the rounds go on with are those of rows which were there",
			Setup: and(orders(), library(6, 0)), Run: ordersOfAuthors,
			Want: []Want{{Kind: budget.WriteLoop, Table: "orders", Parent: "authors", Also: reads}},
		},
	}
}

func orders() []string {
	return []string{
		"CREATE TABLE orders (id {auto}, customer BIGINT)",
		"CREATE TABLE order_lines (id BIGINT, order_id BIGINT, title VARCHAR(20))",
		"INSERT INTO orders (customer) VALUES (7), (7), (7), (7), (7), (7), (7), (7), (7), (7), (7), (7), (7), (7), (7), (7), (7), (7), (7), (7), (7), (7)",
	}
}

func namesAndVersions() []string {
	return []string{
		"CREATE TABLE names (id {auto}, name VARCHAR(20))", "CREATE TABLE versions (id {auto}, version BIGINT)",
		"CREATE TABLE files (name_id BIGINT, version_id BIGINT)",
	}
}

func newFiles(ctx context.Context, e *Env) error {
	for i := range 6 {
		name := inserted(ctx, e, "INSERT INTO names (name) VALUES (?)", fmt.Sprint("f", i))
		version := inserted(ctx, e, "INSERT INTO versions (version) VALUES (?)", 100+i)
		done(e.DB.ExecContext(ctx, e.Q("INSERT INTO files VALUES (?, ?)"), name, version))
	}
	return nil
}

// insertOrder returns the id as the database has it: of PostgreSQL by RETURNING.
func insertOrder(ctx context.Context, e *Env, customer int64) (id int64) {
	return inserted(ctx, e, "INSERT INTO orders (customer) VALUES (?)", customer)
}

func inserted(ctx context.Context, e *Env, insert string, value any) (id int64) {
	if e.System == "postgres" {
		one(e.DB.QueryRowContext(ctx, e.Q(insert+" RETURNING id"), value), &id)
		return id
	}
	result, err := e.DB.ExecContext(ctx, e.Q(insert), value)
	if err != nil {
		return 0
	}
	id, _ = result.LastInsertId() // both drivers tell
	return id
}

func newOrders(n int64) func(context.Context, *Env) error {
	return func(ctx context.Context, e *Env) error {
		for i := range n {
			id := insertOrder(ctx, e, 100+i)
			done(e.DB.ExecContext(ctx, e.Q("INSERT INTO order_lines VALUES (?, ?, ?)"), 500+i, id, "book"))
		}
		return nil
	}
}

func newOrdersReadBack(ctx context.Context, e *Env) error {
	for i := range int64(6) {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT customer FROM orders WHERE id = ?"), insertOrder(ctx, e, 100+i)))
	}
	return nil
}

func newOrdersAlone(ctx context.Context, e *Env) error {
	for i := range int64(6) {
		insertOrder(ctx, e, 100+i)
	}
	return nil
}

func ordersOfAuthors(ctx context.Context, e *Env) error {
	for _, author := range ints(e.DB.QueryContext(ctx, "SELECT id FROM authors ORDER BY id")) {
		insertOrder(ctx, e, author)
		drain(e.DB.QueryContext(ctx, e.Q("SELECT name FROM authors WHERE id = ?"), author))
	}
	return nil
}

func stepsOfOrder(ctx context.Context, e *Env) error {
	order := insertOrder(ctx, e, 100)
	for _, author := range ints(e.DB.QueryContext(ctx, "SELECT id FROM authors ORDER BY id")) {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT title FROM order_lines WHERE order_id = ? AND id = ?"), order, author))
	}
	return nil
}
