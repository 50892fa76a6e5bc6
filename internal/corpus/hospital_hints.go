package corpus

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/querybudget/querybudget/budget"
)

// hospitalHints are updates that may be lost, rows that are looked for before they are
// inserted, and reads of which few rows are used.
func hospitalHints() []Case {
	accounts := filled("accounts", "id BIGINT PRIMARY KEY, owner VARCHAR(20), balance BIGINT, settings VARCHAR(80), locked_by VARCHAR(20)", 6, func(i int) string { return fmt.Sprintf(`%d, 'o%d', %d, '{"a": 1}', NULL`, i, i, 100*i) })
	few := []Want{{Kind: budget.FewRows}}
	return []Case{
		{Name: "hospital/repeatable-read", About: "PostgreSQL refuses the second of two writers", Systems: []string{"postgres"}, Setup: accounts, Run: withdraw(sql.LevelRepeatableRead)},
		{Name: "hospital/repeatable-read-mysql", About: "MySQL does not", Systems: []string{"mysql"}, Setup: accounts, Run: withdraw(sql.LevelRepeatableRead), Want: readModifyWrite("", "accounts")},
		{Name: "hospital/no-key-update", About: "FOR NO KEY UPDATE is a lock", Systems: []string{"postgres"}, Setup: accounts, Run: withdrawLocked("SELECT balance FROM accounts WHERE id = $1 FOR NO KEY UPDATE")},
		{Name: "hospital/share-mode", About: "a shared lock: of two writers one is refused", Systems: []string{"mysql"}, Setup: accounts, Run: withdrawLocked("SELECT balance FROM accounts WHERE id = ? LOCK IN SHARE MODE")},
		{Name: "hospital/advisory-lock", About: "a lock of the application in the database", Systems: []string{"postgres"}, Setup: accounts, Run: withdrawUnderAdvisoryLock},
		{Name: "hospital/written-before", About: "the transaction has written the row before, and so holds its lock", Systems: servers, Setup: accounts, Run: withdrawAfterWrite},
		{Name: "hospital/document", About: "a document is read, changed and written", Setup: accounts, Run: changeDocument, Want: readModifyWrite("changeDocument", "accounts")},
		{Name: "hospital/seen-at", About: "the last moment is shown, and the new one is written: nothing can be lost", Setup: doctors(4), Run: seenAt},
		{Name: "hospital/state-in-condition", About: "the state that was read stands in the condition", Setup: outbox(3), Run: closeIfNew},
		{Name: "hospital/owner-key", About: "the row has another key, which is a word", Setup: accounts, Run: withdrawByOwner, Want: readModifyWrite("withdrawByOwner", "accounts")},

		{Name: "hospital/not-exists", About: "one statement looks and inserts", Setup: tagsOf(3), Run: insertNotExists},
		{Name: "hospital/look-by-lower", About: "looked for by what a function makes of the key, and inserted: functions are not computed", Setup: tagsOf(3), Run: lookByLower},
		{Name: "hospital/look-under-row-lock", About: "the ward is locked before its bed is looked for", Systems: servers, Setup: and(wards(3), bedsOf(3, 2)), Run: bedUnderRowLock},
		{Name: "hospital/look-serializable", About: "the database refuses the second of two", Systems: servers, Setup: tagsOf(3), Run: lookSerializable},
		{Name: "hospital/look-then-returning", About: "looked for, and inserted with RETURNING", Systems: []string{"postgres", "sqlite"}, Setup: tagsOf(3), Run: lookThenReturning, Want: selectThenInsert("lookThenReturning", "tags")},

		{Name: "hospital/third-of-many", About: "a list is left at its third row", Values: true, Setup: visitsOf(10, 4), Run: untilThird("SELECT id, kind FROM visits ORDER BY id"), Want: few},
		{Name: "hospital/third-of-fetch-first", About: "FETCH FIRST bounds the list", Systems: servers, Setup: visitsOf(10, 4), Run: untilThird("SELECT id, kind FROM visits ORDER BY id FETCH FIRST 5 ROWS ONLY")},
		{Name: "hospital/third-of-limit-in-sub-select", About: "the LIMIT stands in a sub-select that is all of the rows", Setup: visitsOf(10, 4), Run: untilThird("SELECT id, kind FROM (SELECT id, kind FROM visits ORDER BY id LIMIT 5) t")},
	}
}

// withdraw reads a balance and writes a new one in a transaction.
func withdraw(level sql.IsolationLevel) func(context.Context, *Env) error {
	return func(ctx context.Context, e *Env) error {
		return inTransaction(ctx, e, &sql.TxOptions{Isolation: level}, func(tx *sql.Tx) {
			var balance int64
			one(tx.QueryRowContext(ctx, e.Q("SELECT balance FROM accounts WHERE id = ?"), 3), &balance)
			done(tx.ExecContext(ctx, e.Q("UPDATE accounts SET balance = ? WHERE id = ?"), balance-20, 3))
		})
	}
}

func withdrawLocked(read string) func(context.Context, *Env) error {
	return func(ctx context.Context, e *Env) error {
		return inTransaction(ctx, e, nil, func(tx *sql.Tx) {
			var balance int64
			one(tx.QueryRowContext(ctx, read, 3), &balance)
			done(tx.ExecContext(ctx, e.Q("UPDATE accounts SET balance = ? WHERE id = ?"), balance-20, 3))
		})
	}
}

