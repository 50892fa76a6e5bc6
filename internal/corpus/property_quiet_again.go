package corpus

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"gorm.io/gorm"
)

// pmQuietAgainCases ask again, and have to, or ask something else.
func pmQuietAgainCases() []Case {
	return []Case{
		{Name: "property/open-amount-after-the-payment", About: "the open amount is read, paid, and read again for the receipt", Setup: pmOf("invoices"), Run: pmAfterPayment},
		{Name: "property/list-after-a-delete", About: "the keys are listed again after one of them was deleted", Setup: pmOf("flat_keys"), Run: pmAfterDelete},
		{Name: "property/again-under-the-lock", Systems: whServers, About: "a first look outside of the transaction, a second one under the lock", Setup: pmOf("flats leases"), Run: pmUnderLock},
		{Name: "property/again-in-the-transaction", About: "the same query is the recheck of a transaction that writes", Setup: pmOf("repair_orders audit"), Run: pmInTransaction},
		{Name: "property/again-under-the-mutex", About: "the run is looked for, and looked for again with the mutex, in a transaction that makes it", Setup: pmOf("dunning_runs"), Run: pmUnderMutex},
		{Name: "property/two-states", About: "the open invoices and the paid ones: two questions", Setup: pmOf("invoices"), Run: pmTwoStates},
		{Name: "property/two-orders", About: "the dearest three and the oldest three leases", Setup: pmOf("leases"), Run: pmTwoOrders},
		{Name: "property/two-tenants", About: "the tenant who leaves and the one who comes", Setup: pmOf("tenants"), Run: pmTwoTenants},
		{Name: "property/gorm-after-an-expression", About: "GORM: the tenant is read again after an expression has changed the balance", Setup: pmOf("tenants"), Run: pmGormAgain},
		{Name: "property/view-after-a-write", About: "a view is read again after its table was written", Setup: append(pmOf("invoices"), "CREATE VIEW late AS SELECT lease_id, SUM(open_amount) AS total FROM invoices WHERE state = 'late' GROUP BY lease_id"), Run: pmViewAgain},
		{Name: "property/join-after-a-write", About: "one of the joined tables was written in between", Setup: pmOf("flats leases"), Run: pmJoinAgain},
		{Name: "property/sum-after-an-upsert", About: "a sum before and after an upsert", Setup: pmOf("tariffs"), Run: pmAfterUpsert},
		{Name: "property/now-twice", About: "the time of the database at the start and at the end", Setup: pmOf("flats"), Run: pmNowTwice},
		{Name: "property/random-twice", About: "two samples of the flats to be inspected, drawn by chance", Setup: pmOf("flats"), Run: pmRandomTwice},
		{Name: "property/other-session-setting", Systems: []string{"postgres"}, About: "set_config changes whose rows a view shows, so that the same text asks for another tenant's", Setup: append(pmOf("invoices"), "CREATE VIEW mine AS SELECT id, open_amount FROM invoices WHERE lease_id::text = current_setting('app.lease', true)"), Run: pmSessionSetting},
		{Name: "property/function-between", Systems: []string{"postgres"}, About: "a function of the application is called in between, and may write anything", Setup: append(pmOf("accounts"), "CREATE FUNCTION close_month(d BIGINT) RETURNS BIGINT LANGUAGE sql AS $$ UPDATE accounts SET balance = balance + d WHERE id = 4 RETURNING balance $$"), Run: pmFunctionBetween},
		{Name: "property/procedure-between", Systems: []string{"mysql"}, About: "a procedure is called in between", Setup: append(pmOf("accounts"), "CREATE PROCEDURE close_month(IN d BIGINT) UPDATE accounts SET balance = balance + d WHERE id = 4"), Run: pmProcedureBetween},
		{Name: "property/transaction-tried-again", About: "the transaction was rolled back, and its second try has to read again", Setup: pmOf("payments invoices"), Run: pmTriedAgain},
	}
}

func pmAfterPayment(ctx context.Context, e *Env) error {
	s := whOpen(e)
	open := func() (cents int64) {
		one(s.db.QueryRowContext(ctx, s.q("SELECT open_amount FROM invoices WHERE number = ?"), "R-24030"), &cents)
		return cents
	}
	before := open()
	tiExec(ctx, s, "UPDATE invoices SET open_amount = open_amount - ? WHERE number = ?", 1200, "R-24030")
	if open() != before-1200 {
		return errors.New("somebody else has paid, too")
	}
	return nil
}

