package summary

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/querybudget/querybudget/cmd/querybudget/source"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/statement"
)

// loop adds a loop that was seen, in files that have loops of the source at lines 10 to 19.
func (s *Summary) loop(kind budget.FindingKind, shape, at string) *seen {
	f := s.repeated(shape, at, 5, 1)
	delete(s.findings, findingKey{budget.Duplicate, shape + at})
	f.worst.Kind = kind
	f.toLoop = slices.IndexFunc(f.own, s.loops.Has) + 1
	s.findings[findingKey{kind, shape + at}] = f
	return f
}

// The statements of one loop of the source are one finding, if the same lines call it.
func TestJoinLoops(t *testing.T) {
	s := &Summary{findings: map[findingKey]*seen{}, loops: source.Spans{"example.com/shop/pages.go": {{10, 19}, {12, 14}}, "example.com/shop/jobs.go": {{10, 19}}}}
	for _, f := range []*seen{
		s.loop(budget.WriteLoop, "INSERT INTO a", "a:1 < pages:13 < serve:20"),
		s.loop(budget.WriteLoop, "INSERT INTO b", "b:1 < pages:14 < serve:20"), // joined
		s.loop(budget.WriteLoop, "INSERT INTO c", "c:1 < pages:16 < serve:20"), // of the loop around it
		s.loop(budget.WriteLoop, "INSERT INTO d", "d:1 < pages:14 < other:20"), // called by another one
		s.loop(budget.NPlusOne, "SELECT e", "e:1 < pages:13 < other:20"),       // which has d, too
		s.loop(budget.WriteLoop, "INSERT INTO f", "f:1 < jobs:5 < serve:20"),   // in no loop of the source
		s.loop(budget.WriteLoop, "INSERT INTO g", "g:1 < jobs:6 < serve:20"),
	} {
		f.own = f.frames
		f.hasRows = f.worst.Shape == "INSERT INTO d"
	}
	s.joinLoops()
	if len(s.findings) != 5 {
		t.Errorf("%d findings", len(s.findings))
	}
	written := &judgement{kind: budget.WriteLoop, site: "d.go:1", shape: "INSERT INTO d", label: labelTrue}
	for _, f := range s.findings {
		if f.worst.Shape == "SELECT e" {
			if len(f.with) != 1 || s.also(f)[0] != "INSERT INTO d at d.go:1 shop.d" || !written.isCovered(f) || f.isHint() {
				t.Errorf("%s: with %d, %v", f.worst.Shape, len(f.with), s.also(f))
			}
			continue
		}
		if want := f.worst.Shape == "INSERT INTO a"; want != (len(f.with) == 1) || want && (!f.isAt("b.go:1") || f.saved != 2 || s.also(f)[0] != "INSERT INTO b at b.go:1 shop.b") {
			t.Errorf("%s: with %d, %v", f.worst.Shape, len(f.with), s.also(f))
		}
	}
}

// Where one statement of a loop is a finding of several callers, another one joins it by any of them.
func TestJoinLoopsOfSeveralCallers(t *testing.T) {
	s := &Summary{findings: map[findingKey]*seen{}, loops: source.Spans{"example.com/shop/pages.go": {{10, 19}}}}
	merged := s.loop(budget.NPlusOne, "SELECT a", "a:1 < pages:13 < serve:20")
	merged.merge(s.loop(budget.NPlusOne, "SELECT a2", "a:1 < pages:13 < other:20"))
	delete(s.findings, findingKey{budget.NPlusOne, "SELECT a2" + "a:1 < pages:13 < other:20"})
	s.loop(budget.NPlusOne, "SELECT b", "b:1 < pages:14 < other:20")
	s.loop(budget.NPlusOne, "SELECT c", "c:1 < pages:15 < third:20")
	for _, f := range s.findings {
		f.own = f.frames
	}
	s.joinLoops()
	if len(s.findings) != 2 {
		t.Errorf("%d findings", len(s.findings))
	}
}

// A loop whose keys are equal in some calls is no other finding there.
func TestJoinRepeats(t *testing.T) {
	s := &Summary{findings: map[findingKey]*seen{}, loops: source.Spans{"example.com/shop/pages.go": {{10, 19}}}}
	loop := s.loop(budget.NPlusOne, "SELECT a", "a:1 < pages:13 < serve:20")
	s.repeated("SELECT a", "a:1 < pages:13 < serve:20 < test:3", 1, 9)
	s.repeated("SELECT a", "a:1 < pages:17 < serve:20", 1, 9)
	s.repeated("SELECT b", "a:1 < pages:13 < serve:20", 1, 9)
	s.joinRepeats()
	if len(s.findings) != 3 || loop.units != 10 {
		t.Errorf("%d findings; the loop was seen in %d calls", len(s.findings), loop.units)
	}
}

func TestIsOfMigration(t *testing.T) {
	for file, want := range map[string]bool{
		"db/migrations/007_books.go": true, "db/migration1/sql.go": true, "store/migrate.go": true, "store/books_migration.go": true,
		"store/0007_migrate_books.go": true, "mediaMigrate.go": true, "app/bookMigrations.go": true, "cmd/migraterepos/main.go": true, "store/books.go": false, "store/immigrate.go": false, "immigration/visa.go": false, "birds/migratory.go": false,
	} {
		f := &seen{frames: []callsite.Frame{{File: "store/exec.go"}, {File: file}}}
		if f.isOfMigration() != want {
			t.Errorf("%s: want %t", file, want)
		}
	}
}

