package traces

import (
	"cmp"
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/statement"
)

// ArgumentsUnknown is what findings say whose arguments the spans do not hold: the queries
// may be repetitions of one.
const ArgumentsUnknown = "arguments unknown"

// replayer makes reports of units. Its memories are bounded.
type replayer struct {
	options   Options
	hasher    *statement.Hasher
	readers   map[statement.Dialect]*statement.Reader
	databases map[databaseKey]*budget.Database
	stacks    map[callsite.Frame]*callsite.Stack
	none      *callsite.Stack // where the code is not known
	texts     map[string]string
}

type databaseKey struct{ system, namespace, address string }

const (
	maxShape     = 2000
	maxDatabases = 1000
	maxStacks    = 10_000
	maxTexts     = 10_000
)

func newReplayer(o Options) *replayer {
	return &replayer{
		options: o, hasher: statement.NewHasher(), readers: map[statement.Dialect]*statement.Reader{}, databases: map[databaseKey]*budget.Database{},
		stacks: map[callsite.Frame]*callsite.Stack{}, none: callsite.New(callsite.CallSite{}), texts: map[string]string{},
	}
}

// event is the start or the end of a query.
type event struct {
	at    uint64
	phase int // of what happens at the same time
	query int
}

// What ended when another query began had ended before; what took no time ends after it
// began.
const (
	ends = iota
	begins
	endsAtOnce
)

// report replays a unit. Unknown is the number of queries whose arguments are not known.
func (r *replayer) report(u *unit) (report *budget.Report, unknown int64) {
	started := time.Unix(0, int64(min(u.span.Start, math.MaxInt64)))
	var now time.Duration
	_, rec := budget.Bounds{Rules: r.options.Rules, Queries: 1000}.Replay(context.Background(), started, func() time.Duration { return now })
	r.name(rec, u.span)
	p := replay{replayer: r, recorder: rec, queries: u.queries, running: make([]budget.Execution, len(u.queries)), opened: make([]bool, len(u.queries)), isRead: make([]bool, len(u.queries))}
	for _, e := range p.events() {
		now = max(now, since(e.at, u.span.Start))
		p.event(e)
	}
	now = max(now, since(u.span.End, u.span.Start))
	report = rec.EndReplay()
	note(report)
	return report, p.unknown
}

// since is the time from one moment to another, 0 where clocks disagree.
func since(at, start uint64) time.Duration {
	if at <= start {
		return 0
	}
	return time.Duration(min(at-start, math.MaxInt64/2))
}

// name names the unit by its route, or by its span.
func (r *replayer) name(rec *budget.Recorder, s *Span) {
	name := cmp.Or(s.Name, "(no name)")
	switch method, path, _ := strings.Cut(s.Name, " "); {
	case s.Route != "":
		route := budget.Route{Method: cmp.Or(s.Method, method), Pattern: s.Route}
		rec.SetRoute(route)
		name = route.Method + " " + route.Pattern
	case s.Method != "" && method == s.Method && strings.HasPrefix(path, "/"):
		rec.SetRoute(budget.Route{Method: method, Pattern: path})
	default:
		rec.SetName(name)
	}
	if r.options.Budget != nil {
		rec.SetBudget(r.options.Budget(name))
	}
}

// replay is a unit that is being replayed.
type replay struct {
	*replayer
	recorder *budget.Recorder
	queries  []query
	running  []budget.Execution
	opened   []bool
	isRead   []bool
	unknown  int64
}

// events are in the order in which they happened.
func (p *replay) events() []event {
	out := make([]event, 0, 2*len(p.queries))
	for i, q := range p.queries {
		end := event{q.span.End, ends, i}
		if end.at <= q.span.Start {
			end.at, end.phase = q.span.Start, endsAtOnce
		}
		out = append(out, event{q.span.Start, begins, i}, end)
	}
	slices.SortFunc(out, func(a, b event) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.phase, b.phase), cmp.Compare(a.query, b.query))
	})
	return out
}

func (p *replay) event(e event) {
	q := &p.queries[e.query]
	if e.phase == begins {
		if q.outer >= 0 && !p.opened[q.outer] {
			p.opened[q.outer] = true
			p.running[q.outer].Open() // this one runs while its rows are read
		}
		p.start(e.query)
		return
	}
	x := &p.running[e.query]
	var err error
	if q.span.Failed {
		err = errFailed
	}
	switch {
	case !p.isRead[e.query]:
		x.End(-1, err)
	case q.span.Rows > 0 || p.opened[e.query]:
		x.Close(q.span.Rows, err)
	default:
		x.End(0, err) // how many rows is not known, which is not none
	}
}

