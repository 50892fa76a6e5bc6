package corpus

import (
	"context"
	"database/sql"

	"golang.org/x/sync/errgroup"
)

// lnDuplicateCases read the same again although nothing could have changed it.
func lnDuplicateCases() []Case {
	return []Case{
		{
			Name: "learning/session-twice", About: "the middleware reads the session by its token, and the handler does so again",
			Setup: lnOf("sessions"), Run: lnSessionTwice, Want: []Want{csDup("sessions")},
		},
		{
			Name: "learning/authz-and-handler", About: "a check and the service read the same user through the same repository",
			Setup: lnOf("users roles"), Run: lnAuthzAndHandler, Want: []Want{csDup("users")},
		},
		{
			Name: "learning/other-columns", About: "the price of a course, and then the title and seats of it",
			Setup: lnOf("courses"), Run: lnOtherColumns, Want: []Want{csDup("courses")},
		},
		{
			Name: "learning/exists-then-row", About: "is there an enrolment? and then the enrolment",
			Setup: lnOf("enrolments"), Run: lnExistsThenRow, Want: []Want{csDup("enrolments")},
		},
		{
			Name: "learning/validator-and-command", About: "CQRS: the validator loads the cohort, the handler loads it again before its first write",
			Setup: lnOf("cohorts outbox"), Run: lnValidator, Want: []Want{csDup("cohorts")},
		},
		{
			Name: "learning/gorm-two-layers", About: "First by two layers",
			Setup: lnOf("courses"), Run: lnGORMTwoLayers, Want: []Want{csDup("courses")},
		},
		{
			Name: "learning/gorm-preload-twice", About: "the same list with the same Preload for the page and its feed: two reads, twice each",
			Setup: lnOf("courses lessons"), Run: lnPreloadTwice, Want: []Want{csDup("courses"), csDup("lessons")},
		},
		{
			Name: "learning/bun-twice", About: "WherePK of the same thread, the values are in the text",
			Setup: lnOf("threads"), Run: lnBunTwice, Want: []Want{csDup("threads")},
		},
		{
			Name: "learning/sqlx-get-and-select", About: "Get into a struct and Select into a slice, of the same statement",
			Setup: lnOf("payments"), Run: lnGetAndSelect, Want: []Want{csDup("payments")},
		},
		{
			Name: "learning/prepared-and-not", About: "a prepared statement and the same text sent as it is",
			Setup: lnOf("quizzes"), Run: lnPreparedAndNot, Want: []Want{csDup("quizzes")},
		},
		{
			Name: "learning/read-only-tx", About: "read by the pool, and again in a transaction that only reads at the level of the pool",
			Setup: lnOf("courses lessons"), Systems: csNoSQLite, Run: lnReadOnlyTx, Want: []Want{csDup("courses")},
		},
		{
			Name: "learning/past-an-audit", About: "an INSERT into another table is in between",
			Setup: lnOf("certificates audit"), Run: lnPastAudit, Want: []Want{csDup("certificates")},
		},
		{
			Name: "learning/swapped-conditions", About: "the grade by user and course, and by course and user",
			Setup: lnOf("grades"), Run: lnSwapped, Want: []Want{csDup("grades")},
		},
		{
			Name: "learning/locale-twice", About: "two components load the whole bundle of a locale",
			Setup: lnOf("translations"), Run: lnLocaleTwice, Want: []Want{csDup("translations")},
		},
		{
			Name: "learning/flag-three-times", About: "three components ask for one flag: one finding",
			Setup: lnOf("flags"), Run: lnFlagThreeTimes, Want: []Want{csDup("flags")},
		},
		{
			Name: "learning/literal-and-argument", About: "the same key as a literal and as an argument",
			Setup: lnOf("cohorts"), Run: lnLiteral, Want: []Want{csDup("cohorts")},
		},
		{
			Name: "learning/two-goroutines", About: "two panels of a page read the same user at once",
			Setup: lnOf("users enrolments notifications"), Run: lnTwoPanels, Want: []Want{csDup("users")},
		},
		{
			Name: "learning/total-twice", About: "the total for the header and for the pager",
			Setup: lnOf("courses"), Run: lnTotalTwice, Want: []Want{csDup("courses")},
		},
	}
}

