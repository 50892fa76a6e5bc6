package corpus

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
)

// lbWriteCases write a row at a time.
func lbWriteCases() []Case {
	return []Case{
		{Name: "library/mark-the-late", About: "the night job marks each late loan: one UPDATE with the ids, or with the condition", Setup: lbOf("loans"), Run: lbMarkLate, Want: lbAt("lbMarkLate", whWrites("loans", "loans"))},
		{Name: "library/notice-for-each-late-loan", About: "a notice for each late loan: several VALUES", Setup: lbOf("loans notices"), Run: lbNoticeForEach, Want: lbAt("Add", whWrites("notices", "loans"))},
		{Name: "library/fine-and-audit-for-each", About: "a fine and an audit entry for each late loan, from two repositories: one loop", Setup: lbOf("loans fines audit"), Run: lbFineAndAudit, Want: whWrites("fines", "loans")},
		{Name: "library/titles-of-an-import", About: "the lines of an uploaded file are inserted one by one", Setup: lbOf("titles"), Run: lbTitlesOfImport, Want: lbAt("lbTitlesOfImport", whWrites("titles", none))},
		{Name: "library/prepared-inserts", About: "a prepared INSERT in a transaction, ten times", Setup: lbOf("copies"), Run: lbPreparedInserts, Want: lbAt("lbPreparedInserts", whWrites("copies", none))},
		{Name: "library/new-places-in-the-queue", About: "the queue is read, and each place is written anew: one UPDATE", Setup: lbOf("reservations"), Run: lbNewPlaces, Want: lbAt("lbNewPlaces", whWrites("reservations", "reservations"))},
		{Name: "library/delete-each-session", About: "expired sessions are read, and deleted one by one by their UUID", Setup: lbOf("sessions"), Run: lbDeleteEachSession, Want: lbAt("lbDeleteEachSession", whWrites("sessions", "sessions"))},
		{Name: "library/delete-what-was-ticked", About: "the ids come with the form, each list is deleted by itself", Setup: lbOf("reading_lists"), Run: lbDeleteTicked, Want: lbAt("lbDeleteTicked", whWrites("reading_lists", none))},
		{Name: "library/statistics-of-each-branch", About: "sums of all branches are read at once, and upserted one by one: several VALUES take ON CONFLICT, too", Setup: lbOf("copies loans loan_stats"), Run: lbStatistics, Want: lbAt("lbStatistics", whWrites("loan_stats", "copies"))},
		{Name: "library/insert-select-for-each-branch", Values: true, About: "INSERT with SELECT for each branch, where GROUP BY would do all", Setup: lbOf("branches readers loan_stats"), Run: lbInsertSelect, Want: lbAt("lbInsertSelect", whWrites("loan_stats", "branches"))},
		{Name: "library/returning-each-id", Systems: []string{"sqlite", "postgres"}, About: "RETURNING gives the id of each row, several VALUES give those of all", Setup: lbOf("purchase_lines"), Run: lbReturningEachID, Want: lbAt("lbReturningEachID", whWrites("purchase_lines", none))},
		{Name: "library/transaction-for-each-return", About: "each returned book is a transaction of two UPDATEs, and nothing lies between: one transaction, two statements", Setup: lbOf("loans copies"), Run: lbTransactionForEach, Want: whWrites("copies", none)},
		{Name: "library/withdraw-each-copy", About: "a branch is closed, and each of its copies withdrawn by its own UPDATE", Setup: lbOf("branches copies"), Run: lbWithdraw, Want: lbAt("Withdraw", whWrites("copies", "copies"))},
		{Name: "library/goroutine-for-each-letter", About: "a goroutine writes a notice for each reader of a branch", Setup: lbOf("readers notices"), Run: lbGoroutineLetters, Want: whWrites("notices", "readers")},
		{Name: "library/fines-added-to-one-reader", Values: true, About: "the balance of one reader is lowered once for each fine: the sum once", Setup: lbOf("fines readers"), Run: lbFinesAdded, Want: lbAt("charge", whWrites("readers", "fines"))},
		{Name: "library/same-statement-each-time", About: "a stack of eight books of one title: the same UPDATE with the same arguments", Setup: lbOf("titles"), Run: lbSameEachTime, Want: lbAt("lbSameEachTime", whWrites("titles", none))},
		{Name: "library/holds-that-ran-out", About: "each hold that ran out is cancelled and told to the outbox", Setup: lbOf("reservations outbox"), Run: lbHoldsRanOut, Want: whWrites("outbox", "reservations")},
		{Name: "library/shelf-count-by-two-keys", About: "the counter of each shelf is written by branch and code", Setup: lbOf("shelves copies"), Run: lbShelfCount, Want: lbAt("lbShelfCount", whWrites("shelves", "copies"))},
		{Name: "library/tags-from-the-form", About: "each tag of the form is inserted by itself", Setup: lbOf("title_tags"), Run: lbTagsFromForm, Want: lbAt("addTag", whWrites("title_tags", none))},
		{Name: "library/delivery-note", About: "each line of a delivery looks its title up and inserts a copy: one loop that reads and writes", Setup: lbOf("titles copies"), Run: lbDeliveryNote, Want: whWrites("copies", none)},
		{Name: "library/update-with-literals", About: "the ids of the loans are written into the text", Setup: lbOf("loans"), Run: lbUpdateLiterals, Want: lbAt("lbUpdateLiterals", whWrites("loans", "loans"))},
		{Name: "library/delete-a-branch-of-subjects", About: "each subject reads those below, deletes them in the same way, and then itself", Setup: lbOf("subjects"), Run: lbDeleteSubjects, Want: whWrites("subjects", "")},
	}
}

