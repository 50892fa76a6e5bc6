package corpus

import (
	"context"
	"errors"
	"fmt"

	"gorm.io/gorm"
)

// tiHiddenReadLoopCases are loops of reads behind hooks, caches that miss, functions of the
// database, and next to reads that are not their parents.
func tiHiddenReadLoopCases() []Case {
	return []Case{
		{Name: "ticketing/gorm-after-find", About: "a hook of GORM reads the hall of each event that was found", Setup: tiOf("events halls"), Run: tiAfterFind, Want: whReads("halls", "events")},
		{Name: "ticketing/bun-count-of-each-category", About: "bun counts the tickets of each price category: GROUP BY", Setup: tiOf("categories tickets"), Run: tiBunCounts, Want: whReads("tickets", "categories")},
		{Name: "ticketing/function-for-each-category", About: "a function of the database is called for each category", Systems: tiPostgres, Setup: append(tiOf("categories tickets"), "CREATE FUNCTION taken(c BIGINT) RETURNS BIGINT LANGUAGE sql STABLE AS $$ SELECT count(*) FROM tickets WHERE category_id = c $$"), Run: tiFunctionForEach, Want: whReads("", "categories")},
		{Name: "ticketing/three-promoters", Values: true, About: "three rows were read, and three sums are asked for with exactly their keys", Setup: tiOf("promoters payouts"), Run: tiThreePromoters, Want: whReads("payouts", "promoters")},
		{Name: "ticketing/codes-of-the-request", Values: true, About: "seven gates were read for the page, the seven codes are the request's", Setup: tiOf("gates tickets"), Run: tiCodesOfRequest, Want: whReads("tickets", none)},
		{Name: "ticketing/gates-in-between", Values: true, About: "orders are read, then gates, and the loop goes through the orders", Setup: tiOf("orders gates tickets"), Run: tiGatesInBetween, Want: whReads("tickets", "orders")},
		{Name: "ticketing/lock-of-each-seat", About: "six seats of the request are locked one at a time: one SELECT FOR UPDATE with ORDER BY locks them all", Systems: whServers, Setup: tiOf("seats"), Run: tiLockOfEachSeat, Want: whReads("seats", none)},
		{Name: "ticketing/settings-in-a-loop", About: "a loop over the names of all settings", Setup: tiOf("settings"), Run: tiSettingsInLoop, Want: whReads("settings", none)},
		{Name: "ticketing/cache-by-pointer", About: "the cache has pointers as keys, and never hits", Setup: tiOf("orders customers"), Run: tiCacheByPointer, Want: whReads("customers", "orders")},
		{Name: "ticketing/cache-of-two", About: "a cache of two entries: nearly each ticket throws out what the next one needs", Setup: tiOf("tickets events"), Run: tiCacheOfTwo, Want: whReads("events", "tickets")},
		{Name: "ticketing/prepared-anew", About: "the statement is prepared, run once and closed for each ticket", Setup: tiOf("tickets seats"), Run: tiPreparedAnew, Want: whReads("seats", "tickets")},
		{Name: "ticketing/keys-of-a-cte", About: "the ids come from a CTE with an aggregate", Setup: tiOf("tickets customers orders"), Run: tiKeysOfCTE, Want: whReads("orders", "")},
		{Name: "ticketing/gorm-joined-but-lazy", About: "the hall comes by Joins, the promoter by First for each event", Setup: tiOf("events halls promoters"), Run: tiJoinedButLazy, Want: whReads("promoters", "events")},
		{Name: "ticketing/seat-or-category", About: "each ticket reads its seat or its category: two statements, one loop", Setup: tiOf("tickets seats categories"), Run: tiSeatOrCategory, Want: whReads("seats", "tickets")},
		{Name: "ticketing/loop-inside-of-batches", About: "the tickets are read in batches, the seat of each ticket is not", Setup: tiOf("tickets seats"), Run: tiLoopInsideBatches, Want: whReads("seats", "tickets")},
	}
}

// tiHookedEvent knows the name of its hall.
type tiHookedEvent struct {
	ID       int64 `gorm:"primaryKey"`
	Title    string
	HallID   int64
	HallName string `gorm:"-"`
}

