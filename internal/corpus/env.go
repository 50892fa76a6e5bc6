package corpus

import (
	"crypto/rand"
	"database/sql"
	"strings"

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
)

// Env is what a case runs with: a database of its own.
type Env struct {
	DB     *sql.DB
	System string // sqlite, postgres or mysql
	Other  string // the name of a second schema, which no other run has
	gorm   *gorm.DB
	bun    *bun.DB
	after  []func() error // the unit
}

func newEnv(system string, db *sql.DB) (*Env, error) {
	dialector := map[string]gorm.Dialector{
		"sqlite":   gormsqlite.New(gormsqlite.Config{Conn: db}),
		"postgres": gormpostgres.New(gormpostgres.Config{Conn: db}),
		"mysql":    gormmysql.New(gormmysql.Config{Conn: db}),
	}[system]
	g, err := gorm.Open(dialector, &gorm.Config{Logger: logger.Discard})
	return &Env{DB: db, System: system, Other: "qb_other_" + strings.ToLower(rand.Text()[:8]), gorm: g, bun: newBun(system, db)}, err
}

// Q writes a query's placeholders as the system wants them.
func (e *Env) Q(query string) string { return rebind(e.System, query) }

// SQL writes a statement of a case's Setup for the system: {auto} is the type of a key
// that the database makes, {other} is Other.
func (e *Env) SQL(text string) string {
	auto := map[string]string{
		"sqlite": "INTEGER PRIMARY KEY", "postgres": "BIGSERIAL PRIMARY KEY", "mysql": "BIGINT AUTO_INCREMENT PRIMARY KEY",
	}[e.System]
	return strings.NewReplacer("{auto}", auto, "{other}", e.Other).Replace(text)
}

// GORM is the database for GORM, which was opened outside of the unit.
func (e *Env) GORM() *gorm.DB { return e.gorm }

// SQLX is the database for sqlx.
func (e *Env) SQLX() *sqlx.DB {
	return sqlx.NewDb(e.DB, map[string]string{"sqlite": "sqlite", "postgres": "pgx", "mysql": "mysql"}[e.System])
}

// Bun is the database for bun, which was opened outside of the unit.
func (e *Env) Bun() *bun.DB { return e.bun }

func newBun(system string, db *sql.DB) *bun.DB {
	dialect := map[string]func() schema.Dialect{
		"sqlite":   func() schema.Dialect { return sqlitedialect.New() },
		"postgres": func() schema.Dialect { return pgdialect.New() },
		"mysql":    func() schema.Dialect { return mysqldialect.New() },
	}[system]
	return bun.NewDB(db, dialect())
}
