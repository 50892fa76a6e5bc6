package corpus

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/querybudget/querybudget/budget"
)

// whWriteCases write a row at a time.
func whWriteCases() []Case {
	return []Case{
		{Name: "warehouse/movement-per-line", About: "an INSERT for each line of the order that was read", Setup: whOf("order_lines movements"), Run: whMovementPerLine, Want: whWrites("movements", "order_lines")},
		{Name: "warehouse/release-prepared", About: "a prepared atomic UPDATE for each task of the list", Setup: whOf("tasks stock"), Run: whReleasePrepared, Want: whWrites("stock", "tasks")},
		{Name: "warehouse/expired-batches-deleted", About: "the expired batches are read, and deleted one at a time", Setup: whOf("batches"), Run: whExpiredBatches, Want: whWrites("batches", "batches")},
		{Name: "warehouse/request-lines-into-cart", About: "the items are the request's", Setup: whOf("cart_lines"), Run: whRequestLines, Want: whWrites("cart_lines", none)},
		{Name: "warehouse/request-prices-after-check", About: "the list is looked up, the prices and items are the request's", Setup: whOf("price_lists prices"), Run: whRequestPrices, Want: whWrites("prices", none)},
		{Name: "warehouse/two-writes-per-line", About: "the shelf and its movement, for each line, in one transaction", Setup: whOf("order_lines stock movements"), Run: whTwoWrites, Want: []Want{{Kind: budget.WriteLoop, Table: "stock", Parent: "order_lines", Also: []string{"INSERT"}}}},
		{Name: "warehouse/price-upserts", About: "an upsert of a computed price for each item of a supplier's list", Setup: whOf("items prices"), Run: whPriceUpserts, Want: whWrites("prices", "items")},
		{Name: "warehouse/gorm-create-shipments", About: "Create in a loop over the open orders: Create takes a slice", Setup: whOf("orders shipments"), Run: whCreateShipments, Want: whWrites("shipments", "orders")},
		{Name: "warehouse/bun-raise-prices", About: "bun updates each of the items that it has read, with a computed price", Setup: whOf("items"), Run: whRaisePrices, Want: whWrites("items", "items")},
		{Name: "warehouse/gorm-save-pickers", About: "Save of each of the pickers at the end of the shift", Setup: whOf("pickers"), Run: whSavePickers, Want: whWrites("pickers", "pickers")},
		{Name: "warehouse/sqlx-fan-out", About: "a delivery for each webhook by NamedExec", Setup: whOf("webhooks deliveries"), Run: whFanOut, Want: whWrites("deliveries", "webhooks")},
		{Name: "warehouse/goroutines-mark", About: "goroutines with a limit mark one order each", Systems: whServers, Setup: whOf("orders"), Run: whGoroutinesMark, Want: whWrites("orders", "orders")},
		{Name: "warehouse/call-per-task", About: "a procedure that closes one task is called for each", Systems: []string{"mysql"}, Setup: append(whOf("tasks"), "CREATE PROCEDURE close_task(t BIGINT) UPDATE tasks SET state = 'done' WHERE id = t"), Run: whCallPerTask, Want: whWrites("", "tasks")},
		{Name: "warehouse/count-session-per-row", About: "for each row that was counted: what is expected is read, and the count is inserted", Setup: whOf("stock stock_counts"), Run: whCountSession, Want: []Want{{Kind: budget.WriteLoop, Table: "stock_counts", Parent: none}}},
		{Name: "warehouse/address-book-copied", Values: true, About: "the addresses of a customer group are copied to the audit by a mapper in another type", Setup: whOf("addresses audit"), Run: whAddressBook, Want: whWrites("audit", "addresses")},
		{Name: "warehouse/positions-reordered", About: "drag and drop: the request has the ids in their new order", Setup: whOf("categories"), Run: whReordered, Want: whWrites("categories", none)},
	}
}

// whLedger writes movements.
type whLedger struct{ whStore }

func (l whLedger) book(ctx context.Context, item, location, delta int64, ref string) {
	done(l.db.ExecContext(ctx, l.q("INSERT INTO movements (item_id, location_id, delta, ref) VALUES (?, ?, ?, ?)"), item, location, delta, ref))
}

