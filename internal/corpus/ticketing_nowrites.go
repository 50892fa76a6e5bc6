package corpus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// tiNoWriteCases write several times, as they have to.
func tiNoWriteCases() []Case {
	return []Case{
		{Name: "ticketing/prune-in-portions", About: "a DELETE with a LIMIT, until it hits nothing", Setup: tiOf("scans"), Run: tiPruneInPortions},
		{Name: "ticketing/payout-with-the-bank", About: "a transaction for each payout: locked, paid at the bank, booked", Systems: whServers, Setup: tiOf("payouts ledger"), Run: tiPayoutWithBank},
		{Name: "ticketing/balance-after-balance", About: "each booking of the ledger has the balance of the one before it", Setup: tiOf("ledger"), Run: tiBalanceAfterBalance},
		{Name: "ticketing/area-in-area", Values: true, About: "six areas, each inside of the one that was inserted before: its id is needed", Setup: tiOf("areas"), Run: tiAreaInArea},
		{Name: "ticketing/hall-with-three-blocks", About: "three halls are inserted with their ids, and their seats at once: three rounds for good", Setup: tiOf("halls seats"), Run: tiHallsWithSeats},
		{Name: "ticketing/code-until-free", About: "codes are drawn until one is not taken: the answer to each INSERT decides", Setup: tiOf("vouchers"), Run: tiCodeUntilFree},
		{Name: "ticketing/savepoint-for-each-row", About: "an import keeps what is right and leaves out what is wrong: a savepoint for each row", Setup: tiOf("customers"), Run: tiSavepointForRow},
		{Name: "ticketing/progress", About: "after each portion of tickets the job's progress is written, for somebody who looks at it", Setup: tiOf("jobs messages"), Run: tiProgress},
		{Name: "ticketing/lease", About: "a job's lease is prolonged while it runs", Setup: tiOf("jobs"), Run: tiLease},
		{Name: "ticketing/update-by-value", About: "one UPDATE for each new value, with all keys that get it", Setup: tiOf("tickets"), Run: tiUpdateByValue},
		{Name: "ticketing/flush-of-four", About: "a writer of batches is flushed after four rows", Setup: tiOf("seats outbox"), Run: tiFlushOfFour},
		{Name: "ticketing/gorm-order-with-tickets", About: "Create of an order with its tickets: two statements", Setup: tiOf("orders tickets"), Run: tiOrderWithTickets},
		{Name: "ticketing/lines-of-a-service", About: "one order changes six tables, once each", Setup: tiOf("orders tickets holds categories outbox audit"), Run: tiSixTables},
		{Name: "ticketing/outbox-relay", About: "a relay takes the next message, sends it, and marks it, so that a crash repeats one", Setup: tiOf("outbox"), Run: tiOutboxRelay},
		{Name: "ticketing/token-of-each-device", About: "for each device: a new token is stored, the device is told, the old one is revoked, in transactions of their own", Systems: whServers, Setup: tiOf("scanners audit"), Run: tiTokenOfDevices},
		{Name: "ticketing/optimistic-retries", About: "an UPDATE with a version is tried again after others were faster", Setup: tiOf("categories"), Run: tiOptimisticRetries},
		{Name: "ticketing/case-update", About: "one UPDATE with CASE: the repair", Setup: tiOf("waiting"), Run: tiCaseUpdate},
		{Name: "ticketing/states-of-an-order", About: "an order goes through its states, with a mail and a payment between them", Setup: tiOf("orders audit"), Run: tiStatesOfOrder},
	}
}

func tiPruneInPortions(ctx context.Context, e *Env) error {
	s := whOpen(e)
	const portion = "DELETE FROM scans WHERE id IN (SELECT id FROM (SELECT id FROM scans WHERE scanned_at < ? ORDER BY id LIMIT 2) AS o)"
	for tiHit(s.db.ExecContext(ctx, s.q(portion), 81_150)) > 0 {
		continue
	}
	return nil
}

// tiBank pays, and says by which number.
func tiBank(promoter, amount int64) string { return fmt.Sprintf("bank-%d-%d", promoter, amount) }

func tiPayoutWithBank(ctx context.Context, e *Env) error {
	s := whOpen(e)
	pay := func(id int64) error {
		return s.atomically(ctx, nil, func(t whStore) error {
			var promoter, amount int64
			if !one(t.db.QueryRowContext(ctx, t.q("SELECT promoter_id, amount FROM payouts WHERE id = ? AND state = 'due' FOR UPDATE"), id), &promoter, &amount) {
				return nil
			}
			ref := tiBank(promoter, amount)
			tiExec(ctx, t, "UPDATE payouts SET state = 'paid', ref = ? WHERE id = ?", ref, id)
			tiExec(ctx, t, "INSERT INTO ledger (account, amount, balance, ref) VALUES ('bank', ?, 0, ?)", -amount, ref)
			return nil
		})
	}
	for _, id := range whKeys(s.db.QueryContext(ctx, "SELECT id FROM payouts ORDER BY amount")) {
		if err := pay(id); err != nil {
			return err
		}
	}
	return nil
}

