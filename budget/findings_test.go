package budget_test

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/statement"
)

// The scenarios in testdata/findings say what a unit of work does, line by line,
// and which findings it must have: exactly these. See its README.
func TestFindings(t *testing.T) {
	files, err := filepath.Glob("testdata/findings/*.txt")
	if err != nil || len(files) < 80 {
		t.Fatalf("%d scenarios, %v", len(files), err)
	}
	none := 0
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			s := newScenario(t)
			lines := strings.Split(strings.TrimRight(string(text), "\n"), "\n")
			s.run(lines, map[string]int{})
			got := s.findings()
			slices.Sort(s.expected)
			if !slices.Equal(got, s.expected) {
				t.Errorf("found\n\t%s\nexpected\n\t%s", strings.Join(got, "\n\t"), strings.Join(s.expected, "\n\t"))
			}
			s.checkPurity()
			if len(s.expected) == 0 {
				none++
				if !s.none {
					t.Error("a scenario without findings has to say: expect none")
				}
			}
		})
	}
	if none*3 < len(files) {
		t.Errorf("%d of %d scenarios are without findings: too few", none, len(files))
	}
}

// The table of kinds in the documentation has exactly the kinds that the
// scenarios have, with their confidence.
func TestFindingsAreDocumented(t *testing.T) {
	files, err := filepath.Glob("testdata/findings/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	inScenarios := map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if f := strings.Fields(line); len(f) > 1 && f[0] == "expect" && f[1] != "none" {
				inScenarios[f[1]] = "hint"
				if len(f) > 2 {
					inScenarios[f[1]] = f[2]
				}
			}
		}
	}
	// Not to be had without a handle; tested in package budget.
	inScenarios[string(budget.Unattributed)] = "certain"
	inScenarios[string(budget.HeldConnection)] = "candidate"
	inScenarios[string(budget.IdleTransaction)] = "certain" // nor without a clock
	inScenarios[string(budget.IdleConnection)] = "certain"
	inScenarios[string(budget.MissingIndex)] = "certain" // nor without plans
	docs, err := os.ReadFile("../docs/findings.md")
	if err != nil {
		t.Fatal(err)
	}
	table, _, _ := strings.Cut(string(docs), "## An n+1")
	documented := map[string]string{}
	for line := range strings.Lines(table) {
		if cells := strings.Split(line, " | "); len(cells) == 4 && !strings.HasPrefix(line, "| kind") && !strings.HasPrefix(line, "| ---") {
			confidence, _, _ := strings.Cut(strings.TrimSuffix(strings.TrimSpace(cells[3]), " |"), ",")
			documented[strings.TrimPrefix(cells[0], "| ")] = confidence
		}
	}
	if !maps.Equal(inScenarios, documented) {
		t.Errorf("scenarios  %v\ndocumented %v", inScenarios, documented)
	}
}

// scenario plays a driver wrapper: it reads statements as the wrapper would, and
// knows call sites and rows from the text.
type scenario struct {
	t         testing.TB
	reader    *statement.Reader
	recorder  *budget.Recorder
	under     *budget.Recorder // with an allowance
	databases map[string]*budget.Database
	txs       map[string]*budget.Transaction
	open      map[string]*budget.Execution
	opened    map[string]int64
	// goroutines run what is not the handler's.
	goroutines map[string]chan func()
	stacks     map[string]*callsite.Stack
	hasher     *statement.Hasher
	applied    budget.Rules
	now        time.Duration
	tracks     bool
	dialect    string
	expected   []string
	none       bool
}

func newScenario(t testing.TB) *scenario {
	s := &scenario{
		t: t, hasher: statement.NewHasher(), databases: map[string]*budget.Database{}, txs: map[string]*budget.Transaction{},
		open: map[string]*budget.Execution{}, opened: map[string]int64{}, goroutines: map[string]chan func(){}, stacks: map[string]*callsite.Stack{},
	}
	s.start(budget.Rules{Slow: time.Hour}, "postgresql")
	return s
}

func (s *scenario) start(rules budget.Rules, dialect string) {
	s.dialect, s.applied = dialect, rules
	s.reader = statement.NewReader(statement.Dialect(dialect), s.hasher, 2048)
	_, s.recorder = budget.Bounds{Rules: rules}.NewContext(s.t.Context())
	s.under = s.recorder
}

