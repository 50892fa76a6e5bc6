package corpus

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
)

// lbLostCases read a value, compute with it, and write what came out: another's write between is lost.
func lbLostCases() []Case {
	return []Case{
		{Name: "library/count-of-loans", About: "the counter is read, and written one higher", Setup: lbOf("titles loans"), Run: lbCountOfLoans, Want: whLost("titles")},
		{Name: "library/payment-at-the-desk", About: "the balance is read by one method, and the new one written by another", Setup: lbOf("readers"), Run: lbPaymentAtDesk, Want: whLost("readers")},
		{Name: "library/next-number", About: "two desks get the same number of a purchase", Setup: lbOf("doc_numbers purchases"), Run: lbNextNumber, Want: whLost("doc_numbers")},
		{Name: "library/budget-in-a-transaction", About: "a transaction at the default level keeps nobody from writing between the read and the write", Systems: whServers, Setup: lbOf("budgets purchases"), Run: lbBudgetInTransaction, Want: whLost("budgets")},
		{Name: "library/seats-of-an-event", About: "the seats are checked in Go, and the number booked is written as it was computed", Setup: lbOf("events event_bookings"), Run: lbSeatsOfEvent, Want: whLost("events")},
		{Name: "library/one-preference", About: "the JSON of all preferences is read, one is changed, all are written", Setup: lbOf("readers"), Run: lbOnePreference, Want: whLost("readers")},
		{Name: "library/title-put-on-a-list", About: "an id is appended to the JSON list in Go", Setup: lbOf("reading_lists"), Run: lbTitleOnList, Want: whLost("reading_lists")},
		{Name: "library/stars-of-a-title", About: "sum and number of the ratings are read and written", Setup: lbOf("titles"), Run: lbStars, Want: whLost("titles")},
		{Name: "library/renewed-once-more", About: "the renewals are checked against the limit, and written one higher", Setup: lbOf("loans reader_kinds"), Run: lbRenewed, Want: whLost("loans")},
		{Name: "library/gorm-balance", About: "GORM: First, and Update with what was computed", Setup: lbOf("readers"), Run: lbGormBalance, Want: whLost("readers")},
		{Name: "library/bun-booked", About: "bun: the model is read, a field grows, the column is written", Setup: lbOf("events"), Run: lbBunBooked, Want: whLost("events")},
		{Name: "library/sqlx-balance-of-a-partner", About: "sqlx: the struct is read, its balance grows, NamedExec writes it by a text key", Setup: lbOf("partners ill_requests"), Run: lbSqlxPartner, Want: whLost("partners")},
	}
}

func lbCountOfLoans(ctx context.Context, e *Env) error {
	s := whOpen(e)
	tiExec(ctx, s, "INSERT INTO loans (copy_id, reader_id, lent_at, due_at, renewals, state) VALUES (?, ?, ?, ?, 0, 'open')", 22, 9, 63000, 65000)
	var n int64
	one(s.db.QueryRowContext(ctx, s.q("SELECT loans_n FROM titles WHERE id = ?"), 7), &n)
	tiExec(ctx, s, "UPDATE titles SET loans_n = ? WHERE id = ?", n+1, 7)
	return nil
}

func (a lbAccount) balance(ctx context.Context, reader int64) (n int64) {
	one(a.db.QueryRowContext(ctx, a.q("SELECT balance FROM readers WHERE id = ?"), reader), &n)
	return n
}

func (a lbAccount) setBalance(ctx context.Context, reader, balance int64) {
	_, err := a.db.ExecContext(ctx, a.q("UPDATE readers SET balance = ? WHERE id = ?"), balance, reader)
	try(err)
}

func lbPaymentAtDesk(ctx context.Context, e *Env) error {
	a := lbAccount{whOpen(e)}
	const paid = 275
	a.setBalance(ctx, 11, a.balance(ctx, 11)+paid)
	return nil
}

