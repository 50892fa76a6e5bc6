package budget

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/querybudget/querybudget/statement"
)

// Transactions are also begun and ended by texts. They count like those of the driver's
// calls, so that what runs between is in a transaction, whoever began it.

// Control is a text that begins or ends a transaction, or is about a savepoint, on its way,
// for driver wrappers. The zero Control is none.
type Control struct {
	// RolledBack is set by a wrapper that was told so by the server: COMMIT rolls back a
	// transaction in which a statement has failed.
	RolledBack bool

	connection *Connection
	database   *Database
	recorder   *Recorder
	ctx        context.Context
	statement  *statement.Statement
	step       controlStep
	began      time.Duration
}

// StartControl begins a step of a transaction that is sent as a text, in a context with a
// recorder or nil. It reports whether it is one; what is none is a [Call], such as COMMIT
// outside of a transaction. It needs an End, unless the driver declined it.
func (c *Connection) StartControl(ctx context.Context, d *Database, r *Recorder, st *statement.Statement) (x Control, is bool) {
	if st.Kind.IsQuery() {
		return Control{}, false
	}
	step := stepOf(st)
	switch {
	case step == noStep, step == mixedSteps, c.transaction == nil && step != beginsTransaction:
		return Control{}, false
	case c.transaction != nil && step != marksTransaction && !c.text:
		step = marksTransaction // a call of the driver will end it
	case c.transaction != nil && step == beginsTransaction && !isMySQL(d.System()):
		step = marksTransaction // PostgreSQL warns, SQLite refuses
	}
	x = Control{connection: c, database: d, recorder: r, ctx: ctx, statement: st, step: step}
	if t := c.transaction; t != nil {
		x.began = t.Clock()
	} else {
		x.began = r.Clock()
	}
	return x, true
}

// Statement is the text, as the account sees it.
func (x *Control) Statement() *statement.Statement { return x.statement }

// End ends the step, once.
func (x *Control) End(err error) {
	done := *x
	*x = Control{}
	c := done.connection
	if c == nil {
		return
	}
	rolledBack := done.RolledBack || done.statement.Verb == "ROLLBACK" || done.statement.Verb == "ABORT"
	switch t := c.transaction; {
	case done.step == marksTransaction && t != nil:
		t.marked(done.began, err, rolledBack)
	case done.step == beginsTransaction:
		if t != nil {
			done.ends(t, nil, false)
		}
		done.begins(err)
	case t == nil:
	case err != nil && !rolledBack && done.database.System() == "sqlite":
		t.marked(done.began, err, false) // it can be committed again
	default:
		done.ends(t, err, rolledBack)
		if done.step == endsAndBegins {
			done.recorder = t.recorder
			done.begins(err)
		}
	}
}

func (x *Control) begins(err error) {
	t := x.database.Began(x.ctx, x.recorder, x.began, err)
	if err != nil {
		return
	}
	text := strings.ToUpper(x.statement.Shape)
	t.Serializable, t.RepeatableRead = strings.Contains(text, "SERIALIZABLE"), strings.Contains(text, "REPEATABLE READ")
	x.connection.Began(&t)
	x.connection.text = true
}

func (x *Control) ends(t *Transaction, err error, rolledBack bool) {
	if rolledBack {
		t.RolledBack(x.began, err)
	} else {
		t.Committed(x.began, err)
	}
	x.connection.Ended()
}

// marked counts a step with which the transaction goes on.
func (t *Transaction) marked(began time.Duration, err error, rolledBack bool) {
	r := t.recorder
	if r == nil {
		return
	}
	t.step(began, err, rolledBack)
	r.unit.mu.Lock()
	defer r.unit.mu.Unlock()
	if t.running == 0 {
		t.resting, t.since = r, r.unit.now()
	}
}

// controlStep is what a text does to a transaction.
type controlStep uint8

const (
	noStep controlStep = iota
	beginsTransaction
	endsTransaction
	endsAndBegins
	marksTransaction
	mixedSteps // several statements, among which is one of these
)

// stepOf reads a text.
func stepOf(st *statement.Statement) controlStep {
	text := strings.TrimRight(strings.ToUpper(st.Shape), "; \t\r\n")
	words := strings.FieldsFunc(text, func(c rune) bool { return strings.ContainsRune(" \t\r\n;", c) })
	if strings.Contains(text, ";") {
		if slices.ContainsFunc(words, isControlWord) {
			return mixedSteps
		}
		return noStep
	}
	if len(words) == 0 || !isControlWord(words[0]) {
		return noStep
	}
	has := func(word string) bool { return slices.Contains(words, word) }
	switch words[0] {
	case "BEGIN":
		return unless(has("NOT"), beginsTransaction) // BEGIN NOT ATOMIC is a block of MariaDB
	case "START":
		return unless(len(words) < 2 || words[1] != "TRANSACTION", beginsTransaction)
	case "SAVEPOINT", "RELEASE":
		return marksTransaction
	}
	switch {
	case has("PREPARED"):
		return noStep // of a transaction that is no session's
	case has("TO"):
		return marksTransaction
	case has("CHAIN") && !has("NO"):
		return endsAndBegins
	}
	return endsTransaction
}

func unless(not bool, step controlStep) controlStep {
	if not {
		return noStep
	}
	return step
}

func isControlWord(word string) bool {
	switch word {
	case "BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE":
		return true
	}
	return false
}

func isMySQL(system string) bool { return system == "mysql" || system == "mariadb" }
