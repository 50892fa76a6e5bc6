package format

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/querybudget/querybudget/cmd/querybudget/result"
)

// JUnit writes JUnit XML: a test case for each unit, with the complaints that fail the gate
// as failures, and an error for each package that did not run to its end.
func JUnit(out io.Writer, r *result.Result) error {
	suite := junitSuite{Name: "querybudget", Time: "0"}
	byUnit := map[string][]*result.Entry{}
	for _, e := range r.Failing() {
		byUnit[e.Unit] = append(byUnit[e.Unit], e)
	}
	for i := range r.Units {
		u := &r.Units[i]
		c := junitCase{ClassName: oneLineXML(cmp.Or(u.Package, "querybudget")), Name: oneLineXML(shortUnit(u.Name)), Time: "0"}
		for _, e := range byUnit[u.Name] {
			c.Failures = append(c.Failures, junitProblem{Message: oneLineXML(title(e) + ": " + describe(e)), Type: oneLineXML(e.Kind), Text: xmlText(failureText(e))})
		}
		delete(byUnit, u.Name)
		suite.add(c)
	}
	for _, e := range r.Failing() { // of units that are not known
		for _, e := range byUnit[e.Unit] {
			suite.add(junitCase{ClassName: "querybudget", Name: oneLineXML(shortUnit(e.Unit)), Time: "0", Failures: []junitProblem{
				{Message: oneLineXML(title(e) + ": " + describe(e)), Type: oneLineXML(e.Kind), Text: xmlText(failureText(e))},
			}})
		}
		delete(byUnit, e.Unit)
	}
	for _, p := range r.Packages {
		suite.addPackage(p)
	}
	if _, err := io.WriteString(out, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(out)
	e.Indent("", " ")
	if err := e.Encode(junitSuites{Suites: []junitSuite{suite}}); err != nil {
		return err
	}
	_, err := io.WriteString(out, "\n")
	return err
}

type junitSuites struct {
	XMLName xml.Name     `xml:"testsuites"`
	Suites  []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Time     string      `xml:"time,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	ClassName string         `xml:"classname,attr"`
	Name      string         `xml:"name,attr"`
	Time      string         `xml:"time,attr"`
	Skipped   *junitSkipped  `xml:"skipped"`
	Errors    []junitProblem `xml:"error"`
	Failures  []junitProblem `xml:"failure"`
}

type junitSkipped struct {
	Message string `xml:"message,attr"`
}

type junitProblem struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",chardata"`
}

func (s *junitSuite) add(c junitCase) {
	s.Tests++
	s.Failures += min(1, len(c.Failures))
	s.Errors += min(1, len(c.Errors))
	if c.Skipped != nil {
		s.Skipped++
	}
	s.Cases = append(s.Cases, c)
}

// addPackage adds a case for a package whose tests were not all run.
func (s *junitSuite) addPackage(p result.Package) {
	c := junitCase{ClassName: oneLineXML(p.Package), Name: "package", Time: "0"}
	switch {
	case p.State.Ran():
		return
	case p.State == result.Cached, p.State == result.Skipped:
		c.Skipped = &junitSkipped{oneLineXML(string(p.State))}
	default:
		c.Errors = []junitProblem{{Message: oneLineXML("the package " + string(p.State)), Type: oneLineXML(string(p.State))}}
	}
	s.add(c)
}

func failureText(e *result.Entry) string {
	var b strings.Builder
	writeComplaint(&b, e)
	if n := len(e.Tests); n > 0 {
		fmt.Fprintf(&b, "  in:  %s\n", Line(e.Tests[0]))
		if n > 1 {
			fmt.Fprintf(&b, "       and %s\n", Plural(n-1, "other test"))
		}
	}
	return b.String()
}

// oneLineXML is a text for an attribute. What XML cannot hold, escaped or not, is written
// as Go writes it.
func oneLineXML(s string) string { return xmlText(Line(s)) }

// xmlText replaces the two characters that print and XML does not have.
func xmlText(s string) string { return strings.NewReplacer("\ufffe", "?", "\uffff", "?").Replace(s) }