// A line that asks again what another one has read is one finding, whoever calls them.
func TestJoinCauses(t *testing.T) {
	s := &Summary{findings: map[findingKey]*seen{}}
	s.twice(t, "SELECT a", "user:1 < permitted:5 < list:9 < serve:3", "user:1 < authenticate:7 < serve:3")
	s.twice(t, "SELECT a", "user:1 < permitted:5 < show:8 < serve:3", "user:1 < authenticate:7 < serve:3")
	s.twice(t, "SELECT a", "user:1 < permitted:6 < show:8 < serve:3", "user:1 < authenticate:7 < serve:3") // another line
	s.twice(t, "SELECT a", "user:1 < permitted:5 < edit:4 < serve:3", "user:1 < session:2 < serve:3")      // of another first one
	s.joinCauses()
	units := []int64{}
	for _, f := range s.findings {
		units = append(units, f.units)
	}
	slices.Sort(units)
	if len(units) != 3 { // all in the same nine calls
		t.Errorf("findings of %d calls", units)
	}
}

func TestColumnsOf(t *testing.T) {
	for shape, want := range map[string]string{
		"SELECT `a`.`x`, y FROM `a` WHERE id = ?": "`x` y", `SELECT "T"."Id" FROM "T"`: `"id"`, "select a.x from a": "x",
		"SELECT * FROM a": "", "SELECT a.* FROM a": "", "SELECT count(*) FROM a": "", "SELECT 1 FROM a": "", "SELECT x AS y FROM a": "", "UPDATE a SET x = ?": "",
	} {
		if got := strings.Join(columnsOf(shape), " "); got != want {
			t.Errorf("%s: got %q, want %q", shape, got, want)
		}
	}
}

// Two reads of one row with other columns are left out; a row, and then one of its columns, are not.
func TestIsOfOtherColumns(t *testing.T) {
	s := &Summary{findings: map[findingKey]*seen{}}
	for before, want := range map[string]bool{
		"SELECT network FROM accounts WHERE id = ?": true, "SELECT settings, domain FROM accounts WHERE id = ?": false, "SELECT * FROM accounts WHERE id = ?": false,
		"SELECT settings FROM accounts WHERE id = ?": false, "SELECT EXISTS (SELECT a FROM accounts)": false, "SELECT 1 FROM accounts WHERE id = ?": false,
	} {
		f := s.twice(t, "SELECT settings FROM accounts WHERE id = ?", "load:2 < page:8", "load:1 < page:5")
		f.worst.Before.Shape = before
		if f.isOfOtherColumns() != want || f.isLeftOut() != want {
			t.Errorf("%s: want %t", before, want)
		}
	}
}

// A line that sends its statement for several tables, or with other filters, is listed once. Other
// statements of one line are not the same.
func TestAlso(t *testing.T) {
	s := &Summary{findings: map[findingKey]*seen{}}
	f := s.loop(budget.WriteLoop, "INSERT INTO a", "a:1 < pages:13 < serve:20")
	for _, other := range []*seen{
		s.loop(budget.WriteLoop, "INSERT INTO b_north", "b:1 < pages:14 < serve:20"),
		s.loop(budget.WriteLoop, "insert into b_south", "b:1 < pages:14 < serve:20"),
		s.loop(budget.WriteLoop, "DELETE FROM b_south", "b:1 < pages:14 < serve:20"),
		s.loop(budget.WriteLoop, "INSERT INTO a2", "a:1 < pages:13 < serve:20"), // of the same line
	} {
		other.own = other.frames
		f.with = append(f.with, other)
	}
	f.own = f.frames
	if got, want := s.also(f), []string{"INSERT INTO b_north at b.go:1 shop.b", "DELETE FROM b_south at b.go:1 shop.b", "INSERT INTO a2"}; !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

// A helper that everything passes, and that reads the rows that it goes through, is where its loop is.
func TestOwnOfLoop(t *testing.T) {
	var r budget.Report
	text := `{"schema": 2, "id": "0011223344556677", "findings": [{"kind": "n+1", "count": 5, "call_site": 0, "parent": {"shape": "SELECT id", "call_site": 1}}],
		"call_sites": [{"frames": [0, 2, 3]}, {"frames": [1, 4, 3]}], "frames": [
		{"function": "example.com/shop.first", "file": "first.go", "line": 1}, {"function": "example.com/shop.pluck", "file": "pluck.go", "line": 2},
		{"function": "example.com/shop.extract", "file": "pages.go", "line": 13}, {"function": "example.com/shop.plugin", "file": "plugin.go", "line": 4},
		{"function": "example.com/shop.extract", "file": "pages.go", "line": 9}]}`
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatal(err)
	}
	frames := r.Findings[0].CallSite().Frames()
	s := &Summary{loops: source.Spans{"example.com/shop/pages.go": {{10, 19}}}, passed: passed{lines: map[callsite.Frame]*passedBy{}}}
	for i := range hubStatements {
		plugin := callsite.Frame{Function: "example.com/shop.plugin", File: "plugin.go", Line: 20 + i}
		s.passed.add([]callsite.Frame{frames[0], frames[1], plugin}, &budget.Group{Statement: &statement.Statement{Shape: strconv.Itoa(i), Tables: []string{strconv.Itoa(i)}}})
	}
	f := &seen{worst: r.Findings[0], frames: frames}
	if got := s.ownOfLoop(f); len(got) != 2 || got[0] != frames[1] || got[1] != frames[2] {
		t.Errorf("with its rows: %v", got)
	}
	f.worst.Parent = nil
	if got := s.ownOfLoop(f); got[0] != frames[2] {
		t.Errorf("without: %v", got)
	}
}
