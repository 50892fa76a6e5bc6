package traces

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	collectorpb "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/querybudget/querybudget/budget"
)

// traced makes spans of one trace, one after the other.
type traced struct {
	spans []*tracepb.Span
	now   uint64
}

const second = uint64(time.Second)

func newTrace() *traced { return &traced{now: 1000 * second} }

// span adds a span below another one, that takes a millisecond. Attributes are keys and
// values in turn.
func (t *traced) span(parent *tracepb.Span, kind tracepb.Span_SpanKind, name string, attributes ...any) *tracepb.Span {
	n := byte(len(t.spans) + 1)
	s := &tracepb.Span{
		TraceId: bytes.Repeat([]byte{7}, 16), SpanId: []byte{0, 0, 0, 0, 0, 0, 0, n}, Name: name, Kind: kind,
		StartTimeUnixNano: t.now, EndTimeUnixNano: t.now + uint64(time.Millisecond),
	}
	if parent != nil {
		s.ParentSpanId = parent.SpanId
	}
	for i := 0; i < len(attributes); i += 2 {
		v := &commonpb.AnyValue{}
		switch a := attributes[i+1].(type) {
		case string:
			v.Value = &commonpb.AnyValue_StringValue{StringValue: a}
		case int:
			v.Value = &commonpb.AnyValue_IntValue{IntValue: int64(a)}
		case bool:
			v.Value = &commonpb.AnyValue_BoolValue{BoolValue: a}
		case float64:
			v.Value = &commonpb.AnyValue_DoubleValue{DoubleValue: a}
		}
		s.Attributes = append(s.Attributes, &commonpb.KeyValue{Key: attributes[i].(string), Value: v})
	}
	t.spans = append(t.spans, s)
	t.now += 2 * uint64(time.Millisecond)
	return s
}

func (t *traced) server(route string) *tracepb.Span {
	s := t.span(nil, tracepb.Span_SPAN_KIND_SERVER, "GET", "http.request.method", "GET", "http.route", route)
	s.EndTimeUnixNano += 100 * second
	return s
}

// query adds a query with a text of the current names.
func (t *traced) query(parent *tracepb.Span, text string, attributes ...any) *tracepb.Span {
	return t.span(parent, tracepb.Span_SPAN_KIND_CLIENT, "SELECT", append([]any{"db.system.name", "postgresql", "db.query.text", text}, attributes...)...)
}

func (t *traced) message() *collectorpb.ExportTraceServiceRequest {
	return &collectorpb.ExportTraceServiceRequest{ResourceSpans: []*tracepb.ResourceSpans{{ScopeSpans: []*tracepb.ScopeSpans{{
		Scope: &commonpb.InstrumentationScope{Name: "a library"}, Spans: t.spans,
	}}}}}
}

func (t *traced) protobuf(tt testing.TB) []byte {
	tt.Helper()
	b, err := proto.Marshal(t.message())
	if err != nil {
		tt.Fatal(err)
	}
	return b
}

func (t *traced) json(tt testing.TB) []byte {
	tt.Helper()
	text, err := protojson.Marshal(t.message())
	if err != nil {
		tt.Fatal(err)
	}
	// OTLP has ids in hexadecimal digits, and not in base64 as protobuf has.
	for _, s := range t.spans {
		for _, id := range [][]byte{s.TraceId, s.SpanId, s.ParentSpanId} {
			if len(id) > 0 {
				old, err := protojson.Marshal(&commonpb.AnyValue{Value: &commonpb.AnyValue_BytesValue{BytesValue: id}})
				if err != nil {
					tt.Fatal(err)
				}
				base64 := bytes.TrimSuffix(old[bytes.LastIndexByte(old[:len(old)-2], '"'):], []byte("}"))
				text = bytes.ReplaceAll(text, base64, []byte(`"`+hex.EncodeToString(id)+`"`))
			}
		}
	}
	return text
}

// judge reads spans and returns the reports of their units.
func judge(tt testing.TB, o Options, text []byte) ([]*budget.Report, Stats) {
	tt.Helper()
	var out []*budget.Report
	o.Report = func(r *budget.Report) { out = append(out, r) }
	j := NewJudge(o)
	if err := read("spans", bytes.NewReader(text), j.Add); err != nil {
		tt.Fatal(err)
	}
	j.End()
	return out, j.Stats
}

