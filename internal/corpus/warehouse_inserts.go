package corpus

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"gorm.io/gorm"
)

// whInsertCases look for a row, and insert it where there is none.
func whInsertCases() []Case {
	return []Case{
		{Name: "warehouse/customer-by-email", About: "sqlx: a customer is looked for by email, and inserted with it", Setup: whOf("customers"), Run: whCustomerByEmail, Want: whRace("customers")},
		{Name: "warehouse/supplier-count-zero", About: "COUNT of the code is 0, in a transaction of the default level", Systems: whServers, Setup: whOf("suppliers"), Run: whSupplierCount, Want: whRace("suppliers")},
		{Name: "warehouse/cart-line-exists", About: "the service asks EXISTS of one type, and another inserts the line by the same two keys", Setup: whOf("cart_lines"), Run: whCartLine, Want: whRace("cart_lines")},
		{Name: "warehouse/stock-update-or-insert", About: "the UPDATE hits no shelf, and the shelf is inserted", Setup: whOf("stock"), Run: whUpdateOrInsert, Want: whRace("stock")},
		{Name: "warehouse/gorm-batch-of-lot", About: "ErrRecordNotFound, and Create of the lot", Setup: whOf("batches"), Run: whBatchOfLot, Want: whRace("batches")},
		{Name: "warehouse/bun-location-exists", About: "Exists by the code, and an INSERT of the location", Setup: whOf("locations"), Run: whBunLocation, Want: whRace("locations")},
		{Name: "warehouse/event-once", About: "has the event been handled? it is handled, and its key is inserted at the end: two deliveries at once handle it twice", Systems: whServers, Setup: whOf("deliveries stock"), Run: whEventOnce, Want: whRace("deliveries")},
		{Name: "warehouse/sku-with-suffix", About: "the SKU is taken, with a suffix it is free: the free one is inserted", Setup: whOf("items"), Run: whSKUSuffix, Want: whRace("items")},
		{Name: "warehouse/carrier-not-in-map", About: "all names are read into a map, and the one that is not in it is inserted", Values: true, Setup: whOf("carriers"), Run: whMissingCarrier, Want: whRace("carriers")},
	}
}

type whCustomerService struct{ whStore }

func (s whCustomerService) idOf(ctx context.Context, email string) (id int64, err error) {
	db := s.env.SQLX()
	err = db.GetContext(ctx, &id, db.Rebind("SELECT id FROM customers WHERE email = ?"), email)
	return id, err
}

func (s whCustomerService) Ensure(ctx context.Context, email, name string) error {
	_, err := s.idOf(ctx, email)
	if !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	_, err = s.env.SQLX().NamedExecContext(ctx, "INSERT INTO customers (email, name, points, balance, tier) VALUES (:email, :name, 0, 0, 'new')", map[string]any{"email": email, "name": name})
	return err
}

func whCustomerByEmail(ctx context.Context, e *Env) error {
	return whCustomerService{whOpen(e)}.Ensure(ctx, "nora@example.com", "Nora")
}

func whSupplierCount(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		var n int64
		one(s.db.QueryRowContext(ctx, s.q("SELECT COUNT(*) FROM suppliers WHERE code = ?"), "SUP-NEW"), &n)
		if n > 0 {
			return errors.New("this code is taken")
		}
		done(s.db.ExecContext(ctx, s.q("INSERT INTO suppliers (code, name, rating, ratings_n, balance, version) VALUES (?, ?, 0, 0, 0, 1)"), "SUP-NEW", "Nordic Tools"))
		return nil
	})
}

type whCartLines struct{ whStore }

func (r whCartLines) has(ctx context.Context, cart, item int64) (is bool) {
	one(r.db.QueryRowContext(ctx, r.q("SELECT EXISTS (SELECT 1 FROM cart_lines WHERE cart_id = ? AND item_id = ?)"), cart, item), &is)
	return is
}

func (r whCartLines) add(ctx context.Context, cart, item, qty int64) {
	done(r.db.ExecContext(ctx, r.q("INSERT INTO cart_lines (cart_id, item_id, qty) VALUES (?, ?, ?)"), cart, item, qty))
}

func whCartLine(ctx context.Context, e *Env) error {
	r := whCartLines{whOpen(e)}
	if r.has(ctx, 41, 17) {
		return errors.New("it is in the cart")
	}
	r.add(ctx, 41, 17, 2)
	return nil
}

