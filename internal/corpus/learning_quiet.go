package corpus

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"
)

// lnQuietCases are handlers as they should be, with a trap each.
func lnQuietCases() []Case {
	return []Case{
		{Name: "learning/course-page", About: "five tables, and three users for different reasons: author, mentor and viewer", Setup: lnOf("sessions courses users lessons enrolments"), Run: lnCoursePage},
		{Name: "learning/checkout", About: "a locked wallet, two ledger rows of different kinds, a payment, an enrolment", Systems: csNoSQLite, Setup: lnOf("courses wallets ledger payments enrolments outbox"), Run: lnCheckout},
		{Name: "learning/digest", About: "the mails of a digest come from one joined list, the sends are marked by one UPDATE", Setup: lnOf("users notifications"), Run: lnDigest},
		{Name: "learning/render-jobs", About: "a worker claims, renders and finishes one job after another", Setup: lnOf("jobs"), Run: lnRenderJobs},
		{Name: "learning/export", About: "six pages by keyset", Setup: lnOf("enrolments"), Run: lnExport},
		{Name: "learning/reindex", About: "chunks of ids by IN, and an upsert of VALUES for each chunk", Setup: lnOf("lessons files"), Run: lnReindex},
		{Name: "learning/totals", About: "six counts of six tables", Setup: lnOf("users courses lessons enrolments threads posts"), Run: lnTotals},
		{Name: "learning/log-in", About: "a rate limit, the user by mail, a session, an audit row", Setup: lnOf("rate_limits users sessions audit"), Run: lnLogIn},
		{Name: "learning/event-sourcing", About: "events of a stream are loaded, one is appended; after a conflict both again", Setup: lnOf("events"), Run: lnEventSourcing},
		{Name: "learning/reorder-once", About: "drag and drop by one UPDATE with CASE, and the new list", Setup: lnOf("lessons"), Run: lnReorderOnce},
		{Name: "learning/recursive", About: "what a course needs by WITH RECURSIVE, and their titles by IN", Setup: lnOf("prerequisites courses"), Run: lnRecursive},
		{Name: "learning/loader", About: "a data loader whose batches are full", Setup: lnOf("threads posts users"), Run: lnLoaderFull},
		{Name: "learning/install", About: "a first start makes tables and indexes, and fills each with its rows", Run: lnInstall},
		{Name: "learning/faceted-list", About: "a page, its total, and three facets of the same filter", Setup: lnOf("courses"), Run: lnFacetedList},
	}
}

func lnCoursePage(ctx context.Context, e *Env) error {
	s := lnSessions{lnOpen(e)}
	viewer := s.User(ctx, "tok-6")
	var course, author int64
	var title string
	one(s.db(ctx).QueryRowContext(ctx, s.q("SELECT id, author_id, title FROM courses WHERE slug = ?"), "slug-8"), &course, &author, &title)
	names := lnSQLNames(s)
	names.ByID(ctx, author)
	names.ByID(ctx, 2) // the mentor is in the configuration
	names.ByID(ctx, viewer)
	drain(s.db(ctx).QueryContext(ctx, s.q("SELECT id, title FROM lessons WHERE course_id = ? ORDER BY position"), course))
	s.learnersOf(ctx, course)
	var progress int64
	one(s.db(ctx).QueryRowContext(ctx, s.q("SELECT progress FROM enrolments WHERE course_id = ? AND user_id = ?"), course, viewer), &progress)
	return nil
}

