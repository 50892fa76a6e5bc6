package corpus

import (
	"context"
	"fmt"

	"github.com/querybudget/querybudget/budget"
)

// lnProbeCases ask how wide the faults are that the relatives showed.
func lnProbeCases() []Case {
	wide := "SELECT id, tenant_id, slug, title, author_id, state, price, seats, taken, quiz_ids, version FROM courses WHERE id = ?"
	hints := []Case{
		{Name: "learning2/form-wide", Values: true, About: "the whole row for the form; title and price were typed", Setup: lnOf("courses"), Run: lnWrites(wide, "UPDATE courses SET title = ?, price = ? WHERE id = ?", "Go for teams", 9900, 6)},
		{Name: "learning2/form-wide-text", About: "the whole row for the form; the title was typed", Setup: lnOf("courses"), Run: lnWrites(wide, "UPDATE courses SET title = ? WHERE id = ?", "Go for teams", 6)},
		{Name: "learning2/form-all-columns", Values: true, About: "the whole form is written, most of it as it was", Setup: lnOf("courses"), Run: lnWrites("SELECT title, price, seats FROM courses WHERE id = ?", "UPDATE courses SET title = ?, price = ?, seats = ? WHERE id = ?", "Go for teams", 4906, 30, 6)},
		{Name: "learning2/owner-then-edit", About: "the author is compared with the viewer; another column is written", Setup: lnOf("courses"), Run: lnWrites("SELECT author_id, title FROM courses WHERE id = ?", "UPDATE courses SET slug = ? WHERE id = ?", "go-for-teams", 6)},
		{Name: "learning2/new-secret", About: "the old secret is compared with what was typed, and the new one is written: not computed from it", Setup: append(lnOf("users"), "CREATE TABLE secrets (user_id BIGINT PRIMARY KEY, hash VARCHAR(80))", "INSERT INTO secrets VALUES (6, 'c2FsdA.9f86d081884c7d65')"), Run: lnWrites("SELECT hash FROM secrets WHERE user_id = ?", "UPDATE secrets SET hash = ? WHERE user_id = ?", "b3RoZXI.60303ae22b998861", 6)},
		{Name: "learning2/renew-session", About: "is the session still valid? and a new end by the clock", Setup: append(lnOf("users"), "CREATE TABLE logins (id BIGINT PRIMARY KEY, expires_at BIGINT)", "INSERT INTO logins VALUES (6, 1790000000)"), Run: lnWrites("SELECT expires_at FROM logins WHERE id = ?", "UPDATE logins SET expires_at = ? WHERE id = ?", 1790003541, 6)},
		{Name: "learning2/mail-changed", About: "the old address is read to tell it, the new one was typed", Setup: lnOf("users"), Run: lnWrites("SELECT email FROM users WHERE id = ?", "UPDATE users SET email = ? WHERE id = ?", "new@example.org", 6)},
		{Name: "learning2/state-in-text", About: "the title is read for the log, the state is set by the text of the statement", Setup: lnOf("courses"), Run: lnWrites("SELECT title, state FROM courses WHERE id = ?", "UPDATE courses SET state = 'archived' WHERE id = ?", 6)},
		{Name: "learning2/list-appended", About: "a list in a text column is read, an id is appended in Go and written", Setup: lnOf("courses"), Run: lnWrites("SELECT quiz_ids FROM courses WHERE id = ?", "UPDATE courses SET quiz_ids = ? WHERE id = ?", "[3,8,5,1,7,4,2]", 6), Want: csLost("courses")},
		{Name: "learning2/seat-less", About: "seats less one, from a wide row", Setup: lnOf("courses"), Run: lnWrites(wide, "UPDATE courses SET seats = ? WHERE id = ?", 29, 6), Want: csLost("courses")},
	}
	return append(hints, []Case{
		{Name: "learning2/sprintf-read", About: "the key is in the text by Sprintf", Setup: lnOf("cohorts calendar"), Run: lnSprintf("SELECT title FROM calendar WHERE cohort_id = %d"), Want: []Want{{Kind: budget.NPlusOne, Table: "calendar", Parent: "cohorts"}}},
		{Name: "learning2/sprintf-update", About: "the key is in the text of an UPDATE", Setup: lnOf("cohorts calendar"), Run: lnSprintf("UPDATE calendar SET title = 'moved' WHERE cohort_id = %d"), Want: []Want{{Kind: budget.WriteLoop, Table: "calendar", Parent: "cohorts"}}},
		{Name: "learning2/sprintf-insert", About: "the value is in the text of an INSERT", Setup: lnOf("cohorts calendar"), Run: lnSprintf("INSERT INTO calendar (cohort_id, title, starts_at, ends_at) VALUES (%d, 'exam', 1, 2)"), Want: []Want{{Kind: budget.WriteLoop, Table: "calendar", Parent: "cohorts"}}},
		{Name: "learning2/sprintf-call", About: "the argument is in the text of a CALL", Systems: []string{"mysql"}, Setup: append(lnOf("cohorts calendar"), "CREATE PROCEDURE shift(IN c BIGINT) UPDATE calendar SET starts_at = starts_at + 1 WHERE cohort_id = c"), Run: lnSprintf("CALL shift(%d)"), Want: []Want{{Kind: budget.WriteLoop, Parent: "cohorts"}}},
		{Name: "learning2/insert-select", Values: true, About: "INSERT ... SELECT with the id of each cohort in its condition", Setup: lnOf("cohorts enrolments ledger"), Run: lnEachCohort("INSERT INTO ledger (user_id, amount, note) SELECT user_id, 5, 'party' FROM enrolments WHERE cohort_id = ?"), Want: []Want{{Kind: budget.WriteLoop, Table: "ledger", Parent: "cohorts"}}},
		{Name: "learning2/insert-expression", Values: true, About: "the id of each cohort inside of an expression of VALUES", Setup: lnOf("cohorts ledger"), Run: lnEachCohort("INSERT INTO ledger (user_id, amount, note) VALUES (1, COALESCE(?, 0), 'party')"), Want: []Want{{Kind: budget.WriteLoop, Table: "ledger", Parent: "cohorts"}}},
		{Name: "learning2/bun-raw-insert", About: "an INSERT by NewRaw of bun", Setup: lnOf("users ledger"), Run: lnBunRaw, Want: []Want{{Kind: budget.WriteLoop, Table: "ledger", Parent: "users"}}},
		{Name: "learning2/bun-delete-each", About: "a DELETE by bun for each", Setup: lnOf("users"), Run: lnBunDelete, Want: []Want{{Kind: budget.WriteLoop, Table: "users", Parent: "users"}}},
		{Name: "learning2/other-table-in-tx", About: "before and after a transaction that writes another table", Setup: lnOf("courses audit"), Run: lnAroundTx, Want: []Want{csDup("courses")}},
		{Name: "learning2/two-read-only", About: "in two transactions one after the other that write nothing", Setup: lnOf("courses"), Run: lnTwoTx, Want: []Want{csDup("courses")}},
	}...)
}

