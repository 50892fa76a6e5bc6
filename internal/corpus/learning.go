package corpus

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"github.com/uptrace/bun"
)

// The cases of a learning platform: courses with lessons, users who enrol, submissions,
// grades, quizzes, certificates, cohorts with a calendar, forums, payments.

// learning are its cases. SQLite is the server's database in all of them.
func learning() []Case {
	all := slices.Concat(lnLoopCases(), lnMoreLoopCases(), lnWriteCases(), lnDuplicateCases(), lnNoDuplicateCases(), lnLostUpdateCases(), lnInsertCases(), lnQuietCases(), lnMoreQuietCases(), lnRelativeCases(), lnProbeCases(), lnFreshCases(), lnNearCases())
	for i := range all {
		all[i].SQLite = frServer
	}
	return all
}

var lnTables = map[string]tableOfRows{
	"users": {"id {auto}, tenant_id BIGINT, name VARCHAR(40), email VARCHAR(60), locale VARCHAR(5), role VARCHAR(10), points BIGINT, prefs VARCHAR(200), version BIGINT, deleted_at BIGINT", "", 14, func(i int) string {
		return fmt.Sprintf("%d, 'user %d', 'u%d@example.com', '%s', 'student', %d, '{\"mail\":1}', 1, NULL", i%2+1, i, i, []string{"en", "de"}[i%2], 15*i)
	}},
	"courses": {"id {auto}, tenant_id BIGINT, slug VARCHAR(40), title VARCHAR(40), author_id BIGINT, state VARCHAR(10), price BIGINT, seats BIGINT, taken BIGINT, quiz_ids VARCHAR(80), version BIGINT", "", 9, func(i int) string {
		return fmt.Sprintf("%d, 'slug-%d', 'title %d', %d, 'live', %d, 30, %d, '[3,8,5,1,7,4]', 1", i%2+1, i, i, (i*5)%14+1, 4900+i, i)
	}},
	"lessons": {"id {auto}, course_id BIGINT, position BIGINT, title VARCHAR(40), minutes BIGINT, uid VARCHAR(40)", "", 27, func(i int) string {
		return fmt.Sprintf("%d, %d, 'lesson %d', %d, 'les-%04x'", (i*4)%9+1, (i-1)/9+1, i, 5+i%7, i*379)
	}},
	"enrolments": {"id {auto}, course_id BIGINT, user_id BIGINT, cohort_id BIGINT, state VARCHAR(10), progress BIGINT, version BIGINT", "UNIQUE (course_id, user_id)", 30, func(i int) string {
		return fmt.Sprintf("%d, %d, %d, 'active', %d, 1", i%9+1, (i*3)%14+1, i%5+1, 3*i)
	}},
	"submissions": {"id {auto}, lesson_id BIGINT, user_id BIGINT, body VARCHAR(80), state VARCHAR(10), score BIGINT, attempt BIGINT", "", 28, func(i int) string {
		return fmt.Sprintf("%d, %d, 'text %d', 'new', %d, 1", (i*8)%27+1, (i*9)%14+1, i, 40+i)
	}},
	"grades": {"user_id BIGINT, course_id BIGINT, points BIGINT, n BIGINT", "PRIMARY KEY (user_id, course_id)", 14, func(i int) string { return rowOf(i, i%9+1, 50+i, 2) }},
	"quizzes": {"id {auto}, lesson_id BIGINT, title VARCHAR(40), pass_mark BIGINT", "", 8, func(i int) string {
		return fmt.Sprintf("%d, 'quiz %d', 60", (i*10)%27+1, i)
	}},
	"questions": {"id {auto}, quiz_id BIGINT, body VARCHAR(40), weight BIGINT", "", 24, func(i int) string {
		return fmt.Sprintf("%d, 'question %d', %d", (i*5)%8+1, i, i%3+1)
	}},
	"certificates": {"code VARCHAR(40) PRIMARY KEY, user_id BIGINT, course_id BIGINT, state VARCHAR(10)", "", 10, func(i int) string {
		return fmt.Sprintf("'cert-%04x', %d, %d, 'valid'", i*733, (i*11)%14+1, (i*2)%9+1)
	}},
	"cohorts": {"id {auto}, course_id BIGINT, name VARCHAR(40), capacity BIGINT, joined BIGINT, starts_at BIGINT", "", 5, func(i int) string {
		return fmt.Sprintf("%d, 'cohort %d', 20, %d, %d", (i*4)%9+1, i, 3+i, 9000-100*i)
	}},
	"calendar": {"id {auto}, cohort_id BIGINT, title VARCHAR(40), starts_at BIGINT, ends_at BIGINT", "", 15, func(i int) string {
		return fmt.Sprintf("%d, 'live session', %d, %d", i%5+1, 9000+50*i, 9030+50*i)
	}},
	"threads": {"id {auto}, course_id BIGINT, author_id BIGINT, title VARCHAR(40), replies BIGINT", "", 8, func(i int) string {
		return fmt.Sprintf("%d, %d, 'thread %d', %d", (i*7)%9+1, (i*3)%14+1, i, i)
	}},
	"posts": {"id {auto}, thread_id BIGINT, parent_id BIGINT, author_id BIGINT, body VARCHAR(80)", "", 24, func(i int) string {
		return fmt.Sprintf("%d, %d, %d, 'post %d'", (i*3)%8+1, i/2, (i*5)%4+3, i)
	}},
	"notifications": {"id {auto}, user_id BIGINT, kind VARCHAR(20), body VARCHAR(80), seen BIGINT", "", 16, func(i int) string {
		return fmt.Sprintf("%d, 'reply', 'body %d', 0", (i*5)%14+1, i)
	}},
	"coupons": {"code VARCHAR(20) PRIMARY KEY, course_id BIGINT, left_n BIGINT, percent BIGINT", "", 4, func(i int) string {
		return fmt.Sprintf("'SAVE-%d', %d, %d, 10", i, 9-i, 5+i)
	}},
	"payments": {"id {auto}, user_id BIGINT, course_id BIGINT, amount BIGINT, state VARCHAR(10), ref VARCHAR(40)", "", 10, func(i int) string {
		return fmt.Sprintf("%d, %d, %d, 'paid', 'pi_%d'", (i*3)%14+1, (i*7)%9+1, 4900+i, i)
	}},
	"roles": {"user_id BIGINT, permission VARCHAR(20)", "PRIMARY KEY (user_id, permission)", 14, func(i int) string { return fmt.Sprintf("%d, 'comment'", i) }},
	"files": {"uid VARCHAR(40) PRIMARY KEY, lesson_uid VARCHAR(40), lesson_id BIGINT, bytes BIGINT, path VARCHAR(60)", "", 27, func(i int) string {
		return fmt.Sprintf("'file-%04x', 'les-%04x', %d, %d, '/m/%d.mp4'", i*911, i*379, 28-i, 1000*i, i)
	}},
	"search_docs": {"course_id BIGINT PRIMARY KEY, body VARCHAR(200)", "", 0, nil},
	"events": {"id {auto}, stream VARCHAR(40), seq BIGINT, kind VARCHAR(20), payload VARCHAR(80)", "UNIQUE (stream, seq)", 6, func(i int) string {
		return fmt.Sprintf("'course-3', %d, 'renamed', 'title %d'", i, i)
	}},
	"translations": {"tkey VARCHAR(40), locale VARCHAR(5), label VARCHAR(60)", "PRIMARY KEY (tkey, locale)", 27, func(i int) string {
		return fmt.Sprintf("'lesson.%d.title', 'de', 'Lektion %d'", i, i)
	}},
	"flags":         {"name VARCHAR(20) PRIMARY KEY, percent BIGINT", "", 7, func(i int) string { return fmt.Sprintf("'flag-%d', %d", i, 10*i) }},
	"sessions":      {"token VARCHAR(40) PRIMARY KEY, user_id BIGINT, expires_at BIGINT", "", 8, func(i int) string { return fmt.Sprintf("'tok-%d', %d, %d", i, (i*3)%14+1, 100*i) }},
	"tags":          {"id {auto}, name VARCHAR(40)", "UNIQUE (name)", 7, func(i int) string { return fmt.Sprintf("'tag %d'", i) }},
	"course_tags":   {"course_id BIGINT, tag_id BIGINT", "PRIMARY KEY (course_id, tag_id)", 0, nil},
	"prerequisites": {"course_id BIGINT, needs_id BIGINT", "PRIMARY KEY (course_id, needs_id)", 8, func(i int) string { return rowOf((i+1)/2, i+1) }},
	"wallets":       {"user_id BIGINT PRIMARY KEY, balance BIGINT, version BIGINT", "", 14, func(i int) string { return rowOf(i, 9000+i, 1) }},
	"jobs":          {"id {auto}, kind VARCHAR(20), state VARCHAR(10), attempts BIGINT", "", 7, func(int) string { return "'render', 'new', 0" }},
	"ledger":        {"id {auto}, user_id BIGINT, amount BIGINT, note VARCHAR(40)", "", 0, nil},
	"outbox":        {"id {auto}, topic VARCHAR(20), payload VARCHAR(80), sent BIGINT", "", 0, nil},
	"audit":         {"id {auto}, actor_id BIGINT, action VARCHAR(40), target VARCHAR(60)", "", 0, nil},
	"rate_limits":   {"rkey VARCHAR(40) PRIMARY KEY, hits BIGINT", "", 0, nil},
}

