package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/querybudget/querybudget/internal/corpus/office/db"
)

// The office has 10 customers with 3 orders each, their items, products, accounts and
// what a company's services have besides. Ids begin at other numbers where a column of
// another table could be taken for them, and at 1 elsewhere, as they do.

var office = []struct {
	name, columns string
	rows          int
	row           func(i int) string
}{
	{"customers", "id INTEGER PRIMARY KEY, name VARCHAR(100), country VARCHAR(10), active BOOLEAN", 10,
		func(i int) string { return fmt.Sprintf("%d, 'customer %d', 'c%d', TRUE", i+10, i, i%3) }},
	{"orders", "id INTEGER PRIMARY KEY, customer_id INTEGER, number VARCHAR(20), total INTEGER, state VARCHAR(10)", 30,
		func(i int) string { return fmt.Sprintf("%d, %d, 'n%d', %d, 'open'", i+100, (i-1)/3+11, i, i*10) }},
	{"items", "id INTEGER PRIMARY KEY, order_id INTEGER, sku VARCHAR(20), qty INTEGER", 60,
		func(i int) string { return fmt.Sprintf("%d, %d, 'sku%d', %d", i, (i-1)/2+101, i%10+1, i%4+1) }},
	{"products", "id INTEGER PRIMARY KEY, sku VARCHAR(20) UNIQUE, title VARCHAR(50), stock INTEGER, version INTEGER DEFAULT 0", 10,
		func(i int) string { return fmt.Sprintf("%d, 'sku%d', 'product %d', 100, 0", i, i, i) }},
	{"accounts", "id INTEGER PRIMARY KEY, owner VARCHAR(50) UNIQUE, balance INTEGER, currency VARCHAR(3), version INTEGER DEFAULT 0", 8,
		func(i int) string { return fmt.Sprintf("%d, 'owner%d', %d, 'EUR', 0", i, i, 1000*i) }},
	{"folders", "id INTEGER PRIMARY KEY, parent_id INTEGER, title VARCHAR(50)", 15,
		func(i int) string { return fmt.Sprintf("%d, %d, 'folder %d'", i+200, i/2+200, i) }},
	{"documents", "id INTEGER PRIMARY KEY, folder_id INTEGER, title VARCHAR(50)", 30,
		func(i int) string { return fmt.Sprintf("%d, %d, 'document %d'", i, (i-1)/2+201, i) }},
	{"employees", "id INTEGER PRIMARY KEY, manager_id INTEGER, name VARCHAR(50)", 12,
		func(i int) string { return fmt.Sprintf("%d, %d, 'employee %d'", i+300, i+299, i) }},
	{"members", "id INTEGER PRIMARY KEY, email VARCHAR(50) UNIQUE, name VARCHAR(50), role VARCHAR(20), phone VARCHAR(20)", 6,
		func(i int) string { return fmt.Sprintf("%d, 'm%d@example.com', 'member %d', 'user', ''", i+50, i, i) }},
	{"tickets", "id INTEGER PRIMARY KEY, assignee_id INTEGER, subject VARCHAR(50), state VARCHAR(10)", 24,
		func(i int) string { return fmt.Sprintf("%d, %d, 'subject %d', 'open'", i, i%4+51, i) }},
	{"outbox", "id INTEGER PRIMARY KEY, state VARCHAR(10), body VARCHAR(50)", 7,
		func(i int) string { return fmt.Sprintf("%d, 'new', 'body %d'", i, i) }},
	{"events", "id INTEGER, kind VARCHAR(20), payload VARCHAR(50)", 12,
		func(i int) string { return fmt.Sprintf("%d, 'old', 'p%d'", i, i) }},
	{"coupons", "code VARCHAR(20) PRIMARY KEY, used INTEGER", 4,
		func(i int) string { return fmt.Sprintf("'code%d', %d", i, i) }},
	{"options", "name VARCHAR(20) PRIMARY KEY, value VARCHAR(20)", 6,
		func(i int) string { return fmt.Sprintf("'o%d', 'v%d'", i, i) }},
	{"bird_migrations", "id INTEGER PRIMARY KEY, species VARCHAR(20), distance INTEGER", 8,
		func(i int) string { return fmt.Sprintf("%d, 's%d', %d", i, i, i) }},
	{"rights", "member_id INTEGER, %sinsert%[1]s INTEGER, %[1]supdate%[1]s INTEGER, %[1]sdelete%[1]s INTEGER", 6,
		func(i int) string { return fmt.Sprintf("%d, 1, 0, 1", i+50) }},
}

// officeRoutines are by system: what CALL and SELECT of a function need.
var officeRoutines = map[string][]string{
	"postgresql": {
		"CREATE FUNCTION taxed(k INTEGER) RETURNS INTEGER LANGUAGE sql AS 'SELECT k * 2'",
		"CREATE PROCEDURE restock(k INTEGER) LANGUAGE sql AS 'UPDATE products SET stock = stock + 1 WHERE id = k'",
	},
	"mysql": {
		"CREATE FUNCTION taxed(k INTEGER) RETURNS INTEGER DETERMINISTIC RETURN k * 2",
		"CREATE PROCEDURE restock(k INTEGER) UPDATE products SET stock = stock + 1 WHERE id = k",
	},
}

func makeOffice(c context.Context, d *db.DB) {
	for _, t := range office {
		columns := t.columns
		if strings.Contains(columns, "%") {
			columns = fmt.Sprintf(columns, quote(d))
		}
		d.Exec(c, "CREATE TABLE "+t.name+" ("+columns+")")
	}
	for _, text := range officeRoutines[d.System] {
		d.Exec(c, text)
	}
}

func quote(d *db.DB) string {
	if d.System == "mysql" {
		return "`"
	}
	return `"`
}

func fillOffice(c context.Context, d *db.DB) {
	for _, t := range office {
		d.Exec(c, "DELETE FROM "+t.name)
		var rows []string
		for i := range t.rows {
			rows = append(rows, "("+t.row(i+1)+")")
		}
		d.Exec(c, "INSERT INTO "+t.name+" VALUES "+strings.Join(rows, ", "))
	}
}

func officeCases() []Case {
	return slices.Concat(
		officeLoops, officeRepairs, officeParents, officeTrees, officeWrites, officeDuplicates, officeLostUpdates, officeInserts, officeQuiet, officeLibraries,
	)
}

// customerIDs is the list that most loops go through.
func customerIDs(c ctx, d *db.DB) []string {
	return d.Column(c, "SELECT id, name FROM customers ORDER BY id")
}

func ofCustomers(table string) []Want { return child(table, "customers", true) }
