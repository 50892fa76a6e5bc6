package main

import (
	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/internal/corpus/office/db"
)

const memberName = "SELECT name FROM members WHERE id = ?"

var officeDuplicates = []Case{
	{About: "the member, by session, authentication and handler", Run: memberThreeTimes, Want: []Want{{Kind: budget.Duplicate, Table: "members", At: "session", Count: 2}}},
	{About: "the same text on two lines", Run: twoLines, Want: twice("members", "")},
	{About: "the whole list, twice", Run: wholeListTwice, Want: twice("products", "")},
	{About: "the same count, twice", Run: countTwice, Want: twice("orders", "")},
	{About: "pure functions", Run: pureTwice, Want: twice("members", "")},
	{About: "a column that is called update, read between", Run: verbColumnBetween, Systems: "postgresql", Want: twice("members", "")},
	{About: "a write that reads the table", Run: copiedBetween, Want: twice("orders", "")},
	{About: "a list of a helper that is called with one key", Run: helperWithOneKey, Want: []Want{{Kind: budget.Duplicate, Table: "members", At: "memberList", Also: "options"}}},
	{About: "name, then role", Run: nameThenRole, Want: twice("members", "")},
	{About: "EXISTS, then the row", Run: existsThenMember, Want: twice("members", "")},
	{About: "other columns of another row", Run: otherRow},
	{About: "a page and the number of rows", Run: pageAndCount},
	{About: "two pages", Run: twoPages},
	{About: "an UPDATE between", Run: updateBetween},
	{About: "an UPDATE of two tables between", Run: joinedUpdateBetween, Systems: "mysql"},
	{About: "an UPDATE in a WITH between", Run: withUpdateBetween, Systems: "postgresql"},
	{About: "a TRUNCATE between", Run: truncateBetween, Systems: "postgresql mysql"},
	{About: "a procedure between", Run: procedureBetween, Systems: "postgresql mysql"},
	{About: "an unknown function between", Run: unknownFunctionBetween, Systems: "postgresql mysql"},
	{About: "an INSERT with RETURNING between", Run: returningBetween, Systems: "sqlite postgresql"},
	{About: "SET of the session between", Run: setBetween, Systems: "postgresql mysql"},
	{About: "set_config in a transaction", Run: tenantByConfig, Systems: "postgresql"},
	{About: "a variable of the session", Run: sessionVariable, Systems: "mysql"},
	{About: "a role between", Run: roleBetween, Systems: "postgresql"},
	{About: "the time", Run: timeTwice},
	{About: "a new uuid", Run: uuidTwice, Systems: "postgresql mysql"},
	{About: "numbers of a sequence or of the last INSERT", Run: lastNumber},
	{About: "an advisory lock between", Run: lockBetween, Systems: "postgresql mysql"},
	{About: "read, then read with FOR UPDATE", Run: thenLocked, Systems: "postgresql mysql"},
	{About: "checked again in a transaction that writes", Run: checkedAgain},
	{About: "read in two transactions that write", Run: twoTransactions},
	{About: "polling until a state is there", Run: pollState},
	{About: "polling until a row is there", Run: pollRow},
	{About: "with another LIMIT", Run: otherLimit},
	{About: "in two goroutines", Run: inTwoGoroutines, May: twice("members", "")},
	{About: "a settings table of the database", Run: versionTwice},
}

func session(c ctx, d *db.DB)       { d.Rows(c, memberName, 51) }
func authenticated(c ctx, d *db.DB) { session(c, d) }
func handleProfile(c ctx, d *db.DB) { session(c, d) }
func memberThreeTimes(c ctx, d *db.DB) {
	session(c, d)
	authenticated(c, d)
	d.Rows(c, "SELECT subject FROM tickets WHERE assignee_id = ?", 51)
	handleProfile(c, d)
}

func twoLines(c ctx, d *db.DB) {
	d.Rows(c, memberName, 52)
	d.Rows(c, memberName, 52)
}

func wholeListTwice(c ctx, d *db.DB) {
	for range 2 {
		d.Rows(c, "SELECT sku, title FROM products ORDER BY title")
	}
}

func countTwice(c ctx, d *db.DB) {
	for range 2 {
		d.One(c, "SELECT count(*) FROM orders WHERE state = ?", "open")
	}
}

func pureTwice(c ctx, d *db.DB) {
	for range 2 {
		d.Rows(c, "SELECT lower(name), coalesce(phone, ''), length(email) FROM members WHERE id = ?", 53)
	}
}

