package summary

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
)

// A file of judgements says of findings what somebody who read the source thinks of them:
// lines of commit, kind, site, the beginning of the shape, label and reason, with tabs
// between them. A reason may name the callers of the site, "[callers: a.go:1 < b.go:2]",
// where findings of one line differ by them. Lines that begin with # are comments.

// label is what a finding is called in a file of judgements.
type label string

const (
	labelTrue    label = "true"    // right, and worth a change
	labelUseless label = "useless" // right, but nobody would act
	labelFalse   label = "false"   // wrong
	labelHarness label = "harness" // an accident of the tests
	labelMissed  label = "missed"  // a loop that nothing was said of
)

// judgement is a line of the file.
type judgement struct {
	kind        budget.FindingKind
	site, shape string
	callers     []string
	label       label
	why         string
}

func readJudgements(name string) (all []*judgement, err error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck // it is only read
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		if text := lines.Text(); text != "" && text[0] != '#' {
			j, err := parseJudgement(text)
			if err != nil {
				return nil, fmt.Errorf("%s:%d: %w", name, n, err)
			}
			all = append(all, j)
		}
	}
	return all, lines.Err()
}

var callersPattern = regexp.MustCompile(`\[callers: ((?:[^\[\]]|\[[^\[\]]*\])*)\]`)

func parseJudgement(text string) (*judgement, error) {
	f := strings.Split(text, "\t")
	if len(f) < 5 {
		return nil, fmt.Errorf("%d fields: commit, kind, site, shape and label are needed, with tabs between them", len(f))
	}
	site, _, _ := strings.Cut(f[2], " ")
	j := &judgement{kind: budget.FindingKind(f[1]), site: site, shape: spaced(f[3]), label: label(f[4])}
	if !slices.Contains([]label{labelTrue, labelUseless, labelFalse, labelHarness, labelMissed}, j.label) {
		return nil, fmt.Errorf("label %q: true, useless, false, harness or missed", f[4])
	}
	if len(f) > 5 {
		j.why = f[5]
	}
	if m := callersPattern.FindStringSubmatch(j.why); m != nil {
		for caller := range strings.SplitSeq(m[1], " < ") { // with their functions or without, as a scan prints them
			line, _, _ := strings.Cut(caller, " ")
			j.callers = append(j.callers, line)
		}
		if j.callers[0] == site {
			j.callers = j.callers[1:]
		}
	}
	return j, nil
}

// spaced makes of each run of spaces one.
func spaced(s string) string { return strings.Join(strings.Fields(s), " ") }

// begins reports whether a statement begins so. People write verbs in either case.
func begins(shape, begin string) bool {
	shape = spaced(shape)
	return len(shape) >= len(begin) && strings.EqualFold(shape[:len(begin)], begin)
}

// isAbout reports whether a judgement is about a finding; the number of callers that agree
// says how well it fits.
func (j *judgement) isAbout(f *seen) (fits int, ok bool) {
	if j.label == labelMissed {
		isLoop := f.worst.Kind == budget.NPlusOne || f.worst.Kind == budget.WriteLoop
		if j.kind == budget.Duplicate {
			return 1, f.worst.Kind == j.kind && f.isAt(j.site) && f.hasShape(j.shape) && f.isFrom(j.callers)
		}
		return 1, isLoop && f.isAt(j.site) && f.isFrom(j.callers)
	}
	if j.kind != f.worst.Kind || !f.hasShape(j.shape) {
		return 0, false
	}
	for i := len(f.inner()) - 1; i >= 0; i-- { // as it is printed, or further inside
		if fits, ok = j.fits(f.frames[i:]); ok {
			return fits, ok
		}
	}
	return fits, ok
}

// inner returns the frames up to the line that is printed.
func (f *seen) inner() []callsite.Frame {
	if len(f.frames) == 0 {
		return nil
	}
	return f.frames[:max(0, slices.Index(f.frames, f.own[0]))+1]
}

// fits compares the site and its callers with frames, and counts those that agree. Callers
// come in their order; others may stand between them, as in what a scan prints.
func (j *judgement) fits(frames []callsite.Frame) (n int, ok bool) {
	if lineOf(frames[0]) != j.site {
		return 0, false
	}
	frames = frames[1:]
	for _, caller := range j.callers {
		if len(frames) == 0 {
			break // no more is known
		}
		at := slices.IndexFunc(frames, func(f callsite.Frame) bool { return lineOf(f) == strings.TrimSpace(caller) })
		if at < 0 {
			return n, false
		}
		frames = frames[at+1:]
		n++
	}
	return n + 1, true
}

