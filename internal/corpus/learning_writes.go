package corpus

import (
	"context"
	"encoding/csv"
	"fmt"
	"strings"

	"github.com/querybudget/querybudget/budget"
)

// lnWriteCases are writes for each item.
func lnWriteCases() []Case {
	return []Case{
		{
			Name: "learning/mark-seen", About: "each of sixteen notifications that were read is marked",
			Setup: lnOf("notifications"), Run: lnMarkSeen, Want: []Want{proven(budget.WriteLoop, "lnMarkSeen", "notifications", "notifications")},
		},
		{
			Name: "learning/drag-and-drop", About: "positions of ids that the browser sent, in a transaction of the context: no parent",
			Setup: lnOf("lessons"), Run: lnDragAndDrop, Want: []Want{found(budget.WriteLoop, "move", "lessons", none)},
		},
		{
			Name: "learning/import-csv", About: "a line of a file is an INSERT: no parent",
			Setup: lnOf("users"), Run: lnImportCSV, Want: []Want{found(budget.WriteLoop, "lnImportCSV", "users", none)},
		},
		{
			Name: "learning/tag-all", About: "a course gets each of the seven tags that were read",
			Setup: lnOf("tags course_tags"), Run: lnTagAll, Want: []Want{proven(budget.WriteLoop, "lnTagAll", "course_tags", "tags")},
		},
		{
			Name: "learning/gorm-create-each", Values: true, About: "a certificate is created for each enrolment that is far enough",
			Setup: lnOf("enrolments certificates"), Run: lnCertify, Want: []Want{found(budget.WriteLoop, "lnCertify", "certificates", "enrolments")},
		},
		{
			Name: "learning/gorm-update-each", About: "Update by the model for each course of the tenant",
			Setup: lnOf("courses"), Run: lnArchive, Want: []Want{found(budget.WriteLoop, "lnArchive", "courses", "courses")},
		},
		{
			Name: "learning/bun-notify", About: "an INSERT by bun for each learner of a course",
			Setup: lnOf("users notifications"), Run: lnNotify, Want: []Want{found(budget.WriteLoop, "lnNotify", "notifications", "users")},
		},
		{
			Name: "learning/sqlx-named-exec", About: "NamedExec for each event of a batch that the browser sent",
			Setup: lnOf("audit"), Run: lnAnalytics, Want: []Want{found(budget.WriteLoop, "lnAnalytics", "audit", none)},
		},
		{
			Name: "learning/expire-sessions", About: "sessions by text keys are deleted one by one",
			Setup: lnOf("sessions"), Run: lnExpire, Want: []Want{proven(budget.WriteLoop, "lnExpire", "sessions", "sessions")},
		},
		{
			Name: "learning/regrade", About: "an upsert into a table with a key of two columns for each submission",
			Setup: lnOf("submissions grades"), Run: lnRegrade, Want: []Want{found(budget.WriteLoop, "lnRegrade", "grades", "submissions")},
		},
		{
			Name: "learning/prepared-insert", About: "a statement of the transaction, for each learner of a cohort",
			Setup: lnOf("enrolments ledger"), Run: lnReward, Want: []Want{found(budget.WriteLoop, "lnReward", "ledger", "enrolments")},
		},
		{
			Name: "learning/three-cohorts-moved", Values: true, About: "three cohorts were read, and each is moved",
			Setup: lnOf("cohorts"), Run: lnMoveThree, Want: []Want{proven(budget.WriteLoop, "lnMoveThree", "cohorts", "cohorts")},
		},
		{
			Name: "learning/call-each", About: "CALL for each wallet",
			Systems: []string{"mysql"}, Setup: append(lnOf("wallets"), "CREATE PROCEDURE pay_interest(IN who BIGINT) UPDATE wallets SET balance = balance + 1 WHERE user_id = who"),
			Run: lnCallEach, Want: []Want{{Kind: budget.WriteLoop, Func: "lnCallEach", Parent: "wallets"}},
		},
		{
			Name: "learning/append-events", About: "seven events of a command are appended one by one: no parent",
			Setup: lnOf("events"), Run: lnAppend, Want: []Want{found(budget.WriteLoop, "Append", "events", none)},
		},
		{
			Name: "learning/read-and-write-each", About: "for each cohort the learners are counted, and the number is stored: one loop",
			Setup: lnOf("cohorts enrolments"), Run: lnRecount,
			Want: []Want{{Kind: budget.WriteLoop, Func: "lnRecount", Table: "cohorts", Parent: "cohorts", Proven: true, Also: reads}},
		},
	}
}

func lnMarkSeen(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, e.Q("SELECT id, body FROM notifications WHERE seen = ? ORDER BY body DESC"), 0)) {
		done(e.DB.ExecContext(ctx, e.Q("UPDATE notifications SET seen = 1 WHERE id = ?"), id))
	}
	return nil
}

func (s lnStore) move(ctx context.Context, lesson int64, position int) {
	done(s.db(ctx).ExecContext(ctx, s.q("UPDATE lessons SET position = ? WHERE id = ?"), position, lesson))
}

func lnDragAndDrop(ctx context.Context, e *Env) error {
	s := lnOpen(e)
	return s.inTx(ctx, nil, func(ctx context.Context) error {
		for i, id := range []int64{14, 5, 23, 9, 18, 27} {
			s.move(ctx, id, i+1)
		}
		return nil
	})
}

