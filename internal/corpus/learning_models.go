package corpus

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/jmoiron/sqlx"
	"gorm.io/gorm"

	"github.com/querybudget/querybudget/budget"
)

// lnMoreLoopCases are reads for each row, by sqlx, GORM and bun.
func lnMoreLoopCases() []Case {
	return []Case{
		{
			Name: "learning/gorm-no-preload", About: "Find for each course where Preload would do",
			Setup: lnOf("courses lessons"), Run: lnNoPreload, Want: []Want{proven(budget.NPlusOne, "lnNoPreload", "lessons", "courses")},
		},
		{
			Name: "learning/gorm-in-batches", Values: true, About: "FindInBatches, and a read for each row of a batch: the batch is the parent",
			Setup: lnOf("enrolments users"), Run: lnInBatches, Want: []Want{found(budget.NPlusOne, "lnInBatches.func1", "users", "enrolments")},
		},
		{
			Name: "learning/gorm-scoped-count", About: "Count with two scopes for each course",
			Setup: lnOf("courses enrolments"), Run: lnScopedCount, Want: []Want{found(budget.NPlusOne, "lnScopedCount", "enrolments", "courses")},
		},
		{
			Name: "learning/gorm-association-count", About: "Association.Count for each course",
			Setup: lnOf("courses lessons"), Run: lnAssociationCount, Want: []Want{found(budget.NPlusOne, "lnAssociationCount", "lessons", "courses")},
		},
		{
			Name: "learning/bun-author", About: "the author of each thread in place of Relation",
			Setup: lnOf("threads users"), Run: lnBunAuthor, Want: []Want{found(budget.NPlusOne, "lnBunAuthor", "users", "threads")},
		},
		{
			Name: "learning/bun-scan-and-count", About: "a list with its count for each of four courses that were read: two statements, one loop",
			Setup: lnOf("courses lessons"), Run: lnBunScanAndCount, Want: []Want{proven(budget.NPlusOne, "", "lessons", "courses")},
		},
		{
			Name: "learning/sqlx-named", About: "a named query for each learner",
			Setup: lnOf("users grades"), Run: lnSQLXNamed, Want: []Want{found(budget.NPlusOne, "lnSQLXNamed", "grades", "users")},
		},
		{
			Name: "learning/sqlx-preparex", About: "a prepared Get for each certificate, whose key is a text",
			Setup: lnOf("certificates users"), Run: lnSQLXPrepared, Want: []Want{found(budget.NPlusOne, "lnSQLXPrepared", "users", "certificates")},
		},
	}
}

func lnQuizzesInJSON(ctx context.Context, e *Env) error {
	var text string
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT quiz_ids FROM courses WHERE slug = ?"), "slug-4"), &text)
	var ids []int64
	try(json.Unmarshal([]byte(text), &ids))
	for _, id := range ids {
		var title string
		one(e.DB.QueryRowContext(ctx, e.Q("SELECT title FROM quizzes WHERE id = ?"), id), &title)
	}
	return nil
}

func lnTextKeys(ctx context.Context, e *Env) error {
	for _, uid := range texts(e.DB.QueryContext(ctx, "SELECT uid, title FROM lessons ORDER BY minutes, position, id LIMIT 11")) {
		var path string
		one(e.DB.QueryRowContext(ctx, e.Q("SELECT path FROM files WHERE lesson_uid = ?"), uid), &path)
	}
	return nil
}

func lnVerify(ctx context.Context, e *Env) error {
	valid := 0
	for _, n := range []int{4, 9, 2, 11, 7, 6} {
		var state string
		if one(e.DB.QueryRowContext(ctx, e.Q("SELECT state FROM certificates WHERE code = ?"), fmt.Sprintf("cert-%04x", n*733)), &state) && state == "valid" {
			valid++
		}
	}
	return nil
}

