package budget_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/statement"
)

// counter is a desk with a connection, which reads texts.
type counter struct {
	*desk
	conn   *budget.Connection
	reader *statement.Reader
}

func newCounter(t *testing.T, system string) *counter {
	c := &counter{desk: newDesk(t, budget.Rules{}), conn: &budget.Connection{Watched: true}}
	c.database = budget.NewDatabase(budget.DatabaseOptions{System: system})
	c.reader = statement.NewReader(statement.Dialect(system), statement.NewHasher(), 2048)
	return c
}

// open sends a text from a line, as a wrapper does.
func (c *counter) open(r *budget.Recorder, line int, text string) budget.Execution {
	c.t.Helper()
	site := callsite.New(callsite.CallSite{Frame: callsite.Frame{Function: "shop.order", File: "orders.go", Line: line}})
	x, err := r.Start(budget.Call{Database: c.database, Statement: c.reader.Read(text), Stack: site, Connection: c.conn})
	must(c.t, err)
	return x
}

// send sends texts that take a millisecond each, one from each line.
func (c *counter) send(texts ...string) {
	c.t.Helper()
	for i, text := range texts {
		c.sendErr(i+1, text, nil)
	}
}

func (c *counter) sendErr(line int, text string, err error) {
	c.t.Helper()
	x, is := c.conn.StartControl(c.t.Context(), c.database, c.recorder, c.reader.Read(text))
	if is {
		c.pass(1)
		x.End(err)
		x.End(err) // once
		return
	}
	y := c.open(c.recorder, line, text)
	c.pass(1)
	y.End(1, err)
}

func (c *counter) idle(kind budget.FindingKind) (out []string) {
	for _, f := range c.recorder.Report().Findings {
		if f.Kind == kind {
			out = append(out, f.String())
		}
	}
	return out
}

// A transaction that is begun and ended by texts counts as one of the driver's calls.
func TestTransactionsByText(t *testing.T) {
	for _, test := range []struct {
		name, system string
		texts        string // one after another, | between them
		transactions int64
		in           []int // the transaction of each query
	}{
		{"begin and commit", "postgresql", "BEGIN|SELECT 1|COMMIT|SELECT 2", 1, []int{1, 0}},
		{"other words for them", "postgresql", "start transaction isolation level serializable|SELECT 1|END|SELECT 2", 1, []int{1, 0}},
		{"SQLite's", "sqlite", "BEGIN IMMEDIATE|SELECT 1|END TRANSACTION|SELECT 2", 1, []int{1, 0}},
		{"rollback, abort", "postgresql", "BEGIN|ROLLBACK|SELECT 1|BEGIN WORK|ABORT|SELECT 2", 2, []int{0, 0}},
		{"savepoints end nothing", "postgresql", "BEGIN|SAVEPOINT a|ROLLBACK TO a|SELECT 1|ROLLBACK TO SAVEPOINT a|RELEASE a|SELECT 2|COMMIT", 1, []int{1, 1}},
		{"with what follows", "postgresql", "BEGIN|SELECT 1|COMMIT AND CHAIN|SELECT 2|COMMIT AND NO CHAIN|SELECT 3", 2, []int{1, 2, 0}},
		{"two-phase commit is of no session", "postgresql", "BEGIN|SELECT 1|COMMIT PREPARED 'x'|SELECT 2|COMMIT", 1, []int{1, 1}},
		{"a second begin does nothing", "postgresql", "BEGIN|BEGIN|SELECT 1|COMMIT|SELECT 2", 1, []int{1, 0}},
		{"but in MySQL", "mysql", "BEGIN|SELECT 1|BEGIN|SELECT 2|COMMIT", 2, []int{1, 2}},
		{"a definition commits in MySQL", "mariadb", "BEGIN|CREATE TEMPORARY TABLE a (id INT)|SELECT 1|DROP TABLE b|SELECT 2|COMMIT", 1, []int{1, 1, 0, 0}},
		{"and not elsewhere", "postgresql", "BEGIN|DROP TABLE b|SELECT 2|COMMIT", 1, []int{1, 1}},
		{"a text of several", "postgresql", "BEGIN|SELECT 1; COMMIT|SELECT 2", 1, []int{0, 0}},
		{"a block is none", "mariadb", "BEGIN NOT ATOMIC|SELECT 1", 1, []int{0}},
		{"an end without a begin", "postgresql", "COMMIT|ROLLBACK|SAVEPOINT a|SELECT 1", 0, []int{0}},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := newCounter(t, test.system)
			c.send(strings.Split(test.texts, "|")...)
			report := c.recorder.Report()
			var in []int
			for _, q := range report.Queries {
				in = append(in, q.Transaction)
			}
			if report.Totals.Transactions != test.transactions || !slices.Equal(in, test.in) {
				t.Errorf("%d transactions, the queries are in %v; want %d, %v", report.Totals.Transactions, in, test.transactions, test.in)
			}
			if report.Totals.TransactionTime == 0 {
				t.Error("it took no time")
			}
		})
	}
}

