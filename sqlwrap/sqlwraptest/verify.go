package sqlwraptest

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/sqlwrap"
)

// Target is a driver to check and the statements to check it with. All texts are
// in the driver's own dialect.
type Target struct {
	// Open returns a new connector. It is required, and called for each run.
	Open func() (driver.Connector, error)
	// Wrap wraps a connector. Default: sqlwrap.Connector.
	Wrap func(driver.Connector) driver.Connector
	// Setup makes the tables, anew for each run: it drops them first.
	Setup []string
	// Insert takes an integer and a text.
	Insert string
	// Select takes an integer, and returns the row that was inserted with it.
	Select string
	// SelectAll takes nothing and returns the rows that were inserted.
	SelectAll string
	// Broken is a statement that fails.
	Broken string
	// Arguments are further arguments for Select, each of which is tried alone:
	// the types that the driver knows.
	Arguments []any
	// Racing is for a driver that leaves it to chance whether a connection
	// survives a cancelled transaction: it watches the context itself, as lib/pq
	// does. The connections that are kept are then not compared.
	Racing bool
	// Calls returns and forgets the calls that reached the driver, for a driver
	// that keeps note of them. They are compared too. Default: they are not.
	Calls func() []string
}

// TB is the part of testing.TB that [Verify] needs.
type TB interface {
	Helper()
	Context() context.Context
	Error(args ...any)
}

// Verify runs [Check] and fails the test for each difference.
func Verify(t TB, target Target) {
	t.Helper()
	if err := Check(t.Context(), target); err != nil {
		t.Error(err)
	}
}

// Check runs the same program on the bare and on the wrapped driver and returns
// an error that lists what differs, or says what could not be run.
func Check(ctx context.Context, target Target) error {
	if target.Open == nil {
		return errors.New("sqlwraptest: Target.Open is missing")
	}
	wrap := target.Wrap
	if wrap == nil {
		wrap = sqlwrap.Connector
	}
	bare, err := target.run(ctx, func(c driver.Connector) driver.Connector { return c })
	if err != nil {
		return fmt.Errorf("sqlwraptest: bare driver: %w", err)
	}
	if len(bare) < 20 {
		return fmt.Errorf("sqlwraptest: the bare driver gave %d lines: nothing to compare", len(bare))
	}
	wrapped, err := target.run(ctx, wrap)
	if err != nil {
		return fmt.Errorf("sqlwraptest: wrapped driver: %w", err)
	}
	recorded, recorder := budget.NewContext(ctx)
	counted, err := target.run(recorded, wrap)
	if err != nil {
		return fmt.Errorf("sqlwraptest: wrapped driver with a recorder: %w", err)
	}
	err = errors.Join(differences("without a recorder", bare, wrapped), differences("with a recorder", bare, counted))
	if recorder.Totals().Queries == 0 {
		err = errors.Join(
			err,
			errors.New("sqlwraptest: the recorder saw no query: is Target.Wrap a wrapper of sqlwrap?"),
		)
	}
	return err
}

// run opens a database and returns the transcript of the program.
func (t *Target) run(ctx context.Context, wrap func(driver.Connector) driver.Connector) (lines []string, err error) {
	connector, err := t.Open()
	if err != nil {
		return nil, err
	}
	if t.Calls != nil {
		t.Calls()
	}
	db := sql.OpenDB(wrap(connector))
	db.SetMaxOpenConns(2)
	db.SetMaxIdleConns(2)
	p := &program{Target: t, db: db}
	defer func() {
		p.line("close: %s", describe(db.Close()))
		p.noteCalls()
		lines = p.lines
	}()
	p.line("driver: %T", db.Driver())
	for _, statement := range t.Setup {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return nil, fmt.Errorf("%s: %w", statement, err)
		}
	}
	p.all(ctx)
	return nil, nil
}

// maxDifferences is the number of differences that an error lists.
const maxDifferences = 20

func differences(when string, bare, wrapped []string) error {
	var out []string
	for i := range max(len(bare), len(wrapped)) {
		b, w := lineAt(bare, i), lineAt(wrapped, i)
		if b != w {
			out = append(out, fmt.Sprintf("line %d\n\tbare:    %s\n\twrapped: %s", i+1, b, w))
		}
	}
	if len(out) == 0 {
		return nil
	}
	rest := ""
	if n := len(out) - maxDifferences; n > 0 {
		out, rest = out[:maxDifferences], fmt.Sprintf("\nand %d more", n)
	}
	return fmt.Errorf("sqlwraptest: the wrapped driver differs %s:\n%s%s", when, strings.Join(out, "\n"), rest)
}

func lineAt(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "(nothing)"
}
