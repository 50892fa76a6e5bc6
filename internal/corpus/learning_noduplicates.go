package corpus

import (
	"context"
	"database/sql"

	"gorm.io/gorm"
)

// lnNoDuplicateCases look like duplicates.
func lnNoDuplicateCases() []Case {
	return []Case{
		{Name: "learning/read-update-read", About: "an UPDATE of the table is in between", Setup: lnOf("enrolments"), Run: lnReadUpdateRead},
		{
			Name: "learning/function-between", About: "a SELECT of a function that writes is in between", Systems: []string{"postgres"},
			Setup: append(lnOf("courses"), "CREATE FUNCTION recalc(c BIGINT) RETURNS BIGINT LANGUAGE sql AS 'UPDATE courses SET taken = taken + 1 WHERE id = c RETURNING taken'"),
			Run:   lnFunctionBetween,
		},
		{Name: "learning/then-for-update", About: "the row is looked at, and then locked", Systems: csNoSQLite, Setup: lnOf("cohorts"), Run: lnThenForUpdate},
		{Name: "learning/poll-render", Values: true, About: "the state of a job is asked until another one has done it", Setup: lnOf("jobs"), Run: lnPoll},
		{Name: "learning/count-and-row", About: "how many threads there are, and the threads", Setup: lnOf("threads"), Run: lnCountAndRow},
		{Name: "learning/clock", About: "the database's clock, before and after", Setup: lnOf("flags"), Run: lnClock},
		{Name: "learning/pages", About: "pages of a list", Setup: lnOf("posts"), Run: lnPages},
		{Name: "learning/two-tenants", About: "the courses of two tenants", Setup: lnOf("courses"), Run: lnTwoTenants},
		{Name: "learning/recheck-in-tx", About: "looked at outside, and again in the transaction that writes", Systems: csNoSQLite, Setup: lnOf("cohorts enrolments"), Run: lnRecheck},
		{Name: "learning/optimistic-retry", About: "an UPDATE with a version that hit nothing, and the row is read again", Setup: lnOf("courses"), Run: lnOptimisticRetry},
		{
			Name: "learning/row-level-security", About: "set_config changes what the policy shows", Systems: []string{"postgres"},
			Setup: lnOf("courses"), Run: lnRLS,
		},
		{
			Name: "learning/call-between", About: "a CALL is in between", Systems: []string{"mysql"},
			Setup: append(lnOf("wallets"), "CREATE PROCEDURE settle(IN who BIGINT) UPDATE wallets SET balance = balance - 5 WHERE user_id = who"), Run: lnCallBetween,
		},
		{Name: "learning/gorm-save-between", About: "First, Update, First", Setup: lnOf("courses"), Run: lnGORMSaveBetween},
		{Name: "learning/upsert-between", About: "an upsert is in between", Setup: lnOf("grades"), Run: lnUpsertBetween},
		{Name: "learning/deleted-too", About: "a user who is not deleted, and then one who may be: two questions", Setup: lnOf("users"), Run: lnDeletedToo},
		{Name: "learning/random-questions", About: "two draws", Setup: lnOf("questions"), Run: lnDraws},
		{
			Name: "learning/cascade", About: "the course is deleted, and its chapters with it by the foreign key", Systems: csNoSQLite,
			Setup: append(lnOf("courses"), "CREATE TABLE chapters (id BIGINT PRIMARY KEY, course_id BIGINT, title VARCHAR(40), FOREIGN KEY (course_id) REFERENCES courses (id) ON DELETE CASCADE)", "INSERT INTO chapters VALUES (1, 4, 'a'), (2, 4, 'b')"),
			Run:   lnCascade,
		},
		{
			Name: "learning/trigger", About: "a trigger counts the replies when a post is written, and the number that is shown has changed", Systems: []string{"sqlite", "mysql"},
			Setup: append(lnOf("threads posts"), "CREATE TRIGGER counted AFTER INSERT ON posts FOR EACH ROW BEGIN UPDATE threads SET replies = replies + 1 WHERE id = NEW.thread_id; END"),
			Run:   lnTrigger,
		},
		{Name: "learning/self-join", About: "a post, and its parent by the same statement", Setup: lnOf("posts"), Run: lnParentPost},
		{Name: "learning/next-job", About: "the same question for the next job, after each was done", Setup: lnOf("jobs"), Run: lnNextJob},
		{Name: "learning/json-prefs", About: "the preferences are merged, written and read back", Setup: lnOf("users"), Run: lnPrefs},
	}
}