// What fails begins no transaction; SQLite's can be committed again.
func TestFailedControl(t *testing.T) {
	failed := errors.New("no")
	c := newCounter(t, "sqlite")
	c.sendErr(1, "BEGIN", failed)
	c.send("SELECT 1", "BEGIN", "SELECT 2")
	c.sendErr(1, "COMMIT", failed)
	c.send("SELECT 3")
	c.sendErr(1, "ROLLBACK", failed)
	c.send("SELECT 4")
	other := newCounter(t, "postgresql")
	other.send("BEGIN")
	other.sendErr(1, "COMMIT", failed)
	if other.conn.Transaction() != nil {
		t.Error("PostgreSQL has no transaction after a COMMIT that failed")
	}
	report := c.recorder.Report()
	var in []int
	for _, q := range report.Queries {
		in = append(in, q.Transaction)
	}
	if n := report.Totals; n.Transactions != 1 || n.Errors != 3 || !slices.Equal(in, []int{0, 1, 1, 0}) {
		t.Errorf("%+v, in %v", n, in)
	}
}

// A transaction that the driver began is ended by the driver, whatever is sent in it.
func TestControlInTransaction(t *testing.T) {
	c := newCounter(t, "postgresql")
	tx := c.database.Began(t.Context(), c.recorder, c.recorder.Clock(), nil)
	c.conn.Began(&tx)
	c.send("SELECT 1", "COMMIT", "SELECT 2")
	tx.Committed(c.recorder.Clock(), nil)
	c.conn.Ended()
	c.send("SELECT 3")
	if q := c.recorder.Report().Queries; q[0].Transaction != 1 || q[1].Transaction != 1 || q[2].Transaction != 0 {
		t.Errorf("in %d, %d, %d", q[0].Transaction, q[1].Transaction, q[2].Transaction)
	}
}

// A definition commits a transaction of MySQL, and the driver's call still ends it.
func TestDefinitionInTransaction(t *testing.T) {
	c := newCounter(t, "mysql")
	tx := c.database.Began(t.Context(), c.recorder, c.recorder.Clock(), nil)
	c.conn.Began(&tx)
	c.send("DROP TABLE b", "SELECT 1")
	if q := c.recorder.Report().Queries; q[1].Transaction != 1 || c.conn.Transaction() != &tx {
		t.Errorf("in %d", q[1].Transaction)
	}
}

// The level of isolation is read from the text.
func TestSerializableByText(t *testing.T) {
	for text, want := range map[string]bool{"BEGIN ISOLATION LEVEL SERIALIZABLE": true, "begin transaction isolation level serializable": true, "BEGIN": false} {
		c := newCounter(t, "postgresql")
		c.send(text, "SELECT 1")
		if q := c.recorder.Report().Queries[0]; q.Serializable != want {
			t.Errorf("%s: %v", text, q.Serializable)
		}
	}
}

