package corpus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
)

// pmWriteCases write a row at a time.
func pmWriteCases() []Case {
	return []Case{
		{Name: "property/mark-the-overdue", About: "the night job marks each overdue invoice: one UPDATE with the condition", Setup: pmOf("invoices"), Run: pmMarkOverdue, Want: pmW("pmMarkOverdue", "invoices", "invoices")},
		{Name: "property/notice-for-each-tenant", About: "a notice for each tenant of a building: several VALUES", Setup: pmOf("tenants leases flats notices"), Run: pmNoticeForEach, Want: pmW("Send", "notices", "tenants")},
		{Name: "property/rents-of-the-month", About: "the rent of a month is inserted for each lease", Setup: pmOf("leases rents"), Run: pmRentsOfMonth, Want: pmW("pmRentsOfMonth", "rents", "leases")},
		{Name: "property/readings-of-an-upload", About: "a prepared INSERT in a transaction, once for each line of the file", Setup: pmOf("readings"), Run: pmReadingsOfUpload, Want: pmW("", "readings", none)},
		{Name: "property/delete-ticked-documents", About: "the UUIDs come with the form, each document is deleted by itself", Setup: pmOf("documents"), Run: pmDeleteTicked, Want: pmW("pmDeleteTicked", "documents", none)},
		{Name: "property/new-tariffs", About: "an upsert for each tariff of the supplier's list: several VALUES take the clause, too", Setup: pmOf("tariffs"), Run: pmNewTariffs, Want: pmW("put", "tariffs", none)},
		{Name: "property/lines-returning", Systems: []string{"sqlite", "postgres"}, About: "RETURNING gives the id of each line, several VALUES give those of all", Setup: pmOf("invoice_lines"), Run: pmLinesReturning, Want: pmW("pmLinesReturning", "invoice_lines", none)},
		{Name: "property/book-each-payment", About: "a booking for each new payment, in one transaction", Setup: pmOf("payments bookings"), Run: pmBookEach, Want: pmW("book", "bookings", "payments")},
		{Name: "property/balance-of-each-account", About: "the sums of all accounts come by one query, and are written one by one", Setup: pmOf("accounts bookings"), Run: pmBalanceOfEach, Want: pmW("pmBalanceOfEach", "accounts", "bookings")},
		{Name: "property/keys-that-came-back", About: "each key is deleted by flat and tag", Setup: pmOf("flat_keys"), Run: pmKeysBack, Want: pmW("pmKeysBack", "flat_keys", "flat_keys")},
		{Name: "property/messages-in-parallel", Values: true, About: "a goroutine writes a message for each order", Setup: pmOf("repair_orders outbox"), Run: pmMessages, Want: pmW("", "outbox", "repair_orders")},
		{Name: "property/counted-one-by-one", About: "n + 1 eight times, with the same arguments", Setup: pmOf("craftsmen"), Run: pmCounted, Want: pmW("pmCounted", "craftsmen", none)},
		{Name: "property/update-in-the-text", About: "the ids are written into the text", Setup: pmOf("flats"), Run: pmUpdateInText, Want: pmW("pmUpdateInText", "flats", "flats")},
		{Name: "property/sell-a-building", About: "each flat of two sold buildings is deleted softly by its own UPDATE, after the buildings by one", Setup: pmOf("buildings flats"), Run: pmSell, Want: pmW("retire", "flats", "flats")},
		{Name: "property/statistics-by-insert-select", Values: true, About: "INSERT with SELECT for each building, where GROUP BY would do all", Setup: pmOf("buildings flats stats"), Run: pmInsertSelect, Want: pmW("pmInsertSelect", "stats", "buildings")},
		{Name: "property/rights-of-a-new-user", About: "the new user gets a row for each building", Setup: pmOf("buildings permissions users"), Run: pmRights, Want: pmW("grant", "permissions", "buildings")},
		{Name: "property/steps-of-an-order", About: "the steps are JSON in one column, and each becomes a row", Setup: append(pmOf("repair_orders"), "CREATE TABLE steps (order_id BIGINT, place BIGINT, name VARCHAR(20))"), Run: pmSteps, Want: pmW("pmSteps", "steps", "")},
	}
}

func pmMarkOverdue(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, v := range (pmInvoices{s}).Overdue(ctx, 8130) {
		if _, err := s.db.ExecContext(ctx, s.q("UPDATE invoices SET state = 'late' WHERE id = ?"), v.id); err != nil {
			return fmt.Errorf("invoice %d: %w", v.id, err)
		}
	}
	return nil
}

type pmNotices struct{ whStore }

// Send writes a notice.
func (n pmNotices) Send(ctx context.Context, tenant int64, kind, body string) error {
	_, err := n.db.ExecContext(ctx, n.q("INSERT INTO notices (tenant_id, kind, body, state) VALUES (?, ?, ?, 'new')"), tenant, kind, body)
	return err
}

