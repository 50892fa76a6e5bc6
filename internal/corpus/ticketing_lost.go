package corpus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

// tiLostCases read a column, compute its new value in Go and write it.
func tiLostCases() []Case {
	return []Case{
		{Name: "ticketing/sell-from-a-category", About: "what is left is read, checked, and written less what was sold", Setup: tiOf("categories"), Run: tiSellFromCategory, Want: whLost("categories")},
		{Name: "ticketing/settings-merged", About: "a JSON column is read, one key is set in Go, and the whole is written", Setup: tiOf("events"), Run: tiSettingsMerged, Want: whLost("events")},
		{Name: "ticketing/lock-outside-of-a-transaction", About: "FOR UPDATE without a transaction: the lock is gone before the UPDATE", Systems: whServers, Setup: tiOf("vouchers"), Run: tiLockOutside, Want: whLost("vouchers")},
		{Name: "ticketing/lock-of-the-first-transaction", About: "the lock ends with the first transaction, the second one writes what the first one read", Systems: whServers, Setup: tiOf("promoters audit"), Run: tiLockOfFirst, Want: whLost("promoters")},
		{Name: "ticketing/read-by-the-pool", About: "the row is read by the pool, and written in a transaction", Systems: whServers, Setup: tiOf("categories audit"), Run: tiReadByPool, Want: whLost("categories")},
		{Name: "ticketing/read-in-a-join", Values: true, About: "the column comes out of a JOIN by the event's slug, and is written by the category's id", Setup: tiOf("events categories"), Run: tiReadInJoin, Want: whLost("categories")},
		{Name: "ticketing/cheapest-of-a-list", Values: true, About: "the categories of an event are listed, and the cheapest one that is left gets one less", Setup: tiOf("categories"), Run: tiCheapestOfList, Want: whLost("categories")},
		{Name: "ticketing/deferred-write", About: "a deferred function writes the number that was counted up in Go", Setup: tiOf("gates scans"), Run: tiDeferredWrite, Want: whLost("gates")},
		{Name: "ticketing/note-appended", About: "a line is appended to a text in Go", Setup: tiOf("orders"), Run: tiNoteAppended, Want: whLost("orders")},
		{Name: "ticketing/gorm-updates-of-a-map", About: "Updates with a map, of which one value was computed from the row", Setup: tiOf("categories"), Run: tiUpdatesOfMap, Want: whLost("categories")},
		{Name: "ticketing/bun-promoter-balance", About: "bun reads the balance and writes it with the fee taken off", Setup: tiOf("promoters"), Run: tiBunBalance, Want: whLost("promoters")},
		{Name: "ticketing/goroutines-read-then-write", About: "the row is read in one goroutine and written in another one", Setup: tiOf("vouchers"), Run: tiReadThenWrite, Want: whLost("vouchers")},
	}
}

// tiStock is what is left of the price categories.
type tiStock struct{ whStore }

func (r tiStock) left(ctx context.Context, id int64) int64 {
	return tiNumber(ctx, r.whStore, "SELECT left_n FROM categories WHERE id = ?", id)
}

func (r tiStock) setLeft(ctx context.Context, id, n int64) {
	tiExec(ctx, r.whStore, "UPDATE categories SET left_n = ? WHERE id = ?", n, id)
}

func tiSellFromCategory(ctx context.Context, e *Env) error {
	r := tiStock{whOpen(e)}
	left := r.left(ctx, 21)
	if left < 4 {
		return errors.New("sold out")
	}
	r.setLeft(ctx, 21, left-4)
	return nil
}

func tiSettingsMerged(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var text string
	one(s.db.QueryRowContext(ctx, s.q("SELECT settings FROM events WHERE id = ?"), 13), &text)
	settings := map[string]any{}
	if err := json.Unmarshal([]byte(text), &settings); err != nil {
		return err
	}
	settings["doors"] = 18
	merged, err := json.Marshal(settings)
	if err != nil {
		return err
	}
	tiExec(ctx, s, "UPDATE events SET settings = ? WHERE id = ?", string(merged), 13)
	return nil
}

func tiLockOutside(ctx context.Context, e *Env) error {
	s := whOpen(e)
	left := tiNumber(ctx, s, "SELECT left_n FROM vouchers WHERE code = ? FOR UPDATE", "FEST-2")
	if left == 0 {
		return errors.New("used up")
	}
	tiExec(ctx, s, "UPDATE vouchers SET left_n = ? WHERE code = ?", left-1, "FEST-2")
	return nil
}