func whMovementPerLine(ctx context.Context, e *Env) error {
	s := whOpen(e)
	ledger := whLedger{s}
	for _, l := range s.Lines(ctx, 4) {
		ledger.book(ctx, l.item, l.location, -l.qty, fmt.Sprintf("line %d", l.id))
	}
	return nil
}

type whTask struct{ id, item, location int64 }

func (s whStore) tasks(ctx context.Context, state string) []whTask {
	return whScan[whTask](s.db.QueryContext(ctx, s.q("SELECT id, item_id, location_id FROM tasks WHERE state = ? ORDER BY id"), state))(func(t *whTask) []any {
		return []any{&t.id, &t.item, &t.location}
	})
}

func whReleasePrepared(ctx context.Context, e *Env) error {
	s := whOpen(e)
	stmt, err := e.DB.PrepareContext(ctx, s.q("UPDATE stock SET reserved = 0, version = version + 1 WHERE item_id = ? AND location_id = ?"))
	if err != nil {
		return err
	}
	defer stmt.Close() //nolint:errcheck // the case is over
	for _, t := range s.tasks(ctx, "new") {
		done(stmt.ExecContext(ctx, t.item, t.location))
	}
	return nil
}

type whBatches struct{ whStore }

func (r whBatches) expired(ctx context.Context, before int64) []int64 {
	return whKeys(r.db.QueryContext(ctx, r.q("SELECT id FROM batches WHERE expires_at < ?"), before))
}

func (r whBatches) remove(ctx context.Context, id int64) {
	done(r.db.ExecContext(ctx, r.q("DELETE FROM batches WHERE id = ?"), id))
}

func whExpiredBatches(ctx context.Context, e *Env) error {
	r := whBatches{whOpen(e)}
	for _, id := range r.expired(ctx, 66_000) {
		r.remove(ctx, id)
	}
	return nil
}

func whRequestLines(ctx context.Context, e *Env) error {
	r := whCartLines{whOpen(e)}
	for _, l := range []struct{ item, qty int64 }{{301, 1}, {377, 4}, {312, 2}, {395, 1}, {340, 6}, {328, 1}, {366, 3}, {319, 2}} {
		r.add(ctx, 77, l.item, l.qty)
	}
	return nil
}

func whRequestPrices(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var currency string
	if !one(s.db.QueryRowContext(ctx, s.q("SELECT currency FROM price_lists WHERE name = ?"), "list 3"), &currency) || currency != "EUR" {
		return errors.New("unknown list")
	}
	for i, amount := range []int64{4_490, 12_990, 799, 2_250, 18_400, 5_610, 990} {
		done(s.db.ExecContext(ctx, s.q("INSERT INTO prices (list_id, item_id, amount) VALUES (?, ?, ?)"), 3, 811+13*i, amount))
	}
	return nil
}

func whTwoWrites(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		for _, l := range s.Lines(ctx, 5) {
			done(s.db.ExecContext(ctx, s.q("UPDATE stock SET qty = qty - ? WHERE item_id = ? AND location_id = ?"), l.qty, l.item, l.location))
			done(s.db.ExecContext(ctx, s.q("INSERT INTO movements (item_id, location_id, delta, ref) VALUES (?, ?, ?, 'picked')"), l.item, l.location, -l.qty))
		}
		return nil
	})
}

type whPriced struct{ id, price int64 }

func whPriceUpserts(ctx context.Context, e *Env) error {
	s := whOpen(e)
	items := whScan[whPriced](s.db.QueryContext(ctx, s.q("SELECT id, price FROM items WHERE tenant_id = ? ORDER BY sku"), 2))(func(p *whPriced) []any { return []any{&p.id, &p.price} })
	wholesale := func(cents int64) int64 { return cents * 83 / 100 }
	query := s.q("INSERT INTO prices (list_id, item_id, amount) VALUES (?, ?, ?)" + whUpsert(e, "list_id, item_id", "amount"))
	for _, i := range items {
		done(s.db.ExecContext(ctx, query, 4, i.id, wholesale(i.price)))
	}
	return nil
}

func whCreateShipments(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	var orders []whOrder
	if err := g.Where("state = ?", "open").Find(&orders).Error; err != nil {
		return err
	}
	for _, o := range orders {
		if err := g.Create(&whShipment{OrderID: o.ID, Carrier: "carrier-a", State: "new"}).Error; err != nil {
			return err
		}
	}
	return nil
}

