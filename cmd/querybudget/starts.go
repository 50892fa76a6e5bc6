package main

// Some tests start the application anew, each by the same helper, which opens a database and has
// the application make what each installation has. That is a start as the one of TestMain is.

// startTests is from how many tests on a helper that opens a database is what starts them. One
// that does all that a few tests do is none.
const startTests = 8

// starts has the tests that went on after what a helper did, by helper.
type starts map[string]*startOf

type startOf struct {
	waits map[string]bool // tests that have done no more yet
	tests int             // others
}

// add takes note of a call, in the order in which a process reports them.
func (s starts) add(u *unit) {
	test := u.Package + " " + u.Test
	if u.Opener == "" {
		for _, of := range s {
			if of.waits[test] {
				delete(of.waits, test)
				of.tests++
			}
		}
		return
	}
	of := s[u.Opener]
	if of == nil {
		of = &startOf{waits: map[string]bool{}}
		s[u.Opener] = of
	}
	of.waits[test] = true
}

// mostStarts is from how many starts for each other call on that one is a start, too: a test of it.
const mostStarts = 9

// sent names what a finding is about: a statement from a line, and its caller.
func (s *summary) sent(f *seen) string {
	own := s.passed.own(f.frames, nil)
	return string(f.worst.Kind) + f.worst.Shape + "\n" + lines(own[:min(len(own), causeFrames)])
}

// calls returns in how many of its calls a finding is part of such a start.
func (s starts) calls(f *seen) (n int64) {
	for helper, calls := range f.openers {
		if of := s[helper]; of != nil && of.tests >= startTests {
			n += calls
		}
	}
	return n
}
