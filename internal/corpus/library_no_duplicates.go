package corpus

import (
	"context"
	"errors"
	"sync"
)

// lbNoDuplicateCases ask again, and have to.
func lbNoDuplicateCases() []Case {
	return []Case{
		{Name: "library/balance-after-the-payment", About: "the balance is read, paid into, and read again for the receipt", Setup: lbOf("readers"), Run: lbBalanceAfter},
		{Name: "library/queue-before-and-after", About: "a list is read again after one of its rows was deleted", Setup: lbOf("reservations"), Run: lbQueueBeforeAfter},
		{Name: "library/state-again-under-the-lock", Systems: whServers, About: "a first look outside of the transaction, a second one under the lock", Setup: lbOf("copies loans"), Run: lbStateUnderLock},
		{Name: "library/again-under-the-mutex", About: "the cache looks again when it has the mutex: in its map, not in the table; the table is read once", Setup: lbOf("settings branches"), Run: lbUnderMutex},
		{Name: "library/two-states-of-loans", About: "the open loans and those that are back: two questions", Setup: lbOf("loans"), Run: lbTwoStates},
		{Name: "library/from-branch-to-branch", About: "a transport reads the branch that it leaves and the one that it comes to", Setup: lbOf("branches copies"), Run: lbFromTo},
		{Name: "library/two-orders-of-a-list", About: "the newest three and the dearest three of one branch", Setup: lbOf("copies"), Run: lbTwoOrders},
		{Name: "library/list-after-an-insert", About: "the messages are listed, one is added, and they are listed again", Setup: lbOf("outbox"), Run: lbRowAfterInsert},
		{Name: "library/time-of-the-database", About: "the database's time is asked for at the start and at the end", Setup: lbOf("copies"), Run: lbTimeOfDatabase},
		{Name: "library/sum-after-all-changed", About: "a sum before an UPDATE of all rows, and after it", Setup: lbOf("fines"), Run: lbSumAfter},
		{Name: "library/gorm-reload", About: "GORM: the event is read again after an expression has changed it", Setup: lbOf("events"), Run: lbGormReload},
	}
}

func lbBalanceAfter(ctx context.Context, e *Env) error {
	a := lbAccount{whOpen(e)}
	before := a.balance(ctx, 8)
	if _, err := a.charge(ctx, 8, 90); err != nil {
		return err
	}
	if a.balance(ctx, 8) != before-90 {
		return errors.New("somebody else has paid, too")
	}
	return nil
}

func lbQueueBeforeAfter(ctx context.Context, e *Env) error {
	s := whOpen(e)
	queue := func() []int64 {
		return whKeys(s.db.QueryContext(ctx, s.q("SELECT id FROM reservations WHERE branch_id = ? ORDER BY place"), 4))
	}
	was := queue()
	if len(was) == 0 {
		return errors.New("nobody waits")
	}
	tiExec(ctx, s, "DELETE FROM reservations WHERE id = ?", was[0])
	if len(queue()) != len(was)-1 {
		return errors.New("not deleted")
	}
	return nil
}

func lbStateUnderLock(ctx context.Context, e *Env) error {
	s := whOpen(e)
	if s.db.QueryRowContext(ctx, s.q("SELECT id FROM copies WHERE barcode = ? AND state = 'in'"), "B008199").Scan(new(int64)) != nil {
		return errors.New("not here")
	}
	return s.atomically(ctx, nil, func(s whStore) error {
		var id int64
		if !one(s.db.QueryRowContext(ctx, s.q("SELECT id FROM copies WHERE barcode = ? AND state = 'in' FOR UPDATE"), "B008199"), &id) {
			return errors.New("somebody was faster")
		}
		tiExec(ctx, s, "UPDATE copies SET state = 'lent' WHERE id = ?", id)
		tiExec(ctx, s, "INSERT INTO loans (copy_id, reader_id, lent_at, due_at, renewals, state) VALUES (?, 7, 64000, 66000, 0, 'open')", id)
		return nil
	})
}

type lbSettings struct {
	whStore
	mu    sync.Mutex
	known map[string]string
}

