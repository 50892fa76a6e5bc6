package adaptortest_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/budget/adaptortest"
	"github.com/querybudget/querybudget/statement"
)

var _ adaptortest.TB = testing.TB(nil)

// memory is a database: a set of ids. It knows nothing of querybudget.
type memory struct {
	mu  sync.Mutex
	ids []int
}

var errSyntax = errors.New("memory: syntax error")

// run runs a statement: INSERT and SELECT with an id, SELECT without.
func (m *memory) run(ctx context.Context, text string, id int) (found []int, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case strings.HasPrefix(text, "INSERT"):
		m.ids = append(m.ids, id)
	case strings.HasSuffix(text, "WHERE id = $1"):
		for _, have := range m.ids {
			if have == id {
				return []int{id}, nil
			}
		}
	case strings.HasPrefix(text, "SELECT"):
		return append(found, m.ids...), nil
	case text != "BEGIN" && text != "COMMIT" && !strings.Contains(text, "SAVEPOINT"):
		return nil, errSyntax
	}
	return nil, nil
}

// toy is the smallest adaptor that there can be: it wraps a memory. It shows the four
// steps of a query: what is asked of the recorder, and when.
type toy struct {
	memory   *memory
	database *budget.Database
	hasher   *statement.Hasher
	reader   *statement.Reader
	onlyEnds bool // as a wrapper that does not see where fetching begins
	sent     bool // as one that sees how many rows were sent
	tx       *budget.Transaction
	broken   string // which rule it breaks, for a test
}

func newToy() *toy {
	h := statement.NewHasher()
	return &toy{
		memory: &memory{}, database: budget.NewDatabase(budget.DatabaseOptions{System: "memory"}),
		hasher: h, reader: statement.NewReader(statement.Standard, h, 2048),
	}
}

// start asks for leave to send a statement. Nobody counts it if the context carries no
// recorder.
func (a *toy) start(ctx context.Context, text string, args ...any) (budget.Execution, *statement.Statement, error) {
	st := a.reader.Read(text)
	r := a.database.Recorder(ctx)
	if r == nil || ctx.Err() != nil {
		return budget.Execution{}, st, nil
	}
	call := budget.Call{Database: a.database, Statement: st, Transaction: a.tx}
	for _, v := range args {
		call.Arguments.Add(st, a.hasher, v)
	}
	call.Arguments.End(st)
	if a.broken == "arguments" {
		call.Arguments = statement.Arguments{}
	}
	x, err := r.Start(call)
	return x, st, err
}

func (a *toy) exec(ctx context.Context, text string, args ...any) error {
	x, st, err := a.start(ctx, text, args...)
	if err != nil && a.broken != "refusal" {
		return err // over the budget: it is not sent
	}
	_, err = a.memory.run(ctx, text, id(args))
	x.End(1, err)
	if a.database.Recorder(ctx) == nil && ctx.Err() == nil {
		a.database.CountUnattributed(ctx, st, err != nil)
	}
	return err
}

