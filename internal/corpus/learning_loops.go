package corpus

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/querybudget/querybudget/budget"
)

// lnLoopCases are reads for each row, by database/sql.
func lnLoopCases() []Case {
	return []Case{
		{
			Name: "learning/unit-of-work", About: "a unit of work hands out repositories; the lessons of each of nine courses",
			Setup: lnOf("courses lessons"), Run: lnDashboard, Want: []Want{proven(budget.NPlusOne, "ByCourse", "lessons", "courses")},
		},
		{
			Name: "learning/repo-of-t", About: "Repo[T].Get for the author of each course",
			Setup: lnOf("courses users"), Run: lnRepoOfT, Want: []Want{found(budget.NPlusOne, "Get", "users", "courses")},
		},
		{
			Name: "learning/decorated", About: "two decorators, which time and trace, around the repository that is asked for each submission",
			Setup: lnOf("submissions users"), Run: lnDecorated, Want: []Want{found(budget.NPlusOne, "ByID", "users", "submissions")},
		},
		{
			Name: "learning/stmt-in-tx", About: "tx.StmtContext of a statement that the server prepared when it started",
			Setup: lnOf("quizzes questions"), Run: lnStmtInTx, Want: []Want{proven(budget.NPlusOne, "lnStmtInTx", "questions", "quizzes")},
		},
		{
			Name: "learning/pinned-conn", About: "a sql.Conn of its own for a report; the learners of each of five cohorts",
			Setup: lnOf("cohorts enrolments"), Run: lnPinned, Want: []Want{proven(budget.NPlusOne, "lnPinned", "enrolments", "cohorts")},
		},
		{
			Name: "learning/seq2-open-rows", About: "an iterator keeps its rows open while the body of the loop asks for each: n+1, and two connections at once",
			Systems: csNoSQLite, Setup: lnOf("threads users"), Run: lnSeq2,
			Want: []Want{{Kind: budget.NPlusOne, Table: "users", Parent: "threads"}, {Kind: budget.NestedQuery, Table: "users"}},
		},
		{
			Name: "learning/worker-pool", About: "three workers take ids from a channel: a loop in goroutines, nothing nested",
			Systems: csNoSQLite, Setup: lnOf("lessons files"), Run: lnWorkerPool, Want: []Want{found(budget.NPlusOne, "render", "files", "lessons")},
		},
		{
			Name: "learning/errgroup", About: "one goroutine per cohort: a fan-out over rows is n+1",
			Setup: lnOf("cohorts calendar"), Run: lnErrgroup, Want: []Want{found(budget.NPlusOne, "lnErrgroup.func1", "calendar", "cohorts")},
		},
		{
			Name: "learning/three-cohorts", About: "three cohorts start next, and the first session of each is read",
			Setup: lnOf("cohorts calendar"), Run: lnThreeCohorts, Want: []Want{proven(budget.NPlusOne, "lnThreeCohorts", "calendar", "cohorts")},
		},
		{
			Name: "learning/may-comment", About: "may the author still comment? by the pair of key columns, for each thread",
			Setup: lnOf("threads roles"), Run: lnMayComment, Want: []Want{found(budget.NPlusOne, "can", "roles", "threads")},
		},
		{
			Name: "learning/i18n-of-each", About: "a key made of a lesson's id, and the locale: a lookup for each lesson that was read",
			Setup: lnOf("lessons translations"), Run: lnI18n, Want: []Want{found(budget.NPlusOne, "Label", "translations", "lessons")},
		},
		{
			Name: "learning/prerequisites", About: "the graph of what a course needs, course by course: WITH RECURSIVE does it",
			Setup: lnOf("prerequisites"), Run: lnPrerequisites, Want: []Want{{Kind: budget.NPlusOne, Func: "needs", Table: "prerequisites"}},
		},
		{
			Name: "learning/comment-tree", About: "a tree of posts, level by level with a queue",
			Setup: lnOf("posts"), Run: lnCommentTree, Want: []Want{{Kind: budget.NPlusOne, Func: "lnCommentTree", Table: "posts"}},
		},
		{
			Name: "learning/flags-of-page", About: "seven flags by names in the code: a list without a parent",
			Setup: lnOf("flags"), Run: lnFlags, Want: []Want{found(budget.NPlusOne, "Percent", "flags", none)},
		},
		{
			Name: "learning/loader-of-one", About: "a data loader whose batches hold one key each: IN (?) for each thread",
			Setup: lnOf("threads users"), Run: lnLoaderOfOne, Want: []Want{found(budget.NPlusOne, "load", "users", "threads")},
		},
		{
			Name: "learning/quizzes-in-json", About: "six ids from a JSON column of one course",
			Setup: lnOf("courses quizzes"), Run: lnQuizzesInJSON, Want: []Want{{Kind: budget.NPlusOne, Func: "lnQuizzesInJSON", Table: "quizzes"}},
		},
		{
			Name: "learning/text-keys", About: "the file of each lesson by a text key",
			Setup: lnOf("lessons files"), Run: lnTextKeys, Want: []Want{proven(budget.NPlusOne, "lnTextKeys", "files", "lessons")},
		},
		{
			Name: "learning/verify-codes", About: "codes that an employer sent are looked up one by one: no parent",
			Setup: lnOf("certificates"), Run: lnVerify, Want: []Want{found(budget.NPlusOne, "lnVerify", "certificates", none)},
		},
		{
			Name: "learning/cards", About: "three called functions for each course card are one loop",
			Setup: lnOf("courses lessons enrolments users"), Run: lnCards,
			Want: []Want{{Kind: budget.NPlusOne, Table: "lessons", Parent: "courses", Also: []string{"SELECT", "SELECT"}}},
		},
		{
			Name: "learning/named-arguments", About: "sql.Named arguments in a loop",
			Systems: []string{"sqlite"}, Setup: lnOf("enrolments grades"), Run: lnNamed, Want: []Want{found(budget.NPlusOne, "lnNamed", "grades", "enrolments")},
		},
		{
			Name: "learning/four-authors", Values: true, About: "24 posts of four authors: repeated keys are a loop, not a duplicate",
			Setup: lnOf("posts users"), Run: lnFourAuthors, Want: []Want{found(budget.NPlusOne, "lnFourAuthors", "users", "posts")},
		},
		{
			Name: "learning/builder", About: "a hand-made builder writes the statement for each cohort",
			Setup: lnOf("cohorts enrolments"), Run: lnBuilderLoop, Want: []Want{found(budget.NPlusOne, "count", "enrolments", "cohorts")},
		},
		{
			Name: "learning/claimed-returning", Values: true, About: "the rows that an UPDATE returned are looped over",
			Systems: frReturning, Setup: lnOf("submissions users"), Run: lnClaimed, Want: []Want{found(budget.NPlusOne, "lnClaimed", "users", "submissions")},
		},
		{
			Name: "learning/best-of-lesson", About: "a CTE with a window function finds the best of each lesson; the name of each is read then",
			Setup: lnOf("submissions users"), Run: lnBest, Want: []Want{found(budget.NPlusOne, "lnBest", "users", "submissions")},
		},
	}
}

