package baseline

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/querybudget/querybudget/budget/budgettest"
	"github.com/querybudget/querybudget/cmd/querybudget/format"
	"github.com/querybudget/querybudget/cmd/querybudget/result"
)

// Name is the file's usual name.
const Name = "querybudget.baseline"

// Entry is a line of the file: a finding that is accepted.
type Entry struct {
	result.Key
	// Count and Places are the most that is accepted. A Count that grows with the data is
	// accepted at any size, and is 0.
	Count  int64 `json:"count,omitempty"`
	Places int64 `json:"places,omitempty"`
	// Grows and RowsGrow are the growth that is accepted.
	Grows    budgettest.Growth `json:"grows,omitzero"`
	RowsGrow budgettest.Growth `json:"rows_grow,omitzero"`
	// Reason says why, for those who read the file.
	Reason string `json:"reason"`
	// Tests are those that showed it, the first [maxTests]: where one of them did not run,
	// the finding is not repaired because nobody saw it.
	Tests []string `json:"tests,omitempty"`
}

// maxTests is the number of tests of an entry.
const maxTests = 5

// sizeless reports whether the count grows with the data.
func (e *Entry) sizeless() bool { return e.Grows >= budgettest.Linear }

func (e *Entry) equal(o *Entry) bool {
	if e == nil || o == nil {
		return e == o
	}
	return e.Key == o.Key && e.Count == o.Count && e.Places == o.Places && e.Grows == o.Grows && e.RowsGrow == o.RowsGrow &&
		e.Reason == o.Reason && slices.Equal(e.Tests, o.Tests)
}

// File is what is accepted, by key. The zero File accepts nothing.
type File struct {
	entries map[result.Key]*Entry
}

// Len is the number of entries.
func (f *File) Len() int { return len(f.entries) }

// Entries returns the entries by key.
func (f *File) Entries() []*Entry {
	out := make([]*Entry, 0, len(f.entries))
	for _, key := range slices.SortedFunc(maps.Keys(f.entries), result.Key.Compare) {
		out = append(out, f.entries[key])
	}
	return out
}

func (f *File) put(e *Entry) {
	if f.entries == nil {
		f.entries = map[result.Key]*Entry{}
	}
	f.entries[e.Key] = e
}

// version is that of the form of the file.
const version = 1

// header is the first line. It does not change, so that merges leave it alone.
const header = `{"querybudget_baseline":1}`

// Load reads a file. A file that is not there is [fs.ErrNotExist].
func Load(name string) (*File, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return Parse(name, text)
}

// LoadOrEmpty is Load of a file that need not be there.
func LoadOrEmpty(name string) (*File, error) {
	f, err := Load(name)
	if errors.Is(err, fs.ErrNotExist) {
		return &File{}, nil
	}
	return f, err
}

// Parse reads the text of a file. Errors begin with the name and the line.
func Parse(name string, text []byte) (*File, error) {
	f := &File{}
	lines := map[result.Key]int{}
	n, headed := 0, false
	for line := range bytes.Lines(text) {
		n++
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			continue
		}
		e, err := parseLine(line, &headed)
		if err == nil && e != nil {
			err = f.addLine(e, n, lines)
		}
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", name, n, err)
		}
	}
	if !headed && n > 0 {
		return nil, fmt.Errorf("%s:1: this is no baseline of querybudget: its first line is %s", name, header)
	}
	return f, nil
}

// parseLine reads a line. It is nil for the header.
func parseLine(line []byte, headed *bool) (*Entry, error) {
	for _, marker := range []string{"<<<<<<<", "=======", ">>>>>>>", "|||||||"} {
		if bytes.HasPrefix(line, []byte(marker)) {
			return nil, errors.New("a merge was not resolved here: keep one of the two versions and take the markers out, or merge again with querybudget merge")
		}
	}
	if !*headed {
		*headed = true
		return nil, parseHeader(line)
	}
	if string(line) == header {
		return nil, nil // files that were put together
	}
	e := &Entry{}
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(e); err != nil {
		return nil, fmt.Errorf("not an entry: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one entry in a line")
	}
	switch {
	case e.Unit == "" || e.Kind == "":
		return nil, errors.New("an entry needs a unit and a kind")
	case e.Kind == result.Statement:
		return nil, errors.New("a statement is nothing that can be accepted")
	case strings.TrimSpace(e.Reason) == "":
		return nil, errors.New("an entry needs a reason")
	case e.Count < 0 || e.Places < 0:
		return nil, errors.New("a count below zero")
	}
	return e, nil
}

func parseHeader(line []byte) error {
	var h struct {
		Version int `json:"querybudget_baseline"`
	}
	switch err := json.Unmarshal(line, &h); {
	case err != nil || h.Version == 0:
		return fmt.Errorf("this is no baseline of querybudget: its first line is %s", header)
	case h.Version != version:
		return fmt.Errorf("a baseline of version %d: this version of the command reads %d", h.Version, version)
	}
	return nil
}

func (f *File) addLine(e *Entry, n int, lines map[result.Key]int) error {
	if old := f.entries[e.Key]; old != nil && !old.equal(e) {
		return fmt.Errorf("the key of line %d again, and they differ: keep one of the two", lines[e.Key])
	}
	lines[e.Key] = n
	f.put(e)
	return nil
}

// Text is the file's text.
func (f *File) Text() string {
	var b strings.Builder
	b.WriteString(header + "\n")
	for _, e := range f.Entries() {
		b.WriteString(e.line())
	}
	return b.String()
}

// line is the line of an entry.
func (e *Entry) line() string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(e); err != nil { // of texts and numbers
		panic("baseline: " + err.Error())
	}
	return b.String()
}

// Save writes the file at once, or leaves it as it is.
func (f *File) Save(name string) error { return format.WriteFile(name, f.Text()) }
