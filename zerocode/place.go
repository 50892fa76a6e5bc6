package zerocode

import (
	"hash/maphash"
	"path"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"github.com/querybudget/querybudget/callsite"
)

// place is what a stack says about where in a test a query was sent.
type place struct {
	// chain identifies the lines of test code that call the application; 0 if there are none.
	// line is the innermost of them, "store_test.go:12". The application may call a test back,
	// which calls it again: that counts where the test gave it a function, and what that calls in
	// the test. A mock, and a hook of a package for tests, are in the middle of a call.
	chain uint64
	line  string
	// helper is the function of that line, if it is no test itself: "shop_test.newShop".
	helper string
	// tests is the number of frames of test code.
	tests int
	// application is set if there is a frame of the application; outermost is the function with
	// which the goroutine begins to be its own: "shop.(*Worker).Run", and alone is set if that
	// is the only one.
	application, alone bool
	outermost          string
	// serves is set if the goroutine serves a call that came over a network, by other means than
	// a server of net/http.
	serves bool
	// accepts is set for a goroutine of a server that waits for the next connection.
	accepts bool
	// query is set if the stack is that of a query.
	query bool
	// started is set for a goroutine that testing did not begin.
	started bool
	// inTesting is set for a test that waits for its turn, or for subtests.
	inTesting bool
}

// places is what was read of stacks: functions and lines are looked up once for each.
var places = callsite.Memo[frame, place]{Frame: read, Stack: placeOf}

// frame is what a function on a stack says.
type frame struct {
	kind     frameKind
	function string
	line     string // of test code: "store_test.go:12"
	helper   string // the function of test code, if it is no test itself
	literal  bool   // of a test, which the application may call back
	hook     bool   // of the application, which an ORM calls for each row
	library  bool   // neither of the application nor of the standard library
	hash     uint64 // of test code
}

type frameKind uint8

const (
	otherFrame frameKind = iota
	testFrame
	applicationFrame
	manyFrame // of a server in which one goroutine serves many calls
	callFrame // of a server that starts a goroutine for each
	acceptFrame
	queryFrame
	runsFrame  // with which the goroutine of a test, or of the program, begins
	testsFrame // it runs tests
	waitsFrame // of a test that waits
)

var seed = maphash.MakeSeed()

func read(f runtime.Frame) frame {
	out := frame{function: f.Function}
	switch {
	case isTest(f):
		out.kind = testFrame
		out.line = f.File[strings.LastIndexByte(f.File, '/')+1:] + ":" + strconv.Itoa(f.Line)
		out.helper, out.literal = helperOf(f.Function), isCallback(f)
		out.hash = maphash.String(seed, f.Function+out.line)
	case isApplication(f.Function) && !strings.HasSuffix(f.File, "_testmain.go"):
		out.kind, out.hook = applicationFrame, isHook.MatchString(f.Function)
	case servesMany[f.Function]:
		out.kind = manyFrame
	case servesCall[f.Function]:
		out.kind = callFrame
	case f.Function == "internal/poll.(*FD).Accept":
		out.kind = acceptFrame
	case isQuery(f.Function):
		out.kind = queryFrame
	case f.Function == "testing.tRunner" || f.Function == "main.main":
		out.kind = runsFrame
	case f.Function == "testing.(*M).Run":
		out.kind = testsFrame
	case f.Function == "testing.(*T).Run" || f.Function == "testing.(*T).Parallel":
		out.kind = waitsFrame
	default:
		host, _, _ := strings.Cut(callsite.Frame{Function: f.Function}.Package(), "/")
		out.library = strings.Contains(host, ".")
	}
	return out
}

// isHook matches what GORM, xorm, pop, bun and gorp call for rows, by the names that they give it.
var isHook = regexp.MustCompile(`\.(Before|After|Pre|Post)(Append|Create|Delete|Destroy|Find|Get|Insert|Load|Save|Scan|Select|Set|Update|Validate)[A-Z]?\w*$`)

// placeOf goes through a stack from the outside.
func placeOf(frames []*frame) place {
	p := place{started: true}
	many := false      // a goroutine serves one call after the other
	inTest := false    // what encloses a frame is test code that calls
	toLibrary := false // test code calls a library
	hooked := false    // a test gave rows to an ORM, which calls the application for each
	for _, f := range slices.Backward(frames) {
		switch f.kind {
		case testFrame:
			if p.tests++; p.application && !inTest && !f.literal {
				continue
			}
			inTest, toLibrary, hooked = true, false, false
			p.line, p.helper = f.line, f.helper
			p.chain = (p.chain ^ f.hash) * chainPrime
		case applicationFrame:
			if hooked = hooked || toLibrary && inTest && f.hook && !p.application; hooked {
				continue
			}
			p.alone = !p.application
			if !p.application {
				p.outermost = f.function[strings.LastIndexByte(f.function, '/')+1:]
			}
			p.application, inTest = true, false
		case manyFrame:
			many = true
		case callFrame:
			p.serves = !many
		case acceptFrame:
			p.accepts = true
		case queryFrame:
			p.query = true
		case runsFrame:
			p.started = false
		case testsFrame:
			p.started, p.inTesting = false, true
		case waitsFrame:
			p.inTesting = true
		case otherFrame:
			toLibrary = toLibrary || f.library
		}
	}
	if p.line != "" {
		p.chain |= 1
	}
	return p
}

