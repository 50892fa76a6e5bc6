package main

import (
	"iter"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/internal/corpus/office/db"
)

var officeLoops = []Case{
	{About: "brackets with two numbers in the list", Run: ordersShortened, Want: ofCustomers("orders")},
	{About: "brackets with a type", Run: ordersAsNumeric, Systems: "postgresql", Want: ofCustomers("orders")},
	{About: "a list of numbers that stays", Run: ordersNotOfTotals, Want: ofCustomers("orders")},
	{About: "a range that stays", Run: ordersBetweenTotals, Want: ofCustomers("orders")},
	{About: "a range that stays, as parameters", Run: ordersInRange, Want: ofCustomers("orders")},
	{About: "a list of one key", Run: ordersOfListsOfOne, Want: ofCustomers("orders")},
	{About: "TRUE and FALSE in turns", Run: ordersOfActive, Want: ofCustomers("orders")},
	{About: "lists with NULL in turns", Run: ordersOfNullLists, Want: ofCustomers("orders")},
	{About: "literals for keys", Run: ordersWithLiterals, Want: ofCustomers("orders")},
	{About: "lists that get shorter at the end", Run: ordersInUnevenLists},
	{About: "arrays", Run: ordersInArrays, Systems: "postgresql"},
	{About: "ranges of keys with BETWEEN", Run: ordersInKeyRanges},
	{About: "pages by two columns", Run: ordersByTwoColumns},
	{About: "pages from the newest on", Run: ordersNewestFirst},
	{About: "pages by number", Run: ordersByPage},
	{About: "the first page of each", Run: firstOrdersOfEach, Want: ofCustomers("orders")},
	{About: "all pages of each", Run: allPagesOfEach, Want: ofCustomers("orders")},
	{About: "the newest of each", Run: lastOrderOfEach, Want: ofCustomers("orders")},
	{About: "one list, collected first", Run: loadedAtOnce},

	{About: "two lists of three, below a middleware", Run: dashboardBelowMiddleware},
	{About: "a loop below a middleware", Run: listBelowMiddleware, Want: child("orders", "customers", true)},
	{About: "five widgets, one after the other", Run: fiveWidgets},
	{About: "five functions through one helper that tries again", Run: throughRetryHelper},
	{About: "columns that are called as verbs", Run: rightsOfEach, Want: child("rights", "members", true)},
	{About: "the same without quotes", Run: rightsUnquoted, Systems: "postgresql", Want: child("rights", "members", true)},

	{About: "four rows, four queries", Run: ordersOfFour, Want: ofCustomers("orders")},
	{About: "four rows, four queries", Run: ordersOfFour, Bare: true, Want: child("orders", "customers", false)},
	{About: "four queries, seven rows", Run: ordersOfFourOfSeven},
	{About: "24 tickets of 4 members", Run: assigneeOfEach, Want: []Want{{Kind: budget.NPlusOne, Table: "members", Parent: "tickets", Count: 24, Says: "JOIN"}}},
	{About: "24 tickets of 4 members", Run: assigneeOfEach, Bare: true, Want: child("members", "tickets", false)},
	{About: "a setting, for each row", Run: optionForEach, Want: []Want{{Kind: budget.Duplicate, Table: "options", Count: 9}}},
	{About: "rows and a setting, for each row", Run: ordersAndOption, Want: []Want{{Kind: budget.NPlusOne, Table: "orders", Parent: "customers", Proven: true, Also: "options"}}},
	{About: "two methods of a repository", Run: byRepository, Want: []Want{{Kind: budget.NPlusOne, Table: "orders", At: "ordersOf", Parent: "customers", Proven: true}}},
	{About: "read and write each", Run: sumUpEach, Want: []Want{
		{Kind: budget.WriteLoop, Table: "orders", Parent: "orders", Proven: true, Also: "items"},
	}},
	{About: "three levels", Run: threeLevels, Want: []Want{
		{Kind: budget.NPlusOne, Table: "orders", Parent: "customers", Proven: true}, {Kind: budget.NPlusOne, Table: "items", Parent: "orders"},
	}},
	{About: "workers that take from a channel", Run: byWorkers, Want: ofCustomers("orders")},
	{About: "an iterator", Run: byIterator, Want: ofCustomers("orders")},
	{About: "only some of them", Run: everyThirdOrder, Want: child("items", "orders", true)},
	{About: "a function for each", Run: taxEach, Systems: "postgresql mysql", Want: []Want{{Kind: budget.NPlusOne}}},
	{About: "a prepared statement", Run: preparedLoop, Want: ofCustomers("orders")},
	{About: "a business table of migrations", Run: birdsOfEach, Want: child("bird_migrations", "none", false)},
}