func withdrawUnderAdvisoryLock(ctx context.Context, e *Env) error {
	return inTransaction(ctx, e, nil, func(tx *sql.Tx) {
		var balance int64
		done(tx.ExecContext(ctx, "SELECT pg_advisory_xact_lock(hashtext('accounts'), $1)", 3))
		one(tx.QueryRowContext(ctx, "SELECT balance FROM accounts WHERE id = $1", 3), &balance)
		done(tx.ExecContext(ctx, "UPDATE accounts SET balance = $1 WHERE id = $2", balance-20, 3))
	})
}

func withdrawAfterWrite(ctx context.Context, e *Env) error {
	return inTransaction(ctx, e, nil, func(tx *sql.Tx) {
		var balance int64
		done(tx.ExecContext(ctx, e.Q("UPDATE accounts SET locked_by = ? WHERE id = ?"), "me", 3))
		one(tx.QueryRowContext(ctx, e.Q("SELECT balance FROM accounts WHERE id = ?"), 3), &balance)
		done(tx.ExecContext(ctx, e.Q("UPDATE accounts SET balance = ? WHERE id = ?"), balance-20, 3))
	})
}

func changeDocument(ctx context.Context, e *Env) error {
	var document string
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT settings FROM accounts WHERE id = ?"), 2), &document)
	done(e.DB.ExecContext(ctx, e.Q("UPDATE accounts SET settings = ? WHERE id = ?"), document[:len(document)-1]+`, "b": 2}`, 2))
	return nil
}

func seenAt(ctx context.Context, e *Env) error {
	drain(e.DB.QueryContext(ctx, e.Q("SELECT name, seen_at FROM doctors WHERE id = ?"), 2))
	done(e.DB.ExecContext(ctx, e.Q("UPDATE doctors SET seen_at = ? WHERE id = ?"), time.Now().UTC(), 2))
	return nil
}

func closeIfNew(ctx context.Context, e *Env) error {
	var state string
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT state FROM outbox WHERE id = ?"), 2), &state)
	if state == "new" {
		done(e.DB.ExecContext(ctx, e.Q("UPDATE outbox SET state = 'closed' WHERE id = ? AND state = 'new'"), 2))
	}
	return nil
}

func withdrawByOwner(ctx context.Context, e *Env) error {
	var balance int64
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT balance FROM accounts WHERE owner = ?"), "o3"), &balance)
	done(e.DB.ExecContext(ctx, e.Q("UPDATE accounts SET balance = ? WHERE owner = ?"), balance-20, "o3"))
	return nil
}

func insertNotExists(ctx context.Context, e *Env) error {
	done(e.DB.ExecContext(ctx, e.Q("INSERT INTO tags (id, name) SELECT 9, 'new' FROM tags WHERE id = ? AND NOT EXISTS (SELECT 1 FROM tags WHERE name = 'new')"), 1))
	return nil
}

func lookByLower(ctx context.Context, e *Env) error {
	if !one(e.DB.QueryRowContext(ctx, e.Q("SELECT id FROM tags WHERE lower(name) = lower(?)"), "New"), new(int64)) {
		done(e.DB.ExecContext(ctx, e.Q("INSERT INTO tags (id, name) VALUES (?, ?)"), 9, "New"))
	}
	return nil
}

func bedUnderRowLock(ctx context.Context, e *Env) error {
	return inTransaction(ctx, e, nil, func(tx *sql.Tx) {
		drain(tx.QueryContext(ctx, e.Q("SELECT id FROM wards WHERE id = ? FOR UPDATE"), 2))
		if !one(tx.QueryRowContext(ctx, e.Q("SELECT id FROM beds WHERE ward_id = ? AND no = ?"), 2, 9), new(int64)) {
			done(tx.ExecContext(ctx, e.Q("INSERT INTO beds (id, ward_id, no) VALUES (?, ?, ?)"), 90, 2, 9))
		}
	})
}

func lookSerializable(ctx context.Context, e *Env) error {
	return inTransaction(ctx, e, &sql.TxOptions{Isolation: sql.LevelSerializable}, func(tx *sql.Tx) {
		if !one(tx.QueryRowContext(ctx, e.Q("SELECT id FROM tags WHERE name = ?"), "new"), new(int64)) {
			done(tx.ExecContext(ctx, e.Q("INSERT INTO tags (id, name) VALUES (?, ?)"), 9, "new"))
		}
	})
}

func lookThenReturning(ctx context.Context, e *Env) error {
	var id int64
	if !one(e.DB.QueryRowContext(ctx, e.Q("SELECT id FROM tags WHERE name = ?"), "new"), &id) {
		one(e.DB.QueryRowContext(ctx, e.Q("INSERT INTO tags (id, name) VALUES (?, ?) RETURNING id"), 9, "new"), &id)
	}
	return nil
}

func untilThird(query string) func(context.Context, *Env) error {
	return func(ctx context.Context, e *Env) error {
		rows, err := e.DB.QueryContext(ctx, query)
		if err != nil {
			return err
		}
		defer rows.Close() //nolint:errcheck // rows.Err says it
		for n := 0; n < 3 && rows.Next(); n++ {
			continue
		}
		return rows.Err()
	}
}
