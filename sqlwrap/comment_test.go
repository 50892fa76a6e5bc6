package sqlwrap_test

import (
	"bytes"
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/middleware"
	"github.com/querybudget/querybudget/sqlwrap"
	"github.com/querybudget/querybudget/statement"
)

// texts is a driver that keeps what it is sent.
type texts struct {
	sent     []string
	declines bool // it wants everything prepared
}

func (d *texts) Connect(context.Context) (driver.Conn, error) { return textsConn{d}, nil }

func (d *texts) Driver() driver.Driver { return nil }

type textsConn struct{ *texts }

func (c textsConn) Prepare(text string) (driver.Stmt, error) {
	c.sent = append(c.sent, text)
	return textsStmt{}, nil
}

func (c textsConn) Begin() (driver.Tx, error) { return nil, driver.ErrBadConn }

func (c textsConn) Close() error { return nil }

func (c textsConn) ExecContext(_ context.Context, text string, _ []driver.NamedValue) (driver.Result, error) {
	if c.declines {
		return nil, driver.ErrSkip
	}
	c.sent = append(c.sent, text)
	return driver.RowsAffected(1), nil
}

type textsStmt struct{}

func (textsStmt) Close() error                               { return nil }
func (textsStmt) NumInput() int                              { return -1 }
func (textsStmt) Exec([]driver.Value) (driver.Result, error) { return driver.RowsAffected(1), nil }
func (textsStmt) Query([]driver.Value) (driver.Rows, error)  { return nil, driver.ErrBadConn }