const ordersOfCustomer = "SELECT number FROM orders WHERE customer_id = ?"

func ordersShortened(c ctx, d *db.DB) {
	for _, id := range customerIDs(c, d) {
		d.Rows(c, "SELECT substr(number, 1, 3), round(total * 1.5, 1), coalesce(state, 'none') FROM orders WHERE customer_id = ?", id)
	}
}

func ordersAsNumeric(c ctx, d *db.DB) {
	for _, id := range customerIDs(c, d) {
		d.Rows(c, "SELECT CAST(total AS numeric(12, 2)), total::numeric(10,2) FROM orders WHERE customer_id = ?", id)
	}
}

func ordersNotOfTotals(c ctx, d *db.DB) {
	for _, id := range customerIDs(c, d) {
		d.Rows(c, "SELECT number FROM orders WHERE total NOT IN (10, 20, 30) AND customer_id = ?", id)
	}
}

func ordersBetweenTotals(c ctx, d *db.DB) {
	for _, id := range customerIDs(c, d) {
		d.Rows(c, "SELECT number FROM orders WHERE customer_id = ? AND total BETWEEN 1 AND 500", id)
	}
}

func ordersInRange(c ctx, d *db.DB) {
	for _, id := range customerIDs(c, d) {
		d.Rows(c, "SELECT number FROM orders WHERE customer_id = ? AND total >= ? AND total < ?", id, 50, 250)
	}
}

func ordersOfListsOfOne(c ctx, d *db.DB) {
	for _, id := range customerIDs(c, d) {
		d.Rows(c, "SELECT number FROM orders WHERE customer_id IN (?)", id)
	}
}

func ordersOfActive(c ctx, d *db.DB) {
	for i, id := range customerIDs(c, d) {
		active := []string{"TRUE", "FALSE"}[i%2]
		d.Rows(c, "SELECT o.number FROM orders o JOIN customers u ON u.id = o.customer_id WHERE o.customer_id = ? AND u.active = "+active, id)
	}
}

func ordersOfNullLists(c ctx, d *db.DB) {
	for i, id := range customerIDs(c, d) {
		list := []string{"(10, NULL)", "(10, 20)", "(NULL, 40, 50)"}[i%3]
		d.Rows(c, "SELECT number FROM orders WHERE customer_id = ? AND total IN "+list, id)
	}
}

func ordersWithLiterals(c ctx, d *db.DB) {
	for _, id := range customerIDs(c, d) {
		d.Rows(c, "SELECT number FROM orders WHERE customer_id = "+id)
	}
}

func ordersInUnevenLists(c ctx, d *db.DB) {
	for ids := customerIDs(c, d); len(ids) > 0; {
		n := min(len(ids), 1+len(ids)/4)
		d.Rows(c, "SELECT number FROM orders WHERE customer_id IN ("+marks(n+1)+")", anys(append(ids[:n:n], "0"))...)
		ids = ids[n:]
	}
}

func ordersInArrays(c ctx, d *db.DB) {
	for ids := customerIDs(c, d); len(ids) > 0; ids = ids[2:] {
		d.Rows(c, "SELECT number FROM orders WHERE customer_id = ANY(?::integer[])", "{"+ids[0]+","+ids[1]+"}")
	}
}

func ordersInKeyRanges(c ctx, d *db.DB) {
	for from := 100; from < 150; from += 5 {
		d.Rows(c, "SELECT number FROM orders WHERE id BETWEEN ? AND ?", from, from+4)
	}
}

func ordersByTwoColumns(c ctx, d *db.DB) {
	total, id := "0", "0"
	for {
		rows := d.Rows(c, "SELECT total, id FROM orders WHERE total > ? OR (total = ? AND id > ?) ORDER BY total, id LIMIT 4", total, total, id)
		if len(rows) == 0 {
			return
		}
		total, id = rows[len(rows)-1][0], rows[len(rows)-1][1]
	}
}