func lnProgress(ctx context.Context, e *Env, id int64) (n int64) {
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT progress FROM enrolments WHERE id = ?"), id), &n)
	return n
}

func lnReadUpdateRead(ctx context.Context, e *Env) error {
	lnProgress(ctx, e, 8)
	done(e.DB.ExecContext(ctx, e.Q("UPDATE enrolments SET progress = progress + ? WHERE id = ?"), 10, 8))
	lnProgress(ctx, e, 8)
	return nil
}

func lnTaken(ctx context.Context, e *Env, id int64) (n int64) {
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT taken FROM courses WHERE id = ?"), id), &n)
	return n
}

func lnFunctionBetween(ctx context.Context, e *Env) error {
	lnTaken(ctx, e, 6)
	var n int64
	one(e.DB.QueryRowContext(ctx, "SELECT recalc($1)", 6), &n)
	lnTaken(ctx, e, 6)
	return nil
}

func lnThenForUpdate(ctx context.Context, e *Env) error {
	r := lnCohorts{lnOpen(e)}
	if c := r.Load(ctx, 3); c.joined >= c.capacity {
		return nil
	}
	return r.inTx(ctx, nil, func(ctx context.Context) error {
		var c lnCohort
		one(r.db(ctx).QueryRowContext(ctx, r.q("SELECT capacity, joined, starts_at FROM cohorts WHERE id = ? FOR UPDATE"), 3), &c.capacity, &c.joined, &c.startsAt)
		done(r.db(ctx).ExecContext(ctx, r.q("UPDATE cohorts SET joined = joined + 1 WHERE id = ?"), 3))
		return nil
	})
}

func lnPoll(ctx context.Context, e *Env) error {
	for i := 0; ; i++ {
		var state string
		one(e.DB.QueryRowContext(ctx, e.Q("SELECT state FROM jobs WHERE id = ?"), 5), &state)
		if state == "done" || i > 9 {
			return nil
		}
		if i == 3 {
			csElse(e, "UPDATE jobs SET state = 'done' WHERE id = ?", 5)
		}
	}
}

func lnCountAndRow(ctx context.Context, e *Env) error {
	lnFrom("count(*)", "threads").where("course_id = ?", 8).count(ctx, e)
	drain(e.DB.QueryContext(ctx, e.Q("SELECT id, title FROM threads WHERE course_id = ?"), 8))
	return nil
}

func lnClock(ctx context.Context, e *Env) error {
	for range 2 {
		var at any
		one(e.DB.QueryRowContext(ctx, "SELECT CURRENT_TIMESTAMP, percent FROM flags WHERE name = 'flag-1'"), &at, new(int64))
	}
	return nil
}

func lnPages(ctx context.Context, e *Env) error {
	for page := range 3 {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT id, body FROM posts ORDER BY id LIMIT 5 OFFSET ?"), 5*page))
	}
	return nil
}

func lnTwoTenants(ctx context.Context, e *Env) error {
	for _, tenant := range []int64{1, 2} {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT id, title FROM courses WHERE tenant_id = ? AND state = 'live'"), tenant))
	}
	return nil
}

func lnRecheck(ctx context.Context, e *Env) error {
	r := lnCohorts{lnOpen(e)}
	if c := r.Load(ctx, 2); c.joined >= c.capacity {
		return nil
	}
	return r.inTx(ctx, &sql.TxOptions{Isolation: sql.LevelSerializable}, func(ctx context.Context) error {
		if c := r.Load(ctx, 2); c.joined < c.capacity {
			done(r.db(ctx).ExecContext(ctx, r.q("UPDATE enrolments SET cohort_id = ? WHERE id = ?"), 2, 19))
		}
		return nil
	})
}

func lnOptimisticRetry(ctx context.Context, e *Env) error {
	for attempt := range 3 {
		var seats, version int64
		one(e.DB.QueryRowContext(ctx, e.Q("SELECT seats, version FROM courses WHERE id = ?"), 4), &seats, &version)
		if attempt == 0 {
			csElse(e, "UPDATE courses SET version = version + 1 WHERE id = ?", 4)
		}
		if done(e.DB.ExecContext(ctx, e.Q("UPDATE courses SET seats = ?, version = version + 1 WHERE id = ? AND version = ?"), seats-1, 4, version)) == 1 {
			break
		}
	}
	return nil
}