func lbMarkLate(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, l := range (lbLoans{s}).Overdue(ctx, 53500) {
		if _, err := s.db.ExecContext(ctx, s.q("UPDATE loans SET state = 'late' WHERE id = ?"), l.id); err != nil {
			return err
		}
	}
	return nil
}

type lbNotices struct{ whStore }

// Add writes a notice.
func (n lbNotices) Add(ctx context.Context, reader int64, kind, body string) {
	_, err := n.db.ExecContext(ctx, n.q("INSERT INTO notices (reader_id, kind, body, state) VALUES (?, ?, ?, ?)"), reader, kind, body, "new")
	try(err)
}

func lbNoticeForEach(ctx context.Context, e *Env) error {
	s := whOpen(e)
	notices := lbNotices{s}
	for _, l := range (lbLoans{s}).Overdue(ctx, 53200) {
		notices.Add(ctx, l.reader, "late", fmt.Sprintf("loan %d was due at %d", l.id, l.due))
	}
	return nil
}

type lbFines struct{ whStore }

func (f lbFines) levy(ctx context.Context, l lbLoan, amount int64) {
	_, err := f.db.ExecContext(ctx, f.q("INSERT INTO fines (reader_id, loan_id, amount, state) VALUES (?, ?, ?, 'due')"), l.reader, l.id, amount)
	try(err)
}

type lbAudit struct{ whStore }

func (a lbAudit) log(ctx context.Context, action, target string) {
	_, err := a.db.ExecContext(ctx, a.q("INSERT INTO audit (actor, action, target) VALUES (?, ?, ?)"), "night", action, target)
	try(err)
}

func lbFineAndAudit(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		fines, audit := lbFines{s}, lbAudit{s}
		for _, l := range (lbLoans{s}).Overdue(ctx, 53600) {
			fines.levy(ctx, l, (53600-l.due)/10)
			audit.log(ctx, "fine", fmt.Sprintf("loan %d", l.id))
		}
		return nil
	})
}

func lbTitlesOfImport(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for i := range 12 {
		if _, err := s.db.ExecContext(ctx, s.q("INSERT INTO titles (isbn, name, author_id, publisher_id, loans_n, version, deleted_at) VALUES (?, ?, ?, ?, 0, 1, 0)"), fmt.Sprintf("979-%05d", i*71), fmt.Sprintf("new title %d", i), i%5+1, i%4+1); err != nil {
			return err
		}
	}
	return nil
}

func lbPreparedInserts(ctx context.Context, e *Env) error {
	tx, err := e.DB.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit it does nothing
	stmt, err := tx.PrepareContext(ctx, e.Q("INSERT INTO copies (barcode, title_id, branch_id, shelf, state, price, seen_at, version) VALUES (?, ?, ?, 'S-0', 'new', ?, 0, 1)"))
	if err != nil {
		return err
	}
	defer stmt.Close() //nolint:errcheck // the case is over
	for i := range 10 {
		if _, err := stmt.ExecContext(ctx, fmt.Sprintf("N%05d", i), 9, 3, 1990+i); err != nil {
			return err
		}
	}
	return tx.Commit()
}

func lbNewPlaces(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for i, id := range whKeys(s.db.QueryContext(ctx, s.q("SELECT id FROM reservations WHERE state = ? ORDER BY made_at"), "waiting")) {
		if _, err := s.db.ExecContext(ctx, s.q("UPDATE reservations SET place = ? WHERE id = ?"), i+1, id); err != nil {
			return err
		}
	}
	return nil
}

func lbDeleteEachSession(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, token := range whScan[string](s.db.QueryContext(ctx, s.q("SELECT token FROM sessions WHERE expires_at < ?"), 102500))(func(v *string) []any { return []any{v} }) {
		if _, err := s.db.ExecContext(ctx, s.q("DELETE FROM sessions WHERE token = ?"), token); err != nil {
			return err
		}
	}
	return nil
}

