package drivers

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"testing"
	"time"

	"cloud.google.com/go/cloudsqlconn"
	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/duckdb/duckdb-go/v2"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/mattn/go-sqlite3"
	mssql "github.com/microsoft/go-mssqldb"
	goora "github.com/sijms/go-ora/v2"
	"github.com/tursodatabase/libsql-client-go/libsql"
	"golang.org/x/oauth2"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/sqlwrap"
	"github.com/querybudget/querybudget/sqlwrap/sqlwraptest"
)

// dsnConnector is for drivers that have no connector.
type dsnConnector struct {
	driver driver.Driver
	dsn    string
}

func (c dsnConnector) Connect(context.Context) (driver.Conn, error) { return c.driver.Open(c.dsn) }
func (c dsnConnector) Driver() driver.Driver                        { return c.driver }

// Databases that need no server behave the same when they are wrapped.
func TestEmbeddedDriversBehaveAsBare(t *testing.T) {
	for name, open := range map[string]func(file string) (driver.Connector, error){
		"mattn/go-sqlite3": func(file string) (driver.Connector, error) {
			return dsnConnector{&sqlite3.SQLiteDriver{}, file}, nil
		},
		"libsql-client-go on a file": func(file string) (driver.Connector, error) { return libsql.NewConnector("file:" + file) },
		"duckdb-go":                  func(file string) (driver.Connector, error) { return duckdb.NewConnector(file, nil) },
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "shop.db")
			sqlwraptest.Verify(t, sqlwraptest.Target{
				Open:  func() (driver.Connector, error) { return open(file) },
				Setup: []string{"DROP TABLE IF EXISTS things", "CREATE TABLE things (id BIGINT, name VARCHAR(20))"},

				Insert: "INSERT INTO things (id, name) VALUES (?, ?)", Select: "SELECT id, name FROM things WHERE id = ?",
				SelectAll: "SELECT id, name FROM things ORDER BY id", Broken: "SELECT FROM WHERE",
			})
		})
	}
}

// On each of them a loop is found at its line.
func TestLoopsInEmbeddedDrivers(t *testing.T) {
	for name, open := range map[string]func(file string) (*sql.DB, error){
		"mattn/go-sqlite3": func(file string) (*sql.DB, error) { return sqlwrap.Open("sqlite3", file) },
		"duckdb-go":        openDuckDB,
		"libsql-client-go": func(file string) (*sql.DB, error) { return openLibSQL("file:"+file, "token") },
	} {
		t.Run(name, func(t *testing.T) {
			db, err := open(filepath.Join(t.TempDir(), "shop.db"))
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close() //nolint:errcheck // a test
			fill(t, db)
			ctx, recorder := budget.NewContext(t.Context())
			for _, author := range authors(ctx, t, db) {
				var title string
				if err := db.QueryRowContext(ctx, "SELECT title FROM books WHERE author_id = ?", author).Scan(&title); err != nil { // loops
					t.Fatal(err)
				}
			}
			checkLoop(t, recorder.Report(), "drivers_test.go", "// loops")
		})
	}
}

// Drivers whose servers are not here fail to connect in the same way, bare and wrapped:
// the same error of the same type.
func TestServersThatAreAway(t *testing.T) {
	address := closedPort(t)
	for name, test := range map[string]struct {
		connector func() (driver.Connector, error)
		open      func() (*sql.DB, error)
	}{
		"go-mssqldb": {
			func() (driver.Connector, error) {
				return mssql.NewConnector("sqlserver://sa:pw@" + address + "?database=shop")
			},
			func() (*sql.DB, error) { return openSQLServer("sqlserver://sa:pw@" + address + "?database=shop") },
		},
		"go-mssqldb by name": {
			func() (driver.Connector, error) {
				return mssql.NewConnector("sqlserver://sa:pw@" + address + "?database=shop")
			},
			func() (*sql.DB, error) {
				return sqlwrap.Open("sqlserver", "sqlserver://sa:pw@"+address+"?database=shop")
			},
		},
		"go-ora": {
			func() (driver.Connector, error) {
				return goora.NewConnector("oracle://me:pw@" + address + "/shop"), nil
			},
			func() (*sql.DB, error) { return openOracle("oracle://me:pw@" + address + "/shop") },
		},
		"clickhouse-go": {
			func() (driver.Connector, error) {
				return clickhouse.Connector(&clickhouse.Options{Addr: []string{address}}), nil
			},
			func() (*sql.DB, error) { return openClickHouse(&clickhouse.Options{Addr: []string{address}}), nil },
		},
		"clickhouse-go by name": {
			func() (driver.Connector, error) {
				return clickhouse.Connector(&clickhouse.Options{Addr: []string{address}}), nil
			},
			func() (*sql.DB, error) { return sqlwrap.Open("clickhouse", "clickhouse://"+address+"/default") },
		},
		"libsql-client-go over HTTP": {
			func() (driver.Connector, error) {
				return libsql.NewConnector("http://"+address, libsql.WithAuthToken("token"))
			},
			func() (*sql.DB, error) { return openLibSQL("http://"+address, "token") },
		},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := test.connector()
			if err != nil {
				t.Fatal(err)
			}
			wrapped, err := test.open()
			if err != nil {
				t.Fatal(err)
			}
			sameFailure(t, sql.OpenDB(c), wrapped)
		})
	}
}

var numbers = regexp.MustCompile(`\d+`)

