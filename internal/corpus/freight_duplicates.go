package corpus

import (
	"context"
	"fmt"
	"sync"

	"github.com/querybudget/querybudget/budget"
)

// freightDuplicates are reads that were answered before, and others.
func freightDuplicates() []Case {
	again := func(table string) []Want { return []Want{{Kind: budget.Duplicate, Table: table}} }
	return []Case{
		{Name: "freight/other-columns", About: "name and country of one customer, then the credit of the same", Setup: frCustomers(5), Run: frOtherColumns, Want: again("customers")},
		{Name: "freight/exists-then-read", About: "EXISTS, and then the row", Setup: frShipments(5, 3), Run: frExistsThenRead, Want: again("shipments")},
		{Name: "freight/count-then-read", About: "count(*) of the key of the table, and then the row", Setup: frShipments(5, 3), Run: frCountThenRead, Want: again("shipments")},
		{Name: "freight/three-layers", About: "middleware, handler and footer read the same customer: one finding", Setup: frCustomers(5), Run: frThreeLayers, Want: again("customers")},
		{Name: "freight/rate-in-each-round", About: "six lines are priced with the same rate, which is read for each", Setup: frTariffs(6), Run: frRateInEachRound, Want: again("tariffs")},
		{Name: "freight/cache-with-wrong-key", About: "a cache whose key has a counter in it never hits", Setup: frTariffs(6), Run: frCacheWithWrongKey, Want: again("tariffs")},
		{Name: "freight/cte-twice", About: "the same WITH twice", Setup: and(frShipments(6, 3), frInvoices(6, 3)), Run: frCTETwice, Want: again("invoices")},
		{Name: "freight/view-twice", About: "a view is read twice, nothing is written", Setup: and(frShipments(6, 3), []string{"CREATE VIEW open_shipments AS SELECT id, ref FROM shipments WHERE state = 'open'"}), Run: frViewTwice, Want: again("open_shipments")},
		{Name: "freight/lower-twice", About: "functions that are pure change nothing", Setup: frCustomers(6), Run: frLowerTwice, Want: again("customers")},
		{Name: "freight/log-in-between", About: "a write of another table in between", SQLite: frServer, Setup: and(frCustomers(6), frNotices()), Run: frLogInBetween, Want: again("customers")},
		{Name: "freight/sqlx-and-gorm", About: "sqlx and GORM read the same row, by other texts", Setup: frDepots(6), Run: frSQLXAndGORM, Want: again("depots")},
		{Name: "freight/bun-twice", About: "bun reads the same customer in two functions", Setup: frCustomers(6), Run: frBunTwice, Want: again("customers")},

		{Name: "freight/recheck-of-capacity", About: "looked at outside, and again in the transaction that writes", Systems: servers, Setup: and(frDepots(4), frNotices()), Run: frRecheckCapacity},
		{Name: "freight/share-lock", About: "read, and read again with a lock for readers in a transaction", Systems: servers, Setup: frDepots(4), Run: frShareLock},
		{Name: "freight/update-in-with", About: "a WITH that writes stands between two reads", Systems: []string{"postgres"}, Setup: frCustomers(4), Run: frUpdateInWith},
		{Name: "freight/update-of-a-join", About: "an UPDATE of two tables, of which the second is read again", Systems: []string{"mysql"}, Setup: and(frShipments(4, 4), frCustomers(4)), Run: frUpdateOfJoin},
		{Name: "freight/upsert-in-between", About: "an upsert stands between two reads", Systems: frReturning, Setup: frTariffs(4), Run: frUpsertInBetween},
		{Name: "freight/written-by-a-goroutine", About: "a goroutine, which is waited for, writes in between", Setup: frDepots(4), Run: frWrittenByGoroutine},
		{Name: "freight/search-path", About: "the same text in two schemas of one connection", Systems: []string{"postgres"}, Setup: frCarriers(3), Run: frSearchPath},
		{Name: "freight/user-variable", About: "a variable of the session is set between two reads", Systems: []string{"mysql"}, Setup: frShipments(6, 3), Run: frUserVariable},
		{Name: "freight/random-numbers", About: "a number by chance, twice", Setup: frDepots(3), Run: frRandomNumbers},
		{Name: "freight/swapped", About: "two values change places", Setup: frTariffs(6), Run: frSwapped},
		{Name: "freight/as-of-two-days", About: "the price on two days", Setup: frTariffs(9), Run: frAsOfTwoDays},
		{Name: "freight/under-a-named-lock", About: "a lock of the session is taken between the looks, and the second decides about a write", Systems: servers, Setup: and(frDepots(3), frNotices()), Run: frUnderNamedLock},
		{Name: "freight/depth-of-a-queue", About: "counted before and after lines were added", SQLite: frServer, Setup: frNotices(), Run: frDepthOfQueue},
		{Name: "freight/poll-until-cleared", Values: true, About: "asked again until customs, in a goroutine, has cleared it", Setup: frDocuments(2, 2), Run: frPollUntilCleared},
		{Name: "freight/inserted-in-between", About: "the sum of a customer's invoices before and after one was written, by INSERT ... SELECT", Setup: and(frInvoices(6, 3), frShipments(6, 3)), Run: frSumBeforeAndAfter},
		{Name: "freight/two-customers", About: "the same two helpers for sender and receiver", Setup: and(frCustomers(4), frInvoices(8, 4)), Run: frSenderAndReceiver},
	}
}

