package main

import (
	"database/sql"
	"fmt"

	"github.com/querybudget/querybudget/internal/corpus/office/db"
)

const setBalance = "UPDATE accounts SET balance = ? WHERE id = ?"

var lostBalance = lost("accounts")

var officeLostUpdates = []Case{
	{About: "a withdrawal", Run: withdraw, Hints: true, Want: lostBalance},
	{About: "a withdrawal", Run: withdraw, Bare: true, Hints: true, Want: lostBalance},
	{About: "two columns are read", Run: withdrawOfTwo, Hints: true, Want: lostBalance},
	{About: "names in quotes", Run: withdrawQuoted, Hints: true, Want: lostBalance},
	{About: "a key of text", Run: useCoupon, Hints: true, Want: lost("coupons")},
	{About: "a key of two columns", Run: changeQuantity, Hints: true, Want: lost("items")},
	{About: "literals", Run: withdrawLiterals, Hints: true, Want: lostBalance},
	{About: "LIMIT 1 behind the key", Run: withdrawLimited, Hints: true, Want: lostBalance},
	{About: "beside a computed column", Run: withdrawAndCount, Hints: true, Want: lostBalance},
	{About: "in a transaction", Run: withdrawInTransaction, Systems: "postgresql mysql", Hints: true, Want: lostBalance},
	{About: "in a transaction of SQLite", Run: withdrawInTransaction, Systems: "sqlite", Hints: true},
	{About: "in a SERIALIZABLE transaction", Run: withdrawSerializable, Hints: true},
	{About: "with FOR UPDATE", Run: withdrawLocked, Systems: "postgresql mysql", Hints: true},
	{About: "with FOR NO KEY UPDATE", Run: withdrawNoKey, Systems: "postgresql", Hints: true},
	{About: "only if it is as it was", Run: withdrawCompared, Hints: true},
	{About: "only if the version is as it was", Run: withdrawVersioned, Hints: true},
	{About: "in SQL", Run: withdrawInSQL, Hints: true},
	{About: "another column was read", Run: renameOwner, Hints: true},
	{About: "only the id was read", Run: afterIDOnly, Hints: true},
	{About: "a form of all columns", Run: memberForm},
	{About: "the number of LIMIT is a key", Run: limitIsKey, Hints: true},
	{About: "the number of OFFSET is a key", Run: offsetIsKey, Hints: true},
	{About: "the orders of customer 12, and order 12", Run: sameNumber, Hints: true},
	{About: "a key of two columns, and another row", Run: otherQuantity, Hints: true},
	{About: "is the name free?", Run: nameIsFree, Hints: true},
	{About: "is the name free, with != and another order", Run: nameIsFreeToo, Hints: true},
	{About: "read after the write", Run: readAfter, Hints: true},
	{About: "another table with the same column", Run: otherTablesVersion, Hints: true},
	{About: "a list, and one of it", Run: listThenOne, Hints: true, May: lost("tickets")},
	{About: "to a state that the application knows", Run: toPaid, Hints: true, May: lost("orders")},
}

func withdraw(c ctx, d *db.DB) {
	n := number(d.One(c, "SELECT balance FROM accounts WHERE id = ?", 3))
	d.Exec(c, setBalance, n-10, 3)
}

func withdrawOfTwo(c ctx, d *db.DB) {
	n := number(d.One(c, "SELECT balance, currency FROM accounts WHERE id = ?", 3))
	d.Exec(c, setBalance, n-10, 3)
}

func withdrawQuoted(c ctx, d *db.DB) {
	q := quote(d)
	n := number(d.One(c, "SELECT "+q+"balance"+q+" FROM "+q+"accounts"+q+" WHERE "+q+"id"+q+" = ?", 3))
	d.Exec(c, "UPDATE "+q+"accounts"+q+" SET "+q+"balance"+q+" = ? WHERE "+q+"id"+q+" = ?", n-10, 3)
}

func useCoupon(c ctx, d *db.DB) {
	n := number(d.One(c, "SELECT used FROM coupons WHERE code = ?", "code2"))
	d.Exec(c, "UPDATE coupons SET used = ? WHERE code = ?", n+1, "code2")
}

func changeQuantity(c ctx, d *db.DB) {
	n := number(d.One(c, "SELECT qty FROM items WHERE order_id = ? AND sku = ?", 101, "sku2"))
	d.Exec(c, "UPDATE items SET qty = ? WHERE order_id = ? AND sku = ?", n+1, 101, "sku2")
}

func withdrawLiterals(c ctx, d *db.DB) {
	n := number(d.One(c, "SELECT balance FROM accounts WHERE id = 3"))
	d.Exec(c, fmt.Sprintf("UPDATE accounts SET balance = %d WHERE id = 3", n-10))
}

func withdrawLimited(c ctx, d *db.DB) {
	n := number(d.One(c, "SELECT balance FROM accounts WHERE id = ? ORDER BY id LIMIT ?", 3, 1))
	d.Exec(c, setBalance, n-10, 3)
}

func withdrawAndCount(c ctx, d *db.DB) {
	n := number(d.One(c, "SELECT balance FROM accounts WHERE id = ?", 3))
	d.Exec(c, "UPDATE accounts SET version = version + 1, balance = ?, currency = upper(currency) WHERE id = ?", n-10, 3)
}