// lnWrites reads row 6, and sends a statement.
func lnWrites(read, write string, args ...any) func(context.Context, *Env) error {
	return func(ctx context.Context, e *Env) error {
		drain(e.DB.QueryContext(ctx, e.Q(read), 6))
		done(e.DB.ExecContext(ctx, e.Q(write), args...))
		return nil
	}
}

func lnSprintf(format string) func(context.Context, *Env) error {
	return func(ctx context.Context, e *Env) error {
		for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id, name FROM cohorts ORDER BY name DESC")) {
			if query := fmt.Sprintf(format, id); query[0] == 'S' {
				drain(e.DB.QueryContext(ctx, query))
			} else {
				done(e.DB.ExecContext(ctx, query))
			}
		}
		return nil
	}
}

func lnEachCohort(write string) func(context.Context, *Env) error {
	return func(ctx context.Context, e *Env) error {
		for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id, name FROM cohorts ORDER BY name DESC")) {
			done(e.DB.ExecContext(ctx, e.Q(write), id))
		}
		return nil
	}
}

func lnBunRaw(ctx context.Context, e *Env) error {
	for _, u := range lnTenantUsers(ctx, e) {
		_, err := e.Bun().NewRaw("INSERT INTO ledger (user_id, amount, note) VALUES (?, ?, ?)", u.ID, 100, "party").Exec(ctx)
		try(err)
	}
	return nil
}

func lnBunDelete(ctx context.Context, e *Env) error {
	for _, u := range lnTenantUsers(ctx, e) {
		_, err := e.Bun().NewDelete().Model(&u).WherePK().Exec(ctx)
		try(err)
	}
	return nil
}

func lnAroundTx(ctx context.Context, e *Env) error {
	s := lnOpen(e)
	lnTaken(ctx, e, 8)
	try(s.inTx(ctx, nil, func(ctx context.Context) error {
		done(s.db(ctx).ExecContext(ctx, s.q("INSERT INTO audit (actor_id, action, target) VALUES (?, 'view', '8')"), 3))
		return nil
	}))
	lnTaken(ctx, e, 8)
	return nil
}

func lnTwoTx(ctx context.Context, e *Env) error {
	for range 2 {
		if err := lnInTx(false, false, true, false, false)(ctx, e); err != nil {
			return err
		}
	}
	return nil
}
