package zerocode

import (
	"bufio"
	"context"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/statement"
)

// What runs in a watched toolchain is tested there, by the command's scans of
// repositories. Here is what needs none.

func TestFolded(t *testing.T) {
	for path, want := range map[string]string{
		"/":                      "/",
		"/authors/7/books":       "/authors/{}/books",
		"/api/v1/users/u-12":     "/api/v1/users/{}",
		"/v2":                    "/v2",
		"/v1234/x":               "/{}/x",
		"/3f2a-9/":               "/{}/",
		"":                       "",
		"/files/report2026.html": "/files/{}",
	} {
		if got := folded(path); got != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
}

// Test code is known by its file, its package, its function, and where the compiler moved a
// closure into another function, by its folder.
func TestTestCode(t *testing.T) {
	c := NewTestCode([]string{"example.com/shop/identity/test", "/src/shop/identity/test", "identity/test", "storetest", "example.com/shop/x/tests.go", "example.com/shop/config.MustNew"})
	for _, test := range []struct {
		function, file string
		want           bool
	}{
		{"example.com/shop/sql.TestX", "/src/shop/sql/x_test.go", true},
		{"example.com/shop/identity/test.Pool.func1", "/src/shop/identity/test/pool.go", true},
		{"example.com/shop/sql_test.TestX.func1.Pool.2", "/src/shop/identity/test/pool.go", true},
		{"example.com/shop/sql_test.TestX.func1.Pool.2", "identity/test/pool.go", true},
		{"example.com/shop/sql_test.TestX.func1.Fill.2", "storetest/fill.go", true},
		{"github.com/lib/identity/test.Get.func1", "github.com/lib/identity/test/get.go", false},
		{"example.com/shop/sql_test.TestX.func1.Get.2", "/src/shop/identity/get.go", false},
		{"example.com/shop/other/test.Get", "/src/shop/other/test/get.go", false},
		{"example.com/shop/x.Fill", "/src/shop/x/tests.go", true},
		{"example.com/shop/config.MustNew.func1", "/src/shop/config/config.go", true},
		{"example.com/shop/config.New", "/src/shop/config/config.go", false},
	} {
		if got := c.Has(test.function, test.file); got != test.want {
			t.Errorf("%s in %s: %v", test.function, test.file, got)
		}
	}
}

// Without a watched toolchain nothing is attributed, and nothing breaks.
func TestWithoutLabels(t *testing.T) {
	BeginTest("TestX")()
	Round()
	Func()
	ctx, r := BeginRequest(t.Context(), "GET", "/")
	if r != nil || budget.FromContext(ctx) != nil {
		t.Error("a request began")
	}
	r.End()
	Copied(ctx, nil)
	if recorder(nil) != nil {
		t.Error("somebody counts")
	}
}

// A program never waits for who reads its reports: what is not read in time is dropped,
// and said.
func TestPipeDoesNotWait(t *testing.T) {
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p, err := newPipe(strconv.Itoa(int(write.Fd())))
	if err != nil {
		t.Fatal(err)
	}
	line := []byte(`{"name":"` + strings.Repeat("x", 1000) + `"}` + "\n")
	for range 10 * pipeMax {
		if _, err := p.Write(line); err != nil {
			t.Fatal(err)
		}
	}
	scanner := bufio.NewScanner(read)
	for scanner.Scan() {
		if strings.HasPrefix(scanner.Text(), `{"dropped":`) {
			_ = read.Close()
			_, _ = p.Write(line) // its reader is gone: it is thrown away
			return
		}
	}
	t.Error("what was dropped is not said")
}

func TestPipeNumber(t *testing.T) {
	if _, err := newPipe("three"); err == nil || !strings.Contains(err.Error(), PipeVariable) {
		t.Errorf("got %v", err)
	}
}

// A line reads as a report, and has the test beside it.
func TestEncode(t *testing.T) {
	_, r := budget.NewContext(context.Background())
	r.SetName("GET /x")
	text, err := encode(r.Report(), line{Test: "TestX", Package: "example.com/x"})
	if err != nil || !strings.HasPrefix(string(text), `{"test":"TestX","package":"example.com/x",`) || !strings.Contains(string(text), `"name":"GET /x"`) || text[len(text)-1] != '\n' {
		t.Errorf("%v: %s", err, text)
	}
	if text, err := encode(r.Report(), line{}); err != nil || strings.HasPrefix(string(text), `{"test"`) {
		t.Errorf("%v: %s", err, text)
	}
}

// What goroutines of nobody did is one piece of work once they are quiet.
func TestFlushIdle(t *testing.T) {
	s := process.member(&scope{})
	t.Cleanup(func() { scopes.Delete(s.label); process.members = nil })
	s.whole = true
	s.present(1, "a worker", "")
	s.used = time.Now()
	flushIdle(s.used.Add(idle / 2))
	if s.unit == nil {
		t.Error("it was cut while it worked")
	}
	flushIdle(s.used.Add(2 * idle))
	if s.unit != nil {
		t.Error("it goes on for ever")
	}
}

// Equal arguments have equal numbers, which count them.
func TestNumbers(t *testing.T) {
	var n numbers
	if a, b, c := n.number(1<<40), n.number(7), n.number(1<<40); a != 1 || b != 2 || c != 1 {
		t.Error(a, b, c)
	}
}

func TestSQLiteUse(t *testing.T) {
	for _, test := range []struct {
		servers, drivers string
		want             budget.SQLiteUse
	}{
		{"", "sqlite3", budget.SQLiteAlone},
		{"", "sqlite sqlmock", budget.SQLiteAlone},
		{"", "sqlite3 pgx/v5", budget.SQLiteForServer},
		{"", "cloudsqlpostgres sqlite", budget.SQLiteForServer},
		{"yes", "sqlite", budget.SQLiteForServer},
		{"", "mysql", budget.SQLiteForServer},
	} {
		if got := sqliteUse(test.servers, strings.Fields(test.drivers)); got != test.want {
			t.Errorf("%s: got %d, want %d", test.drivers, got, test.want)
		}
	}
}

// A round of a test's loop costs nothing that stays: it may be one of ten million, and most send
// no query.
func TestRounds(t *testing.T) {
	var label string
	Watch(Labels{Get: func() string { return label }, Set: func(l string) { label = l }})
	defer Watch(Labels{})
	end := BeginTest("TestShop")
	test := currentScope()
	for range 1000 {
		Round()
	}
	if len(test.members) != 0 {
		t.Errorf("%d rounds that sent nothing are kept", len(test.members))
	}
	first := label
	one := currentScope()
	if one == test || one.test != test || one.name != "TestShop" || currentScope() != one || len(test.members) != 1 {
		t.Errorf("a round that sends is no scope of its own: %+v", one)
	}
	Round()
	if next := currentScope(); next == one || next.test != test {
		t.Error("the next round is the same one")
	}
	if scopeOf(first) != one {
		t.Error("a goroutine of an earlier round has another scope than that round")
	}
	end()
	if scopeOf(first) != nil || scopeOf(test.label) != nil {
		t.Error("a test that has ended has scopes")
	}
	label = test.label + round + "1" // a goroutine that goes on
	if currentScope() != process {
		t.Error("a goroutine that outlives its test belongs to it")
	}
}

// A goroutine that a test has started, and a function of the test that the application calls in one of
// its own, end no unit but theirs.
func TestRoundsOfGoroutines(t *testing.T) {
	var of sync.Map // labels by goroutine
	Watch(Labels{
		Get: func() string { l, _ := of.Load(callsite.Goroutine()); label, _ := l.(string); return label },
		Set: func(l string) { of.Store(callsite.Goroutine(), l) },
	})
	defer Watch(Labels{})
	defer BeginTest("TestShop")()
	Round()
	test := currentScope()
	unit := test.present(1, "line 1", "")
	label := labels.Get()
	for _, begins := range []bool{true, false} {
		var done sync.WaitGroup
		done.Go(func() {
			labels.Set(label) // which it inherits
			nextRound(begins)
			own := currentScope()
			first := own.present(2, "line 2", "")
			nextRound(false)
			if own == test || own.unit == first {
				t.Errorf("begins %v: the goroutine's own round has not ended", begins)
			}
			if next := currentScope(); next == own || next.tests != own.tests {
				t.Errorf("begins %v: its next round is not its own", begins)
			}
		})
		done.Wait()
		if test.unit != unit {
			t.Errorf("begins %v: the unit of the test has ended", begins)
		}
	}
	Round()
	if test.unit == unit {
		t.Error("the test's own next round has not ended the one before")
	}
}

// What a goroutine sends for a test that was seen in one line, and has gone on to the next, ends
// no unit.
func TestLateGoroutine(t *testing.T) {
	s := newScope("TestShop")
	t.Cleanup(func() { scopes.Delete(s.label) })
	first := s.present(1, "line 1", "")
	seen := switches.Load()
	if s.presentAt(seen, 1, "line 1", "") != first {
		t.Error("a test that waits has another unit")
	}
	next := s.present(2, "line 2", "")
	if s.presentAt(seen, 1, "line 1", "") != next || s.present(2, "line 2", "") != next {
		t.Error("a goroutine of the line before ends the unit of the next one")
	}
	if s.presentAt(switches.Load(), 3, "line 3", "") == next {
		t.Error("a test that waits in the next line has the unit of the one before")
	}
}

// A helper is a function of test code that is no test: closures in variables may be tests.
// What an ORM calls for the rows that a test gives it is a fixture, with its queries.
func TestHooksOfFixtures(t *testing.T) {
	test, orm := &frame{kind: testFrame, line: "a_test.go:1", hash: 1}, &frame{library: true}
	hook, method := &frame{kind: applicationFrame, hook: true}, &frame{kind: applicationFrame}
	for _, c := range []struct {
		name        string
		frames      []*frame // from the outside in
		application bool
	}{
		{"a hook of a row that a test gives to an ORM", []*frame{test, orm, hook, method, orm}, false},
		{"a test of a hook", []*frame{test, hook, orm}, true},
		{"the application gives rows to an ORM", []*frame{test, method, orm, hook, orm}, true},
		{"a library calls the application", []*frame{test, orm, method, orm}, true},
		{"a hook that a test gave calls the application", []*frame{test, orm, hook, test, method, orm}, true},
	} {
		slices.Reverse(c.frames)
		if p := placeOf(c.frames); p.application != c.application {
			t.Errorf("%s: %+v", c.name, p)
		}
	}
	for name, want := range map[string]bool{
		"shop.(*Device).BeforeCreate": true, "shop.Device.AfterFind": true, "shop.(*Row).BeforeAppendModel": true, "shop.(*Row).PostGet": true,
		"shop.(*Store).AfterShipping": false, "shop.PostMessage": false, "shop.(*Store).SaveBefore": false, "shop.(*Device).BeforeCreate.func1": false,
	} {
		if isHook.MatchString(name) != want {
			t.Errorf("%s: want %t", name, want)
		}
	}
}

func TestHelperOf(t *testing.T) {
	for function, want := range map[string]string{
		"example.com/shop_test.newShop":           "example.com/shop_test.newShop",
		"example.com/shop_test.newShop.func1":     "example.com/shop_test.newShop",
		"example.com/shop.(*suite).SetupTest":     "example.com/shop.(*suite).SetupTest",
		"example.com/shop.(*suite).TestBooks":     "",
		"example.com/shop.TestBooks.func1.2":      "",
		"example.com/shop.Testing":                "example.com/shop.Testing",
		"example.com/shop.TestMain":               "",
		"example.com/shop.init.func3":             "",
		"example.com/shop.glob..func3":            "",
		"example.com/shop.BenchmarkBooks.func1.1": "",
	} {
		if got := helperOf(function); got != want {
			t.Errorf("%s: got %q, want %q", function, got, want)
		}
	}
}

// A report that cannot be made is lost, and nothing else.
func TestTextOfAFault(t *testing.T) {
	if text, err := textOf(new(budget.Recorder), line{}); err == nil || text != nil {
		t.Errorf("got %q, %v", text, err)
	}
}

// Two spellings of a row's table and keys are one row.
func TestRowKey(t *testing.T) {
	row := func(table string, keys ...string) string {
		return RowKey(&budget.Group{Statement: &statement.Statement{Kind: statement.Read, Tables: []string{table}, Keys: keys}})
	}
	if row("users", "id", "tenant") == "" || row("users", "id", "tenant") != row("public.`Users`", "u.\"tenant\"", "[users].[ID]") {
		t.Errorf("%q is not %q", row("users", "id", "tenant"), row("public.`Users`", "u.\"tenant\"", "[users].[ID]"))
	}
	if row("users", "id") == row("users", "name") || row("users", "id") == row("members", "id") || row("users") != "" {
		t.Error("another row is the same")
	}
}
