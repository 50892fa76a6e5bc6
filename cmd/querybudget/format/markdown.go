package format

import (
	"fmt"
	"io"
	"strings"

	"github.com/querybudget/querybudget/cmd/querybudget/result"
)

// Marker is the first line of a comment, by which a script finds it again.
const Marker = "<!-- querybudget -->"

const (
	// maxMarkdown is the size of a comment, in bytes. GitHub takes 65,536 characters,
	// and a job summary of 1 MiB; GitLab takes 1,000,000 characters.
	maxMarkdown = 60_000
	// screen is the number of rows that are shown at once. The rest is folded.
	screen = 10
)

// Markdown writes a comment for a pull request, or a job summary: what fails the gate, at
// most a screen of it, and the rest folded.
func Markdown(out io.Writer, r *result.Result) error {
	m := &MarkdownWriter{}
	m.Linef("%s", Marker)
	fails := r.Failing()
	if len(fails) == 0 {
		m.Linef("### querybudget: nothing to complain about\n")
	} else {
		m.Linef("### querybudget: %s\n", Plural(len(fails), "finding"))
	}
	m.Linef("%s\n", summary(r))
	for _, c := range caveats(r) {
		m.Linef("> %s\n", Code(c))
	}
	m.complaints(fails)
	m.units(r)
	_, err := io.WriteString(out, m.String())
	return err
}

// MarkdownWriter collects lines of Markdown up to what a comment holds.
type MarkdownWriter struct {
	b    strings.Builder
	left int // lines that had no room
	open int // details that are open
}

// room is kept for what ends the text.
const room = 200

// Linef adds a line, if there is room for it.
func (m *MarkdownWriter) Linef(format string, args ...any) bool {
	line := fmt.Sprintf(format, args...) + "\n"
	if m.b.Len()+len(line) > maxMarkdown-room {
		m.left++
		return false
	}
	m.b.WriteString(line)
	return true
}

// Fold begins a part that is folded.
func (m *MarkdownWriter) Fold(title string) {
	if m.Linef("<details><summary>%s</summary>\n", title) {
		m.open++
	}
}

// Unfold ends it.
func (m *MarkdownWriter) Unfold() {
	if m.open > 0 {
		m.open--
		m.b.WriteString("\n</details>\n\n")
	}
}

// String is the text, with a line about what had no room.
func (m *MarkdownWriter) String() string {
	for m.open > 0 {
		m.Unfold()
	}
	if m.left > 0 {
		fmt.Fprintf(&m.b, "\nand %s more: a comment holds no more. The log has them all.\n", Plural(m.left, "line"))
	}
	return m.b.String()
}

const complaintHead = "| | route or test | seen | where |\n| --- | --- | --- | --- |"

func (m *MarkdownWriter) complaints(fails []*result.Entry) {
	if len(fails) == 0 {
		return
	}
	m.Linef(complaintHead)
	for _, e := range fails[:min(len(fails), screen)] {
		m.complaint(e)
	}
	m.Linef("")
	if len(fails) > screen {
		m.Fold(fmt.Sprintf("%d more", len(fails)-screen))
		m.Linef(complaintHead)
		for _, e := range fails[screen:] {
			m.complaint(e)
		}
		m.Unfold()
	}
	m.Fold("statements and repairs")
	for _, e := range fails {
		m.Linef("- %s in %s at %s", Code(title(e)), Code(shortUnit(e.Unit)), Code(e.Site()))
		if e.Shape != "" {
			m.Linef("  - statement: %s", Code(e.Shape))
		}
		if e.Repair != "" {
			m.Linef("  - repair: %s", Code(e.Repair))
		}
	}
	m.Unfold()
}

func (m *MarkdownWriter) complaint(e *result.Entry) {
	where := Cell(place(e))
	if e.Cause != "" {
		where += "<br>" + Cell(e.Cause)
	}
	m.Linef("| %s | %s | %s | %s |", Cell(title(e)), Cell(shortUnit(e.Unit)), Cell(describe(e)), where)
}

func (m *MarkdownWriter) units(r *result.Result) {
	units, fails := unitsByNeed(r)
	if len(units) == 0 {
		return
	}
	m.Fold(Plural(len(units), "check"))
	m.Linef("| | check | queries | repeats | rows | findings | budget used |\n| --- | --- | --: | --: | --: | --: | --- |")
	for _, u := range units {
		state := "ok"
		if u.Failed || fails[u.Name] > 0 {
			state = "**look**"
		}
		m.Linef("| %s | %s | %d | %d | %d | %d | %s |", state, Cell(shortUnit(u.Name)), u.Queries, u.Repeats, u.Rows, u.Findings, Cell(used(u)))
	}
	m.Unfold()
}

// Code is a text in a code span, where neither Markdown nor mentions, references and
// links of a host mean anything. The fence is longer than any in the text.
func Code(s string) string {
	s = Line(s)
	if strings.TrimSpace(s) == "" {
		return ""
	}
	fence := "`"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	if len(fence) > 1 || strings.HasPrefix(s, " ") || strings.HasSuffix(s, " ") {
		return fence + " " + s + " " + fence // the spaces are taken off again
	}
	return fence + s + fence
}

// Cell is Code in a table, where a pipe would begin the next cell even there.
func Cell(s string) string { return strings.ReplaceAll(Code(s), "|", `\|`) }