func whUpdateOrInsert(ctx context.Context, e *Env) error {
	s := whOpen(e)
	put := func(item, location, n int64) {
		if done(s.db.ExecContext(ctx, s.q("UPDATE stock SET qty = qty + ? WHERE item_id = ? AND location_id = ?"), n, item, location)) == 0 {
			done(s.db.ExecContext(ctx, s.q("INSERT INTO stock (item_id, location_id, qty, reserved, counted_at, version) VALUES (?, ?, ?, 0, 0, 1)"), item, location, n))
		}
	}
	put(23, 9, 48)
	return nil
}

func whBatchOfLot(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	var b whBatch
	err := g.Where("item_id = ? AND lot = ?", 14, "lot-2026-09").Take(&b).Error
	if !errors.Is(err, gorm.ErrRecordNotFound) {
		return err
	}
	return g.Create(&whBatch{ItemID: 14, Lot: "lot-2026-09", ExpiresAt: 99000, Qty: 60}).Error
}

func whBunLocation(ctx context.Context, e *Env) error {
	l := whLocation{Code: "D-01", Zone: "D", Capacity: 250}
	is, err := e.Bun().NewSelect().Model((*whLocation)(nil)).Where("code = ?", l.Code).Exists(ctx)
	if err != nil || is {
		return err
	}
	_, err = e.Bun().NewInsert().Model(&l).Exec(ctx)
	return err
}

func whEventOnce(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		const key = "evt_7f3a9c"
		var id int64
		if one(s.db.QueryRowContext(ctx, s.q("SELECT id FROM deliveries WHERE event_key = ?"), key), &id) {
			return nil
		}
		done(s.db.ExecContext(ctx, s.q("UPDATE stock SET reserved = reserved + 1 WHERE item_id = ? AND location_id = ?"), 20, 6))
		done(s.db.ExecContext(ctx, s.q("INSERT INTO deliveries (webhook_id, event_key, payload, state) VALUES (0, ?, 'reserve', 'done')"), key))
		return nil
	})
}

func whSKUSuffix(ctx context.Context, e *Env) error {
	s := whOpen(e)
	sku := "sku-518"
	for n := 2; ; n++ {
		var id int64
		if !one(s.db.QueryRowContext(ctx, s.q("SELECT id FROM items WHERE sku = ?"), sku), &id) {
			break
		}
		sku = fmt.Sprintf("sku-518-%d", n)
	}
	done(s.db.ExecContext(ctx, s.q("INSERT INTO items (tenant_id, sku, name, supplier_id, price) VALUES (1, ?, 'copy', 3, 1900)"), sku))
	return nil
}

func whMissingCarrier(ctx context.Context, e *Env) error {
	s := whOpen(e)
	known := map[string]bool{}
	for _, code := range whScan[string](s.db.QueryContext(ctx, "SELECT code FROM carriers"))(func(v *string) []any { return []any{v} }) {
		known[code] = true
	}
	if code := "carrier-z"; !known[code] {
		done(s.db.ExecContext(ctx, s.q("INSERT INTO carriers (code, name, rate) VALUES (?, 'Zephyr', 700)"), code))
	}
	return nil
}

// whNoInsertCases are the near neighbours: the INSERT may hit a row, or is of another one.
func whNoInsertCases() []Case {
	return []Case{
		{Name: "warehouse/stock-upsert-after-look", About: "the shelf is looked for, and the INSERT may hit one", Setup: whOf("stock"), Run: whLookThenUpsert},
		{Name: "warehouse/customer-found-address-new", About: "the customer is found, and an address is inserted", Setup: whOf("customers addresses"), Run: whNewAddress},
		{Name: "warehouse/five-tasks-each", Values: true, About: "the open tasks of a picker are counted against a limit", Setup: whOf("tasks"), Run: whFiveTasks},
		{Name: "warehouse/email-not-blocked", About: "the email is not in the table of the blocked, and a customer is inserted", Setup: whOf("blocked_emails customers"), Run: whNotBlocked},
		{Name: "warehouse/one-shipment-under-lock", About: "the order is locked, then its shipment is looked for and inserted", Systems: whServers, Setup: whOf("orders shipments"), Run: whShipmentLocked},
		{Name: "warehouse/insert-first", About: "the INSERT goes first, and where it fails the row is read", Setup: whOf("carriers"), Run: whInsertFirst},
		{Name: "warehouse/serializable-insert", About: "SERIALIZABLE refuses one of two", Systems: []string{"postgres"}, Setup: whOf("suppliers"), Run: whSerializableInsert},
		{Name: "warehouse/guest-order", About: "no customer has the email, so an order of a guest is inserted: another table", Setup: whOf("customers orders"), Run: whGuestOrder},
		{Name: "warehouse/damaged-before", Values: true, About: "earlier returns for this reason only decide about the state of the new one", Setup: whOf("item_returns"), Run: whDamagedBefore},
	}
}

