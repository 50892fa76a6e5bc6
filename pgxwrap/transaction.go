package pgxwrap

import "github.com/jackc/pgx/v5"

// pgx sends BEGIN, COMMIT and ROLLBACK as text, and so do applications: the account reads
// them. What became of a transaction is known by what the server says of its state.

// idle is what the server says outside of a transaction.
const idle = 'I'

// sync forgets a transaction that has ended, in whatever way.
func (c *connection) sync(conn *pgx.Conn) {
	if c.account.Transaction() != nil && (conn.PgConn().TxStatus() == idle || conn.IsClosed()) {
		c.account.Forget()
	}
}