func (tiHookedEvent) TableName() string { return "events" }

// AfterFind is called by GORM for each row.
func (v *tiHookedEvent) AfterFind(tx *gorm.DB) error {
	var hall tiHall
	err := tx.Session(&gorm.Session{NewDB: true}).Take(&hall, v.HallID).Error
	v.HallName = hall.Name
	return err
}

func tiAfterFind(ctx context.Context, e *Env) error {
	var events []tiHookedEvent
	return e.GORM().WithContext(ctx).Where("tenant_id = ?", 2).Order("starts_at").Find(&events).Error
}

func tiBunCounts(ctx context.Context, e *Env) error {
	var categories []tiCategory
	if err := e.Bun().NewSelect().Model(&categories).Where("price > ?", 6_000).Order("id").Scan(ctx); err != nil {
		return err
	}
	for _, c := range categories {
		if _, err := e.Bun().NewSelect().Table("tickets").Where("category_id = ?", c.ID).Count(ctx); err != nil {
			return err
		}
	}
	return nil
}

func tiFunctionForEach(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, id := range whKeys(s.db.QueryContext(ctx, s.q("SELECT id FROM categories WHERE price > ? ORDER BY price"), 6_500)) {
		tiNumber(ctx, s, "SELECT taken(?)", id)
	}
	return nil
}

func tiThreePromoters(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, id := range whKeys(s.db.QueryContext(ctx, s.q("SELECT id FROM promoters WHERE tenant_id = ? ORDER BY name"), 3)) {
		tiNumber(ctx, s, "SELECT COALESCE(SUM(amount), 0) FROM payouts WHERE promoter_id = ? AND state = 'due'", id)
	}
	return nil
}

func tiCodesOfRequest(ctx context.Context, e *Env) error {
	s := whOpen(e)
	gates := whKeys(s.db.QueryContext(ctx, "SELECT id FROM gates ORDER BY name"))
	if len(gates) == 0 {
		return errors.New("no gates")
	}
	for _, code := range []string{"code-20497", "code-22201", "code-21065", "code-23266", "code-20213", "code-21562", "code-22982"} {
		var state string
		one(s.db.QueryRowContext(ctx, s.q("SELECT state FROM tickets WHERE code = ?"), code), &state)
	}
	return nil
}

func tiGatesInBetween(ctx context.Context, e *Env) error {
	s := whOpen(e)
	orders := whKeys(s.db.QueryContext(ctx, s.q("SELECT id FROM orders WHERE placed_at < ? ORDER BY placed_at DESC"), 60_380))
	gates := whKeys(s.db.QueryContext(ctx, "SELECT id FROM gates ORDER BY scans"))
	for _, order := range orders {
		tiNumber(ctx, s, "SELECT count(*) FROM tickets WHERE order_id = ? AND scans > 0", order)
	}
	if len(gates) > len(orders) {
		return errors.New("more gates than orders")
	}
	return nil
}

func tiLockOfEachSeat(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		for _, seat := range []int64{14, 19, 23, 31, 37, 42} {
			var state string
			if !one(s.db.QueryRowContext(ctx, s.q("SELECT state FROM seats WHERE id = ? FOR UPDATE"), seat), &state) || state != "free" {
				return errors.New("taken")
			}
		}
		tiExec(ctx, s, "UPDATE seats SET state = 'held', version = version + 1 WHERE id IN (14, 19, 23, 31, 37, 42)")
		return nil
	})
}

// tiConfig reads settings.
type tiConfig struct{ whStore }

func (c tiConfig) get(ctx context.Context, name string) (value string) {
	one(c.db.QueryRowContext(ctx, c.q("SELECT value FROM settings WHERE name = ?"), name), &value)
	return value
}

func tiSettingsInLoop(ctx context.Context, e *Env) error {
	c := tiConfig{whOpen(e)}
	all := map[string]string{}
	for i := range 9 {
		name := fmt.Sprintf("setting-%d", i+1)
		all[name] = c.get(ctx, name)
	}
	return nil
}

