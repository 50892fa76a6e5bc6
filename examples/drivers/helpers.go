package drivers

import (
	"context"
	"database/sql"
	"errors"

	"github.com/DATA-DOG/go-sqlmock"
	"github.com/DATA-DOG/go-txdb"
	"github.com/testcontainers/testcontainers-go/modules/postgres"

	"github.com/querybudget/querybudget/sqlwrap"
)

// openMock wraps a mock: sqlmock.New would hand out a bare handle. The mock lives as long
// as one of them has a connection.
func openMock(name string) (*sql.DB, sqlmock.Sqlmock, error) {
	bare, mock, err := sqlmock.NewWithDSN(name)
	if err != nil {
		return nil, nil, err
	}
	mock.ExpectClose() // of the bare handle
	db, err := sqlwrap.Open("sqlmock", name)
	if err != nil {
		return nil, nil, err
	}
	return db, mock, errors.Join(db.Ping(), bare.Close())
}

// openTx keeps each test in a transaction that is rolled back.
func openTx(driver, dsn string) *sql.DB {
	return sql.OpenDB(sqlwrap.Connector(txdb.New(driver, dsn)))
}

// openContainer starts PostgreSQL in a container. Its DSN is like any other.
func openContainer(ctx context.Context) (*sql.DB, error) {
	container, err := postgres.Run(ctx, "postgres:18-alpine", postgres.BasicWaitStrategies())
	if err != nil {
		return nil, err
	}
	dsn, err := container.ConnectionString(ctx, "sslmode=disable")
	if err != nil {
		return nil, err
	}
	return sqlwrap.Open("pgx", dsn)
}
