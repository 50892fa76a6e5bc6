package corpus

import (
	"context"
	"database/sql"
)

// lnNearCases lie near the rules of updates that are lost, of looks and of transactions.
func lnNearCases() []Case {
	only := []string{"postgres"}
	flags := "CREATE TABLE plans (id BIGINT PRIMARY KEY, code VARCHAR(10), standard BOOLEAN, seats BIGINT, state VARCHAR(10))"
	fill := "INSERT INTO plans VALUES (1, 'a', true, 5, 'open'), (2, 'b', false, 6, 'open'), (3, 'c', false, 7, 'open')"
	setup := []string{flags, fill}
	return []Case{
		{Name: "near/read-by-a-boolean", Values: true, Systems: only, About: "the standard plan is read, and another one, by its code, is written: no row of the read", Setup: setup, Run: lnSequence("SELECT seats FROM plans WHERE standard = ?", true, ";", "!UPDATE plans SET seats = ? WHERE code = ?", 9, "b")},
		{Name: "near/number-and-state", Values: true, Systems: only, About: "what is left is computed, and the state that goes with it: an update is lost", Setup: setup, Run: lnSequence("SELECT seats, state FROM plans WHERE id = ?", 2, ";", "!UPDATE plans SET seats = ?, state = ? WHERE id = ?", 5, "few", 2), Want: csLost("plans")},
		{Name: "near/number", Values: true, Systems: only, About: "without the state: an update is lost", Setup: setup, Run: lnSequence("SELECT seats, state FROM plans WHERE id = ?", 2, ";", "!UPDATE plans SET seats = ? WHERE id = ?", 5, 2), Want: csLost("plans")},
		{Name: "near/the-last-one", Values: true, Systems: only, About: "the last seat is taken: an update is lost", Setup: []string{flags, "INSERT INTO plans VALUES (2, 'b', false, 1, 'open')"}, Run: lnSequence("SELECT seats FROM plans WHERE id = ?", 2, ";", "!UPDATE plans SET seats = ? WHERE id = ?", 0, 2), Want: csLost("plans")},
		{Name: "near/not-exists-small", Values: true, Systems: only, About: "select not exists, in small letters", Setup: setup, Run: lnSequence("select not exists (select 1 from plans where code = ?)", "x", ";", "!INSERT INTO plans (id, code) VALUES (8, ?)", "x"), Want: csRace("plans")},
		{Name: "near/not-exists", Values: true, Systems: only, About: "SELECT NOT EXISTS", Setup: setup, Run: lnSequence("SELECT NOT EXISTS (SELECT 1 FROM plans WHERE code = ?)", "x", ";", "!INSERT INTO plans (id, code) VALUES (8, ?)", "x"), Want: csRace("plans")},
		{Name: "near/count-is-0", Values: true, Systems: only, About: "SELECT count(*) = 0", Setup: setup, Run: lnSequence("SELECT count(*) = 0 FROM plans WHERE code = ?", "x", ";", "!INSERT INTO plans (id, code) VALUES (8, ?)", "x"), Want: csRace("plans")},
		{Name: "near/token-not-expired", Values: true, Systems: only, About: "a live session of the token, or a new one: its token is unique", Setup: []string{"CREATE TABLE sessions (token VARCHAR(20) PRIMARY KEY, expires BIGINT)"}, Run: lnSequence("SELECT expires FROM sessions WHERE token = ? AND expires > ?", "x", 7, ";", "!INSERT INTO sessions (token, expires) VALUES (?, ?)", "x", 9), Want: csRace("sessions")},
		{Name: "near/same-snapshot", Values: true, Systems: only, About: "read before and in a transaction that reads all from one snapshot", Setup: setup, Run: nearSnapshot, Want: nil},
		{Name: "near/changed-while-under-way", Values: true, Systems: only, About: "read while a write was under way, and again after its commit: another answer", Setup: setup, Run: nearUnderWay, Want: nil},
		{Name: "near/another-read-in-between", Values: true, Systems: only, About: "the seats are read by the id, the state by the code, and the seats written by the id: an update is lost", Setup: setup, Run: lnSequence("SELECT seats FROM plans WHERE id = ?", 2, ";", "SELECT id, state FROM plans WHERE code = ?", "b", ";", "!UPDATE plans SET seats = ? WHERE id = ?", 5, 2), Want: csLost("plans")},
		{Name: "near/a-join-in-between", Values: true, Systems: only, About: "a join has the row's id, too: an update is lost", Setup: setup, Run: lnSequence("SELECT seats FROM plans WHERE id = ?", 2, ";", "SELECT p.id, q.code FROM plans p JOIN plans q ON q.id = p.id WHERE p.code = ?", "b", ";", "!UPDATE plans SET seats = ? WHERE id = ?", 5, 2), Want: csLost("plans")},
		{Name: "near/by-another-key-after-a-write", Values: true, Systems: only, About: "in the transaction that has written the row by its id, it is read by its code: it has the lock", Setup: setup, Run: nearOwnLock},
		{Name: "near/conversion", Values: true, Systems: only, About: "conversion_id is no version", Setup: []string{"CREATE TABLE conversions (conversion_id BIGINT PRIMARY KEY, hits BIGINT)", "INSERT INTO conversions VALUES (7, 3)"}, Run: lnSequence("SELECT hits FROM conversions WHERE conversion_id = ?", 7, ";", "!UPDATE conversions SET hits = ? WHERE conversion_id = ?", 4, 7), Want: csLost("conversions")},
	}
}

func nearOwnLock(ctx context.Context, e *Env) error {
	tx, err := e.DB.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	done(tx.ExecContext(ctx, e.Q("UPDATE plans SET state = ? WHERE id = ?"), "busy", 2))
	drain(tx.QueryContext(ctx, e.Q("SELECT id, seats FROM plans WHERE code = ?"), "b"))
	done(tx.ExecContext(ctx, e.Q("UPDATE plans SET seats = ? WHERE id = ?"), 5, 2))
	return tx.Commit()
}

func nearSnapshot(ctx context.Context, e *Env) error {
	drain(e.DB.QueryContext(ctx, e.Q("SELECT seats FROM plans WHERE id = ?"), 2))
	tx, err := e.DB.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return err
	}
	drain(tx.QueryContext(ctx, e.Q("SELECT seats FROM plans WHERE id = ?"), 2))
	drain(tx.QueryContext(ctx, e.Q("SELECT state FROM plans WHERE code = ?"), "a"))
	return tx.Commit()
}

func nearUnderWay(ctx context.Context, e *Env) error {
	tx, err := e.DB.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	done(tx.ExecContext(ctx, e.Q("UPDATE plans SET seats = seats + 1 WHERE id = ?"), 2))
	drain(e.DB.QueryContext(ctx, e.Q("SELECT seats FROM plans WHERE id = ?"), 2))
	if err := tx.Commit(); err != nil {
		return err
	}
	if tx, err = e.DB.BeginTx(ctx, nil); err != nil {
		return err
	}
	drain(tx.QueryContext(ctx, e.Q("SELECT seats FROM plans WHERE id = ?"), 2))
	return tx.Commit()
}