func (c *lbSettings) get(ctx context.Context, name string) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if value, is := c.known[name]; is {
		return value, nil
	}
	var value string
	err := c.db.QueryRowContext(ctx, c.q("SELECT value FROM settings WHERE name = ?"), name).Scan(&value)
	c.known[name] = value
	return value, err
}

func lbUnderMutex(ctx context.Context, e *Env) error {
	c := &lbSettings{whStore: whOpen(e), known: map[string]string{}}
	var wg sync.WaitGroup
	errs := make([]error, 6)
	for i := range errs {
		wg.Go(func() { _, errs[i] = c.get(ctx, "set-2") })
	}
	wg.Wait()
	drain(c.db.QueryContext(ctx, "SELECT id, name FROM branches ORDER BY name"))
	return errors.Join(errs...)
}

func lbTwoStates(ctx context.Context, e *Env) error {
	s := whOpen(e)
	inState := func(state string) int {
		return drain(s.db.QueryContext(ctx, s.q("SELECT id, copy_id, due_at FROM loans WHERE reader_id = ? AND state = ? ORDER BY due_at"), 4, state))
	}
	open := inState("open")
	back := inState("back")
	if open+back == 0 {
		return errors.New("never here")
	}
	return nil
}

func lbFromTo(ctx context.Context, e *Env) error {
	s := whOpen(e)
	name := func(code string) (n string) {
		one(s.db.QueryRowContext(ctx, s.q("SELECT name FROM branches WHERE code = ?"), code), &n)
		return n
	}
	from := name("BR22")
	to := name("BR55")
	if from == to {
		return errors.New("stays where it is")
	}
	tiExec(ctx, s, "UPDATE copies SET state = 'moving', branch_id = ? WHERE barcode = ?", 5, "B001822")
	return nil
}

func lbTwoOrders(ctx context.Context, e *Env) error {
	s := whOpen(e)
	newest := drain(s.db.QueryContext(ctx, s.q("SELECT id, barcode FROM copies WHERE branch_id = ? ORDER BY seen_at DESC LIMIT 3"), 5))
	dearest := drain(s.db.QueryContext(ctx, s.q("SELECT id, barcode FROM copies WHERE branch_id = ? ORDER BY price DESC LIMIT 3"), 5))
	if newest != dearest {
		return errors.New("two branches")
	}
	return nil
}

func lbRowAfterInsert(ctx context.Context, e *Env) error {
	s := whOpen(e)
	pending := func() int {
		return drain(s.db.QueryContext(ctx, s.q("SELECT id, payload FROM outbox WHERE topic = ? AND state = 'new'"), "lent"))
	}
	before := pending()
	tiExec(ctx, s, "INSERT INTO outbox (topic, payload, state) VALUES ('lent', 'loan 77', 'new')")
	if pending() != before+1 {
		return errors.New("it is lost")
	}
	return nil
}

func lbTimeOfDatabase(ctx context.Context, e *Env) error {
	s := whOpen(e)
	now := func() (text string) {
		one(s.db.QueryRowContext(ctx, "SELECT CAST(CURRENT_TIMESTAMP AS CHAR(30))"), &text)
		return text
	}
	start := now()
	drain(s.db.QueryContext(ctx, s.q("SELECT id FROM copies WHERE branch_id = ? AND seen_at < 80000"), 3))
	if now() < start {
		return errors.New("time runs backwards")
	}
	return nil
}

func lbSumAfter(ctx context.Context, e *Env) error {
	s := whOpen(e)
	sum := func() int64 {
		return tiNumber(ctx, s, "SELECT COALESCE(SUM(amount), 0) FROM fines WHERE state = ?", "due")
	}
	before := sum()
	tiExec(ctx, s, "UPDATE fines SET amount = amount / 2 WHERE state = 'due'")
	if sum() >= before {
		return errors.New("no amnesty")
	}
	return nil
}

func lbGormReload(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	var v, now lbEvent
	if err := g.First(&v, 6).Error; err != nil {
		return err
	}
	if err := g.Exec("UPDATE events SET booked = booked + ? WHERE id = ? AND booked + ? <= seats", 2, v.ID, 2).Error; err != nil {
		return err
	}
	if err := g.First(&now, 6).Error; err != nil {
		return err
	}
	if now.Booked == v.Booked {
		return errors.New("full")
	}
	return nil
}
