package main

import (
	"fmt"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/internal/corpus/office/db"
)

const addItem = "INSERT INTO items (id, order_id, sku, qty) VALUES (?, ?, ?, ?)"

var officeWrites = []Case{
	{About: "the items of an order", Run: placeOrder, Want: writes("items")},
	{About: "five", Run: fiveEvents, Want: writes("events")},
	{About: "four", Run: fourEvents},
	{About: "the places of a list", Run: reorder, Want: writes("tickets")},
	{About: "pruning, one by one", Run: prune, Want: writes("events")},
	{About: "pruning at once", Run: pruneAtOnce},
	{About: "pruning by lists", Run: pruneByLists},
	{About: "pruning by ranges", Run: pruneByRanges},
	{About: "pruning until nothing is left", Run: pruneUntilNothing},
	{About: "an import that skips what is there", Run: importSkipping, Want: []Want{{Kind: budget.WriteLoop, Table: "products", Hides: "COPY"}}},
	{About: "an import that returns ids", Run: importReturning, Systems: "sqlite postgresql", Want: []Want{{Kind: budget.WriteLoop, Table: "events", Hides: "COPY"}}},
	{About: "an import in lines of two", Run: importInTuples},
	{About: "INSERT of a SELECT for each", Run: archiveEach, Want: writes("events")},
	{About: "INSERT of a SELECT", Run: archiveAll},
	{About: "orders with their items", Run: placeOrders, Want: []Want{{Kind: budget.WriteLoop, Says: "several VALUES"}}},
	{About: "the same upsert again and again", Run: sameUpsert, Want: writes("options")},
	{About: "a counter, once for each item", Run: countEach, Want: []Want{{Kind: budget.WriteLoop, Table: "products", Says: "one UPDATE"}}},
	{About: "numbers in brackets, rounded", Run: roundEach, Want: writes("products")},
	{About: "a condition with a list that stays", Run: closeEach, Want: writes("orders")},
	{About: "in parallel", Run: updateInParallel, Want: writes("orders")},
	{About: "a list of what was sent, marked one by one", Run: relay, Want: writes("outbox")},
	{About: "a list of what was sent, marked at once", Run: relayAtOnce},
	{About: "jobs, with SKIP LOCKED", Run: relayLocked, Systems: "postgresql mysql"},
	{About: "jobs that are claimed by their state", Run: relayClaimed},
	{About: "a transaction for each order, with what has to be read", Run: shipEach},
	{About: "an optimistic write that is tried again", Run: optimisticRetry},
	{About: "look, then UPDATE, for each", Run: syncStock, Want: writes("products"), May: []Want{{Kind: budget.NPlusOne, Table: "products"}, {Kind: budget.ReadModifyWrite}}},
	{About: "an audit line from five functions", Run: auditFive},
	{About: "two short lists of writes", Run: twoWriteLists},
	{About: "a procedure for each", Run: restockEach, Systems: "postgresql mysql", Want: []Want{{Kind: budget.WriteLoop}}},
	{About: "a savepoint for each", Run: savepointEach, Want: writes("events")},
	{About: "literals", Run: literalWrites, Want: writes("events")},
	{About: "many tables, one row each", Run: manyTables},
}

func placeOrder(c ctx, d *db.DB) {
	d.Tx(c, nil, func(tx *db.DB) {
		tx.Exec(c, "INSERT INTO orders (id, customer_id, number) VALUES (?, ?, ?)", 500, 11, "n500")
		for i := range 7 {
			tx.Exec(c, addItem, 500+i, 500, fmt.Sprint("sku", i), 1)
		}
	})
}

func fiveEvents(c ctx, d *db.DB) {
	for i := range 5 {
		d.Exec(c, "INSERT INTO events (id, kind, payload) VALUES (?, ?, ?)", 100+i, "new", "p")
	}
}

func fourEvents(c ctx, d *db.DB) {
	for i := range 4 {
		d.Exec(c, "INSERT INTO events (id, kind, payload) VALUES (?, ?, ?)", 100+i, "new", "p")
	}
}

func reorder(c ctx, d *db.DB) {
	for place, id := range []int{9, 3, 7, 1, 8, 2} {
		d.Exec(c, "UPDATE tickets SET subject = ? WHERE id = ?", fmt.Sprint("place ", place), id)
	}
}