func frOtherColumns(ctx context.Context, e *Env) error {
	drain(e.DB.QueryContext(ctx, e.Q("SELECT name, country FROM customers WHERE id = ?"), 3))
	var credit int64
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT credit FROM customers WHERE id = ?"), 3), &credit)
	return nil
}

func frExistsThenRead(ctx context.Context, e *Env) error {
	var is bool
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT EXISTS(SELECT 1 FROM shipments WHERE id = ?)"), 4), &is)
	if is {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT ref, state, weight FROM shipments WHERE id = ?"), 4))
	}
	return nil
}

func frCountThenRead(ctx context.Context, e *Env) error {
	var n int64
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT count(*) FROM shipments WHERE id = ?"), 2), &n)
	if n > 0 {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT ref, lane FROM shipments WHERE id = ?"), 2))
	}
	return nil
}

func frCustomerOf(ctx context.Context, e *Env, id int64) (name string) {
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT name FROM customers WHERE id = ?"), id), &name)
	return name
}

func frThreeLayers(ctx context.Context, e *Env) error {
	frAuthenticate(ctx, e, func() {
		frCustomerOf(ctx, e, 2)
		frFooter(ctx, e)
	})
	return nil
}

func frAuthenticate(ctx context.Context, e *Env, next func()) {
	if frCustomerOf(ctx, e, 2) != "" {
		next()
	}
}

func frFooter(ctx context.Context, e *Env) { frCustomerOf(ctx, e, 2) }

func frRateInEachRound(ctx context.Context, e *Env) error {
	total := int64(0)
	for weight := range int64(6) {
		var price int64
		one(e.DB.QueryRowContext(ctx, e.Q("SELECT price FROM tariffs WHERE lane = ? AND carrier_id = ?"), "L2", 3), &price)
		total += weight * price
	}
	return nil
}

type frPrices struct {
	e      *Env
	known  map[string]int64
	lookUp int
}

func (p *frPrices) of(ctx context.Context, lane string) (price int64) {
	p.lookUp++
	key := fmt.Sprint(lane, p.lookUp)
	if known, ok := p.known[key]; ok {
		return known
	}
	one(p.e.DB.QueryRowContext(ctx, p.e.Q("SELECT price FROM tariffs WHERE lane = ?"), lane), &price)
	p.known[key] = price
	return price
}

func frCacheWithWrongKey(ctx context.Context, e *Env) error {
	p := &frPrices{e: e, known: map[string]int64{}}
	quote := p.of(ctx, "L4")
	surcharge := p.of(ctx, "L4") / 10
	_ = quote + surcharge
	return nil
}

func frCTETwice(ctx context.Context, e *Env) error {
	const due = "WITH due AS (SELECT shipment_id, sum(total) AS total FROM invoices WHERE state = ? GROUP BY shipment_id) SELECT s.id, due.total FROM shipments s JOIN due ON due.shipment_id = s.id ORDER BY s.id"
	drain(e.DB.QueryContext(ctx, e.Q(due), "due"))
	drain(e.DB.QueryContext(ctx, e.Q(due), "due"))
	return nil
}

func frViewTwice(ctx context.Context, e *Env) error {
	drain(e.DB.QueryContext(ctx, "SELECT id, ref FROM open_shipments ORDER BY id"))
	drain(e.DB.QueryContext(ctx, "SELECT id, ref FROM open_shipments ORDER BY id"))
	return nil
}

func frLowerTwice(ctx context.Context, e *Env) error {
	for range 2 {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT id, coalesce(name, '-') FROM customers WHERE lower(email) = lower(?)"), "C3@example.com"))
	}
	return nil
}

func frLogInBetween(ctx context.Context, e *Env) error {
	frCustomerOf(ctx, e, 5)
	done(e.DB.ExecContext(ctx, e.Q("INSERT INTO notices (shipment_id, body) VALUES (?, ?)"), 1, "seen"))
	frCustomerOf(ctx, e, 5)
	return nil
}

