package callsite

import "strings"

type frameClass uint8

const (
	// internalFrame is never a call site: the runtime, database/sql, this module.
	internalFrame frameClass = iota
	// libraryFrame is a call site only if the stack has no application frame.
	libraryFrame
	applicationFrame
)

// thisModule is looked at package by package: the examples are applications.
const thisModule = "github.com/querybudget/querybudget/"

// internalPackages and libraryPackages are the packages, each with all below
// it, that are seen through on the way from a call to the line that made it.
var (
	internalPackages = []string{
		"runtime", "reflect", "testing", "database/sql", "net/http",
		thisModule + "budget", thisModule + "callsite", thisModule + "statement", thisModule + "sqlwrap",
		thisModule + "middleware", thisModule + "exporters",
	}
	libraryPackages = []string{
		// data libraries
		"github.com/jmoiron/sqlx",
		"gorm.io",
		"github.com/uptrace/bun",
		"entgo.io/ent",
		"github.com/Masterminds/squirrel",
		"github.com/doug-martin/goqu",
		"github.com/go-jet/jet",
		"github.com/aarondl/sqlboiler",
		"github.com/volatiletech/sqlboiler",
		"github.com/stephenafamo/bob",
		"github.com/stephenafamo/scan",
		"github.com/georgysavva/scany",
		"github.com/blockloop/scan",
		"github.com/pressly/goose",
		"github.com/golang-migrate/migrate",
		"github.com/rubenv/sql-migrate",
		// drivers and driver wrappers
		"github.com/jackc/pgx",
		"github.com/lib/pq",
		"github.com/go-sql-driver/mysql",
		"modernc.org/sqlite",
		"github.com/mattn/go-sqlite3",
		"github.com/glebarez/go-sqlite",
		"github.com/microsoft/go-mssqldb",
		"github.com/XSAM/otelsql",
		// what calls the application
		"github.com/go-chi/chi",
		"go.opentelemetry.io",
		"golang.org/x/sync",
		"context", "sync", "slices", "iter", "maps",
	}
)

// skipRule decides which frames belong to the application.
type skipRule struct {
	// packages are import paths that the user names, each with all below it.
	packages []string
}

// look classifies a frame. A test file is always the application's.
func (r *skipRule) look(function, file string) frameClass {
	if strings.HasSuffix(file, "_test.go") && !strings.HasPrefix(function, "testing.") {
		return applicationFrame
	}
	pkg := packageOf(function, file)
	switch {
	case within(pkg, internalPackages):
		return internalFrame
	case within(pkg, libraryPackages), generated(pkg, function, file), within(pkg, r.packages):
		return libraryFrame
	}
	return applicationFrame
}

// generated recognises data access code that is written by a tool into the
// application's own module: sqlc's methods on *Queries and its *.sql.go files,
// and ent's packages, which are called ent.
func generated(pkg, function, file string) bool {
	return strings.HasSuffix(file, ".sql.go") ||
		(strings.Contains(function, ".(*Queries).") && strings.HasSuffix(file, "/db.go")) ||
		strings.HasSuffix(pkg, "/ent") || strings.Contains(pkg, "/ent/")
}

func within(pkg string, roots []string) bool {
	for _, root := range roots {
		rest, ok := strings.CutPrefix(pkg, root)
		if ok && (rest == "" || rest[0] == '/') {
			return true
		}
	}
	return false
}
