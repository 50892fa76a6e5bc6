package corpus

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// lnLostUpdateCases read a column, compute the new value in Go and write it, or nearly so.
func lnLostUpdateCases() []Case {
	return []Case{
		{Name: "learning/wallet", About: "a balance less a price, in a transaction of READ COMMITTED or REPEATABLE READ", Systems: csNoSQLite, Setup: lnOf("wallets ledger"), Run: lnWallet(""), Want: csLost("wallets")},
		{Name: "learning/wallet-locked", About: "FOR UPDATE", Systems: csNoSQLite, Setup: lnOf("wallets ledger"), Run: lnWallet(" FOR UPDATE")},
		{Name: "learning/join-cohort", About: "one more has joined, without a transaction", Setup: lnOf("cohorts"), Run: lnJoin, Want: csLost("cohorts")},
		{Name: "learning/gorm-save-points", About: "First, points added in Go, Save", Setup: lnOf("users"), Run: lnSavePoints, Want: csLost("users")},
		{Name: "learning/bun-progress", About: "select, progress computed in Go, update by the key", Setup: lnOf("enrolments"), Run: lnBunProgress, Want: csLost("enrolments")},
		{Name: "learning/coupon-left", About: "a coupon with a text key has one less", Setup: lnOf("coupons"), Run: lnCoupon, Want: csLost("coupons")},
		{Name: "learning/prefs-in-go", About: "a JSON column is decoded, changed and written as a whole", Setup: lnOf("users"), Run: lnPrefsInGo, Want: csLost("users")},
		{Name: "learning/version-for-show", About: "the version is counted up, but no condition of the UPDATE", Setup: lnOf("wallets"), Run: lnVersion(false), Want: csLost("wallets")},
		{Name: "learning/version-checked", About: "AND version = ?", Setup: lnOf("wallets"), Run: lnVersion(true)},
		{Name: "learning/running-average", About: "the mean of grades by a key of two columns", Setup: lnOf("grades"), Run: lnAverage, Want: csLost("grades")},
		{Name: "learning/serializable", About: "a balance less a price, SERIALIZABLE", Systems: []string{"postgres"}, Setup: lnOf("wallets"), Run: lnSerializable},
		{Name: "learning/sqlite-tx", About: "SQLite has one writer: a transaction that read an old state cannot write", Systems: []string{"sqlite"}, Setup: lnOf("wallets ledger"), Run: lnWallet("")},
		{Name: "learning/in-sql", About: "the balance is looked at, and changed by SQL with a guard", Setup: lnOf("wallets"), Run: lnInSQL},
		{Name: "learning/edit-form", Values: true, About: "a course is loaded for the form, and its price becomes what was typed", Setup: lnOf("courses"), Run: lnEditForm},
		{Name: "learning/compare-and-swap", About: "AND points = the old ones", Setup: lnOf("users"), Run: lnSwap},
		{Name: "learning/equal-keys", About: "lesson 9's minutes are read, and course 9 gets a price that was computed: other tables", Setup: lnOf("courses lessons"), Run: lnEqualKeys},
		{Name: "learning/advisory-lock", About: "pg_advisory_xact_lock guards the row", Systems: []string{"postgres"}, Setup: lnOf("wallets"), Run: lnAdvisory},
	}
}

func lnWallet(lock string) func(context.Context, *Env) error {
	return func(ctx context.Context, e *Env) error {
		s := lnOpen(e)
		return s.inTx(ctx, nil, func(ctx context.Context) error {
			var balance int64
			one(s.db(ctx).QueryRowContext(ctx, s.q("SELECT balance FROM wallets WHERE user_id = ?"+lock), 6), &balance)
			if balance < 4900 {
				return errors.New("too little")
			}
			done(s.db(ctx).ExecContext(ctx, s.q("UPDATE wallets SET balance = ? WHERE user_id = ?"), balance-4900, 6))
			done(s.db(ctx).ExecContext(ctx, s.q("INSERT INTO ledger (user_id, amount, note) VALUES (?, ?, 'course')"), 6, -4900))
			return nil
		})
	}
}

func lnJoin(ctx context.Context, e *Env) error {
	r := lnCohorts{lnOpen(e)}
	c := r.Load(ctx, 5)
	if c.joined >= c.capacity {
		return errors.New("full")
	}
	done(r.db(ctx).ExecContext(ctx, r.q("UPDATE cohorts SET joined = ? WHERE id = ?"), c.joined+1, 5))
	return nil
}

