package corpus

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
)

// tiDuplicateCases read the same again although nothing could have changed it.
func tiDuplicateCases() []Case {
	return []Case{
		{Name: "ticketing/locked-and-read-again", About: "a row that the transaction has locked is read again by another helper, before anything is written: it cannot have changed", Systems: whServers, Setup: tiOf("categories audit"), Run: tiLockedAndReadAgain, Want: whDup("categories")},
		{Name: "ticketing/snapshot-read-twice", About: "a read-only transaction at REPEATABLE READ asks twice for the same sum", Systems: whServers, Setup: tiOf("payouts promoters"), Run: tiSnapshotTwice, Want: whDup("payouts")},
		{Name: "ticketing/id-as-text-and-number", About: "the router's id is a text, the service's is a number: one row", Setup: tiOf("events"), Run: tiIDAsText, Want: whDup("events")},
		{Name: "ticketing/literal-and-parameter", About: "one query has its state in the text, the other as a parameter", Setup: tiOf("events"), Run: tiLiteralAndParameter, Want: whDup("events")},
		{Name: "ticketing/with-an-alias", About: "one query calls the table e, the other does not", Setup: tiOf("events"), Run: tiWithAlias, Want: whDup("events")},
		{Name: "ticketing/template-in-the-loop", About: "the same template is read for each mail: before the loop is enough", Setup: tiOf("waiting templates"), Run: tiTemplateInLoop, Want: whDup("templates")},
		{Name: "ticketing/setting-in-each-goroutine", About: "each of six goroutines reads the same setting", Setup: tiOf("settings performers"), Run: tiSettingInGoroutines, Want: whDup("settings")},
		{Name: "ticketing/nothing-is-not-cached", About: "the cache keeps only what was found: the customer that does not exist is looked for three times", Setup: tiOf("customers"), Run: tiNothingNotCached, Want: whDup("customers")},
		{Name: "ticketing/another-row-was-written", About: "an event is read, another one is written by its key, and the first is read again", Setup: tiOf("events"), Run: tiAnotherRowWritten, Want: whDup("events")},
		{Name: "ticketing/gorm-first-and-take", About: "First and Take of one key: the same row", Setup: tiOf("categories"), Run: tiFirstAndTake, Want: whDup("categories")},
		{Name: "ticketing/bun-exists-and-scan", About: "Exists, and then the row: an empty answer would have said it", Setup: tiOf("promoters"), Run: tiBunExistsAndScan, Want: whDup("promoters")},
		{Name: "ticketing/sqlx-named-and-plain", About: "a named query and one with a placeholder are the same", Setup: tiOf("gates"), Run: tiNamedAndPlain, Want: whDup("gates")},
		{Name: "ticketing/owner-then-price", About: "the guard reads whose order it is, the page reads its total: one row", Setup: tiOf("orders"), Run: tiOwnerThenPrice, Want: whDup("orders")},
		{Name: "ticketing/prepared-and-direct", About: "one repository has it prepared, the other sends it as it is", Setup: tiOf("vouchers"), Run: tiPreparedAndDirect, Want: whDup("vouchers")},
		{Name: "ticketing/once-for-each-request-part", About: "three parts of a page make a service of their own each, with a cache of its own", Setup: tiOf("gates scanners"), Run: tiOncePerPart, Want: whDup("scanners")},
	}
}

func tiLockedAndReadAgain(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		lock := func(id int64) int64 {
			return tiNumber(ctx, s, "SELECT left_n FROM categories WHERE id = ? FOR UPDATE", id)
		}
		enough := func(id, n int64) bool {
			return tiNumber(ctx, s, "SELECT left_n FROM categories WHERE id = ?", id) >= n
		}
		if lock(19) == 0 || !enough(19, 3) {
			return errors.New("sold out")
		}
		tiExec(ctx, s, "UPDATE categories SET left_n = left_n - 3 WHERE id = ?", 19)
		return nil
	})
}

