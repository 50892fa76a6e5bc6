package zerocode

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/statement"
)

// FolderVariable names the folder that reports are written to, one file for each process
// and one report on each line.
const FolderVariable = "QUERYBUDGET_REPORTS"

var output struct {
	sync.Mutex
	to     io.Writer
	failed bool // no more can be written
	said   bool // that a report is lost
}

// PipeVariable is the number of an open file to which a program writes reports while it
// runs, in place of the folder: what nobody reads in time is dropped.
const PipeVariable = "QUERYBUDGET_REPORTS_PIPE"

// live reports whether somebody looks on.
var live = sync.OnceValue(func() bool { return os.Getenv(PipeVariable) != "" })

// isProgram reports whether this is no test: nobody says when a program ends, and a signal may
// end it, so what has happened is written soon.
var isProgram = sync.OnceValue(func() bool {
	info, ok := debug.ReadBuildInfo()
	return live() || ok && !strings.HasSuffix(info.Path, ".test")
})

// line is a report with what only a watched program knows. It reads as a budget.Report, too.
type line struct {
	Test    string `json:"test,omitempty"`
	Package string `json:"package,omitempty"`
	// Endless is set if the unit is all that a goroutine did, in one piece of work or many.
	Endless bool `json:"endless,omitempty"`
	// Start is set for what TestMain does before the tests: most of it is the start of a program.
	Start bool `json:"start,omitempty"`
	// Opener is the helper of tests that made the call, if it has opened a database, too: such a
	// function sets up what a test needs.
	Opener string `json:"opener,omitempty"`
	// SQLite is what it stands for, as in [budget.Rules].
	SQLite budget.SQLiteUse `json:"sqlite,omitempty"`
	// Fixtures is set if tests sent all of it themselves: it is counted, and not judged.
	Fixtures bool `json:"fixtures,omitempty"`
	// Asked numbers the arguments of reads, by the index of their group, where a unit sends
	// a statement several times.
	Asked map[int][]uint32 `json:"asked,omitempty"`
	// Rows numbers the rows that reads ask for, in the same way, where two statements of a unit
	// may ask for the same one.
	Rows map[int][]uint32 `json:"rows_asked,omitempty"`

	goesOn bool // what it does is not at its end: rows that are open may be closed
}

// write writes the report of a unit that has ended, if it sent a query. The program goes
// on if that fails: it is watched, and not changed. The failure is said once.
func write(r *budget.Recorder, with line) {
	if r.Totals().Queries == 0 && !live() || setting(FolderVariable) == "" && !live() {
		return
	}
	text, err := textOf(r, with)
	output.Lock()
	defer output.Unlock()
	switch {
	case output.failed:
		return
	case err != nil:
		if !output.said {
			fmt.Fprintln(os.Stderr, "querybudget: a report is lost:", err)
		}
		output.said = true
		return
	case output.to == nil:
		output.to, err = create()
	}
	if err == nil {
		_, err = output.to.Write(text)
	}
	if err != nil {
		output.failed = true
		fmt.Fprintln(os.Stderr, "querybudget: no more reports of this process:", err)
	}
}

// textOf returns the report of a unit as it is written. A fault of ours ends no test.
func textOf(r *budget.Recorder, with line) (text []byte, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("a fault of querybudget: %v", fault)
		}
	}()
	report := r.Report()
	report.Stage = budget.Final
	if with.goesOn {
		report.Findings = slices.DeleteFunc(report.Findings, func(f budget.Finding) bool { return f.Kind == budget.UnclosedRows })
	}
	with.Package = binary()
	if !live() {
		with.Asked, with.Rows = asked(report), rowsAsked(report)
		leaveOutDetails(report)
	}
	return encode(report, with)
}

// AskedMax is how many executions of a group are looked at.
const AskedMax = 64

// asked returns numbers for the arguments of the reads that a unit sends several times, from
// one line or more: whether two lines ask the same shows in many units only. They count the
// arguments of a process, and say nothing about a value.
func asked(report *budget.Report) map[int][]uint32 {
	times := map[statement.Fingerprint]int64{}
	for i := range report.Groups {
		if g := &report.Groups[i]; g.Kind == statement.Read {
			times[g.Fingerprint] += g.Queries
		}
	}
	return numbered(report, (*budget.Query).ArgumentsIdentity, func(g *budget.Group) bool { return times[g.Fingerprint] > 1 })
}