func lnCheckout(ctx context.Context, e *Env) error {
	s := lnOpen(e)
	return s.inTx(ctx, nil, func(ctx context.Context) error {
		var price, balance int64
		one(s.db(ctx).QueryRowContext(ctx, s.q("SELECT price FROM courses WHERE id = ? AND state = 'live'"), 4), &price)
		one(s.db(ctx).QueryRowContext(ctx, s.q("SELECT balance FROM wallets WHERE user_id = ? FOR UPDATE"), 13), &balance)
		if balance < price {
			return fmt.Errorf("%d is missing", price-balance)
		}
		done(s.db(ctx).ExecContext(ctx, s.q("UPDATE wallets SET balance = ? WHERE user_id = ?"), balance-price, 13))
		done(s.db(ctx).ExecContext(ctx, s.q("INSERT INTO ledger (user_id, amount, note) VALUES (?, ?, 'course')"), 13, -price))
		done(s.db(ctx).ExecContext(ctx, s.q("INSERT INTO ledger (user_id, amount, note) VALUES (?, ?, 'bonus')"), 13, 10))
		done(s.db(ctx).ExecContext(ctx, s.q("INSERT INTO payments (user_id, course_id, amount, state, ref) VALUES (?, ?, ?, 'paid', 'w')"), 13, 4, price))
		done(s.db(ctx).ExecContext(ctx, s.q("UPDATE courses SET taken = taken + 1 WHERE id = ?"), 4))
		s.emit(ctx, "paid", "13 has paid for 4")
		s.emit(ctx, "enrolled", "13 is in 4")
		return nil
	})
}

func lnDigest(ctx context.Context, e *Env) error {
	rows, err := e.DB.QueryContext(ctx, "SELECT u.id, u.email, n.body FROM users u JOIN notifications n ON n.user_id = u.id WHERE n.seen = 0 AND u.deleted_at IS NULL ORDER BY u.id")
	try(err)
	mails, ids := map[string][]string{}, map[int64]bool{}
	for rows.Next() {
		var id int64
		var mail, body string
		try(rows.Scan(&id, &mail, &body))
		mails[mail], ids[id] = append(mails[mail], body), true
	}
	try(rows.Err())
	try(rows.Close())
	for range mails { // they go out by SMTP
	}
	var list []any
	for id := range ids {
		list = append(list, id)
	}
	done(e.DB.ExecContext(ctx, e.Q("UPDATE notifications SET seen = 1 WHERE seen = 0 AND user_id IN ("+csMarks(len(list))+")"), list...))
	return nil
}

func lnRenderJobs(ctx context.Context, e *Env) error {
	s := lnOpen(e)
	for {
		var id int64
		err := s.inTx(ctx, nil, func(ctx context.Context) error {
			lock := " FOR UPDATE SKIP LOCKED"
			if e.System == "sqlite" {
				lock = ""
			}
			if !one(s.db(ctx).QueryRowContext(ctx, "SELECT id FROM jobs WHERE state = 'new' ORDER BY id LIMIT 1"+lock), &id) {
				return sql.ErrNoRows
			}
			done(s.db(ctx).ExecContext(ctx, s.q("UPDATE jobs SET state = 'busy', attempts = attempts + 1 WHERE id = ?"), id))
			return nil
		})
		if err != nil {
			return nil //nolint:nilerr // there are no more
		}
		done(s.pool.ExecContext(ctx, s.q("UPDATE jobs SET state = 'done' WHERE id = ?"), id))
	}
}

func lnExport(ctx context.Context, e *Env) error {
	var last int64
	for {
		ids := ints(e.DB.QueryContext(ctx, e.Q("SELECT id, user_id, progress FROM enrolments WHERE id > ? ORDER BY id LIMIT 5"), last))
		if len(ids) == 0 {
			return nil
		}
		last = ids[len(ids)-1]
	}
}

func lnReindex(ctx context.Context, e *Env) error {
	try2 := func(_ sql.Result, err error) { try(err) }
	try2(e.DB.ExecContext(ctx, "CREATE TABLE index_docs (uid VARCHAR(40) PRIMARY KEY, body VARCHAR(80))"))
	uids := texts(e.DB.QueryContext(ctx, "SELECT uid, title FROM lessons ORDER BY id"))
	for len(uids) > 0 {
		n := min(4, len(uids))
		chunk := uids[:n]
		uids = uids[n:]
		paths := texts(e.DB.QueryContext(ctx, e.Q("SELECT path FROM files WHERE lesson_uid IN ("+csMarks(n)+") ORDER BY uid"), csAny(chunk)...))
		var values []string
		var args []any
		for i, uid := range chunk {
			values = append(values, "(?, ?)")
			args = append(args, uid, paths[i])
		}
		done(e.DB.ExecContext(ctx, e.Q("INSERT INTO index_docs (uid, body) VALUES "+strings.Join(values, ", ")+lnUpsert(e, "uid", "body")), args...))
	}
	return nil
}

