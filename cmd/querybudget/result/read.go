package result

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/cmd/querybudget/jsonvalues"
)

// RunFile is the file of a folder of reports that says what became of the packages.
const RunFile = "run.json"

// runPrefix begins the names of folders that hold one of several runs each.
const runPrefix = "run-"

// RunFolder is the folder of one of several runs, from 1.
func RunFolder(folder string, n int) string {
	return filepath.Join(folder, fmt.Sprintf("%s%d", runPrefix, n))
}

// Run is what a RunFile holds.
type Run struct {
	Packages []Package `json:"packages"`
	// Partial is as in [Result].
	Partial string `json:"partial,omitempty"`
}

// Read reads files and folders of reports. A file holds lines of budgettest
// (docs/report.schema.json), reports, lists of reports, or a result that was written as
// JSON. Of a folder, the files that end in .jsonl, .ndjson and .json are read; its
// subfolders run-1, run-2 and so on are runs of the same code, which are joined.
//
// Whatever cannot be read is an error that names the file and the line, and there is no
// result then: half of one would look whole.
func Read(paths ...string) (*Result, error) {
	if len(paths) == 1 {
		runs, err := filepath.Glob(filepath.Join(escapeGlob(paths[0]), runPrefix+"*"))
		if err != nil {
			return nil, err
		}
		if len(runs) > 0 {
			return readRuns(runs)
		}
	}
	return readOne(paths)
}

// escapeGlob takes the meaning from what Glob would take for a pattern.
func escapeGlob(path string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(path)
}

func readRuns(folders []string) (*Result, error) {
	slices.Sort(folders)
	var runs []*Result
	for _, folder := range folders {
		r, err := readOne([]string{folder})
		if err != nil {
			return nil, err
		}
		runs = append(runs, r)
	}
	return Join(runs), nil
}

// readOne reads what belongs to one run.
func readOne(paths []string) (*Result, error) {
	var c Collector
	var run Run
	var whole []*Result
	seen, states := 0, 0
	v := visitor{
		report: func(o Origin, r *budget.Report) error { c.Add(o, r); seen++; return nil },
		result: func(r *Result) { whole = append(whole, r) },
		run: func(r Run) {
			run.Packages = append(run.Packages, r.Packages...)
			if r.Partial != "" {
				run.Partial = appended(run.Partial, r.Partial)
			}
			states++
		},
	}
	for _, path := range paths {
		if err := v.path(path); err != nil {
			return nil, err
		}
	}
	if seen+states+len(whole) == 0 {
		return nil, fmt.Errorf("%s: there is no report here: write some with querybudget test, or with QUERYBUDGET_REPORT=/an/absolute/folder go test", strings.Join(paths, ", "))
	}
	out, err := c.Result()
	if err != nil {
		return nil, err
	}
	out.Packages, out.Partial = run.Packages, run.Partial
	if seen+states > 0 {
		whole = append(whole, out)
	}
	return joinWhole(whole), nil
}

// joinWhole makes one result of those of different files: they are parts, not runs.
func joinWhole(parts []*Result) *Result {
	if len(parts) == 1 {
		return parts[0]
	}
	least := map[Key]int64{}
	runs := 0
	for _, p := range parts {
		runs = max(runs, p.Runs)
		for _, e := range p.Entries {
			if old, known := least[e.Key]; !known || e.Least < old {
				least[e.Key] = e.Least
			}
		}
	}
	out := Join(parts)
	out.Runs = runs
	for _, e := range out.Entries {
		e.Least = least[e.Key]
	}
	return out
}

// Each reads files and folders as [Read] does, and calls f for each report in them. It
// stops at the first error of f.
func Each(paths []string, f func(Origin, *budget.Report) error) error {
	v := visitor{report: f, result: func(*Result) {}, run: func(Run) {}}
	for _, path := range paths {
		if err := v.path(path); err != nil {
			return err
		}
	}
	return nil
}

// visitor says what to do with the things that files hold.
type visitor struct {
	report func(Origin, *budget.Report) error
	result func(*Result)
	run    func(Run)
}

// path visits a file, or what a folder holds.
func (v *visitor) path(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return v.file(path)
	}
	return filepath.WalkDir(path, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		switch filepath.Ext(name) {
		case ".jsonl", ".ndjson", ".json":
			return v.file(name)
		}
		return nil
	})
}

func (v *visitor) file(name string) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // it is only read
	return v.values(name, file)
}

