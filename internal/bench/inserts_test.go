package main

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite"
)

// BenchmarkInserts has the figure of budget.SQLiteAlone: rows of one transaction of SQLite,
// written one by one and by one INSERT with several VALUES.
func BenchmarkInserts(b *testing.B) {
	const rows, one = 200, "(?, ?, ?, ?, ?)"
	b.Run("each", func(b *testing.B) {
		inserts(b, func(tx *sql.Tx, row []any) error {
			for range rows {
				if _, err := tx.Exec("INSERT INTO logs VALUES "+one, row...); err != nil {
					return err
				}
			}
			return nil
		})
	})
	b.Run("values", func(b *testing.B) {
		inserts(b, func(tx *sql.Tx, row []any) error {
			var all []any
			for range rows {
				all = append(all, row...)
			}
			_, err := tx.Exec("INSERT INTO logs VALUES "+strings.Repeat(one+", ", rows-1)+one, all...)
			return err
		})
	})
}

func inserts(b *testing.B, insert func(tx *sql.Tx, row []any) error) {
	db, err := sql.Open("sqlite", filepath.Join(b.TempDir(), "logs.db")+"?_pragma=journal_mode(wal)")
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if _, err := db.Exec("CREATE TABLE logs (at TEXT, level INT, message TEXT, data TEXT, id TEXT)"); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		tx, err := db.Begin()
		if err != nil {
			b.Fatal(err)
		}
		if err := insert(tx, []any{"2026-01-02 03:04:05", 3, "GET /authors", `{"status": 200}`, "k7"}); err != nil {
			b.Fatal(err)
		}
		if err := tx.Commit(); err != nil {
			b.Fatal(err)
		}
	}
}
