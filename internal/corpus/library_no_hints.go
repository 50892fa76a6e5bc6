package corpus

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// lbNoHintCases read and write in a way that loses nothing, or what they write has nothing to do with what they read.
func lbNoHintCases() []Case {
	return []Case{
		{Name: "library/counter-in-the-statement", About: "the number is read for the page, and raised in the statement", Setup: lbOf("titles"), Run: lbCounterInStatement},
		{Name: "library/version-in-the-condition", About: "optimistic: the version that was read is in the condition", Setup: lbOf("budgets"), Run: lbVersionInCondition},
		{Name: "library/old-value-in-the-condition", About: "compare and swap: the number that was read is in the condition", Setup: lbOf("events"), Run: lbOldValueInCondition},
		{Name: "library/locked-for-update", Systems: whServers, About: "FOR UPDATE holds the row until the write", Setup: lbOf("readers"), Run: lbLockedForUpdate},
		{Name: "library/serializable", Systems: []string{"postgres"}, About: "SERIALIZABLE: PostgreSQL ends one of the two", Setup: lbOf("budgets"), Run: lbSerializable},
		{Name: "library/edit-form-of-a-reader", About: "the form shows the reader, and what was typed is written", Setup: lbOf("readers audit"), Run: lbEditForm},
		{Name: "library/price-from-the-delivery", About: "the price of a delivery's line is written to a copy: two rows of two tables", Setup: lbOf("purchase_lines copies"), Run: lbPriceFromDelivery},
		{Name: "library/from-waiting-to-ready", About: "the state is read, and changed only from that state", Setup: lbOf("reservations"), Run: lbWaitingToReady},
		{Name: "library/email-of-another", About: "is there another reader with this address? id <> ? is no key", Setup: lbOf("readers"), Run: lbEmailOfAnother},
		{Name: "library/upsert-of-a-statistic", About: "the sum is read elsewhere, the row is upserted", Setup: lbOf("loans loan_stats"), Run: lbUpsertStatistic},
		{Name: "library/insert-and-ignore", About: "the INSERT leaves a row alone that is there, and comes first; the row is read afterwards", Setup: lbOf("title_tags"), Run: lbInsertIgnore},
		{Name: "library/look-then-upsert", About: "a look first, and an INSERT that cannot fail: the repaired form", Setup: lbOf("list_shares"), Run: lbLookThenUpsert},
		{Name: "library/no-fines-then-a-loan", About: "the reader owes nothing, so a loan is written: the empty list has nothing to do with its key", Setup: lbOf("fines loans"), Run: lbNoFinesThenLoan},
		{Name: "library/seeded-when-empty", About: "the table of notices is empty at the first start, and is seeded", Setup: lbOf("notices"), Run: lbSeededWhenEmpty},
		{Name: "library/there-is-a-title", About: "the title must be there, a copy of it is inserted", Setup: lbOf("titles copies"), Run: lbThereIsATitle},
		{Name: "library/rest-in-the-condition", About: "the seats left are shown, and taken by an UPDATE that checks them itself", Setup: lbOf("events event_bookings"), Run: lbRestInCondition},
	}
}

func lbCounterInStatement(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var name string
	var n int64
	one(s.db.QueryRowContext(ctx, s.q("SELECT name, loans_n FROM titles WHERE id = ?"), 9), &name, &n)
	if name == "" {
		return errors.New("no title")
	}
	tiExec(ctx, s, "UPDATE titles SET loans_n = loans_n + 1 WHERE id = ?", 9)
	return nil
}

func lbVersionInCondition(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var spent, version int64
	one(s.db.QueryRowContext(ctx, s.q("SELECT spent, version FROM budgets WHERE code = ?"), "fund-1"), &spent, &version)
	result, err := s.db.ExecContext(ctx, s.q("UPDATE budgets SET spent = ?, version = ? WHERE code = ? AND version = ?"), spent+4400, version+1, "fund-1", version)
	if tiHit(result, err) == 0 {
		return errors.New("somebody else has bought something")
	}
	return nil
}

func lbOldValueInCondition(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var booked int64
	one(s.db.QueryRowContext(ctx, s.q("SELECT booked FROM events WHERE id = ?"), 10), &booked)
	result, err := s.db.ExecContext(ctx, s.q("UPDATE events SET booked = ? WHERE id = ? AND booked = ?"), booked+1, 10, booked)
	if tiHit(result, err) == 0 {
		return errors.New("somebody was faster")
	}
	return nil
}

func lbLockedForUpdate(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		var balance int64
		one(s.db.QueryRowContext(ctx, s.q("SELECT balance FROM readers WHERE id = ? FOR UPDATE"), 12), &balance)
		if balance < 200 {
			return errors.New("too little")
		}
		tiExec(ctx, s, "UPDATE readers SET balance = ? WHERE id = ?", balance-200, 12)
		return nil
	})
}

func lbSerializable(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, &sql.TxOptions{Isolation: sql.LevelSerializable}, func(s whStore) error {
		var spent int64
		one(s.db.QueryRowContext(ctx, s.q("SELECT spent FROM budgets WHERE code = ?"), "fund-2"), &spent)
		tiExec(ctx, s, "UPDATE budgets SET spent = ? WHERE code = ?", spent+999, "fund-2")
		return nil
	})
}

