package corpus

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/uptrace/bun"
	"gorm.io/gorm"
)

// lnMoreQuietCases are handlers as they should be, by the libraries and with loops that
// are none.
func lnMoreQuietCases() []Case {
	return []Case{
		{Name: "learning/flags-once", About: "six flags of one read that sync.Once keeps", Setup: lnOf("flags"), Run: lnFlagsOnce},
		{Name: "learning/five-panels", About: "five questions about one user at once", Setup: lnOf("enrolments notifications grades certificates roles"), Run: lnPanels},
		{Name: "learning/gorm-preload", About: "Preload of two levels and of the author", Setup: lnOf("courses lessons files users"), Run: lnPreload},
		{Name: "learning/gorm-create-list", About: "CreateInBatches of twelve rows, FindInBatches that writes batch by batch", Setup: lnOf("enrolments notifications"), Run: lnCreateList},
		{Name: "learning/bun-relation", About: "relations of both kinds, and a count of the whole", Setup: lnOf("courses lessons users"), Run: lnBunRelation},
		{Name: "learning/refunds", About: "six refunds, each with its own transaction, a call of the bank and three tables: by design", Systems: csNoSQLite, Setup: lnOf("payments ledger outbox"), Run: lnRefunds},
		{Name: "learning/wait-for-webhook", About: "retries until the payment of another request is there", Setup: lnOf("payments"), Run: lnWaitForWebhook},
		{Name: "learning/soft-delete", About: "a user is deleted softly, and his things in four tables", Setup: lnOf("users sessions enrolments notifications roles"), Run: lnSoftDelete},
		{Name: "learning/savepoint", About: "a nested transaction of GORM may fail; the mail is tried once more", Systems: csNoSQLite, Setup: lnOf("enrolments outbox audit"), Run: lnSavepoint},
		{Name: "learning/values-in-batches", About: "a file of 24 lines is six INSERTs of four rows", Setup: lnOf("audit"), Run: lnValuesInBatches},
		{Name: "learning/four-of-ten", About: "ten rows were read, and four of them need a look: fewer than five, and not each", Setup: lnOf("submissions users"), Run: lnFourOfTen},
		{Name: "learning/lateral", About: "the two newest posts of each thread in one statement, and the authors by IN", Systems: []string{"postgres"}, Setup: lnOf("threads posts users"), Run: lnLateral},
		{Name: "learning/grade-one", About: "a submission is graded, the grade upserted, a notification written, the list read anew", Setup: lnOf("submissions lessons grades notifications"), Run: lnGradeOne},
	}
}

func lnPreload(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	var courses []lnCourse
	return g.Preload("Lessons.Files").Preload("Author").Preload("Lessons", func(g *gorm.DB) *gorm.DB { return g.Order("position") }).Order("id").Find(&courses).Error
}

func lnCreateList(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	var list []lnNotification
	for i := range 12 {
		list = append(list, lnNotification{UserID: int64(i) + 1, Kind: "news", Body: fmt.Sprint("number ", i)})
	}
	try(g.CreateInBatches(&list, 4).Error)
	var batch []lnEnrolment
	return g.Where("progress < ?", 70).FindInBatches(&batch, 10, func(tx *gorm.DB, _ int) error {
		var ids []int64
		for _, en := range batch {
			ids = append(ids, en.ID)
		}
		return g.Model(&lnEnrolment{}).Where("id IN ?", ids).Update("state", "behind").Error
	}).Error
}

func lnBunRelation(ctx context.Context, e *Env) error {
	var courses []lnCourse
	try(e.Bun().NewSelect().Model(&courses).Relation("Author").Relation("Lessons", func(q *bun.SelectQuery) *bun.SelectQuery { return q.Order("position") }).
		Where("?TableAlias.tenant_id = ?", 2).Order("title").Scan(ctx))
	_, err := e.Bun().NewSelect().Model((*lnCourse)(nil)).Where("tenant_id = ?", 2).Count(ctx)
	return err
}