// lnUoW is a unit of work.
type lnUoW struct{ lnStore }

type lnLessons struct{ lnUoW }

func (u lnUoW) Lessons() lnLessons { return lnLessons{u} }

func (r lnLessons) ByCourse(ctx context.Context, course int64) []string {
	return texts(r.db(ctx).QueryContext(ctx, r.q("SELECT title, minutes FROM lessons WHERE course_id = ? ORDER BY position"), course))
}

func lnDashboard(ctx context.Context, e *Env) error {
	u, out := lnUoW{lnOpen(e)}, map[int64][]string{}
	for _, id := range ints(u.db(ctx).QueryContext(ctx, "SELECT id, title FROM courses WHERE state = 'live' ORDER BY title DESC")) {
		out[id] = u.Lessons().ByCourse(ctx, id)
	}
	return nil
}

// lnRepo reads things of a type by their key.
type lnRepo[T any] struct {
	lnStore
	table, columns string
	dest           func(*T) []any
}

func (r lnRepo[T]) Get(ctx context.Context, id int64) (v T, err error) {
	query := fmt.Sprintf("SELECT %s FROM %s WHERE id = ?", r.columns, r.table)
	return v, r.db(ctx).QueryRowContext(ctx, r.q(query), id).Scan(r.dest(&v)...)
}

func lnUsers(e *Env) lnRepo[lnUser] {
	return lnRepo[lnUser]{lnOpen(e), "users", "id, name, email", func(u *lnUser) []any { return []any{&u.ID, &u.Name, &u.Email} }}
}

func lnRepoOfT(ctx context.Context, e *Env) error {
	users := lnUsers(e)
	for _, c := range pairs(e.DB.QueryContext(ctx, "SELECT id, author_id FROM courses ORDER BY price")) {
		if _, err := users.Get(ctx, c[1]); err != nil {
			return err
		}
	}
	return nil
}

