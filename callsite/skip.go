package callsite

import (
	"runtime"
	"strings"
)

type frameClass uint8

const (
	// internalFrame is never a call site: the standard library, this module.
	internalFrame frameClass = iota
	// libraryFrame is a call site only if the stack has no application frame.
	libraryFrame
	applicationFrame
)

// thisModule is looked at package by package: the examples are applications.
const thisModule = "github.com/querybudget/querybudget/"

// thesePackages are this module's, each with all below it, and in whatever module of
// the repository.
var thesePackages = []string{
	thisModule + "budget", thisModule + "callsite", thisModule + "statement", thisModule + "explain",
	thisModule + "sqlwrap", thisModule + "pgxwrap", thisModule + "middleware", thisModule + "exporters",
	thisModule + "zerocode",
}

// skipRule decides which frames belong to the application.
type skipRule struct {
	Options
	build   *build // nil: that of the running program
	symbols symbols[runtime.Frame]
}

// call is a frame with what it is.
type call struct {
	runtime.Frame
	pkg   string // of the source; empty for what has none
	class frameClass
}

// calls classifies the frames of a stack, from the inside out.
func (r *skipRule) calls(frames []runtime.Frame) ([]call, sources) {
	b := r.build
	if b == nil {
		b = thisBuild()
	}
	s := newSources(b, frames)
	calls := make([]call, len(frames))
	for i, f := range frames {
		pkg := s.packageOf(f.Function, f.File)
		calls[i] = call{f, pkg, r.classOf(s, pkg, f)}
	}
	markGenerated(calls)
	return calls, s
}

// classOf classifies a frame by its package. A test file is always the
// application's.
func (r *skipRule) classOf(s sources, pkg string, f runtime.Frame) frameClass {
	switch {
	case strings.HasSuffix(f.File, "_test.go") && pkg != "testing":
		return applicationFrame
	case within(pkg, r.SkipPackages):
		return libraryFrame
	case within(pkg, thesePackages) || packageEnd(f.Function) < 0:
		return internalFrame
	case within(pkg, r.AppPackages):
		return applicationFrame
	case s.isStandard(pkg, f.File):
		return internalFrame
	case s.isApplication(pkg, f.File):
		return applicationFrame
	}
	return libraryFrame
}

func within(pkg string, roots []string) bool {
	for _, root := range roots {
		rest, ok := strings.CutPrefix(pkg, root)
		if ok && (rest == "" || rest[0] == '/') {
			return true
		}
	}
	return false
}