func pmNoticeForEach(ctx context.Context, e *Env) error {
	s := whOpen(e)
	notices := pmNotices{s}
	var errs []error
	for _, tenant := range pmIDs(ctx, s, "SELECT t.id FROM tenants t JOIN leases l ON l.tenant_id = t.id JOIN flats f ON f.id = l.flat_id WHERE f.building_id <= ? ORDER BY t.name", 3) {
		errs = append(errs, notices.Send(ctx, tenant, "water", "no water on Monday"))
	}
	return errors.Join(errs...)
}

func pmRentsOfMonth(ctx context.Context, e *Env) error {
	s := whOpen(e)
	const month = 202403
	for _, l := range (pmLeases{s}).Running(ctx, 61500) {
		_, err := s.db.ExecContext(ctx, s.q("INSERT INTO rents (lease_id, month, amount, paid) VALUES (?, ?, ?, 0)"), l.id, month, l.rent)
		if err != nil {
			return err
		}
	}
	return nil
}

func pmReadingsOfUpload(ctx context.Context, e *Env) error {
	tx, err := e.DB.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()                                                                                                      //nolint:errcheck // after a commit it does nothing
	stmt, err := tx.PrepareContext(ctx, e.Q("INSERT INTO readings (meter_id, day, value, source) VALUES (?, ?, ?, 'file')")) //nolint:sqlclosecheck // the transaction closes it
	if err != nil {
		return err
	}
	defer stmt.Close() //nolint:errcheck // the case is over
	for line := range strings.Lines("4;7361;25110\n9;7361;31888\n12;7362;18004\n17;7362;40771\n23;7362;9120\n28;7363;22907\n") {
		var meter, day, value int64
		if _, err := fmt.Sscanf(line, "%d;%d;%d", &meter, &day, &value); err != nil {
			return err
		}
		if _, err := stmt.ExecContext(ctx, meter, day, value); err != nil {
			return err
		}
	}
	return tx.Commit()
}

func pmDeleteTicked(ctx context.Context, e *Env) error {
	s := whOpen(e)
	gone := int64(0)
	for _, i := range []int{20, 3, 11, 8, 15, 6} {
		result, err := s.db.ExecContext(ctx, s.q("DELETE FROM documents WHERE id = ? AND deleted_at = 0"), pmUUID("d0", i))
		gone += tiHit(result, err)
	}
	if gone != 6 {
		return errors.New("not all were there")
	}
	return nil
}

func (t pmTariffs) put(ctx context.Context, city, kind string, price int64) {
	_, err := t.db.ExecContext(ctx, t.q("INSERT INTO tariffs (city, kind, price) VALUES (?, ?, ?)"+whUpsert(t.env, "city, kind", "price")), city, kind, price)
	try(err)
}

func pmNewTariffs(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		t := pmTariffs{s}
		for i, city := range []string{"city-0", "city-1", "city-2", "city-7"} {
			for j, kind := range []string{"heat", "water"} {
				t.put(ctx, city, kind, int64(140+i*9+j*31))
			}
		}
		return nil
	})
}

func pmLinesReturning(ctx context.Context, e *Env) error {
	s := whOpen(e)
	ids := map[string]int64{}
	for i, kind := range []string{"rent", "heat", "water", "waste", "lift", "garden", "light", "cleaning", "insurance", "tax", "cable"} {
		var id int64
		if err := s.db.QueryRowContext(ctx, s.q("INSERT INTO invoice_lines (invoice_id, kind, amount) VALUES (?, ?, ?) RETURNING id"), 17, kind, 1300+i*71).Scan(&id); err != nil {
			return err
		}
		ids[kind] = id
	}
	if len(ids) != 11 {
		return errors.New("a line is missing")
	}
	return nil
}

func (l pmLedger) book(ctx context.Context, account, payment, amount int64) error {
	_, err := l.db.ExecContext(ctx, l.q("INSERT INTO bookings (account_id, payment_id, amount, day, note) VALUES (?, ?, ?, ?, 'bank')"), account, payment, amount, 8170)
	return err
}

type pmPayment struct{ id, account, invoice, amount int64 }

// pmNewPayments are those that nobody has booked.
func pmNewPayments(ctx context.Context, s whStore, least int64) []pmPayment {
	return whScan[pmPayment](s.db.QueryContext(ctx, s.q("SELECT id, account_id, invoice_id, amount FROM payments WHERE state = 'new' AND amount > ? ORDER BY booked_at"), least))(func(p *pmPayment) []any {
		return []any{&p.id, &p.account, &p.invoice, &p.amount}
	})
}

