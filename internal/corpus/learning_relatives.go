package corpus

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/querybudget/querybudget/budget"
)

// lnRelativeCases are near relatives of what was wrong in the first run.
func lnRelativeCases() []Case {
	loops := []Case{
		{
			Name: "learning2/quizzes", About: "the questions of each quiz without a transaction: is it the plural or the transaction?",
			Setup: lnOf("quizzes questions"), Run: perRow("SELECT id, title FROM quizzes ORDER BY title DESC", "SELECT id, body FROM questions WHERE quiz_id = ? ORDER BY weight"),
			Want: []Want{{Kind: budget.NPlusOne, Table: "questions", Parent: "quizzes", Proven: true}},
		},
		{
			Name: "learning2/stmt-in-tx-courses", About: "tx.StmtContext, for a table with a plain plural",
			Setup: lnOf("courses lessons"), Run: lnStmtInTxCourses, Want: []Want{proven(budget.NPlusOne, "lnStmtInTxCourses", "lessons", "courses")},
		},
		lnPlural("classes", "class_id"), lnPlural("people", "person_id"), lnPlural("categories", "category_id"), lnPlural("syllabi", "syllabus_id"), lnPlural("analyses", "analysis_id"),
		{
			Name: "learning2/bun-plain-insert", About: "an INSERT by bun for each learner; nothing is made of the name",
			Setup: lnOf("users notifications"), Run: lnBunPlainInsert, Want: []Want{found(budget.WriteLoop, "lnBunPlainInsert", "notifications", "users")},
		},
		{
			Name: "learning2/derived-text", About: "plain SQL: the user's id, and a text that was made of his name",
			Setup: lnOf("users notifications"), Run: lnDerivedText, Want: []Want{found(budget.WriteLoop, "lnDerivedText", "notifications", "users")},
		},
		{
			Name: "learning2/gorm-derived-text", About: "Create with a text that was made of the name",
			Setup: lnOf("users notifications"), Run: lnGORMDerivedText, Want: []Want{found(budget.WriteLoop, "lnGORMDerivedText", "notifications", "users")},
		},
		{
			Name: "learning2/bun-own-key", About: "an INSERT by bun whose key the application makes: nothing is returned",
			Setup: lnOf("users certificates"), Run: lnBunOwnKey, Want: []Want{found(budget.WriteLoop, "lnBunOwnKey", "certificates", "users")},
		},
		{
			Name: "learning2/bun-update-each", About: "an UPDATE by bun for each learner, the values are in the text",
			Setup: lnOf("users"), Run: lnBunUpdateEach, Want: []Want{found(budget.WriteLoop, "lnBunUpdateEach", "users", "users")},
		},
		{
			Name: "learning2/call-two-arguments", About: "CALL with a constant and the id of each row", Systems: []string{"mysql"},
			Setup: append(lnOf("wallets"), "CREATE PROCEDURE pay(IN n BIGINT, IN who BIGINT) UPDATE wallets SET balance = balance + n WHERE user_id = who"),
			Run:   lnCall("CALL pay(3, ?)"), Want: []Want{{Kind: budget.WriteLoop, Parent: "wallets"}},
		},
		{
			Name: "learning2/call-postgres", Values: true, About: "CALL for each row", Systems: []string{"postgres"},
			Setup: append(lnOf("wallets"), "CREATE PROCEDURE pay(who BIGINT) LANGUAGE sql AS 'UPDATE wallets SET balance = balance + 1 WHERE user_id = who'"),
			Run:   lnCall("CALL pay(?)"), Want: []Want{{Kind: budget.WriteLoop, Parent: "wallets"}},
		},
		{
			Name: "learning2/key-with-prefix", About: "a key of a store, made of the id of each user: a lookup for each row",
			Setup: append(lnOf("users"), filled("kv", "k VARCHAR(40) PRIMARY KEY, v VARCHAR(40)", 14, func(i int) string { return fmt.Sprintf("'user:%d', 'v'", i) })...),
			Run:   lnKeyed("SELECT id, name FROM users ORDER BY points DESC LIMIT 9", "SELECT v FROM kv WHERE k = ?", "user:%d"),
			Want:  []Want{{Kind: budget.NPlusOne, Table: "kv", Parent: "users"}},
		},
		{
			Name: "learning2/path-of-id", Values: true, About: "a path made of the id of each cohort, an UPDATE for each",
			Setup: lnOf("cohorts files"), Run: lnKeyedWrite, Want: []Want{{Kind: budget.WriteLoop, Table: "files", Parent: "cohorts"}},
		},
		{
			Name: "learning2/two-goroutines-each", About: "two questions for each cohort at once, in goroutines of one function: one loop",
			Setup: lnOf("cohorts calendar enrolments"), Run: lnTwoEach,
			Want: []Want{{Kind: budget.NPlusOne, Table: "calendar", Parent: "cohorts", Also: []string{"SELECT"}}},
		},
		{Name: "learning2/literal-text", About: "the same slug as a literal and as an argument", Setup: lnOf("courses"), Want: []Want{csDup("courses")}, Run: lnBoth("SELECT title FROM courses WHERE slug = 'slug-4'", "SELECT title FROM courses WHERE slug = ?", "slug-4")},
		{Name: "learning2/literals", About: "the same text with a literal, twice", Setup: lnOf("courses"), Want: []Want{csDup("courses")}, Run: lnBoth("SELECT title FROM courses WHERE id = 4", "SELECT title FROM courses WHERE id = 4")},
		{Name: "learning2/other-literal", About: "a literal and another argument", Setup: lnOf("courses"), Run: lnBoth("SELECT title FROM courses WHERE id = 4", "SELECT title FROM courses WHERE id = ?", 5)},
		{Name: "learning2/in-read-only", About: "twice in a read-only transaction", Systems: csNoSQLite, Setup: lnOf("courses"), Want: []Want{csDup("courses")}, Run: lnInTx(true, false, true, true, false)},
		{Name: "learning2/read-only-then-pool", About: "in a read-only transaction, and by the pool after it", Systems: csNoSQLite, Setup: lnOf("courses"), Want: []Want{csDup("courses")}, Run: lnInTx(true, false, true, false, true)},
		{Name: "learning2/plain-tx-reads", About: "by the pool, and in a transaction that writes nothing", Setup: lnOf("courses"), Want: []Want{csDup("courses")}, Run: lnInTx(false, true, true, false, false)},
	}
	return append(loops,
		Case{Name: "learning2/edit-form-sql", Values: true, About: "the row for the form; what was typed is written", Setup: lnOf("courses"), Run: lnForm("SELECT title, price FROM courses WHERE id = ?", "UPDATE courses SET title = ?, price = ? WHERE id = ?", "Go for teams", 9900)},
		Case{Name: "learning2/edit-form-number", About: "only the price was typed", Setup: lnOf("courses"), Run: lnForm("SELECT title, price FROM courses WHERE id = ?", "UPDATE courses SET price = ? WHERE id = ?", 9900)},
		Case{Name: "learning2/edit-form-text", About: "only the title was typed", Setup: lnOf("courses"), Run: lnForm("SELECT title, price FROM courses WHERE id = ?", "UPDATE courses SET title = ? WHERE id = ?", "Go for teams")},
		Case{Name: "learning2/gorm-edit-text", About: "First, and Updates of the title that was typed", Setup: lnOf("courses"), Run: lnGORMForm(map[string]any{"title": "Go for teams"})},
		Case{Name: "learning2/gorm-edit-price", About: "First, and Updates of the price that was typed", Setup: lnOf("courses"), Run: lnGORMForm(map[string]any{"price": 9900})},
		Case{Name: "learning2/gorm-edit-struct", Values: true, About: "First, and Updates by a struct", Setup: lnOf("courses"), Run: lnGORMForm(lnCourse{Title: "Go for teams", Price: 9900})},
		Case{Name: "learning2/bun-edit-form", Values: true, About: "select, and an update of the columns that were typed", Setup: lnOf("courses"), Run: lnBunForm},
		Case{Name: "learning2/second-attempt", Values: true, About: "one attempt is there, three are allowed", Setup: lnOf("submissions"), Run: lnLimit(9, 10)},
		Case{Name: "learning2/limit-not-reached", About: "none is there, three are allowed; nothing of the count is written", Setup: lnOf("submissions"), Run: lnLimit(9, 99)},
	)
}

