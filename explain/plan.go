package explain

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/statement"
)

// Options hold what is optional. The zero value is the default, and what the functions of
// this package use.
type Options struct {
	// Timeout is the time that the database may take for one plan. A plan waits for a lock
	// for a tenth of it, on MariaDB for a second. Default: one second.
	Timeout time.Duration
	// Values leaves the literals of the statement and the values of its arguments in plans
	// and conditions. They may be personal data. Default: a question mark stands for each.
	Values bool
	// Analyze executes the statement in order to tell the actual numbers of rows: a read, on
	// PostgreSQL, of which the plan estimates a cost of at most MaxCost. It is refused for
	// all other statements. Default: nothing is executed.
	Analyze bool
	// MaxCost is the ceiling for Analyze, in the units of PostgreSQL's planner, in which a
	// page that is read in order costs 1. Default: 10,000, some 80 MB.
	MaxCost float64
	// TryIndexes tries indexes for what is read whole, and proposes one that the plan then
	// uses. With the extension hypopg of PostgreSQL, indexes are tried in any case: they are
	// hypothetical. Without it the index is created in a transaction that is rolled back, which
	// keeps others from writing to the table for as long as that takes, at most Timeout; on
	// MariaDB and MySQL on a temporary copy of 100 rows. It is for tests and development.
	// Default: off.
	TryIndexes bool
	// SmallTables are tables that stay small, with their schema or without: Check accepts
	// that they are read whole. Default: none.
	SmallTables []string
	// Rules are those that Check finds by. The zero value is the default.
	Rules budget.Rules
}

func (o Options) withDefaults() Options {
	if o.Timeout <= 0 {
		o.Timeout = time.Second
	}
	if o.MaxCost <= 0 {
		o.MaxCost = 10_000
	}
	return o
}

// Result is the plan of a statement, and what it shows. It is not changed after it was
// made.
type Result struct {
	// System is the kind of database, as OpenTelemetry has it: "postgresql", "mariadb".
	System string
	// Text is the plan in the database's own words: JSON, or lines of SQLite.
	Text string
	// Nodes are the roots of the plan: one, for most databases.
	Nodes []Node
	// Signs are what the plan shows that is worth a look, the surest first.
	Signs []Sign
	// Verdict is the worst of Tables. It does not depend on the size of the data, as the
	// plan does. Reason says why it is Unknown, where that is not the affair of one table.
	Verdict Verdict
	Reason  string
	Tables  []Access
	// Generic is set if the plan was made without the values of arguments.
	Generic bool
}

// Faults returns the tables that are read whole in vain.
func (r *Result) Faults() []Access {
	var out []Access
	for _, a := range r.Tables {
		if a.Verdict.IsFault() {
			out = append(out, a)
		}
	}
	return out
}

// Node is a step of a plan, in terms that the databases share.
type Node struct {
	// Operation is the database's own word for it: "Seq Scan", "ref", "SCAN".
	Operation string
	// Schema, Relation and Alias name what it reads, Index the index that it uses. Empty
	// for none.
	Schema, Relation, Alias, Index string
	// Condition is what the index looks up, Filter what drops rows that were read.
	Condition, Filter string
	// Rows is the estimated number, ActualRows the actual one of Analyze, each for one of
	// Loops. Removed is what Filter dropped in all of them. Negative: not known.
	Rows, ActualRows, Loops, Removed float64
	// Cost is that of the node with those below it, in the database's units. Share is
	// the part of the node itself in the whole plan, from 0 to 1. Both are 0 where the
	// database tells no cost.
	Cost, Share float64
	Children    []Node
}

// ErrRefused is what errors match of statements that are not planned: because they are
// no single SELECT, VALUES, TABLE, INSERT, UPDATE or DELETE, or because planning or
// analysing them might do something.
var ErrRefused = errors.New("explain: refused")

// Plan asks the database how it would execute a statement, which it does not do. The
// query is the text as it was sent, with parameters.
//
// Without args the plan is made without values, whatever the number of parameters: a
// generic plan on PostgreSQL 12 and newer, and stand-ins elsewhere. What depends on a
// value is then Unknown. With args they decide, but are not shown, see Options.Values.
//
// The error is for what could not be planned, and matches ErrRefused if it must not be.
func Plan(ctx context.Context, p Planner, query string, args ...any) (*Result, error) {
	return Options{}.Plan(ctx, p, query, args...)
}