// rowsAsked does so for rows that two statements may ask for.
func rowsAsked(report *budget.Report) map[int][]uint32 {
	type text struct {
		shape       statement.Fingerprint
		hasLiterals bool // else its values are arguments
	}
	statements := map[string]map[text]bool{}
	for i := range report.Groups {
		if key := RowKey(&report.Groups[i]); key != "" {
			if statements[key] == nil {
				statements[key] = map[text]bool{}
			}
			statements[key][text{report.Groups[i].Fingerprint, report.Groups[i].HasLiterals}] = true
		}
	}
	return numbered(report, (*budget.Query).RowIdentity, func(g *budget.Group) bool { return len(statements[RowKey(g)]) > 1 })
}

// RowKey names the row that a read may ask for by its table and keys, whatever they are written like,
// empty for a statement that asks for none.
func RowKey(g *budget.Group) string {
	if g.Statement == nil || g.Kind != statement.Read || len(g.Keys) == 0 || len(g.Tables) != 1 {
		return ""
	}
	names := make([]string, 0, len(g.Keys)+1)
	for _, key := range g.Keys {
		names = append(names, plain(key))
	}
	slices.Sort(names)
	return strings.Join(append(names, plain(g.Tables[0])), " ")
}

// plain is a name in lower case, without quotes and what qualifies it.
func plain(name string) string {
	return strings.ToLower(statement.Unqualified(quotes.Replace(name)))
}

var quotes = strings.NewReplacer(`"`, "", "`", "", "[", "", "]", "")

// numbered numbers what the queries of some groups ask.
func numbered(report *budget.Report, identity func(*budget.Query) (uint64, bool), is func(*budget.Group) bool) map[int][]uint32 {
	var out map[int][]uint32
	for i := range report.Queries {
		q := &report.Queries[i]
		if q.Group < 0 || len(out[q.Group]) == AskedMax || !is(&report.Groups[q.Group]) {
			continue
		}
		if id, ok := identity(q); ok {
			if out == nil {
				out = map[int][]uint32{}
			}
			out[q.Group] = append(out[q.Group], questions.number(id))
		}
	}
	return out
}

// questions numbers the arguments of reads in a process: hashes of values do not leave it.
var questions numbers

type numbers struct {
	mu sync.Mutex
	of map[uint64]uint32
}

// maxNumbers is how many are kept, at about 30 bytes each. All others have number 0.
const maxNumbers = 1 << 20

func (n *numbers) number(identity uint64) uint32 {
	n.mu.Lock()
	defer n.mu.Unlock()
	number, known := n.of[identity]
	if !known && len(n.of) < maxNumbers {
		if n.of == nil {
			n.of = map[uint64]uint32{}
		}
		number = uint32(len(n.of) + 1)
		n.of[identity] = number
	}
	return number
}

// leaveOutDetails leaves out the queries one by one, but for those that tell which loops
// have a transaction for each round. Of what makes tables nobody asks that.
func leaveOutDetails(report *budget.Report) {
	report.Open = nil
	if slices.ContainsFunc(report.Groups, func(g budget.Group) bool { return DefinesTables(&g) }) {
		report.Queries = nil
		return
	}
	report.Queries = slices.DeleteFunc(report.Queries, func(q budget.Query) bool {
		return q.Transaction <= 0 || q.Group < 0 || report.Groups[q.Group].Queries < 2
	})
}

// DefinesTables reports whether a statement makes or changes a table that stays.
func DefinesTables(g *budget.Group) bool {
	if g.Statement == nil {
		return false
	}
	switch g.Verb {
	case "CREATE", "ALTER", "RENAME":
		return !strings.Contains(strings.ToUpper(g.Shape[:min(len(g.Shape), temporaryWithin)]), "TEMP")
	}
	return false
}

// temporaryWithin is how far into a statement the word stands that makes a table a temporary one.
const temporaryWithin = 40

// encode returns the report and the line as one object.
func encode(report *budget.Report, with line) ([]byte, error) {
	text, err := json.Marshal(report)
	if err != nil {
		return nil, err
	}
	head, err := json.Marshal(with)
	if err != nil || len(head) == 2 {
		return append(text, '\n'), err
	}
	head[len(head)-1] = ','
	return append(append(head, text[1:]...), '\n'), nil
}

func create() (io.Writer, error) {
	if live() {
		return newPipe(os.Getenv(PipeVariable))
	}
	return os.OpenFile(filepath.Join(setting(FolderVariable), strconv.Itoa(os.Getpid())+".ndjson"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
}

// lookOn ends the units of goroutines of a program while it runs.
var lookOn = sync.OnceFunc(func() {
	if isProgram() && !live() { // the pipe does it itself
		go func() {
			for now := range time.Tick(idle) {
				flushIdle(now)
			}
		}()
	}
})

// binary is the import path of what the program was built from: of a test, the package that
// it tests.
var binary = sync.OnceValue(func() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	return strings.TrimSuffix(info.Path, ".test")
})