func ordersNewestFirst(c ctx, d *db.DB) {
	before := "1000000"
	for {
		rows := d.Rows(c, "SELECT id, number FROM orders WHERE state = ? AND id < ? ORDER BY id DESC LIMIT 4", "open", before)
		if len(rows) == 0 {
			return
		}
		before = rows[len(rows)-1][0]
	}
}

func ordersByPage(c ctx, d *db.DB) {
	for page := range 7 {
		d.Rows(c, "SELECT number FROM orders WHERE state = ? ORDER BY id LIMIT ? OFFSET ?", "open", 5, 5*page)
	}
}

func firstOrdersOfEach(c ctx, d *db.DB) {
	for _, id := range customerIDs(c, d) {
		d.Rows(c, "SELECT id, number FROM orders WHERE customer_id = ? AND id > ? ORDER BY id LIMIT 2", id, 0)
	}
}

func allPagesOfEach(c ctx, d *db.DB) {
	for _, id := range customerIDs(c, d) {
		for last := "0"; ; {
			rows := d.Rows(c, "SELECT id, number FROM orders WHERE customer_id = ? AND id > ? ORDER BY id LIMIT 2", id, last)
			if len(rows) < 2 {
				break
			}
			last = rows[len(rows)-1][0]
		}
	}
}

func lastOrderOfEach(c ctx, d *db.DB) {
	for _, id := range customerIDs(c, d) {
		d.Rows(c, "SELECT number, total FROM orders WHERE customer_id = ? ORDER BY total DESC, id LIMIT 1", id)
	}
}

func loadedAtOnce(c ctx, d *db.DB) {
	ids := customerIDs(c, d)
	d.Rows(c, "SELECT customer_id, number FROM orders WHERE customer_id IN ("+marks(len(ids))+")", anys(ids)...)
}

// logged is a middleware of the application.
func logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r)
	})
}

func serve(c ctx, handler http.HandlerFunc) {
	r := httptest.NewRequestWithContext(c, http.MethodGet, "/", nil)
	logged(logged(handler)).ServeHTTP(httptest.NewRecorder(), r)
}

func dashboardBelowMiddleware(c ctx, d *db.DB) {
	serve(c, func(_ http.ResponseWriter, r *http.Request) {
		for _, id := range []int{11, 14, 17} {
			d.Rows(r.Context(), ordersOfCustomer, id)
		}
		for _, id := range []int{12, 20, 15} {
			d.Rows(r.Context(), ordersOfCustomer, id)
		}
	})
}

func listBelowMiddleware(c ctx, d *db.DB) {
	serve(c, func(_ http.ResponseWriter, r *http.Request) {
		for _, id := range customerIDs(r.Context(), d) {
			d.Rows(r.Context(), ordersOfCustomer, id)
		}
	})
}

func option(c ctx, d *db.DB, name string) string {
	return d.One(c, "SELECT value FROM options WHERE name = ?", name)
}

func fiveWidgets(c ctx, d *db.DB) {
	_ = option(c, d, "o1") + option(c, d, "o2")
	_ = option(c, d, "o3")
	_ = option(c, d, "o4")
	if option(c, d, "o5") == "" {
		return
	}
}

// again tries again, as helpers of applications do.
func again(f func() bool) {
	for range 3 {
		if f() {
			return
		}
	}
}

func throughRetryHelper(c ctx, d *db.DB) {
	read := func(id int) bool { return len(d.Rows(c, ordersOfCustomer, id)) > 0 }
	again(func() bool { return read(11) })
	again(func() bool { return read(12) })
	again(func() bool { return read(13) })
	again(func() bool { return read(14) })
	again(func() bool { return read(15) })
}

func rightsOfEach(c ctx, d *db.DB) {
	q := quote(d)
	for _, id := range d.Column(c, "SELECT id FROM members ORDER BY id") {
		d.Rows(c, "SELECT "+q+"delete"+q+", "+q+"update"+q+" FROM rights WHERE member_id = ?", id)
	}
}

func rightsUnquoted(c ctx, d *db.DB) {
	for _, id := range d.Column(c, "SELECT id FROM members ORDER BY id") {
		d.Rows(c, "SELECT insert, update, delete FROM rights WHERE member_id = ?", id)
	}
}

