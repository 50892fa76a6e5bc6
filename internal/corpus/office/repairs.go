package main

import "github.com/querybudget/querybudget/internal/corpus/office/db"

// Statements whose form for many keys is not to be had by putting a list in the place of
// a key. Each loop's rows are compared with those of what is proposed, if anything is.
var officeRepairs = []Case{
	forEach("arithmetic beside the key", arithmetic), forEach("the key in a function", keyInFunction),
	forEach("NOT", negated), forEach("OR", either), forEach("a set operation", united), forEach("EXCEPT", without),
	forEach("GROUP BY", grouped), forEach("HAVING", having), forEach("sums", summed), forEach("an average beside a column", mixed),
	forEach("DISTINCT", distinct), forEach("a join", joinedOrders), forEach("a left join with a condition", leftJoined),
	forEach("a sub-select", subSelected), forEach("a sub-select with the key", keyInSubSelect), forEach("the newest two", newestTwo),
	forEach("all columns, the newest two", newestTwoWhole), forEach("a CASE with the key", inCase), forEach("a column whose name is a part of another", partOfName),
	forEach("another name for the key", aliased), forEach("a window", windowed), forEach("WITH", withClause),
	forEach("the greatest of all, without an argument", greatest), forEach("two keys", twoKeys), forEach("LIMIT and OFFSET", secondOfEach),
	forEach("a condition behind the key", conditionBehind), forEach("a comparison beside the key", comparisonBeside), forEach("LIKE beside the key", likeBeside),
	{About: "FETCH FIRST", Run: fetchFirst, Systems: "postgresql", Want: ofCustomers("orders")},
	{About: "a cast of the key", Run: castKey, Systems: "postgresql", Want: ofCustomers("orders")},
	{About: "DISTINCT ON", Run: distinctOn, Systems: "postgresql", Want: ofCustomers("orders")},
	{About: "LIKE for the key", Run: likeKey, Want: []Want{noList("products")}},
}

func noList(table string) Want {
	w := child(table, "none", false)[0]
	w.Hides = "IN (?)"
	return w
}

// forEach has a parent; whether that is proven is judged elsewhere.
func forEach(about string, run func(c ctx, d *db.DB)) Case {
	return Case{About: about, Run: run, Want: child("orders", "customers", false)}
}

func eachCustomer(c ctx, d *db.DB, f func(id string)) {
	for _, id := range customerIDs(c, d) {
		f(id)
	}
}

func arithmetic(c ctx, d *db.DB) {
	eachCustomer(c, d, func(id string) { d.Rows(c, "SELECT number FROM orders WHERE customer_id + 0 = ?", number(id)) })
}

func keyInFunction(c ctx, d *db.DB) {
	eachCustomer(c, d, func(id string) { d.Rows(c, "SELECT number FROM orders WHERE customer_id = abs(?)", number(id)) })
}

func negated(c ctx, d *db.DB) {
	eachCustomer(c, d, func(id string) {
		d.Rows(c, "SELECT number FROM orders WHERE customer_id = ? AND NOT state = 'paid'", id)
	})
}

func either(c ctx, d *db.DB) {
	eachCustomer(c, d, func(id string) { d.Rows(c, "SELECT number FROM orders WHERE customer_id = ? OR total = 10", id) })
}

func united(c ctx, d *db.DB) {
	eachCustomer(c, d, func(id string) {
		d.Rows(c, "SELECT number FROM orders WHERE customer_id = ? UNION ALL SELECT title FROM products WHERE id = 1", id)
	})
}

func without(c ctx, d *db.DB) {
	eachCustomer(c, d, func(id string) {
		d.Rows(c, "SELECT number FROM orders WHERE customer_id = ? EXCEPT SELECT number FROM orders WHERE total = 10", id)
	})
}

func grouped(c ctx, d *db.DB) {
	eachCustomer(c, d, func(id string) {
		d.Rows(c, "SELECT state, count(*) FROM orders WHERE customer_id = ? GROUP BY state ORDER BY state", id)
	})
}

func having(c ctx, d *db.DB) {
	eachCustomer(c, d, func(id string) {
		d.Rows(c, "SELECT state FROM orders WHERE customer_id = ? GROUP BY state HAVING count(*) > 2", id)
	})
}

func summed(c ctx, d *db.DB) {
	eachCustomer(c, d, func(id string) {
		d.Rows(c, "SELECT sum(total), count(*), max(total) FROM orders WHERE customer_id = ? AND state = ?", id, "open")
	})
}

func mixed(c ctx, d *db.DB) {
	eachCustomer(c, d, func(id string) {
		d.Rows(c, "SELECT coalesce(sum(total), 0) + 1 FROM orders WHERE customer_id = ?", id)
	})
}

func distinct(c ctx, d *db.DB) {
	eachCustomer(c, d, func(id string) { d.Rows(c, "SELECT DISTINCT state FROM orders WHERE customer_id = ?", id) })
}

func joinedOrders(c ctx, d *db.DB) {
	eachCustomer(c, d, func(id string) {
		d.Rows(c, "SELECT o.number, i.sku FROM orders o JOIN items i ON i.order_id = o.id WHERE o.customer_id = ? ORDER BY i.id", id)
	})
}