func verbColumnBetween(c ctx, d *db.DB) {
	d.Rows(c, memberName, 51)
	d.Rows(c, "SELECT delete, update FROM members, rights WHERE members.id = member_id AND member_id = ?", 51)
	d.Rows(c, memberName, 51)
}

func copiedBetween(c ctx, d *db.DB) {
	d.Rows(c, ordersOfCustomer, 12)
	d.Exec(c, "INSERT INTO events (id, kind) SELECT id, state FROM orders WHERE customer_id = ?", 12)
	d.Rows(c, ordersOfCustomer, 12)
}

func memberList(c ctx, d *db.DB, id int) {
	d.Rows(c, "SELECT name, role FROM members WHERE id = ?", id)
	d.Rows(c, "SELECT value FROM options WHERE name = ?", "o1")
}

func helperWithOneKey(c ctx, d *db.DB) {
	for range 7 {
		memberList(c, d, 51)
	}
}

func nameThenRole(c ctx, d *db.DB) {
	d.Rows(c, memberName, 51)
	d.Rows(c, "SELECT role, email FROM members WHERE id = ?", 51)
}

func existsThenMember(c ctx, d *db.DB) {
	d.One(c, "SELECT EXISTS(SELECT 1 FROM members WHERE email = ?)", "m1@example.com")
	d.Rows(c, "SELECT id, name FROM members WHERE email = ?", "m1@example.com")
}

func otherRow(c ctx, d *db.DB) {
	d.Rows(c, memberName, 51)
	d.Rows(c, "SELECT role, email FROM members WHERE id = ?", 52)
}

func pageAndCount(c ctx, d *db.DB) {
	d.Rows(c, "SELECT number FROM orders WHERE state = ? ORDER BY id LIMIT 5", "open")
	d.One(c, "SELECT count(*) FROM orders WHERE state = ?", "open")
}

func twoPages(c ctx, d *db.DB) {
	d.Rows(c, "SELECT number FROM orders WHERE state = ? ORDER BY id LIMIT 5 OFFSET 0", "open")
	d.Rows(c, "SELECT number FROM orders WHERE state = ? ORDER BY id LIMIT 5 OFFSET 5", "open")
}

// around reads the orders of a customer before and after something.
func around(c ctx, d *db.DB, between func()) {
	d.Rows(c, ordersOfCustomer, 12)
	between()
	d.Rows(c, ordersOfCustomer, 12)
}

func updateBetween(c ctx, d *db.DB) {
	around(c, d, func() { d.Exec(c, "UPDATE orders SET number = ? WHERE id = ?", "x", 101) })
}

func joinedUpdateBetween(c ctx, d *db.DB) {
	around(c, d, func() {
		d.Exec(c, "UPDATE customers c JOIN orders o ON o.customer_id = c.id SET o.state = 'paid', c.country = 'x' WHERE c.id = ?", 12)
	})
}

func withUpdateBetween(c ctx, d *db.DB) {
	around(c, d, func() {
		d.Rows(c, "WITH changed AS (UPDATE orders SET state = 'paid' WHERE customer_id = ? RETURNING id) SELECT id FROM changed", 12)
	})
}

func truncateBetween(c ctx, d *db.DB) {
	around(c, d, func() { d.Exec(c, "TRUNCATE TABLE orders") })
}

func procedureBetween(c ctx, d *db.DB) { around(c, d, func() { d.Exec(c, "CALL restock(?)", 1) }) }

func unknownFunctionBetween(c ctx, d *db.DB) {
	around(c, d, func() { d.One(c, "SELECT taxed(?)", 1) })
}

func returningBetween(c ctx, d *db.DB) {
	around(c, d, func() {
		d.One(c, "INSERT INTO orders (id, customer_id, number) VALUES (?, ?, ?) RETURNING id", 500, 12, "n500")
	})
}

func setBetween(c ctx, d *db.DB) {
	text := "SET LOCAL TIME ZONE 'UTC'"
	if d.System == "mysql" {
		text = "SET @tenant = 7"
	}
	d.Tx(c, nil, func(tx *db.DB) {
		around(c, tx, func() { tx.Exec(c, text) })
	})
}

func tenantByConfig(c ctx, d *db.DB) {
	d.Tx(c, nil, func(tx *db.DB) {
		for _, tenant := range []string{"a", "b", "c"} {
			tx.Rows(c, "SELECT set_config('app.tenant', ?, true)", tenant)
			tx.Rows(c, "SELECT number FROM orders WHERE state = ?", "open")
		}
	})
}