// lnNames finds the names of users.
type lnNames interface {
	ByID(ctx context.Context, id int64) string
}

type (
	lnSQLNames   struct{ lnStore }
	lnTimedNames struct {
		next lnNames
		took time.Duration
	}
	lnTracedNames struct {
		next lnNames
		log  []string
	}
)

func (n lnSQLNames) ByID(ctx context.Context, id int64) (name string) {
	one(n.db(ctx).QueryRowContext(ctx, n.q("SELECT name FROM users WHERE id = ? AND deleted_at IS NULL"), id), &name)
	return name
}

func (n *lnTimedNames) ByID(ctx context.Context, id int64) string {
	defer func(t time.Time) { n.took += time.Since(t) }(time.Now())
	return n.next.ByID(ctx, id)
}

func (n *lnTracedNames) ByID(ctx context.Context, id int64) string {
	n.log = append(n.log, fmt.Sprint("user ", id))
	return n.next.ByID(ctx, id)
}

func lnDecorated(ctx context.Context, e *Env) error {
	var names lnNames = &lnTracedNames{next: &lnTimedNames{next: lnSQLNames{lnOpen(e)}}}
	for _, s := range pairs(e.DB.QueryContext(ctx, e.Q("SELECT id, user_id FROM submissions WHERE state = ? ORDER BY score DESC LIMIT 10"), "new")) {
		names.ByID(ctx, s[1])
	}
	return nil
}

func lnStmtInTx(ctx context.Context, e *Env) error {
	stmt, err := e.DB.PrepareContext(ctx, e.Q("SELECT id, body FROM questions WHERE quiz_id = ? ORDER BY weight"))
	try(err)
	defer stmt.Close() //nolint:errcheck // the case is over
	tx, err := e.DB.BeginTx(ctx, &sql.TxOptions{ReadOnly: e.System != "sqlite"})
	try(err)
	defer tx.Rollback() //nolint:errcheck // after a commit it does nothing
	for _, quiz := range ints(tx.QueryContext(ctx, "SELECT id, title FROM quizzes ORDER BY title DESC")) {
		drain(tx.StmtContext(ctx, stmt).QueryContext(ctx, quiz))
	}
	return tx.Commit()
}

func lnPinned(ctx context.Context, e *Env) error {
	conn, err := e.DB.Conn(ctx)
	try(err)
	defer conn.Close() //nolint:errcheck // the case is over
	for _, cohort := range ints(conn.QueryContext(ctx, "SELECT id FROM cohorts ORDER BY starts_at")) {
		var n, avg int64
		one(conn.QueryRowContext(ctx, e.Q("SELECT count(*), COALESCE(max(progress), 0) FROM enrolments WHERE cohort_id = ?"), cohort), &n, &avg)
	}
	return nil
}

func (s lnStore) threads(ctx context.Context) iter.Seq2[lnThread, error] {
	return func(yield func(lnThread, error) bool) {
		rows, err := s.db(ctx).QueryContext(ctx, "SELECT id, author_id, title FROM threads ORDER BY title DESC")
		if err != nil {
			yield(lnThread{}, err)
			return
		}
		defer rows.Close() //nolint:errcheck // rows.Err says it
		for rows.Next() {
			var t lnThread
			if err := rows.Scan(&t.ID, &t.AuthorID, &t.Title); !yield(t, err) {
				return
			}
		}
	}
}

func lnSeq2(ctx context.Context, e *Env) error {
	names := lnSQLNames{lnOpen(e)}
	for t, err := range names.threads(ctx) {
		try(err)
		names.ByID(ctx, t.AuthorID)
	}
	return nil
}

func (s lnStore) render(ctx context.Context, lesson int64) (path string) {
	if err := s.db(ctx).QueryRowContext(ctx, s.q("SELECT path FROM files WHERE lesson_id = ?"), lesson).Scan(&path); err != nil {
		return ""
	}
	return path
}

func lnWorkerPool(ctx context.Context, e *Env) error {
	s, ids := lnOpen(e), make(chan int64)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for id := range ids {
				s.render(ctx, id)
			}
		})
	}
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id, title FROM lessons WHERE minutes > 6 ORDER BY position, id DESC LIMIT 15")) {
		ids <- id
	}
	close(ids)
	wg.Wait()
	return nil
}

func lnErrgroup(ctx context.Context, e *Env) error {
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(3)
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id, name FROM cohorts ORDER BY name DESC")) {
		g.Go(func() error {
			var next sql.NullInt64
			return e.DB.QueryRowContext(gctx, e.Q("SELECT min(starts_at) FROM calendar WHERE cohort_id = ?"), id).Scan(&next)
		})
	}
	return g.Wait()
}