func lnOf(names string) []string { return tablesOf(lnTables, names) }

// lnStore is what repositories share. A transaction travels in the context.
type lnStore struct {
	pool *sql.DB
	q    func(string) string
}

type lnTxKey struct{}

func lnOpen(e *Env) lnStore { return lnStore{e.DB, e.Q} }

// db is the transaction of the context, or the pool.
func (s lnStore) db(ctx context.Context) csDB {
	if tx, is := ctx.Value(lnTxKey{}).(*sql.Tx); is {
		return tx
	}
	return s.pool
}

// inTx calls a function with a transaction in its context.
func (s lnStore) inTx(ctx context.Context, opts *sql.TxOptions, do func(ctx context.Context) error) error {
	tx, err := s.pool.BeginTx(ctx, opts)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit it does nothing
	if err := do(context.WithValue(ctx, lnTxKey{}, tx)); err != nil {
		return err
	}
	return tx.Commit()
}

// emit writes an event for the relay.
func (s lnStore) emit(ctx context.Context, topic, payload string) {
	done(s.db(ctx).ExecContext(ctx, s.q("INSERT INTO outbox (topic, payload, sent) VALUES (?, ?, 0)"), topic, payload))
}

// upsert is the end of an INSERT that may hit a row.
func lnUpsert(e *Env, key, column string) string {
	if e.System == "mysql" {
		return " ON DUPLICATE KEY UPDATE " + column + " = VALUES(" + column + ")"
	}
	return " ON CONFLICT (" + key + ") DO UPDATE SET " + column + " = excluded." + column
}