func lnImportCSV(ctx context.Context, e *Env) error {
	file := "ada,ada@example.com\nbob,bob@example.com\ncleo,cleo@example.com\ndan,dan@example.com\neve,eve@example.com\nfay,fay@example.com\n"
	lines, err := csv.NewReader(strings.NewReader(file)).ReadAll()
	try(err)
	for _, line := range lines {
		done(e.DB.ExecContext(ctx, e.Q("INSERT INTO users (tenant_id, name, email, points, version) VALUES (1, ?, ?, 0, 1)"), line[0], line[1]))
	}
	return nil
}

func lnTagAll(ctx context.Context, e *Env) error {
	const course = 41
	for _, tag := range ints(e.DB.QueryContext(ctx, "SELECT id, name FROM tags ORDER BY name DESC")) {
		done(e.DB.ExecContext(ctx, e.Q("INSERT INTO course_tags (course_id, tag_id) VALUES (?, ?)"), course, tag))
	}
	return nil
}

func lnCertify(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	var far []lnEnrolment
	try(g.Where("progress > ?", 60).Order("progress DESC").Find(&far).Error)
	for _, en := range far {
		try(g.Create(&lnCertificate{Code: fmt.Sprintf("new-%d", en.ID), UserID: en.UserID, CourseID: en.CourseID, State: "valid"}).Error)
	}
	return nil
}

func lnArchive(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	var courses []lnCourse
	try(g.Where("price > ?", 4900).Order("title DESC").Find(&courses).Error)
	for i := range courses {
		try(g.Model(&courses[i]).Update("state", "archived").Error)
	}
	return nil
}

func lnNotify(ctx context.Context, e *Env) error {
	var users []lnUser
	try(e.Bun().NewSelect().Model(&users).Column("id", "name").Where("tenant_id = ?", 2).Order("points DESC").Scan(ctx))
	for _, u := range users {
		n := lnNotification{UserID: u.ID, Kind: "news", Body: "hello " + u.Name}
		if _, err := e.Bun().NewInsert().Model(&n).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

func lnAnalytics(ctx context.Context, e *Env) error {
	db := e.SQLX()
	for i, action := range strings.Fields("play pause seek play ended rate") {
		_, err := db.NamedExecContext(ctx, "INSERT INTO audit (actor_id, action, target) VALUES (:actor, :action, :target)",
			map[string]any{"actor": 5, "action": action, "target": fmt.Sprint("video at ", i)})
		try(err)
	}
	return nil
}

func lnExpire(ctx context.Context, e *Env) error {
	for _, token := range texts(e.DB.QueryContext(ctx, e.Q("SELECT token, user_id FROM sessions WHERE expires_at < ? ORDER BY expires_at DESC"), 650)) {
		done(e.DB.ExecContext(ctx, e.Q("DELETE FROM sessions WHERE token = ?"), token))
	}
	return nil
}

func lnRegrade(ctx context.Context, e *Env) error {
	upsert := "INSERT INTO grades (user_id, course_id, points, n) VALUES (?, 7, ?, 1)" + lnUpsert(e, "user_id, course_id", "points")
	for _, s := range pairs(e.DB.QueryContext(ctx, "SELECT user_id, score FROM submissions WHERE attempt = 1 ORDER BY score DESC LIMIT 12")) {
		done(e.DB.ExecContext(ctx, e.Q(upsert), s[0], s[1]/2))
	}
	return nil
}

func lnReward(ctx context.Context, e *Env) error {
	learners := pairs(e.DB.QueryContext(ctx, e.Q("SELECT user_id, progress FROM enrolments WHERE cohort_id = ? ORDER BY progress DESC"), 2))
	tx, err := e.DB.BeginTx(ctx, nil)
	try(err)
	defer tx.Rollback() //nolint:errcheck // after a commit it does nothing
	stmt, err := tx.PrepareContext(ctx, e.Q("INSERT INTO ledger (user_id, amount, note) VALUES (?, ?, 'reward')"))
	try(err)
	defer stmt.Close() //nolint:errcheck // the transaction closes it
	for _, l := range learners {
		done(stmt.ExecContext(ctx, l[0], 100+l[1]))
	}
	return tx.Commit()
}

func lnMoveThree(ctx context.Context, e *Env) error {
	for _, c := range pairs(e.DB.QueryContext(ctx, "SELECT id, starts_at FROM cohorts ORDER BY starts_at LIMIT 3")) {
		done(e.DB.ExecContext(ctx, e.Q("UPDATE cohorts SET starts_at = ?, name = 'moved' WHERE id = ?"), 20000+c[0], c[0]))
	}
	return nil
}

func lnCallEach(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT user_id, balance FROM wallets WHERE balance > 9005 ORDER BY balance DESC")) {
		done(e.DB.ExecContext(ctx, "CALL pay_interest(?)", id))
	}
	return nil
}

type lnEvents struct{ lnStore }

func (r lnEvents) Append(ctx context.Context, stream string, seq int64, kind, payload string) {
	done(r.db(ctx).ExecContext(ctx, r.q("INSERT INTO events (stream, seq, kind, payload) VALUES (?, ?, ?, ?)"), stream, seq, kind, payload))
}

func lnAppend(ctx context.Context, e *Env) error {
	r := lnEvents{lnOpen(e)}
	return r.inTx(ctx, nil, func(ctx context.Context) error {
		for i, kind := range strings.Fields("created priced described tagged published announced indexed") {
			r.Append(ctx, "course-77", int64(i)+1, kind, "by the wizard")
		}
		return nil
	})
}

func lnRecount(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id, name FROM cohorts ORDER BY name DESC")) {
		var n int64
		one(e.DB.QueryRowContext(ctx, e.Q("SELECT count(*) FROM enrolments WHERE cohort_id = ?"), id), &n)
		done(e.DB.ExecContext(ctx, e.Q("UPDATE cohorts SET joined = ? WHERE id = ?"), 50+n, id))
	}
	return nil
}
