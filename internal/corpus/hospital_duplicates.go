package corpus

import (
	"context"
	"database/sql"
)

// hospitalDuplicates are questions that are asked twice.
func hospitalDuplicates() []Case {
	people := patientsOf(3, 2)
	return []Case{
		{Name: "hospital/token-of-bytes", About: "middleware and handler look the same token up", Systems: []string{"sqlite", "mysql"},
			Setup: filled("sessions", "token VARBINARY(16), doctor_id BIGINT", 3, func(i int) string { return rowOfToken(i) }), Run: tokenTwice, Want: duplicate("doctorOfToken", "sessions")},
		{Name: "hospital/day-of-widgets", About: "two widgets ask for the same day", Systems: servers, Setup: visitsOf(6, 2), Run: dayTwice, Want: duplicate("", "visits")},
		{Name: "hospital/comments-differ", About: "the texts differ by a comment only", Setup: people, Run: commentsDiffer, Want: duplicate("commentsDiffer", "patients")},
		{Name: "hospital/two-libraries", About: "one question by database/sql and by sqlx", Setup: people, Run: byTwoLibraries, Want: duplicate("byTwoLibraries", "patients")},
		{Name: "hospital/prepared-and-not", About: "one question, once prepared", Setup: people, Run: preparedAndNot, Want: duplicate("preparedAndNot", "patients")},
		{Name: "hospital/in-transaction", About: "the same twice in one transaction", Setup: people, Run: twiceInOneTransaction, Want: duplicate("twiceInOneTransaction.func1", "patients")},
		{Name: "hospital/then-in-transaction", About: "a look before the transaction, and one in it", Setup: people, Run: lookThenTransaction},
		{Name: "hospital/double-check", About: "a look, a lock of the database, and a second look", Systems: []string{"postgres"}, Setup: people, Run: doubleCheck},
		{Name: "hospital/double-check-mysql", About: "the same there", Systems: []string{"mysql"}, Setup: people, Run: doubleCheckMySQL},
		{Name: "hospital/read-back", About: "what was written is read back once: no duplicate, and the state may be another one's by then", Setup: people, Run: readBackOnce, Want: readModifyWrite("readBackOnce", "patients")},
		{Name: "hospital/replaced-between", About: "REPLACE is a write", Systems: []string{"mysql", "sqlite"}, Setup: drugs(4), Run: replaceBetween},
		{Name: "hospital/flag-for-each", About: "a setting is read for each of eight patients", Setup: and(patientsOf(4, 2), numbered("settings", 3)), Run: flagForEach, Want: duplicate("flagIsOn", "settings")},
		{Name: "hospital/other-order", About: "the same columns, sorted otherwise: two questions", Setup: people, Run: otherOrder},
		{Name: "hospital/other-limit", About: "the first three, and the first five", Setup: people, Run: otherLimit},
		{Name: "hospital/null-and-null", About: "two equal questions with NULL", Setup: people, Run: nullTwice, Want: duplicate("", "patients")},
		{Name: "hospital/after-rollback", About: "a transaction that failed begins again, and reads again", Setup: people, Run: againAfterRollback},
	}
}

func rowOfToken(i int) string { return []string{"", "X'0a01', 3", "X'0b02', 4", "X'0c03', 5"}[i] }

func doctorOfToken(ctx context.Context, e *Env, token []byte) (id int64) {
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT doctor_id FROM sessions WHERE token = ?"), token), &id)
	return id
}

func tokenTwice(ctx context.Context, e *Env) error {
	handler := step(func(ctx context.Context, e *Env) error {
		doctorOfToken(ctx, e, []byte{11, 2})
		return nil
	})
	doctorOfToken(ctx, e, []byte{11, 2})
	return handler(ctx, e)
}

func dayTwice(ctx context.Context, e *Env) error {
	drain(e.DB.QueryContext(ctx, e.Q("SELECT id, kind FROM visits WHERE taken_at >= ? ORDER BY id"), day(4)))
	drain(e.DB.QueryContext(ctx, e.Q("SELECT count(*) FROM visits WHERE taken_at < ?"), day(4)))
	drain(e.DB.QueryContext(ctx, e.Q("SELECT id, kind FROM visits WHERE taken_at >= ? ORDER BY id"), day(4)))
	return nil
}

func commentsDiffer(ctx context.Context, e *Env) error {
	drain(e.DB.QueryContext(ctx, e.Q("/* action=header */ SELECT name, mrn FROM patients WHERE id = ?"), 3))
	drain(e.DB.QueryContext(ctx, e.Q("/* action=footer */ SELECT name, mrn FROM patients WHERE id = ?"), 3))
	return nil
}

func byTwoLibraries(ctx context.Context, e *Env) error {
	var name string
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT name FROM patients WHERE id = ?"), 3), &name)
	return e.SQLX().GetContext(ctx, &name, e.Q("SELECT name FROM patients WHERE id = ?"), 3)
}

