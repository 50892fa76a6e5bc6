package corpus

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/querybudget/querybudget/budget"
)

// lnFreshCases are patterns that the first ones lack.
func lnFreshCases() []Case {
	nplus := func(table, parent string) Want { return Want{Kind: budget.NPlusOne, Table: table, Parent: parent} }
	onlyPostgres, onlyMySQL := []string{"postgres"}, []string{"mysql"}
	byID := "SELECT title, taken FROM courses WHERE id = ?"
	cases := []Case{
		{Name: "learning2/key-pairs", About: "both key columns of a grade come from each row", Setup: lnOf("enrolments grades"), Run: lnKeyPairs, Want: []Want{nplus("grades", "enrolments")}},
		{Name: "learning2/useless-cache", About: "a map caches authors, but there are eight of them for eight threads", Setup: lnOf("threads users"), Run: lnUselessCache, Want: []Want{nplus("users", "threads")}},
		{Name: "learning2/two-loops", About: "two loops one after the other over one list, in two functions: each is a loop of its own", Setup: lnOf("courses lessons enrolments"), Run: lnTwoLoops, Want: []Want{nplus("lessons", "courses"), nplus("enrolments", "courses")}},
		{Name: "learning2/loop-in-loop", About: "the lessons of each of five courses, and the file of each lesson: the inner loop goes through lessons", Setup: lnOf("courses lessons files"), Run: lnLoopInLoop, Want: []Want{nplus("lessons", "courses"), nplus("files", "lessons")}},
		{Name: "learning2/polymorphic", Values: true, About: "one in two notifications is about a course, the others about a thread: two statements of one loop", Setup: append(lnOf("courses threads"), lnTargets()...), Run: lnPolymorphic, Want: []Want{{Kind: budget.NPlusOne, Table: "courses", Parent: "targets", Also: []string{"SELECT"}}}},
		{Name: "learning2/template", About: "a template calls a method that asks for the author of each thread", Setup: lnOf("threads users"), Run: lnTemplate, Want: []Want{{Kind: budget.NPlusOne, Func: "Author", Table: "users", Parent: "threads"}}},
		{Name: "learning2/marshaler", About: "MarshalJSON asks for the author of each thread", Setup: lnOf("threads users"), Run: lnMarshal, Want: []Want{{Kind: budget.NPlusOne, Func: "MarshalJSON", Table: "users", Parent: "threads"}}},
		{Name: "learning2/comparator", Values: true, About: "a comparison of a sort asks for the points of both: keys repeat, it is a loop", Setup: lnOf("threads users"), Run: lnComparator, Want: []Want{nplus("users", "threads")}},
		{Name: "learning2/tx-per-read", About: "a read-only transaction of its own for each cohort", Systems: csNoSQLite, Setup: lnOf("cohorts calendar"), Run: lnTxPerRead, Want: []Want{nplus("calendar", "cohorts")}},
		{Name: "learning2/parallel-inserts", About: "a goroutine inserts for each cohort", Systems: csNoSQLite, Setup: lnOf("cohorts calendar"), Run: lnParallelInserts, Want: []Want{{Kind: budget.WriteLoop, Table: "calendar", Parent: "cohorts"}}},
		{Name: "learning2/open-rows-of-two", About: "two rows are open, and another table is asked for each: too few for a loop, but two connections", Systems: csNoSQLite, Setup: lnOf("cohorts calendar"), Run: lnOpenRows, Want: []Want{{Kind: budget.NestedQuery, Table: "calendar"}}},
		// Duplicates.
		{Name: "learning2/in-other-order", About: "the same list of keys in another order", Setup: lnOf("users"), Run: lnSequence("SELECT id, name FROM users WHERE id IN (?, ?)", 3, 5, ";", "SELECT id, name FROM users WHERE id IN (?, ?)", 5, 3), Want: []Want{csDup("users")}},
		{Name: "learning2/trace-comments", About: "a comment with a span's id is all that differs", Setup: lnOf("courses"), Run: lnSequence("/* span=7f31 */ "+byID, 4, ";", "/* span=91ab */ "+byID, 4), Want: []Want{csDup("courses")}},
		{Name: "learning2/spelled-otherwise", About: "case and blanks are all that differs", Setup: lnOf("courses"), Run: lnSequence(byID, 4, ";", "select title, taken\n  from courses\n where id=?", 4), Want: []Want{csDup("courses")}},
		{Name: "learning2/with-alias", About: "the same row by an alias, other columns of it", Setup: lnOf("courses"), Run: lnSequence(byID, 4, ";", "SELECT c.price, c.slug FROM courses c WHERE c.id = ?", 4), Want: []Want{csDup("courses")}},
		{Name: "learning2/past-failed-insert", About: "an INSERT into another table that failed is in between", Setup: lnOf("courses tags"), Run: lnPastFailed, Want: []Want{csDup("courses")}},
		{Name: "learning2/list-then-one", About: "a list, and one of its rows in full", Setup: lnOf("courses"), Run: lnSequence("SELECT id, title FROM courses WHERE tenant_id = ?", 1, ";", byID, 4)},
		{Name: "learning2/by-mail-and-id", About: "a user by mail, and one by id", Setup: lnOf("users"), Run: lnSequence("SELECT id, name FROM users WHERE email = ?", "u3@example.com", ";", "SELECT locale FROM users WHERE id = ?", 3)},
		{Name: "learning2/nextval", About: "a sequence gives another number", Systems: onlyPostgres, Setup: []string{"CREATE SEQUENCE receipt"}, Run: lnSequence("SELECT nextval('receipt')", ";", "SELECT nextval('receipt')")},
		{Name: "learning2/truncate", About: "TRUNCATE is in between", Systems: csNoSQLite, Setup: lnOf("ledger"), Run: lnSequence("SELECT count(*) FROM ledger WHERE user_id = ?", 3, ";", "!TRUNCATE TABLE ledger", ";", "SELECT count(*) FROM ledger WHERE user_id = ?", 3)},
		{Name: "learning2/joined-update", About: "an UPDATE of two joined tables is in between", Systems: onlyMySQL, Setup: lnOf("courses enrolments"), Run: lnSequence(byID, 4, ";", "!UPDATE enrolments e JOIN courses c ON c.id = e.course_id SET c.taken = c.taken + 1 WHERE e.id = ?", 3, ";", byID, 4)},
		{Name: "learning2/writing-cte", About: "a SELECT whose CTE updates is in between", Systems: onlyPostgres, Setup: lnOf("courses"), Run: lnSequence(byID, 4, ";", "WITH x AS (UPDATE courses SET taken = taken + 1 WHERE id = ? RETURNING taken) SELECT taken FROM x", 4, ";", byID, 4)},
		{Name: "learning2/view", Values: true, About: "a view is read, its table updated, the view read again", Setup: append(lnOf("courses"), "CREATE VIEW live_courses AS SELECT id, title, taken FROM courses WHERE state = 'live'"), Run: lnSequence("SELECT taken FROM live_courses WHERE id = ?", 4, ";", "!UPDATE courses SET taken = taken + 1 WHERE id = ?", 4, ";", "SELECT taken FROM live_courses WHERE id = ?", 4)},
		{Name: "learning2/materialized", About: "the view is made anew", Systems: onlyPostgres, Setup: append(lnOf("courses"), "CREATE MATERIALIZED VIEW ranking AS SELECT id, taken FROM courses"), Run: lnSequence("SELECT taken FROM ranking WHERE id = ?", 4, ";", "!REFRESH MATERIALIZED VIEW ranking", ";", "SELECT taken FROM ranking WHERE id = ?", 4)},
		{Name: "learning2/rolled-back", About: "an UPDATE that a savepoint takes back is in between", Setup: lnOf("courses"), Run: lnRolledBack},
		{Name: "learning2/set-role", About: "SET ROLE is in between", Systems: onlyPostgres, Setup: lnOf("courses"), Run: lnSetRole},
	}
	return append(cases,
		Case{Name: "learning2/mail-then-id", Values: true, About: "read by mail, the points computed in Go and written by id", Setup: lnOf("users"), Run: lnSequence("SELECT id, points FROM users WHERE email = ?", "u8@example.com", ";", "!UPDATE users SET points = ? WHERE id = ?", 145, 8), Want: csLost("users")},
		Case{Name: "learning2/sum-elsewhere", About: "a sum of submissions is stored with the user: another table", Setup: lnOf("users submissions"), Run: lnSequence("SELECT sum(score) FROM submissions WHERE user_id = ?", 4, ";", "!UPDATE users SET points = ? WHERE id = ?", 130, 4)},
		Case{Name: "learning2/insert-ignore", About: "INSERT IGNORE", Systems: onlyMySQL, Setup: lnOf("tags"), Run: lnSequence("SELECT id FROM tags WHERE name = ?", "net", ";", "!INSERT IGNORE INTO tags (name) VALUES (?)", "net")},
		Case{Name: "learning2/lower-mail", About: "looked for by lower(), and inserted: the very row", Setup: lnOf("users"), Run: lnSequence("SELECT id FROM users WHERE lower(email) = lower(?)", "New@Example.org", ";", "!INSERT INTO users (tenant_id, name, email, points) VALUES (1, ?, ?, 0)", "new", "new@example.org"), Want: csRace("users")},
		Case{Name: "learning2/lock-of-nothing", About: "FOR UPDATE of a row that is not there locks nothing in PostgreSQL", Systems: onlyPostgres, Setup: lnOf("tags"), Run: lnLockOfNothing, Want: csRace("tags")},
		Case{Name: "learning2/look-then-link", About: "a tag is looked for, and another one is linked: another row of another table", Setup: lnOf("tags course_tags"), Run: lnSequence("SELECT id FROM tags WHERE name = ?", "net", ";", "!INSERT INTO course_tags SELECT 3, t.id FROM tags t WHERE t.name = ?", "tag 3")},
	)
}

