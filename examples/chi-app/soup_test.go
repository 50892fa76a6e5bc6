package main

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/querybudget/querybudget/statement"
)

// soup is what decides where a literal ends.
var soup = []string{
	"acme", "acme", "'", "'", "''", `"`, `\`, `\'`, `\\`, "`", "$$", "$a$", "$1$", "--", "-- ", "#", "/*", "*/", "/*!", "/*!50000 ",
	"/*!99999 ", "/*M! ", "\n", "\r", " ", " ", ",", "||", "E'", "N'", "q'[", "]'", "U&'", "_utf8'", "x", "[", "]", "//", "é", "\u00a0", "1", "+", "(", ")",
	"\xbf", "\xbf\\", "\xbf\\'", `中\'`, `中\\`, "@", ":", "?", "{", "1e", "0x", "AS ", "€",
}

// openings are the beginnings of texts that have a chance.
var openings = []string{"SELECT '", "SELECT E'a", `SELECT "`, "SELECT $$", "SELECT $a$", "SELECT 1 /*! ,'", "SELECT 'a', '", "SELECT N'", "SELECT '' ", "SELECT 1 AS a, '"}

var markers = regexp.MustCompile(`acme\d+z`)

// Whatever a database returns as a value was a literal in the text, which the shape does
// not show: texts at random, against what each database answers. Settings that
// change what a literal is are for the dialect of those that are not known.
func TestShapesAgainstAnswers(t *testing.T) {
	settings := map[string][]string{
		"postgres": {"", "SET standard_conforming_strings = off"},
		"mysql":    {"", "SET sql_mode = 'NO_BACKSLASH_ESCAPES'", "SET sql_mode = 'ANSI_QUOTES'", "SET NAMES gbk", "SET sql_mode = 'PIPES_AS_CONCAT'"},
		"sqlite":   {""},
	}
	each(t, func(t *testing.T, d testDatabase) {
		dialect := map[string]statement.Dialect{"postgres": statement.PostgreSQL, "mysql": statement.MySQL, "sqlite": statement.SQLite}[d.system]
		for _, setting := range settings[d.system] {
			answers := 0
			random := rand.New(rand.NewPCG(5, 6))
			ask := newAsker(t, d, setting)
			hasher := statement.NewHasher()
			readers := map[string]*statement.Reader{"unknown": statement.NewReader(statement.Standard, hasher, 1<<20)}
			if setting == "" {
				readers["known"] = statement.NewReader(dialect, hasher, 1<<20)
			}
			for range texts(t) {
				text := openings[random.IntN(len(openings))]
				for i := range 1 + random.IntN(9) {
					// Each is another one, to tell a value from an alias.
					text += strings.ReplaceAll(soup[random.IntN(len(soup))], "acme", fmt.Sprintf("acme%dz", i))
				}
				text += []string{"'", "", `"`, "$$", "*/", "' */", "\n'", "]'"}[random.IntN(8)]
				values, err := ask(t.Context(), text)
				if err != nil || !strings.Contains(values, "acme") {
					continue
				}
				answers++
				for name, reader := range readers {
					if name == "known" && d.system == "sqlite" && strings.Contains(text, `"`) {
						continue // a name for us, as docs/privacy.md says
					}
					st := reader.Read(text)
					for _, marker := range markers.FindAllString(values, -1) {
						if strings.Contains(st.Shape+st.Summary+fmt.Sprint(st.Tables, st.Keys), marker) {
							t.Errorf("%q with %q: the database answers %q, the shape when it is %s is %q", text, setting, values, name, st.Shape)
						}
					}
				}
			}
			if answers == 0 {
				t.Errorf("with %q no text was answered", setting)
			}
			t.Logf("%q: %d texts were answered", setting, answers)
		}
	})
}

// texts is the number of texts for each database.
func texts(t *testing.T) int {
	if testing.Short() {
		return 500
	}
	return 3000
}

// newAsker returns a function that asks on one connection, and returns all values.
func newAsker(t *testing.T, d testDatabase, setting string) func(ctx context.Context, text string) (string, error) {
	db, err := sql.Open(d.driver, d.dsn(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	conn, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if setting != "" {
		if _, err := conn.ExecContext(t.Context(), setting); err != nil {
			t.Fatal(err)
		}
	}
	return func(ctx context.Context, text string) (string, error) {
		rows, err := conn.QueryContext(ctx, text)
		if err != nil {
			return "", err
		}
		defer rows.Close() //nolint:errcheck // a test
		columns, err := rows.Columns()
		if err != nil {
			return "", err
		}
		values := make([]sql.NullString, len(columns))
		places := make([]any, len(columns))
		for i := range values {
			places[i] = &values[i]
		}
		var out strings.Builder
		for rows.Next() {
			if err := rows.Scan(places...); err != nil {
				return "", err
			}
			for _, v := range values {
				fmt.Fprintln(&out, v.String)
			}
		}
		return out.String(), rows.Err()
	}
}