func whRaisePrices(ctx context.Context, e *Env) error {
	var items []whItem
	if err := e.Bun().NewSelect().Model(&items).Where("price > ?", 1_500).Scan(ctx); err != nil {
		return err
	}
	for _, i := range items {
		i.Price = i.Price * 103 / 100
		if _, err := e.Bun().NewUpdate().Model(&i).Column("price").WherePK().Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

func whSavePickers(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	var team []whPicker
	if err := g.Where("team = ?", "early").Find(&team).Error; err != nil {
		return err
	}
	for i := range team {
		team[i].State = "off"
		if err := g.Save(&team[i]).Error; err != nil {
			return err
		}
	}
	return nil
}

// whSender has the webhooks of a topic get an event.
type whSender struct{ whStore }

func (s whSender) hooks(ctx context.Context, topic string) (ids []int64, err error) {
	db := s.env.SQLX()
	err = db.SelectContext(ctx, &ids, db.Rebind("SELECT id FROM webhooks WHERE topic = ? AND state = 'on'"), topic)
	return ids, err
}

func (s whSender) enqueue(ctx context.Context, hook int64, event string) error {
	_, err := s.env.SQLX().NamedExecContext(ctx, "INSERT INTO deliveries (webhook_id, event_key, payload, state) VALUES (:hook, :key, :payload, 'new')", map[string]any{
		"hook": hook, "key": fmt.Sprintf("%s/%d", event, hook), "payload": event,
	})
	return err
}

func whFanOut(ctx context.Context, e *Env) error {
	s := whSender{whOpen(e)}
	hooks, err := s.hooks(ctx, "order")
	for _, h := range hooks {
		err = errors.Join(err, s.enqueue(ctx, h, "order.shipped"))
	}
	return err
}

func whGoroutinesMark(ctx context.Context, e *Env) error {
	s := whOpen(e)
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(3)
	for _, id := range whKeys(s.db.QueryContext(ctx, s.q("SELECT id FROM orders WHERE state = ?"), "paid")) {
		g.Go(func() error {
			_, err := s.db.ExecContext(gctx, s.q("UPDATE orders SET state = 'released' WHERE id = ? AND state = 'paid'"), id)
			return err
		})
	}
	return g.Wait()
}

func whCallPerTask(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, t := range s.tasks(ctx, "new") {
		done(s.db.ExecContext(ctx, "CALL close_task(?)", t.id))
	}
	return nil
}

type whCounted struct{ item, location, counted int64 }

// whSession is a count of the shelves.
type whSession struct{ whStore }

func (s whSession) record(ctx context.Context, c whCounted) {
	var expected int64
	one(s.db.QueryRowContext(ctx, s.q("SELECT qty FROM stock WHERE item_id = ? AND location_id = ?"), c.item, c.location), &expected)
	done(s.db.ExecContext(ctx, s.q("INSERT INTO stock_counts (item_id, location_id, counted, expected, state) VALUES (?, ?, ?, ?, 'open')"), c.item, c.location, c.counted, expected))
}

func whCountSession(ctx context.Context, e *Env) error {
	s := whSession{whOpen(e)}
	for _, c := range []whCounted{{8, 6, 133}, {15, 11, 138}, {22, 4, 141}, {5, 9, 146}, {12, 2, 150}, {19, 7, 150}, {2, 12, 158}, {9, 5, 160}} {
		s.record(ctx, c)
	}
	return nil
}

type whAddressRow struct {
	id     int64
	street string
}

type whArchive struct{ whStore }

func (a whArchive) keep(ctx context.Context, r whAddressRow) {
	done(a.db.ExecContext(ctx, a.q("INSERT INTO audit (actor, action, target) VALUES ('gdpr', ?, ?)"), "was: "+r.street, fmt.Sprintf("addresses/%d", r.id)))
}

func whAddressBook(ctx context.Context, e *Env) error {
	s := whOpen(e)
	rows := whScan[whAddressRow](s.db.QueryContext(ctx, s.q("SELECT id, street FROM addresses WHERE customer_id < ? ORDER BY id"), 9))(func(r *whAddressRow) []any { return []any{&r.id, &r.street} })
	for _, r := range rows {
		whArchive{s}.keep(ctx, r)
	}
	return nil
}

func whReordered(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for position, id := range []int64{6, 2, 9, 4, 1, 8, 3} {
		done(s.db.ExecContext(ctx, s.q("UPDATE categories SET slug = ? WHERE id = ?"), fmt.Sprintf("menu-%02d", position+1), id))
	}
	return nil
}

// whNoWriteCases are the near neighbours: as many statements as there have to be.
func whNoWriteCases() []Case {
	return []Case{
		{Name: "warehouse/movements-in-chunks", About: "many rows by INSERTs of twenty rows each", Setup: whOf("movements"), Run: whChunks},
		{Name: "warehouse/one-update-from", About: "one UPDATE ... FROM after the read for the page", Systems: []string{"postgres"}, Setup: whOf("order_lines stock"), Run: whUpdateFrom},
		{Name: "warehouse/worker-claims-tasks", About: "a worker locks one task at a time, in a transaction of its own", Systems: whServers, Setup: whOf("tasks"), Run: whWorker},
		{Name: "warehouse/outbox-relay", About: "a relay claims one message, sends it, marks it and commits before it takes the next", Systems: whServers, Setup: whOf("outbox"), Run: whRelay},
		{Name: "warehouse/version-retries", About: "one UPDATE is tried until its version fits", Setup: whOf("suppliers"), Run: whVersionRetries},
		{Name: "warehouse/double-entry", About: "a transfer always has two movements", Setup: whOf("movements"), Run: whDoubleEntry},
		{Name: "warehouse/five-tables-one-helper", About: "one helper deletes a customer's rows from each of the tables", Setup: whOf("customers addresses orders carts item_returns audit"), Run: whForgetCustomer},
		{Name: "warehouse/purge-in-chunks", About: "old movements are deleted ten at a time, until there are none", Systems: []string{"sqlite", "postgres"}, Setup: whOf("movements"), Run: whPurge},
		{Name: "warehouse/category-path", Values: true, About: "each category needs the key that the database made for its parent", Setup: whOf("categories"), Run: whCategoryPath},
		{Name: "warehouse/set-of-ids", About: "the ids of a read are marked by one UPDATE with IN", Setup: whOf("orders"), Run: whSetOfIDs},
		{Name: "warehouse/gorm-slice-create", About: "GORM creates a slice", Setup: whOf("orders shipments"), Run: whSliceCreate},
		{Name: "warehouse/three-audit-entries", About: "a checkout writes the audit at its start, after the payment and at its end", Setup: whOf("audit orders"), Run: whThreeAudits},
	}
}

func whChunks(ctx context.Context, e *Env) error {
	s := whOpen(e)
	const size = 20
	for from := range 8 {
		query, args := "INSERT INTO movements (item_id, location_id, delta, ref) VALUES ", []any{}
		for i := range size {
			if i > 0 {
				query += ", "
			}
			query += "(?, ?, ?, 'import')"
			args = append(args, from*size+i+500, i%12+1, 3+i)
		}
		done(s.db.ExecContext(ctx, s.q(query), args...))
	}
	return nil
}

func whUpdateFrom(ctx context.Context, e *Env) error {
	s := whOpen(e)
	s.Lines(ctx, 8)
	done(s.db.ExecContext(ctx, "UPDATE stock SET qty = stock.qty - l.qty FROM order_lines l WHERE l.order_id = $1 AND l.item_id = stock.item_id AND l.location_id = stock.location_id", 8))
	return nil
}

func whWorker(ctx context.Context, e *Env) error {
	empty := errors.New("empty")
	s := whOpen(e)
	claim := func() error {
		return s.atomically(ctx, nil, func(s whStore) error {
			var id int64
			if !one(s.db.QueryRowContext(ctx, "SELECT id FROM tasks WHERE state = 'new' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED"), &id) {
				return empty
			}
			done(s.db.ExecContext(ctx, s.q("UPDATE tasks SET state = 'done', attempts = attempts + 1 WHERE id = ?"), id))
			return nil
		})
	}
	for range 9 {
		if err := claim(); err != nil {
			if errors.Is(err, empty) {
				return nil
			}
			return err
		}
	}
	return nil
}

func whRelay(ctx context.Context, e *Env) error {
	s := whOpen(e)
	send := func(topic, payload string) error { return nil }
	for left := true; left; {
		err := s.atomically(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted}, func(s whStore) error {
			var id int64
			var topic, payload string
			left = one(s.db.QueryRowContext(ctx, "SELECT id, topic, payload FROM outbox WHERE sent = 0 ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED"), &id, &topic, &payload)
			if !left {
				return nil
			}
			if err := send(topic, payload); err != nil {
				return err
			}
			done(s.db.ExecContext(ctx, s.q("UPDATE outbox SET sent = 1 WHERE id = ?"), id))
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func whVersionRetries(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for attempt := range 4 {
		var balance, version int64
		one(s.db.QueryRowContext(ctx, s.q("SELECT balance, version FROM suppliers WHERE id = ?"), 3), &balance, &version)
		if attempt < 3 {
			whByOthers(func(ctx context.Context) {
				done(s.db.ExecContext(ctx, s.q("UPDATE suppliers SET balance = balance + 50, version = version + 1 WHERE id = ?"), 3))
			})
		}
		if done(s.db.ExecContext(ctx, s.q("UPDATE suppliers SET balance = ?, version = ? WHERE id = ? AND version = ?"), balance-1_100, version+1, 3, version)) == 1 {
			return nil
		}
	}
	return errors.New("too busy")
}

func whDoubleEntry(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		l := whLedger{s}
		l.book(ctx, 14, 3, -6, "transfer 88")
		l.book(ctx, 14, 10, 6, "transfer 88")
		return nil
	})
}

func whForgetCustomer(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		forget := func(query string, args ...any) { done(s.db.ExecContext(ctx, s.q(query), args...)) }
		forget("DELETE FROM item_returns WHERE order_id IN (SELECT id FROM orders WHERE customer_id = ?)", 6)
		forget("DELETE FROM orders WHERE customer_id = ?", 6)
		forget("DELETE FROM carts WHERE customer_id = ?", 6)
		forget("DELETE FROM addresses WHERE customer_id = ?", 6)
		forget("DELETE FROM customers WHERE id = ?", 6)
		forget("INSERT INTO audit (actor, action, target) VALUES ('gdpr', 'forgotten', ?)", "customer 6")
		return nil
	})
}

func whPurge(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for done(s.db.ExecContext(ctx, s.q("DELETE FROM movements WHERE id IN (SELECT id FROM movements WHERE ref = ? ORDER BY id LIMIT 6)"), "count")) > 0 {
		continue
	}
	return nil
}

func whCategoryPath(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		parent := int64(0)
		for _, name := range []string{"Garden", "Tools", "Saws", "Folding saws", "Spare blades", "Left-handed"} {
			var id int64
			one(s.db.QueryRowContext(ctx, s.q("INSERT INTO categories (parent_id, name, slug) VALUES (?, ?, ?) RETURNING id"), parent, name, "new"), &id)
			parent = id
		}
		return nil
	})
}