func lnStmtInTxCourses(ctx context.Context, e *Env) error {
	stmt, err := e.DB.PrepareContext(ctx, e.Q("SELECT id, title FROM lessons WHERE course_id = ?"))
	try(err)
	defer stmt.Close() //nolint:errcheck // the case is over
	tx, err := e.DB.BeginTx(ctx, nil)
	try(err)
	defer tx.Rollback() //nolint:errcheck // after a commit it does nothing
	for _, course := range ints(tx.QueryContext(ctx, "SELECT id, title FROM courses ORDER BY title DESC LIMIT 8")) {
		drain(tx.StmtContext(ctx, stmt).QueryContext(ctx, course))
	}
	return tx.Commit()
}

// lnPlural is a loop over rows of a table, whose key has a name of its own elsewhere.
func lnPlural(table, key string) Case {
	return Case{
		Name: "learning2/plural-" + table, About: "notes by " + key + " for each of the " + table,
		Setup: and(numbered(table, 8), filled("notes", "id BIGINT PRIMARY KEY, "+key+" BIGINT, body VARCHAR(20)", 16, func(i int) string { return fmt.Sprintf("%d, %d, 'note'", i, (i*3)%8+1) })),
		Run:   perRow("SELECT id, name FROM "+table+" ORDER BY n DESC", "SELECT id, body FROM notes WHERE "+key+" = ?"),
		Want:  []Want{{Kind: budget.NPlusOne, Table: "notes", Parent: table, Proven: true}},
	}
}