func lnTotals(ctx context.Context, e *Env) error {
	totals := map[string]int64{}
	for _, table := range strings.Fields("users courses lessons enrolments threads posts") {
		var n int64
		one(e.DB.QueryRowContext(ctx, "SELECT count(*) FROM "+table), &n)
		totals[table] = n
	}
	return nil
}

func lnLogIn(ctx context.Context, e *Env) error {
	s := lnOpen(e)
	hit := "INSERT INTO rate_limits (rkey, hits) VALUES (?, 1) ON CONFLICT (rkey) DO UPDATE SET hits = rate_limits.hits + 1"
	if e.System == "mysql" {
		hit = "INSERT INTO rate_limits (rkey, hits) VALUES (?, 1) ON DUPLICATE KEY UPDATE hits = hits + 1"
	}
	for _, key := range []string{"ip:10.0.0.7", "mail:u3"} { // both are counted
		done(s.db(ctx).ExecContext(ctx, s.q(hit), key))
	}
	var hits, user int64
	var name string
	one(s.db(ctx).QueryRowContext(ctx, s.q("SELECT hits FROM rate_limits WHERE rkey = ?"), "ip:10.0.0.7"), &hits)
	one(s.db(ctx).QueryRowContext(ctx, s.q("SELECT id, name FROM users WHERE email = ? AND deleted_at IS NULL"), "u3@example.com"), &user, &name)
	done(s.db(ctx).ExecContext(ctx, s.q("DELETE FROM sessions WHERE user_id = ? AND expires_at < ?"), user, 300))
	done(s.db(ctx).ExecContext(ctx, s.q("INSERT INTO sessions (token, user_id, expires_at) VALUES (?, ?, ?)"), "tok-new", user, 99999))
	done(s.db(ctx).ExecContext(ctx, s.q("INSERT INTO audit (actor_id, action, target) VALUES (?, 'log in', ?)"), user, name))
	return nil
}

func (r lnEvents) Load(ctx context.Context, stream string) (seq int64) {
	for _, n := range ints(r.db(ctx).QueryContext(ctx, r.q("SELECT seq, kind, payload FROM events WHERE stream = ? ORDER BY seq"), stream)) {
		seq = n
	}
	return seq
}

func lnEventSourcing(ctx context.Context, e *Env) error {
	r := lnEvents{lnOpen(e)}
	for attempt := range 3 {
		seq := r.Load(ctx, "course-3")
		if attempt == 0 {
			csElse(e, "INSERT INTO events (stream, seq, kind, payload) VALUES ('course-3', ?, 'tagged', 'x')", seq+1)
		}
		if _, err := r.db(ctx).ExecContext(ctx, r.q("INSERT INTO events (stream, seq, kind, payload) VALUES (?, ?, ?, ?)"), "course-3", seq+1, "closed", "-"); err == nil {
			break
		}
	}
	return nil
}

func lnReorderOnce(ctx context.Context, e *Env) error {
	list := func() []int64 {
		return ints(e.DB.QueryContext(ctx, e.Q("SELECT id, title FROM lessons WHERE course_id = ? ORDER BY position"), 5))
	}
	ids := list()
	var text strings.Builder
	text.WriteString("UPDATE lessons SET position = CASE id")
	var args []any
	for i, id := range ids {
		fmt.Fprintf(&text, " WHEN ? THEN %d", len(ids)-i)
		args = append(args, id)
	}
	text.WriteString(" ELSE position END WHERE id IN (" + csMarks(len(ids)) + ")")
	done(e.DB.ExecContext(ctx, e.Q(text.String()), append(args, csAny(ids)...)...))
	list()
	return nil
}

