package summary

import "strings"

// Some tests start the application anew, each by the same helper, which opens a database and has
// the application make what each installation has. That is a start as the one of TestMain is.

// startTests is from how many tests on a helper that opens a database is what starts them. One
// that does all that a few tests do is none.
const startTests = 8

// starts has the tests that went on after what a helper did, by helper.
type starts map[string]*startOf

type startOf struct{ waits, went map[string]bool }

// add takes note of a call, in the order in which a process reports them.
func (s starts) add(u *Unit) {
	test := u.Package + " " + u.Test
	if u.Opener == "" {
		for _, of := range s {
			of.goesOn(test)
		}
		return
	}
	of := s[u.Opener]
	if of == nil {
		of = &startOf{map[string]bool{}, map[string]bool{}}
		s[u.Opener] = of
	}
	of.waits[test] = true
}

// goesOn takes note that a test, or a subtest of one, has done more.
func (s *startOf) goesOn(test string) {
	for ; test != ""; test = parentTest(test) {
		if s.waits[test] {
			delete(s.waits, test)
			s.went[test] = true
		}
	}
}

// parentTest returns the test that a subtest belongs to, empty for none.
func parentTest(test string) string {
	pkg, name, _ := strings.Cut(test, " ")
	i := strings.LastIndexByte(name, '/')
	if i < 0 {
		return ""
	}
	return pkg + " " + name[:i]
}

// calls returns in how many of its calls a finding is part of such a start.
func (s starts) calls(f *seen) (n int64) {
	for helper, calls := range f.openers {
		if of := s[helper]; of != nil && len(of.went) >= startTests {
			n += calls
		}
	}
	return n
}

// mostStarts is from how many starts for each other call on that one is a start, too: a test of it,
// which calls what a start calls.
const mostStarts = 9

// begun is what was sent by starts, by kind and statement.
type begun map[string][]begunFrom

type begunFrom struct {
	lines string
	calls int64
}

// begun returns what starts have sent.
func (s *Summary) begun() begun {
	out := begun{}
	for _, f := range s.findings {
		if calls := s.starts.calls(f); calls > 0 {
			key := string(f.worst.Kind) + f.worst.Shape
			out[key] = append(out[key], begunFrom{lines(f.frames), calls})
		}
	}
	return out
}

// has reports whether a finding that was in other calls as well is a start's, from the same lines
// as far as the test called.
func (b begun) has(f *seen, others int64) bool {
	calls := int64(0)
	for _, from := range b[string(f.worst.Kind)+f.worst.Shape] {
		if strings.HasPrefix(from.lines, lines(f.frames)) {
			calls += from.calls
		}
	}
	return calls > 0 && calls >= mostStarts*others
}
