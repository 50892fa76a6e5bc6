package main

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/jmoiron/sqlx"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/mysqldialect"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	"github.com/uptrace/bun/schema"
	gormmysql "gorm.io/driver/mysql"
	gormpostgres "gorm.io/driver/postgres"
	gormsqlite "gorm.io/driver/sqlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
	_ "modernc.org/sqlite"

	"github.com/querybudget/querybudget/internal/corpus/office/db"
	"github.com/querybudget/querybudget/pgxwrap"
	"github.com/querybudget/querybudget/sqlwrap"
)

// open opens an empty database, nil where the system is not there.
type open func(ctx context.Context, folder string) (d *db.DB, end func(), err error)

// systems are those that sqlwrap counts on.
var systems = []open{openSQLite, openPostgreSQL, openMySQL}

// openDatabases opens an empty database on each system that is there. Close takes them
// away again.
func openDatabases(ctx context.Context, folder string, opens ...open) (all []*db.DB, close func(), err error) {
	var ends []func()
	close = func() {
		for _, end := range ends {
			end()
		}
	}
	for _, open := range opens {
		d, end, err := open(ctx, folder)
		if err != nil {
			return nil, close, err
		}
		if d != nil {
			all, ends = append(all, d), append(ends, end)
		}
	}
	return all, close, nil
}

func openSQLite(_ context.Context, folder string) (*db.DB, func(), error) {
	return wrap(helpers.Open, "sqlite", "sqlite", "file:"+filepath.Join(folder, "corpus.db")+
		"?_pragma=busy_timeout(10000)&_pragma=journal_mode(wal)&_pragma=synchronous(off)", nil)
}

func openPostgreSQL(ctx context.Context, _ string) (*db.DB, func(), error) {
	return inSchema(ctx, helpers.Open)
}

// openPgx is PostgreSQL, where package pgxwrap counts in place of sqlwrap: below database/sql,
// so that the cases are the same. It sees no values of rows.
func openPgx(ctx context.Context, _ string) (*db.DB, func(), error) {
	return inSchema(ctx, func(_, dsn string) (*sql.DB, error) {
		config, err := pgx.ParseConfig(dsn)
		if err != nil {
			return nil, err
		}
		pgxwrap.Options{SkipPackages: helpers.SkipPackages}.ConnConfig(config)
		return stdlib.OpenDB(*config), nil
	})
}

// inSchema opens PostgreSQL with a schema of its own.
func inSchema(ctx context.Context, open opener) (*db.DB, func(), error) {
	dsn := os.Getenv("QUERYBUDGET_POSTGRES_DSN")
	if dsn == "" {
		return nil, nil, nil
	}
	name := "qb_corpus_" + strings.ToLower(rand.Text()[:8])
	end, err := inServer(ctx, "pgx", dsn, "CREATE SCHEMA "+name, "DROP SCHEMA "+name+" CASCADE")
	if err != nil {
		return nil, nil, err
	}
	u, err := url.Parse(dsn)
	if err != nil {
		return nil, nil, err
	}
	q := u.Query()
	q.Set("search_path", name)
	q.Set("synchronous_commit", "off") // what is written is thrown away
	u.RawQuery = q.Encode()
	return wrap(open, "postgresql", "pgx", u.String(), end)
}

func openMySQL(ctx context.Context, _ string) (*db.DB, func(), error) {
	dsn := os.Getenv("QUERYBUDGET_MYSQL_DSN")
	if dsn == "" {
		return nil, nil, nil
	}
	name := "qb_corpus_" + strings.ToLower(rand.Text()[:8])
	end, err := inServer(ctx, "mysql", dsn, "CREATE DATABASE "+name, "DROP DATABASE "+name)
	if err != nil {
		return nil, nil, err
	}
	c, err := mysql.ParseDSN(dsn)
	if err != nil {
		return nil, nil, err
	}
	c.DBName, c.ParseTime = name, true
	return wrap(helpers.Open, "mysql", "mysql", c.FormatDSN(), end)
}

// inServer makes something in a server, and returns what takes it away.
func inServer(ctx context.Context, driver, dsn, begin, end string) (func(), error) {
	server, err := sql.Open(driver, dsn)
	if err != nil {
		return nil, err
	}
	if _, err := server.ExecContext(ctx, begin); err != nil {
		return nil, err
	}
	return func() {
		_, _ = server.ExecContext(context.WithoutCancel(ctx), end)
		_ = server.Close()
	}, nil
}

// helpers is the configuration of handles: the helpers of package db are seen through.
var helpers = sqlwrap.Config{SkipPackages: []string{"github.com/querybudget/querybudget/internal/corpus/office/db"}}

// opener opens a handle that counts.
type opener func(driver, dsn string) (*sql.DB, error)

// wrap opens a database, with the libraries on top of it.
func wrap(open opener, system, driver, dsn string, end func()) (*db.DB, func(), error) {
	handle, err := open(driver, dsn)
	if err != nil {
		return nil, nil, err
	}
	dialects := map[string]struct {
		gorm gorm.Dialector
		bun  schema.Dialect
	}{
		"sqlite":     {gormsqlite.New(gormsqlite.Config{Conn: handle, DriverName: "sqlite"}), sqlitedialect.New()},
		"postgresql": {gormpostgres.New(gormpostgres.Config{Conn: handle}), pgdialect.New()},
		"mysql":      {gormmysql.New(gormmysql.Config{Conn: handle}), mysqldialect.New()},
	}
	g, err := gorm.Open(dialects[system].gorm, &gorm.Config{Logger: logger.Discard})
	if err != nil {
		return nil, nil, fmt.Errorf("gorm on %s: %w", system, err)
	}
	d := &db.DB{
		SQL: handle, System: system, GORM: g, Bun: bun.NewDB(handle, dialects[system].bun), SQLX: sqlx.NewDb(handle, driver),
	}
	return d, func() {
		_ = handle.Close()
		if end != nil {
			end()
		}
	}, nil
}