func lnTenantUsers(ctx context.Context, e *Env) (users []lnUser) {
	try(e.Bun().NewSelect().Model(&users).Column("id", "name").Where("tenant_id = ?", 2).Order("points DESC").Scan(ctx))
	return users
}

func lnBunPlainInsert(ctx context.Context, e *Env) error {
	for _, u := range lnTenantUsers(ctx, e) {
		n := lnNotification{UserID: u.ID, Kind: "news", Body: "hello"}
		if _, err := e.Bun().NewInsert().Model(&n).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

func lnDerivedText(ctx context.Context, e *Env) error {
	rows, err := e.DB.QueryContext(ctx, e.Q("SELECT id, name FROM users WHERE tenant_id = ? ORDER BY points DESC"), 2)
	try(err)
	var users []lnUser
	for rows.Next() {
		var u lnUser
		try(rows.Scan(&u.ID, &u.Name))
		users = append(users, u)
	}
	try(rows.Close())
	for _, u := range users {
		done(e.DB.ExecContext(ctx, e.Q("INSERT INTO notifications (user_id, kind, body, seen) VALUES (?, ?, ?, 0)"), u.ID, "news", "hello "+u.Name))
	}
	return nil
}

func lnGORMDerivedText(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	var users []lnUser
	try(g.Where("tenant_id = ?", 2).Order("points DESC").Find(&users).Error)
	for _, u := range users {
		try(g.Create(&lnNotification{UserID: u.ID, Kind: "news", Body: "hello " + u.Name}).Error)
	}
	return nil
}

func lnBunOwnKey(ctx context.Context, e *Env) error {
	for _, u := range lnTenantUsers(ctx, e) {
		c := lnCertificate{Code: fmt.Sprintf("bun-%d-x", u.ID*7), UserID: u.ID, CourseID: 88, State: "valid"}
		if _, err := e.Bun().NewInsert().Model(&c).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

func lnBunUpdateEach(ctx context.Context, e *Env) error {
	for _, u := range lnTenantUsers(ctx, e) {
		_, err := e.Bun().NewUpdate().Model(&u).Set("email = ?", fmt.Sprintf("%s@new.example.com", u.Name)).WherePK().Exec(ctx)
		try(err)
	}
	return nil
}

func lnCall(call string) func(context.Context, *Env) error {
	return func(ctx context.Context, e *Env) error {
		for _, id := range ints(e.DB.QueryContext(ctx, "SELECT user_id, version FROM wallets WHERE balance > 9005 ORDER BY balance DESC")) {
			done(e.DB.ExecContext(ctx, e.Q(call), id))
		}
		return nil
	}
}

func lnKeyed(list, query, format string) func(context.Context, *Env) error {
	return func(ctx context.Context, e *Env) error {
		for _, id := range ints(e.DB.QueryContext(ctx, list)) {
			drain(e.DB.QueryContext(ctx, e.Q(query), fmt.Sprintf(format, id)))
		}
		return nil
	}
}

func lnKeyedWrite(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id, name FROM cohorts ORDER BY name DESC")) {
		done(e.DB.ExecContext(ctx, e.Q("UPDATE files SET bytes = 0 WHERE path = ?"), fmt.Sprintf("/m/%d.mp4", id)))
	}
	return nil
}

func lnTwoEach(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id, name FROM cohorts ORDER BY name DESC")) {
		g, gctx := errgroup.WithContext(ctx)
		g.Go(func() error {
			drain(e.DB.QueryContext(gctx, e.Q("SELECT title, starts_at FROM calendar WHERE cohort_id = ?"), id))
			return nil
		})
		g.Go(func() error {
			drain(e.DB.QueryContext(gctx, e.Q("SELECT user_id, progress FROM enrolments WHERE cohort_id = ?"), id))
			return nil
		})
		if err := g.Wait(); err != nil {
			return err
		}
	}
	return nil
}

// lnBoth sends one statement without arguments, and one with them.
func lnBoth(first, second string, args ...any) func(context.Context, *Env) error {
	return func(ctx context.Context, e *Env) error {
		drain(e.DB.QueryContext(ctx, first))
		drain(e.DB.QueryContext(ctx, e.Q(second), args...))
		return nil
	}
}

// lnInTx reads a course where it is told to: before, once or twice inside of, and after
// a transaction.
func lnInTx(readOnly, before, inside, again, after bool) func(context.Context, *Env) error {
	return func(ctx context.Context, e *Env) error {
		s := lnOpen(e)
		load := func(ctx context.Context, now bool) {
			if now {
				var title string
				one(s.db(ctx).QueryRowContext(ctx, s.q("SELECT title FROM courses WHERE slug = ?"), "slug-2"), &title)
			}
		}
		load(ctx, before)
		err := s.inTx(ctx, &sql.TxOptions{ReadOnly: readOnly}, func(ctx context.Context) error {
			load(ctx, inside)
			load(ctx, again)
			return nil
		})
		load(ctx, after)
		return err
	}
}

func lnForm(read, write string, typed ...any) func(context.Context, *Env) error {
	return func(ctx context.Context, e *Env) error {
		var title string
		var price int64
		one(e.DB.QueryRowContext(ctx, e.Q(read), 6), &title, &price)
		done(e.DB.ExecContext(ctx, e.Q(write), append(typed[:len(typed):len(typed)], 6)...))
		return nil
	}
}

func lnGORMForm(typed any) func(context.Context, *Env) error {
	return func(ctx context.Context, e *Env) error {
		g := e.GORM().WithContext(ctx)
		var c lnCourse
		try(g.First(&c, 6).Error)
		return g.Model(&c).Updates(typed).Error
	}
}

func lnBunForm(ctx context.Context, e *Env) error {
	c := lnCourse{ID: 6}
	try(e.Bun().NewSelect().Model(&c).WherePK().Scan(ctx))
	c.Title, c.Price = "Go for teams", 9900
	_, err := e.Bun().NewUpdate().Model(&c).Column("title", "price").WherePK().Exec(ctx)
	return err
}

// lnLimit hands in a text, if fewer than three are there.
func lnLimit(lesson, user int64) func(context.Context, *Env) error {
	return func(ctx context.Context, e *Env) error {
		var n int64
		one(e.DB.QueryRowContext(ctx, e.Q("SELECT count(*) FROM submissions WHERE lesson_id = ? AND user_id = ?"), lesson, user), &n)
		if n >= 3 {
			return errors.New("no attempt is left")
		}
		done(e.DB.ExecContext(ctx, e.Q("INSERT INTO submissions (lesson_id, user_id, body, state, score) VALUES (?, ?, 'text', 'new', 0)"), lesson, user))
		return nil
	}
}
