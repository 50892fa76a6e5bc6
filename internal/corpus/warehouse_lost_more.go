package corpus

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"gorm.io/gorm"
)

func whGORMReturn(ctx context.Context, e *Env) error {
	type customer struct {
		ID      int64 `gorm:"primaryKey"`
		Balance int64
	}
	return e.GORM().WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		var c customer
		if err := tx.Table("customers").Select("id", "balance").Where("id = ?", 10).Take(&c).Error; err != nil {
			return err
		}
		if err := tx.Exec("UPDATE item_returns SET state = 'refunded' WHERE id = ? AND state = 'new'", 7).Error; err != nil {
			return err
		}
		return tx.Table("customers").Where("id = ?", c.ID).Update("balance", c.Balance+1_499).Error
	})
}

// whNotLostCases are the near neighbours: guarded, or not computed from what was read.
func whNotLostCases() []Case {
	return []Case{
		{Name: "warehouse/bun-version", About: "an optimistic lock: the version is a condition of the UPDATE, whose number of rows is looked at", Setup: whOf("suppliers"), Run: whBunVersion},
		{Name: "warehouse/old-quantity-in-where", About: "the old quantity is a condition", Setup: whOf("stock"), Run: whOldQuantity},
		{Name: "warehouse/shelf-for-update", About: "the row is locked by the read", Systems: whServers, Setup: whOf("stock"), Run: whShelfLocked},
		{Name: "warehouse/check-then-subtract-in-sql", About: "the quantity is checked for a message, and subtracted by SQL with a guard", Setup: whOf("stock"), Run: whSubtractInSQL},
		{Name: "warehouse/address-form", Values: true, About: "the form shows an address, and what was typed is saved", Setup: whOf("addresses"), Run: whAddressForm},
		{Name: "warehouse/order-state-machine", About: "the transition has the old state as its condition", Setup: whOf("orders"), Run: whStateMachine},
		{Name: "warehouse/pause-webhook", About: "the webhook is loaded to check its owner, and its state becomes a constant", Setup: whOf("webhooks"), Run: whPauseWebhook},
		{Name: "warehouse/serializable-balance", About: "SERIALIZABLE refuses the second of two", Systems: []string{"postgres"}, Setup: whOf("suppliers"), Run: whBalanceAt(sql.LevelSerializable)},
		{Name: "warehouse/repeatable-read-postgres", About: "PostgreSQL's REPEATABLE READ refuses an UPDATE of a row that changed since the snapshot", Systems: []string{"postgres"}, Setup: whOf("locations"), Run: whRepeatableRead},
		{Name: "warehouse/counted-at", Values: true, About: "the time of the last count is read to see whether it is due, and set to now", Setup: whOf("stock"), Run: whCountedAt},
		{Name: "warehouse/describe-live-item", Values: true, About: "state and price are read for validation, another column is set to the request's text", Setup: whOf("items"), Run: whDescribe},
		{Name: "warehouse/price-from-list", Values: true, About: "the old price is read for the log, and the new one comes from another table", Setup: whOf("items prices audit"), Run: whPriceFromList},
		{Name: "warehouse/get-lock", About: "GET_LOCK on the connection guards the series", Systems: []string{"mysql"}, Setup: whOf("doc_numbers"), Run: whGetLock},
		{Name: "warehouse/aggregate-root-locked", About: "the order is locked FOR UPDATE, and its line is changed under that lock", Systems: whServers, Setup: whOf("orders order_lines"), Run: whRootLocked},
		{Name: "warehouse/other-shelf", Values: true, About: "the numbers of one location size another: different rows", Setup: whOf("locations"), Run: whOtherLocation},
		{Name: "warehouse/own-new-order", About: "the order was inserted by the same transaction: nobody else can have changed it", Setup: whOf("orders order_lines"), Run: whOwnOrder},
		{Name: "warehouse/sqlx-atomic-counter", About: "the counter is read for the page after SQL has raised it", Setup: whOf("pickers"), Run: whAtomicCounter},
	}
}