// hasShape reports whether one of the statements begins so.
func (f *seen) hasShape(begin string) bool {
	for shape := range f.shapes {
		if begins(shape, begin) {
			return true
		}
	}
	return false
}

// isFrom reports whether one of the callers is on the stack of a finding.
func (f *seen) isFrom(callers []string) bool {
	return len(callers) == 0 || slices.ContainsFunc(f.frames, func(frame callsite.Frame) bool {
		return slices.Contains(callers, lineOf(frame))
	})
}

// isAt reports whether a finding is about a statement from a line, which may be one of
// several of a loop.
func (f *seen) isAt(line string) bool {
	is := func(frame callsite.Frame) bool { return lineOf(frame) == line }
	if slices.ContainsFunc(f.inner(), is) || slices.ContainsFunc(f.joined, is) || slices.ContainsFunc(f.inside, is) {
		return true
	}
	return slices.ContainsFunc(f.worst.Also, func(r budget.Related) bool { return lineOf(r.CallSite().Frame) == line })
}

func lineOf(f callsite.Frame) string { return fmt.Sprintf("%s:%d", f.File, f.Line) }

// Judge compares the findings with a file of judgements, and prints how often they are
// right. Findings that nobody has judged are listed.
func (s *Summary) Judge(name string, out io.Writer) error {
	judgements, err := readJudgements(name)
	if err != nil {
		return err
	}
	counts, hints := map[budget.FindingKind]map[label]int{}, map[budget.FindingKind]map[label]int{}
	count := func(counts map[budget.FindingKind]map[label]int, kind budget.FindingKind, l label) {
		if counts[kind] == nil {
			counts[kind] = map[label]int{}
		}
		counts[kind][l]++
	}
	fmt.Fprintf(out, "\nCompared with %s:\n", name)
	found := slices.DeleteFunc(s.sorted(), (*seen).isLeftOut)
	for _, f := range found {
		j := best(judgements, f)
		l, what := labelOf(j), string(f.worst.Kind)
		if f.isHint() {
			count(hints, f.worst.Kind, l)
			what += " (hint)"
		} else {
			count(counts, f.worst.Kind, l)
		}
		switch l {
		case labelTrue:
		case "":
			fmt.Fprintf(out, "not judged  %s\t%s\t%s\n", what, cut(f.worst.Shape, 100), callersOf(f))
		default:
			fmt.Fprintf(out, "%-11s %s\t%s\t%s\t%s\n", l, what, j.site, cut(f.worst.Shape, 60), j.why)
		}
	}
	for _, j := range judgements {
		isWanted := (j.label == labelMissed || j.label == labelTrue) && !isHintKind(j.kind)
		if isWanted && !slices.ContainsFunc(found, j.isCovered) {
			count(counts, j.kind, labelMissed)
			fmt.Fprintf(out, "missed      %s\t%s\t%s\t%s\n", j.kind, j.site, j.shape, j.why)
		}
	}
	printScores(out, counts, hints)
	return nil
}

// labelOf is what a finding counts as that a judgement is about: nil for one that nobody has judged. What was missed
// when somebody judged is worth a change.
func labelOf(j *judgement) label {
	switch {
	case j == nil:
		return ""
	case j.label == labelMissed:
		return labelTrue
	}
	return j.label
}

// isCovered reports whether a finding says what a judgement is about, perhaps as one of
// several statements of a loop.
func (j *judgement) isCovered(f *seen) bool {
	if slices.ContainsFunc(f.with, j.isCovered) {
		return true
	}
	if _, ok := j.isAbout(f); ok || j.kind == f.worst.Kind && f.hasShape(j.shape) && f.isAt(j.site) && f.isFrom(j.callers) {
		return true
	}
	return f.isFrom(j.callers) && slices.ContainsFunc(f.worst.Also, func(r budget.Related) bool {
		return lineOf(r.CallSite().Frame) == j.site && (j.label == labelMissed || begins(r.Shape, j.shape))
	})
}

// isHintKind reports whether a kind is off unless somebody asks for it.
func isHintKind(kind budget.FindingKind) bool {
	switch kind {
	case budget.ReadModifyWrite, budget.SelectThenInsert, budget.SelectStar, budget.FewRows:
		return true
	}
	return false
}

// best returns the judgement that fits best, nil for none.
func best(judgements []*judgement, f *seen) (found *judgement) {
	most := 0
	for _, j := range judgements {
		if fits, ok := j.isAbout(f); ok && fits > most {
			found, most = j, fits
		}
	}
	return found
}

func callersOf(f *seen) string {
	var text []string
	for _, frame := range f.own[:min(len(f.own), framesMax)] {
		text = append(text, lineOf(frame))
	}
	return strings.Join(text, " < ")
}