func (s *scenario) run(lines []string, vars map[string]int) {
	for i := 0; i < len(lines); i++ {
		line := strings.TrimSpace(lines[i])
		for name, value := range vars {
			line = strings.ReplaceAll(line, "$"+name, strconv.Itoa(value))
		}
		if line == "" || line[0] == '#' {
			continue
		}
		verb, rest, _ := strings.Cut(line, " ")
		switch verb {
		case "loop", "parallel":
			end := blockEnd(lines, i)
			name, count, _ := strings.Cut(rest, " ")
			n, err := strconv.Atoi(count)
			if err != nil {
				s.t.Fatalf("%s: %v", line, err)
			}
			if verb == "parallel" {
				s.parallel(lines[i+1:end], name, n, vars)
			} else {
				for k := range n {
					vars[name] = k + 1
					s.run(lines[i+1:end], vars)
				}
			}
			delete(vars, name)
			i = end
		default:
			s.line(verb, rest)
		}
	}
}

// parallel starts a block's queries all at once before it ends the first of them.
func (s *scenario) parallel(block []string, name string, n int, vars map[string]int) {
	type running struct {
		x *budget.Execution
		o options
	}
	var all []running
	for k := range n {
		for _, line := range block {
			line = strings.TrimSpace(strings.ReplaceAll(line, "$"+name, strconv.Itoa(k+1)))
			o, text := s.options(strings.TrimPrefix(line, "query "))
			x, err := s.recorder.Start(s.call(o, text))
			if err != nil {
				s.t.Fatal(err)
			}
			all = append(all, running{&x, o})
		}
	}
	for _, r := range all {
		r.x.Open()
		r.x.Close(r.o.rows, nil)
	}
}

