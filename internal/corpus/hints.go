package corpus

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/querybudget/querybudget/budget"
)

func readModifyWrite(function, table string) []Want {
	return []Want{{Kind: budget.ReadModifyWrite, Func: function, Table: table}}
}

func selectThenInsert(function, table string) []Want {
	return []Want{{Kind: budget.SelectThenInsert, Func: function, Table: table}}
}

// keys are updates that may be lost, and those of other rows or without that risk.
func keys() []Case {
	servers := []string{"postgres", "mysql"}
	withText := and(library(8, 2), counters(9))
	return []Case{
		{Name: "rmw/plain", About: "read, add one, write", Setup: counters(9), Run: rmw("SELECT n FROM counters WHERE id = 3", "UPDATE counters SET n = 7 WHERE id = 3"), Want: readModifyWrite("", "counters")},
		{Name: "rmw/arguments", About: "the same with arguments", Setup: counters(9), Run: addOne, Want: readModifyWrite("addOne", "counters")},
		{Name: "rmw/transaction", About: "a transaction does not help", Systems: servers, Setup: counters(9), Run: addOneInTransaction, Want: readModifyWrite("addOneInTransaction.func1", "counters")},
		{Name: "rmw/transaction-sqlite", About: "there the second writer is told that it is locked", Systems: []string{"sqlite"}, Setup: counters(9), Run: addOneInTransaction},
		{Name: "rmw/serializable", About: "the database refuses one of the two", Systems: servers, Setup: counters(9), Run: addOneSerializable},
		{Name: "rmw/for-update", About: "the row is locked", Systems: servers, Setup: counters(9), Run: addOneLocked},
		{Name: "rmw/computed", About: "SET n = n + ?: the repair", Setup: counters(9), Run: addOneComputed},
		{Name: "rmw/beside-computed", About: "a plain column beside a computed one", Setup: counters(9), Run: rmw("SELECT n FROM counters WHERE id = 3", "UPDATE counters SET version = version + 1, n = 7 WHERE id = 3"), Want: readModifyWrite("", "counters")},
		{Name: "rmw/version", About: "an optimistic lock", Setup: counters(9), Run: addOneWithVersion},
		{Name: "rmw/old-value", About: "the old value is in the condition", Setup: counters(9), Run: addOneToOldValue},
		{Name: "rmw/other-row", About: "another row is written", Setup: counters(9), Run: rmw("SELECT n FROM counters WHERE id = 3", "UPDATE counters SET n = 7 WHERE id = 8")},
		{Name: "rmw/limit-is-no-key", About: "LIMIT 8, and an UPDATE of row 8", Setup: counters(9), Run: limitAndRow},
		{Name: "rmw/other-key-column", About: "the books of author 3, and an UPDATE of book 3", Setup: withText, Run: booksThenBook},
		{Name: "rmw/not-equal", About: "a look whether the name is free", Setup: counters(9), Run: nameIsFree},
		{Name: "rmw/form", About: "an edit form: the column was not read", Setup: counters(9), Run: rmw("SELECT id FROM counters WHERE id = 3", "UPDATE counters SET name = 'typed' WHERE id = 3")},
		{Name: "rmw/other-column", About: "what was read is not what is written", Setup: counters(9), Run: rmw("SELECT n FROM counters WHERE id = 3", "UPDATE counters SET name = 'typed' WHERE id = 3")},
		{Name: "rmw/other-table", About: "the same key in another table", Setup: withText, Run: rmw("SELECT price FROM books WHERE id = 3", "UPDATE counters SET n = 7 WHERE id = 3")},
		{Name: "rmw/whole-row", About: "an edit form reads the whole row: off by default", Hints: NoHints, Setup: counters(9), Run: rmw("SELECT * FROM counters WHERE id = 3", "UPDATE counters SET n = 7 WHERE id = 3")},
		{Name: "rmw/whole-row-hint", About: "the same as a hint", Setup: counters(9), Run: rmw("SELECT * FROM counters WHERE id = 3", "UPDATE counters SET n = 7 WHERE id = 3"), Want: readModifyWrite("", "counters")},
		{Name: "rmw/key-in-the-middle", About: "the key is no last argument", Setup: counters(9), Run: keyInTheMiddle, Want: readModifyWrite("keyInTheMiddle", "counters")},
		{Name: "rmw/aliased", About: "the table has another name", Setup: counters(9), Run: rmw("SELECT c.n FROM counters c WHERE c.id = 3", "UPDATE counters SET n = 7 WHERE id = 3"), Want: readModifyWrite("", "counters")},
		{Name: "rmw/written-first", About: "the read looks at what was written", Setup: counters(9), Run: rmw("UPDATE counters SET n = 7 WHERE id = 3", "SELECT n FROM counters WHERE id = 3")},
	}
}

