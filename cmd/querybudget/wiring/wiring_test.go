package wiring_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/querybudget/querybudget/cmd/querybudget/wiring"
)

func TestLook(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	t.Setenv("GOWORK", "off")
	for name, text := range map[string]string{
		"go.mod": "module example.com/a\n\ngo 1.26.0\n",
		"a.go": `package a

import (
	"database/sql"
	db "github.com/jmoiron/sqlx"
	"github.com/querybudget/querybudget/sqlwrap"
	other "example.com/sql"
)

func f(c any) {
	sql.Open("x", "")
	db.MustConnect("x", "")
	sqlwrap.Open("x", "")
	other.Open("x")
	sql.OpenDB(sqlwrap.Connector(nil))
	sql.OpenDB(c)
	sql.OpenDB(other.Connector())
	h.Query("select a from t")
	h.Select(&x, "SELECT a FROM t")
	h.QueryContext(ctx, "SELECT a FROM t")
	url.Query()
	h.Query("q")
	h.Get("Content-Type", "x")
}
`,
		"pool.go": `package a

import (
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

func g() {
	pgxpool.New(ctx, "")
	pgx.ConnectConfig(ctx, c)
	pgx.ParseConfig("")
}
`,
		"watched.go": `package a

import (
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/querybudget/querybudget/pgxwrap"
)

func h() {
	pgxwrap.Config(c)
	pgxpool.NewWithConfig(ctx, c)
	pgx.Connect(ctx, "")
}
`,
		"a_test.go": `package a

import b "github.com/querybudget/querybudget/budget/budgettest"

func TestOne(t *testing.T) { t.Run("x", func(t *testing.T) { b.Doctor(t, nil, nil, nil) }) }
func TestPool(t *testing.T) { b.DoctorOf(t, nil, nil, nil) }
func TestTwo(t *testing.T) { b.Check(t, nil, nil); other.Doctor(t) }
`,
		"broken.go": "package a\n\nfunc {",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	all, err := wiring.Look(t.Context(), []string{"./..."})
	if err != nil || len(all) != 1 {
		t.Fatalf("%v %v", all, err)
	}
	p := all[0]
	lines := func(places []string) (out []string) {
		for _, place := range places {
			out = append(out, place[strings.LastIndexByte(place, ':')+1:])
		}
		return out
	}
	if got := lines(p.Unwatched); !slices.Equal(got, []string{"11 sql.Open", "12 sqlx.MustConnect", "17 sql.OpenDB", "9 pgxpool.New", "10 pgx.ConnectConfig", "12 pgx.Connect"}) {
		t.Errorf("unwatched: %q", got)
	}
	if got := lines(p.NoContext); !slices.Equal(got, []string{"18 Query", "19 Select"}) {
		t.Errorf("without a context: %q", got)
	}
	if !slices.Equal(p.Doctors, []string{"TestOne", "TestPool"}) || !p.Watches {
		t.Errorf("%q, %v", p.Doctors, p.Watches)
	}
	if _, err := wiring.Look(t.Context(), []string{"./nothing"}); err == nil {
		t.Error("a package that is not there was found")
	}
}