func (s lnStore) lessonsOf(ctx context.Context, course int64) (n int64) {
	one(s.db(ctx).QueryRowContext(ctx, s.q("SELECT count(*) FROM lessons WHERE course_id = ?"), course), &n)
	return n
}

func (s lnStore) learnersOf(ctx context.Context, course int64) []int64 {
	return ints(s.db(ctx).QueryContext(ctx, s.q("SELECT user_id FROM enrolments WHERE course_id = ? AND state = 'active' ORDER BY id DESC LIMIT 3"), course))
}

func lnCards(ctx context.Context, e *Env) error {
	names := lnSQLNames{lnOpen(e)}
	for _, c := range pairs(e.DB.QueryContext(ctx, e.Q("SELECT id, author_id FROM courses WHERE tenant_id <> ? ORDER BY title DESC"), 9)) {
		names.lessonsOf(ctx, c[0])
		names.learnersOf(ctx, c[0])
		names.ByID(ctx, c[1])
	}
	return nil
}

func lnNamed(ctx context.Context, e *Env) error {
	for _, en := range pairs(e.DB.QueryContext(ctx, "SELECT user_id, course_id FROM enrolments WHERE progress > :min ORDER BY id LIMIT 9", sql.Named("min", 10))) {
		var points sql.NullInt64
		one(e.DB.QueryRowContext(ctx, "SELECT points FROM grades WHERE user_id = :user AND course_id = :course", sql.Named("course", en[1]), sql.Named("user", en[0])), &points)
	}
	return nil
}

func lnFourAuthors(ctx context.Context, e *Env) error {
	for _, p := range pairs(e.DB.QueryContext(ctx, "SELECT id, author_id FROM posts ORDER BY id DESC")) {
		var name string
		one(e.DB.QueryRowContext(ctx, e.Q("SELECT name FROM users WHERE id = ?"), p[1]), &name)
	}
	return nil
}

// lnSelect builds a statement by hand.
type lnSelect struct {
	text strings.Builder
	args []any
}

func lnFrom(columns, table string) *lnSelect {
	b := &lnSelect{}
	b.text.WriteString("SELECT " + columns + " FROM " + table)
	return b
}

func (b *lnSelect) where(condition string, arg any) *lnSelect {
	word := " AND "
	if len(b.args) == 0 {
		word = " WHERE "
	}
	b.text.WriteString(word + condition)
	b.args = append(b.args, arg)
	return b
}

func (b *lnSelect) count(ctx context.Context, e *Env) (n int64) {
	one(e.DB.QueryRowContext(ctx, e.Q(b.text.String()), b.args...), &n)
	return n
}

func lnBuilderLoop(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id, name FROM cohorts ORDER BY joined DESC")) {
		lnFrom("count(*)", "enrolments").where("state = ?", "active").where("cohort_id = ?", id).count(ctx, e)
	}
	return nil
}

func lnClaimed(ctx context.Context, e *Env) error {
	claimed := pairs(e.DB.QueryContext(ctx, e.Q("UPDATE submissions SET state = 'grading' WHERE state = ? AND score > 60 RETURNING id, user_id"), "new"))
	for _, s := range claimed {
		var locale string
		one(e.DB.QueryRowContext(ctx, e.Q("SELECT locale FROM users WHERE id = ?"), s[1]), &locale)
	}
	return nil
}

func lnBest(ctx context.Context, e *Env) error {
	best := pairs(e.DB.QueryContext(ctx, `WITH ranked AS (
		SELECT lesson_id, user_id, row_number() OVER (PARTITION BY lesson_id ORDER BY score DESC, id) AS place FROM submissions
	) SELECT lesson_id, user_id FROM ranked WHERE place = 1 ORDER BY lesson_id DESC LIMIT 8`))
	for _, b := range best {
		var name string
		one(e.DB.QueryRowContext(ctx, e.Q("SELECT name FROM users WHERE id = ?"), b[1]), &name)
	}
	return nil
}