// sameFailure asks two handles, of which neither reaches a server.
func sameFailure(t *testing.T, bare, wrapped *sql.DB) {
	t.Helper()
	var got [2]string
	for i, db := range []*sql.DB{bare, wrapped} {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		_, err := db.QueryContext(ctx, "SELECT 1")
		cancel()
		if err == nil {
			t.Fatal("there is a server")
		}
		got[i] = fmt.Sprintf("%T: %s", err, numbers.ReplaceAllString(err.Error(), "0")) // of ports
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
	if got[0] != got[1] {
		t.Errorf("bare     %s\nwrapped  %s", got[0], got[1])
	}
}

func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() //nolint:errcheck // it is what the test wants
	return l.Addr().String()
}

// What the dialer of Cloud SQL says comes through.
func TestCloudSQL(t *testing.T) {
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, `{"error": {"code": 403, "message": "no such instance for you"}}`, http.StatusForbidden)
	}))
	defer api.Close()
	t.Setenv("GCE_METADATA_HOST", api.Listener.Addr().String()) // else it asks the network whether it runs on Google's
	dialer, err := cloudsqlconn.NewDialer(t.Context(), cloudsqlconn.WithAdminAPIEndpoint(api.URL), cloudsqlconn.WithHTTPClient(api.Client()),
		cloudsqlconn.WithTokenSource(oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "token"})), cloudsqlconn.WithLazyRefresh())
	if err != nil {
		t.Fatal(err)
	}
	defer dialer.Close() //nolint:errcheck // a test
	config, err := pgx.ParseConfig("postgres://me@127.0.0.1/shop?sslmode=disable")
	if err != nil {
		t.Fatal(err)
	}
	db := openCloudSQL(config, dialer, "project:region:shop")
	defer db.Close() //nolint:errcheck // a test
	var refused interface{ Unwrap() error }
	if _, err := db.QueryContext(t.Context(), "SELECT 1"); !errors.As(err, &refused) || !regexp.MustCompile("no such instance for you|403").MatchString(err.Error()) {
		t.Errorf("got %v", err)
	}
}

// postgresDSN is of a server, which may be missing outside of CI.
func postgresDSN(t *testing.T) string {
	t.Helper()
	dsn := os.Getenv("QUERYBUDGET_POSTGRES_DSN")
	if dsn == "" && os.Getenv("CI") == "true" {
		t.Fatal("QUERYBUDGET_POSTGRES_DSN is not set: in CI no database may be left out")
	}
	if dsn == "" {
		t.Skip("QUERYBUDGET_POSTGRES_DSN is not set")
	}
	return dsn
}

// Each connection signs in with a token of its own.
func TestRDS(t *testing.T) {
	config, err := pgx.ParseConfig(postgresDSN(t))
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	db := openRDS(config, "shop.abc.eu-central-1.rds.amazonaws.com:5432", "eu-central-1", aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		asked++
		return aws.Credentials{AccessKeyID: "id", SecretAccessKey: "secret"}, nil
	}))
	defer db.Close() //nolint:errcheck // a test
	ctx, recorder := budget.NewContext(t.Context())
	one(ctx, t, db)
	if n := recorder.Totals().Queries; n != 1 || asked != 1 {
		t.Errorf("%d queries, %d tokens", n, asked)
	}
}

// The pool ends with the handle.
func TestPoolConnector(t *testing.T) {
	pool, err := pgxpool.New(t.Context(), postgresDSN(t))
	if err != nil {
		t.Fatal(err)
	}
	db := openPool(pool)
	ctx, recorder := budget.NewContext(t.Context())
	one(ctx, t, db)
	if n := recorder.Totals().Queries; n != 1 {
		t.Errorf("%d queries", n)
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
	if err := pool.Ping(t.Context()); err == nil {
		t.Error("the pool is open")
	}
}

// Queries in the one transaction of a test count like others.
func TestTxdb(t *testing.T) {
	db := openTx("pgx", postgresDSN(t))
	defer db.Close() //nolint:errcheck // a test
	fill(t, db)
	ctx, recorder := budget.NewContext(t.Context())
	for _, author := range authors(ctx, t, db) {
		var title string
		if err := db.QueryRowContext(ctx, "SELECT title FROM books WHERE author_id = $1", author).Scan(&title); err != nil { // in a transaction
			t.Fatal(err)
		}
	}
	checkLoop(t, recorder.Report(), "drivers_test.go", "// in a transaction")
}

// A mock's queries count, and what it does not expect fails as it does bare.
func TestMock(t *testing.T) {
	db, mock, err := openMock("shop")
	if err != nil {
		t.Fatal(err)
	}
	mock.ExpectQuery("SELECT").WillReturnRows(mock.NewRows([]string{"one"}).AddRow(1))
	mock.ExpectClose()
	ctx, recorder := budget.NewContext(t.Context())
	one(ctx, t, db)
	if _, err := db.ExecContext(ctx, "DELETE FROM books"); err == nil {
		t.Error("it was not expected")
	}
	if got := recorder.Totals(); got.Queries != 2 || got.Errors != 1 {
		t.Errorf("%+v", got)
	}
	if err := errors.Join(db.Close(), mock.ExpectationsWereMet()); err != nil {
		t.Error(err)
	}
}

// A container needs Docker, which not every machine of ours has: the recipe is compiled.
var _ = openContainer

func one(ctx context.Context, t *testing.T, db *sql.DB) {
	t.Helper()
	var n int
	if err := db.QueryRowContext(ctx, "SELECT 1").Scan(&n); err != nil || n != 1 {
		t.Fatalf("%d, %v", n, err)
	}
}