func (a *toy) query(ctx context.Context, text string, args ...any) (*toyRows, error) {
	x, st, err := a.start(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	found, err := a.memory.run(ctx, text, id(args))
	if a.database.Recorder(ctx) == nil && a.broken != "handle" {
		a.database.CountUnattributed(ctx, st, err != nil)
	}
	if err != nil {
		x.End(0, err)
		return nil, err
	}
	if !a.onlyEnds {
		x.Open()
	}
	return &toyRows{execution: x, left: found, sent: a.sent, leaks: a.broken == "close"}, nil
}

func id(args []any) int {
	if len(args) == 0 {
		return 0
	}
	return args[0].(int)
}

type toyRows struct {
	execution budget.Execution
	left      []int
	read      int64
	sent      bool
	leaks     bool
}

func (r *toyRows) Next() bool {
	if len(r.left) == 0 {
		return false
	}
	r.left = r.left[1:]
	r.read++
	return true
}

func (r *toyRows) Close() error {
	if r.sent {
		r.read += int64(len(r.left))
		r.left = nil
	}
	if !r.leaks {
		r.execution.Close(r.read, nil)
	}
	return nil
}

func (a *toy) Insert(ctx context.Context, id int) error {
	return a.exec(ctx, "INSERT INTO t (id) VALUES ($1)", id)
}

const selectOne = "SELECT id FROM t WHERE id = $1"

func (a *toy) Select(ctx context.Context, id int) error {
	rows, err := a.query(ctx, selectOne, id)
	if err != nil {
		return err
	}
	for rows.Next() {
	}
	return rows.Close()
}

func (a *toy) Open(ctx context.Context) (adaptortest.Rows, error) {
	return a.query(ctx, "SELECT id FROM t")
}

func (a *toy) Fail(ctx context.Context) error { return a.exec(ctx, "BROKEN") }

func (a *toy) Ping(context.Context) error { return errors.ErrUnsupported }

func (a *toy) Database() *budget.Database { return a.database }

// Begin counts a transaction in the recorder that begins it.
func (a *toy) Begin(ctx context.Context) (adaptortest.Tx, error) {
	r := a.database.Recorder(ctx)
	t := &toyTx{toy: *a}
	t.account = r.Began(r.Clock(), nil)
	t.tx = &t.account
	return t, nil
}

type toyTx struct {
	toy
	account budget.Transaction
}

func (t *toyTx) Commit(context.Context) error {
	t.account.Committed(t.account.Clock(), nil)
	return nil
}

func (t *toyTx) Rollback(context.Context) error {
	t.account.RolledBack(t.account.Clock(), nil)
	return nil
}

func (a *toy) Prepare(ctx context.Context) (adaptortest.Statement, error) {
	r := a.database.Recorder(ctx)
	r.Prepared(r.Clock(), nil)
	return toyStatement{a}, nil
}

type toyStatement struct{ *toy }

func (toyStatement) Close() error { return nil }

func (a *toy) Conn(context.Context) (adaptortest.Conn, error) { return toyConn{a}, nil }

type toyConn struct{ *toy }

func (c toyConn) Ping(context.Context) error                     { return nil }
func (c toyConn) Control(ctx context.Context, text string) error { return c.exec(ctx, text) }
func (c toyConn) Close() error                                   { return nil }

// A toy adaptor is checked with all rules but one: a memory cannot be pinged.
func Example() {
	leftOut, err := adaptortest.Check(context.Background(), newToy())
	fmt.Println(leftOut, err)
	// Output: [a ping is no query] <nil>
}

func TestToys(t *testing.T) {
	for _, onlyEnds := range []bool{false, true} {
		a := newToy()
		a.onlyEnds = onlyEnds
		adaptortest.Verify(t, a)
	}
}

// sentToy is a toy of which only the rows that were sent are known.
type sentToy struct{ *toy }

func (sentToy) CountsSentRows() {}

func TestToysOfSentRows(t *testing.T) {
	a := newToy()
	a.onlyEnds, a.sent = true, true
	adaptortest.Verify(t, sentToy{a})
	a = newToy()
	a.sent = true
	if _, err := adaptortest.Check(t.Context(), a); err == nil || !strings.Contains(err.Error(), "rows that are closed early") {
		t.Errorf("an adaptor that does not say so: %v", err)
	}
}

// An adaptor that breaks a rule is told which.
func TestBrokenToys(t *testing.T) {
	for broken, rule := range map[string]string{
		"arguments": "asking for something else is none", "refusal": "a refused query reaches no database",
		"handle": "queries without a recorder count on the handle", "close": "rows that are closed unread",
	} {
		a := newToy()
		a.broken = broken
		if _, err := adaptortest.Check(t.Context(), a); err == nil || !strings.Contains(err.Error(), rule) {
			t.Errorf("broken %s: %v", broken, err)
		}
	}
	if _, err := adaptortest.Check(t.Context(), nil); err == nil {
		t.Error("no adaptor passes")
	}
	if _, err := adaptortest.Check(t.Context(), unable{newToy()}); err == nil || !strings.Contains(err.Error(), "that shows nothing") {
		t.Errorf("one that can do nothing: %v", err)
	}
}

// unable can write, and nothing else.
type unable struct{ *toy }

func (unable) Select(context.Context, int) error { return errors.ErrUnsupported }

func (unable) Open(context.Context) (adaptortest.Rows, error) { return nil, errors.ErrUnsupported }