func lnTargets() []string {
	return filled("targets", "id BIGINT PRIMARY KEY, kind VARCHAR(10), target_id BIGINT", 12, func(i int) string {
		return fmt.Sprintf("%d, '%s', %d", i, []string{"course", "thread"}[i%2], 8-(i-1)/2)
	})
}

// lnSequence sends statements that ";" divides; "!" marks those without rows.
func lnSequence(parts ...any) func(context.Context, *Env) error {
	return func(ctx context.Context, e *Env) error {
		for rest := parts; len(rest) > 0; {
			n := slices.Index(rest, any(";"))
			if n < 0 {
				n = len(rest)
			}
			query, args := rest[0].(string), rest[1:n]
			if query[0] == '!' {
				done(e.DB.ExecContext(ctx, e.Q(query[1:]), args...))
			} else {
				drain(e.DB.QueryContext(ctx, e.Q(query), args...))
			}
			rest = rest[min(n+1, len(rest)):]
		}
		return nil
	}
}

func lnKeyPairs(ctx context.Context, e *Env) error {
	for _, en := range pairs(e.DB.QueryContext(ctx, "SELECT user_id, course_id FROM enrolments WHERE state = 'active' ORDER BY progress DESC LIMIT 9")) {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT points, n FROM grades WHERE course_id = ? AND user_id = ?"), en[1], en[0]))
	}
	return nil
}