// findings lists findings in one line each.
func findings(reports []*budget.Report) (out []string) {
	for _, r := range reports {
		for _, f := range r.Findings {
			if f.Confidence != budget.Hint {
				text := fmt.Sprintf("%s: %s %dx %s", r.Name, f.Kind, f.Count, f.Summary)
				if f.Note != "" {
					text += ", " + f.Note
				}
				out = append(out, text)
			}
		}
	}
	return out
}

// Loops as several languages' SDKs name them, and the known guards.
func TestFindings(t *testing.T) {
	loop := func(text func(i int) string, attributes func(i int) []any) func(*traced, *tracepb.Span) {
		return func(tr *traced, s *tracepb.Span) {
			for i := range 6 {
				var a []any
				if attributes != nil {
					a = attributes(i)
				}
				tr.query(s, text(i), a...)
			}
		}
	}
	same := func(text string) func(int) string { return func(int) string { return text } }
	for name, test := range map[string]struct {
		build func(*traced, *tracepb.Span)
		want  []string
	}{
		"literals":                  {loop(func(i int) string { return fmt.Sprintf("SELECT * FROM books WHERE author_id = %d", i) }, nil), []string{"GET /a: n+1 6x SELECT books"}},
		"the same literals":         {loop(same("SELECT * FROM books WHERE author_id = 7"), nil), []string{"GET /a: duplicate 5x SELECT books"}},
		"question marks":            {loop(same("SELECT * FROM books WHERE author_id = ?"), nil), []string{"GET /a: n+1 6x SELECT books, arguments unknown"}},
		"numbers":                   {loop(same("SELECT * FROM books WHERE author_id = $1"), nil), []string{"GET /a: n+1 6x SELECT books, arguments unknown"}},
		"names":                     {loop(same("SELECT * FROM books WHERE author_id = :id"), nil), []string{"GET /a: n+1 6x SELECT books, arguments unknown"}},
		"Python":                    {loop(same("SELECT * FROM books WHERE author_id = %s"), nil), []string{"GET /a: n+1 6x SELECT books, arguments unknown"}},
		"Python's names":            {loop(same("SELECT * FROM books WHERE author_id = %(id)s"), nil), []string{"GET /a: n+1 6x SELECT books, arguments unknown"}},
		"parameters":                {loop(same("SELECT * FROM books WHERE author_id = ?"), func(i int) []any { return []any{"db.query.parameter.0", fmt.Sprint(i)} }), []string{"GET /a: n+1 6x SELECT books"}},
		"the same parameters":       {loop(same("SELECT * FROM books WHERE author_id = ?"), func(int) []any { return []any{"db.query.parameter.0", 7} }), []string{"GET /a: duplicate 5x SELECT books"}},
		"a shard each":              {loop(same("SELECT * FROM books WHERE author_id = ?"), func(i int) []any { return []any{"server.address", fmt.Sprint("shard", i)} }), nil},
		"a schema each":             {loop(same("SELECT * FROM books WHERE author_id = ?"), func(i int) []any { return []any{"db.namespace", fmt.Sprint("tenant", i)} }), nil},
		"lists":                     {loop(same("SELECT * FROM books WHERE author_id IN (?, ?, ?)"), nil), nil},
		"lists that were shortened": {loop(same("SELECT * FROM books WHERE author_id IN (?)"), nil), nil},
		"transaction control":       {loop(same("SAVEPOINT a"), nil), nil},
		"a pool's checks":           {loop(same("SELECT 1"), nil), nil},
		"four are below the default": {func(tr *traced, s *tracepb.Span) {
			loop(same("SELECT * FROM b WHERE c = ?"), nil)(tr, s)
			s.Attributes = nil
			tr.spans = tr.spans[:5]
		}, nil},
		"writes":    {loop(same("INSERT INTO log (line) VALUES (?)"), nil), []string{"GET /a: write-loop 6x INSERT log, arguments unknown"}},
		"slow":      {func(tr *traced, s *tracepb.Span) { tr.query(s, "SELECT 1 FROM t").EndTimeUnixNano += second }, []string{"GET /a: slow 1x SELECT t"}},
		"many rows": {func(tr *traced, s *tracepb.Span) { tr.query(s, "SELECT a FROM t", "db.response.returned_rows", 5000) }, []string{"GET /a: large-result 1x SELECT t"}},
		"below a span of the code": {func(tr *traced, s *tracepb.Span) {
			for i := range 6 {
				tr.query(tr.span(s, tracepb.Span_SPAN_KIND_INTERNAL, "render"), fmt.Sprintf("SELECT a FROM t WHERE b = %d", i))
			}
		}, []string{"GET /a: n+1 6x SELECT t"}},
		"an ORM and its driver": {func(tr *traced, s *tracepb.Span) {
			for i := range 6 {
				outer := tr.query(s, fmt.Sprintf("SELECT a FROM t WHERE b = %d", i))
				outer.EndTimeUnixNano += 4 * uint64(time.Millisecond)
				tr.query(outer, fmt.Sprintf("SELECT a FROM t WHERE b = %d", i))
			}
		}, []string{"GET /a: n+1 6x SELECT t"}},
		"while rows are read": {func(tr *traced, s *tracepb.Span) {
			outer := tr.query(s, "SELECT id FROM authors")
			for i := range 4 {
				tr.query(outer, fmt.Sprintf("SELECT name FROM books WHERE author_id = %d", i))
			}
			outer.EndTimeUnixNano = tr.now
		}, []string{"GET /a: nested-query 4x SELECT books"}},
		"old names": {func(tr *traced, s *tracepb.Span) {
			for i := range 6 {
				tr.span(s, tracepb.Span_SPAN_KIND_CLIENT, "q", "db.system", "mysql", "db.statement", fmt.Sprintf("SELECT a FROM t WHERE b = \"%d\"", i))
			}
		}, []string{"GET /a: n+1 6x SELECT t"}},
		"two lines of code": {func(tr *traced, s *tracepb.Span) {
			for i := range 6 {
				tr.query(s, "SELECT a FROM t WHERE b = ?", "code.function.name", "shop.List", "code.file.path", "shop.py", "code.line.number", 1+i%2*40, "db.query.parameter.0", i)
			}
		}, nil},
	} {
		tr := newTrace()
		test.build(tr, tr.server("/a"))
		for form, text := range map[string][]byte{"protobuf": tr.protobuf(t), "JSON": tr.json(t)} {
			reports, _ := judge(t, Options{}, text)
			if got := findings(reports); !slices.Equal(got, test.want) {
				t.Errorf("%s, %s: %q, want %q", name, form, got, test.want)
			}
		}
	}
}