// hints are rows that are looked for, and inserted where there are none.
func hints() []Case {
	users := []string{
		"CREATE TABLE users (id BIGINT PRIMARY KEY, email VARCHAR(40) UNIQUE, name VARCHAR(40))",
		"INSERT INTO users VALUES (1, 'a@example.com', 'a')",
		"CREATE TABLE notes (id BIGINT PRIMARY KEY, user_id BIGINT, note VARCHAR(40))",
	}
	return []Case{
		{Name: "sti/plain", About: "looked for, not found, inserted", Setup: users, Run: register, Want: selectThenInsert("register", "users")},
		{Name: "sti/off", About: "off by default: a unique index may be the guard", Hints: NoHints, Setup: users, Run: register},
		{Name: "sti/exists", About: "by EXISTS", Setup: users, Run: registerByExists, Want: selectThenInsert("registerByExists", "users")},
		{Name: "sti/count", About: "by count(*)", Setup: users, Run: registerByCount, Want: selectThenInsert("registerByCount", "users")},
		{Name: "sti/on-conflict", About: "the INSERT takes care of it: repaired", Systems: []string{"sqlite", "postgres"}, Setup: users, Run: registerOnConflict},
		{Name: "sti/on-duplicate-key", About: "the same there", Systems: []string{"mysql"}, Setup: users, Run: registerOnDuplicate},
		{Name: "sti/ignore", About: "INSERT IGNORE", Systems: []string{"mysql"}, Setup: users, Run: registerIgnore},
		{Name: "sti/found", About: "it was there, and another one is inserted", Setup: users, Run: registerAnother},
		{Name: "sti/other-table", About: "an empty list of another table", Setup: users, Run: notesThenUser},
		{Name: "sti/unrelated-list", About: "an empty list of another user, and a note that has nothing to do with it", Setup: users, Run: notesThenNote},
		{Name: "sti/seed", About: "is the table empty? then the first rows", Setup: users, Run: seed},
		{Name: "sti/second-look", About: "looked for again under a lock of the process", Setup: users, Run: registerUnderMutex},
		{Name: "sti/update-first", About: "an UPDATE that hits nothing, and then an INSERT", Setup: users, Run: updateOrInsert, Want: selectThenInsert("", "users")},
		{Name: "sti/update-hits", About: "the UPDATE hits", Setup: users, Run: updateThatHits},
		{Name: "sti/loop", About: "a look before each INSERT of a loop", Setup: users, Run: registerAll,
			Want: []Want{{Kind: budget.SelectThenInsert, Func: "registerAll", Table: "users"}, {Kind: budget.WriteLoop, Func: "registerAll", Table: "users"}}},
		{Name: "sti/transaction", About: "both in one transaction", Systems: []string{"postgres", "mysql"}, Setup: users, Run: registerInTransaction, Want: selectThenInsert("registerInTransaction.func1", "users")},
	}
}

// rmw sends two statements as they are, from one line.
func rmw(statements ...string) func(context.Context, *Env) error {
	return func(ctx context.Context, e *Env) error {
		for _, s := range statements {
			if s[0] == 'S' {
				drain(e.DB.QueryContext(ctx, s))
				continue
			}
			done(e.DB.ExecContext(ctx, s))
		}
		return nil
	}
}

const (
	readN  = "SELECT n FROM counters WHERE id = ?"
	writeN = "UPDATE counters SET n = ? WHERE id = ?"
)

func addOne(ctx context.Context, e *Env) error {
	var n int64
	one(e.DB.QueryRowContext(ctx, e.Q(readN), 3), &n)
	done(e.DB.ExecContext(ctx, e.Q(writeN), n+1, 3))
	return nil
}

func addOneInTransaction(ctx context.Context, e *Env) error {
	return inTransaction(ctx, e, nil, func(tx *sql.Tx) {
		var n int64
		one(tx.QueryRowContext(ctx, e.Q(readN), 3), &n)
		done(tx.ExecContext(ctx, e.Q(writeN), n+1, 3))
	})
}