// values visits the JSON values of a file, one after the other.
func (v *visitor) values(name string, in io.Reader) error {
	return jsonvalues.Each(name, in, func(_ int64, value json.RawMessage) error { return v.value(value) })
}

// value tells what a JSON value is, and visits it.
func (v *visitor) value(text json.RawMessage) error {
	if bytes.HasPrefix(text, []byte("[")) {
		return v.list(text)
	}
	var is struct {
		Result   int
		Check    string
		Report   json.RawMessage
		Packages json.RawMessage
		Totals   json.RawMessage
	}
	if err := json.Unmarshal(text, &is); err != nil {
		return fmt.Errorf("this is no report: %w", err)
	}
	switch {
	case is.Result != 0:
		return v.whole(text)
	case is.Report != nil && is.Check == "": // a request of the panel
		return v.bare(Origin{}, is.Report)
	case is.Report != nil:
		return v.line(text)
	case is.Totals != nil:
		return v.bare(Origin{}, text)
	case is.Packages != nil:
		var run Run
		if err := json.Unmarshal(text, &run); err != nil {
			return fmt.Errorf("the states of packages: %w", err)
		}
		v.run(run)
		return nil
	default:
		return errors.New("this is neither a report of querybudget nor a result that it wrote")
	}
}

func (v *visitor) list(text json.RawMessage) error {
	var all []json.RawMessage
	if err := json.Unmarshal(text, &all); err != nil {
		return err
	}
	for i, one := range all {
		if bytes.HasPrefix(one, []byte("[")) {
			return fmt.Errorf("entry %d is a list in a list", i)
		}
		if err := v.value(one); err != nil {
			return fmt.Errorf("entry %d: %w", i, err)
		}
	}
	return nil
}

// lineSchema is the version of the lines of budgettest that are read.
const lineSchema = 2

// line visits a line of budgettest.
func (v *visitor) line(text json.RawMessage) error {
	var in struct {
		Schema int `json:"schema"`
		Origin
		Report json.RawMessage `json:"report"`
	}
	if err := json.Unmarshal(text, &in); err != nil {
		return fmt.Errorf("a line of budgettest: %w", err)
	}
	if in.Schema != lineSchema {
		return fmt.Errorf("a line of schema %d: this version reads schema %d: use the command in the version of the SDK", in.Schema, lineSchema)
	}
	if in.Check == "scale" && in.Size <= 0 {
		return errors.New("a line of Scale without a size")
	}
	return v.bare(in.Origin, in.Report)
}

// bare visits a report.
func (v *visitor) bare(o Origin, text json.RawMessage) error {
	var r budget.Report
	if err := json.Unmarshal(text, &r); err != nil {
		return fmt.Errorf("a report: %w", err)
	}
	if err := plausible(&r); err != nil {
		return err
	}
	return v.report(o, &r)
}

// plausible refuses counts that no recorder makes: sums of them would mean nothing.
func plausible(r *budget.Report) error {
	const most = 1 << 48
	t := &r.Totals
	counts := []int64{t.Queries, t.Writes, t.Rows, t.Duplicates, int64(t.WallTime) >> 16}
	for i := range r.Groups {
		counts = append(counts, r.Groups[i].Queries, r.Groups[i].Rows)
	}
	for f := range r.Statements() {
		counts = append(counts, f.Count, f.Rows)
	}
	for _, n := range counts {
		if n < 0 || n > most {
			return fmt.Errorf("a report: a count of %d", n)
		}
	}
	return nil
}

// whole visits a result that was written as JSON.
func (v *visitor) whole(text json.RawMessage) error {
	var r Result
	if err := json.Unmarshal(text, &r); err != nil {
		return fmt.Errorf("a result: %w", err)
	}
	if r.Version != Version {
		return fmt.Errorf("a result of version %d: this version of the command reads %d", r.Version, Version)
	}
	if slices.Contains(r.Entries, nil) {
		return errors.New("a result: an entry is null")
	}
	slices.SortFunc(r.Units, func(a, b Unit) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(r.Entries, func(a, b *Entry) int { return a.Key.Compare(b.Key) })
	for _, e := range r.Entries {
		e.State, e.Reason = "", "" // it was another baseline's
	}
	r.Runs = max(r.Runs, 1)
	v.result(&r)
	return nil
}

// WriteRun writes the states of packages into a folder of reports.
func WriteRun(folder string, run Run) error {
	text, err := json.Marshal(run)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, RunFile), append(text, '\n'), 0o666)
}
