package budgettest

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/querybudget/querybudget/budget"
)

// watch counts what a database handle runs during a block, and tells whose it is.
type watch struct {
	unit       *budget.Recorder // counts what the block runs without its context
	attributed bool
	stop       func()
	block      *goroutines

	mu        sync.Mutex
	strangers int64 // queries of goroutines that the block did not start
	others    int64 // queries that count in another unit
	lost      int64 // queries of the block without its context
}

// observe starts to watch the handle that w names. Without one it watches nothing.
func observe(t TB, w *Want, unit *budget.Recorder) *watch {
	t.Helper()
	o := &watch{unit: unit, attributed: w.Attributed, stop: func() {}}
	handle := w.handle()
	if handle == nil {
		return o
	}
	d, err := handle.Account(t.Context())
	if err != nil {
		t.Fatalf("%v", err)
	}
	o.block = newGoroutines()
	if o.stop, err = d.RecordWith(o.choose); err != nil {
		t.Fatalf(
			"budgettest: the handle of Want is watched by another test at this moment: give each test a handle of its own, or do not run them in parallel",
		)
	}
	return o
}

// choose decides about a query, on its goroutine.
func (o *watch) choose(carried *budget.Recorder) *budget.Recorder {
	ours := carried.Same(o.unit)
	if ours {
		return carried
	}
	member := o.block.isMember()
	o.mu.Lock()
	defer o.mu.Unlock()
	switch {
	case carried != nil:
		o.others++
		return carried
	case !member:
		o.strangers++
		return nil
	default:
		o.lost++
		return o.unit
	}
}

func (o *watch) end() { o.stop() }

// problems says what made the count unreliable, or was not attributed.
func (o *watch) problems() (out []problem) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.strangers > 0 {
		out = append(
			out,
			problem{
				name: "not alone",
				text: fmt.Sprintf(
					"%s came from goroutines that the block did not start: the handle must be in use by nobody else",
					plural(o.strangers, "call", "calls"),
				),
			},
		)
	}
	if o.others > 0 {
		out = append(
			out,
			problem{
				name: "not alone",
				text: fmt.Sprintf(
					"%s counted in another unit of work: the handle must be in use by nobody else, and the block must pass on its context",
					plural(o.others, "call", "calls"),
				),
			},
		)
	}
	if o.attributed && o.lost > 0 {
		out = append(
			out,
			problem{
				name: "context",
				text: fmt.Sprintf(
					"%s did not have the block's context: use the methods that end in Context",
					plural(o.lost, "call", "calls"),
				),
			},
		)
	}
	return out
}

// connectionTimeout is how long databaseOf waits for a connection.
const connectionTimeout = 5 * time.Second

// databaseOf finds the account's side of a handle, through one of its connections.
func databaseOf(ctx context.Context, db *sql.DB) (*budget.Database, error) {
	ctx, cancel := context.WithTimeout(budget.Without(ctx), connectionTimeout)
	defer cancel()
	conn, err := db.Conn(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		return nil, fmt.Errorf(
			"budgettest: no connection of Want.DB came free within %v: close rows and transactions before, or allow more connections",
			connectionTimeout,
		)
	}
	if err != nil {
		return nil, fmt.Errorf("budgettest: Want.DB: %w", err)
	}
	defer conn.Close() //nolint:errcheck // it goes back to the pool
	var found *budget.Database
	err = conn.Raw(func(raw any) error {
		w, ok := raw.(interface{ Account() *budget.Database })
		if !ok {
			return errors.New(
				"budgettest: Want.DB was not opened with sqlwrap: use sqlwrap.Open, or sql.OpenDB(sqlwrap.Connector(...))",
			)
		}
		found = w.Account()
		return nil
	})
	return found, err
}