func addOneSerializable(ctx context.Context, e *Env) error {
	return inTransaction(ctx, e, &sql.TxOptions{Isolation: sql.LevelSerializable}, func(tx *sql.Tx) {
		var n int64
		one(tx.QueryRowContext(ctx, e.Q(readN), 3), &n)
		done(tx.ExecContext(ctx, e.Q(writeN), n+1, 3))
	})
}

func addOneLocked(ctx context.Context, e *Env) error {
	return inTransaction(ctx, e, nil, func(tx *sql.Tx) {
		var n int64
		one(tx.QueryRowContext(ctx, e.Q(readN+" FOR UPDATE"), 3), &n)
		done(tx.ExecContext(ctx, e.Q(writeN), n+1, 3))
	})
}

func addOneComputed(ctx context.Context, e *Env) error {
	var n int64
	one(e.DB.QueryRowContext(ctx, e.Q(readN), 3), &n)
	done(e.DB.ExecContext(ctx, e.Q("UPDATE counters SET n = n + ? WHERE id = ?"), 1, 3))
	return nil
}

func addOneWithVersion(ctx context.Context, e *Env) error {
	var n, version int64
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT n, version FROM counters WHERE id = ?"), 3), &n, &version)
	done(e.DB.ExecContext(ctx, e.Q("UPDATE counters SET n = ?, version = version + 1 WHERE id = ? AND version = ?"), n+1, 3, version))
	return nil
}

func addOneToOldValue(ctx context.Context, e *Env) error {
	var n int64
	one(e.DB.QueryRowContext(ctx, e.Q(readN), 3), &n)
	done(e.DB.ExecContext(ctx, e.Q("UPDATE counters SET n = ? WHERE id = ? AND n = ?"), n+1, 3, n))
	return nil
}

func limitAndRow(ctx context.Context, e *Env) error {
	ints(e.DB.QueryContext(ctx, e.Q("SELECT n FROM counters ORDER BY id LIMIT ?"), 8))
	done(e.DB.ExecContext(ctx, e.Q(writeN), 7, 8))
	return nil
}

func booksThenBook(ctx context.Context, e *Env) error {
	ints(e.DB.QueryContext(ctx, e.Q("SELECT price FROM books WHERE author_id = ?"), 3))
	done(e.DB.ExecContext(ctx, e.Q("UPDATE books SET price = ? WHERE id = ?"), 7, 3))
	return nil
}

func nameIsFree(ctx context.Context, e *Env) error {
	drain(e.DB.QueryContext(ctx, e.Q("SELECT name FROM counters WHERE name = ? AND id <> ?"), "free", 3))
	done(e.DB.ExecContext(ctx, e.Q("UPDATE counters SET name = ? WHERE id = ?"), "free", 3))
	return nil
}

func keyInTheMiddle(ctx context.Context, e *Env) error {
	var n int64
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT n FROM counters WHERE id = ? AND n >= ? LIMIT ?"), 3, 0, 1), &n)
	done(e.DB.ExecContext(ctx, e.Q(writeN), n+1, 3))
	return nil
}

const (
	findUser   = "SELECT id FROM users WHERE email = ?"
	insertUser = "INSERT INTO users (id, email, name) VALUES (?, ?, ?)"
)

func register(ctx context.Context, e *Env) error {
	if drain(e.DB.QueryContext(ctx, e.Q(findUser), "new@example.com")) == 0 {
		done(e.DB.ExecContext(ctx, e.Q(insertUser), 9, "new@example.com", "new"))
	}
	return nil
}

func registerByExists(ctx context.Context, e *Env) error {
	var isThere bool
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT EXISTS(SELECT 1 FROM users WHERE email = ?)"), "new@example.com"), &isThere)
	if !isThere {
		done(e.DB.ExecContext(ctx, e.Q(insertUser), 9, "new@example.com", "new"))
	}
	return nil
}

func registerByCount(ctx context.Context, e *Env) error {
	var n int64
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT count(*) FROM users WHERE email = ?"), "new@example.com"), &n)
	if n == 0 {
		done(e.DB.ExecContext(ctx, e.Q(insertUser), 9, "new@example.com", "new"))
	}
	return nil
}