func lbDeleteTicked(ctx context.Context, e *Env) error {
	s := whOpen(e)
	n := int64(0)
	for _, id := range []int64{8, 2, 5, 9, 1, 6} {
		result, err := s.db.ExecContext(ctx, s.q("DELETE FROM reading_lists WHERE id = ? AND shared = 1"), id)
		n += tiHit(result, err)
	}
	if n == 0 {
		return errors.New("nothing was ticked")
	}
	return nil
}

func lbStatistics(ctx context.Context, e *Env) error {
	s := whOpen(e)
	type sum struct{ branch, n int64 }
	sums := whScan[sum](s.db.QueryContext(ctx, "SELECT c.branch_id, count(*) FROM copies c JOIN loans l ON l.copy_id = c.id GROUP BY c.branch_id"))(func(v *sum) []any { return []any{&v.branch, &v.n} })
	for _, v := range sums {
		if _, err := s.db.ExecContext(ctx, s.q("INSERT INTO loan_stats (branch_id, day, n) VALUES (?, ?, ?)"+whUpsert(e, "branch_id, day", "n")), v.branch, 2001, v.n); err != nil {
			return err
		}
	}
	return nil
}

func lbInsertSelect(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, branch := range whKeys(s.db.QueryContext(ctx, "SELECT id FROM branches ORDER BY id")) {
		if _, err := s.db.ExecContext(ctx, s.q("INSERT INTO loan_stats (branch_id, day, n) SELECT ?, 2002, COALESCE(SUM(loans_n), 0) FROM readers WHERE branch_id = ?"), branch, branch); err != nil {
			return err
		}
	}
	return nil
}

func lbReturningEachID(ctx context.Context, e *Env) error {
	s := whOpen(e)
	ids := map[int64]int{}
	for i := range 9 {
		var id int64
		one(s.db.QueryRowContext(ctx, s.q("INSERT INTO purchase_lines (purchase_id, title_id, isbn, qty, price, received) VALUES (?, ?, ?, ?, ?, 0) RETURNING id"), 6, i*2+1, fmt.Sprintf("979-%d", i), 1, 1800+i), &id)
		ids[id] = i
	}
	_ = ids
	return nil
}

func lbTransactionForEach(ctx context.Context, e *Env) error {
	s := whOpen(e)
	giveBack := func(copy int64) error {
		return s.atomically(ctx, nil, func(s whStore) error {
			tiExec(ctx, s, "UPDATE loans SET state = 'back' WHERE copy_id = ? AND state = 'open'", copy)
			tiExec(ctx, s, "UPDATE copies SET state = 'in' WHERE id = ?", copy)
			return nil
		})
	}
	for _, copy := range []int64{33, 8, 29, 15, 36, 22, 3} {
		if err := giveBack(copy); err != nil {
			return err
		}
	}
	return nil
}

type lbStacks struct{ whStore }

// Withdraw takes a copy off its shelf.
func (k lbStacks) Withdraw(ctx context.Context, copy int64) error {
	_, err := k.db.ExecContext(ctx, k.q("UPDATE copies SET state = 'gone', shelf = '' WHERE id = ?"), copy)
	return err
}

func lbWithdraw(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		tiExec(ctx, s, "UPDATE branches SET open_to = ? WHERE id = ?", 0, 5)
		var errs []error
		for _, id := range whKeys(s.db.QueryContext(ctx, s.q("SELECT id FROM copies WHERE branch_id = ? ORDER BY barcode"), 5)) {
			errs = append(errs, (lbStacks{s}).Withdraw(ctx, id))
		}
		return errors.Join(errs...)
	})
}

func lbGoroutineLetters(ctx context.Context, e *Env) error {
	s := whOpen(e)
	ids := whKeys(s.db.QueryContext(ctx, s.q("SELECT id FROM readers WHERE branch_id = ? ORDER BY name"), 3))
	var g errgroup.Group
	g.SetLimit(2)
	for _, id := range ids {
		g.Go(func() error {
			_, err := s.db.ExecContext(ctx, s.q("INSERT INTO notices (reader_id, kind, body, state) VALUES (?, 'closed', ?, 'new')"), id, "closed on "+time.Friday.String())
			return err
		})
	}
	return g.Wait()
}

type lbAccount struct{ whStore }

func (a lbAccount) charge(ctx context.Context, reader, amount int64) (sql.Result, error) {
	return a.db.ExecContext(ctx, a.q("UPDATE readers SET balance = balance - ? WHERE id = ?"), amount, reader)
}

func lbFinesAdded(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, amount := range whKeys(s.db.QueryContext(ctx, s.q("SELECT amount FROM fines WHERE reader_id = ? AND state = 'due' ORDER BY id"), 5)) {
		if _, err := (lbAccount{s}).charge(ctx, 5, amount); err != nil {
			return err
		}
	}
	return nil
}

func lbSameEachTime(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for range 8 {
		if _, err := s.db.ExecContext(ctx, s.q("UPDATE titles SET loans_n = loans_n + 1 WHERE id = ?"), 13); err != nil {
			return err
		}
	}
	return nil
}