func lbNextNumber(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var n int64
	one(s.db.QueryRowContext(ctx, s.q("SELECT next_n FROM doc_numbers WHERE series = ?"), "series-2"), &n)
	tiExec(ctx, s, "UPDATE doc_numbers SET next_n = ? WHERE series = ?", n+1, "series-2")
	tiExec(ctx, s, "INSERT INTO purchases (number, vendor_id, budget, state, total) VALUES (?, 3, 'fund-1', 'open', 0)", fmt.Sprintf("PO-%d", n))
	return nil
}

func lbBudgetInTransaction(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		var amount, spent, total int64
		one(s.db.QueryRowContext(ctx, s.q("SELECT total FROM purchases WHERE number = ?"), "PO-328"), &total)
		one(s.db.QueryRowContext(ctx, s.q("SELECT amount, spent FROM budgets WHERE code = ?"), "fund-3"), &amount, &spent)
		if spent+total > amount {
			return errors.New("nothing is left")
		}
		tiExec(ctx, s, "UPDATE budgets SET spent = ? WHERE code = ?", spent+total, "fund-3")
		return nil
	})
}

func lbSeatsOfEvent(ctx context.Context, e *Env) error {
	s := whOpen(e)
	const wanted = 3
	var seats, booked int64
	one(s.db.QueryRowContext(ctx, s.q("SELECT seats, booked FROM events WHERE id = ?"), 12), &seats, &booked)
	if booked+wanted > seats {
		return errors.New("full")
	}
	tiExec(ctx, s, "INSERT INTO event_bookings (event_id, reader_id, seats, state) VALUES (?, ?, ?, 'booked')", 12, 2, wanted)
	tiExec(ctx, s, "UPDATE events SET booked = ? WHERE id = ?", booked+wanted, 12)
	return nil
}

func lbOnePreference(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var text string
	one(s.db.QueryRowContext(ctx, s.q("SELECT prefs FROM readers WHERE card = ?"), "LC-01233"), &text)
	prefs := map[string]int{}
	if err := json.Unmarshal([]byte(text), &prefs); err != nil {
		return err
	}
	prefs["large_print"] = 1
	changed, err := json.Marshal(prefs)
	if err != nil {
		return err
	}
	tiExec(ctx, s, "UPDATE readers SET prefs = ? WHERE card = ?", string(changed), "LC-01233")
	return nil
}

func lbTitleOnList(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var text string
	one(s.db.QueryRowContext(ctx, s.q("SELECT title_ids FROM reading_lists WHERE id = ?"), 8), &text)
	var ids []int64
	if err := json.Unmarshal([]byte(text), &ids); err != nil {
		return err
	}
	changed, err := json.Marshal(append(ids, 20))
	if err != nil {
		return err
	}
	tiExec(ctx, s, "UPDATE reading_lists SET title_ids = ? WHERE id = ?", string(changed), 8)
	return nil
}

func lbStars(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var sum, n int64
	one(s.db.QueryRowContext(ctx, s.q("SELECT rating_sum, rating_n FROM titles WHERE isbn = ?"), "978-001333"), &sum, &n)
	tiExec(ctx, s, "UPDATE titles SET rating_sum = ?, rating_n = ? WHERE isbn = ?", sum+4, n+1, "978-001333")
	return nil
}

func lbRenewed(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var renewals, due int64
	one(s.db.QueryRowContext(ctx, s.q("SELECT renewals, due_at FROM loans WHERE id = ?"), 27), &renewals, &due)
	var days int64
	one(s.db.QueryRowContext(ctx, s.q("SELECT days FROM reader_kinds WHERE code = ?"), "kind-2"), &days)
	if renewals >= 3 {
		return errors.New("three times is enough")
	}
	tiExec(ctx, s, "UPDATE loans SET renewals = ?, due_at = ? WHERE id = ?", renewals+1, due+days*24, 27)
	return nil
}

