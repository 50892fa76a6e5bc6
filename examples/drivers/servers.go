package drivers

import (
	"database/sql"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/duckdb/duckdb-go/v2"
	mssql "github.com/microsoft/go-mssqldb"
	_ "github.com/sijms/go-ora/v2" // the driver "oracle"
	"github.com/tursodatabase/libsql-client-go/libsql"

	"github.com/querybudget/querybudget/sqlwrap"
)

// Drivers that register a name are opened by it.
func openOracle(dsn string) (*sql.DB, error) {
	return sqlwrap.Open("oracle", dsn)
}

// Drivers that have a connector are wrapped there, which the name would do as well.
func openSQLServer(dsn string) (*sql.DB, error) {
	connector, err := mssql.NewConnector(dsn)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(sqlwrap.Connector(connector)), nil
}

// clickhouse.OpenDB makes a bare handle; its connector does not.
func openClickHouse(options *clickhouse.Options) *sql.DB {
	return sql.OpenDB(sqlwrap.Connector(clickhouse.Connector(options)))
}

func openLibSQL(url, token string) (*sql.DB, error) {
	connector, err := libsql.NewConnector(url, libsql.WithAuthToken(token))
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(sqlwrap.Connector(connector)), nil
}

func openDuckDB(path string) (*sql.DB, error) {
	connector, err := duckdb.NewConnector(path, nil)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(sqlwrap.Connector(connector)), nil
}