func blockEnd(lines []string, start int) int {
	depth := 0
	for i := start; i < len(lines); i++ {
		switch verb, _, _ := strings.Cut(strings.TrimSpace(lines[i]), " "); verb {
		case "loop", "parallel":
			depth++
		case "end":
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return len(lines)
}

func (s *scenario) line(verb, rest string) {
	switch verb {
	case "dialect":
		s.start(budget.Rules{Slow: time.Hour}, rest)
	case "rules":
		s.start(s.rules(rest), s.dialect)
	case "track":
		s.reader = statement.NewReader(statement.Dialect(s.dialect), s.hasher, 2048)
		_, s.recorder = budget.Bounds{Rules: s.applied, TrackValues: true}.Replay(s.t.Context(), time.Unix(1000, 0), func() time.Duration { return s.now })
		s.under, s.tracks = s.recorder, true
	case "wait":
		d, _ := time.ParseDuration(rest)
		s.now += d
	case "query":
		o, text := s.options(rest)
		s.in(o.goroutine, func() { s.query(o, text) })
	case "close":
		name, in, _ := strings.Cut(rest, " go=")
		s.in(in, func() { s.open[name].Close(s.opened[name], nil) })
	case "begin":
		tx := s.recorder.Began(0, nil)
		s.txs[rest] = &tx
	case "commit":
		s.txs[rest].Committed(0, nil)
	case "rollback":
		s.txs[rest].RolledBack(0, nil)
	case "allow":
		s.allow(rest)
	case "expect":
		if rest == "none" {
			s.none = true
			return
		}
		s.expected = append(s.expected, strings.Join(strings.Fields(rest), " "))
	default:
		s.t.Fatalf("unknown line %q", verb+" "+rest)
	}
}

// in runs f in the goroutine of a name, which lives as long as the test.
func (s *scenario) in(goroutine string, f func()) {
	if goroutine == "" {
		f()
		return
	}
	work := s.goroutines[goroutine]
	if work == nil {
		work = make(chan func())
		s.goroutines[goroutine] = work
		go func() {
			for f := range work {
				f()
			}
		}()
		s.t.Cleanup(func() { close(work) })
	}
	done := make(chan struct{})
	work <- func() {
		defer close(done)
		f()
	}
	<-done
}

func (s *scenario) rules(text string) budget.Rules {
	rules := budget.Rules{Slow: time.Hour}
	for _, f := range strings.Fields(text) {
		name, value, _ := strings.Cut(f, "=")
		n, _ := strconv.Atoi(value)
		switch name {
		case "n+1":
			rules.NPlusOne = n
		case "write-loop":
			rules.WriteLoop = n
		case "duplicate":
			rules.Duplicate = n
		case "large-result":
			rules.LargeResult = n
		case "hints":
			rules.Hints = value == "on"
		case "slow":
			rules.Slow, _ = time.ParseDuration(value)
		default:
			s.t.Fatalf("unknown rule %q", name)
		}
	}
	return rules
}

func (s *scenario) allow(text string) {
	var a budget.Allowance
	for _, f := range strings.Fields(text) {
		name, value, _ := strings.Cut(f, "=")
		switch name {
		case "kind":
			a.Kind = budget.FindingKind(value)
		case "max":
			a.Max, _ = strconv.ParseInt(value, 10, 64)
		case "reason":
			a.Reason = value
		case "until":
			a.Until, _ = time.Parse(time.DateOnly, value)
		}
	}
	s.under = s.recorder.Allow(a)
}

type options struct {
	site         callsite.CallSite
	args         []string
	vals         string
	rows         int64
	changed      int64
	db, tx, open string
	err          error
	underAllow   bool
	unread       bool
	goroutine    string
}

// options reads "main.go:10 < handler.go:5 rows=3 args=1,2: SELECT ...".
func (s *scenario) options(rest string) (o options, text string) {
	o.changed = 1
	head, text, ok := strings.Cut(rest, ": ")
	if !ok {
		s.t.Fatalf("no statement in %q", rest)
	}
	var frames []callsite.Frame
	for _, f := range strings.Fields(head) {
		name, value, isOption := strings.Cut(f, "=")
		switch {
		case f == "<":
		case !isOption:
			frames = append(frames, frameOf(f))
		case name == "rows":
			o.rows, _ = strconv.ParseInt(value, 10, 64)
		case name == "changed":
			o.changed, _ = strconv.ParseInt(value, 10, 64)
		case name == "vals":
			o.vals = value
		case name == "args":
			o.args = strings.Split(value, ",")
		case name == "db":
			o.db = value
		case name == "tx":
			o.tx = value
		case name == "open":
			o.open = value
		case f == "unread=yes":
			o.unread = true
		case name == "go":
			o.goroutine = value
		case name == "err":
			o.err = errors.New(value)
		case name == "allowed":
			o.underAllow = true
		default:
			s.t.Fatalf("unknown option %q", f)
		}
	}
	if len(frames) == 0 {
		s.t.Fatalf("no call site in %q", rest)
	}
	o.site = callsite.CallSite{Frame: frames[0], Outer: frames[1:]}
	return o, text
}

// frameOf reads "file.go:10" or "file.go:10/function"; the function is called like
// the file if it has no name.
func frameOf(text string) callsite.Frame {
	at, function, _ := strings.Cut(text, "/")
	file, line, _ := strings.Cut(at, ":")
	n, _ := strconv.Atoi(line)
	return callsite.Frame{File: file, Line: n, Function: "shop." + cmp.Or(function, strings.TrimSuffix(file, ".go"))}
}

func (s *scenario) call(o options, text string) budget.Call {
	db := s.databases[o.db]
	if db == nil {
		db = budget.NewDatabase(budget.DatabaseOptions{Name: o.db, System: s.dialect})
		s.databases[o.db] = db
	}
	var tx *budget.Transaction
	if o.tx != "" {
		tx = s.txs[o.tx]
	}
	site := fmt.Sprint(o.site, o.site.Outer)
	if s.stacks[site] == nil {
		s.stacks[site] = callsite.New(o.site) // one for each call site, as a handle keeps them
	}
	c := budget.Call{Database: db, Statement: s.reader.Read(text), Transaction: tx, Stack: s.stacks[site]}
	if s.recorder.TellsInserts() {
		c.Arguments.Inserts = new([]uint64)
	}
	for _, arg := range o.args {
		c.Arguments.Add(c.Statement, s.hasher, arg)
	}
	c.Arguments.End(c.Statement)
	if s.tracks {
		c.Detail = &budget.CallDetail{Parts: make([][]statement.Part, len(o.args))}
		for i, arg := range o.args {
			c.Detail.Hashes = append(c.Detail.Hashes, s.hasher.Text(valueOf(arg)))
			c.Detail.Parts[i] = s.hasher.Parts(valueOf(arg))
		}
	}
	return c
}

// valueOf reads a number, a time "T+1h", or a word.
func valueOf(text string) any {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return n
	}
	if rest, ok := strings.CutPrefix(text, "T+"); ok {
		d, _ := time.ParseDuration(rest)
		return time.Unix(1700000000, 0).Add(d)
	}
	return text
}

// fetched reads "id:1|2|3;qty:4|5|6".
func (s *scenario) fetched(x *budget.Execution, vals string) {
	if !s.tracks || vals == "" {
		return
	}
	var v budget.Values
	for i, c := range strings.Split(vals, ";") {
		name, list, _ := strings.Cut(c, ":")
		for one := range strings.SplitSeq(list, "|") {
			v.Add(i, name, s.hasher.Text(valueOf(one)))
			v.AddItems(name, s.hasher.Items(valueOf(one)))
		}
	}
	x.Fetched(&v)
}

func (s *scenario) query(o options, text string) {
	r := s.recorder
	if o.underAllow {
		r = s.under
	}
	x, err := r.Start(s.call(o, text))
	if err != nil {
		s.t.Fatal(err)
	}
	switch {
	case o.err != nil:
		x.End(0, o.err)
	case o.open != "":
		x.Open()
		s.open[o.open], s.opened[o.open] = &x, o.rows
	case strings.HasPrefix(text, "SELECT") || strings.HasPrefix(text, "WITH"):
		x.Open()
		s.now += time.Millisecond
		s.fetched(&x, o.vals)
		if o.unread {
			x.LeftUnread()
		}
		x.Close(o.rows, nil)
	default:
		s.now += time.Millisecond
		s.fetched(&x, o.vals)
		x.End(o.changed, nil)
	}
}

// checkPurity encodes the report, decodes it, and applies the rules to what comes back:
// nothing is lost, and the findings are the same.
func (s *scenario) checkPurity() {
	report := s.recorder.Report()
	text, err := json.Marshal(report)
	must(s.t, err)
	var back budget.Report
	must(s.t, json.Unmarshal(text, &back))
	again, err := json.Marshal(&back)
	must(s.t, err)
	if string(text) != string(again) {
		s.t.Errorf("decoded and encoded again:\n%s\nwant\n%s", again, text)
	}
	found, err := json.Marshal(s.applied.Findings(&back))
	must(s.t, err)
	want, err := json.Marshal(s.applied.Findings(report))
	must(s.t, err)
	if string(found) != string(want) || len(back.Findings) != len(report.Findings) {
		s.t.Errorf("the decoded report has other findings:\n%s\nwant\n%s", found, want)
	}
}

// findings writes the findings in the form of the scenarios' expectations.
func (s *scenario) findings() []string {
	var out []string
	for _, f := range s.recorder.Report().Findings {
		line := fmt.Sprintf("%s %s count=%d at=%s", f.Kind, f.Confidence, f.Count, place(f.CallSite()))
		if f.Kind == budget.StaleAllowance {
			out = append(out, string(f.Kind))
			continue
		}
		if f.Parent != nil {
			line += " parent=" + place(f.Parent.CallSite())
		}
		for _, a := range f.Also {
			line += " also=" + place(a.CallSite())
		}
		if f.Reads != nil {
			line += " reads=" + place(f.Reads.CallSite())
		}
		if f.Before != nil {
			line += " before=" + place(f.Before.CallSite())
		}
		if f.Database != "" {
			line += " db=" + f.Database
		}
		if f.Parallel {
			line += " parallel"
		}
		if f.InTransaction {
			line += " in-transaction"
		}
		if f.Allowed != nil {
			line += " allowed"
		}
		if f.Note != "" {
			line += " not-allowed"
		}
		out = append(out, line)
		if f.Repair == "" {
			s.t.Errorf("%s: no repair", line)
		}
	}
	slices.Sort(out)
	return out
}

func place(site callsite.CallSite) string { return fmt.Sprintf("%s:%d", site.File, site.Line) }

// What goroutines do at the same time has the same findings in every order.
func TestFindingsDoNotDependOnOrder(t *testing.T) {
	goroutines := [][]string{}
	add := func(n int, line string) {
		var lines []string
		for i := range n {
			lines = append(lines, strings.ReplaceAll(line, "$i", strconv.Itoa(i+1)))
		}
		goroutines = append(goroutines, lines)
	}
	add(8, "query a.go:5/f.func1 rows=5 args=$i: SELECT title FROM books WHERE author_id = $1")
	add(8, "query b.go:5/f.func2 rows=5 args=1$i: SELECT body FROM reviews WHERE book_id = $1")
	add(3, "query c.go:5/f.func3 rows=1 args=7: SELECT name FROM users WHERE id = $1")
	add(6, "query d.go:5/f.func4 args=$i: INSERT INTO log (line) VALUES ($1)")
	add(4, "query e.go:5/f.func5 rows=5 args=$i: SELECT name FROM prizes WHERE author_id = $1")
	add(1, "query f.go:5/f.func6 rows=2000: SELECT id FROM orders")
	var want []string
	for round := range 300 {
		s := newScenario(t)
		random := rand.New(rand.NewPCG(7, uint64(round)))
		next := make([]int, len(goroutines))
		for left := 30; left > 0; {
			g := random.IntN(len(goroutines))
			if next[g] < len(goroutines[g]) {
				s.run(goroutines[g][next[g]:next[g]+1], nil)
				next[g]++
				left--
			}
		}
		var got []string
		for _, f := range s.recorder.Report().Findings {
			got = append(got, fmt.Sprintf("%s %d %d %s", f.Kind, f.Count, f.Distinct, place(f.CallSite())))
		}
		slices.Sort(got)
		if want == nil {
			want = got
		}
		if !slices.Equal(got, want) || len(got) != 5 {
			t.Fatalf("order %d: found %q, before %q", round, got, want)
		}
	}
}

// A request out of all bounds: memory stays within them, and what is found is
// right.
func TestFindingsOfManyQueries(t *testing.T) {
	const shapes, each = 1000, 100
	s := newScenario(t)
	reader := s.reader
	stack := callsite.New(callsite.CallSite{Frame: frameOf("many.go:5")})
	db := budget.NewDatabase(budget.DatabaseOptions{})
	texts := make([]*statement.Statement, shapes)
	for i := range texts {
		texts[i] = reader.Read(fmt.Sprintf("SELECT a FROM t%d WHERE id = $1", i))
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range shapes * each {
		x, err := s.recorder.Start(budget.Call{Database: db, Statement: texts[i%shapes], Arguments: statement.Arguments{List: uint64(i + 1)}, Stack: stack})
		if err != nil {
			t.Fatal(err)
		}
		x.Open()
		x.Close(1, nil)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if used := int64(after.HeapAlloc) - int64(before.HeapAlloc); used > 2<<20 {
		t.Errorf("the recorder holds %d bytes", used)
	}
	report := s.recorder.Report()
	if report.Totals.Queries != shapes*each || len(report.Findings) != 100 || report.Truncated.Findings != 400 {
		t.Fatalf("%d queries, %d findings, %d cut", report.Totals.Queries, len(report.Findings), report.Truncated.Findings)
	}
	for _, f := range report.Findings {
		if f.Kind != budget.NPlusOne || f.Count != each {
			t.Errorf("found %v", &f)
		}
	}
}

// The findings' share of the cost of recording: compare within a run.
func BenchmarkRules(b *testing.B) {
	reader := statement.NewReader(statement.PostgreSQL, statement.NewHasher(), 2048)
	db := budget.NewDatabase(budget.DatabaseOptions{})
	for _, off := range []bool{true, false} {
		b.Run(map[bool]string{true: "off", false: "on"}[off], func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, r := budget.Bounds{Rules: budget.Rules{Off: off}}.NewContext(b.Context())
				for i := range 20 { // a request
					x, err := r.Start(budget.Call{
						Database: db, Statement: reader.Read("SELECT title FROM books WHERE author_id = $1"), Arguments: statement.Arguments{List: uint64(i + 1)},
					})
					if err != nil {
						b.Fatal(err)
					}
					x.Open()
					x.Close(1, nil)
				}
				r.Totals() // counts them
			}
		})
	}
}
