package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
)

// summary is what many units had in common.
type summary struct {
	units, queries, fixtures int64
	findings                 map[findingKey]*seen
}

// findingKey tells findings apart: by the lines that the application has on the stack.
type findingKey struct {
	kind        budget.FindingKind
	shape, site string
}

type seen struct {
	finding budget.Finding // the worst
	units   int64
	unit    string // the one of the worst
}

// readReports adds up the reports of a folder.
func readReports(folder string) (*summary, error) {
	s := &summary{findings: map[findingKey]*seen{}}
	files, err := filepath.Glob(filepath.Join(folder, "*.ndjson"))
	if err != nil {
		return nil, err
	}
	for _, name := range files {
		if err := s.read(name); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return s, nil
}

func (s *summary) read(name string) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // it is only read
	for d := json.NewDecoder(bufio.NewReader(file)); ; {
		var r budget.Report
		switch err := d.Decode(&r); {
		case err == nil:
			s.add(&r)
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF): // a process that was killed
			return nil
		default:
			return err
		}
	}
}

func (s *summary) add(r *budget.Report) {
	s.units++
	s.queries += r.Totals.Queries
	for i := range r.Groups {
		if isFixture(r.Groups[i].CallSite()) {
			s.fixtures += r.Groups[i].Queries
		}
	}
	for i := range r.Findings {
		f := &r.Findings[i]
		if f.Confidence == budget.Hint || isFixture(f.CallSite()) {
			continue
		}
		key := findingKey{f.Kind, f.Shape, applicationFrames(f.CallSite())}
		old := s.findings[key]
		if old == nil {
			old = &seen{}
			s.findings[key] = old
		}
		if old.units++; f.Count > old.finding.Count {
			old.finding, old.unit = *f, r.Name
		}
	}
}

// isFixture reports whether a test sends a statement itself.
func isFixture(site callsite.CallSite) bool { return strings.HasSuffix(site.File, "_test.go") }

// applicationFrames are those below the test.
func applicationFrames(site callsite.CallSite) string {
	var b strings.Builder
	for _, f := range site.Frames() {
		if strings.HasSuffix(f.File, "_test.go") {
			break
		}
		fmt.Fprintf(&b, "%s:%d ", f.File, f.Line)
	}
	return b.String()
}

// print writes one line for each finding, the worst first, and the totals.
func (s *summary) print(out io.Writer) {
	all := slices.SortedFunc(maps.Values(s.findings), func(a, b *seen) int {
		return cmp.Or(cmp.Compare(b.finding.Count*b.units, a.finding.Count*a.units), cmp.Compare(a.finding.Shape, b.finding.Shape))
	})
	sites := make([]callsite.CallSite, len(all))
	for i := range all {
		sites[i] = all[i].finding.CallSite()
	}
	callers := callsite.Distinguish(sites)
	fmt.Fprintf(out, "\nquerybudget: %d findings\n", len(all))
	for i, f := range all {
		at := sites[i].String()
		if callers[i] != sites[i].Frame && !strings.HasSuffix(callers[i].File, "_test.go") {
			at += " < " + callers[i].String()
		}
		fmt.Fprintf(out, "%-12s %dx %s\n    at %s\n    in %d units, such as %s\n    %s\n", f.finding.Kind, f.finding.Count, f.finding.Shape, at, f.units, f.unit, f.finding.Repair)
	}
	fmt.Fprintf(out, "%d units, %d queries, of which tests sent %d themselves\n", s.units, s.queries, s.fixtures)
}
