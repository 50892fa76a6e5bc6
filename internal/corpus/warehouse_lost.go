package corpus

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strings"
)

// whLostCases read a column, compute its new value in Go and write it.
func whLostCases() []Case {
	return []Case{
		{Name: "warehouse/pick-from-shelf", About: "the quantity on a shelf is read, checked, and written less what was picked", Setup: whOf("stock"), Run: whPickFromShelf, Want: whLost("stock")},
		{Name: "warehouse/customer-whole-row", About: "a struct with the whole row is loaded, its points are raised, and the whole row is saved", Setup: whOf("customers"), Run: whCustomerWholeRow, Want: whLost("customers")},
		{Name: "warehouse/cart-json-append", About: "a JSON list is read, an item is appended in Go, the list is written: two tabs lose an item", Setup: whOf("carts"), Run: whCartAppend, Want: whLost("carts")},
		{Name: "warehouse/gorm-picker-counter", About: "First, a counter in the struct goes up, Save", Setup: whOf("pickers"), Run: whPickerCounter, Want: whLost("pickers")},
		{Name: "warehouse/bun-supplier-rating", About: "a mean and its number are computed from the row and written by its key", Setup: whOf("suppliers"), Run: whSupplierRating, Want: whLost("suppliers")},
		{Name: "warehouse/read-by-sku", Values: true, About: "reserved is read by the SKU and written by the id", Setup: whOf("items"), Run: whReserveBySKU, Want: whLost("items")},
		{Name: "warehouse/transfer", About: "one shelf has less and another has more, both computed in Go, without a lock", Setup: whOf("stock movements"), Run: whTransfer, Want: whLost("stock")},
		{Name: "warehouse/invoice-number", About: "the next number of a series, in a transaction of the default level: two invoices get one number", Systems: whServers, Setup: whOf("doc_numbers"), Run: whInvoiceNumber, Want: whLost("doc_numbers")},
		{Name: "warehouse/sqlx-tags-text", About: "a list with commas is read and written with one more tag", Setup: whOf("items"), Run: whTagsText, Want: whLost("items")},
		{Name: "warehouse/order-total-of-a-line", Values: true, About: "the order is loaded by one method, the total plus the new line's price is written by another", Setup: whOf("orders order_lines"), Run: whAddLine, Want: whLost("orders")},
		{Name: "warehouse/count-and-stamp", About: "two columns are set, of which the quantity was computed and the time was not", Setup: whOf("stock"), Run: whCountAndStamp, Want: whLost("stock")},
		{Name: "warehouse/webhook-failures", About: "a counter of failures goes up in Go, and the state follows it", Setup: whOf("webhooks"), Run: whWebhookFailures, Want: whLost("webhooks")},
		{Name: "warehouse/voucher-late-write", About: "the voucher is read at the start of the checkout and its numbers are written at the end", Setup: whOf("vouchers orders order_lines audit"), Run: whVoucherLate, Want: whLost("vouchers")},
		{Name: "warehouse/least-busy-picker", Values: true, About: "the picker with the least minutes of a team is chosen, and gets the minutes of the task on top", Setup: whOf("pickers tasks"), Run: whLeastBusy, Want: whLost("pickers")},
		{Name: "warehouse/flags-bit", About: "a bit is set in Go: another bit that was set meanwhile is lost", Setup: whOf("items"), Run: whFlagsBit, Want: whLost("items")},
		{Name: "warehouse/repeatable-read-mariadb", About: "REPEATABLE READ does not refuse the second write there", Systems: []string{"mysql"}, Setup: whOf("locations"), Run: whRepeatableRead, Want: whLost("locations")},
		{Name: "warehouse/gorm-tx-return", About: "a return raises the customer's balance: Take and Update of one column in a GORM transaction", Systems: whServers, Setup: whOf("customers item_returns"), Run: whGORMReturn, Want: whLost("customers")},
	}
}

// whShelf is a repository of the stock.
type whShelf struct{ whStore }

func (r whShelf) Qty(ctx context.Context, item, location int64) (qty int64) {
	one(r.db.QueryRowContext(ctx, r.q("SELECT qty FROM stock WHERE item_id = ? AND location_id = ?"), item, location), &qty)
	return qty
}

func (r whShelf) SetQty(ctx context.Context, item, location, qty int64) {
	done(r.db.ExecContext(ctx, r.q("UPDATE stock SET qty = ? WHERE item_id = ? AND location_id = ?"), qty, item, location))
}

type whPicking struct{ shelf whShelf }

func (s whPicking) Pick(ctx context.Context, item, location, n int64) error {
	qty := s.shelf.Qty(ctx, item, location)
	if qty < n {
		return errors.New("not enough on the shelf")
	}
	s.shelf.SetQty(ctx, item, location, qty-n)
	return nil
}