func prune(c ctx, d *db.DB) {
	for _, id := range d.Column(c, "SELECT id FROM events WHERE kind = ?", "old") {
		d.Exec(c, "DELETE FROM events WHERE id = ?", id)
	}
}

func pruneAtOnce(c ctx, d *db.DB) { d.Exec(c, "DELETE FROM events WHERE kind = ?", "old") }

func pruneByLists(c ctx, d *db.DB) {
	for ids := d.Column(c, "SELECT id FROM events"); len(ids) > 0; ids = ids[2:] {
		d.Exec(c, "DELETE FROM events WHERE id IN (?, ?)", ids[0], ids[1])
	}
}

func pruneByRanges(c ctx, d *db.DB) {
	for from := 1; from < 13; from += 2 {
		d.Exec(c, "DELETE FROM events WHERE id >= ? AND id < ? AND kind = ?", from, from+2, "old")
	}
}

func pruneUntilNothing(c ctx, d *db.DB) {
	text := "DELETE FROM items WHERE id IN (SELECT id FROM items WHERE qty > ? ORDER BY id LIMIT 7)"
	if d.System == "mysql" {
		text = "DELETE FROM items WHERE qty > ? ORDER BY id LIMIT 7"
	}
	for d.Exec(c, text, 0) > 0 {
		continue
	}
}

func importSkipping(c ctx, d *db.DB) {
	text := "INSERT INTO products (id, sku, title) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
	if d.System == "mysql" {
		text = "INSERT IGNORE INTO products (id, sku, title) VALUES (?, ?, ?)"
	}
	for i := range 8 {
		d.Exec(c, text, 5+i, fmt.Sprint("sku", 5+i), "title")
	}
}

func importReturning(c ctx, d *db.DB) {
	for i := range 6 {
		d.One(c, "INSERT INTO events (id, kind) VALUES (?, ?) RETURNING id", 100+i, "new")
	}
}

func importInTuples(c ctx, d *db.DB) {
	for i := range 6 {
		d.Exec(c, "INSERT INTO events (id, kind) VALUES (?, ?), (?, NULL)", 100+2*i, "new", 101+2*i)
	}
}

func archiveEach(c ctx, d *db.DB) {
	for id := 11; id < 18; id++ {
		d.Exec(c, "INSERT INTO events (id, kind) SELECT id, number FROM orders WHERE customer_id = ?", id)
	}
}

func archiveAll(c ctx, d *db.DB) {
	d.Exec(c, "INSERT INTO events (id, kind) SELECT id, number FROM orders WHERE state = ?", "open")
}

func placeOrders(c ctx, d *db.DB) {
	d.Tx(c, nil, func(tx *db.DB) {
		for i := range 6 {
			tx.Exec(c, "INSERT INTO orders (id, customer_id, number) VALUES (?, ?, ?)", 500+i, 11, "n500")
			for j := range 2 {
				tx.Exec(c, addItem, 500+10*i+j, 500+i, fmt.Sprint("sku", j), 1)
			}
		}
	})
}

func sameUpsert(c ctx, d *db.DB) {
	text := "INSERT INTO options (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
	if d.System == "mysql" {
		text = "INSERT INTO options (name, value) VALUES (?, ?) ON DUPLICATE KEY UPDATE value = VALUES(value)"
	}
	for range 7 {
		d.Exec(c, text, "o1", "same")
	}
}

func countEach(c ctx, d *db.DB) {
	for range 7 {
		d.Exec(c, "UPDATE products SET stock = stock - 1 WHERE id = ?", 3)
	}
}

func roundEach(c ctx, d *db.DB) {
	for id := range 7 {
		d.Exec(c, "UPDATE products SET stock = round(12.55, 1), title = substr('abcdef', 2, 3) WHERE id = ?", id+1)
	}
}

func closeEach(c ctx, d *db.DB) {
	for id := range 7 {
		d.Exec(c, "UPDATE orders SET state = 'closed' WHERE state IN ('open', 'paid') AND id = ?", 101+id)
	}
}

func updateInParallel(c ctx, d *db.DB) {
	db.Parallel([]int{101, 102, 103, 104, 105, 106}, func(id int) {
		d.Exec(c, "UPDATE orders SET state = ? WHERE id = ?", "closed", id)
	})
}

