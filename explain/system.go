package explain

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/querybudget/querybudget/statement"
)

// system is a kind of database.
type system interface {
	// name and dialect are as OpenTelemetry has them.
	name() string
	dialect() statement.Dialect
	// holdsState reports whether something lives in the connection that would be lost
	// with it.
	holdsState(ctx context.Context, send run) bool
	// plan has the statement of a session planned.
	plan(ctx context.Context, s *session) (*planned, error)
	// try tries an index for a table that is read whole.
	try(ctx context.Context, s *session, a *Access, c *candidate) (outcome, error)
	// foreignKeys is the query for them: schema, table, key, column and referenced table.
	foreignKeys() string
	// reading are the commands around reads of one state of the data that write nothing.
	reading(within bool) (begin, end []string)
	// table returns what the catalogue knows of a table, nil for none.
	table(ctx context.Context, s *session, schema, name string) (*table, error)
}

// systemOf asks a connection what it leads to.
func systemOf(ctx context.Context, send run) (system, error) {
	version, err := text(send(ctx, "SELECT version()"))
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		if version, err := text(send(ctx, "SELECT sqlite_version()")); err == nil {
			return sqlite{version}, nil
		}
		if version, err := text(send(ctx, "SELECT @@VERSION")); err == nil && strings.HasPrefix(version, "Microsoft SQL Server") {
			return nil, errSQLServer
		}
		return nil, fmt.Errorf("explain: this is no PostgreSQL, MariaDB, MySQL or SQLite, which are those that can be asked: %w", err)
	case strings.HasPrefix(version, "PostgreSQL "):
		return postgres{leadingNumber(version[len("PostgreSQL "):])}, nil
	case version != "" && version[0] >= '0' && version[0] <= '9':
		return mysql{mariadb: strings.Contains(version, "MariaDB")}, nil
	}
	return nil, fmt.Errorf("explain: %s cannot be asked for plans: PostgreSQL, MariaDB, MySQL and SQLite can", version)
}

// errSQLServer is for a database whose plans (SHOWPLAN_XML) were not at hand to be read.
var errSQLServer = errors.New("explain: plans of SQL Server are not supported: indexes are not checked, and repairs not tried. PostgreSQL, " +
	"MariaDB, MySQL and SQLite can be asked")

// holdsState reports whether something lives in a connection.
func holdsState(ctx context.Context, send run) bool {
	s, err := systemOf(ctx, send)
	return err == nil && s.holdsState(ctx, send)
}

// text returns the first value of a result.
func text(_ []string, rows [][]any, err error) (string, error) {
	if err != nil || len(rows) == 0 || len(rows[0]) == 0 {
		return "", err
	}
	return asText(rows[0][0]), nil
}

// asText writes a value of a driver: they differ in their types.
func asText(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case []byte:
		return string(v)
	case bool:
		return strconv.FormatBool(v)
	case time.Time:
		return v.Format(time.RFC3339Nano)
	default:
		return fmt.Sprint(v)
	}
}

func isTrue(v any) bool {
	t := asText(v)
	return t == "true" || t == "t" || t == "1"
}

func leadingNumber(text string) int {
	end := 0
	for end < len(text) && text[end] >= '0' && text[end] <= '9' {
		end++
	}
	n, _ := strconv.Atoi(cmp.Or(text[:end], "0"))
	return n
}