func leftJoined(c ctx, d *db.DB) {
	eachCustomer(c, d, func(id string) {
		d.Rows(c, "SELECT o.number, i.sku FROM orders o LEFT JOIN items i ON i.order_id = o.id AND i.qty > ? WHERE o.customer_id = ?", 2, id)
	})
}

func subSelected(c ctx, d *db.DB) {
	eachCustomer(c, d, func(id string) {
		d.Rows(c, "SELECT number FROM orders WHERE customer_id = ? AND total > (SELECT avg(total) FROM orders)", id)
	})
}

func keyInSubSelect(c ctx, d *db.DB) {
	eachCustomer(c, d, func(id string) {
		d.Rows(c, "SELECT number FROM orders WHERE total = (SELECT max(total) FROM orders WHERE customer_id = ?)", id)
	})
}

func newestTwo(c ctx, d *db.DB) {
	eachCustomer(c, d, func(id string) {
		d.Rows(c, "SELECT number FROM orders WHERE customer_id = ? ORDER BY id DESC LIMIT ?", id, 2)
	})
}

func newestTwoWhole(c ctx, d *db.DB) {
	eachCustomer(c, d, func(id string) {
		d.Rows(c, "SELECT id, customer_id, number, total FROM orders WHERE customer_id = ? ORDER BY total DESC LIMIT ?", id, 2)
	})
}

func inCase(c ctx, d *db.DB) {
	eachCustomer(c, d, func(id string) {
		d.Rows(c, "SELECT number, CASE WHEN total > 100 THEN 'dear' ELSE 'cheap' END FROM orders WHERE customer_id = ?", id)
	})
}

func partOfName(c ctx, d *db.DB) {
	eachCustomer(c, d, func(id string) {
		d.Rows(c, "SELECT number AS old_customer_id FROM orders WHERE customer_id = ?", id)
	})
}

func aliased(c ctx, d *db.DB) {
	eachCustomer(c, d, func(id string) {
		d.Rows(c, "SELECT o.customer_id AS c, o.number FROM orders AS o WHERE o.customer_id = ?", id)
	})
}

func windowed(c ctx, d *db.DB) {
	eachCustomer(c, d, func(id string) {
		d.Rows(c, "SELECT number, rank() OVER (ORDER BY total) FROM orders WHERE customer_id = ?", id)
	})
}

func withClause(c ctx, d *db.DB) {
	eachCustomer(c, d, func(id string) {
		d.Rows(c, "WITH mine AS (SELECT number FROM orders WHERE customer_id = ?) SELECT number FROM mine", id)
	})
}

func greatest(c ctx, d *db.DB) {
	eachCustomer(c, d, func(id string) { d.Rows(c, "SELECT max(total) FROM orders WHERE customer_id = ?", id) })
}

func twoKeys(c ctx, d *db.DB) {
	eachCustomer(c, d, func(id string) {
		d.Rows(c, "SELECT total FROM orders WHERE customer_id = ? AND number = ?", id, "n"+id)
	})
}

func secondOfEach(c ctx, d *db.DB) {
	eachCustomer(c, d, func(id string) {
		d.Rows(c, "SELECT number FROM orders WHERE customer_id = ? ORDER BY id LIMIT ? OFFSET ?", id, 1, 1)
	})
}

func conditionBehind(c ctx, d *db.DB) {
	eachCustomer(c, d, func(id string) {
		d.Rows(c, "SELECT number FROM orders WHERE state = ? AND customer_id = ?", "open", id)
	})
}

func comparisonBeside(c ctx, d *db.DB) {
	eachCustomer(c, d, func(id string) {
		d.Rows(c, "SELECT number FROM orders WHERE total > ? AND customer_id = ? AND total <= ? ORDER BY total", 20, id, 200)
	})
}

func likeBeside(c ctx, d *db.DB) {
	eachCustomer(c, d, func(id string) {
		d.Rows(c, "SELECT number FROM orders WHERE number LIKE ? AND customer_id = ?", "n%", id)
	})
}

func fetchFirst(c ctx, d *db.DB) {
	eachCustomer(c, d, func(id string) {
		d.Rows(c, "SELECT number FROM orders WHERE customer_id = ? ORDER BY id FETCH FIRST 2 ROWS ONLY", id)
	})
}

func castKey(c ctx, d *db.DB) {
	eachCustomer(c, d, func(id string) { d.Rows(c, "SELECT number FROM orders WHERE customer_id = ?::bigint", id) })
}

func distinctOn(c ctx, d *db.DB) {
	eachCustomer(c, d, func(id string) {
		d.Rows(c, "SELECT DISTINCT ON (state) number FROM orders WHERE customer_id = ? ORDER BY state, id", id)
	})
}

func likeKey(c ctx, d *db.DB) {
	for _, prefix := range []string{"sku1%", "sku2%", "sku3%", "sku4%", "sku5%", "sku6%"} {
		d.Rows(c, "SELECT title FROM products WHERE sku LIKE ?", prefix)
	}
}