func whBunVersion(ctx context.Context, e *Env) error {
	s := whSupplier{ID: 6}
	try(e.Bun().NewSelect().Model(&s).WherePK().Scan(ctx))
	old := s.Version
	s.Balance += 4_300
	s.Version++
	res, err := e.Bun().NewUpdate().Model(&s).Column("balance", "version").WherePK().Where("version = ?", old).Exec(ctx)
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.New("somebody else was faster")
	}
	return nil
}

func whOldQuantity(ctx context.Context, e *Env) error {
	r := whShelf{whOpen(e)}
	qty := r.Qty(ctx, 5, 9)
	if done(r.db.ExecContext(ctx, r.q("UPDATE stock SET qty = ? WHERE item_id = ? AND location_id = ? AND qty = ?"), qty-4, 5, 9, qty)) == 0 {
		return errors.New("the shelf has changed")
	}
	return nil
}

func whShelfLocked(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		r := whShelf{s}
		var qty int64
		one(s.db.QueryRowContext(ctx, s.q("SELECT qty FROM stock WHERE item_id = ? AND location_id = ? FOR UPDATE"), 19, 7), &qty)
		if qty < 8 {
			return errors.New("not enough")
		}
		r.SetQty(ctx, 19, 7, qty-8)
		return nil
	})
}

func whSubtractInSQL(ctx context.Context, e *Env) error {
	r := whShelf{whOpen(e)}
	if left := r.Qty(ctx, 16, 10); left < 3 {
		return fmt.Errorf("only %d are left", left)
	}
	if done(r.db.ExecContext(ctx, r.q("UPDATE stock SET qty = qty - ? WHERE item_id = ? AND location_id = ? AND qty >= ?"), 3, 16, 10, 3)) == 0 {
		return errors.New("sold out meanwhile")
	}
	return nil
}

type whAddressText struct{ street, city, zip string }

func whAddressForm(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var shown whAddressText
	one(s.db.QueryRowContext(ctx, s.q("SELECT street, city, zip FROM addresses WHERE id = ? AND customer_id = ?"), 3, 13), &shown.street, &shown.city, &shown.zip)
	typed := whAddressText{"Harbour Road 4", "Bremen", "28195"}
	if typed != shown {
		done(s.db.ExecContext(ctx, s.q("UPDATE addresses SET street = ?, city = ?, zip = ? WHERE id = ?"), typed.street, typed.city, typed.zip, 3))
	}
	return nil
}

func whStateMachine(ctx context.Context, e *Env) error {
	s := whOpen(e)
	next := map[string]string{"open": "paid", "paid": "picked", "picked": "packed"}
	var state string
	one(s.db.QueryRowContext(ctx, s.q("SELECT state FROM orders WHERE id = ?"), 12), &state)
	if done(s.db.ExecContext(ctx, s.q("UPDATE orders SET state = ? WHERE id = ? AND state = ?"), next[state], 12, state)) == 0 {
		return errors.New("not in this state any more")
	}
	return nil
}

func whPauseWebhook(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var topic, state string
	if !one(s.db.QueryRowContext(ctx, s.q("SELECT topic, state FROM webhooks WHERE id = ?"), 4), &topic, &state) || topic != "order" {
		return errors.New("not found")
	}
	done(s.db.ExecContext(ctx, s.q("UPDATE webhooks SET state = 'paused' WHERE id = ?"), 4))
	return nil
}

func whBalanceAt(level sql.IsolationLevel) func(context.Context, *Env) error {
	return func(ctx context.Context, e *Env) error {
		return whOpen(e).atomically(ctx, &sql.TxOptions{Isolation: level}, func(s whStore) error {
			var balance int64
			one(s.db.QueryRowContext(ctx, s.q("SELECT balance FROM suppliers WHERE code = ?"), "SUP95"), &balance)
			done(s.db.ExecContext(ctx, s.q("UPDATE suppliers SET balance = ? WHERE code = ?"), balance-2_200, "SUP95"))
			return nil
		})
	}
}