func preparedAndNot(ctx context.Context, e *Env) error {
	query := e.Q("SELECT name FROM patients WHERE id = ?")
	statement, err := e.DB.PrepareContext(ctx, query)
	if err != nil {
		return err
	}
	defer statement.Close() //nolint:errcheck // nothing is lost
	drain(statement.QueryContext(ctx, 3))
	drain(e.DB.QueryContext(ctx, query, 3))
	return nil
}

func twiceInOneTransaction(ctx context.Context, e *Env) error {
	return inTransaction(ctx, e, nil, func(tx *sql.Tx) {
		drain(tx.QueryContext(ctx, e.Q("SELECT name, state FROM patients WHERE id = ?"), 3))
		drain(tx.QueryContext(ctx, e.Q("SELECT name, state FROM patients WHERE id = ?"), 3))
	})
}

func lookThenTransaction(ctx context.Context, e *Env) error {
	drain(e.DB.QueryContext(ctx, e.Q("SELECT state FROM patients WHERE id = ?"), 3))
	return inTransaction(ctx, e, nil, func(tx *sql.Tx) {
		drain(tx.QueryContext(ctx, e.Q("SELECT state FROM patients WHERE id = ?"), 3))
		done(tx.ExecContext(ctx, e.Q("UPDATE patients SET version = version + 1 WHERE id = ?"), 3))
	})
}

func doubleCheck(ctx context.Context, e *Env) error {
	return inTransaction(ctx, e, nil, func(tx *sql.Tx) {
		drain(tx.QueryContext(ctx, "SELECT state FROM patients WHERE id = $1", 3))
		drain(tx.QueryContext(ctx, "SELECT pg_advisory_xact_lock($1)", 3))
		drain(tx.QueryContext(ctx, "SELECT state FROM patients WHERE id = $1", 3))
	})
}

func doubleCheckMySQL(ctx context.Context, e *Env) error {
	conn, err := e.DB.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // it goes back
	drain(conn.QueryContext(ctx, "SELECT state FROM patients WHERE id = ?", 3))
	drain(conn.QueryContext(ctx, "SELECT GET_LOCK(?, 1)", "h5 patients 3"))
	drain(conn.QueryContext(ctx, "SELECT state FROM patients WHERE id = ?", 3))
	drain(conn.QueryContext(ctx, "SELECT RELEASE_LOCK(?)", "h5 patients 3"))
	return nil
}

func readBackOnce(ctx context.Context, e *Env) error {
	drain(e.DB.QueryContext(ctx, e.Q("SELECT name, state, version FROM patients WHERE id = ?"), 3))
	done(e.DB.ExecContext(ctx, e.Q("UPDATE patients SET state = ?, version = version + 1 WHERE id = ?"), "out", 3))
	drain(e.DB.QueryContext(ctx, e.Q("SELECT name, state, version FROM patients WHERE id = ?"), 3))
	return nil
}

func replaceBetween(ctx context.Context, e *Env) error {
	drain(e.DB.QueryContext(ctx, "SELECT code, stock FROM drugs WHERE id = ?", 2))
	done(e.DB.ExecContext(ctx, "REPLACE INTO drugs (id, code, stock) VALUES (?, ?, ?)", 2, "c2", 8))
	drain(e.DB.QueryContext(ctx, "SELECT code, stock FROM drugs WHERE id = ?", 2))
	return nil
}

func flagIsOn(ctx context.Context, e *Env, name string) bool {
	var n int
	return one(e.DB.QueryRowContext(ctx, e.Q("SELECT n FROM settings WHERE name = ?"), name), &n) && n > 0
}

func flagForEach(ctx context.Context, e *Env) error {
	shown := 0
	for range ints(e.DB.QueryContext(ctx, "SELECT id, name FROM patients ORDER BY id")) {
		if flagIsOn(ctx, e, "settings 3") {
			shown++
		}
	}
	return nil
}

func otherOrder(ctx context.Context, e *Env) error {
	drain(e.DB.QueryContext(ctx, e.Q("SELECT id, name FROM patients WHERE ward_id = ? ORDER BY name"), 2))
	drain(e.DB.QueryContext(ctx, e.Q("SELECT id, name FROM patients WHERE ward_id = ? ORDER BY id DESC"), 2))
	return nil
}

func otherLimit(ctx context.Context, e *Env) error {
	for _, n := range []int{3, 5} {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT id, name FROM patients ORDER BY id LIMIT ?"), n))
	}
	return nil
}

func nullTwice(ctx context.Context, e *Env) error {
	for range 2 {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT id, name FROM patients WHERE coalesce(deleted_at, ?) IS NULL"), nil))
	}
	return nil
}

func againAfterRollback(ctx context.Context, e *Env) error {
	for i := range 3 {
		tx, err := e.DB.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		drain(tx.QueryContext(ctx, e.Q("SELECT state, version FROM patients WHERE id = ?"), 3))
		done(tx.ExecContext(ctx, e.Q("UPDATE patients SET version = version + 1 WHERE id = ?"), 3))
		if i == 2 {
			return tx.Commit()
		}
		if err := tx.Rollback(); err != nil {
			return err
		}
	}
	return nil
}