func lnUselessCache(ctx context.Context, e *Env) error {
	cache, names := map[int64]string{}, lnSQLNames{lnOpen(e)}
	for _, t := range pairs(e.DB.QueryContext(ctx, "SELECT id, author_id FROM threads ORDER BY title DESC")) {
		if _, is := cache[t[1]]; !is {
			cache[t[1]] = names.ByID(ctx, t[1])
		}
	}
	return nil
}

func lnTwoLoops(ctx context.Context, e *Env) error {
	s := lnOpen(e)
	ids := ints(e.DB.QueryContext(ctx, "SELECT id, title FROM courses ORDER BY title DESC"))
	count := func(of func(context.Context, int64) int64) (sum int64) {
		for _, id := range ids {
			sum += of(ctx, id)
		}
		return sum
	}
	count(s.lessonsOf)
	count(func(ctx context.Context, id int64) int64 { return int64(len(s.learnersOf(ctx, id))) })
	return nil
}

func lnLoopInLoop(ctx context.Context, e *Env) error {
	s := lnOpen(e)
	for _, course := range ints(e.DB.QueryContext(ctx, "SELECT id, title FROM courses ORDER BY title DESC LIMIT 5")) {
		for _, lesson := range ints(e.DB.QueryContext(ctx, e.Q("SELECT id, title FROM lessons WHERE course_id = ? ORDER BY position"), course)) {
			s.render(ctx, lesson)
		}
	}
	return nil
}

func lnPolymorphic(ctx context.Context, e *Env) error {
	rows, err := e.DB.QueryContext(ctx, "SELECT kind, target_id FROM targets ORDER BY id")
	try(err)
	type target struct {
		kind string
		id   int64
	}
	var all []target
	for rows.Next() {
		var t target
		try(rows.Scan(&t.kind, &t.id))
		all = append(all, t)
	}
	try(rows.Close())
	for _, t := range all {
		if t.kind == "course" {
			drain(e.DB.QueryContext(ctx, e.Q("SELECT title, slug FROM courses WHERE id = ?"), t.id))
		} else {
			drain(e.DB.QueryContext(ctx, e.Q("SELECT title, replies FROM threads WHERE id = ?"), t.id))
		}
	}
	return nil
}

// lnLazy is a thread that asks for its author when it is needed.
type lnLazy struct {
	ID, AuthorID int64
	names        lnNames
	ctx          context.Context //nolint:containedctx // a template has none
}

func (l lnLazy) Author() string {
	s := l.names.(lnSQLNames)
	var name string
	one(s.db(l.ctx).QueryRowContext(l.ctx, s.q("SELECT name FROM users WHERE id = ?"), l.AuthorID), &name)
	return name
}

func (l lnLazy) MarshalJSON() ([]byte, error) {
	s := l.names.(lnSQLNames)
	var name string
	one(s.db(l.ctx).QueryRowContext(l.ctx, s.q("SELECT name FROM users WHERE id = ?"), l.AuthorID), &name)
	return json.Marshal(map[string]any{"id": l.ID, "author": name})
}

