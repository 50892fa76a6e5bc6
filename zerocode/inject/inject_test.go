package inject

import (
	"bytes"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/querybudget/querybudget/budget"
)

// fake is a driver whose statements all succeed.
type fake struct{}

func (fake) Driver() driver.Driver                        { return nil }
func (fake) Connect(context.Context) (driver.Conn, error) { return fakeConn{}, nil }

type fakeConn struct{}

func (fakeConn) Prepare(string) (driver.Stmt, error) { return nil, errors.New("not here") }
func (fakeConn) Close() error                        { return nil }
func (fakeConn) Begin() (driver.Tx, error)           { return nil, errors.New("not here") }
func (fakeConn) ExecContext(context.Context, string, []driver.NamedValue) (driver.Result, error) {
	return driver.RowsAffected(1), nil
}

// A service as the rules make it: its handle and its server call Connector and Serve.
func TestServe(t *testing.T) {
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	t.Cleanup(func() { slog.SetDefault(before) })
	current().budgets = map[string]budget.Budget{"GET /pages/{id}": {Queries: 2}}

	db := sql.OpenDB(Connector(fake{}))
	defer db.Close() //nolint:errcheck // a test
	mux := http.NewServeMux()
	mux.HandleFunc("GET /pages/{id}", func(_ http.ResponseWriter, r *http.Request) {
		for i := range 3 {
			if _, err := db.ExecContext(r.Context(), "UPDATE pages SET seen = ?", i); err != nil {
				t.Error(err)
			}
		}
	})
	var serve func(w http.ResponseWriter, r *http.Request)
	served := 0
	serve = func(w http.ResponseWriter, r *http.Request) {
		if Serve(serve, w, r) {
			return
		}
		served++
		mux.ServeHTTP(w, r)
	}
	serve(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/pages/7", nil))
	serve(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/none", nil))
	if served != 2 {
		t.Errorf("served %d times", served)
	}
	got := log.String()
	if strings.Count(got, "query budget exceeded") != 1 || !strings.Contains(got, "2 allowed, 3 observed in GET /pages/{id}") {
		t.Errorf("logged %s", got)
	}
}

func TestSettings(t *testing.T) {
	file := func(text string) string {
		name := filepath.Join(t.TempDir(), "budgets.json")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	for _, test := range []struct {
		name, value, want string
	}{
		{"QUERYBUDGET", "maybe", `QUERYBUDGET is "maybe"`},
		{"QUERYBUDGET_LOG", "loud", `QUERYBUDGET_LOG is "loud"`},
		{"QUERYBUDGET_SAMPLE", "2", "a share from 0 to 1"},
		{"QUERYBUDGET_SAMPLE", "NaN", "a share from 0 to 1"},
		{"QUERYBUDGET_BUDGETS", "/none", "no route has a budget"},
		{"QUERYBUDGET_BUDGETS", file(`{"GET /": {"querys": 3}}`), "querys"},
		{"QUERYBUDGET_BUDGETS", file(`{"GET /": {}}`), "limits nothing"},
		{"QUERYBUDGET_BUDGETS", file(`{"GET /": {"queries": -7}}`), "queries"},
		{"QUERYBUDGET_BUDGETS", file(`{"GET /": {"queries": 3, "mode": "enforce"}}`), "observed"},
		{"QUERYBUDGET_BUDGETS", file(`{"GET /": {"queries": 3}}`), ""},
		{"QUERYBUDGET", "off", ""},
	} {
		s, problems := read(func(name string) string {
			if name == test.name {
				return test.value
			}
			return ""
		})
		switch {
		case test.want == "" && len(problems) > 0, test.want != "" && (len(problems) != 1 || !strings.Contains(problems[0].Error(), test.want)):
			t.Errorf("%s=%s: %v", test.name, test.value, problems)
		case s.sample != 0.1 || s.log != logExceeded || s.on != (test.value != "off"):
			t.Errorf("%s=%s: %+v", test.name, test.value, s)
		}
	}
}