func lbGormBalance(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	var r lbPatron
	if err := g.First(&r, 14).Error; err != nil {
		return err
	}
	return g.Model(&r).Update("balance", r.Balance-120).Error
}

func lbBunBooked(ctx context.Context, e *Env) error {
	var v lbEvent
	if err := e.Bun().NewSelect().Model(&v).Where("id = ?", 11).Scan(ctx); err != nil {
		return err
	}
	v.Booked += 2
	_, err := e.Bun().NewUpdate().Model(&v).Column("booked").WherePK().Exec(ctx)
	return err
}

func lbSqlxPartner(ctx context.Context, e *Env) error {
	db := e.SQLX()
	var cost int64
	if err := db.GetContext(ctx, &cost, db.Rebind("SELECT cost FROM ill_requests WHERE ref = ?"), "ILL-752"); err != nil {
		return err
	}
	var p struct {
		Code    string `db:"code"`
		Balance int64  `db:"balance"`
	}
	if err := db.GetContext(ctx, &p, db.Rebind("SELECT code, balance FROM partners WHERE code = ?"), "P-e"); err != nil {
		return err
	}
	p.Balance += cost
	_, err := db.NamedExecContext(ctx, "UPDATE partners SET balance = :balance WHERE code = :code", p)
	return err
}

// lbInsertCases look for a row, find none, and insert it: two at a time insert two, or one fails.
func lbInsertCases() []Case {
	return []Case{
		{Name: "library/author-by-name", About: "the author is looked for by name and made: no key keeps two from it", Setup: lbOf("authors"), Run: lbAuthorByName, Want: whRace("authors")},
		{Name: "library/exists-then-reserve", About: "EXISTS says that the reader does not wait yet", Setup: lbOf("reservations"), Run: lbExistsThenReserve, Want: whRace("reservations")},
		{Name: "library/count-then-share", About: "count(*) says that the list is not shared yet", Setup: lbOf("list_shares"), Run: lbCountThenShare, Want: whRace("list_shares")},
		{Name: "library/book-in-a-transaction", About: "a transaction at the default level does not keep the row from coming", Systems: whServers, Setup: lbOf("event_bookings audit"), Run: lbBookInTransaction, Want: whRace("event_bookings")},
		{Name: "library/update-or-insert-the-day", About: "an UPDATE that hits nothing, and then the INSERT: an upsert", Setup: lbOf("loan_stats"), Run: lbUpdateOrInsert, Want: whRace("loan_stats")},
		{Name: "library/vendor-is-ensured", About: "find and create of a repository, one after the other", Setup: lbOf("vendors purchases"), Run: lbVendorEnsured, Want: whRace("vendors")},
		{Name: "library/gorm-first-or-create", About: "GORM: FirstOrCreate is a SELECT and an INSERT", Setup: lbOf("authors"), Run: lbGormFirstOrCreate, Want: whRace("authors")},
		{Name: "library/bun-no-rows-insert", About: "bun: no rows, and then the insert", Setup: lbOf("notices"), Run: lbBunNoRows, Want: whRace("notices")},
		{Name: "library/sqlx-reader-by-card", About: "sqlx: the reader of a card from another system is read, or made", Setup: lbOf("readers"), Run: lbSqlxReaderByCard, Want: whRace("readers")},
	}
}

func lbAuthorByName(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var id int64
	if !one(s.db.QueryRowContext(ctx, s.q("SELECT id FROM authors WHERE name = ?"), "T. Newcomer"), &id) {
		tiExec(ctx, s, "INSERT INTO authors (name, country) VALUES (?, '')", "T. Newcomer")
	}
	return nil
}

func lbExistsThenReserve(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var is bool
	one(s.db.QueryRowContext(ctx, s.q("SELECT EXISTS(SELECT 1 FROM reservations WHERE title_id = ? AND reader_id = ?)"), 19, 3), &is)
	if is {
		return errors.New("you wait for it")
	}
	tiExec(ctx, s, "INSERT INTO reservations (title_id, reader_id, branch_id, place, state, made_at) VALUES (?, ?, 2, 180, 'waiting', ?)", 19, 3, 63000)
	return nil
}