func sessionVariable(c ctx, d *db.DB) {
	d.Tx(c, nil, func(tx *db.DB) {
		for n := range 3 {
			tx.Exec(c, "SET @customer = ?", 11+n)
			tx.Rows(c, "SELECT number FROM orders WHERE customer_id = @customer")
		}
	})
}

func roleBetween(c ctx, d *db.DB) {
	d.Undone(c, func(tx *db.DB) {
		tx.Rows(c, ordersOfCustomer, 12)
		tx.Exec(c, "SET LOCAL ROLE postgres")
		tx.Rows(c, ordersOfCustomer, 12)
	})
}

func timeTwice(c ctx, d *db.DB) {
	for range 2 {
		d.Rows(c, "SELECT number FROM orders WHERE '2020-01-01' < CURRENT_TIMESTAMP")
	}
}

func uuidTwice(c ctx, d *db.DB) {
	text := map[string]string{"postgresql": "SELECT gen_random_uuid()", "mysql": "SELECT uuid()"}[d.System]
	for range 2 {
		d.Rows(c, text)
	}
}

func lastNumber(c ctx, d *db.DB) {
	text := map[string]string{"sqlite": "SELECT last_insert_rowid()", "postgresql": "SELECT txid_current()", "mysql": "SELECT last_insert_id()"}[d.System]
	for range 2 {
		d.Rows(c, text)
	}
}

func lockBetween(c ctx, d *db.DB) {
	text := map[string]string{"postgresql": "SELECT pg_advisory_xact_lock(?)", "mysql": "SELECT get_lock(?, 1)"}[d.System]
	d.Tx(c, nil, func(tx *db.DB) {
		around(c, tx, func() { tx.Rows(c, text, "77") })
		if d.System == "mysql" {
			tx.Rows(c, "SELECT release_lock(?)", "77")
		}
	})
}

func thenLocked(c ctx, d *db.DB) {
	d.Tx(c, nil, func(tx *db.DB) {
		tx.Rows(c, "SELECT balance FROM accounts WHERE id = ?", 1)
		tx.Rows(c, "SELECT balance FROM accounts WHERE id = ? FOR UPDATE", 1)
	})
}

func checkedAgain(c ctx, d *db.DB) {
	const text = "SELECT used FROM coupons WHERE code = ?"
	if d.One(c, text, "code1") == "9" {
		return
	}
	d.Tx(c, nil, func(tx *db.DB) {
		if tx.One(c, text, "code1") == "9" {
			return
		}
		tx.Exec(c, "INSERT INTO events (id, kind) VALUES (?, ?)", 100, "coupon")
	})
}

func twoTransactions(c ctx, d *db.DB) {
	for i := range 2 {
		d.Tx(c, nil, func(tx *db.DB) {
			tx.Rows(c, "SELECT stock FROM products WHERE id = ?", 1)
			tx.Exec(c, "INSERT INTO events (id, kind) VALUES (?, ?)", 100+i, "reserve")
		})
	}
}

func pollState(c ctx, d *db.DB) {
	for i := range 6 {
		if d.One(c, "SELECT state FROM outbox WHERE id = ?", 1) == "sent" {
			return
		}
		if i == 3 {
			d.Exec(budget.Without(c), "UPDATE outbox SET state = 'sent' WHERE id = 1")
		}
	}
}

func pollRow(c ctx, d *db.DB) {
	for i := range 6 {
		if len(d.Rows(c, "SELECT payload FROM events WHERE id = ? AND kind = ?", 777, "answer")) > 0 {
			return
		}
		if i == 3 {
			d.Exec(budget.Without(c), "INSERT INTO events (id, kind) VALUES (777, 'answer')")
		}
	}
}

func otherLimit(c ctx, d *db.DB) {
	for _, limit := range []int{5, 10} {
		d.Rows(c, "SELECT number FROM orders WHERE state = ? ORDER BY id LIMIT ?", "open", limit)
	}
}

func inTwoGoroutines(c ctx, d *db.DB) {
	db.Parallel([]int{1, 2}, func(int) { d.Rows(c, memberName, 51) })
}

func versionTwice(c ctx, d *db.DB) {
	text := map[string]string{"sqlite": "SELECT sqlite_version()", "postgresql": "SHOW server_version", "mysql": "SELECT @@version"}[d.System]
	for range 2 {
		d.Rows(c, text)
	}
}
