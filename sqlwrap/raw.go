package sqlwrap

import "database/sql/driver"

// Raw unwraps what [database/sql.Conn.Raw] hands out, down to the connection of
// the driver itself, also through other wrappers whose connections have a
// method Raw() driver.Conn. What is not wrapped is returned as it is.
//
//	err := conn.Raw(func(c any) error {
//		pg := sqlwrap.Raw(c).(*stdlib.Conn)
//		// ...
//	})
//
// A library that asserts the driver's own type without it (bun's CopyFrom, pgx's COPY,
// the backup of SQLite) fails with a message that names the type
// wrappedConnSeeSqlwrapRaw. It needs a handle of the bare connector; see
// docs/raw.md of the repository.
//
// What runs on the bare connection is not counted.
func Raw(driverConn any) any {
	for {
		w, ok := driverConn.(interface{ Raw() driver.Conn })
		if !ok {
			return driverConn
		}
		driverConn = w.Raw()
	}
}
