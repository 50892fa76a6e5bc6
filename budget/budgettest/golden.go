package budgettest

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/internal/oneline"
)

// updateVariable makes Golden write its files.
const updateVariable = "QUERYBUDGET_UPDATE"

// Golden compares the queries of a report with the file
// testdata/querybudget/<name of the test>.txt in the package's folder, which
// people review: a line for each statement and function, with the number of
// executions. Use it once in a test, and [GoldenFile] for more.
//
// QUERYBUDGET_UPDATE=1 writes the file, and so does the flag -update in packages
// that define one. Golden fails the test if the file is missing, if a query is
// new, gone or runs at another number, and if the report does not hold everything.
func Golden(t TB, report *budget.Report) {
	t.Helper()
	GoldenFile(t, filepath.Join("testdata", "querybudget", filepath.FromSlash(fileName(t.Name()))+".txt"), report)
}

// GoldenFile is [Golden] with a file of its own, relative to the package's folder:
// for several reports of one test, and for tests that share a file, such as those
// of several databases. No two packages should share one.
func GoldenFile(t TB, file string, report *budget.Report) {
	t.Helper()
	if report == nil {
		t.Fatalf("budgettest: Golden with a nil *budget.Report")
	}
	if n := report.Truncated.Grouped; n > 0 {
		t.Fatalf("budgettest: %d queries were more than a report tells apart: a golden file would miss them", n)
	}
	want, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("budgettest: golden file: %v", err)
	}
	lines := goldenLines(report)
	if updating() {
		update(t, file, want, goldenText(lines))
		return
	}
	if err != nil {
		saveReport(t, entry{Check: "golden", Failed: true, Report: report})
		t.Errorf(
			"budgettest: there is no golden file yet: run the test with %s=1, and review and commit %s",
			updateVariable,
			file,
		)
		return
	}
	diff := goldenDiff(want, lines)
	saveReport(t, entry{Check: "golden", Failed: diff != "", Report: report})
	if diff != "" {
		t.Errorf(
			"budgettest: the queries differ from %s:\n%sIf that is right, run the test with %s=1 and review the change.",
			filepath.ToSlash(file),
			diff,
			updateVariable,
		)
	}
}

// updating reports whether golden files are to be written. The flag is looked up
// and not defined here: a program can have it only once.
func updating() bool {
	if on, err := strconv.ParseBool(os.Getenv(updateVariable)); err == nil {
		return on
	}
	f := flag.Lookup("update")
	return f != nil && f.Value.String() == "true"
}

// update writes a file if it changed, at once: whoever reads it meanwhile sees the
// old one or the new one.
func update(t TB, file string, old, text []byte) {
	t.Helper()
	if bytes.Equal(old, text) {
		return
	}
	if err := writeFile(file, text); err != nil {
		t.Fatalf("budgettest: golden file: %v", err)
	}
	t.Logf("budgettest: wrote %s: review it", file)
}

func writeFile(file string, text []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		return err
	}
	temp, err := os.CreateTemp(filepath.Dir(file), ".golden-*")
	if err != nil {
		return err
	}
	_, err = temp.Write(text)
	err = errors.Join(err, temp.Chmod(0o644), temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), file)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp.Name()))
	}
	return nil
}

// goldenLine is a line of a golden file: a statement in a function.
type goldenLine struct {
	count int64
	text  string
	sites []string // where it ran, for people
}

// goldenLines returns the lines of a report, sorted by their text.
func goldenLines(report *budget.Report) []goldenLine {
	var out []goldenLine
	for i := range report.Groups {
		g := &report.Groups[i]
		if g.Queries == 0 {
			continue // all were refused
		}
		site := g.CallSite()
		text := site.StableName() + ": " + strings.Join(strings.Fields(g.Shape), " ")
		if g.Database != "" {
			text = "[" + g.Database + "] " + text
		}
		text = oneline.Text(text)
		at := slices.IndexFunc(out, func(l goldenLine) bool { return l.text == text })
		if at < 0 {
			at = len(out)
			out = append(out, goldenLine{text: text})
		}
		out[at].count += g.Queries
		if where := oneline.Text(fmt.Sprintf("%s:%d", site.File, site.Line)); !slices.Contains(out[at].sites, where) {
			out[at].sites = append(out[at].sites, where)
		}
	}
	slices.SortFunc(out, func(a, b goldenLine) int { return strings.Compare(a.text, b.text) })
	return out
}

const goldenHeader = "# Queries of a test, for review: executions, function, statement.\n# Written with " + updateVariable + "=1.\n"

func goldenText(lines []goldenLine) []byte {
	var b bytes.Buffer
	b.WriteString(goldenHeader)
	for _, l := range lines {
		fmt.Fprintf(&b, "%dx %s\n", l.count, l.text)
	}
	return b.Bytes()
}

// parseGolden reads a golden file. Empty lines and those with # count for nothing.
func parseGolden(text []byte) (map[string]int64, error) {
	out := make(map[string]int64)
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		count, rest, _ := strings.Cut(line, "x ")
		n, err := strconv.ParseInt(count, 10, 64)
		if err != nil || n <= 0 || rest == "" {
			return nil, fmt.Errorf("not a line of a golden file: %q", line)
		}
		out[rest] += n
	}
	return out, nil
}

// maxDiff is the number of entries of a diff.
const maxDiff = 20

// goldenDiff returns the difference in the file's own terms, empty if there is
// none.
func goldenDiff(want []byte, lines []goldenLine) string {
	old, err := parseGolden(want)
	if err != nil {
		return "  " + err.Error() + "\n"
	}
	var entries []string
	for _, l := range lines {
		n, known := old[l.text]
		delete(old, l.text)
		if n == l.count {
			continue
		}
		var e strings.Builder
		if known {
			fmt.Fprintf(&e, "- %dx %s\n", n, l.text)
		}
		fmt.Fprintf(&e, "+ %dx %s\n      at %s\n", l.count, l.text, strings.Join(l.sites, ", "))
		entries = append(entries, e.String())
	}
	var gone []string
	for text, n := range old {
		gone = append(gone, fmt.Sprintf("- %dx %s\n      no longer runs\n", n, oneline.Text(text)))
	}
	slices.Sort(gone)
	entries = append(entries, gone...)
	if rest := len(entries) - maxDiff; rest > 0 {
		entries = append(
			entries[:maxDiff],
			fmt.Sprintf("… and %s\n", plural(int64(rest), "other difference", "other differences")),
		)
	}
	return strings.Join(entries, "")
}

// fileName makes a file's name of a test's: subtests are folders, and what is not
// safe in a file's name on every system is written as %XX.
func fileName(test string) string {
	var b strings.Builder
	for i := range len(test) {
		c := test[i]
		switch {
		case c >= 'a' && c <= 'z',
			c >= 'A' && c <= 'Z',
			c >= '0' && c <= '9',
			strings.IndexByte("-_=+,/", c) >= 0,
			c == '.' && i > 0 && test[i-1] != '/' && test[i-1] != '.':
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}