func relay(c ctx, d *db.DB) {
	for _, id := range d.Column(c, "SELECT id, body FROM outbox WHERE state = ?", "new") {
		d.Exec(c, "UPDATE outbox SET state = 'sent' WHERE id = ?", id)
	}
}

func relayAtOnce(c ctx, d *db.DB) {
	ids := d.Column(c, "SELECT id, body FROM outbox WHERE state = ?", "new")
	d.Exec(c, "UPDATE outbox SET state = 'sent' WHERE id IN ("+marks(len(ids))+")", anys(ids)...)
}

func relayLocked(c ctx, d *db.DB) {
	for more := true; more; {
		d.Tx(c, nil, func(tx *db.DB) {
			id := tx.One(c, "SELECT id FROM outbox WHERE state = 'new' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED")
			if more = id != ""; more {
				tx.Exec(c, "UPDATE outbox SET state = 'sent' WHERE id = ?", id)
			}
		})
	}
}

func relayClaimed(c ctx, d *db.DB) {
	for {
		id := d.One(c, "SELECT id FROM outbox WHERE state = ? ORDER BY id LIMIT 1", "new")
		if id == "" {
			return
		}
		if d.Exec(c, "UPDATE outbox SET state = 'busy' WHERE id = ? AND state = 'new'", id) == 1 {
			d.Exec(c, "UPDATE outbox SET state = 'sent' WHERE id = ?", id)
		}
	}
}

func shipEach(c ctx, d *db.DB) {
	for id := 101; id < 107; id++ {
		d.Tx(c, nil, func(tx *db.DB) {
			sku := tx.One(c, "SELECT sku FROM items WHERE order_id = ? ORDER BY id", id)
			tx.Exec(c, "UPDATE products SET stock = stock - 1 WHERE sku = ?", sku)
			tx.Exec(c, "UPDATE orders SET state = 'shipped' WHERE id = ?", id)
		})
	}
}

func optimisticRetry(c ctx, d *db.DB) {
	for range 6 {
		if d.Exec(c, "UPDATE products SET title = ?, version = version + 1 WHERE id = ? AND version = ?", "new", 1, 99) == 1 {
			return
		}
	}
}

func syncStock(c ctx, d *db.DB) {
	for i := range 8 {
		if id := d.One(c, "SELECT id FROM products WHERE sku = ?", fmt.Sprint("sku", i+1)); id != "" {
			d.Exec(c, "UPDATE products SET stock = ? WHERE id = ?", 7*i, id)
		}
	}
}

func audit(c ctx, d *db.DB, id int, what string) {
	d.Exec(c, "INSERT INTO events (id, kind, payload) VALUES (?, ?, ?)", id, "audit", what)
}

func auditFive(c ctx, d *db.DB) {
	audit(c, d, 1, "login")
	audit(c, d, 2, "read")
	audit(c, d, 3, "write")
	audit(c, d, 4, "mail")
	audit(c, d, 5, "logout")
}

func twoWriteLists(c ctx, d *db.DB) {
	for i := range 3 {
		audit(c, d, 20+i, "first")
	}
	for i := range 3 {
		audit(c, d, 30+i, "second")
	}
}

func restockEach(c ctx, d *db.DB) {
	for id := range 6 {
		d.Exec(c, "CALL restock(?)", id+1)
	}
}

func savepointEach(c ctx, d *db.DB) {
	d.Tx(c, nil, func(tx *db.DB) {
		for i := range 6 {
			tx.Exec(c, "SAVEPOINT item")
			tx.Exec(c, "INSERT INTO events (id, kind) VALUES (?, ?)", 100+i, "new")
			tx.Exec(c, "RELEASE SAVEPOINT item")
		}
	})
}

func literalWrites(c ctx, d *db.DB) {
	for i := range 6 {
		d.Exec(c, fmt.Sprintf("INSERT INTO events (id, kind, payload) VALUES (%d, 'new', NULL)", 100+i))
	}
}

func manyTables(c ctx, d *db.DB) {
	for _, table := range []string{"items", "orders", "products", "accounts", "tickets", "outbox"} {
		d.Exec(c, "DELETE FROM "+table+" WHERE id = ?", 1)
	}
}