func ordersOfFour(c ctx, d *db.DB) {
	for _, id := range d.Column(c, "SELECT id, name FROM customers WHERE id > ? ORDER BY id", 16) {
		d.Rows(c, ordersOfCustomer, id)
	}
}

func ordersOfFourOfSeven(c ctx, d *db.DB) {
	d.Rows(c, "SELECT id, body FROM outbox")
	for _, id := range []int{18, 12, 16, 11} {
		d.Rows(c, ordersOfCustomer, id)
	}
}

func assigneeOfEach(c ctx, d *db.DB) {
	for _, row := range d.Rows(c, "SELECT subject, assignee_id FROM tickets ORDER BY id") {
		d.Rows(c, "SELECT name FROM members WHERE id = ?", row[1])
	}
}

func optionForEach(c ctx, d *db.DB) {
	for range customerIDs(c, d) {
		d.One(c, "SELECT value FROM options WHERE name = ?", "o1")
	}
}

func ordersAndOption(c ctx, d *db.DB) {
	for _, id := range customerIDs(c, d) {
		d.Rows(c, ordersOfCustomer, id)
		d.One(c, "SELECT value FROM options WHERE name = ?", "o1")
	}
}

type repository struct{ d *db.DB }

func (r *repository) ordersOf(c ctx, id string) { r.d.Rows(c, ordersOfCustomer, id) }
func (r *repository) customer(c ctx, id string) {
	r.d.Rows(c, "SELECT country FROM customers WHERE id = ?", id)
}

func byRepository(c ctx, d *db.DB) {
	r := &repository{d}
	for _, id := range customerIDs(c, d) {
		r.ordersOf(c, id)
		r.customer(c, id)
	}
}

func sumUpEach(c ctx, d *db.DB) {
	for _, id := range d.Column(c, "SELECT id FROM orders WHERE total <= ? ORDER BY id", 80) {
		sum := d.One(c, "SELECT sum(qty) FROM items WHERE order_id = ?", id)
		d.Exec(c, "UPDATE orders SET total = ? WHERE id = ?", sum, id)
	}
}

func threeLevels(c ctx, d *db.DB) {
	for _, customer := range customerIDs(c, d) {
		for _, order := range d.Column(c, "SELECT id FROM orders WHERE customer_id = ?", customer) {
			d.Rows(c, "SELECT sku, qty FROM items WHERE order_id = ?", order)
		}
	}
}

func byWorkers(c ctx, d *db.DB) {
	ids := make(chan string)
	var workers sync.WaitGroup
	for range 3 {
		workers.Go(func() {
			for id := range ids {
				d.Rows(c, ordersOfCustomer, id)
			}
		})
	}
	for _, id := range customerIDs(c, d) {
		ids <- id
	}
	close(ids)
	workers.Wait()
}

func allCustomers(c ctx, d *db.DB) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, id := range customerIDs(c, d) {
			if !yield(id) {
				return
			}
		}
	}
}

func byIterator(c ctx, d *db.DB) {
	for id := range allCustomers(c, d) {
		d.Rows(c, ordersOfCustomer, id)
	}
}

func everyThirdOrder(c ctx, d *db.DB) {
	for i, id := range d.Column(c, "SELECT id, number FROM orders ORDER BY id") {
		if i%3 == 0 {
			d.Rows(c, "SELECT sku FROM items WHERE order_id = ?", id)
		}
	}
}

func taxEach(c ctx, d *db.DB) {
	for _, id := range d.Column(c, "SELECT total FROM orders WHERE total < 100") {
		n, _ := strconv.Atoi(id)
		d.One(c, "SELECT taxed(?)", n)
	}
}

func preparedLoop(c ctx, d *db.DB) {
	prepared, err := d.SQL.PrepareContext(c, d.Rebind(ordersOfCustomer))
	check(err)
	defer prepared.Close() //nolint:errcheck // the end of the case
	for _, id := range customerIDs(c, d) {
		var number string
		check(prepared.QueryRowContext(c, id).Scan(&number))
	}
}

func birdsOfEach(c ctx, d *db.DB) {
	for _, species := range []string{"s1", "s2", "s3", "s4", "s5", "s6"} {
		d.Rows(c, "SELECT distance FROM bird_migrations WHERE species = ?", species)
	}
}
