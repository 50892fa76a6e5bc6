package main

import (
	"slices"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/internal/corpus/office/db"
)

var officeParents = []Case{
	{About: "another list of ten lies between", Run: productsBetween, Want: ofCustomers("orders")},
	{About: "another list with the same ids lies between", Run: eventsBetween, Want: child("bird_migrations", "none", false)},
	{About: "sorted before the loop", Run: sortedFirst, Want: ofCustomers("orders")},
	{About: "backwards", Run: backwards, Want: ofCustomers("orders")},
	{About: "a key of text", Run: productsBySKU, Want: child("products", "items", true)},
	{About: "a key under another name", Run: underAnotherName, Want: child("customers", "orders", true)},
	{About: "ids of the request that are in no list", Run: idsOfABody, Want: child("items", "none", false)},
	{About: "ids of the request, as many as the rows of a list", Run: asManyAsRows, Want: child("items", "none", false)},
	{About: "ids that were computed", Run: computedIDs, Want: child("orders", "none", false)},
	{About: "read by a method, used in another one", Run: fromStruct, Want: []Want{{Kind: budget.NPlusOne, Table: "orders", At: "ordersOfAll", Parent: "customers", Proven: true}}},
	{About: "two lists that fit", Run: twoFit, Want: []Want{{Kind: budget.NPlusOne, Table: "items", Unproven: true}}},
	{About: "a larger list later, without values", Run: largerListLater, Bare: true, Want: child("orders", "customers", false)},
	{About: "a loop in batches", Run: itemsInBatches, Want: child("items", "orders", true)},
	{About: "a count before the list", Run: countBefore, Want: ofCustomers("orders")},
	{About: "the list twice, by two functions", Run: listTwice, Want: append(ofCustomers("orders"), Want{Kind: budget.Duplicate, Table: "customers", At: "customerIDs"})},
	{About: "keys of one list, sums of another", Run: detailsThenSums, Want: []Want{
		{Kind: budget.NPlusOne, Table: "orders", Parent: "customers", Proven: true, Also: "items"},
	}},
}

func productsBetween(c ctx, d *db.DB) {
	ids := customerIDs(c, d)
	d.Rows(c, "SELECT id, title FROM products ORDER BY id")
	for _, id := range ids {
		d.Rows(c, ordersOfCustomer, id)
	}
}

func eventsBetween(c ctx, d *db.DB) {
	d.Rows(c, "SELECT id, balance FROM accounts ORDER BY id")
	for id := 1; id <= 8; id++ {
		d.Rows(c, "SELECT species FROM bird_migrations WHERE id = ?", id)
	}
}

func sortedFirst(c ctx, d *db.DB) {
	ids := d.Column(c, "SELECT id, name FROM customers ORDER BY country, id")
	slices.Sort(ids)
	for _, id := range ids {
		d.Rows(c, ordersOfCustomer, id)
	}
}

func backwards(c ctx, d *db.DB) {
	for _, id := range slices.Backward(customerIDs(c, d)) {
		d.Rows(c, ordersOfCustomer, id)
	}
}

func productsBySKU(c ctx, d *db.DB) {
	for _, row := range d.Rows(c, "SELECT id, sku FROM items WHERE id <= ? ORDER BY id", 9) {
		d.Rows(c, "SELECT title FROM products WHERE sku = ?", row[1])
	}
}

func underAnotherName(c ctx, d *db.DB) {
	for _, row := range d.Rows(c, "SELECT o.number, o.customer_id AS who FROM orders o WHERE o.total IN (10, 40, 70, 100, 130, 160, 190) ORDER BY o.id") {
		d.Rows(c, "SELECT name FROM customers WHERE id = ?", row[1])
	}
}

func idsOfABody(c ctx, d *db.DB) {
	d.Rows(c, "SELECT id, title FROM products")
	for _, id := range []int{121, 103, 117, 108, 130, 101} {
		d.Rows(c, "SELECT sku FROM items WHERE order_id = ?", id)
	}
}

func asManyAsRows(c ctx, d *db.DB) {
	d.Rows(c, "SELECT id, name FROM members")
	for _, id := range []int{121, 103, 117, 108, 130, 101} {
		d.Rows(c, "SELECT sku FROM items WHERE order_id = ?", id)
	}
}

func computedIDs(c ctx, d *db.DB) {
	for i := range 8 {
		d.Rows(c, "SELECT number FROM orders WHERE id = ?", 100+3*i)
	}
}

type page struct {
	d   *db.DB
	ids []string
}

func (p *page) load(c ctx) { p.ids = p.d.Column(c, "SELECT id, name FROM customers WHERE active") }

func (p *page) ordersOfAll(c ctx) {
	for _, id := range p.ids {
		p.d.Rows(c, ordersOfCustomer, id)
	}
}

func fromStruct(c ctx, d *db.DB) {
	p := &page{d: d}
	p.load(c)
	p.d.Rows(c, "SELECT value FROM options")
	p.ordersOfAll(c)
}

func twoFit(c ctx, d *db.DB) {
	d.Rows(c, "SELECT order_id, sku FROM items WHERE id IN (1, 3, 5, 7, 9, 11) ORDER BY id")
	for _, id := range d.Column(c, "SELECT id, number FROM orders WHERE total <= ? ORDER BY id", 60) {
		d.Rows(c, "SELECT qty FROM items WHERE order_id = ?", id)
	}
}

func largerListLater(c ctx, d *db.DB) {
	ids := customerIDs(c, d)
	d.Rows(c, "SELECT id, subject FROM tickets")
	for _, id := range ids {
		d.Rows(c, ordersOfCustomer, id)
	}
}

func itemsInBatches(c ctx, d *db.DB) {
	for last := "0"; ; {
		ids := d.Column(c, "SELECT id FROM orders WHERE id > ? ORDER BY id LIMIT 8", last)
		if len(ids) == 0 {
			return
		}
		for _, id := range ids {
			d.Rows(c, "SELECT sku FROM items WHERE order_id = ?", id)
		}
		last = ids[len(ids)-1]
	}
}

func countBefore(c ctx, d *db.DB) {
	d.One(c, "SELECT count(*) FROM customers")
	for _, id := range customerIDs(c, d) {
		d.Rows(c, ordersOfCustomer, id)
	}
}

func listTwice(c ctx, d *db.DB) {
	customerIDs(c, d)
	for _, id := range customerIDs(c, d) {
		d.Rows(c, ordersOfCustomer, id)
	}
}

func detailsThenSums(c ctx, d *db.DB) {
	for _, id := range customerIDs(c, d) {
		d.Rows(c, "SELECT number, total FROM orders WHERE customer_id = ?", id)
		d.One(c, "SELECT sum(i.qty) FROM items i JOIN orders o ON o.id = i.order_id WHERE o.customer_id = ?", id)
	}
}
