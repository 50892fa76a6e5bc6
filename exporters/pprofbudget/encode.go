package pprofbudget

import (
	"compress/gzip"
	"fmt"
	"io"
	"runtime/debug"
	"time"
	"unicode/utf8"

	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/internal/oneline"
	"github.com/querybudget/querybudget/statement"
)

// The form is that of profile.proto in github.com/google/pprof: the numbers of fields are
// those of its messages. Texts, functions and locations stand once, and are referred to by
// their places.

// sampleTypes are names and units of a sample's values. The first one is what pprof shows
// unless it is asked for another.
var sampleTypes = [len(sums{})][2]string{{"queries", "count"}, {"time", "nanoseconds"}, {"rows", "count"}, {"wasted", "count"}}

// WriteTo writes the profile since the start of the process, for a file that "go tool
// pprof -diff_base" compares with another one. Errors are those of the writer.
func (p *Profile) WriteTo(w io.Writer) (int64, error) {
	counted := &counter{w: w}
	s := p.snapshot()
	err := s.write(counted, s.at.Sub(p.started))
	return counted.n, err
}

// counter counts what is written.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += int64(n)
	return n, err
}

// write writes a profile that took some time, compressed as pprof's own.
func (s snapshot) write(w io.Writer, took time.Duration) error {
	z := gzip.NewWriter(w)
	if _, err := z.Write(s.encode(took)); err != nil {
		return fmt.Errorf("pprofbudget: %w", err)
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("pprofbudget: %w", err)
	}
	return nil
}

func (s snapshot) encode(took time.Duration) []byte {
	t := newTables()
	var out message
	for _, kind := range sampleTypes {
		out.message(1, t.valueType(kind))
	}
	for i := range s.sums {
		if s.sums[i] != (sums{}) {
			out.message(2, s.entries[i].sample(t, s.sums[i]))
		}
	}
	out.message(3, mapping(t))
	period, defaultType := t.valueType(sampleTypes[0]), t.text(sampleTypes[0][0])
	out.bytes = append(append(out.bytes, t.locations.bytes...), t.functions.bytes...)
	for _, text := range t.texts {
		out.text(6, text)
	}
	out.number(9, s.at.UnixNano())
	out.number(10, int64(took))
	out.message(11, period) // each query is a sample; Parca cannot list a profile that does not say so
	out.number(12, 1)
	out.number(14, defaultType)
	return out.bytes
}

func (t *tables) valueType(kind [2]string) (m message) {
	m.number(1, t.text(kind[0]))
	m.number(2, t.text(kind[1]))
	return m
}

// mapping says that there is nothing to symbolise, and names the program.
func mapping(t *tables) message {
	var m message
	m.number(1, 1) // its id
	if info, ok := debug.ReadBuildInfo(); ok {
		m.number(5, t.text(info.Path))
	}
	for hasFunctions := 7; hasFunctions <= 9; hasFunctions++ { // and files and lines
		m.number(hasFunctions, 1)
	}
	return m
}

// sample writes an entry, with its stack from the inside out.
func (e *entry) sample(t *tables, values sums) message {
	places := []int64{t.location(callsite.Frame{Function: nameOf(e.statement)})}
	for _, f := range e.site.Frames() {
		places = append(places, t.location(f))
	}
	var m message
	m.numbers(1, places...)
	m.numbers(2, values[:]...)
	t.label(&m, "route", e.route)
	t.label(&m, "database", e.database)
	t.label(&m, "finding", string(e.finding))
	if e.statement != nil {
		t.label(&m, "statement", e.statement.Summary)
	}
	return m
}

// maxName is how much of a shape is in the name of a leaf.
const maxName = 200

// nameOf names a statement by its shape. One that is cut has its fingerprint, too, since
// pprof takes what has the same name for the same.
func nameOf(st *statement.Statement) string {
	switch {
	case st == nil:
		return "(other)"
	case st.Shape == "":
		return "(statement that could not be read)"
	case len(st.Shape) <= maxName:
		return st.Shape
	}
	end := maxName
	for end > 0 && !utf8.RuneStart(st.Shape[end]) {
		end--
	}
	return st.Shape[:end] + "… " + st.Fingerprint.String()
}

// tables are the parts of a profile that others refer to.
type tables struct {
	texts     []string
	textAt    map[string]int64
	functions message
	functAt   map[function]int64
	locations message
	placeAt   map[callsite.Frame]int64
}

type function struct{ name, file string }

func newTables() *tables {
	t := &tables{textAt: make(map[string]int64), functAt: make(map[function]int64), placeAt: make(map[callsite.Frame]int64)}
	t.text("") // what is not there is text 0
	return t
}

// text returns the place of a text, in which what others have named is made printable:
// some readers refuse a profile for one byte that is no UTF-8.
func (t *tables) text(s string) int64 {
	s = oneline.Text(s)
	at, known := t.textAt[s]
	if !known {
		at = int64(len(t.texts))
		t.textAt[s] = at
		t.texts = append(t.texts, s)
	}
	return at
}

func (t *tables) label(sample *message, name, value string) {
	if value != "" {
		var m message
		m.number(1, t.text(name))
		m.number(2, t.text(value))
		sample.message(3, m)
	}
}

// location returns the id of a line.
func (t *tables) location(f callsite.Frame) int64 {
	if id, known := t.placeAt[f]; known {
		return id
	}
	id := int64(len(t.placeAt) + 1)
	t.placeAt[f] = id
	var line, m message
	line.number(1, t.function(function{f.Function, f.File}))
	line.number(2, int64(f.Line))
	m.number(1, id)
	m.number(2, 1) // the mapping
	m.message(4, line)
	t.locations.message(4, m)
	return id
}

// function returns the id of a function. Its system name stays empty: pprof would take
// what is in parentheses out of a name that is the same as the system's.
func (t *tables) function(f function) int64 {
	if id, known := t.functAt[f]; known {
		return id
	}
	id := int64(len(t.functAt) + 1)
	t.functAt[f] = id
	var m message
	m.number(1, id)
	m.number(2, t.text(f.name))
	m.number(4, t.text(f.file))
	t.functions.message(5, m)
	return id
}