func lnThreeCohorts(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, e.Q("SELECT id, name FROM cohorts WHERE starts_at > ? ORDER BY starts_at LIMIT 3"), 100)) {
		var title string
		one(e.DB.QueryRowContext(ctx, e.Q("SELECT title FROM calendar WHERE cohort_id = ? ORDER BY starts_at LIMIT 1"), id), &title)
	}
	return nil
}

func (s lnStore) can(ctx context.Context, permission string, user int64) (yes bool) {
	one(s.db(ctx).QueryRowContext(ctx, s.q("SELECT EXISTS (SELECT 1 FROM roles WHERE permission = ? AND user_id = ?)"), permission, user), &yes)
	return yes
}

func lnMayComment(ctx context.Context, e *Env) error {
	s := lnOpen(e)
	for _, t := range pairs(s.db(ctx).QueryContext(ctx, "SELECT id, author_id FROM threads ORDER BY replies DESC")) {
		s.can(ctx, "comment", t[1])
	}
	return nil
}

type lnBundle struct {
	lnStore
	locale string
}

func (b lnBundle) Label(ctx context.Context, key string) string {
	label := key
	one(b.db(ctx).QueryRowContext(ctx, b.q("SELECT label FROM translations WHERE tkey = ? AND locale = ?"), key, b.locale), &label)
	return label
}

func lnI18n(ctx context.Context, e *Env) error {
	b := lnBundle{lnOpen(e), "de"}
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id, position FROM lessons WHERE position = 2 ORDER BY minutes, id")) {
		b.Label(ctx, fmt.Sprintf("lesson.%d.title", id))
	}
	return nil
}

func (s lnStore) needs(ctx context.Context, course int64, seen map[int64]bool) {
	for _, id := range ints(s.db(ctx).QueryContext(ctx, s.q("SELECT needs_id FROM prerequisites WHERE course_id = ?"), course)) {
		if !seen[id] {
			seen[id] = true
			s.needs(ctx, id, seen)
		}
	}
}

func lnPrerequisites(ctx context.Context, e *Env) error {
	lnOpen(e).needs(ctx, 1, map[int64]bool{1: true})
	return nil
}

func lnCommentTree(ctx context.Context, e *Env) error {
	for queue := []int64{1}; len(queue) > 0 && len(queue) < 12; queue = queue[1:] {
		queue = append(queue, ints(e.DB.QueryContext(ctx, e.Q("SELECT id, body FROM posts WHERE parent_id = ? ORDER BY id"), queue[0]))...)
	}
	return nil
}

type lnFlagStore struct{ lnStore }

func (f lnFlagStore) Percent(ctx context.Context, name string) (n int64) {
	one(f.db(ctx).QueryRowContext(ctx, f.q("SELECT percent FROM flags WHERE name = ?"), name), &n)
	return n
}

func lnFlags(ctx context.Context, e *Env) error {
	f, on := lnFlagStore{lnOpen(e)}, map[string]bool{}
	for _, name := range strings.Fields("flag-4 flag-2 flag-7 flag-1 flag-5 flag-6 flag-3") {
		on[name] = f.Percent(ctx, name) > 30
	}
	return nil
}

// lnLoader gathers keys, and loads them when there are as many as it wants.
type lnLoader struct {
	lnStore
	size int
	keys []int64
	got  map[int64]string
}

func (l *lnLoader) want(ctx context.Context, key int64) {
	if l.keys = append(l.keys, key); len(l.keys) >= l.size {
		l.load(ctx)
	}
}

func (l *lnLoader) load(ctx context.Context) {
	if len(l.keys) == 0 {
		return
	}
	rows, err := l.db(ctx).QueryContext(ctx, l.q("SELECT id, name FROM users WHERE id IN ("+csMarks(len(l.keys))+")"), csAny(l.keys)...)
	try(err)
	defer rows.Close() //nolint:errcheck // rows.Err says it
	for rows.Next() {
		var id int64
		var name string
		try(rows.Scan(&id, &name))
		l.got[id] = name
	}
	try(rows.Err())
	l.keys = l.keys[:0]
}

func lnLoaderOfOne(ctx context.Context, e *Env) error {
	l := &lnLoader{lnStore: lnOpen(e), size: 1, got: map[int64]string{}}
	for _, t := range pairs(e.DB.QueryContext(ctx, "SELECT id, author_id FROM threads ORDER BY title")) {
		l.want(ctx, t[1])
	}
	l.load(ctx)
	return nil
}