func tiCacheByPointer(ctx context.Context, e *Env) error {
	s := whOpen(e)
	names := map[*whOrderHead]string{}
	for _, o := range whScan[whOrderHead](s.db.QueryContext(ctx, "SELECT id, customer_id FROM orders ORDER BY id"))(func(o *whOrderHead) []any { return []any{&o.id, &o.customer} }) {
		if _, is := names[&o]; is {
			continue
		}
		var name string
		one(s.db.QueryRowContext(ctx, s.q("SELECT name FROM customers WHERE id = ?"), o.customer), &name)
		names[&o] = name
	}
	return nil
}

// tiRecent remembers two titles.
type tiRecent struct {
	whStore
	ids    [2]int64
	titles [2]string
	next   int
}

func (r *tiRecent) title(ctx context.Context, id int64) string {
	for i, known := range r.ids {
		if known == id {
			return r.titles[i]
		}
	}
	i := r.next % len(r.ids)
	r.next++
	r.ids[i] = id
	one(r.db.QueryRowContext(ctx, r.q("SELECT title FROM events WHERE id = ?"), id), &r.titles[i])
	return r.titles[i]
}

func tiCacheOfTwo(ctx context.Context, e *Env) error {
	s := whOpen(e)
	titles := &tiRecent{whStore: s}
	for _, event := range whKeys(s.db.QueryContext(ctx, s.q("SELECT event_id FROM tickets WHERE order_id < ? ORDER BY id"), 6)) {
		titles.title(ctx, event)
	}
	return nil
}

func tiPreparedAnew(ctx context.Context, e *Env) error {
	s := whOpen(e)
	label := func(seat int64) (l string, err error) {
		stmt, err := e.DB.PrepareContext(ctx, s.q("SELECT label FROM seats WHERE id = ?"))
		if err != nil {
			return "", err
		}
		defer stmt.Close() //nolint:errcheck // it has answered
		return l, stmt.QueryRowContext(ctx, seat).Scan(&l)
	}
	for _, t := range (tiTickets{s}).of(ctx, 8) {
		if _, err := label(t.seat); err != nil {
			return err
		}
	}
	return nil
}

func tiKeysOfCTE(ctx context.Context, e *Env) error {
	s := whOpen(e)
	busy := whKeys(s.db.QueryContext(ctx, s.q("WITH used AS (SELECT order_id, SUM(scans) AS n FROM tickets WHERE state = ? GROUP BY order_id) SELECT order_id FROM used WHERE n > 1 ORDER BY n DESC, order_id"), "valid"))
	for _, order := range busy {
		var number string
		one(s.db.QueryRowContext(ctx, s.q("SELECT number FROM orders WHERE id = ?"), order), &number)
	}
	return nil
}

func tiJoinedButLazy(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	var events []tiEvent
	if err := g.Joins("Hall").Order("starts_at").Find(&events).Error; err != nil {
		return err
	}
	for _, v := range events {
		var p tiPromoter
		if err := g.First(&p, v.PromoterID).Error; err != nil {
			return err
		}
	}
	return nil
}

func tiSeatOrCategory(ctx context.Context, e *Env) error {
	s := whOpen(e)
	type ticket struct{ id, seat, category int64 }
	for _, t := range whScan[ticket](s.db.QueryContext(ctx, s.q("SELECT id, seat_id, category_id FROM tickets WHERE order_id BETWEEN ? AND ? ORDER BY id"), 5, 6))(func(t *ticket) []any { return []any{&t.id, &t.seat, &t.category} }) {
		if t.id%2 == 0 {
			tiNumber(ctx, s, "SELECT row_no FROM seats WHERE id = ?", t.seat)
		} else {
			tiNumber(ctx, s, "SELECT price FROM categories WHERE id = ?", t.category)
		}
	}
	return nil
}

func tiLoopInsideBatches(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, orders := range [][]int64{{3, 5, 4}, {7, 8, 6}} {
		seats := whKeys(s.db.QueryContext(ctx, s.q("SELECT seat_id FROM tickets WHERE order_id IN (?, ?, ?) ORDER BY code"), whArgs(orders)...))
		for _, seat := range seats {
			tiNumber(ctx, s, "SELECT hall_id FROM seats WHERE id = ?", seat)
		}
	}
	return nil
}