// lnSessions is a middleware that leaves the user in the context.
type lnSessions struct{ lnStore }

func (s lnSessions) User(ctx context.Context, token string) (user int64) {
	one(s.db(ctx).QueryRowContext(ctx, s.q("SELECT user_id FROM sessions WHERE token = ? AND expires_at > ?"), token, 50), &user)
	return user
}

func lnSessionTwice(ctx context.Context, e *Env) error {
	s := lnSessions{lnOpen(e)}
	next := func(ctx context.Context, token string) int64 { return s.User(ctx, token) }
	if s.User(ctx, "tok-3") != 0 {
		next(ctx, "tok-3")
	}
	return nil
}

type lnGuard struct{ users lnRepo[lnUser] }

func (g lnGuard) check(ctx context.Context, id int64) bool {
	u, err := g.users.Get(ctx, id)
	return err == nil && g.users.can(ctx, "comment", u.ID)
}

func lnAuthzAndHandler(ctx context.Context, e *Env) error {
	users := lnUsers(e)
	if !(lnGuard{users}).check(ctx, 11) {
		return nil
	}
	_, err := users.Get(ctx, 11)
	return err
}

func lnOtherColumns(ctx context.Context, e *Env) error {
	var price, seats int64
	var title string
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT price FROM courses WHERE id = ?"), 7), &price)
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT title, seats FROM courses WHERE id = ?"), 7), &title, &seats)
	return nil
}

func lnExistsThenRow(ctx context.Context, e *Env) error {
	var is bool
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT EXISTS (SELECT 1 FROM enrolments WHERE course_id = ? AND user_id = ?)"), 2, 3), &is)
	if is {
		var state string
		var progress int64
		one(e.DB.QueryRowContext(ctx, e.Q("SELECT state, progress FROM enrolments WHERE course_id = ? AND user_id = ?"), 2, 3), &state, &progress)
	}
	return nil
}

type lnCohort struct{ capacity, joined, startsAt int64 }

type lnCohorts struct{ lnStore }

func (r lnCohorts) Load(ctx context.Context, id int64) (c lnCohort) {
	one(r.db(ctx).QueryRowContext(ctx, r.q("SELECT capacity, joined, starts_at FROM cohorts WHERE id = ?"), id), &c.capacity, &c.joined, &c.startsAt)
	return c
}

// lnAnnounce is a command.
type lnAnnounce struct{ cohort int64 }

func (c lnAnnounce) validate(ctx context.Context, r lnCohorts) bool {
	return r.Load(ctx, c.cohort).joined > 0
}

func (c lnAnnounce) handle(ctx context.Context, r lnCohorts) {
	if loaded := r.Load(ctx, c.cohort); loaded.startsAt > 100 {
		r.emit(ctx, "announced", "soon")
	}
}

func lnValidator(ctx context.Context, e *Env) error {
	r, c := lnCohorts{lnOpen(e)}, lnAnnounce{4}
	if c.validate(ctx, r) {
		c.handle(ctx, r)
	}
	return nil
}

func lnGORMTwoLayers(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	var guard, handler lnCourse
	try(g.First(&guard, 5).Error)
	return g.First(&handler, guard.ID).Error
}

func lnPreloadTwice(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	var page, feed []lnCourse
	try(g.Preload("Lessons").Where("tenant_id = ?", 1).Order("title").Find(&page).Error)
	return g.Preload("Lessons").Where("tenant_id = ?", 1).Order("title").Find(&feed).Error
}

func lnBunTwice(ctx context.Context, e *Env) error {
	crumbs, body := lnThread{ID: 6}, lnThread{ID: 6}
	try(e.Bun().NewSelect().Model(&crumbs).WherePK().Scan(ctx))
	return e.Bun().NewSelect().Model(&body).WherePK().Scan(ctx)
}

func lnGetAndSelect(ctx context.Context, e *Env) error {
	type payment struct{ Ref, State string }
	db, query := e.SQLX(), e.Q("SELECT ref, state FROM payments WHERE user_id = ? AND course_id = ?")
	var first payment
	var all []payment
	try(db.GetContext(ctx, &first, query, 7, 6))
	return db.SelectContext(ctx, &all, query, 7, 6)
}

