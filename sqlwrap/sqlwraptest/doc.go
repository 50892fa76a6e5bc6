// Package sqlwraptest checks that a wrapped database/sql driver behaves as the
// bare one, for any driver:
//
//	func TestMyDriver(t *testing.T) {
//		sqlwraptest.Verify(t, sqlwraptest.Target{
//			Open: func() (driver.Connector, error) { return mydriver.NewConnector(dsn) },
//			Setup: []string{"DROP TABLE IF EXISTS t", "CREATE TABLE t (id BIGINT, name VARCHAR(20))"},
//			Insert:    "INSERT INTO t (id, name) VALUES (?, ?)",
//			Select:    "SELECT id, name FROM t WHERE id = ?",
//			SelectAll: "SELECT id, name FROM t ORDER BY id",
//			Broken:    "SELECT FROM WHERE",
//		})
//	}
//
// The same program runs on the bare driver, on the wrapped one, and on the
// wrapped one with a recorder in its context. It writes down all that it can
// see: results and their Go types, column types, errors with their chains,
// isolation levels, which connections are kept. The three must not differ.
package sqlwraptest