func whPickFromShelf(ctx context.Context, e *Env) error {
	return whPicking{whShelf{whOpen(e)}}.Pick(ctx, 15, 11, 6)
}

type whCustomerRow struct {
	id           int64
	email, name  string
	points, owed int64
	tier         string
}

type whCustomers struct{ whStore }

func (r whCustomers) Load(ctx context.Context, id int64) *whCustomerRow {
	c := &whCustomerRow{id: id}
	one(r.db.QueryRowContext(ctx, r.q("SELECT email, name, points, balance, tier FROM customers WHERE id = ?"), id), &c.email, &c.name, &c.points, &c.owed, &c.tier)
	return c
}

func (r whCustomers) Save(ctx context.Context, c *whCustomerRow) {
	done(r.db.ExecContext(ctx, r.q("UPDATE customers SET email = ?, name = ?, points = ?, balance = ?, tier = ? WHERE id = ?"), c.email, c.name, c.points, c.owed, c.tier, c.id))
}

func (c *whCustomerRow) earn(cents int64) { c.points += cents / 100 }

func whCustomerWholeRow(ctx context.Context, e *Env) error {
	r := whCustomers{whOpen(e)}
	c := r.Load(ctx, 9)
	c.earn(8_750)
	r.Save(ctx, c)
	return nil
}

type whCarts struct{ whStore }

func (r whCarts) items(ctx context.Context, token string) (items []int64) {
	var text string
	if one(r.db.QueryRowContext(ctx, r.q("SELECT items FROM carts WHERE token = ?"), token), &text) {
		try(json.Unmarshal([]byte(text), &items))
	}
	return items
}

func (r whCarts) setItems(ctx context.Context, token string, items []int64) {
	text, err := json.Marshal(items)
	try(err)
	done(r.db.ExecContext(ctx, r.q("UPDATE carts SET items = ? WHERE token = ?"), string(text), token))
}

func whCartAppend(ctx context.Context, e *Env) error {
	r := whCarts{whOpen(e)}
	r.setItems(ctx, "cart-071e", append(r.items(ctx, "cart-071e"), 21))
	return nil
}

func whPickerCounter(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	var p whPicker
	try(g.First(&p, 6).Error)
	p.Picks++
	return g.Save(&p).Error
}

func whSupplierRating(ctx context.Context, e *Env) error {
	s := whSupplier{ID: 4}
	try(e.Bun().NewSelect().Model(&s).WherePK().Scan(ctx))
	s.Rating = (s.Rating*s.RatingsN + 95) / (s.RatingsN + 1)
	s.RatingsN++
	_, err := e.Bun().NewUpdate().Model(&s).Column("rating", "ratings_n").WherePK().Exec(ctx)
	return err
}

func whReserveBySKU(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var id, reserved int64
	if !one(s.db.QueryRowContext(ctx, s.q("SELECT id, reserved FROM items WHERE sku = ?"), "sku-518"), &id, &reserved) {
		return errors.New("no such item")
	}
	done(s.db.ExecContext(ctx, s.q("UPDATE items SET reserved = ? WHERE id = ?"), reserved+5, id))
	return nil
}

func whTransfer(ctx context.Context, e *Env) error {
	shelf := whShelf{whOpen(e)}
	type place struct{ item, location int64 }
	from, to := place{8, 6}, place{22, 4}
	less, more := shelf.Qty(ctx, from.item, from.location)-7, shelf.Qty(ctx, to.item, to.location)+7
	for _, c := range []struct {
		place
		qty int64
	}{{from, less}, {to, more}} {
		shelf.SetQty(ctx, c.item, c.location, c.qty)
	}
	return nil
}

// whNumbers gives documents their numbers.
type whNumbers struct{ series string }

func (n whNumbers) next(ctx context.Context, s whStore) (got int64) {
	one(s.db.QueryRowContext(ctx, s.q("SELECT next_n FROM doc_numbers WHERE series = ?"), n.series), &got)
	done(s.db.ExecContext(ctx, s.q("UPDATE doc_numbers SET next_n = ? WHERE series = ?"), got+1, n.series))
	return got
}

func whInvoiceNumber(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		whNumbers{"series-2"}.next(ctx, s)
		return nil
	})
}

func whTagsText(ctx context.Context, e *Env) error {
	db := e.SQLX()
	var item struct {
		ID   int64  `db:"id"`
		Tags string `db:"tags"`
	}
	try(db.GetContext(ctx, &item, e.Q("SELECT id, tags FROM items WHERE id = ?"), 17))
	item.Tags = strings.Join(append(strings.Split(item.Tags, ","), "sale"), ",")
	_, err := db.NamedExecContext(ctx, "UPDATE items SET tags = :tags WHERE id = :id", item)
	return err
}

type whOrders struct{ whStore }

type whOrderRow struct{ id, total int64 }

