package pgxwrap

import (
	"strings"

	"github.com/jackc/pgx/v5"
)

// pgx sends BEGIN, COMMIT and ROLLBACK as text, and so do applications. What was begun in
// whatever way is known by what the server says of its state.

// idle is what the server says outside of a transaction.
const idle = 'I'

// began takes the outcome of BEGIN.
func (c *connection) began(t *tracer, q query, o outcome) {
	tx := t.database.Began(q.ctx, q.recorder, q.began, o.err)
	if o.err == nil {
		tx.Serializable = strings.Contains(strings.ToUpper(q.statement.Shape), "SERIALIZABLE")
		c.transaction = &tx
	}
}

// controlled takes the outcome of COMMIT, ROLLBACK and of what is done with savepoints.
func (c *connection) controlled(q query, o outcome) {
	tx := c.transaction
	if tx == nil {
		return
	}
	if q.statement.Verb == "ROLLBACK" || o.tag.String() == "ROLLBACK" {
		tx.RolledBack(q.began, o.err)
	} else {
		tx.Committed(q.began, o.err)
	}
}

// sync forgets a transaction that has ended, in whatever way.
func (c *connection) sync(conn *pgx.Conn) {
	if c.transaction != nil && (conn.PgConn().TxStatus() == idle || conn.IsClosed()) {
		c.transaction = nil
	}
}