func whCountedAt(ctx context.Context, e *Env) error {
	s := whOpen(e)
	const now = 1_790_000_123
	var last int64
	one(s.db.QueryRowContext(ctx, s.q("SELECT counted_at FROM stock WHERE item_id = ? AND location_id = ?"), 1, 1), &last)
	if now-last > 86_400 {
		done(s.db.ExecContext(ctx, s.q("UPDATE stock SET counted_at = ? WHERE item_id = ? AND location_id = ?"), now, 1, 1))
	}
	return nil
}

func whDescribe(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var tenant, price int64
	one(s.db.QueryRowContext(ctx, s.q("SELECT tenant_id, price FROM items WHERE id = ?"), 20), &tenant, &price)
	if tenant != 1 || price == 0 {
		return errors.New("not yours, or not for sale")
	}
	done(s.db.ExecContext(ctx, s.q("UPDATE items SET descr = ? WHERE id = ?"), "keeps soup hot for eight hours", 20))
	return nil
}

func whPriceFromList(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var old, listed int64
	one(s.db.QueryRowContext(ctx, s.q("SELECT price FROM items WHERE id = ?"), 14), &old)
	one(s.db.QueryRowContext(ctx, s.q("SELECT amount FROM prices WHERE list_id = ? AND item_id = ?"), 1, 14), &listed)
	if old == listed {
		return nil
	}
	done(s.db.ExecContext(ctx, s.q("INSERT INTO audit (actor, action, target) VALUES ('import', ?, ?)"), fmt.Sprintf("price was %d", old), "item 14"))
	done(s.db.ExecContext(ctx, s.q("UPDATE items SET price = ? WHERE id = ?"), listed, 14))
	return nil
}

func whGetLock(ctx context.Context, e *Env) error {
	c, err := e.DB.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close() //nolint:errcheck // it goes back to the pool
	var got int64
	one(c.QueryRowContext(ctx, "SELECT GET_LOCK(?, 5)", "series-1"), &got)
	if got != 1 {
		return errors.New("busy")
	}
	whNumbers{"series-1"}.next(ctx, whStore{c, e})
	one(c.QueryRowContext(ctx, "SELECT RELEASE_LOCK(?)", "series-1"), &got)
	return nil
}

func whRootLocked(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		var state string
		one(s.db.QueryRowContext(ctx, s.q("SELECT state FROM orders WHERE id = ? FOR UPDATE"), 6), &state)
		if state != "open" {
			return errors.New("closed")
		}
		var qty int64
		one(s.db.QueryRowContext(ctx, s.q("SELECT qty FROM order_lines WHERE id = ? AND order_id = ?"), 31, 6), &qty)
		done(s.db.ExecContext(ctx, s.q("UPDATE order_lines SET qty = ? WHERE id = ? AND order_id = ?"), qty+2, 31, 6))
		return nil
	})
}

func whOtherLocation(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var capacity int64
	one(s.db.QueryRowContext(ctx, s.q("SELECT capacity FROM locations WHERE id = ?"), 3), &capacity)
	done(s.db.ExecContext(ctx, s.q("UPDATE locations SET capacity = ? WHERE id = ?"), capacity/2, 8))
	return nil
}

func whOwnOrder(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		done(s.db.ExecContext(ctx, s.q("INSERT INTO orders (id, number, customer_id, address_id, state, total, placed_at, voucher, version) VALUES (?, ?, ?, 1, 'open', 450, 90000, '', 1)"), 900, "N-9001", 4))
		r := whOrders{s}
		o := r.byNumber(ctx, "N-9001")
		r.addLine(ctx, &o, 3, 2, 1_350)
		return nil
	})
}

func whAtomicCounter(ctx context.Context, e *Env) error {
	db := e.SQLX()
	if _, err := db.ExecContext(ctx, e.Q("UPDATE pickers SET picks = picks + ? WHERE id = ?"), 1, 3); err != nil {
		return err
	}
	var picks int64
	return db.GetContext(ctx, &picks, e.Q("SELECT picks FROM pickers WHERE id = ?"), 3)
}