func frSQLXAndGORM(ctx context.Context, e *Env) error {
	db := e.SQLX()
	var d struct {
		ID   int64
		Name string
	}
	try(db.GetContext(ctx, &d, db.Rebind("SELECT id, name FROM depots WHERE id = ?"), 4))
	var same frDepot
	return e.GORM().WithContext(ctx).First(&same, d.ID).Error
}

func frBunCustomer(ctx context.Context, e *Env, id int64) (c frCustomer) {
	try(e.Bun().NewSelect().Model(&c).Where("id = ?", id).Scan(ctx))
	return c
}

func frBunTwice(ctx context.Context, e *Env) error {
	c := frBunCustomer(ctx, e, 4)
	_ = frBunCustomer(ctx, e, c.ID).Credit
	return nil
}

const frFree = "SELECT capacity - used FROM depots WHERE id = ?"

func frRecheckCapacity(ctx context.Context, e *Env) error {
	var free int64
	one(e.DB.QueryRowContext(ctx, e.Q(frFree), 2), &free)
	if free < 3 {
		return nil
	}
	tx, err := e.DB.BeginTx(ctx, nil)
	try(err)
	defer tx.Rollback() //nolint:errcheck // after Commit it does nothing
	one(tx.QueryRowContext(ctx, e.Q(frFree), 2), &free)
	if free < 3 {
		return nil
	}
	done(tx.ExecContext(ctx, e.Q("UPDATE depots SET used = used + 3 WHERE id = ? AND used + 3 <= capacity"), 2))
	done(tx.ExecContext(ctx, e.Q("INSERT INTO notices (shipment_id, body) VALUES (?, ?)"), 1, "placed"))
	return tx.Commit()
}

func frShareLock(ctx context.Context, e *Env) error {
	lock := map[string]string{"postgres": " FOR SHARE", "mysql": " LOCK IN SHARE MODE"}[e.System]
	const query = "SELECT name, used FROM depots WHERE id = ?"
	drain(e.DB.QueryContext(ctx, e.Q(query), 3))
	tx, err := e.DB.BeginTx(ctx, nil)
	try(err)
	defer tx.Rollback() //nolint:errcheck // after Commit it does nothing
	drain(tx.QueryContext(ctx, e.Q(query+lock), 3))
	return tx.Commit()
}

func frCreditOf(ctx context.Context, e *Env, id int64) (n int64) {
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT credit FROM customers WHERE id = ?"), id), &n)
	return n
}

func frUpdateInWith(ctx context.Context, e *Env) error {
	frCreditOf(ctx, e, 3)
	drain(e.DB.QueryContext(ctx, "WITH raised AS (UPDATE customers SET credit = credit + 50 WHERE country = $1 RETURNING id) SELECT count(*) FROM raised", "DE"))
	frCreditOf(ctx, e, 3)
	return nil
}

func frUpdateOfJoin(ctx context.Context, e *Env) error {
	frCreditOf(ctx, e, 3)
	done(e.DB.ExecContext(ctx, "UPDATE shipments s JOIN customers c ON c.id = s.customer_id SET s.state = 'billed', c.credit = c.credit - s.weight WHERE s.state = 'open'"))
	frCreditOf(ctx, e, 3)
	return nil
}

func frPriceOf(ctx context.Context, e *Env, lane string) (n int64) {
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT price FROM tariffs WHERE lane = ?"), lane), &n)
	return n
}

func frUpsertInBetween(ctx context.Context, e *Env) error {
	frPriceOf(ctx, e, "L2")
	done(e.DB.ExecContext(ctx, e.Q("INSERT INTO tariffs (id, lane, carrier_id, price, valid_from) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET price = excluded.price"), 2, "L2", 1, 99, 2026))
	frPriceOf(ctx, e, "L2")
	return nil
}

func frWrittenByGoroutine(ctx context.Context, e *Env) error {
	const query = "SELECT used FROM depots WHERE id = ?"
	drain(e.DB.QueryContext(ctx, e.Q(query), 2))
	failed := make(chan error)
	go func() {
		_, err := e.DB.ExecContext(ctx, e.Q("UPDATE depots SET used = used + ? WHERE region = ?"), 4, "north")
		failed <- err
	}()
	try(<-failed)
	drain(e.DB.QueryContext(ctx, e.Q(query), 2))
	return nil
}

func frSearchPath(ctx context.Context, e *Env) error {
	c, err := e.DB.Conn(ctx)
	try(err)
	defer c.Close() //nolint:errcheck // goes back to the pool
	var path string
	one(c.QueryRowContext(ctx, "SELECT current_setting('search_path')"), &path)
	drain(c.QueryContext(ctx, "SELECT count(*) FROM carriers"))
	_, err = c.ExecContext(ctx, "SET search_path TO pg_temp, "+path)
	try(err)
	drain(c.QueryContext(ctx, "SELECT count(*) FROM carriers"))
	_, err = c.ExecContext(ctx, "SET search_path TO "+path)
	return err
}