func lnPreparedAndNot(ctx context.Context, e *Env) error {
	query := e.Q("SELECT title, pass_mark FROM quizzes WHERE id = ?")
	stmt, err := e.DB.PrepareContext(ctx, query)
	try(err)
	defer stmt.Close() //nolint:errcheck // the case is over
	var title string
	var mark int64
	one(stmt.QueryRowContext(ctx, 6), &title, &mark)
	one(e.DB.QueryRowContext(ctx, query, 6), &title, &mark)
	return nil
}

func lnReadOnlyTx(ctx context.Context, e *Env) error {
	s := lnOpen(e)
	load := func(ctx context.Context) (title string) {
		one(s.db(ctx).QueryRowContext(ctx, s.q("SELECT title FROM courses WHERE slug = ?"), "slug-2"), &title)
		return title
	}
	if load(ctx) == "" {
		return nil
	}
	return s.inTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelReadCommitted}, func(ctx context.Context) error {
		load(ctx)
		s.lessonsOf(ctx, 2)
		return nil
	})
}

func lnPastAudit(ctx context.Context, e *Env) error {
	state := func() (s string) {
		one(e.DB.QueryRowContext(ctx, e.Q("SELECT state FROM certificates WHERE code = ?"), "cert-0b74"), &s)
		return s
	}
	state()
	done(e.DB.ExecContext(ctx, e.Q("INSERT INTO audit (actor_id, action, target) VALUES (?, 'verify', ?)"), 3, "cert-0b74"))
	state()
	return nil
}

func lnSwapped(ctx context.Context, e *Env) error {
	var points, n int64
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT points, n FROM grades WHERE user_id = ? AND course_id = ?"), 3, 4), &points, &n)
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT points, n FROM grades WHERE course_id = ? AND user_id = ?"), 4, 3), &points, &n)
	return nil
}

func (b lnBundle) All(ctx context.Context) map[string]string {
	rows, err := b.db(ctx).QueryContext(ctx, b.q("SELECT tkey, label FROM translations WHERE locale = ?"), b.locale)
	try(err)
	defer rows.Close() //nolint:errcheck // rows.Err says it
	out := map[string]string{}
	for rows.Next() {
		var key, label string
		try(rows.Scan(&key, &label))
		out[key] = label
	}
	try(rows.Err())
	return out
}

func lnLocaleTwice(ctx context.Context, e *Env) error {
	header, page := lnBundle{lnOpen(e), "de"}, lnBundle{lnOpen(e), "de"}
	header.All(ctx)
	page.All(ctx)
	return nil
}

func lnFlagThreeTimes(ctx context.Context, e *Env) error {
	f := lnFlagStore{lnOpen(e)}
	header := func() bool { return f.Percent(ctx, "flag-6") > 10 }
	player := func() bool { return f.Percent(ctx, "flag-6") > 50 }
	footer := func() bool { return f.Percent(ctx, "flag-6") > 90 }
	_ = []bool{header(), player(), footer()}
	return nil
}

func lnLiteral(ctx context.Context, e *Env) error {
	var name string
	one(e.DB.QueryRowContext(ctx, "SELECT name FROM cohorts WHERE id = 3"), &name)
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT name FROM cohorts WHERE id = ?"), 3), &name)
	return nil
}

func lnTwoPanels(ctx context.Context, e *Env) error {
	names := lnSQLNames{lnOpen(e)}
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		names.ByID(gctx, 9)
		drain(e.DB.QueryContext(gctx, e.Q("SELECT course_id, progress FROM enrolments WHERE user_id = ?"), 9))
		return nil
	})
	g.Go(func() error {
		names.ByID(gctx, 9)
		drain(e.DB.QueryContext(gctx, e.Q("SELECT kind, body FROM notifications WHERE user_id = ? AND seen = 0"), 9))
		return nil
	})
	return g.Wait()
}

func lnTotalTwice(ctx context.Context, e *Env) error {
	total := func() int64 { return lnFrom("count(*)", "courses").where("state = ?", "live").count(ctx, e) }
	total()
	drain(e.DB.QueryContext(ctx, e.Q("SELECT id, title FROM courses WHERE state = ? ORDER BY id LIMIT 5"), "live"))
	total()
	return nil
}