func lnSavePoints(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	var u lnUser
	try(g.First(&u, 8).Error)
	u.Points += 25
	return g.Save(&u).Error
}

func lnBunProgress(ctx context.Context, e *Env) error {
	en := lnEnrolment{ID: 13}
	try(e.Bun().NewSelect().Model(&en).WherePK().Scan(ctx))
	en.Progress = min(100, en.Progress+7)
	_, err := e.Bun().NewUpdate().Model(&en).Column("progress").WherePK().Exec(ctx)
	return err
}

func lnCoupon(ctx context.Context, e *Env) error {
	var left int64
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT left_n FROM coupons WHERE code = ?"), "SAVE-2"), &left)
	if left > 0 {
		done(e.DB.ExecContext(ctx, e.Q("UPDATE coupons SET left_n = ? WHERE code = ?"), left-1, "SAVE-2"))
	}
	return nil
}

func lnPrefsInGo(ctx context.Context, e *Env) error {
	var text string
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT prefs FROM users WHERE id = ?"), 12), &text)
	prefs := map[string]int{}
	try(json.Unmarshal([]byte(text), &prefs))
	prefs["digest"] = 1
	out, err := json.Marshal(prefs)
	try(err)
	done(e.DB.ExecContext(ctx, e.Q("UPDATE users SET prefs = ? WHERE id = ?"), string(out), 12))
	return nil
}

func lnVersion(checked bool) func(context.Context, *Env) error {
	return func(ctx context.Context, e *Env) error {
		var balance, version int64
		one(e.DB.QueryRowContext(ctx, e.Q("SELECT balance, version FROM wallets WHERE user_id = ?"), 9), &balance, &version)
		query, args := "UPDATE wallets SET balance = ?, version = ? WHERE user_id = ?", []any{balance + 350, version + 1, 9}
		if checked {
			query, args = query+" AND version = ?", append(args, version)
		}
		if done(e.DB.ExecContext(ctx, e.Q(query), args...)) == 0 {
			return errors.New("somebody else was faster")
		}
		return nil
	}
}

func lnAverage(ctx context.Context, e *Env) error {
	var points, n int64
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT points, n FROM grades WHERE user_id = ? AND course_id = ?"), 2, 3), &points, &n)
	done(e.DB.ExecContext(ctx, e.Q("UPDATE grades SET points = ?, n = ? WHERE user_id = ? AND course_id = ?"), (points*n+97)/(n+1), n+1, 2, 3))
	return nil
}

func lnSerializable(ctx context.Context, e *Env) error {
	s := lnOpen(e)
	return s.inTx(ctx, &sql.TxOptions{Isolation: sql.LevelSerializable}, func(ctx context.Context) error {
		var balance int64
		one(s.db(ctx).QueryRowContext(ctx, s.q("SELECT balance FROM wallets WHERE user_id = ?"), 3), &balance)
		done(s.db(ctx).ExecContext(ctx, s.q("UPDATE wallets SET balance = ? WHERE user_id = ?"), balance-120, 3))
		return nil
	})
}

func lnInSQL(ctx context.Context, e *Env) error {
	if lnBalance(ctx, e, 10) < 500 {
		return nil
	}
	done(e.DB.ExecContext(ctx, e.Q("UPDATE wallets SET balance = balance - ? WHERE user_id = ? AND balance >= ?"), 500, 10, 500))
	return nil
}

func lnEditForm(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	var c lnCourse
	try(g.First(&c, 6).Error)
	return g.Model(&c).Updates(map[string]any{"title": "Go for teams", "price": 9900}).Error
}

func lnSwap(ctx context.Context, e *Env) error {
	var points int64
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT points FROM users WHERE id = ?"), 4), &points)
	done(e.DB.ExecContext(ctx, e.Q("UPDATE users SET points = ? WHERE id = ? AND points = ?"), points+40, 4, points))
	return nil
}

func lnEqualKeys(ctx context.Context, e *Env) error {
	var minutes int64
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT minutes FROM lessons WHERE id = ?"), 9), &minutes)
	done(e.DB.ExecContext(ctx, e.Q("UPDATE courses SET price = ? WHERE id = ?"), minutes*100, 9))
	return nil
}