func registerOnConflict(ctx context.Context, e *Env) error {
	if drain(e.DB.QueryContext(ctx, e.Q(findUser), "new@example.com")) == 0 {
		done(e.DB.ExecContext(ctx, e.Q(insertUser+" ON CONFLICT (email) DO NOTHING"), 9, "new@example.com", "new"))
	}
	return nil
}

func registerOnDuplicate(ctx context.Context, e *Env) error {
	if drain(e.DB.QueryContext(ctx, e.Q(findUser), "new@example.com")) == 0 {
		done(e.DB.ExecContext(ctx, insertUser+" ON DUPLICATE KEY UPDATE name = VALUES(name)", 9, "new@example.com", "new"))
	}
	return nil
}

func registerIgnore(ctx context.Context, e *Env) error {
	if drain(e.DB.QueryContext(ctx, e.Q(findUser), "new@example.com")) == 0 {
		done(e.DB.ExecContext(ctx, "INSERT IGNORE INTO users (id, email, name) VALUES (?, ?, ?)", 9, "new@example.com", "new"))
	}
	return nil
}

func registerAnother(ctx context.Context, e *Env) error {
	if drain(e.DB.QueryContext(ctx, e.Q(findUser), "a@example.com")) > 0 {
		done(e.DB.ExecContext(ctx, e.Q(insertUser), 9, "invited@example.com", "new"))
	}
	return nil
}

func notesThenUser(ctx context.Context, e *Env) error {
	drain(e.DB.QueryContext(ctx, e.Q("SELECT note FROM notes WHERE user_id = ?"), 1))
	done(e.DB.ExecContext(ctx, e.Q(insertUser), 9, "new@example.com", "new"))
	return nil
}

func notesThenNote(ctx context.Context, e *Env) error {
	drain(e.DB.QueryContext(ctx, e.Q("SELECT note FROM notes WHERE user_id = ?"), 4))
	done(e.DB.ExecContext(ctx, e.Q("INSERT INTO notes (id, user_id, note) VALUES (?, ?, ?)"), 9, 1, "unrelated"))
	return nil
}

func seed(ctx context.Context, e *Env) error {
	var n int64
	one(e.DB.QueryRowContext(ctx, "SELECT count(*) FROM notes"), &n)
	if n == 0 {
		for id := range 3 {
			done(e.DB.ExecContext(ctx, e.Q("INSERT INTO notes (id, user_id, note) VALUES (?, ?, ?)"), id, 1, "first"))
		}
	}
	return nil
}

func registerUnderMutex(ctx context.Context, e *Env) error {
	if drain(e.DB.QueryContext(ctx, e.Q(findUser), "new@example.com")) > 0 {
		return nil
	}
	// A mutex is locked here.
	if drain(e.DB.QueryContext(ctx, e.Q(findUser), "new@example.com")) == 0 {
		done(e.DB.ExecContext(ctx, e.Q(insertUser), 9, "new@example.com", "new"))
	}
	return nil
}

func updateOrInsert(ctx context.Context, e *Env) error {
	if done(e.DB.ExecContext(ctx, e.Q("UPDATE users SET name = ? WHERE email = ?"), "new", "new@example.com")) == 0 {
		done(e.DB.ExecContext(ctx, e.Q(insertUser), 9, "new@example.com", "new"))
	}
	return nil
}

func updateThatHits(ctx context.Context, e *Env) error {
	if done(e.DB.ExecContext(ctx, e.Q("UPDATE users SET name = ? WHERE email = ?"), "new", "a@example.com")) > 0 {
		done(e.DB.ExecContext(ctx, e.Q(insertUser), 9, "invited@example.com", "new"))
	}
	return nil
}

func registerAll(ctx context.Context, e *Env) error {
	for id := 2; id < 10; id++ {
		email := fmt.Sprintf("u%d@example.com", id)
		if drain(e.DB.QueryContext(ctx, e.Q(findUser), email)) == 0 {
			done(e.DB.ExecContext(ctx, e.Q(insertUser), id, email, "new"))
		}
	}
	return nil
}

func registerInTransaction(ctx context.Context, e *Env) error {
	return inTransaction(ctx, e, nil, func(tx *sql.Tx) {
		if drain(tx.QueryContext(ctx, e.Q(findUser), "new@example.com")) == 0 {
			done(tx.ExecContext(ctx, e.Q(insertUser), 9, "new@example.com", "new"))
		}
	})
}