func tiSnapshotTwice(ctx context.Context, e *Env) error {
	opts := &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
	return whOpen(e).atomically(ctx, opts, func(s whStore) error {
		due := func() int64 {
			return tiNumber(ctx, s, "SELECT COALESCE(SUM(amount), 0) FROM payouts WHERE promoter_id = ?", 4)
		}
		head := due()
		balance := tiNumber(ctx, s, "SELECT balance FROM promoters WHERE id = ?", 4)
		if foot := due(); foot > head+balance {
			return errors.New("more is due than there is")
		}
		return nil
	})
}

func tiIDAsText(ctx context.Context, e *Env) error {
	s := whOpen(e)
	const byID = "SELECT title FROM events WHERE id = ?"
	var seen, shown string
	one(s.db.QueryRowContext(ctx, s.q(byID), "12"), &seen)
	one(s.db.QueryRowContext(ctx, s.q(byID), int64(12)), &shown)
	if seen != shown {
		return errors.New("two events")
	}
	return nil
}

func tiLiteralAndParameter(ctx context.Context, e *Env) error {
	s := whOpen(e)
	onSale := func() []int64 {
		return whKeys(s.db.QueryContext(ctx, "SELECT id FROM events WHERE state = 'on sale' ORDER BY starts_at"))
	}
	inState := func(state string) []int64 {
		return whKeys(s.db.QueryContext(ctx, s.q("SELECT id FROM events WHERE state = ? ORDER BY starts_at"), state))
	}
	if len(onSale()) != len(inState("on sale")) {
		return errors.New("two lists")
	}
	return nil
}

func tiWithAlias(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var title, name string
	one(s.db.QueryRowContext(ctx, s.q("SELECT e.title FROM events e WHERE e.slug = ?"), "show-217"), &title)
	one(s.db.QueryRowContext(ctx, s.q("SELECT title FROM events WHERE slug = ?"), "show-217"), &name)
	if title != name {
		return errors.New("two titles")
	}
	return nil
}

func tiTemplateInLoop(ctx context.Context, e *Env) error {
	s := whOpen(e)
	render := func(place int64) string {
		var body string
		one(s.db.QueryRowContext(ctx, s.q("SELECT body FROM templates WHERE name = ? AND locale = ?"), "reminder", "en"), &body)
		return fmt.Sprintf("%s %d", body, place)
	}
	for _, place := range whKeys(s.db.QueryContext(ctx, s.q("SELECT place FROM waiting WHERE state = ? ORDER BY place"), "waiting")) {
		render(place)
	}
	return nil
}

func tiSettingInGoroutines(ctx context.Context, e *Env) error {
	s := whOpen(e)
	c := tiConfig{s}
	var wg sync.WaitGroup
	genres := make([]string, 6)
	for i := range genres {
		wg.Go(func() { genres[i] = c.get(ctx, "setting-3") + fmt.Sprint(i) })
	}
	wg.Wait()
	return nil
}

// tiKnown remembers the customers that were found.
type tiKnown struct {
	whStore
	names map[string]string
}

func (k tiKnown) name(ctx context.Context, email string) string {
	if name, is := k.names[email]; is {
		return name
	}
	var name string
	if one(k.db.QueryRowContext(ctx, k.q("SELECT name FROM customers WHERE email = ?"), email), &name) {
		k.names[email] = name
	}
	return name
}

func tiNothingNotCached(ctx context.Context, e *Env) error {
	k := tiKnown{whOpen(e), map[string]string{}}
	greeting := k.name(ctx, "new@example.net")
	sender := k.name(ctx, "fan4@example.com")
	receipt := k.name(ctx, "new@example.net")
	footer := k.name(ctx, "fan4@example.com")
	label := k.name(ctx, "new@example.net")
	if greeting+receipt+label != "" || sender != footer {
		return errors.New("not new")
	}
	return nil
}