func lnRLS(ctx context.Context, e *Env) error {
	conn, err := e.DB.Conn(ctx)
	try(err)
	defer conn.Close() //nolint:errcheck // the case is over
	for _, tenant := range []string{"1", "2"} {
		drain(conn.QueryContext(ctx, "SELECT set_config('app.tenant', $1, false)", tenant))
		drain(conn.QueryContext(ctx, "SELECT id, title FROM courses WHERE state = 'live'"))
	}
	return nil
}

func lnBalance(ctx context.Context, e *Env, user int64) (n int64) {
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT balance FROM wallets WHERE user_id = ?"), user), &n)
	return n
}

func lnCallBetween(ctx context.Context, e *Env) error {
	lnBalance(ctx, e, 12)
	done(e.DB.ExecContext(ctx, "CALL settle(?)", 12))
	lnBalance(ctx, e, 12)
	return nil
}

func lnGORMSaveBetween(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	var before, after lnCourse
	try(g.First(&before, 3).Error)
	try(g.Model(&before).Updates(map[string]any{"title": "new title", "price": 100}).Error)
	return g.First(&after, 3).Error
}

func lnUpsertBetween(ctx context.Context, e *Env) error {
	points := func() (n int64) {
		one(e.DB.QueryRowContext(ctx, e.Q("SELECT points FROM grades WHERE user_id = ? AND course_id = ?"), 5, 6), &n)
		return n
	}
	points()
	done(e.DB.ExecContext(ctx, e.Q("INSERT INTO grades (user_id, course_id, points, n) VALUES (?, ?, ?, 1)"+lnUpsert(e, "user_id, course_id", "points")), 5, 6, 88))
	points()
	return nil
}

func lnDeletedToo(ctx context.Context, e *Env) error {
	var name string
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT name FROM users WHERE email = ? AND deleted_at IS NULL"), "nobody@example.com"), &name)
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT name FROM users WHERE email = ?"), "nobody@example.com"), &name)
	return nil
}

func lnDraws(ctx context.Context, e *Env) error {
	random := map[string]string{"mysql": "rand()"}[e.System]
	if random == "" {
		random = "random()"
	}
	for range 2 {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT id, body FROM questions WHERE weight = ? ORDER BY "+random+" LIMIT 3"), 2))
	}
	return nil
}

func lnCascade(ctx context.Context, e *Env) error {
	chapters := func() int {
		return drain(e.DB.QueryContext(ctx, e.Q("SELECT id, title FROM chapters WHERE course_id = ?"), 4))
	}
	chapters()
	done(e.DB.ExecContext(ctx, e.Q("DELETE FROM courses WHERE id = ?"), 4))
	chapters()
	return nil
}

func lnTrigger(ctx context.Context, e *Env) error {
	replies := func() (n int64) {
		one(e.DB.QueryRowContext(ctx, e.Q("SELECT replies FROM threads WHERE id = ?"), 7), &n)
		return n
	}
	replies()
	done(e.DB.ExecContext(ctx, e.Q("INSERT INTO posts (thread_id, author_id, body) VALUES (?, ?, 'text')"), 7, 3))
	replies()
	return nil
}

func lnParentPost(ctx context.Context, e *Env) error {
	load := func(id int64) (parent int64) {
		var body string
		one(e.DB.QueryRowContext(ctx, e.Q("SELECT parent_id, body FROM posts WHERE id = ?"), id), &parent, &body)
		return parent
	}
	load(load(21))
	return nil
}

func lnNextJob(ctx context.Context, e *Env) error {
	for {
		var id int64
		if !one(e.DB.QueryRowContext(ctx, "SELECT id FROM jobs WHERE state = 'new' ORDER BY id LIMIT 1"), &id) {
			return nil
		}
		done(e.DB.ExecContext(ctx, e.Q("UPDATE jobs SET state = 'done' WHERE id = ? AND state = 'new'"), id))
	}
}

func lnPrefs(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	read := func() (prefs string) {
		try(g.Table("users").Where("id = ?", 6).Select("prefs").Scan(&prefs).Error)
		return prefs
	}
	merge := map[string]any{"sqlite": gorm.Expr("json_patch(prefs, ?)", `{"push":1}`), "mysql": gorm.Expr("JSON_MERGE_PATCH(prefs, ?)", `{"push":1}`), "postgres": gorm.Expr("(prefs::jsonb || ?::jsonb)::text", `{"push":1}`)}[e.System]
	read()
	try(g.Table("users").Where("id = ?", 6).Update("prefs", merge).Error)
	read()
	return nil
}