func tiBalanceAfterBalance(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		for _, amount := range []int64{410, -95, 1200, -330, 75, -18, 640} {
			tiExec(ctx, s, "INSERT INTO ledger (account, amount, balance, ref) SELECT account, ?, balance + ?, 'day' FROM ledger WHERE account = 'house' ORDER BY id DESC LIMIT 1", amount, amount)
		}
		return nil
	})
}

func tiAreaInArea(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		parent := int64(6)
		for _, name := range []string{"north", "field", "stage", "backstage", "catering", "kitchen"} {
			parent = tiNumber(ctx, s, "INSERT INTO areas (parent_id, name) VALUES (?, ?) RETURNING id", parent, name)
		}
		return nil
	})
}

func tiHallsWithSeats(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		for _, name := range []string{"club", "foyer", "loft"} {
			hall := tiNumber(ctx, s, "INSERT INTO halls (venue_id, name, plan, deleted) VALUES (5, ?, 'plan-9', 0) RETURNING id", name)
			var rows []string
			for i := range 6 {
				rows = append(rows, fmt.Sprintf("(%d, '%s-%d', 1, 'free', 0, 1)", hall, name, i))
			}
			tiExec(ctx, s, "INSERT INTO seats (hall_id, label, row_no, state, taken_by, version) VALUES "+strings.Join(rows, ", "))
		}
		return nil
	})
}

func tiCodeUntilFree(ctx context.Context, e *Env) error {
	s := whOpen(e)
	query := s.q(tiIgnore(e, "INTO vouchers (code, percent, left_n, used_n) VALUES (?, 20, 1, 0)"))
	for _, n := range []int{4, 2, 6, 1, 5, 3, 9} {
		code := fmt.Sprintf("FEST-%d", n)
		if tiHit(s.db.ExecContext(ctx, query, code)) == 1 {
			return nil
		}
	}
	return errors.New("no code is left")
}

func tiSavepointForRow(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		insert := s.q("INSERT INTO customers (email, name, points, locale, tenant_id) VALUES (?, ?, 0, 'de', 1)")
		for _, email := range []string{"zoe@example.net", "fan3@example.com", "yan@example.net", "xia@example.net", "fan8@example.com", "wim@example.net"} {
			tiExec(ctx, s, "SAVEPOINT one_row")
			if _, err := s.db.ExecContext(ctx, insert, email, "guest"); err != nil {
				tiExec(ctx, s, "ROLLBACK TO SAVEPOINT one_row")
			}
			tiExec(ctx, s, "RELEASE SAVEPOINT one_row")
		}
		return nil
	})
}

func tiProgress(ctx context.Context, e *Env) error {
	s := whOpen(e)
	people := []int64{4, 9, 2, 7, 12, 3, 11, 5, 8, 1, 13, 6, 10, 9, 4, 2, 7, 3}
	sent := 0
	for part := range slices.Chunk(people, 3) {
		tiExec(ctx, s, "INSERT INTO messages (customer_id, channel, body, state) VALUES (?, 'sms', 'doors open', 'new'), (?, 'sms', 'doors open', 'new'), (?, 'sms', 'doors open', 'new')", whArgs(part)...)
		sent += len(part)
		tiExec(ctx, s, "UPDATE jobs SET done_n = ? WHERE id = ?", sent, 7)
	}
	return nil
}

func tiLease(ctx context.Context, e *Env) error {
	s := whOpen(e)
	tick := make(chan int64)
	var wg sync.WaitGroup
	wg.Go(func() {
		for now := range tick {
			tiExec(ctx, s, "UPDATE jobs SET lease = ? WHERE id = ? AND state = 'new'", now+30, 6)
		}
	})
	for step := range int64(6) {
		tick <- 84_000 + 10*step
	}
	close(tick)
	wg.Wait()
	return nil
}

func tiUpdateByValue(ctx context.Context, e *Env) error {
	s := whOpen(e)
	byState := map[string][]int64{
		"used": {4, 19, 33, 8}, "void": {12, 27}, "resold": {41, 6, 15}, "upgraded": {22, 38, 3, 46, 10}, "refunded": {30}, "lost": {17, 44},
	}
	for state, ids := range byState {
		tiExec(ctx, s, "UPDATE tickets SET state = ? WHERE id IN ("+whMarks(len(ids))+")", append([]any{state}, whArgs(ids)...)...)
	}
	return nil
}

func tiFlushOfFour(ctx context.Context, e *Env) error {
	s := whOpen(e)
	b := &tiBuffer{whStore: s, size: 4}
	for _, seat := range whKeys(s.db.QueryContext(ctx, s.q("SELECT id FROM seats WHERE hall_id BETWEEN ? AND ? ORDER BY id"), 2, 4)) {
		b.add(ctx, fmt.Sprintf("seat %d", seat))
	}
	b.flush(ctx)
	return nil
}