func tiAnotherRowWritten(ctx context.Context, e *Env) error {
	s := whOpen(e)
	title := func(id int64) (t string) {
		one(s.db.QueryRowContext(ctx, s.q("SELECT title FROM events WHERE id = ?"), id), &t)
		return t
	}
	from := title(3)
	tiExec(ctx, s, "UPDATE events SET state = 'moved' WHERE id = ?", 9)
	if mail := "instead of " + title(3); mail == from {
		return errors.New("no text")
	}
	return nil
}

func tiFirstAndTake(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	var shown, priced tiCategory
	if err := g.First(&shown, 22).Error; err != nil {
		return err
	}
	return g.Where("id = ?", 22).Take(&priced).Error
}

func tiBunExistsAndScan(ctx context.Context, e *Env) error {
	is, err := e.Bun().NewSelect().Model((*tiPromoter)(nil)).Where("id = ?", 5).Exists(ctx)
	if err != nil || !is {
		return errors.Join(err, errors.New("no such promoter"))
	}
	var p tiPromoter
	return e.Bun().NewSelect().Model(&p).Where("id = ?", 5).Scan(ctx)
}

func tiNamedAndPlain(ctx context.Context, e *Env) error {
	db := e.SQLX()
	query, args, err := db.BindNamed("SELECT name, scans FROM gates WHERE event_id = :event", map[string]any{"event": 9})
	if err != nil {
		return err
	}
	type gate struct {
		Name  string `db:"name"`
		Scans int64  `db:"scans"`
	}
	var board, total []gate
	if err := db.SelectContext(ctx, &board, query, args...); err != nil {
		return err
	}
	return db.SelectContext(ctx, &total, db.Rebind("SELECT name, scans FROM gates WHERE event_id = ?"), 9)
}

func tiOwnerThenPrice(ctx context.Context, e *Env) error {
	s := whOpen(e)
	mayRead := func(customer, order int64) bool {
		return tiNumber(ctx, s, "SELECT customer_id FROM orders WHERE id = ?", order) == customer
	}
	if !mayRead(10, 7) {
		return errors.New("not yours")
	}
	var total int64
	var state string
	one(s.db.QueryRowContext(ctx, s.q("SELECT total, state FROM orders WHERE id = ?"), 7), &total, &state)
	return nil
}

func tiPreparedAndDirect(ctx context.Context, e *Env) error {
	s := whOpen(e)
	query := s.q("SELECT percent, left_n FROM vouchers WHERE code = ?")
	stmt, err := e.DB.PrepareContext(ctx, query)
	if err != nil {
		return err
	}
	defer stmt.Close() //nolint:errcheck // the case is over
	var percent, left int64
	one(stmt.QueryRowContext(ctx, "FEST-5"), &percent, &left)
	one(s.db.QueryRowContext(ctx, query, "FEST-5"), &percent, &left)
	return nil
}

// tiGateService knows the devices at the gates.
type tiGateService struct {
	whStore
	devices map[int64][]int64
}

func tiNewGateService(s whStore) *tiGateService { return &tiGateService{s, map[int64][]int64{}} }

func (g *tiGateService) at(ctx context.Context, gate int64) []int64 {
	if _, is := g.devices[gate]; !is {
		g.devices[gate] = whKeys(g.db.QueryContext(ctx, g.q("SELECT id FROM scanners WHERE gate_id = ? AND state = 'on' ORDER BY device"), gate))
	}
	return g.devices[gate]
}

func tiOncePerPart(ctx context.Context, e *Env) error {
	s := whOpen(e)
	head := tiNewGateService(s).at(ctx, 6)
	list := tiNewGateService(s).at(ctx, 6)
	foot := tiNewGateService(s).at(ctx, 6)
	if len(head)+len(list)+len(foot) == 0 {
		return errors.New("nobody is at the gate")
	}
	return nil
}