func lbEditForm(ctx context.Context, e *Env) error {
	s := whOpen(e)
	typed := struct{ name, email string }{"R. Eader", "new@example.com"}
	r := (lbReaders{s}).ByID(ctx, 15)
	if r.card == "" {
		return errors.New("no such reader")
	}
	tiExec(ctx, s, "UPDATE readers SET name = ?, email = ? WHERE id = ?", typed.name, typed.email, r.id)
	tiExec(ctx, s, "INSERT INTO audit (actor, action, target) VALUES ('desk', ?, ?)", "renamed from "+r.name, r.card)
	return nil
}

func lbPriceFromDelivery(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var price int64
	one(s.db.QueryRowContext(ctx, s.q("SELECT price FROM purchase_lines WHERE id = ?"), 17), &price)
	tiExec(ctx, s, "UPDATE copies SET price = ? WHERE barcode = ?", price, "B015487")
	return nil
}

func lbWaitingToReady(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var state string
	var reader int64
	one(s.db.QueryRowContext(ctx, s.q("SELECT state, reader_id FROM reservations WHERE id = ?"), 6), &state, &reader)
	if state != "waiting" {
		return fmt.Errorf("reader %d does not wait", reader)
	}
	result, err := s.db.ExecContext(ctx, s.q("UPDATE reservations SET state = ? WHERE id = ? AND state = ?"), "ready", 6, "waiting")
	if tiHit(result, err) != 1 {
		return errors.New("somebody was faster")
	}
	return nil
}

func lbEmailOfAnother(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var other int64
	if one(s.db.QueryRowContext(ctx, s.q("SELECT id FROM readers WHERE email = ? AND id <> ?"), "fresh@example.com", 4), &other) {
		return errors.New("it is another's")
	}
	tiExec(ctx, s, "UPDATE readers SET email = ? WHERE id = ?", "fresh@example.com", 4)
	return nil
}

func lbUpsertStatistic(ctx context.Context, e *Env) error {
	s := whOpen(e)
	n := tiNumber(ctx, s, "SELECT count(*) FROM loans WHERE lent_at > ?", 50600)
	tiExec(ctx, s, "INSERT INTO loan_stats (branch_id, day, n) VALUES (?, ?, ?)"+whUpsert(e, "branch_id, day", "n"), 2, 2001, n)
	return nil
}

func lbInsertIgnore(ctx context.Context, e *Env) error {
	s := whOpen(e)
	tiExec(ctx, s, tiIgnore(e, "INTO title_tags (title_id, tag) VALUES (?, ?)"), 7, "maps")
	var n int64
	one(s.db.QueryRowContext(ctx, s.q("SELECT count(*) FROM title_tags WHERE title_id = ?"), 7), &n)
	if n == 0 {
		return errors.New("no tags")
	}
	return nil
}

func lbLookThenUpsert(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var edit int64
	if one(s.db.QueryRowContext(ctx, s.q("SELECT may_edit FROM list_shares WHERE list_id = ? AND reader_id = ?"), 6, 13), &edit) && edit == 1 {
		return nil
	}
	tiExec(ctx, s, "INSERT INTO list_shares (list_id, reader_id, may_edit) VALUES (?, ?, ?)"+whUpsert(e, "list_id, reader_id", "may_edit"), 6, 13, 1)
	return nil
}

func lbNoFinesThenLoan(ctx context.Context, e *Env) error {
	s := whOpen(e)
	if owed := whKeys(s.db.QueryContext(ctx, s.q("SELECT id FROM fines WHERE reader_id = ? AND state = 'due'"), 9)); len(owed) > 0 {
		return errors.New("pay first")
	}
	tiExec(ctx, s, "INSERT INTO loans (copy_id, reader_id, lent_at, due_at, renewals, state) VALUES (?, ?, 64000, 66000, 0, 'open')", 31, 9)
	return nil
}

func lbSeededWhenEmpty(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var n int64
	one(s.db.QueryRowContext(ctx, "SELECT count(*) FROM notices"), &n)
	if n > 0 {
		return nil
	}
	var args []any
	for _, kind := range []string{"late", "ready", "lost", "welcome"} {
		args = append(args, kind, "text of "+kind)
	}
	tiExec(ctx, s, "INSERT INTO notices (reader_id, kind, body, state) VALUES "+strings.TrimSuffix(strings.Repeat("(0, ?, ?, 'text'), ", len(args)/2), ", "), args...)
	return nil
}

func lbThereIsATitle(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var id int64
	if !one(s.db.QueryRowContext(ctx, s.q("SELECT id FROM titles WHERE isbn = ?"), "978-001481"), &id) {
		return errors.New("catalogue it first")
	}
	tiExec(ctx, s, "INSERT INTO copies (barcode, title_id, branch_id, shelf, state, price, seen_at, version) VALUES ('X1', ?, 3, 'S-2', 'in', 2100, 0, 1)", id)
	return nil
}

func lbRestInCondition(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var seats, booked int64
	one(s.db.QueryRowContext(ctx, s.q("SELECT seats, booked FROM events WHERE id = ?"), 5), &seats, &booked)
	text := fmt.Sprintf("%d of %d left", seats-booked, seats)
	return s.atomically(ctx, nil, func(s whStore) error {
		result, err := s.db.ExecContext(ctx, s.q("UPDATE events SET booked = booked + ? WHERE id = ? AND booked + ? <= seats"), 2, 5, 2)
		if tiHit(result, err) == 0 {
			return errors.New("full: " + text)
		}
		tiExec(ctx, s, "INSERT INTO event_bookings (event_id, reader_id, seats, state) VALUES (?, ?, ?, 'booked')", 5, 7, 2)
		return nil
	})
}