// A statement that is refused ends no idle time for good.
func TestIdleAroundARefusal(t *testing.T) {
	c := newCounter(t, "postgresql")
	c.recorder.SetBudget(budget.Budget{Queries: 1, Mode: budget.Enforce})
	c.send("BEGIN", "SELECT 1")
	_, err := c.recorder.Start(budget.Call{Database: c.database, Statement: c.reader.Read("SELECT 2"), Connection: c.conn})
	if !errors.Is(err, budget.ErrExceeded) {
		t.Fatal(err)
	}
	c.pass(300)
	c.send("ROLLBACK")
	if got := c.idle(budget.IdleTransaction); len(got) != 1 {
		t.Errorf("found %q", got)
	}
}

// Without a recorder nothing is counted, and the transaction belongs to the unit of its
// first query, as that of db.Begin does.
func TestTransactionByTextWithoutRecorder(t *testing.T) {
	c := newCounter(t, "postgresql")
	for _, text := range []string{"BEGIN", "SAVEPOINT a"} {
		x, is := c.conn.StartControl(context.Background(), c.database, nil, c.reader.Read(text))
		if !is {
			t.Fatal(text)
		}
		x.End(nil)
	}
	if n := c.recorder.Totals(); n.Transactions != 0 {
		t.Errorf("%+v", n)
	}
	c.send("SELECT 1", "COMMIT", "SELECT 2")
	report := c.recorder.Report()
	if report.Totals.Transactions != 1 || report.Queries[0].Transaction != 1 || report.Queries[1].Transaction != 0 {
		t.Errorf("%+v", report.Queries)
	}
}

// A transaction by text waits as others do, also after a savepoint.
func TestIdleTransactionByText(t *testing.T) {
	for texts, want := range map[string]int{
		"BEGIN|pass|SELECT 1|COMMIT":             1,
		"BEGIN|SELECT 1|pass|COMMIT":             1,
		"BEGIN|SAVEPOINT a|pass|SELECT 1|COMMIT": 1,
		"BEGIN|SELECT 1|COMMIT|SELECT 2":         0,
		"BEGIN|pass|ROLLBACK|SELECT 1":           1,
	} {
		c := newCounter(t, "postgresql")
		for _, text := range strings.Split(texts, "|") {
			if text == "pass" {
				c.pass(300)
			} else {
				c.send(text)
			}
		}
		if got := c.idle(budget.IdleTransaction); len(got) != want {
			t.Errorf("%s: found %q", texts, got)
		}
		if got := c.idle(budget.IdleConnection); len(got) > 0 {
			t.Errorf("%s: found %q", texts, got)
		}
	}
}

// A connection that is held without a transaction while the application does something else
// is told with both lines.
func TestIdleConnection(t *testing.T) {
	c := newCounter(t, "postgresql")
	c.send("SELECT name FROM users")
	c.call("GET payments.example", 340)
	c.sendErr(40, "SELECT title FROM books", nil)
	got := c.idle(budget.IdleConnection)
	want := "idle-connection (certain): 1x SELECT users at orders.go:1 shop.order: nothing ran for 340ms until orders.go:40 shop.order, " +
		"but GET payments.example 340ms, on a connection that was taken out of the pool"
	if len(got) != 1 || got[0] != want {
		t.Errorf("found %q", got)
	}
	if f := c.recorder.Report().Findings[0]; f.InTransaction || f.Time != 340*time.Millisecond || f.Also[0].CallSite().Line != 40 || f.Repair == "" {
		t.Errorf("%+v", f)
	}
}

