package guide

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"modernc.org/sqlite"

	"github.com/querybudget/querybudget/sqlwrap"
)

// openTwice is the page's way for libraries that want the driver's own type.
func openTwice(dsn string) (db, bare *sql.DB, err error) {
	connector, err := sqlite.NewConnector(dsn)
	if err != nil {
		return nil, nil, err
	}
	db = sql.OpenDB(sqlwrap.Connector(connector)) // for the application
	bare = sql.OpenDB(connector)                  // for what wants the driver's own type
	bare.SetMaxOpenConns(2)
	return db, bare, nil
}

// backup is such a library.
func backup(ctx context.Context, db *sql.DB, file string) (err error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // nothing was written
	return conn.Raw(func(c any) error {
		b, err := c.(interface {
			NewBackup(string) (*sqlite.Backup, error)
		}).NewBackup(file)
		if err != nil {
			return err
		}
		for more := true; more && err == nil; {
			more, err = b.Step(-1)
		}
		if err != nil {
			return err
		}
		return b.Finish()
	})
}

func TestBareHandle(t *testing.T) {
	dir := t.TempDir()
	db, bare, err := openTwice("file:" + filepath.Join(dir, "books.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()   //nolint:errcheck // a test
	defer bare.Close() //nolint:errcheck // a test
	if _, err := db.ExecContext(t.Context(), createBooks); err != nil {
		t.Fatal(err)
	}
	if err := backup(t.Context(), bare, filepath.Join(dir, "copy.db")); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(filepath.Join(dir, "copy.db")); err != nil || info.Size() == 0 {
		t.Errorf("no backup: %v", err)
	}
	defer func() {
		if got := fmt.Sprint(recover()); !strings.Contains(got, "sqlwrap.wrappedConnSeeSqlwrapRaw") {
			t.Errorf("on the wrapped handle: %s", got)
		}
	}()
	_ = backup(t.Context(), db, filepath.Join(dir, "other.db"))
}

// copyRows is the page's way for the application's own code.
func copyRows(ctx context.Context, conn *sql.Conn, table pgx.Identifier, columns []string, rows [][]any) (err error) {
	err = conn.Raw(func(c any) error {
		_, err = sqlwrap.Raw(c).(*stdlib.Conn).Conn().CopyFrom(ctx, table, columns, pgx.CopyFromRows(rows))
		return err
	})
	return err
}

// It is the transaction's connection.
func TestUnwrap(t *testing.T) {
	dsn := os.Getenv("QUERYBUDGET_POSTGRES_DSN")
	if dsn == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("QUERYBUDGET_POSTGRES_DSN is not set")
		}
		t.Skip("needs QUERYBUDGET_POSTGRES_DSN")
	}
	db, err := sqlwrap.Open("pgx", dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // a test
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // a test
	tx, err := conn.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback() //nolint:errcheck // a test
	if _, err := tx.ExecContext(t.Context(), "CREATE TEMPORARY TABLE raw_books (id BIGINT)"); err != nil {
		t.Fatal(err)
	}
	if err := copyRows(t.Context(), conn, pgx.Identifier{"raw_books"}, []string{"id"}, [][]any{{1}, {2}}); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := tx.QueryRowContext(t.Context(), "SELECT count(*) FROM raw_books").Scan(&n); err != nil || n != 2 {
		t.Errorf("%d rows, %v", n, err)
	}
}
