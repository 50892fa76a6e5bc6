package diff

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"

	"github.com/querybudget/querybudget/cmd/querybudget/format"
	"github.com/querybudget/querybudget/cmd/querybudget/result"
)

// Text writes a diff for people.
func Text(out io.Writer, d *Diff) error {
	b := bufio.NewWriter(out)
	for _, u := range d.Units {
		fmt.Fprintf(b, "in %s: %s\n", format.Line(u.Name), format.Line(headline(&u)))
		writeChanges(b, u.Complaints)
		writeChanges(b, u.Statements)
	}
	for _, u := range d.Added {
		fmt.Fprintf(b, "ran only now: %s: %s\n", format.Line(u.Name), format.Plural(u.Now, "query"))
		writeChanges(b, u.Complaints)
	}
	for _, name := range d.NotRun {
		fmt.Fprintf(b, "ran only before, so nothing is known of it: %s\n", format.Line(name))
	}
	switch {
	case d.Compared == 0:
		fmt.Fprintln(b, "nothing was compared: no route or test ran on both sides")
	case d.Empty():
		fmt.Fprintln(b, "nothing changed")
	}
	for _, e := range d.Unstable {
		fmt.Fprintf(b, "not stable, runs of the same code differ: %s\n", format.Line(unstable(e)))
	}
	for _, c := range d.Caveats {
		fmt.Fprintf(b, "note: %s\n", format.Line(c))
	}
	return b.Flush()
}

func writeChanges(out io.Writer, changes []Change) {
	for _, c := range changes {
		fmt.Fprintf(out, "  %s  %s\n", mark(c.Sign), format.Line(what(&c)))
		if site := c.Entry().Way(); site != "" {
			fmt.Fprintf(out, "       at %s\n", format.Line(site))
		}
		if c.Now != nil && c.Now.Cause != "" {
			fmt.Fprintf(out, "       %s\n", format.Line(c.Now.Cause))
		}
		if c.Worse() && c.Now.Repair != "" {
			fmt.Fprintf(out, "       -> %s\n", format.Line(c.Now.Repair))
		}
	}
}

// headline says what a unit's queries became: "1 -> 21 queries, 20 more".
func headline(u *Unit) string {
	switch n := u.Now - u.Old; {
	case n > 0:
		return fmt.Sprintf("this change adds %s (%d before, %d now)", format.Plural(n, "query"), u.Old, u.Now)
	case n < 0:
		return fmt.Sprintf("this change saves %s (%d before, %d now)", format.Plural(-n, "query"), u.Old, u.Now)
	}
	return fmt.Sprintf("%s as before, but not the same", format.Plural(u.Now, "query"))
}

func mark(s Sign) string {
	switch s {
	case New, More:
		return "+"
	case Grows:
		return "^"
	}
	return "-"
}

// what says what changed: "n+1 (new): 20x SELECT books".
func what(c *Change) string {
	e := c.Entry()
	text := fmt.Sprintf("%s (%s): ", e.Kind, c.Sign)
	switch {
	case c.Sign == Grows:
		return text + fmt.Sprintf("%s, %s before and %s now", e.Summary, growth(c.Old), growth(c.Now))
	case c.Old != nil && c.Now != nil:
		return text + fmt.Sprintf("%s, %d before and %d now", cmp.Or(e.Summary, e.Message), c.Old.Count, c.Now.Count)
	case e.Message != "":
		return text + e.Message
	}
	return text + fmt.Sprintf("%dx %s", e.Count, e.Shape)
}

func growth(e *result.Entry) string {
	return fmt.Sprintf("%s (rows %s)", e.Grows, e.RowsGrow)
}

func unstable(e *result.Entry) string {
	return fmt.Sprintf("%s in %s: %d to %d", cmp.Or(e.Summary, e.Kind), e.Unit, e.Least, e.Count)
}

// Markdown writes a diff as a comment or a job summary.
func Markdown(out io.Writer, d *Diff) error {
	m := &format.MarkdownWriter{}
	m.Linef("%s", format.Marker)
	switch {
	case d.Compared == 0:
		m.Linef("### querybudget: nothing was compared, no route or test ran on both sides\n")
	case d.Empty():
		m.Linef("### querybudget: no query changed\n")
	case len(d.Worse()) > 0:
		m.Linef("### querybudget: %s new or worse\n", format.Plural(len(d.Worse()), "finding"))
	default:
		m.Linef("### querybudget: queries changed, and no finding is new\n")
	}
	for i, u := range d.Units {
		if i == screen {
			m.Fold(fmt.Sprintf("%d more", len(d.Units)-screen))
		}
		m.Linef("**%s**: %s\n", format.Code(u.Name), headline(&u))
		markdownChanges(m, u)
	}
	m.Unfold()
	if len(d.Added) > 0 {
		m.Fold(fmt.Sprintf("%s only now", format.Plural(len(d.Added), "check")))
		for _, u := range d.Added {
			m.Linef("- %s: %s", format.Code(u.Name), format.Plural(u.Now, "query"))
			markdownChanges(m, u)
		}
		m.Unfold()
	}
	markdownUnknown(m, d)
	_, err := io.WriteString(out, m.String())
	return err
}

// markdownUnknown lists what nobody can say anything about.
func markdownUnknown(m *format.MarkdownWriter, d *Diff) {
	if len(d.NotRun)+len(d.Unstable)+len(d.Caveats) == 0 {
		return
	}
	m.Fold("what is not known")
	for _, name := range d.NotRun {
		m.Linef("- ran only before: %s", format.Code(name))
	}
	for _, e := range d.Unstable {
		m.Linef("- not stable: %s", format.Code(unstable(e)))
	}
	for _, c := range d.Caveats {
		m.Linef("- %s", format.Code(c))
	}
	m.Unfold()
}

// screen is the number of units that are shown at once.
const screen = 10

func markdownChanges(m *format.MarkdownWriter, u Unit) {
	if len(u.Complaints)+len(u.Statements) == 0 {
		return
	}
	m.Linef("| | what | where |\n| --- | --- | --- |")
	for _, changes := range [][]Change{u.Complaints, u.Statements} {
		for _, c := range changes {
			where := format.Cell(c.Entry().Way())
			if c.Now != nil && c.Now.Cause != "" {
				where += "<br>" + format.Cell(c.Now.Cause)
			}
			m.Linef("| %s | %s | %s |", format.Cell(string(c.Sign)), format.Cell(what(&c)), where)
		}
	}
	m.Linef("")
}

// JSON writes everything.
func JSON(out io.Writer, d *Diff) error {
	e := json.NewEncoder(out)
	e.SetIndent("", " ")
	e.SetEscapeHTML(false)
	return e.Encode(d)
}