func lnRefunds(ctx context.Context, e *Env) error {
	s := lnOpen(e)
	for _, id := range []int64{8, 3, 10, 5, 7, 2} {
		err := s.inTx(ctx, nil, func(ctx context.Context) error {
			var user, amount int64
			if !one(s.db(ctx).QueryRowContext(ctx, s.q("SELECT user_id, amount FROM payments WHERE id = ? AND state = 'paid' FOR UPDATE"), id), &user, &amount) {
				return errors.New("nothing to refund")
			}
			ref := fmt.Sprint("re_", id*31) // the bank answers with it
			done(s.db(ctx).ExecContext(ctx, s.q("UPDATE payments SET state = 'refunded', ref = ? WHERE id = ?"), ref, id))
			done(s.db(ctx).ExecContext(ctx, s.q("INSERT INTO ledger (user_id, amount, note) VALUES (?, ?, 'refund')"), user, amount))
			s.emit(ctx, "refunded", ref)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func lnWaitForWebhook(ctx context.Context, e *Env) error {
	for i := range 8 {
		var state string
		if one(e.DB.QueryRowContext(ctx, e.Q("SELECT state FROM payments WHERE ref = ?"), "pi_new"), &state) {
			return nil
		}
		if i == 5 {
			csElse(e, "INSERT INTO payments (user_id, course_id, amount, state, ref) VALUES (1, 1, 10, 'paid', ?)", "pi_new")
		}
	}
	return nil
}

func lnSoftDelete(ctx context.Context, e *Env) error {
	s := lnOpen(e)
	return s.inTx(ctx, nil, func(ctx context.Context) error {
		done(s.db(ctx).ExecContext(ctx, s.q("UPDATE users SET deleted_at = ? WHERE id = ? AND deleted_at IS NULL"), 777, 10))
		for _, table := range strings.Fields("sessions notifications roles enrolments") {
			done(s.db(ctx).ExecContext(ctx, s.q("DELETE FROM "+table+" WHERE user_id = ?"), 10))
		}
		return nil
	})
}

func lnSavepoint(ctx context.Context, e *Env) error {
	return e.GORM().WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		try(tx.Model(&lnEnrolment{}).Where("id = ?", 17).Update("state", "done").Error)
		for attempt := range 2 {
			err := tx.Transaction(func(tx *gorm.DB) error {
				if err := tx.Exec("INSERT INTO outbox (topic, payload, sent) VALUES ('done', ?, 0)", fmt.Sprint("try ", attempt)).Error; err != nil || attempt == 0 {
					return errors.New("once more")
				}
				return nil
			})
			if err == nil {
				break
			}
		}
		return tx.Exec("INSERT INTO audit (actor_id, action, target) VALUES (1, 'done', '17')").Error
	})
}

func lnValuesInBatches(ctx context.Context, e *Env) error {
	for batch := range 6 {
		var args []any
		for i := range 4 {
			args = append(args, 1+i, "import", fmt.Sprint("line ", 4*batch+i))
		}
		values := strings.TrimSuffix(strings.Repeat("(?, ?, ?), ", 4), ", ")
		done(e.DB.ExecContext(ctx, e.Q("INSERT INTO audit (actor_id, action, target) VALUES "+values), args...))
	}
	return nil
}

func lnFourOfTen(ctx context.Context, e *Env) error {
	for i, s := range pairs(e.DB.QueryContext(ctx, "SELECT id, user_id FROM submissions ORDER BY score LIMIT 10")) {
		if i%3 != 0 {
			continue
		}
		var mail string
		one(e.DB.QueryRowContext(ctx, e.Q("SELECT email FROM users WHERE id = ?"), s[1]), &mail)
	}
	return nil
}

func lnLateral(ctx context.Context, e *Env) error {
	newest := pairs(e.DB.QueryContext(ctx, "SELECT t.id, p.author_id FROM threads t JOIN LATERAL (SELECT author_id FROM posts WHERE thread_id = t.id ORDER BY id DESC LIMIT 2) p ON TRUE ORDER BY t.id"))
	var authors []any
	for _, n := range newest {
		authors = append(authors, n[1])
	}
	drain(e.DB.QueryContext(ctx, e.Q("SELECT id, name FROM users WHERE id IN ("+csMarks(len(authors))+")"), authors...))
	return nil
}

func lnGradeOne(ctx context.Context, e *Env) error {
	s := lnOpen(e)
	list := func(ctx context.Context) []int64 {
		return ints(s.db(ctx).QueryContext(ctx, s.q("SELECT id, score FROM submissions WHERE user_id = ? ORDER BY id"), 6))
	}
	list(ctx)
	err := s.inTx(ctx, &sql.TxOptions{}, func(ctx context.Context) error {
		done(s.db(ctx).ExecContext(ctx, s.q("UPDATE submissions SET state = 'graded', score = ? WHERE id = ?"), 83, 19))
		var lesson, course int64
		one(s.db(ctx).QueryRowContext(ctx, s.q("SELECT lesson_id FROM submissions WHERE id = ?"), 19), &lesson)
		one(s.db(ctx).QueryRowContext(ctx, s.q("SELECT course_id FROM lessons WHERE id = ?"), lesson), &course)
		done(s.db(ctx).ExecContext(ctx, s.q("INSERT INTO grades (user_id, course_id, points, n) VALUES (?, ?, ?, 1)"+lnUpsert(e, "user_id, course_id", "points")), 6, course, 83))
		done(s.db(ctx).ExecContext(ctx, s.q("INSERT INTO notifications (user_id, kind, body, seen) VALUES (?, 'grade', 'yours', 0)"), 6))
		return nil
	})
	list(ctx)
	return err
}