func lnAdvisory(ctx context.Context, e *Env) error {
	s := lnOpen(e)
	return s.inTx(ctx, nil, func(ctx context.Context) error {
		done(s.db(ctx).ExecContext(ctx, "SELECT pg_advisory_xact_lock($1)", 7))
		var balance int64
		one(s.db(ctx).QueryRowContext(ctx, s.q("SELECT balance FROM wallets WHERE user_id = ?"), 7), &balance)
		done(s.db(ctx).ExecContext(ctx, s.q("UPDATE wallets SET balance = ? WHERE user_id = ?"), balance+80, 7))
		return nil
	})
}

// lnInsertCases look for a row and insert it, or nearly so.
func lnInsertCases() []Case {
	return []Case{
		{Name: "learning/tag-get-or-create", About: "a tag by its name, and an INSERT of it", Setup: lnOf("tags"), Run: lnTagGetOrCreate(false), Want: csRace("tags")},
		{Name: "learning/tag-on-conflict", About: "the INSERT may find it there", Setup: lnOf("tags"), Run: lnTagGetOrCreate(true)},
		{Name: "learning/enrol-once", About: "EXISTS before the INSERT, in a transaction of the context", Systems: csNoSQLite, Setup: lnOf("enrolments"), Run: lnEnrolOnce, Want: csRace("enrolments")},
		{Name: "learning/certificate-count", About: "count(*) of the same certificate is 0", Setup: lnOf("certificates"), Run: lnCertificateCount, Want: csRace("certificates")},
		{Name: "learning/update-or-insert", About: "an UPDATE hits nothing, and the row is inserted", Setup: lnOf("grades"), Run: lnUpdateOrInsert, Want: csRace("grades")},
		{Name: "learning/gorm-first-or-create", About: "FirstOrCreate does not lock", Setup: lnOf("tags"), Run: lnFirstOrCreate, Want: csRace("tags")},
		{Name: "learning/gorm-not-found", About: "ErrRecordNotFound, and Create", Setup: lnOf("enrolments"), Run: lnNotFound, Want: csRace("enrolments")},
		{Name: "learning/bun-exists", About: "Exists by bun, and an INSERT with the values in the text", Setup: lnOf("certificates"), Run: lnBunExists, Want: csRace("certificates")},
		{Name: "learning/gorm-do-nothing", About: "OnConflict DoNothing", Setup: lnOf("tags"), Run: lnDoNothing},
		{Name: "learning/seed-if-empty", About: "is the table empty? before it is filled", Setup: lnOf("course_tags"), Run: lnSeed},
		{Name: "learning/three-attempts", About: "a limit of attempts that a count checks", Setup: lnOf("submissions"), Run: lnAttempts},
		{Name: "learning/no-overlap", About: "an event that overlaps is looked for", Setup: lnOf("calendar"), Run: lnOverlap},
		{Name: "learning/under-a-mutex", About: "looked for, and again under a mutex", Setup: lnOf("tags"), Run: lnUnderMutex},
		{Name: "learning/no-replies", About: "no replies yet, and a welcome is inserted: another row than the one looked for", Setup: lnOf("notifications"), Run: lnNoReplies},
	}
}

func lnTagGetOrCreate(conflict bool) func(context.Context, *Env) error {
	return func(ctx context.Context, e *Env) error {
		var id int64
		if one(e.DB.QueryRowContext(ctx, e.Q("SELECT id FROM tags WHERE name = ?"), "golang"), &id) {
			return nil
		}
		insert := "INSERT INTO tags (name) VALUES (?)"
		if conflict {
			insert += lnUpsert(e, "name", "name")
		}
		done(e.DB.ExecContext(ctx, e.Q(insert), "golang"))
		return nil
	}
}

func lnEnrolOnce(ctx context.Context, e *Env) error {
	s := lnOpen(e)
	return s.inTx(ctx, nil, func(ctx context.Context) error {
		var is bool
		one(s.db(ctx).QueryRowContext(ctx, s.q("SELECT EXISTS (SELECT 1 FROM enrolments WHERE user_id = ? AND course_id = ?)"), 77, 5), &is)
		if !is {
			done(s.db(ctx).ExecContext(ctx, s.q("INSERT INTO enrolments (course_id, user_id, state, progress, version) VALUES (?, ?, 'active', 0, 1)"), 5, 77))
		}
		return nil
	})
}