func pmBookEach(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		for _, p := range pmNewPayments(ctx, s, 31500) {
			if err := (pmLedger{s}).book(ctx, p.account, p.id, p.amount); err != nil {
				return err
			}
		}
		return nil
	})
}

func pmBalanceOfEach(ctx context.Context, e *Env) error {
	s := whOpen(e)
	sums := pairs(s.db.QueryContext(ctx, "SELECT account_id, SUM(amount) FROM bookings GROUP BY account_id ORDER BY account_id"))
	for _, v := range sums {
		if _, err := s.db.ExecContext(ctx, s.q("UPDATE accounts SET balance = ? WHERE id = ?"), v[1], v[0]); err != nil {
			return err
		}
	}
	return nil
}

func pmKeysBack(ctx context.Context, e *Env) error {
	s := whOpen(e)
	type key struct {
		flat int64
		tag  string
	}
	for _, k := range whScan[key](s.db.QueryContext(ctx, s.q("SELECT flat_id, tag FROM flat_keys WHERE state = 'out' AND flat_id IN (?, ?)"), 2, 6))(func(k *key) []any { return []any{&k.flat, &k.tag} }) {
		if _, err := s.db.ExecContext(ctx, s.q("DELETE FROM flat_keys WHERE flat_id = ? AND tag = ?"), k.flat, k.tag); err != nil {
			return err
		}
	}
	return nil
}

func pmMessages(ctx context.Context, e *Env) error {
	s := whOpen(e)
	numbers := pmTexts(ctx, s, "SELECT number FROM repair_orders WHERE ordered_at < ? ORDER BY number", 8245)
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(2)
	for _, number := range numbers {
		g.Go(func() error {
			_, err := s.db.ExecContext(gctx, s.q("INSERT INTO outbox (topic, payload, state) VALUES ('order', ?, 'new')"), number)
			return err
		})
	}
	return g.Wait()
}

func pmCounted(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for range 8 { // days of a job
		if _, err := s.db.ExecContext(ctx, s.q("UPDATE craftsmen SET jobs_n = jobs_n + 1 WHERE code = ?"), "CR-e"); err != nil {
			return err
		}
	}
	return nil
}

func pmUpdateInText(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, id := range pmIDs(ctx, s, "SELECT id FROM flats WHERE floor = ? ORDER BY area", 3) {
		if _, err := s.db.ExecContext(ctx, fmt.Sprintf("UPDATE flats SET state = 'works' WHERE id = %d", id)); err != nil {
			return err
		}
	}
	return nil
}

func (p pmPortfolio) retire(ctx context.Context, flat int64) (int64, error) {
	result, err := p.db.ExecContext(ctx, p.q("UPDATE flats SET deleted_at = ?, state = 'sold' WHERE id = ?"), 8200, flat)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func pmSell(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		tiExec(ctx, s, "UPDATE buildings SET deleted_at = ? WHERE id IN (?, ?)", 8200, 2, 5)
		for _, id := range pmIDs(ctx, s, "SELECT id FROM flats WHERE building_id IN (?, ?) ORDER BY number", 2, 5) {
			if n, err := (pmPortfolio{s}).retire(ctx, id); err != nil || n != 1 {
				return errors.Join(err, fmt.Errorf("flat %d is gone", id))
			}
		}
		return nil
	})
}

func pmInsertSelect(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, id := range pmIDs(ctx, s, "SELECT id FROM buildings WHERE deleted_at = 0 ORDER BY id") {
		if _, err := s.db.ExecContext(ctx, s.q("INSERT INTO stats (building_id, month, n) SELECT building_id, 202402, count(*) FROM flats WHERE building_id = ? GROUP BY building_id"), id); err != nil {
			return err
		}
	}
	return nil
}

func (a pmACL) grant(ctx context.Context, user, building, level int64) {
	_, err := a.db.ExecContext(ctx, a.q("INSERT INTO permissions (user_id, building_id, level) VALUES (?, ?, ?)"), user, building, level)
	try(err)
}

func pmRights(ctx context.Context, e *Env) error {
	acl := pmACL{whOpen(e)}
	u := pmUserByID(ctx, acl.whStore, 8)
	for _, building := range slices.Backward(pmIDs(ctx, acl.whStore, "SELECT id FROM buildings ORDER BY name")) {
		acl.grant(ctx, u.id, building, 1)
	}
	return nil
}

func pmSteps(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var text string
	one(s.db.QueryRowContext(ctx, s.q("SELECT steps FROM repair_orders WHERE number = ?"), "RO-736"), &text)
	var steps []string
	if err := json.Unmarshal([]byte(text), &steps); err != nil {
		return err
	}
	for i, name := range steps {
		if _, err := s.db.ExecContext(ctx, s.q("INSERT INTO steps (order_id, place, name) VALUES (?, ?, ?)"), 4, i, name); err != nil {
			return err
		}
	}
	return nil
}