func lnNoPreload(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	var courses []lnCourse
	try(g.Where(&lnCourse{TenantID: 1}).Order("price DESC").Find(&courses).Error)
	for i := range courses {
		try(g.Where("course_id = ?", courses[i].ID).Order("position").Find(&courses[i].Lessons).Error)
	}
	return nil
}

func lnInBatches(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	var batch []lnEnrolment
	return g.Where("state = ?", "active").FindInBatches(&batch, 10, func(tx *gorm.DB, _ int) error {
		for _, en := range batch {
			var u lnUser
			try(g.Take(&u, en.UserID).Error)
		}
		return nil
	}).Error
}

func lnActive(g *gorm.DB) *gorm.DB { return g.Where("state = ?", "active") }

func lnStarted(min int64) func(*gorm.DB) *gorm.DB {
	return func(g *gorm.DB) *gorm.DB { return g.Where("progress >= ?", min) }
}

func lnScopedCount(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	var courses []lnCourse
	try(g.Select("id", "title").Order("title DESC").Find(&courses).Error)
	for _, c := range courses {
		var n int64
		try(g.Model(&lnEnrolment{}).Scopes(lnActive, lnStarted(5)).Where("course_id = ?", c.ID).Count(&n).Error)
	}
	return nil
}

func lnAssociationCount(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	var courses []lnCourse
	try(g.Order("title").Limit(6).Find(&courses).Error)
	for i := range courses {
		g.Model(&courses[i]).Association("Lessons").Count()
	}
	return nil
}

func lnBunAuthor(ctx context.Context, e *Env) error {
	var threads []lnThread
	try(e.Bun().NewSelect().Model(&threads).Column("id", "author_id", "title").Order("replies DESC").Scan(ctx))
	for i := range threads {
		threads[i].Author = new(lnUser)
		try(e.Bun().NewSelect().Model(threads[i].Author).Column("id", "name").Where("id = ?", threads[i].AuthorID).Scan(ctx))
	}
	return nil
}

func lnBunScanAndCount(ctx context.Context, e *Env) error {
	e.DB.SetMaxOpenConns(1) // ScanAndCount sends its statements at once
	var courses []lnCourse
	try(e.Bun().NewSelect().Model(&courses).Where("tenant_id = ?", 2).Order("price DESC").Limit(4).Scan(ctx))
	for i := range courses {
		_, err := e.Bun().NewSelect().Model(&courses[i].Lessons).Where("course_id = ?", courses[i].ID).Order("position").Limit(2).ScanAndCount(ctx)
		try(err)
	}
	return nil
}

func lnSQLXNamed(ctx context.Context, e *Env) error {
	db := e.SQLX()
	var users []struct {
		ID   int64
		Name string
	}
	try(db.SelectContext(ctx, &users, db.Rebind("SELECT id, name FROM users WHERE tenant_id = ? ORDER BY points DESC"), 1))
	for _, u := range users {
		rows, err := db.NamedQueryContext(ctx, "SELECT course_id, points FROM grades WHERE user_id = :id", u)
		try(err)
		for rows.Next() {
			var course, points int64
			try(rows.Scan(&course, &points))
		}
		try(rows.Close())
	}
	return nil
}

func lnSQLXPrepared(ctx context.Context, e *Env) error {
	db := e.SQLX()
	var stmt *sqlx.Stmt
	stmt, err := db.PreparexContext(ctx, db.Rebind("SELECT email FROM users WHERE id = ?"))
	try(err)
	defer stmt.Close() //nolint:errcheck // the case is over
	var certs []struct {
		Code   string
		UserID int64 `db:"user_id"`
	}
	try(db.SelectContext(ctx, &certs, "SELECT code, user_id FROM certificates WHERE state = 'valid' ORDER BY code DESC"))
	for _, c := range certs {
		var mail string
		try(stmt.GetContext(ctx, &mail, c.UserID))
	}
	return nil
}