func (r whOrders) byNumber(ctx context.Context, number string) (o whOrderRow) {
	one(r.db.QueryRowContext(ctx, r.q("SELECT id, total FROM orders WHERE number = ?"), number), &o.id, &o.total)
	return o
}

func (r whOrders) addLine(ctx context.Context, o *whOrderRow, item, qty, price int64) {
	done(r.db.ExecContext(ctx, r.q("INSERT INTO order_lines (order_id, item_id, location_id, qty, price, picked) VALUES (?, ?, 1, ?, ?, 0)"), o.id, item, qty, price))
	o.total += qty * price
	r.store(ctx, o)
}

func (r whOrders) store(ctx context.Context, o *whOrderRow) {
	done(r.db.ExecContext(ctx, r.q("UPDATE orders SET total = ? WHERE id = ?"), o.total, o.id))
}

func whAddLine(ctx context.Context, e *Env) error {
	r := whOrders{whOpen(e)}
	o := r.byNumber(ctx, "N-4187")
	r.addLine(ctx, &o, 13, 2, 1_650)
	return nil
}

func whCountAndStamp(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var qty int64
	one(s.db.QueryRowContext(ctx, s.q("SELECT qty FROM stock WHERE item_id = ? AND location_id = ?"), 12, 2), &qty)
	const found = 3 // behind the shelf
	done(s.db.ExecContext(ctx, s.q("UPDATE stock SET qty = ?, counted_at = ? WHERE item_id = ? AND location_id = ?"), qty+found, 81234, 12, 2))
	return nil
}

func whWebhookFailures(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var url, state string
	var failures int64
	one(s.db.QueryRowContext(ctx, s.q("SELECT url, failures, state FROM webhooks WHERE id = ?"), 7), &url, &failures, &state)
	send := func(string) error { return errors.New("connection refused") }
	if err := send(url); err != nil {
		failures++
		if failures >= 5 {
			state = "off"
		}
		done(s.db.ExecContext(ctx, s.q("UPDATE webhooks SET failures = ?, state = ? WHERE id = ?"), failures, state, 7))
	}
	return nil
}

// whCheckout is a checkout with its voucher.
type whCheckout struct {
	whStore
	code       string
	left, used int64
}

func (c *whCheckout) begin(ctx context.Context) {
	one(c.db.QueryRowContext(ctx, c.q("SELECT left_n, used_n FROM vouchers WHERE code = ?"), c.code), &c.left, &c.used)
}

func (c *whCheckout) finish(ctx context.Context) {
	done(c.db.ExecContext(ctx, c.q("UPDATE vouchers SET left_n = ?, used_n = ? WHERE code = ?"), c.left-1, c.used+1, c.code))
}

func whVoucherLate(ctx context.Context, e *Env) error {
	c := &whCheckout{whStore: whOpen(e), code: "WELCOME-3"}
	c.begin(ctx)
	if c.left == 0 {
		return errors.New("used up")
	}
	c.Lines(ctx, 5)
	done(c.db.ExecContext(ctx, c.q("UPDATE orders SET state = 'placed' WHERE id = ? AND state = 'paid'"), 5))
	done(c.db.ExecContext(ctx, c.q("INSERT INTO audit (actor, action, target) VALUES ('shop', 'placed', ?)"), "order 5"))
	c.finish(ctx)
	return nil
}

func whLeastBusy(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var id, minutes int64
	one(s.db.QueryRowContext(ctx, s.q("SELECT id, minutes FROM pickers WHERE team = ? AND state = ? ORDER BY minutes LIMIT 1"), "early", "on"), &id, &minutes)
	done(s.db.ExecContext(ctx, s.q("UPDATE tasks SET picker_id = ? WHERE id = ? AND state = 'new'"), id, 14))
	done(s.db.ExecContext(ctx, s.q("UPDATE pickers SET minutes = ? WHERE id = ?"), minutes+25, id))
	return nil
}

func whFlagsBit(ctx context.Context, e *Env) error {
	const fragile = 1 << 4
	s := whOpen(e)
	var flags int64
	one(s.db.QueryRowContext(ctx, s.q("SELECT flags FROM items WHERE id = ?"), 11), &flags)
	done(s.db.ExecContext(ctx, s.q("UPDATE items SET flags = ? WHERE id = ?"), flags|fragile, 11))
	return nil
}

func whRepeatableRead(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead}, func(s whStore) error {
		var used, capacity int64
		one(s.db.QueryRowContext(ctx, s.q("SELECT used, capacity FROM locations WHERE id = ?"), 5), &used, &capacity)
		if used+12 > capacity {
			return errors.New("no room")
		}
		done(s.db.ExecContext(ctx, s.q("UPDATE locations SET used = ? WHERE id = ?"), used+12, 5))
		return nil
	})
}