type (
	tiNewOrder struct {
		ID         int64 `gorm:"primaryKey"`
		Number     string
		CustomerID int64
		State      string
		Tickets    []tiNewTicket `gorm:"foreignKey:OrderID"`
	}
	tiNewTicket struct {
		ID      int64 `gorm:"primaryKey"`
		OrderID int64
		SeatID  int64
		Code    string
	}
)

func (tiNewOrder) TableName() string  { return "orders" }
func (tiNewTicket) TableName() string { return "tickets" }

func tiOrderWithTickets(ctx context.Context, e *Env) error {
	order := tiNewOrder{Number: "T-9001", CustomerID: 6, State: "open"}
	for seat := range int64(7) {
		order.Tickets = append(order.Tickets, tiNewTicket{SeatID: 21 + seat, Code: fmt.Sprintf("nine-%d", seat)})
	}
	return e.GORM().WithContext(ctx).Create(&order).Error
}

func tiSixTables(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		tiExec(ctx, s, "UPDATE orders SET state = 'paid', version = version + 1 WHERE id = ?", 12)
		tiExec(ctx, s, "UPDATE tickets SET state = 'sold' WHERE order_id = ?", 12)
		tiExec(ctx, s, "DELETE FROM holds WHERE holder = ?", "cart-70")
		tiExec(ctx, s, "UPDATE categories SET left_n = left_n - 2 WHERE id = ? AND left_n >= 2", 5)
		tiExec(ctx, s, "INSERT INTO outbox (topic, payload, sent) VALUES ('paid', ?, 0)", "order 12")
		tiExec(ctx, s, "INSERT INTO audit (actor, action, target) VALUES ('shop', 'paid', ?)", "12")
		return nil
	})
}

func tiOutboxRelay(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var sent []string
	for {
		var id int64
		var payload string
		if !one(s.db.QueryRowContext(ctx, "SELECT id, payload FROM outbox WHERE sent = 0 ORDER BY id LIMIT 1"), &id, &payload) {
			return nil
		}
		sent = append(sent, payload)
		tiExec(ctx, s, "UPDATE outbox SET sent = ? WHERE id = ?", len(sent), id)
	}
}

func tiTokenOfDevices(ctx context.Context, e *Env) error {
	s := whOpen(e)
	rotate := func(device string) error {
		err := s.atomically(ctx, nil, func(t whStore) error {
			tiExec(ctx, t, "UPDATE scanners SET state = 'rotating' WHERE device = ?", device)
			tiExec(ctx, t, "INSERT INTO audit (actor, action, target) VALUES ('keys', 'new token', ?)", device)
			return nil
		})
		if err != nil {
			return err
		}
		answer := tiBank(int64(len(device)), 1) // the device is told
		return s.atomically(ctx, nil, func(t whStore) error {
			tiExec(ctx, t, "UPDATE scanners SET state = 'on' WHERE device = ? AND state = 'rotating'", device)
			tiExec(ctx, t, "INSERT INTO audit (actor, action, target) VALUES ('keys', ?, ?)", answer, device)
			return nil
		})
	}
	for _, device := range []string{"dev-485", "dev-097", "dev-776", "dev-291", "dev-873", "dev-582"} {
		if err := rotate(device); err != nil {
			return err
		}
	}
	return nil
}

func tiOptimisticRetries(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for round := range 6 {
		var left, version int64
		one(s.db.QueryRowContext(ctx, s.q("SELECT left_n, version FROM categories WHERE id = ?"), 13), &left, &version)
		if round < 5 {
			whByOthers(func(others context.Context) {
				tiExec(others, s, "UPDATE categories SET left_n = left_n - 1, version = version + 1 WHERE id = 13")
			})
		}
		if tiHit(s.db.ExecContext(ctx, s.q("UPDATE categories SET left_n = ?, version = version + 1 WHERE id = ? AND version = ?"), left-2, 13, version)) == 1 {
			return nil
		}
	}
	return errors.New("too many others")
}

func tiCaseUpdate(ctx context.Context, e *Env) error {
	s := whOpen(e)
	ids := whKeys(s.db.QueryContext(ctx, s.q("SELECT id FROM waiting WHERE state = ? ORDER BY wanted DESC"), "waiting"))
	var cases strings.Builder
	for i, id := range ids {
		fmt.Fprintf(&cases, " WHEN %d THEN %d", id, 700+i)
	}
	tiExec(ctx, s, "UPDATE waiting SET place = CASE id"+cases.String()+" END WHERE id IN ("+whMarks(len(ids))+")", whArgs(ids)...)
	return nil
}

func tiStatesOfOrder(ctx context.Context, e *Env) error {
	s := whOpen(e)
	become := func(state string) { tiExec(ctx, s, "UPDATE orders SET state = ? WHERE id = ?", state, 10) }
	note := func(what string) {
		tiExec(ctx, s, "INSERT INTO audit (actor, action, target) VALUES ('flow', ?, '10')", what)
	}
	become("checked")
	note("seats are still held")
	become("charged")
	note(tiBank(10, 9_000))
	become("issued")
	note("mailed")
	become("closed")
	return nil
}
