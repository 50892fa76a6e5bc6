package sqlwraptest_test

import (
	"context"
	"database/sql/driver"
	"io"
)

// shape is a kind of driver: what its connections, statements and rows can do.
type shape struct {
	conn      func(base) driver.Conn
	statement func(stmt) driver.Stmt
	rows      func(rows) driver.Rows
}

// shapes are the kinds of drivers there are. The names say where they are found.
var shapes = map[string]shape{
	"full": {
		conn: func(c base) driver.Conn {
			return struct {
				base
				execContext
				queryContext
				prepareContext
				beginTx
				pinger
				resetter
				validator
				connChecker
			}{c, execContext{c}, queryContext{c}, prepareContext{c}, beginTx{c}, pinger{c}, resetter{c}, validator{c}, connChecker{c}}
		},
		statement: checkingStatement, rows: typedRows,
	},
	"minimal": {
		conn:      func(c base) driver.Conn { return c },
		statement: plainStatement, rows: plainRows,
	},
	"legacy": {
		conn: func(c base) driver.Conn {
			return struct {
				base
				oldExec
				oldQuery
			}{c, oldExec{c}, oldQuery{c}}
		},
		statement: convertingStatement, rows: plainRows,
	},
	"arguments that only the statement understands": {
		conn:      func(c base) driver.Conn { return c },
		statement: checkingStatement, rows: typedRows,
	},
	"declining, as go-sql-driver/mysql": {
		conn: func(c base) driver.Conn {
			return struct {
				base
				decliningExec
				decliningQuery
				prepareContext
				beginTx
				pinger
				resetter
				validator
				connChecker
			}{c, decliningExec{c}, decliningQuery{c}, prepareContext{c}, beginTx{c}, pinger{c}, resetter{c}, validator{c}, connChecker{c}}
		},
		statement: contextStatement, rows: typedRows,
	},
	"no direct queries, as go-mssqldb": {
		conn: func(c base) driver.Conn {
			return struct {
				base
				prepareContext
				beginTx
				pinger
				resetter
				validator
				connChecker
			}{c, prepareContext{c}, beginTx{c}, pinger{c}, resetter{c}, validator{c}, connChecker{c}}
		},
		statement: contextStatement, rows: typedRows,
	},
	"COPY statements, as lib/pq": {
		conn: func(c base) driver.Conn {
			return struct {
				base
				execContext
				queryContext
				beginTx
				pinger
				resetter
				validator
			}{c, execContext{c}, queryContext{c}, beginTx{c}, pinger{c}, resetter{c}, validator{c}}
		},
		statement: plainStatement, rows: typedRows,
	},
	"no validator, as pgx": {
		conn: func(c base) driver.Conn {
			return struct {
				base
				execContext
				queryContext
				prepareContext
				beginTx
				pinger
				resetter
				connChecker
			}{c, execContext{c}, queryContext{c}, prepareContext{c}, beginTx{c}, pinger{c}, resetter{c}, connChecker{c}}
		},
		statement: contextStatement, rows: typedRows,
	},
	"no resetter, as mattn/go-sqlite3": {
		conn: func(c base) driver.Conn {
			return struct {
				base
				execContext
				queryContext
				prepareContext
				beginTx
				pinger
				validator
			}{c, execContext{c}, queryContext{c}, prepareContext{c}, beginTx{c}, pinger{c}, validator{c}}
		},
		statement: contextStatement, rows: plainRows,
	},
	"exec only": {
		conn: func(c base) driver.Conn {
			return struct {
				base
				execContext
			}{c, execContext{c}}
		},
		statement: contextStatement, rows: plainRows,
	},
	"query only, kept": {
		conn: func(c base) driver.Conn {
			return struct {
				base
				queryContext
				resetter
				validator
			}{c, queryContext{c}, resetter{c}, validator{c}}
		},
		statement: plainStatement, rows: typedRows,
	},
	"exec only, kept": {
		conn: func(c base) driver.Conn {
			return struct {
				base
				oldExec
				resetter
				validator
			}{c, oldExec{c}, resetter{c}, validator{c}}
		},
		statement: plainStatement, rows: typedRows,
	},
	"exec only, validated": {
		conn: func(c base) driver.Conn {
			return struct {
				base
				execContext
				validator
			}{c, execContext{c}, validator{c}}
		},
		statement: plainStatement, rows: plainRows,
	},
	"query only, validated": {
		conn: func(c base) driver.Conn {
			return struct {
				base
				oldQuery
				validator
			}{c, oldQuery{c}, validator{c}}
		},
		statement: convertingStatement, rows: plainRows,
	},
	"query only": {
		conn: func(c base) driver.Conn {
			return struct {
				base
				decliningQuery
			}{c, decliningQuery{c}}
		},
		statement: convertingStatement, rows: plainRows,
	},
	"validated": {
		conn: func(c base) driver.Conn {
			return struct {
				base
				validator
			}{c, validator{c}}
		},
		statement: plainStatement, rows: plainRows,
	},
}

// fakeDriver is a driver that knows data source names only.
type fakeDriver struct {
	shape shape
	s     *state
}

func (d *fakeDriver) Open(name string) (driver.Conn, error) {
	d.s.note("Open %s", name)
	return d.shape.conn(base{s: d.s, statement: d.shape.statement, rows: d.shape.rows}), nil
}

// contextDriver has connectors.
type contextDriver struct{ fakeDriver }

func (d *contextDriver) OpenConnector(string) (driver.Connector, error) {
	d.s.note("OpenConnector")
	return connector{d}, nil
}

type connector struct{ d *contextDriver }

func (c connector) Connect(context.Context) (driver.Conn, error) { return c.d.Open("connector") }
func (c connector) Driver() driver.Driver                        { return c.d }

// closingConnector is one that wants to be closed.
type closingConnector struct {
	connector
	err error
}

func (c closingConnector) Close() error {
	c.d.s.note("Connector.Close")
	return c.err
}

var _ io.Closer = closingConnector{}