// chainPrime tells apart in which order the lines of a chain stand: that of FNV.
const chainPrime = 1099511628211

// helperOf returns the name of a function of test code, without that of a closure in it; empty
// for a test, or for a method of a suite that is one.
func helperOf(function string) string {
	function, _, _ = strings.Cut(function, ".func")
	for name := range strings.SplitSeq(function[strings.LastIndexByte(function, '/')+1:], ".") {
		if isTestName(name) || name == "init" || name == "glob" {
			return "" // of a suite's closures in variables, each may be a test
		}
	}
	return function
}

// isTestName reports whether a function of this name is a test, as the command go has it.
func isTestName(name string) bool {
	for _, kind := range []string{"Test", "Benchmark", "Fuzz", "Example"} {
		if rest, ok := strings.CutPrefix(name, kind); ok && strings.TrimLeftFunc(rest, unicode.IsLower) == rest {
			return true
		}
	}
	return false
}

// servesCall are the functions with which the goroutine of a call begins, in servers that are
// known to start one for each.
var servesCall = map[string]bool{
	"golang.org/x/net/http2.(*serverConn).runHandler": true, // h2c, and connections that were taken over
	"google.golang.org/grpc.(*Server).handleStream":   true,
	"net/rpc.(*service).call":                         true,
}

// servesMany are those in which one goroutine serves many, of which none can be told apart.
var servesMany = map[string]bool{
	"google.golang.org/grpc.(*Server).serverWorker": true,
	"net/rpc.(*Server).ServeRequest":                true,
}

// TestCodeVariable names test code outside of test files, by commas: packages that only tests
// import, with their folders, files ("import/path/file.go"), and functions ("import/path.Name").
const TestCodeVariable = "QUERYBUDGET_TEST_CODE"

// ModulesVariable names the modules of the application, by commas: those of a workspace,
// and those that stand for another one. The build information of tests does not have them.
const ModulesVariable = "QUERYBUDGET_MODULES"

var program = sync.OnceValue(func() (p struct {
	tests   TestCode
	modules []string
}) {
	p.tests = NewTestCode(named(TestCodeVariable))
	p.modules = named(ModulesVariable)
	if info, ok := debug.ReadBuildInfo(); ok {
		p.modules = append(p.modules, info.Main.Path)
		for _, m := range info.Deps {
			if m.Version == "(devel)" || m.Replace != nil && m.Replace.Version == "" {
				p.modules = append(p.modules, m.Path)
			}
		}
	}
	return p
})

// named returns the names in a variable.
func named(variable string) []string {
	return strings.FieldsFunc(setting(variable), func(r rune) bool { return r == ',' })
}

func isTest(f runtime.Frame) bool { return program().tests.Has(f.Function, f.File) }

// isCallback reports whether a frame is a function literal of a test.
func isCallback(f runtime.Frame) bool {
	return strings.HasSuffix(f.File, "_test.go") && strings.Contains(f.Function, ".func")
}

// TestCode tells code of tests from that of the application.
type TestCode struct{ names map[string]bool }

// NewTestCode returns what is test code beside the files of tests, by the names that
// [TestCodeVariable] has.
func NewTestCode(names []string) TestCode {
	c := TestCode{map[string]bool{}}
	for _, n := range names {
		c.names[n] = true
	}
	return c
}

// Has reports whether a function in a file is test code. The file may be a path of the
// machine, or relative to its module.
func (c TestCode) Has(function, file string) bool {
	if strings.HasSuffix(file, "_test.go") {
		return true
	}
	if len(c.names) == 0 {
		return false
	}
	pkg := callsite.Frame{Function: function}.Package()
	if c.names[pkg] || c.names[pkg+"/"+file[strings.LastIndexByte(file, '/')+1:]] {
		return true
	}
	name, _, isClosure := strings.Cut(strings.TrimPrefix(function[min(len(pkg), len(function)):], "."), ".func")
	return c.names[pkg+"."+name] || isClosure && c.hasFile(file)
}

// hasFile reports whether a file lies in the folder of a package for tests. A closure that was
// inlined has the name of the function that it is in now.
func (c TestCode) hasFile(file string) bool { return c.names[path.Dir(filepath.ToSlash(file))] }

func isApplication(function string) bool {
	pkg := callsite.Frame{Function: function}.Package()
	if pkg == "main" {
		return true
	}
	for _, m := range program().modules {
		if rest, ok := strings.CutPrefix(pkg, m); ok && m != "" && (rest == "" || rest[0] == '/') {
			return true
		}
	}
	return false
}