func lnCertificateCount(ctx context.Context, e *Env) error {
	if lnFrom("count(*)", "certificates").where("user_id = ?", 61).where("course_id = ?", 8).count(ctx, e) == 0 {
		done(e.DB.ExecContext(ctx, e.Q("INSERT INTO certificates (code, user_id, course_id, state) VALUES (?, ?, ?, ?)"), "cert-61-8", 61, 8, "valid"))
	}
	return nil
}

func lnUpdateOrInsert(ctx context.Context, e *Env) error {
	if done(e.DB.ExecContext(ctx, e.Q("UPDATE grades SET points = ? WHERE user_id = ? AND course_id = ?"), 71, 52, 2)) == 0 {
		done(e.DB.ExecContext(ctx, e.Q("INSERT INTO grades (user_id, course_id, points, n) VALUES (?, ?, ?, 1)"), 52, 2, 71))
	}
	return nil
}

func lnFirstOrCreate(ctx context.Context, e *Env) error {
	var t lnTag
	return e.GORM().WithContext(ctx).Where(lnTag{Name: "databases"}).FirstOrCreate(&t).Error
}

func lnNotFound(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	var en lnEnrolment
	err := g.Where("user_id = ? AND course_id = ?", 63, 9).First(&en).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return g.Create(&lnEnrolment{UserID: 63, CourseID: 9, State: "active"}).Error
	}
	return err
}

func lnBunExists(ctx context.Context, e *Env) error {
	c := lnCertificate{Code: "cert-bun-1", UserID: 2, CourseID: 2, State: "valid"}
	is, err := e.Bun().NewSelect().Model(&c).WherePK().Exists(ctx)
	try(err)
	if !is {
		_, err = e.Bun().NewInsert().Model(&c).Exec(ctx)
	}
	return err
}

func lnDoNothing(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	var tags []lnTag
	try(g.Where("name = ?", "testing").Find(&tags).Error)
	if len(tags) > 0 {
		return nil
	}
	return g.Clauses(clause.OnConflict{DoNothing: true}).Create(&lnTag{Name: "testing"}).Error
}

func lnSeed(ctx context.Context, e *Env) error {
	var n int64
	one(e.DB.QueryRowContext(ctx, "SELECT count(*) FROM course_tags"), &n)
	if n == 0 {
		done(e.DB.ExecContext(ctx, "INSERT INTO course_tags (course_id, tag_id) VALUES (1, 1), (1, 2), (2, 3)"))
	}
	return nil
}

func lnAttempts(ctx context.Context, e *Env) error {
	n := lnFrom("count(*)", "submissions").where("user_id = ?", 71).where("lesson_id = ?", 4).count(ctx, e)
	if n >= 3 {
		return errors.New("no attempt is left")
	}
	done(e.DB.ExecContext(ctx, e.Q("INSERT INTO submissions (lesson_id, user_id, body, state, score, attempt) VALUES (?, ?, 'text', 'new', 0, ?)"), 4, 71, n+1))
	return nil
}

func lnOverlap(ctx context.Context, e *Env) error {
	var id int64
	if one(e.DB.QueryRowContext(ctx, e.Q("SELECT id FROM calendar WHERE cohort_id = ? AND starts_at < ? AND ends_at > ? LIMIT 1"), 2, 20060, 20000), &id) {
		return fmt.Errorf("overlaps with %d", id)
	}
	done(e.DB.ExecContext(ctx, e.Q("INSERT INTO calendar (cohort_id, title, starts_at, ends_at) VALUES (?, 'exam', ?, ?)"), 2, 20000, 20060))
	return nil
}

func lnUnderMutex(ctx context.Context, e *Env) error {
	var mu sync.Mutex
	find := func() bool {
		var id int64
		return one(e.DB.QueryRowContext(ctx, e.Q("SELECT id FROM tags WHERE name = ?"), "security"), &id)
	}
	if find() {
		return nil
	}
	mu.Lock()
	defer mu.Unlock()
	if !find() {
		done(e.DB.ExecContext(ctx, e.Q("INSERT INTO tags (name) VALUES (?)"), "security"))
	}
	return nil
}

func lnNoReplies(ctx context.Context, e *Env) error {
	if drain(e.DB.QueryContext(ctx, e.Q("SELECT id, body FROM notifications WHERE user_id = ? AND kind = 'reply'"), 55)) == 0 {
		done(e.DB.ExecContext(ctx, e.Q("INSERT INTO notifications (user_id, kind, body, seen) VALUES (?, 'welcome', 'hello', 0)"), 55))
	}
	return nil
}