func whSetOfIDs(ctx context.Context, e *Env) error {
	s := whOpen(e)
	ids := whKeys(s.db.QueryContext(ctx, s.q("SELECT id FROM orders WHERE state = ? ORDER BY placed_at"), "open"))
	done(s.db.ExecContext(ctx, s.q("UPDATE orders SET state = 'released' WHERE id IN ("+whMarks(len(ids))+")"), whArgs(ids)...))
	return nil
}

func whSliceCreate(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	var orders []whOrder
	if err := g.Where("state = ?", "paid").Find(&orders).Error; err != nil {
		return err
	}
	shipments := make([]whShipment, len(orders))
	for i, o := range orders {
		shipments[i] = whShipment{OrderID: o.ID, Carrier: "carrier-f", State: "new"}
	}
	return g.Create(&shipments).Error
}

func whThreeAudits(ctx context.Context, e *Env) error {
	s := whOpen(e)
	log := func(action string) {
		done(s.db.ExecContext(ctx, s.q("INSERT INTO audit (actor, action, target) VALUES ('shop', ?, 'order 10')"), action))
	}
	log("checkout")
	done(s.db.ExecContext(ctx, s.q("UPDATE orders SET state = 'paid' WHERE id = ? AND state = 'open'"), 10))
	log("paid")
	done(s.db.ExecContext(ctx, s.q("UPDATE orders SET voucher = '' WHERE id = ?"), 10))
	log("thanks")
	return nil
}