func pmAfterDelete(ctx context.Context, e *Env) error {
	s := whOpen(e)
	tags := func() []string { return pmTexts(ctx, s, "SELECT tag FROM flat_keys WHERE flat_id = ? ORDER BY tag", 3) }
	was := tags()
	tiExec(ctx, s, "DELETE FROM flat_keys WHERE flat_id = ? AND tag = ?", 3, was[0])
	if len(tags()) != len(was)-1 {
		return errors.New("not deleted")
	}
	return nil
}

func pmUnderLock(ctx context.Context, e *Env) error {
	s := whOpen(e)
	if !one(s.db.QueryRowContext(ctx, s.q("SELECT id FROM flats WHERE building_id = ? AND number = ? AND state = 'let'"), 3, "W10"), new(int64)) {
		return errors.New("not there")
	}
	return s.atomically(ctx, nil, func(s whStore) error {
		var id int64
		if !one(s.db.QueryRowContext(ctx, s.q("SELECT id FROM flats WHERE building_id = ? AND number = ? AND state = 'let' FOR UPDATE"), 3, "W10"), &id) {
			return errors.New("somebody was faster")
		}
		tiExec(ctx, s, "UPDATE flats SET state = 'free' WHERE id = ?", id)
		tiExec(ctx, s, "UPDATE leases SET state = 'over', ends_at = 8190 WHERE flat_id = ?", id)
		return nil
	})
}

func pmInTransaction(ctx context.Context, e *Env) error {
	s := whOpen(e)
	state, _, err := pmOrderCheck{s}.order(ctx, "RO-745")
	if err != nil || state != "new" {
		return errors.Join(err, errors.New("is ordered"))
	}
	return s.atomically(ctx, nil, func(s whStore) error {
		if state, _, err := (pmOrderCheck{s}).order(ctx, "RO-745"); err != nil || state != "new" {
			return errors.Join(err, errors.New("somebody was faster"))
		}
		tiExec(ctx, s, "UPDATE repair_orders SET state = 'ordered' WHERE number = ?", "RO-745")
		tiExec(ctx, s, "INSERT INTO audit (actor, action, target) VALUES ('u093', 'ordered', 'RO-745')")
		return nil
	})
}

type pmRuns struct {
	whStore
	mu *sync.Mutex
}

func (r pmRuns) of(ctx context.Context, s whStore, day int64) bool {
	var id int64
	return one(s.db.QueryRowContext(ctx, s.q("SELECT id FROM dunning_runs WHERE day = ?"), day), &id)
}