func frUserVariable(ctx context.Context, e *Env) error {
	c, err := e.DB.Conn(ctx)
	try(err)
	defer c.Close() //nolint:errcheck // goes back to the pool
	for _, customer := range []int{2, 3} {
		_, err := c.ExecContext(ctx, "SET @customer = ?", customer)
		try(err)
		drain(c.QueryContext(ctx, "SELECT id, ref FROM shipments WHERE customer_id = @customer"))
	}
	return nil
}

func frRandomNumbers(ctx context.Context, e *Env) error {
	query := map[string]string{
		"sqlite": "SELECT id, hex(randomblob(4)) FROM depots ORDER BY id LIMIT 1", "postgres": "SELECT id, gen_random_uuid()::text FROM depots ORDER BY id LIMIT 1",
		"mysql": "SELECT id, UUID() FROM depots ORDER BY id LIMIT 1",
	}[e.System]
	for range 2 {
		drain(e.DB.QueryContext(ctx, query))
	}
	return nil
}

func frSwapped(ctx context.Context, e *Env) error {
	const query = "SELECT price FROM tariffs WHERE carrier_id = ? AND id > ?"
	drain(e.DB.QueryContext(ctx, e.Q(query), 1, 2))
	drain(e.DB.QueryContext(ctx, e.Q(query), 2, 1))
	return nil
}

func frAsOfTwoDays(ctx context.Context, e *Env) error {
	for _, day := range []int{410, 780} {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT price FROM tariffs WHERE carrier_id = ? AND valid_from <= ? ORDER BY valid_from DESC LIMIT 1"), 2, day))
	}
	return nil
}

func frUnderNamedLock(ctx context.Context, e *Env) error {
	lock := map[string]string{"postgres": "SELECT pg_advisory_lock(4711)", "mysql": "SELECT GET_LOCK('depot-2', 10)"}[e.System]
	release := map[string]string{"postgres": "SELECT pg_advisory_unlock(4711)", "mysql": "SELECT RELEASE_LOCK('depot-2')"}[e.System]
	c, err := e.DB.Conn(ctx)
	try(err)
	defer c.Close() //nolint:errcheck // goes back to the pool
	var free int64
	if one(c.QueryRowContext(ctx, e.Q(frFree), 2), &free); free <= 0 {
		return nil
	}
	drain(c.QueryContext(ctx, lock))
	if one(c.QueryRowContext(ctx, e.Q(frFree), 2), &free); free > 0 {
		done(c.ExecContext(ctx, e.Q("INSERT INTO notices (shipment_id, body) VALUES (?, ?)"), 9, "placed in 2"))
	}
	drain(c.QueryContext(ctx, release))
	return nil
}

func frDepthOfQueue(ctx context.Context, e *Env) error {
	const depth = "SELECT count(*) FROM notices"
	drain(e.DB.QueryContext(ctx, depth))
	done(e.DB.ExecContext(ctx, e.Q("INSERT INTO notices (shipment_id, body) VALUES (?, ?), (?, ?)"), 1, "one", 2, "two"))
	drain(e.DB.QueryContext(ctx, depth))
	return nil
}

func frPollUntilCleared(ctx context.Context, e *Env) error {
	var wg sync.WaitGroup
	asked := make(chan bool)
	wg.Go(func() {
		for range 3 {
			<-asked
		}
		if _, err := e.DB.ExecContext(ctx, e.Q("UPDATE documents SET state = 'cleared' WHERE id = ?"), 3); err != nil {
			panic(err)
		}
		for range asked {
		}
	})
	defer wg.Wait()
	defer close(asked)
	for range 200 {
		var state string
		one(e.DB.QueryRowContext(ctx, e.Q("SELECT state FROM documents WHERE id = ?"), 3), &state)
		if state == "cleared" {
			break
		}
		asked <- true
	}
	return nil
}

func frSumBeforeAndAfter(ctx context.Context, e *Env) error {
	const sum = "SELECT coalesce(sum(total), 0) FROM invoices WHERE customer_id = ?"
	drain(e.DB.QueryContext(ctx, e.Q(sum), 2))
	done(e.DB.ExecContext(ctx, e.Q("INSERT INTO invoices (id, customer_id, shipment_id, total, state) SELECT id + 50, customer_id, id, weight, 'due' FROM shipments WHERE id = ?"), 4))
	drain(e.DB.QueryContext(ctx, e.Q(sum), 2))
	return nil
}

func frSenderAndReceiver(ctx context.Context, e *Env) error {
	for _, id := range []int64{1, 4} {
		frCustomerOf(ctx, e, id)
		drain(e.DB.QueryContext(ctx, e.Q("SELECT total FROM invoices WHERE customer_id = ?"), id))
	}
	return nil
}