func whLookThenUpsert(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var qty int64
	if one(s.db.QueryRowContext(ctx, s.q("SELECT qty FROM stock WHERE item_id = ? AND location_id = ?"), 24, 9), &qty) {
		return nil
	}
	done(s.db.ExecContext(ctx, s.q("INSERT INTO stock (item_id, location_id, qty, reserved, counted_at, version) VALUES (?, ?, ?, 0, 0, 1)"+whUpsert(e, "item_id, location_id", "qty")), 24, 9, 30))
	return nil
}

func whNewAddress(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var id int64
	if !one(s.db.QueryRowContext(ctx, s.q("SELECT id FROM customers WHERE email = ?"), "c5@example.com"), &id) {
		return errors.New("unknown")
	}
	done(s.db.ExecContext(ctx, s.q("INSERT INTO addresses (customer_id, street, city, zip) VALUES (?, ?, ?, ?)"), id, "Mill Lane 2", "Kiel", "24103"))
	return nil
}

func whFiveTasks(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var n int64
	one(s.db.QueryRowContext(ctx, s.q("SELECT COUNT(*) FROM tasks WHERE picker_id = ? AND state = ?"), 8, "new"), &n)
	if n >= 5 {
		return errors.New("busy")
	}
	done(s.db.ExecContext(ctx, s.q("INSERT INTO tasks (order_id, item_id, location_id, picker_id, state, attempts) VALUES (?, ?, ?, ?, ?, 0)"), 11, 3, 11, 8, "new"))
	return nil
}

func whNotBlocked(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var email string
	if one(s.db.QueryRowContext(ctx, s.q("SELECT email FROM blocked_emails WHERE email = ?"), "otto@example.com"), &email) {
		return errors.New("blocked")
	}
	done(s.db.ExecContext(ctx, s.q("INSERT INTO customers (email, name, points, balance, tier) VALUES (?, 'Otto', 0, 0, 'new')"), "otto@example.com"))
	return nil
}

func whShipmentLocked(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted}, func(s whStore) error {
		var state string
		if !one(s.db.QueryRowContext(ctx, s.q("SELECT state FROM orders WHERE id = ? FOR UPDATE"), 17), &state) {
			return errors.New("unknown")
		}
		var id int64
		if one(s.db.QueryRowContext(ctx, s.q("SELECT id FROM shipments WHERE order_id = ?"), 17), &id) {
			return nil
		}
		done(s.db.ExecContext(ctx, s.q("INSERT INTO shipments (order_id, carrier, tracking, state, weight) VALUES (?, 'carrier-b', '', 'new', 800)"), 17))
		return nil
	})
}

func whInsertFirst(ctx context.Context, e *Env) error {
	s := whOpen(e)
	if _, err := s.db.ExecContext(ctx, s.q("INSERT INTO carriers (code, name, rate) VALUES (?, ?, ?)"), "carrier-c", "Cargo", 520); err == nil {
		return nil
	}
	var rate int64
	if !one(s.db.QueryRowContext(ctx, s.q("SELECT rate FROM carriers WHERE code = ?"), "carrier-c"), &rate) {
		return errors.New("neither inserted nor found")
	}
	return nil
}

func whSerializableInsert(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, &sql.TxOptions{Isolation: sql.LevelSerializable}, func(s whStore) error {
		var id int64
		if one(s.db.QueryRowContext(ctx, s.q("SELECT id FROM suppliers WHERE code = ?"), "SUP-S"), &id) {
			return nil
		}
		done(s.db.ExecContext(ctx, s.q("INSERT INTO suppliers (code, name) VALUES (?, ?)"), "SUP-S", "Stacks"))
		return nil
	})
}

func whGuestOrder(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var id int64
	if !one(s.db.QueryRowContext(ctx, s.q("SELECT id FROM customers WHERE email = ?"), "guest@example.com"), &id) {
		done(s.db.ExecContext(ctx, s.q("INSERT INTO orders (number, customer_id, address_id, state, total, placed_at, voucher, version) VALUES (?, 0, 0, 'open', 2500, 92000, ?, 1)"), "N-9200", ""))
	}
	return nil
}

func whDamagedBefore(ctx context.Context, e *Env) error {
	s := whOpen(e)
	state := "new"
	var n int64
	one(s.db.QueryRowContext(ctx, s.q("SELECT COUNT(*) FROM item_returns WHERE item_id = ? AND reason = ?"), 5, "broken"), &n)
	if n > 2 {
		state = "inspect"
	}
	done(s.db.ExecContext(ctx, s.q("INSERT INTO item_returns (order_id, item_id, qty, reason, state) VALUES (?, ?, 1, ?, ?)"), 16, 5, "broken", state))
	return nil
}
