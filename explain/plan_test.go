package explain_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/querybudget/querybudget/explain"
)

// What is no single statement of the right kind never reaches the database, whatever the
// driver would do with it.
func TestRefused(t *testing.T) {
	for _, test := range []struct {
		name    string
		planner fake
		query   string
	}{
		{"two statements", postgresShop(), "SELECT 1; DELETE FROM books"},
		{"two statements behind a comment", postgresShop(), "SELECT 1 /* ; */ ; DELETE FROM books"},
		{"a quote that is not closed", postgresShop(), "SELECT 'a; DELETE FROM books"},
		{"nothing", sqliteShop(), " -- nothing"},
		{"a definition", postgresShop(), "CREATE TABLE x (id int)"},
		{"a call", postgresShop(), "CALL pay()"},
		{"a block", postgresShop(), "DO $$ BEGIN END $$"},
		{"an EXPLAIN ANALYZE of its own", postgresShop(), "EXPLAIN ANALYZE DELETE FROM books"},
		{"ANALYZE of its own", postgresShop(), "ANALYZE DELETE FROM books"},
		{"a pragma", sqliteShop(), "PRAGMA writable_schema = 1"},
		{"transaction control", postgresShop(), "COMMIT"},
		{"a function that may do something, on MariaDB", mariaShop(), "SELECT count(*) FROM (SELECT sleep(2)) AS x"},
		{"a function that nobody knows, on MariaDB", mariaShop(), "SELECT * FROM books WHERE id = pay(1)"},
		{"a comment that MariaDB executes", mariaShop(), "SELECT 1 /*! ; DELETE FROM books */"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := explain.Plan(t.Context(), test.planner, test.query)
			if !errors.Is(err, explain.ErrRefused) {
				t.Errorf("%v, want ErrRefused", err)
			}
			for _, sent := range *test.planner.sent {
				if !strings.Contains(sent, "version()") {
					t.Errorf("sent: %s", sent)
				}
			}
		})
	}
}

func TestAnalyzeIsRefused(t *testing.T) {
	for _, test := range []struct {
		name    string
		planner fake
		query   string
	}{
		{"of a write", postgresShop(), "DELETE FROM books"},
		{"of a write in a WITH", postgresShop(), "WITH d AS (DELETE FROM books RETURNING id) SELECT * FROM d"},
		{"of a lock", postgresShop(), "SELECT id FROM books FOR UPDATE"},
		{"of a session's lock", postgresShop(), "SELECT pg_advisory_lock(1)"},
		{"of a function that nobody knows", postgresShop(), "SELECT pay(1)"},
		{"of SQLite", sqliteShop("SCAN books"), "SELECT id FROM books"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := explain.Options{Analyze: true}.Plan(t.Context(), test.planner, test.query)
			if !errors.Is(err, explain.ErrRefused) {
				t.Errorf("%v, want ErrRefused", err)
			}
			if slices.ContainsFunc(*test.planner.sent, func(s string) bool { return strings.Contains(s, "ANALYZE") }) {
				t.Errorf("sent: %q", *test.planner.sent)
			}
		})
	}
}

func TestPlanSaysWhatIsWrong(t *testing.T) {
	if _, err := explain.Plan(t.Context(), nil, "SELECT 1"); err == nil || !strings.Contains(err.Error(), "explain.SQL") {
		t.Errorf("without a Planner: %v", err)
	}
	other := newFake(map[string]answer{"SELECT version()": one("CockroachDB CCL v23")})
	if _, err := explain.Plan(t.Context(), other, "SELECT 1"); err == nil || !strings.Contains(err.Error(), "CockroachDB") {
		t.Errorf("of an unknown database: %v", err)
	}
	if _, err := explain.Plan(t.Context(), sqliteShop(), "SELECT ? + ?", 1); err == nil || !strings.Contains(err.Error(), "2 parameters and got 1") {
		t.Errorf("with an argument too few: %v", err)
	}
}

func TestSignsOfSQLite(t *testing.T) {
	planner := sqliteShop("SCAN books", "SEARCH books USING AUTOMATIC COVERING INDEX (author_id=?)", "USE TEMP B-TREE FOR ORDER BY")
	r, err := explain.Plan(t.Context(), planner, "SELECT title FROM books WHERE author_id = ? ORDER BY title LIMIT 3")
	if err != nil {
		t.Fatal(err)
	}
	var kinds []explain.SignKind
	for _, s := range r.Signs {
		kinds = append(kinds, s.Kind)
	}
	want := []explain.SignKind{explain.FullScan, explain.FullScan, explain.AutomaticIndex, explain.SortUnderLimit}
	if !slices.Equal(kinds, want) {
		t.Errorf("signs %q, want %q", kinds, want)
	}
}

// On MariaDB a read is planned in a transaction that can write nothing, and a write, which
// it refuses to explain there, in another one. Both are rolled back.
func TestMariaDBIsReadOnly(t *testing.T) {
	for query, begin := range map[string]string{
		"SELECT id FROM books WHERE id = 1":            "START TRANSACTION READ ONLY",
		"SELECT id FROM books WHERE id = 1 FOR UPDATE": "START TRANSACTION READ WRITE",
		"DELETE FROM books WHERE id = 1":               "START TRANSACTION READ WRITE",
	} {
		planner := mariaShop()
		planner.answers["START"], planner.answers["ROLLBACK"], planner.answers["SET STATEMENT"] = answer{}, answer{}, one(`{"query_block": {}}`)
		if _, err := explain.Plan(t.Context(), planner, query); err != nil {
			t.Fatal(err)
		}
		sent := *planner.sent
		if sent[1] != begin || sent[len(sent)-1] != "ROLLBACK" || !strings.HasPrefix(sent[2], "SET STATEMENT max_statement_time=1, lock_wait_timeout=1 FOR EXPLAIN FORMAT=JSON ") {
			t.Errorf("%s: %q", query, sent)
		}
	}
}

// SQL Server is named as what it is: nothing that asks for plans passes silently.
func TestSQLServerIsNotSupported(t *testing.T) {
	const want = "explain: plans of SQL Server are not supported: indexes are not checked, and repairs not tried. PostgreSQL, MariaDB, MySQL and SQLite can be asked"
	if _, err := explain.Plan(t.Context(), sqlServer(), "SELECT title FROM books WHERE author_id = @p1"); err == nil || err.Error() != want {
		t.Errorf("Plan: %v", err)
	}
	if _, err := explain.ForeignKeys(t.Context(), sqlServer()); err == nil || err.Error() != want {
		t.Errorf("ForeignKeys: %v", err)
	}
	db := sqlServer()
	if _, err := explain.Plan(t.Context(), db, "SELECT 1"); err == nil || len(*db.sent) != 3 {
		t.Errorf("%v after %q", err, *db.sent)
	}
}

// The literals of a statement are masked in the error of a database, its own codes are not.
func TestErrorsKeepTheirCodes(t *testing.T) {
	planner := sqliteShop()
	planner.answers["EXPLAIN QUERY PLAN"] = answer{err: errors.New("ERROR: no '1' and \"secret\" near 1: 42 (SQLSTATE 57014)")}
	_, err := explain.Plan(t.Context(), planner, "SELECT id FROM books WHERE id = 1 AND title = 'secret'")
	if err == nil || !strings.HasSuffix(err.Error(), "ERROR: no '?' and \"?\" near ?: 42 (SQLSTATE 57014)") {
		t.Errorf("%v", err)
	}
}