// Plan is like the function of that name, with options.
func (o Options) Plan(ctx context.Context, p Planner, query string, args ...any) (*Result, error) {
	if p == nil {
		return nil, errors.New("explain: Plan without a Planner: use explain.SQL")
	}
	var result *Result
	ctx = budget.Without(ctx)
	err := p.Session(ctx, func(send run) error {
		s, err := o.newSession(ctx, p, send)
		if err == nil {
			result, err = s.result(ctx, query, args)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

// session is a connection with a database that is known.
type session struct {
	options  Options
	system   system
	send     run
	within   bool // a transaction that goes on
	query    string
	args     []any
	params   int      // of the query
	names    []string // of the last of them, which have some
	tables   map[string]*table
	scopes   []*scope
	facts    *statement.Statement
	prepared bool
	database string // of MySQL, empty before it was asked for
}

func (o Options) newSession(ctx context.Context, p Planner, send run) (*session, error) {
	system, err := systemOf(ctx, send)
	if err != nil {
		return nil, err
	}
	in, ok := p.(inTransaction)
	return &session{
		options: o.withDefaults(), system: system, send: send, within: ok && in.InTransaction(), tables: map[string]*table{},
	}, nil
}

// planned is what a database answers.
type planned struct {
	text   string
	nodes  []Node
	tables []Access
	// unknown says why nothing is known of the tables.
	unknown string
}

func (s *session) result(ctx context.Context, query string, args []any) (*Result, error) {
	if err := s.take(query, args); err != nil {
		return nil, err
	}
	p, err := s.system.plan(ctx, s)
	if err != nil {
		return nil, fmt.Errorf("explain: %s: %w", s.facts.Summary, s.maskError(err))
	}
	r := &Result{
		System: s.system.name(), Text: p.text, Nodes: p.nodes, Tables: p.tables, Generic: s.params > 0 && len(args) == 0,
		Verdict: NoCondition, Reason: p.unknown,
	}
	if p.unknown != "" {
		r.Verdict = Unknown
	}
	s.propose(ctx, r) // a trial may show that the verdict is not known
	for i := range r.Tables {
		r.Verdict = worse(r.Verdict, r.Tables[i].Verdict)
	}
	share(r.Nodes)
	r.Signs = s.signs(r)
	return r, nil
}

// take looks at the statement before anything is sent.
func (s *session) take(query string, args []any) error {
	d := s.system.dialect()
	if !d.IsSingle(query) {
		return fmt.Errorf("%w: the text is not one statement that can be read to its end", ErrRefused)
	}
	s.query, s.args, s.scopes = strings.TrimRight(query, "; \t\r\n"), args, nil
	s.params, s.names = parametersOf(tokensOf(d, query))
	s.facts = statement.NewReader(d, statement.NewHasher(), 2048).Read(query)
	if len(args) > 0 && s.params > 0 && s.params != len(args) && !slices.ContainsFunc(args, isNamed) {
		return fmt.Errorf("explain: %s has %d parameters and got %d arguments", s.facts.Summary, s.params, len(args))
	}
	first := strings.ToUpper(tokensOf(d, query)[0].text)
	switch first {
	case "SELECT", "WITH", "VALUES", "TABLE", "UPDATE", "DELETE", "INSERT", "(":
	default:
		return fmt.Errorf("%w: %s is none of SELECT, WITH, VALUES, TABLE, INSERT, UPDATE and DELETE", ErrRefused, oneWord(first))
	}
	if s.options.Analyze && (s.facts.Kind != statement.Read || s.facts.Locks || s.system.name() != "postgresql") {
		return fmt.Errorf("%w: only reads of PostgreSQL that lock nothing and call no unknown function are analysed", ErrRefused)
	}
	return nil
}

func isNamed(arg any) bool {
	_, ok := arg.(sql.NamedArg)
	return ok
}

// parametersOf returns how many arguments a statement takes, and the names of those that
// have one.
func parametersOf(tokens []token) (n int, names []string) {
	for _, t := range tokens {
		switch {
		case !t.isParameter():
		case t.text == "?":
			n++
		default:
			if i, err := strconv.Atoi(t.text[1:]); err == nil {
				n = max(n, i)
			} else if !slices.Contains(names, t.text[1:]) {
				names = append(names, t.text[1:])
			}
		}
	}
	return n + len(names), names
}

// oneWord bounds a word that somebody else chose.
func oneWord(word string) string { return strconv.Quote(word[:min(len(word), 20)]) }