// commented opens the driver with comments.
func commented(t *testing.T, d *texts, c sqlwrap.Config) *sql.DB {
	t.Helper()
	if c.System == "" {
		c.System = "postgresql"
	}
	db := sql.OpenDB(c.Connector(d))
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// send sends a text from a function of its own.
func send(t *testing.T, ctx context.Context, db *sql.DB, text string, args ...any) {
	t.Helper()
	if _, err := db.ExecContext(ctx, text, args...); err != nil {
		t.Fatal(err)
	}
}

func (d *texts) last(t *testing.T) string {
	t.Helper()
	if len(d.sent) == 0 {
		t.Fatal("nothing was sent")
	}
	return d.sent[len(d.sent)-1]
}

// A request's queries name its route and the function, whatever the route is called.
func TestCommentOfARequest(t *testing.T) {
	for pattern, route := range map[string]string{
		"/books/{id}":        "/books/:id",
		"/books/{id:[0-9]+}": "/books/:id",
		"/files/*":           "/files/%2A",
		"/a'--b":             "/a%27--b",
		"/é?x=$1":            "/%C3%A9%3Fx%3D%241",
	} {
		d := &texts{}
		db := commented(t, d, sqlwrap.Config{Comment: &sqlwrap.Comment{Application: "book shop"}})
		ctx, r := budget.NewContext(t.Context())
		r.SetRoute(budget.Route{Method: "GET", Pattern: pattern})
		send(t, ctx, db, "UPDATE t SET a = $1", 7)
		want := "UPDATE t SET a = $1 /*action='sqlwrap_test.send',application='book%20shop',route='" + route + "'*/"
		if got := d.last(t); got != want {
			t.Errorf("sent %q\nwant %q", got, want)
		}
		q := r.Report().Queries[0]
		if q.Shape != "UPDATE t SET a = ?" {
			t.Errorf("shape %q", q.Shape)
		}
	}
}

// A Limit tells the route before the handler runs.
func TestCommentInAHandler(t *testing.T) {
	d := &texts{}
	db := commented(t, d, sqlwrap.Config{Comment: &sqlwrap.Comment{}})
	r := chi.NewRouter()
	r.Use(middleware.Track(), middleware.Limit(budget.Budget{}))
	r.Get("/books/{id}", func(_ http.ResponseWriter, r *http.Request) { send(t, r.Context(), db, "DELETE FROM t") })
	r.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/books/7", nil))
	if got := d.last(t); !strings.HasSuffix(got, ",route='/books/:id'*/") {
		t.Errorf("sent %q", got)
	}
}

func TestCommentOfAJob(t *testing.T) {
	d := &texts{}
	db := commented(t, d, sqlwrap.Config{Comment: &sqlwrap.Comment{}})
	err := budget.Run(t.Context(), "nightly report", budget.Budget{}, func(ctx context.Context) error {
		ctx, _ = budget.With(ctx, "a part", budget.Budget{})
		send(t, ctx, db, "DELETE FROM t")
		return nil
	})
	if got := d.last(t); err != nil || got != "DELETE FROM t /*action='sqlwrap_test.send',job='nightly%20report'*/" {
		t.Errorf("sent %q: %v", got, err)
	}
	send(t, t.Context(), db, "DELETE FROM t")
	if got := d.last(t); got != "DELETE FROM t /*action='sqlwrap_test.send'*/" {
		t.Errorf("without a unit %q is sent", got)
	}
}

// Where the comment stands, and what gets none.
func TestCommentPlace(t *testing.T) {
	long := "SELECT " + strings.Repeat("a, ", 400) + "b FROM t"
	for _, test := range []struct{ name, text, want string }{
		{"behind", "SELECT 1", "SELECT 1 <>"},
		{"before the semicolon", "SELECT 1 ;\n", "SELECT 1 <> ;\n"},
		{"in front of a text whose end is not shown", long, "<> " + long},
		{"in front of several statements", "DELETE FROM a; DELETE FROM b;", "<> DELETE FROM a; DELETE FROM b;"},
		{"in front where a line comment would swallow it", "SELECT 1 -- one", "<> SELECT 1 -- one"},
		{"in front of MySQL's line comment", "SELECT 1 # one", "<> SELECT 1 # one"},
		{"in front of sqlc's name", "-- name: Get :one\nSELECT 1", "<> -- name: Get :one\nSELECT 1"},
		{"in front of a hint in the middle", "SELECT /*+ INDEX(a) */ 1", "<> SELECT /*+ INDEX(a) */ 1"},
		{"none beside a planner's hint", "/*+ SeqScan(t) */ SELECT 1", "/*+ SeqScan(t) */ SELECT 1"},
		{"none beside somebody's comment", "SELECT 1 /*a='b'*/;", "SELECT 1 /*a='b'*/;"},
		{"a view", "CREATE VIEW v AS SELECT 1", "CREATE VIEW v AS SELECT 1"},
		{"a view behind a comment", "-- v\nCREATE OR REPLACE VIEW v AS SELECT 1", "-- v\nCREATE OR REPLACE VIEW v AS SELECT 1"},
		{"a function", "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$", "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ SELECT 1 $$"},
		{"a function among others", "SELECT 1; CREATE FUNCTION f() RETURNS int RETURN 1", "SELECT 1; CREATE FUNCTION f() RETURNS int RETURN 1"},
		{"a function behind a write", "DELETE FROM t; CREATE FUNCTION f() RETURNS int RETURN 1", "DELETE FROM t; CREATE FUNCTION f() RETURNS int RETURN 1"},
		{"a trigger behind a write", "DELETE FROM t; alter event e DO DELETE FROM u", "DELETE FROM t; alter event e DO DELETE FROM u"},
		{"a trigger", "ALTER TABLE t ADD COLUMN c int", "ALTER TABLE t ADD COLUMN c int"},
		{"a copy", "COPY t FROM STDIN", "COPY t FROM STDIN"},
		{"a prepare", "PREPARE p AS SELECT 1", "PREPARE p AS SELECT 1"},
		{"control", "BEGIN", "BEGIN"},
		{"a setting", "SET a = 1", "SET a = 1"},
		{"nothing", " ; ", " ; "},
		{"what nobody can read", "prepared_7", "prepared_7"},
	} {
		d := &texts{}
		send(t, t.Context(), commented(t, d, sqlwrap.Config{Comment: &sqlwrap.Comment{}}), test.text)
		want := strings.Replace(test.want, "<>", "/*action='sqlwrap_test.send'*/", 1)
		if got := d.last(t); got != want {
			t.Errorf("%s: sent %q\nwant %q", test.name, got, want)
		}
	}
}

// A statement that the application prepares runs for many; one that the driver wanted
// prepared runs for one.
func TestCommentOfPreparedStatements(t *testing.T) {
	d := &texts{declines: true}
	comment := &sqlwrap.Comment{Application: "shop", Traceparent: func(context.Context) string { return sampled }}
	db := commented(t, d, sqlwrap.Config{Comment: comment})
	ctx, r := budget.NewContext(t.Context())
	r.SetRoute(budget.Route{Method: "GET", Pattern: "/a"})
	s, err := db.PrepareContext(ctx, "DELETE FROM t WHERE id = $1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.ExecContext(ctx, 1); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if got := d.last(t); got != "DELETE FROM t WHERE id = $1 /*application='shop'*/" {
		t.Errorf("prepared %q", got)
	}
	send(t, ctx, db, "DELETE FROM t WHERE id = $1", 1)
	if got := d.last(t); got != "DELETE FROM t WHERE id = $1 /*action='sqlwrap_test.send',application='shop',route='/a'*/" {
		t.Errorf("prepared %q", got)
	}
	if n := r.Report().Totals.Queries; n != 2 || len(d.sent) != 2 {
		t.Errorf("%d queries, %q", n, d.sent)
	}
}

const sampled = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

// Only what is a traceparent of a sampled request is added.
func TestTraceparent(t *testing.T) {
	for parent, added := range map[string]bool{
		sampled:                                 true,
		strings.TrimSuffix(sampled, "1") + "3":  true,
		strings.TrimSuffix(sampled, "1") + "0":  false,
		"":                                      false,
		"*/ DROP TABLE t; /*" + sampled:         false,
		strings.Replace(sampled, "0a", "*/", 1): false,
	} {
		d := &texts{}
		db := commented(t, d, sqlwrap.Config{Comment: &sqlwrap.Comment{Traceparent: func(context.Context) string { return parent }}})
		send(t, t.Context(), db, "DELETE FROM t")
		want := "DELETE FROM t /*action='sqlwrap_test.send'*/"
		if added {
			want = "DELETE FROM t /*action='sqlwrap_test.send',traceparent='" + parent + "'*/"
		}
		if got := d.last(t); got != want {
			t.Errorf("%q: sent %q", parent, got)
		}
	}
}

// Names that somebody makes of ids do not fill the caches of statements, and it is said.
func TestManyComments(t *testing.T) {
	d, log := &texts{}, &bytes.Buffer{}
	db := commented(t, d, sqlwrap.Config{Comment: &sqlwrap.Comment{Application: "shop"}, Logger: slog.New(slog.NewTextHandler(log, nil))})
	distinct := map[string]bool{}
	for i := range 1500 {
		ctx, r := budget.NewContext(t.Context())
		r.SetRoute(budget.Route{Method: "GET", Pattern: fmt.Sprintf("/books/%d", i)})
		send(t, ctx, db, "DELETE FROM t")
		distinct[d.last(t)] = true
	}
	if len(distinct) != 1001 || d.last(t) != "DELETE FROM t /*application='shop'*/" {
		t.Errorf("%d texts, the last %q", len(distinct), d.last(t))
	}
	if n := strings.Count(log.String(), "made of ids"); n != 1 {
		t.Errorf("said %d times: %s", n, log)
	}
}

// A database whose grammar is not known gets no comments, and it is said.
func TestCommentOfAnotherDatabase(t *testing.T) {
	for _, system := range []string{"sqlite", "microsoft.sql_server", "oracle"} {
		d, log := &texts{}, &bytes.Buffer{}
		db := commented(t, d, sqlwrap.Config{System: system, Comment: &sqlwrap.Comment{}, Logger: slog.New(slog.NewTextHandler(log, nil))})
		send(t, t.Context(), db, "DELETE FROM t")
		if d.last(t) != "DELETE FROM t" || strings.Count(log.String(), "Config.Comment is for") != 1 {
			t.Errorf("%s: sent %q, said %q", system, d.last(t), log)
		}
	}
}

// A comment never changes what a text is, and nothing in a name breaks out of it.
func FuzzComment(f *testing.F) {
	f.Add("SELECT 1", "/books/{id}")
	f.Add("SELECT 'a' -- b", "*/ DROP TABLE t; --")
	f.Add("SELECT $$a$$; DELETE FROM t", "/files/*")
	f.Add("-- a\nSELECT 1;", "'\\")
	f.Add("SELECT `a`# b\n", "{{}")
	f.Fuzz(func(t *testing.T, text, pattern string) {
		for _, system := range []string{"postgresql", "mysql"} {
			d := &texts{}
			db := commented(t, d, sqlwrap.Config{System: system, Comment: &sqlwrap.Comment{Application: pattern}})
			ctx, r := budget.NewContext(t.Context())
			r.SetRoute(budget.Route{Method: "GET", Pattern: pattern})
			if _, err := db.ExecContext(ctx, text); err != nil {
				t.Fatal(err)
			}
			reader := statement.NewReader(statement.Dialect(system), statement.NewHasher(), 1<<20)
			bare, sent := reader.Read(text), reader.Read(d.last(t))
			if bare.Shape != sent.Shape || bare.Kind != sent.Kind || bare.Verb != sent.Verb || bare.Literals != sent.Literals {
				t.Errorf("%s: %q was sent as %q: %q is %q, %s is %s", system, text, d.last(t), bare.Shape, sent.Shape, bare.Kind, sent.Kind)
			}
		}
	})
}