func tiLockOfFirst(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var balance int64
	err := s.atomically(ctx, nil, func(t whStore) error {
		balance = tiNumber(ctx, t, "SELECT balance FROM promoters WHERE id = ? FOR UPDATE", 7)
		tiExec(ctx, t, "INSERT INTO audit (actor, action, target) VALUES ('finance', 'payout begun', '7')")
		return nil
	})
	if err != nil {
		return err
	}
	return s.atomically(ctx, nil, func(t whStore) error {
		tiExec(ctx, t, "UPDATE promoters SET balance = ? WHERE id = ?", balance-12_500, 7)
		return nil
	})
}

func tiReadByPool(ctx context.Context, e *Env) error {
	pool := tiStock{whOpen(e)}
	return pool.atomically(ctx, nil, func(t whStore) error {
		left := pool.left(ctx, 11)
		tiExec(ctx, t, "INSERT INTO audit (actor, action, target) VALUES ('shop', 'sold', 'category 11')")
		tiStock{t}.setLeft(ctx, 11, left-2)
		return nil
	})
}

func tiReadInJoin(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var id, left int64
	if !one(s.db.QueryRowContext(ctx, s.q("SELECT c.id, c.left_n FROM categories c JOIN events e ON e.id = c.event_id WHERE e.slug = ? AND c.name = ?"), "show-204", "cat-B"), &id, &left) {
		return errors.New("no such category")
	}
	tiStock{s}.setLeft(ctx, id, left-3)
	return nil
}

func tiCheapestOfList(ctx context.Context, e *Env) error {
	s := whOpen(e)
	type offer struct{ id, left int64 }
	offers := whScan[offer](s.db.QueryContext(ctx, s.q("SELECT id, left_n FROM categories WHERE event_id = ? ORDER BY price"), 9))(func(o *offer) []any { return []any{&o.id, &o.left} })
	for _, o := range offers {
		if o.left > 0 {
			tiStock{s}.setLeft(ctx, o.id, o.left-1)
			return nil
		}
	}
	return errors.New("sold out")
}

func tiDeferredWrite(ctx context.Context, e *Env) error {
	s := whOpen(e)
	n := tiNumber(ctx, s, "SELECT scans FROM gates WHERE id = ?", 4)
	defer func() { tiExec(ctx, s, "UPDATE gates SET scans = ? WHERE id = ?", n, 4) }()
	for range whKeys(s.db.QueryContext(ctx, s.q("SELECT id FROM scans WHERE gate_id = ?"), 4)) {
		n++
	}
	return nil
}

func tiNoteAppended(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var note string
	one(s.db.QueryRowContext(ctx, s.q("SELECT note FROM orders WHERE number = ?"), "T-5209"), &note)
	note += "\ncalled back"
	tiExec(ctx, s, "UPDATE orders SET note = ? WHERE number = ?", note, "T-5209")
	return nil
}

func tiUpdatesOfMap(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	var c tiCategory
	if err := g.First(&c, 16).Error; err != nil {
		return err
	}
	return g.Model(&c).Updates(map[string]any{"left_n": c.LeftN - 2, "name": "last seats"}).Error
}

func tiBunBalance(ctx context.Context, e *Env) error {
	p := tiPromoter{ID: 6}
	if err := e.Bun().NewSelect().Model(&p).WherePK().Scan(ctx); err != nil {
		return err
	}
	p.Balance -= p.Balance * 8 / 100
	_, err := e.Bun().NewUpdate().Model(&p).Column("balance").WherePK().Exec(ctx)
	return err
}

func tiReadThenWrite(ctx context.Context, e *Env) error {
	s := whOpen(e)
	numbers := make(chan int64)
	go func() { numbers <- tiNumber(ctx, s, "SELECT used_n FROM vouchers WHERE code = ?", "FEST-6") }()
	used := <-numbers
	written := make(chan string)
	go func() {
		tiExec(ctx, s, "UPDATE vouchers SET used_n = ? WHERE code = ?", used+1, "FEST-6")
		written <- fmt.Sprint(used + 1)
	}()
	<-written
	return nil
}