// Who holds a connection, and who does not.
func TestIdleConnections(t *testing.T) {
	other := func(c *counter) *budget.Recorder {
		_, r := budget.NewContext(c.t.Context())
		return r
	}
	for _, test := range []struct {
		name string
		run  func(c *counter)
		want int
	}{
		{"between two statements", func(c *counter) { c.send("SELECT 1"); c.pass(300); c.send("SELECT 2") }, 1},
		{"up to the limit", func(c *counter) { c.send("SELECT 1"); c.pass(200); c.send("SELECT 2") }, 0},
		{"given back meanwhile", func(c *counter) { c.send("SELECT 1"); c.pass(300); c.conn.Released(); c.send("SELECT 2") }, 0},
		{"a slow statement", func(c *counter) {
			x := c.open(c.recorder, 1, "SELECT 1")
			c.pass(300)
			x.End(0, nil)
			c.send("SELECT 2")
		}, 0},
		{"before the connection is given back", func(c *counter) { c.send("SELECT 1", "SELECT 2"); c.pass(300); c.conn.Released() }, 1},
		{"after one statement, as the pool's are", func(c *counter) { c.send("SELECT 1"); c.pass(300); c.conn.Released() }, 0},
		{"after a transaction", func(c *counter) { c.send("BEGIN", "COMMIT"); c.pass(300); c.send("SELECT 1") }, 1},
		{"before a transaction", func(c *counter) { c.send("SELECT 1"); c.pass(300); c.send("BEGIN", "COMMIT") }, 1},
		{"a wrapper that is not told", func(c *counter) { c.conn.Watched = false; c.send("SELECT 1"); c.pass(300); c.send("SELECT 2") }, 0},
		{"used past the wrapper", func(c *counter) { c.send("SELECT 1"); c.pass(300); c.conn.UsedDirectly(); c.send("SELECT 2") }, 0},
		{"a transaction that is used past the wrapper", func(c *counter) {
			c.send("BEGIN", "SELECT 1")
			c.pass(300)
			c.conn.UsedDirectly()
			c.send("COMMIT")
		}, 0},
		{"a lock of the session", func(c *counter) {
			c.send("SELECT pg_advisory_lock(1)", "SELECT title FROM books")
			c.pass(300)
			c.send("SELECT pg_advisory_unlock(1)")
		}, 0},
		{"a lock that was tried", func(c *counter) {
			c.send("SELECT pg_try_advisory_lock(1)")
			c.pass(300)
			c.send("SELECT title FROM books")
			c.pass(300)
			c.conn.Released()
		}, 0},
		{"after it was given back", func(c *counter) {
			c.send("SELECT pg_try_advisory_lock(1)", "SELECT pg_advisory_unlock(1)")
			c.pass(300)
			c.send("SELECT 1")
		}, 1},
		{"a channel", func(c *counter) { c.send("LISTEN news", "SELECT 1"); c.pass(300); c.send("SELECT 2") }, 0},
		{"another unit before", func(c *counter) {
			x := c.open(other(c), 1, "SELECT 1")
			x.End(0, nil)
			c.pass(300)
			c.send("SELECT 2")
		}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := newCounter(t, "postgresql")
			test.run(c)
			if got := c.idle(budget.IdleConnection); len(got) != test.want {
				t.Errorf("found %q", got)
			}
			if got := c.idle(budget.IdleTransaction); len(got) != 0 {
				t.Errorf("found %q", got)
			}
		})
	}
}

// A statement of another unit, inside of a transaction, leaves nothing known of the time
// around it.
func TestSharedTransaction(t *testing.T) {
	c := newCounter(t, "postgresql")
	_, other := budget.NewContext(t.Context())
	c.send("BEGIN", "SELECT 1")
	c.pass(300)
	x := c.open(other, 1, "SELECT 2")
	c.pass(300)
	x.End(0, nil)
	c.send("SELECT 3")
	if got := c.idle(budget.IdleTransaction); len(got) != 0 {
		t.Errorf("found %q", got)
	}
	c.pass(300)
	c.send("COMMIT")
	if got := c.idle(budget.IdleTransaction); len(got) != 1 {
		t.Errorf("found %q", got)
	}
}

// Two results that are open on one connection, as SQLite has them, hold one connection.
func TestNoNestingOnOneConnection(t *testing.T) {
	for _, same := range []bool{true, false} {
		c := newCounter(t, "sqlite")
		x := c.open(c.recorder, 1, "SELECT name FROM users")
		x.Open()
		if !same {
			c.conn = &budget.Connection{Watched: true}
		}
		c.send("SELECT title FROM books")
		x.Close(1, nil)
		if n := len(c.recorder.Report().Nested); n != map[bool]int{true: 0, false: 1}[same] {
			t.Errorf("same %v: %d", same, n)
		}
	}
}