func lnLazyThreads(ctx context.Context, e *Env) (out []lnLazy) {
	for _, t := range pairs(e.DB.QueryContext(ctx, "SELECT id, author_id FROM threads ORDER BY title DESC")) {
		out = append(out, lnLazy{t[0], t[1], lnSQLNames{lnOpen(e)}, ctx})
	}
	return out
}

func lnTemplate(ctx context.Context, e *Env) error {
	t := template.Must(template.New("").Parse("{{range .}}<li>{{.Author}}</li>{{end}}"))
	return t.Execute(io.Discard, lnLazyThreads(ctx, e))
}

func lnMarshal(ctx context.Context, e *Env) error {
	return json.NewEncoder(io.Discard).Encode(lnLazyThreads(ctx, e))
}

func lnComparator(ctx context.Context, e *Env) error {
	threads := pairs(e.DB.QueryContext(ctx, "SELECT id, author_id FROM threads ORDER BY title"))
	points := func(user int64) (n int64) {
		one(e.DB.QueryRowContext(ctx, e.Q("SELECT points FROM users WHERE id = ?"), user), &n)
		return n
	}
	slices.SortFunc(threads, func(a, b [2]int64) int { return int(points(a[1]) - points(b[1])) })
	return nil
}

func lnTxPerRead(ctx context.Context, e *Env) error {
	s := lnOpen(e)
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id, name FROM cohorts ORDER BY name DESC")) {
		try(s.inTx(ctx, &sql.TxOptions{ReadOnly: true}, func(ctx context.Context) error {
			drain(s.db(ctx).QueryContext(ctx, s.q("SELECT title, starts_at FROM calendar WHERE cohort_id = ?"), id))
			return nil
		}))
	}
	return nil
}

func lnParallelInserts(ctx context.Context, e *Env) error {
	g, gctx := errgroup.WithContext(ctx)
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id, name FROM cohorts ORDER BY name DESC")) {
		g.Go(func() error {
			_, err := e.DB.ExecContext(gctx, e.Q("INSERT INTO calendar (cohort_id, title, starts_at, ends_at) VALUES (?, ?, ?, ?)"), id, "exam", 100, 160)
			return err
		})
	}
	return g.Wait()
}

func lnOpenRows(ctx context.Context, e *Env) error {
	rows, err := e.DB.QueryContext(ctx, "SELECT id FROM cohorts ORDER BY name DESC LIMIT 2")
	try(err)
	defer rows.Close() //nolint:errcheck // rows.Err says it
	for rows.Next() {
		var id int64
		try(rows.Scan(&id))
		var n int64
		one(e.DB.QueryRowContext(ctx, e.Q("SELECT count(*) FROM calendar WHERE cohort_id = ?"), id), &n)
	}
	return rows.Err()
}

func lnPastFailed(ctx context.Context, e *Env) error {
	lnTaken(ctx, e, 3)
	if _, err := e.DB.ExecContext(ctx, e.Q("INSERT INTO tags (name) VALUES (?)"), "tag 2"); err == nil {
		return fmt.Errorf("it is there twice")
	}
	lnTaken(ctx, e, 3)
	return nil
}

func lnRolledBack(ctx context.Context, e *Env) error {
	s := lnOpen(e)
	return s.inTx(ctx, nil, func(ctx context.Context) error {
		taken := func() { drain(s.db(ctx).QueryContext(ctx, s.q("SELECT taken FROM courses WHERE id = ?"), 4)) }
		exec := func(text string) {
			_, err := s.db(ctx).ExecContext(ctx, text)
			try(err)
		}
		taken()
		exec("SAVEPOINT s1")
		exec("UPDATE courses SET taken = taken + 1 WHERE id = 4")
		exec("ROLLBACK TO SAVEPOINT s1")
		taken()
		return nil
	})
}

func lnSetRole(ctx context.Context, e *Env) error {
	conn, err := e.DB.Conn(ctx)
	try(err)
	defer conn.Close() //nolint:errcheck // the case is over
	for range 2 {
		drain(conn.QueryContext(ctx, "SELECT id, title FROM courses WHERE state = 'live'"))
		if _, err := conn.ExecContext(ctx, "SET ROLE postgres"); err != nil {
			return err
		}
	}
	_, err = conn.ExecContext(ctx, "RESET ROLE")
	return err
}

func lnLockOfNothing(ctx context.Context, e *Env) error {
	s := lnOpen(e)
	return s.inTx(ctx, nil, func(ctx context.Context) error {
		if drain(s.db(ctx).QueryContext(ctx, s.q("SELECT id FROM tags WHERE name = ? FOR UPDATE"), "net")) == 0 {
			done(s.db(ctx).ExecContext(ctx, s.q("INSERT INTO tags (name) VALUES (?)"), "net"))
		}
		return nil
	})
}