func lnRecursive(ctx context.Context, e *Env) error {
	ids := ints(e.DB.QueryContext(ctx, e.Q(`WITH RECURSIVE needed AS (
		SELECT needs_id FROM prerequisites WHERE course_id = ?
		UNION SELECT p.needs_id FROM prerequisites p JOIN needed n ON p.course_id = n.needs_id
	) SELECT needs_id FROM needed`), 1))
	drain(e.DB.QueryContext(ctx, e.Q("SELECT id, title FROM courses WHERE id IN ("+csMarks(len(ids))+")"), csAny(ids)...))
	return nil
}

func lnLoaderFull(ctx context.Context, e *Env) error {
	l := &lnLoader{lnStore: lnOpen(e), size: 4, got: map[int64]string{}}
	for _, t := range pairs(e.DB.QueryContext(ctx, "SELECT id, author_id FROM threads ORDER BY id")) {
		l.want(ctx, t[1])
	}
	l.load(ctx)
	drain(e.DB.QueryContext(ctx, "SELECT thread_id, count(*) FROM posts GROUP BY thread_id"))
	return nil
}

func lnInstall(ctx context.Context, e *Env) error {
	for _, table := range strings.Fields("plans regions grades_scale mail_texts holidays limits") {
		for _, text := range []string{
			"CREATE TABLE IF NOT EXISTS " + table + " (id BIGINT PRIMARY KEY, name VARCHAR(40))",
			"INSERT INTO " + table + " (id, name) VALUES (1, 'one'), (2, 'two')",
			"CREATE INDEX by_name_of_" + table + " ON " + table + " (name)",
		} {
			if _, err := e.DB.ExecContext(ctx, text); err != nil {
				return err
			}
		}
	}
	return nil
}

func lnFacetedList(ctx context.Context, e *Env) error {
	filter := " FROM courses WHERE state = ? AND price < ?"
	for _, query := range []string{
		"SELECT id, title" + filter + " ORDER BY price LIMIT 5", "SELECT count(*)" + filter,
		"SELECT tenant_id, count(*)" + filter + " GROUP BY tenant_id", "SELECT seats, count(*)" + filter + " GROUP BY seats", "SELECT min(price), max(price)" + filter,
	} {
		drain(e.DB.QueryContext(ctx, e.Q(query), "live", 4908))
	}
	return nil
}

// lnOnce keeps what was read first.
type lnOnce struct {
	lnFlagStore
	once sync.Once
	all  []string
}

func (f *lnOnce) on(ctx context.Context, name string) bool {
	f.once.Do(func() {
		f.all = texts(f.db(ctx).QueryContext(ctx, f.q("SELECT name FROM flags WHERE percent > ?"), 30))
	})
	return strings.Contains(strings.Join(f.all, " "), name)
}

func lnFlagsOnce(ctx context.Context, e *Env) error {
	f := &lnOnce{lnFlagStore: lnFlagStore{lnOpen(e)}}
	for _, name := range strings.Fields("flag-1 flag-2 flag-3 flag-4 flag-5 flag-6") {
		f.on(ctx, name)
	}
	return nil
}

func lnPanels(ctx context.Context, e *Env) error {
	g, gctx := errgroup.WithContext(ctx)
	for _, query := range []string{
		"SELECT course_id, progress FROM enrolments WHERE user_id = ?", "SELECT id, body FROM notifications WHERE user_id = ? AND seen = 0",
		"SELECT course_id, points FROM grades WHERE user_id = ?", "SELECT code, course_id FROM certificates WHERE user_id = ?", "SELECT permission FROM roles WHERE user_id = ?",
	} {
		g.Go(func() error {
			drain(e.DB.QueryContext(gctx, e.Q(query), 11))
			return nil
		})
	}
	return g.Wait()
}
