package budget

import (
	"strings"

	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/statement"
)

// Connection is one connection as the account sees it, for driver wrappers: which
// transaction is open on it, whoever began it and in whatever way, and since when it is held
// and nothing runs on it. The zero Connection is one that has just been made. It must not be
// copied, and is used by one goroutine at a time, as the connection is.
type Connection struct {
	// Watched is set by a wrapper that calls Released between two holders of the connection
	// without fail. Where it is not, nothing is known of who holds the connection outside
	// of a transaction.
	Watched bool

	transaction *Transaction // that is open, nil outside of one
	text        bool         // it was begun by a text
	holding     holding      // outside of a transaction
}

// Transaction is the open transaction, nil outside of one.
func (c *Connection) Transaction() *Transaction { return c.transaction }

// Began takes note of a transaction that was begun, by a call of the driver.
func (c *Connection) Began(t *Transaction) {
	c.Forget()
	c.transaction, c.text = t, false
	t.isHeld()
	t.list()
	if r := c.holding.resting; r != nil {
		c.holding.wakesAtEnd(r, r.unit.now(), func() *callsite.Stack { return t.began })
	}
}

// Ended takes note that the transaction has ended, after Committed or RolledBack.
func (c *Connection) Ended() {
	t := c.transaction
	c.Forget()
	if t != nil && t.recorder != nil && c.Watched {
		r := t.recorder.counting()
		r.unit.mu.Lock()
		defer r.unit.mu.Unlock()
		c.holding.rests(r, r.unit.now())
	}
}

// Forget takes note that the transaction, if there is one, has ended in a way that nobody
// told: the server rolled it back, or the connection is closed.
func (c *Connection) Forget() {
	if t := c.transaction; t != nil {
		t.database.unlist(t)
	}
	c.transaction, c.text = nil, false
}

// Released takes note that the connection was given back to its pool, or taken from it
// again: it may be called for both. A transaction that is open stays open.
func (c *Connection) Released() {
	h := &c.holding
	if h.latest == nil && h.resting == nil {
		return // nothing was sent since
	}
	if r := h.resting; r != nil && h.steps > 1 { // one is what a call of the pool sends
		h.wakesAtEnd(r, r.unit.now(), h.latest.captured)
	}
	h.forget()
}

// UsedDirectly takes note that whoever holds the connection uses it past the wrapper: how
// long nothing runs on it is not known any more.
func (c *Connection) UsedDirectly() {
	c.holding.forget()
	if t := c.transaction; t != nil && t.recorder != nil {
		t.recorder.unit.mu.Lock()
		defer t.recorder.unit.mu.Unlock()
		t.resting = nil
	}
}

// captured is the stack of its caller, nil where no handle is known.
func (o *origin) captured() *callsite.Stack {
	if o == nil {
		return nil
	}
	return o.database.stacks.Capture()
}

// holding is what a call runs in, nil where that is not known.
func (c *Call) holding(r *Recorder) *holding {
	if c.Connection != nil && c.Transaction == nil {
		c.Transaction = c.Connection.transactionFor(c.Database, c.Statement)
	}
	switch t := c.Transaction; {
	case t != nil:
		t.adopt(r, c.Database)
		t.isHeld()
		return &t.holding
	case c.Connection != nil && c.Connection.Watched:
		return &c.Connection.holding
	}
	return nil
}

// transactionFor is the transaction that a statement runs in. One that was begun by a text
// ends with a text, which may be part of the statement, and with a statement that commits by
// itself.
func (c *Connection) transactionFor(d *Database, st *statement.Statement) *Transaction {
	if c.text && (commitsAlone(d.System(), st) || strings.Contains(st.Shape, ";") && stepOf(st) == mixedSteps) {
		c.Forget()
	}
	return c.transaction
}

// commitsAlone reports whether MySQL and MariaDB end the transaction for a statement.
func commitsAlone(system string, st *statement.Statement) bool {
	if system != "mysql" && system != "mariadb" {
		return false
	}
	switch st.Verb {
	case "ALTER", "TRUNCATE", "RENAME", "GRANT", "REVOKE", "LOCK":
		return true
	case "CREATE", "DROP":
		words := strings.Fields(strings.ToUpper(st.Shape))
		return len(words) < 2 || words[1] != "TEMPORARY"
	}
	return false
}
