package corpus

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite" // the driver

	"github.com/querybudget/querybudget/pgxwrap"
	"github.com/querybudget/querybudget/sqlwrap"
)

// Systems are the databases that cases run on.
var Systems = []string{"sqlite", "postgres", "mysql"}

// Pgx is PostgreSQL, where package pgxwrap counts in place of sqlwrap: below database/sql,
// so that the cases are the same. It sees no values of rows.
const Pgx = "pgx"

// variables name the addresses of servers.
var variables = map[string]string{
	"postgres": "QUERYBUDGET_POSTGRES_DSN", "mysql": "QUERYBUDGET_MYSQL_DSN", Pgx: "QUERYBUDGET_POSTGRES_DSN",
}

// Variable is the environment variable with a system's address, empty for one that
// needs none.
func Variable(system string) string { return variables[system] }

// server is a place of its own on a system, where a database can be made for each case.
type server struct {
	system string
	label  string // the system, or Pgx
	name   string // of the schemas, the database or the folder
	opened int    // schemas so far
	admin  *sql.DB
	dsn    string
	config sqlwrap.Config // of the handles that are opened
}

// newServer connects to a system. The error is for one that has no address.
func newServer(system string) (*server, error) {
	s := &server{system: system, label: system, name: "qb_corpus_" + strings.ToLower(rand.Text()[:8])}
	if system == Pgx {
		s.system = "postgres"
	}
	if system == "sqlite" {
		dir, err := os.MkdirTemp("", "corpus")
		s.name = dir
		return s, err
	}
	if s.dsn = os.Getenv(variables[system]); s.dsn == "" {
		return nil, fmt.Errorf("corpus: %s is not set", variables[system])
	}
	driver := map[string]string{"postgres": "pgx", "mysql": "mysql"}[s.system]
	var err error
	s.admin, err = sql.Open(driver, s.dsn)
	return s, err
}

// close takes away what was made.
func (s *server) close(ctx context.Context) error {
	if s.system == "sqlite" {
		return os.RemoveAll(s.name)
	}
	return errors.Join(s.drop(ctx), s.admin.Close())
}

func (s *server) drop(ctx context.Context) error {
	if s.system == "postgres" {
		return s.dropSchemas(ctx)
	}
	_, err := s.admin.ExecContext(ctx, "DROP DATABASE IF EXISTS "+s.name)
	return err
}

// schemasKept is how many schemas are dropped at once: the server waits for its disk each time, whatever
// synchronous_commit says.
const schemasKept = 25

func (s *server) schema(n int) string { return s.name + "_" + strconv.Itoa(n) }

// dropSchemas drops the latest schemas.
func (s *server) dropSchemas(ctx context.Context) error {
	var names []string
	for n := s.opened - (s.opened-1)%schemasKept; n > 0 && n <= s.opened; n++ {
		names = append(names, s.schema(n))
	}
	if names == nil {
		return nil
	}
	_, err := s.admin.ExecContext(ctx, "DROP SCHEMA "+strings.Join(names, ", ")+" CASCADE")
	return err
}

// open makes an empty database, and opens it with the driver wrapped.
func (s *server) open(ctx context.Context) (*sql.DB, error) {
	switch s.system {
	case "sqlite":
		file := filepath.Join(s.name, rand.Text()+".db")
		return s.config.Open("sqlite", "file:"+file+"?_pragma=busy_timeout(10000)&_pragma=journal_mode(wal)&_pragma=synchronous(off)")
	case "postgres":
		return s.openPostgres(ctx)
	default:
		return s.openMySQL(ctx)
	}
}

func (s *server) openPostgres(ctx context.Context) (*sql.DB, error) {
	if s.opened > 0 && s.opened%schemasKept == 0 {
		if err := s.dropSchemas(ctx); err != nil {
			return nil, err
		}
	}
	s.opened++
	if _, err := s.admin.ExecContext(ctx, "CREATE SCHEMA "+s.schema(s.opened)); err != nil {
		return nil, err
	}
	u, err := url.Parse(s.dsn)
	if err != nil {
		return nil, fmt.Errorf("corpus: %s: %w", variables[s.system], err)
	}
	q := u.Query()
	q.Set("search_path", s.schema(s.opened))
	q.Set("synchronous_commit", "off") // what is written is thrown away
	u.RawQuery = q.Encode()
	if s.label == Pgx {
		return openPgx(u.String())
	}
	return s.config.Open("pgx", u.String())
}

func openPgx(dsn string) (*sql.DB, error) {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, err
	}
	pgxwrap.ConnConfig(config)
	return stdlib.OpenDB(*config), nil
}

func (s *server) openMySQL(ctx context.Context) (*sql.DB, error) {
	if err := s.drop(ctx); err != nil {
		return nil, err
	}
	if _, err := s.admin.ExecContext(ctx, "CREATE DATABASE "+s.name); err != nil {
		return nil, err
	}
	config, err := mysql.ParseDSN(s.dsn)
	if err != nil {
		return nil, fmt.Errorf("corpus: %s: %w", variables[s.system], err)
	}
	config.DBName, config.ParseTime = s.name, true
	return s.config.Open("mysql", config.FormatDSN())
}

// rebind writes the placeholders as the system wants them.
func rebind(system, query string) string {
	if system != "postgres" {
		return query
	}
	parts := strings.Split(query, "?")
	var b strings.Builder
	for i, part := range parts {
		if i > 0 {
			b.WriteString("$" + strconv.Itoa(i))
		}
		b.WriteString(part)
	}
	return b.String()
}