// errFailed stands for an error of which the span says no more.
var errFailed = errors.New("failed")

func (p *replay) start(i int) {
	s := p.queries[i].span
	database, reader := p.database(s)
	arguments, known := statement.Arguments{}, len(s.Arguments) > 0 || !hasPlaceholder(s.Text)
	st := reader.Read(p.text(s.Text, known))
	if known {
		arguments = p.arguments(s, st)
	} else {
		arguments.List, arguments.Unknown = rand.Uint64()|1, true
		p.unknown++
	}
	p.isRead[i] = st.Kind == statement.Read
	// No budget enforces here, so nothing is refused.
	p.running[i], _ = p.recorder.Start(budget.Call{Database: database, Statement: st, Arguments: arguments, Stack: p.stack(s)})
}

func (r *replayer) database(s *Span) (*budget.Database, *statement.Reader) {
	dialect := dialectOf(s.System)
	reader := r.readers[dialect]
	if reader == nil {
		reader = statement.NewReader(dialect, r.hasher, maxShape)
		r.readers[dialect] = reader
	}
	key := databaseKey{s.System, s.Namespace, s.Address}
	d := r.databases[key]
	if d == nil {
		d = budget.NewDatabase(budget.DatabaseOptions{Name: s.Namespace, System: s.System})
		if len(r.databases) < maxDatabases {
			r.databases[key] = d
		}
	}
	return d, reader
}

// dialectOf is the dialect of a system, by old and new names.
func dialectOf(system string) statement.Dialect {
	switch strings.ToLower(system) {
	case "postgresql", "postgres", "cockroachdb", "aws.redshift", "redshift":
		return statement.PostgreSQL
	case "mysql", "mariadb":
		return statement.MySQL
	case "sqlite":
		return statement.SQLite
	case "microsoft.sql_server", "mssql":
		return statement.SQLServer
	}
	return statement.Standard
}

func (r *replayer) stack(s *Span) *callsite.Stack {
	f := callsite.Frame{Function: s.function(), File: s.File, Line: int(min(max(s.Line, 0), math.MaxInt32))}
	if f.Function == "" && f.File == "" {
		return r.none
	}
	f.Function = cmp.Or(f.Function, f.File)
	stack := r.stacks[f]
	if stack == nil {
		stack = callsite.New(callsite.CallSite{Frame: f})
		if len(r.stacks) < maxStacks {
			r.stacks[f] = stack
		}
	}
	return stack
}

// text is the statement with the placeholders that the reader knows. It is kept, because
// statements come again and again. Where arguments are not known, an instrumentation may
// have shortened a list to one placeholder.
func (r *replayer) text(text string, known bool) string {
	out, ok := r.texts[text]
	if !ok {
		out = placeholders(text)
		if !known {
			out = lists(out)
		}
		if len(r.texts) < maxTexts {
			r.texts[text] = out
		}
	}
	return out
}

var shortList = regexp.MustCompile(`(?i)\bIN\s*\(\s*(\?|\$1|\.\.\.|:\w+|@\w+)\s*\)`)

// lists makes a list of several out of one that may have been shortened.
func lists(text string) string { return shortList.ReplaceAllString(text, "IN ($1, $1)") }

// arguments identifies what a query asked for, by the span's parameters; literals in the
// text are told apart by the statement.
func (r *replayer) arguments(s *Span, st *statement.Statement) (a statement.Arguments) {
	slices.SortFunc(s.Arguments, func(x, y argument) int { return strings.Compare(x.name, y.name) })
	for _, arg := range s.Arguments {
		a.Add(st, r.hasher, arg.name+"="+arg.value)
	}
	a.End(st)
	if len(s.Arguments) > 0 {
		a.Row = 0 // names are no positions
	}
	return a
}

// note says of findings that their arguments are unknown.
func note(r *budget.Report) {
	unknown := map[string]bool{}
	for i := range r.Groups {
		if g := &r.Groups[i]; g.Unknown > 0 {
			unknown[g.Shape] = true
		}
	}
	for f := range r.Statements() {
		if (f.Kind == budget.NPlusOne || f.Kind == budget.WriteLoop) && unknown[f.Shape] && f.Note == "" {
			f.Note = ArgumentsUnknown
		}
	}
}