func pmUnderMutex(ctx context.Context, e *Env) error {
	r := pmRuns{whOpen(e), &sync.Mutex{}}
	const today = 8195
	if r.of(ctx, r.whStore, today) {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.atomically(ctx, nil, func(s whStore) error {
		if r.of(ctx, s, today) {
			return nil
		}
		tiExec(ctx, s, "INSERT INTO dunning_runs (day, state, total) VALUES (?, 'new', 0)", today)
		return nil
	})
}

func pmTwoStates(ctx context.Context, e *Env) error {
	s := whOpen(e)
	count := func(state string) (n, sum int64) {
		one(s.db.QueryRowContext(ctx, s.q("SELECT count(*), COALESCE(SUM(amount), 0) FROM invoices WHERE state = ?"), state), &n, &sum)
		return n, sum
	}
	open, _ := count("open")
	paid, _ := count("paid")
	if open+paid != 24 {
		return errors.New("an invoice is lost")
	}
	return nil
}

func pmTwoOrders(ctx context.Context, e *Env) error {
	s := whOpen(e)
	dear := pmTexts(ctx, s, "SELECT contract FROM leases WHERE state = 'running' ORDER BY rent DESC LIMIT 3")
	old := pmTexts(ctx, s, "SELECT contract FROM leases WHERE state = 'running' ORDER BY starts_at LIMIT 3")
	if len(dear)+len(old) != 6 {
		return errors.New("too few")
	}
	return nil
}

func pmTwoTenants(ctx context.Context, e *Env) error {
	r := pmTenants{whOpen(e)}
	const leaves, comes = 9, 15 // both are in the form
	protocol := fmt.Sprintf("%s hands over to %s", r.ByID(ctx, leaves).name, r.ByID(ctx, comes).name)
	if protocol == "" {
		return errors.New("nobody")
	}
	return nil
}

func pmGormAgain(ctx context.Context, e *Env) error {
	db := e.GORM().WithContext(ctx)
	var before, after pmTenantModel
	if err := db.First(&before, 6).Error; err != nil {
		return err
	}
	if err := db.Model(&pmTenantModel{}).Where("id = ?", 6).Update("balance", gorm.Expr("balance - ?", 55)).Error; err != nil {
		return err
	}
	err := db.First(&after, 6).Error
	if err == nil && after.Balance != before.Balance-55 {
		return errors.New("another booking")
	}
	return err
}

func pmViewAgain(ctx context.Context, e *Env) error {
	s := whOpen(e)
	late := func() int { return drain(s.db.QueryContext(ctx, "SELECT lease_id, total FROM late")) }
	was := late()
	tiExec(ctx, s, "UPDATE invoices SET state = 'late' WHERE due_at < ?", 8100)
	if late() <= was {
		return errors.New("nobody is late")
	}
	return nil
}

func pmJoinAgain(ctx context.Context, e *Env) error {
	s := whOpen(e)
	free := func() int {
		return drain(s.db.QueryContext(ctx, s.q("SELECT f.id FROM flats f LEFT JOIN leases l ON l.flat_id = f.id AND l.state = ? WHERE l.id IS NULL"), "running"))
	}
	was := free()
	tiExec(ctx, s, "UPDATE leases SET state = 'over' WHERE contract = ?", "C-0848")
	if free() < was {
		return errors.New("a flat is lost")
	}
	return nil
}

func pmAfterUpsert(ctx context.Context, e *Env) error {
	t := pmTariffs{whOpen(e)}
	was := t.price(ctx, "city-1", "gas")
	t.put(ctx, "city-1", "gas", was+9)
	if t.price(ctx, "city-1", "gas") != was+9 {
		return errors.New("another price")
	}
	return nil
}

func pmNowTwice(ctx context.Context, e *Env) error {
	now := map[string]string{"sqlite": "SELECT strftime('%s', 'now')", "postgres": "SELECT clock_timestamp()::text", "mysql": "SELECT CAST(SYSDATE(6) AS CHAR)"}[e.System]
	clock := func() (text string) {
		one(e.DB.QueryRowContext(ctx, now), &text)
		return text
	}
	from := clock()
	drain(e.DB.QueryContext(ctx, "SELECT id, area FROM flats ORDER BY area"))
	if to := clock(); to < from {
		return errors.New("time runs backwards")
	}
	return nil
}

func pmRandomTwice(ctx context.Context, e *Env) error {
	random := "random()"
	if e.System == "mysql" {
		random = "RAND()"
	}
	sample := func() []int64 {
		return ints(e.DB.QueryContext(ctx, "SELECT id FROM flats WHERE deleted_at = 0 ORDER BY "+random+" LIMIT 4"))
	}
	if one, other := sample(), sample(); len(one) != len(other) {
		return errors.New("too few flats")
	}
	return nil
}

func pmSessionSetting(ctx context.Context, e *Env) error {
	conn, err := e.DB.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // the case is over
	sum := func() (cents int64) {
		one(conn.QueryRowContext(ctx, "SELECT COALESCE(SUM(open_amount), 0) FROM mine"), &cents)
		return cents
	}
	as := func(lease string) {
		one(conn.QueryRowContext(ctx, "SELECT set_config('app.lease', $1, false)", lease), new(string))
	}
	as("4")
	first := sum()
	as("16")
	if second := sum(); first == second {
		return errors.New("the same rows")
	}
	return nil
}

func pmFunctionBetween(ctx context.Context, e *Env) error {
	accounts := pmAccounts(whOpen(e))
	was, _ := accounts.Find(ctx, 4)
	one(e.DB.QueryRowContext(ctx, "SELECT close_month($1)", 77), new(int64))
	if is, _ := accounts.Find(ctx, 4); is.balance != was.balance+77 {
		return errors.New("not closed")
	}
	return nil
}

func pmProcedureBetween(ctx context.Context, e *Env) error {
	accounts := pmAccounts(whOpen(e))
	was, _ := accounts.Find(ctx, 4)
	if _, err := e.DB.ExecContext(ctx, "CALL close_month(?)", 77); err != nil {
		return err
	}
	if is, _ := accounts.Find(ctx, 4); is.balance != was.balance+77 {
		return errors.New("not closed")
	}
	return nil
}

func pmTriedAgain(ctx context.Context, e *Env) error {
	s := whOpen(e)
	tries := 0
	var err error
	for range 3 {
		err = s.atomically(ctx, nil, func(s whStore) error {
			var invoice, amount int64
			one(s.db.QueryRowContext(ctx, s.q("SELECT invoice_id, amount FROM payments WHERE ref = ?"), "PAY-5119"), &invoice, &amount)
			tiExec(ctx, s, "UPDATE invoices SET open_amount = open_amount - ? WHERE id = ?", amount, invoice)
			if tries++; tries < 2 {
				return errors.New("could not serialize access") // as the server says at the commit
			}
			return nil
		})
		if err == nil {
			break
		}
	}
	return err
}