func lbCountThenShare(ctx context.Context, e *Env) error {
	s := whOpen(e)
	if n := tiNumber(ctx, s, "SELECT count(*) FROM list_shares WHERE list_id = ? AND reader_id = ?", 5, 12); n == 0 {
		tiExec(ctx, s, "INSERT INTO list_shares (list_id, reader_id, may_edit) VALUES (?, ?, 0)", 5, 12)
	}
	return nil
}

func lbBookInTransaction(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		var seats int64
		if one(s.db.QueryRowContext(ctx, s.q("SELECT seats FROM event_bookings WHERE event_id = ? AND reader_id = ?"), 9, 5), &seats) {
			return nil
		}
		tiExec(ctx, s, "INSERT INTO event_bookings (event_id, reader_id, seats, state) VALUES (?, ?, ?, 'booked')", 9, 5, 2)
		tiExec(ctx, s, "INSERT INTO audit (actor, action, target) VALUES ('web', 'book', 'event 9')")
		return nil
	})
}

func lbUpdateOrInsert(ctx context.Context, e *Env) error {
	s := whOpen(e)
	result, err := s.db.ExecContext(ctx, s.q("UPDATE loan_stats SET n = n + 1 WHERE branch_id = ? AND day = ?"), 4, 2007)
	if tiHit(result, err) == 0 {
		tiExec(ctx, s, "INSERT INTO loan_stats (branch_id, day, n) VALUES (?, ?, 1)", 4, 2007)
	}
	return nil
}

type lbVendors struct{ whStore }

func (v lbVendors) find(ctx context.Context, name string) (id int64, found bool) {
	found = one(v.db.QueryRowContext(ctx, v.q("SELECT id FROM vendors WHERE name = ? LIMIT 1"), name), &id)
	return id, found
}

func (v lbVendors) create(ctx context.Context, name string, discount int64) {
	_, err := v.db.ExecContext(ctx, v.q("INSERT INTO vendors (name, discount, balance) VALUES (?, ?, 0)"), name, discount)
	try(err)
}

func lbVendorEnsured(ctx context.Context, e *Env) error {
	v := lbVendors{whOpen(e)}
	if _, found := v.find(ctx, "Paper & Sons"); !found {
		v.create(ctx, "Paper & Sons", 6)
	}
	drain(v.db.QueryContext(ctx, "SELECT number FROM purchases WHERE state = 'open'"))
	return nil
}

func lbGormFirstOrCreate(ctx context.Context, e *Env) error {
	a := lbAuthor{}
	return e.GORM().WithContext(ctx).Where(lbAuthor{Name: "A. Nonymous"}).Attrs(lbAuthor{Country: "unknown"}).FirstOrCreate(&a).Error
}

func lbBunNoRows(ctx context.Context, e *Env) error {
	n := lbNotice{ReaderID: 13, Kind: "welcome", State: "new"}
	err := e.Bun().NewSelect().Model(&n).Where("reader_id = ?", 13).Where("kind = ?", "welcome").Scan(ctx)
	if !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	_, err = e.Bun().NewInsert().Model(&lbNotice{ReaderID: 13, Kind: "welcome", Body: "hello", State: "new"}).Exec(ctx)
	return err
}

func lbSqlxReaderByCard(ctx context.Context, e *Env) error {
	db := e.SQLX()
	var id int64
	err := db.GetContext(ctx, &id, db.Rebind("SELECT id FROM readers WHERE card = ?"), "EXT-4410")
	if !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	_, err = db.ExecContext(ctx, db.Rebind("INSERT INTO readers (card, name, email, branch_id, kind, balance, loans_n, guardian_id, prefs, version) VALUES (?, ?, '', 1, 'kind-0', 0, 0, 0, '{}', 1)"), "EXT-4410", "guest")
	return err
}