type (
	lnUser struct {
		bun.BaseModel `bun:"table:users" gorm:"-"`
		ID            int64 `bun:"id,pk,autoincrement" gorm:"primaryKey"`
		TenantID      int64
		Name          string
		Email         string
		Points        int64
	}
	lnCourse struct {
		bun.BaseModel `bun:"table:courses" gorm:"-"`
		ID            int64 `bun:"id,pk,autoincrement" gorm:"primaryKey"`
		TenantID      int64
		Title         string
		AuthorID      int64
		Price         int64
		Taken         int64
		Author        *lnUser    `bun:"rel:belongs-to,join:author_id=id" gorm:"foreignKey:AuthorID"`
		Lessons       []lnLesson `bun:"rel:has-many,join:id=course_id" gorm:"foreignKey:CourseID"`
	}
	lnLesson struct {
		bun.BaseModel `bun:"table:lessons" gorm:"-"`
		ID            int64 `bun:"id,pk,autoincrement" gorm:"primaryKey"`
		CourseID      int64
		Position      int64
		Title         string
		Minutes       int64
		Files         []lnFile `bun:"rel:has-many,join:id=lesson_id" gorm:"foreignKey:LessonID"`
	}
	lnFile struct {
		bun.BaseModel `bun:"table:files" gorm:"-"`
		UID           string `bun:"uid,pk" gorm:"primaryKey"`
		LessonID      int64
		Path          string
	}
	lnEnrolment struct {
		bun.BaseModel `bun:"table:enrolments" gorm:"-"`
		ID            int64 `bun:"id,pk,autoincrement" gorm:"primaryKey"`
		CourseID      int64
		UserID        int64
		State         string
		Progress      int64
	}
	lnThread struct {
		bun.BaseModel `bun:"table:threads" gorm:"-"`
		ID            int64 `bun:"id,pk,autoincrement" gorm:"primaryKey"`
		CourseID      int64
		AuthorID      int64
		Title         string
		Author        *lnUser `bun:"rel:belongs-to,join:author_id=id" gorm:"foreignKey:AuthorID"`
	}
	lnTag struct {
		bun.BaseModel `bun:"table:tags" gorm:"-"`
		ID            int64 `bun:"id,pk,autoincrement" gorm:"primaryKey"`
		Name          string
	}
	lnNotification struct {
		bun.BaseModel `bun:"table:notifications" gorm:"-"`
		ID            int64 `bun:"id,pk,autoincrement" gorm:"primaryKey"`
		UserID        int64
		Kind          string
		Body          string
		Seen          int64
	}
	lnCertificate struct {
		bun.BaseModel `bun:"table:certificates" gorm:"-"`
		Code          string `bun:"code,pk" gorm:"primaryKey"`
		UserID        int64
		CourseID      int64
		State         string
	}
)

func (lnUser) TableName() string         { return "users" }
func (lnCourse) TableName() string       { return "courses" }
func (lnLesson) TableName() string       { return "lessons" }
func (lnFile) TableName() string         { return "files" }
func (lnEnrolment) TableName() string    { return "enrolments" }
func (lnThread) TableName() string       { return "threads" }
func (lnTag) TableName() string          { return "tags" }
func (lnNotification) TableName() string { return "notifications" }
func (lnCertificate) TableName() string  { return "certificates" }