func withdrawInTransaction(c ctx, d *db.DB) {
	d.Tx(c, nil, func(tx *db.DB) {
		n := number(tx.One(c, "SELECT balance FROM accounts WHERE id = ?", 3))
		tx.Exec(c, setBalance, n-10, 3)
	})
}

func withdrawSerializable(c ctx, d *db.DB) {
	d.Tx(c, &sql.TxOptions{Isolation: sql.LevelSerializable}, func(tx *db.DB) {
		n := number(tx.One(c, "SELECT balance FROM accounts WHERE id = ?", 3))
		tx.Exec(c, setBalance, n-10, 3)
	})
}

func withdrawLocked(c ctx, d *db.DB) {
	d.Tx(c, nil, func(tx *db.DB) {
		n := number(tx.One(c, "SELECT balance FROM accounts WHERE id = ? FOR UPDATE", 3))
		tx.Exec(c, setBalance, n-10, 3)
	})
}

func withdrawNoKey(c ctx, d *db.DB) {
	d.Tx(c, nil, func(tx *db.DB) {
		n := number(tx.One(c, "SELECT balance FROM accounts WHERE id = ? FOR NO KEY UPDATE", 3))
		tx.Exec(c, setBalance, n-10, 3)
	})
}

func withdrawCompared(c ctx, d *db.DB) {
	n := number(d.One(c, "SELECT balance FROM accounts WHERE id = ?", 3))
	d.Exec(c, setBalance+" AND balance = ?", n-10, 3, n)
}

func withdrawVersioned(c ctx, d *db.DB) {
	row := d.Rows(c, "SELECT balance, version FROM accounts WHERE id = ?", 3)[0]
	d.Exec(c, "UPDATE accounts SET balance = ?, version = version + 1 WHERE version = ? AND id = ?", number(row[0])-10, number(row[1]), 3)
}

func withdrawInSQL(c ctx, d *db.DB) {
	d.One(c, "SELECT balance FROM accounts WHERE id = ?", 3)
	d.Exec(c, "UPDATE accounts SET balance = balance - ? WHERE id = ? AND balance >= ?", 10, 3, 10)
}

func renameOwner(c ctx, d *db.DB) {
	d.One(c, "SELECT balance FROM accounts WHERE id = ?", 3)
	d.Exec(c, "UPDATE accounts SET owner = ? WHERE id = ?", "new", 3)
}

func afterIDOnly(c ctx, d *db.DB) {
	d.One(c, "SELECT id FROM members WHERE id = ?", 52)
	d.Exec(c, "UPDATE members SET name = ?, role = ? WHERE id = ?", "Ann", "admin", 52)
}

func memberForm(c ctx, d *db.DB) {
	d.Rows(c, "SELECT id, email, name, role, phone FROM members WHERE id = ?", 52)
	d.Exec(c, "UPDATE members SET name = ?, phone = ? WHERE id = ?", "Ann", "1", 52)
}

func limitIsKey(c ctx, d *db.DB) {
	d.Rows(c, "SELECT balance FROM accounts WHERE currency = ? ORDER BY balance LIMIT ?", "EUR", 5)
	d.Exec(c, setBalance, 1, 5)
}

func offsetIsKey(c ctx, d *db.DB) {
	d.Rows(c, "SELECT balance FROM accounts ORDER BY balance LIMIT ? OFFSET ?", 1, 5)
	d.Exec(c, setBalance, 1, 5)
}

func sameNumber(c ctx, d *db.DB) {
	d.Rows(c, "SELECT total FROM orders WHERE customer_id = ? ORDER BY id LIMIT 1", 12)
	d.Exec(c, "UPDATE orders SET total = ? WHERE id = ?", 5, 12)
}

func otherQuantity(c ctx, d *db.DB) {
	d.One(c, "SELECT qty FROM items WHERE order_id = ? AND sku = ?", 101, "sku2")
	d.Exec(c, "UPDATE items SET qty = ? WHERE order_id = ? AND sku = ?", 5, 101, "sku3")
}

func nameIsFree(c ctx, d *db.DB) {
	d.Rows(c, "SELECT owner FROM accounts WHERE owner = ? AND id <> ?", "free", 3)
	d.Exec(c, "UPDATE accounts SET owner = ? WHERE id = ?", "free", 3)
}

func nameIsFreeToo(c ctx, d *db.DB) {
	d.Rows(c, "SELECT name FROM members WHERE id != ? AND email = ?", 52, "free@example.com")
	d.Exec(c, "UPDATE members SET name = ?, email = ? WHERE id = ?", "Ann", "free@example.com", 52)
}

func readAfter(c ctx, d *db.DB) {
	d.Exec(c, setBalance, 10, 3)
	d.One(c, "SELECT balance FROM accounts WHERE id = ?", 3)
}

func otherTablesVersion(c ctx, d *db.DB) {
	n := number(d.One(c, "SELECT version FROM products WHERE id = ?", 3))
	d.Exec(c, "UPDATE accounts SET version = ? WHERE id = ?", n, 3)
}

func listThenOne(c ctx, d *db.DB) {
	d.Rows(c, "SELECT id, state FROM tickets WHERE assignee_id = ?", 51)
	d.Exec(c, "UPDATE tickets SET state = ? WHERE id = ?", "done", 4)
}

func toPaid(c ctx, d *db.DB) {
	if d.One(c, "SELECT state FROM orders WHERE id = ?", 101) == "open" {
		d.Exec(c, "UPDATE orders SET state = ? WHERE id = ?", "paid", 101)
	}
}