func TestCallSites(t *testing.T) {
	for name, attributes := range map[string][]any{
		"new names": {"code.function.name", "shop.Store.list", "code.file.path", "shop/store.py", "code.line.number", 48},
		"old names": {"code.function", "list", "code.namespace", "shop.Store", "code.filepath", "shop/store.py", "code.lineno", 48},
	} {
		tr := newTrace()
		s := tr.server("/a")
		for i := range 6 {
			tr.query(s, fmt.Sprintf("SELECT a FROM t WHERE b = %d", i), attributes...)
		}
		reports, _ := judge(t, Options{}, tr.protobuf(t))
		if got := reports[0].Findings[0].CallSite().String(); got != "shop/store.py:48 shop.Store.list" {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// Units are requests, messages and jobs, and what is not judged is counted.
func TestUnitsAndStats(t *testing.T) {
	tr := newTrace()
	job := tr.span(nil, tracepb.Span_SPAN_KIND_INTERNAL, "nightly")
	tr.query(job, "SELECT a FROM t")
	consumer := tr.span(job, tracepb.Span_SPAN_KIND_CONSUMER, "orders process")
	tr.query(consumer, "SELECT b FROM t WHERE c = ?")
	client := tr.span(consumer, tracepb.Span_SPAN_KIND_CLIENT, "GET")
	server := tr.span(client, tracepb.Span_SPAN_KIND_SERVER, "GET /books/{id}", "http.request.method", "GET")
	tr.query(server, "SELECT d FROM t")
	tr.query(&tracepb.Span{SpanId: []byte("nowhere!")}, "SELECT e FROM t")
	tr.span(server, tracepb.Span_SPAN_KIND_CLIENT, "connect", "db.system.name", "postgresql")
	tr.span(server, tracepb.Span_SPAN_KIND_CLIENT, "GET", "db.system.name", "redis", "db.query.text", "GET a")
	reports, stats := judge(t, Options{}, tr.protobuf(t))
	var names []string
	for _, r := range reports {
		names = append(names, fmt.Sprintf("%s %d", r.Name, r.Totals.Queries))
	}
	if want := []string{"nightly 1", "orders process 1", "GET /books/{id} 1"}; !slices.Equal(names, want) {
		t.Errorf("%q", names)
	}
	if want := (Stats{Spans: 10, Traces: 1, Units: 3, Databases: 6, NoText: 1, NotSQL: 1, Orphans: 1, Unknown: 1}); stats != want {
		t.Errorf("%+v, want %+v", stats, want)
	}
}

// Clocks that are too coarse, or disagree, make spans that take no time, or less.
func TestSpansWithoutTime(t *testing.T) {
	tr := newTrace()
	s := tr.server("/a")
	for i := range 6 {
		q := tr.query(s, fmt.Sprintf("SELECT a FROM t WHERE b = %d", i))
		q.EndTimeUnixNano = q.StartTimeUnixNano - uint64(i)
	}
	reports, _ := judge(t, Options{}, tr.protobuf(t))
	if totals := reports[0].Totals; totals.Queries != 6 || totals.Running != 0 || totals.ExecTime != 0 || len(findings(reports)) != 1 {
		t.Errorf("%+v, %q", totals, findings(reports))
	}
}

// Circles and spans that are their own parents come to an end.
func TestCircles(t *testing.T) {
	tr := newTrace()
	a := tr.query(nil, "SELECT a FROM t")
	b := tr.query(a, "SELECT b FROM t")
	a.ParentSpanId = b.SpanId
	c := tr.query(nil, "SELECT c FROM t")
	c.ParentSpanId = c.SpanId
	if _, stats := judge(t, Options{}, tr.protobuf(t)); stats.Databases != 3 || stats.Orphans+stats.Inner != 3 {
		t.Errorf("%+v", stats)
	}
}

// The order in which spans come changes nothing.
func TestOrderOfSpans(t *testing.T) {
	tr := newTrace()
	s := tr.server("/a")
	for i := range 6 {
		tr.query(s, fmt.Sprintf("SELECT a FROM t WHERE b = %d", i))
	}
	want, _ := judge(t, Options{}, tr.protobuf(t))
	slices.Reverse(tr.spans)
	got, _ := judge(t, Options{}, tr.protobuf(t))
	if !slices.Equal(findings(got), findings(want)) || got[0].Queries[0].Start != want[0].Queries[0].Start {
		t.Errorf("%q, want %q", findings(got), findings(want))
	}
}

func TestBudgets(t *testing.T) {
	name := filepath.Join(t.TempDir(), "budgets.json")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(`{"GET /a": {"queries": 3}, "*": {"queries": 100, "n_plus_one": -1, "mode": "enforce"}}`)
	b, err := ReadBudgets(name)
	if err != nil {
		t.Fatal(err)
	}
	tr := newTrace()
	s := tr.server("/a")
	for i := range 6 {
		tr.query(s, fmt.Sprintf("SELECT a FROM t WHERE b = %d", i))
	}
	reports, _ := judge(t, Options{Budget: b.Of}, tr.protobuf(t))
	if err := reports[0].Err(); err == nil || !strings.HasPrefix(err.Error(), "budget: queries: 3 allowed, 6 observed in GET /a: SELECT t") {
		t.Errorf("%v", err)
	}
	s.Attributes[1].Value = &commonpb.AnyValue{Value: &commonpb.AnyValue_StringValue{StringValue: "/b"}}
	reports, _ = judge(t, Options{Budget: b.Of}, tr.protobuf(t))
	if err := reports[0].Err(); err == nil || !strings.HasPrefix(err.Error(), "budget: n+1: 0 allowed, 1 observed in GET /b") || reports[0].Totals.Queries != 6 {
		t.Errorf("%v", err)
	}
	for text, want := range map[string]string{
		"{\n\"GET /a\": {\"querys\": 3}}": ":2: json: unknown field", `{"a": {"queries": -5}}`: `: "a": budget: the limit of queries is -5`, "{} {}": "more than one object", "": ":1: EOF",
	} {
		write(text)
		if _, err := ReadBudgets(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// An endless stream takes bounded memory: the oldest traces are judged, and what comes
// late is said.
func TestBoundedMemory(t *testing.T) {
	units := 0
	j := NewJudge(Options{MaxSpans: 100, Report: func(*budget.Report) { units++ }})
	span := func(trace, n int) *Span {
		s := &Span{Kind: kindServer, Name: "GET /a", Start: second, End: 2 * second}
		binary.BigEndian.PutUint64(s.Trace[:], uint64(trace))
		binary.BigEndian.PutUint64(s.ID[:], uint64(n))
		return s
	}
	for i := range 5000 {
		if err := j.Add(span(i, i+1)); err != nil {
			t.Fatal(err)
		}
		if len(j.traces) > 100 || j.spans > 100 || j.order.Len() != len(j.traces) {
			t.Fatalf("%d traces, %d spans", len(j.traces), j.spans)
		}
	}
	if units != 4900 {
		t.Errorf("%d units", units)
	}
	if err := j.Add(span(1, 1)); err != nil || j.Stats.Late != 1 {
		t.Errorf("%v, %d late", err, j.Stats.Late)
	}
	late := span(100_000, 1)
	late.End = 1000 * second // a minute and more after the others
	if err := j.Add(late); err != nil || len(j.traces) != 1 {
		t.Errorf("%v, %d traces wait", err, len(j.traces))
	}
	for i := range maxJudged + 100 {
		j.remember(TraceID{1, byte(i), byte(i >> 8), byte(i >> 16)})
	}
	if len(j.judged) > maxJudged || len(j.forget) > maxJudged {
		t.Errorf("%d are remembered", len(j.judged))
	}
}

// delimited writes messages as the file exporter does.
func delimited(messages ...[]byte) (out []byte) {
	for _, m := range messages {
		out = append(binary.BigEndian.AppendUint32(out, uint32(len(m))), m...)
	}
	return out
}

func TestFiles(t *testing.T) {
	tr := newTrace()
	s := tr.server("/a")
	tr.query(s, "SELECT a FROM t", "code.lineno", 3, "x", true, "y", 1.5, "db.query.parameter.b", false, "db.query.parameter.f", 2.5)
	pb, js := tr.protobuf(t), tr.json(t)
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	if _, err := z.Write(js); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	var want []Span
	if err := decodeProtobuf(pb, newIntern().text, func(s *Span) error { want = append(want, *s); return nil }); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{"one message": pb, "messages": delimited(pb), "JSON": js, "zipped": zipped.Bytes(), "lines": append(append([]byte(" \n"), js...), 10)} {
		var got []Span
		if err := read("spans", bytes.NewReader(text), func(s *Span) error { got = append(got, *s); return nil }); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if fmt.Sprint(got) != fmt.Sprint(want) || len(got) != 2 {
			t.Errorf("%s: %+v\nwant %+v", name, got, want)
		}
	}
	for name, test := range map[string]struct {
		text []byte
		want string
	}{
		"empty":             {nil, "spans: the file is empty"},
		"half a message":    {delimited(pb)[:40], "spans: byte 0: the file ends within a message"},
		"half the second":   {append(delimited(pb), 0, 0), fmt.Sprintf("spans: byte %d: the file ends within", len(pb)+4)},
		"half a line":       {append(slices.Concat(js, []byte("\n")), js[:30]...), "spans:2: the file ends within a value"},
		"another JSON":      {[]byte("{}"), "spans:1: no resourceSpans"},
		"a broken id":       {bytes.Replace(js, []byte(strings.Repeat("07", 16)), []byte("xyz"), 1), `spans:1: traceId is "xyz"`},
		"a broken time":     {bytes.Replace(js, []byte("1000000000000"), []byte("soon"), 1), "spans:1: not a number"},
		"something else":    {[]byte("\x7fELF and more"), "spans: byte 0: a message of 2135247942 bytes: this is neither"},
		"a broken protobuf": {[]byte{0x0a, 0xff, 0x01, 0x00}, "spans: broken protobuf: a length of 255"},
		"a broken zip":      {[]byte{0x1f, 0x8b, 0x00}, "spans: "},
	} {
		if err := read("spans", bytes.NewReader(test.text), func(*Span) error { return nil }); err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%s: %v, want %s", name, err, test.want)
		}
	}
}

func FuzzProtobuf(f *testing.F) {
	tr := newTrace()
	tr.query(tr.server("/a"), "SELECT a FROM t WHERE b = ?", "code.lineno", 3, "y", 1.5, "z", true)
	f.Add(tr.protobuf(f))
	f.Fuzz(func(t *testing.T, message []byte) {
		j := NewJudge(Options{Report: func(*budget.Report) {}})
		n := int64(0)
		err := decodeProtobuf(message, newIntern().text, func(s *Span) error { n++; return j.Add(s) })
		j.End()
		if j.Stats.Spans != n {
			t.Fatal("spans are lost")
		}
		var want collectorpb.ExportTraceServiceRequest
		if theirs := proto.Unmarshal(message, &want); theirs == nil && err == nil {
			spans := int64(0)
			for _, r := range want.ResourceSpans {
				for _, s := range r.ScopeSpans {
					spans += int64(len(s.Spans))
				}
			}
			if spans != n {
				t.Fatalf("%d spans, want %d", n, spans)
			}
		}
	})
}

func FuzzJSON(f *testing.F) {
	tr := newTrace()
	tr.query(tr.server("/a"), "SELECT a FROM t WHERE b = ?", "code.lineno", 3)
	f.Add(tr.json(f))
	f.Fuzz(func(t *testing.T, text []byte) {
		j := NewJudge(Options{Report: func(*budget.Report) {}})
		if spans, err := decodeJSON(text); err == nil {
			if err := each(spans, j.Add); err != nil {
				t.Fatal(err)
			}
		}
		j.End()
	})
}

func FuzzPlaceholders(f *testing.F) {
	f.Add("SELECT '%s' FROM t WHERE a = %s AND b = %(b)s -- ?")
	f.Fuzz(func(t *testing.T, text string) {
		out := placeholders(text)
		if hasPlaceholder(out) != hasPlaceholder(text) {
			t.Fatalf("%q became %q", text, out)
		}
		lists(out)
	})
}

func TestPlaceholders(t *testing.T) {
	for text, want := range map[string]bool{
		"a = ?": true, "a = $1": true, "a = :id": true, "a = @p1": true, "a = %s": true, "a = %(id)s": true, "a IN (?)": true,
		"a = 1": false, "a = '?'": false, "a::int = 1": false, "a % 2 = 1": false, "a /* ? */": false, "a -- ?\n": false, "@@version": false, "a = 'it''s' AND b = \"$1\"": false,
		"a LIKE '%s'": false, "x = y%sum": false,
	} {
		if got := hasPlaceholder(text); got != want {
			t.Errorf("%s: %v", text, got)
		}
	}
	if got := placeholders("a = %s AND b = '%s' AND c = %(c)s AND d % 2"); got != "a = ? AND b = '%s' AND c = ? AND d % 2" {
		t.Errorf("%s", got)
	}
}

// Exporters send to it, and pages in a browser cannot.
func TestListen(t *testing.T) {
	for _, address := range []string{"0.0.0.0:0", ":0", "192.0.2.1:4318", "example.com:4318", "4318"} {
		if l, err := Listen(address); err == nil {
			t.Errorf("%s was opened", address)
			_ = l.Close()
		}
	}
	l, err := Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	units := make(chan *budget.Report, 10)
	ctx, cancel := context.WithCancel(t.Context())
	server := NewServer(NewJudge(Options{Report: func(r *budget.Report) { units <- r }}), time.Hour)
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx, l) }()
	tr := newTrace()
	s := tr.server("/a")
	for i := range 6 {
		tr.query(s, fmt.Sprintf("SELECT a FROM t WHERE b = %d", i))
	}
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	if _, err := z.Write(tr.protobuf(t)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	post := func(path, contentType, encoding string, body []byte) int {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+l.Addr().String()+path, bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", contentType)
		r.Header.Set("Content-Encoding", encoding)
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		return resp.StatusCode
	}
	for _, test := range []struct {
		path, contentType, encoding string
		body                        []byte
		want                        int
	}{
		{"/v1/traces", "application/x-protobuf", "gzip", zipped.Bytes(), 200},
		{"/v1/traces", "application/json; charset=utf-8", "", []byte(`{"resourceSpans":[]}`), 200},
		{"/v1/traces", "text/plain", "", tr.json(t), 415},
		{"/v1/traces", "application/json", "", []byte("{"), 400},
		{"/v1/traces", "application/x-protobuf", "", []byte{0x0a, 0xff}, 400},
		{"/v1/traces", "application/x-protobuf", "br", nil, 400},
		{"/v1/traces", "application/x-protobuf", "gzip", []byte("no"), 400},
		{"/v1/metrics", "application/x-protobuf", "", nil, 404},
	} {
		if got := post(test.path, test.contentType, test.encoding, test.body); got != test.want {
			t.Errorf("%s %s %s: %d, want %d", test.path, test.contentType, test.encoding, got, test.want)
		}
	}
	http.DefaultClient.CloseIdleConnections()
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if got := findings([]*budget.Report{<-units}); !slices.Equal(got, []string{"GET /a: n+1 6x SELECT t"}) || len(units) > 0 {
		t.Errorf("%q", got)
	}
}

// million writes a file of spans: traces of a request with nine queries.
func million(b *testing.B, spans int, write func(*traced) []byte) string {
	b.Helper()
	name := filepath.Join(b.TempDir(), "spans")
	file, err := os.Create(name)
	if err != nil {
		b.Fatal(err)
	}
	for n := 0; n < spans; {
		tr := newTrace()
		for range 100 { // a batch
			first := len(tr.spans)
			tr.now += uint64(n) * uint64(time.Millisecond)
			s := tr.server("/a")
			for i := range 9 {
				tr.query(s, "SELECT title FROM books WHERE author_id = $1", "server.address", "db", "server.port", 5432, "db.namespace", "shop", "db.query.parameter.1", fmt.Sprint(i))
			}
			for i, s := range tr.spans[first:] {
				binary.BigEndian.PutUint64(s.TraceId, uint64(n))
				binary.BigEndian.PutUint64(s.SpanId, uint64(n+i+1))
			}
			for _, q := range tr.spans[first+1:] {
				q.ParentSpanId = s.SpanId
			}
			n += 10
		}
		if _, err := file.Write(write(tr)); err != nil {
			b.Fatal(err)
		}
	}
	if err := file.Close(); err != nil {
		b.Fatal(err)
	}
	return name
}

// jsonLine is traced.json in less time.
func jsonLine(t *traced) []byte {
	var out bytes.Buffer
	out.WriteString(`{"resourceSpans":[{"scopeSpans":[{"spans":[`)
	for i, s := range t.spans {
		if i > 0 {
			out.WriteByte(',')
		}
		fmt.Fprintf(&out, `{"traceId":"%x","spanId":"%x","parentSpanId":"%x","name":%q,"kind":%d,"startTimeUnixNano":"%d","endTimeUnixNano":"%d","attributes":[`,
			s.TraceId, s.SpanId, s.ParentSpanId, s.Name, s.Kind, s.StartTimeUnixNano, s.EndTimeUnixNano)
		for i, a := range s.Attributes {
			if i > 0 {
				out.WriteByte(',')
			}
			if v, ok := a.Value.Value.(*commonpb.AnyValue_IntValue); ok {
				fmt.Fprintf(&out, `{"key":%q,"value":{"intValue":"%d"}}`, a.Key, v.IntValue)
			} else {
				fmt.Fprintf(&out, `{"key":%q,"value":{"stringValue":%q}}`, a.Key, a.Value.GetStringValue())
			}
		}
		out.WriteString("]}")
	}
	out.WriteString("]}]}]}\n")
	return out.Bytes()
}

func BenchmarkMillion(b *testing.B) {
	spans := 1_000_000
	if testing.Short() {
		spans = 20_000
	}
	for name, write := range map[string]func(*traced) []byte{
		"protobuf": func(t *traced) []byte { return delimited(t.protobuf(b)) },
		"json":     jsonLine,
	} {
		b.Run(name, func(b *testing.B) {
			file := million(b, spans, write)
			info, err := os.Stat(file)
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(info.Size())
			for b.Loop() {
				units := 0
				j := NewJudge(Options{Report: func(r *budget.Report) {
					if len(r.Findings) == 1 {
						units++
					}
				}})
				if err := ReadFile(file, j.Add); err != nil {
					b.Fatal(err)
				}
				j.End()
				if units != spans/10 {
					b.Fatalf("%d loops were found", units)
				}
			}
			b.ReportMetric(float64(spans)*float64(b.N)/b.Elapsed().Seconds(), "spans/s")
		})
	}
}
