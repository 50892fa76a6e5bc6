package slogbudget_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/exporters/slogbudget"
	"github.com/querybudget/querybudget/statement"
)

// pageStore sends every query of a page from one line.
type pageStore struct {
	reader *statement.Reader
	hasher *statement.Hasher
}

func (s *pageStore) send(ctx context.Context, query string, rows int64, args ...any) {
	r := budget.FromContext(ctx)
	st := s.reader.Read(query)
	var arguments statement.Arguments
	for _, a := range args {
		arguments.Add(st, s.hasher, a)
	}
	arguments.End(st)
	x, err := r.Start(budget.Call{Database: db, Statement: st, Arguments: arguments})
	if err != nil {
		return
	}
	x.Open()
	x.Close(rows, nil)
}

func (s *pageStore) authors(ctx context.Context) { s.send(ctx, "SELECT id, name FROM authors", 30) }

func (s *pageStore) books(ctx context.Context, author int) {
	s.send(ctx, "SELECT id, title, author_id, isbn, published_at, created_at, updated_at FROM books WHERE author_id = $1", 2, author)
}

func (s *pageStore) publisher(ctx context.Context, id int) {
	s.send(ctx, "SELECT name FROM publishers WHERE id = $1", 1, id)
}

func (s *pageStore) setting(ctx context.Context, name string) {
	s.send(ctx, "SELECT value FROM settings WHERE name = $1", 1, name)
}

func (s *pageStore) seen(ctx context.Context, id int) {
	s.send(ctx, "UPDATE books SET seen = seen + 1 WHERE id = $1", 0, id)
}

func (s *pageStore) other(ctx context.Context, n int) {
	s.send(ctx, fmt.Sprintf("SELECT id, a, b, c FROM part_%c%c WHERE page = $1 ORDER BY a", 'a'+n/6, 'a'+n%6), 3, n)
}

// page has 104 queries in 40 groups.
func (s *pageStore) page(ctx context.Context) {
	s.authors(ctx)
	for i := range 30 {
		s.books(ctx, i+1)
	}
	for i := range 12 {
		s.publisher(ctx, i+100)
	}
	for range 9 {
		s.setting(ctx, "theme")
	}
	for i := range 17 {
		s.seen(ctx, i+1000)
	}
	s.others(ctx)
}

// others asks each part from a line of its own.
func (s *pageStore) others(ctx context.Context) {
	s.other(ctx, 0)
	s.other(ctx, 1)
	s.other(ctx, 2)
	s.other(ctx, 3)
	s.other(ctx, 4)
	s.other(ctx, 5)
	s.other(ctx, 6)
	s.other(ctx, 7)
	s.other(ctx, 8)
	s.other(ctx, 9)
	s.other(ctx, 10)
	s.other(ctx, 11)
	s.other(ctx, 12)
	s.other(ctx, 13)
	s.other(ctx, 14)
	s.other(ctx, 15)
	s.other(ctx, 16)
	s.other(ctx, 17)
	s.other(ctx, 18)
	s.other(ctx, 19)
	s.other(ctx, 20)
	s.other(ctx, 21)
	s.other(ctx, 22)
	s.other(ctx, 23)
	s.other(ctx, 24)
	s.other(ctx, 25)
	s.other(ctx, 26)
	s.other(ctx, 27)
	s.other(ctx, 28)
	s.other(ctx, 29)
	s.other(ctx, 30)
	s.other(ctx, 31)
	s.other(ctx, 32)
	s.other(ctx, 33)
	s.other(ctx, 34)
}

func (s *pageStore) handler(ctx context.Context, depth int) {
	if depth == 0 {
		s.page(ctx)
		return
	}
	func() { s.handler(ctx, depth-1) }()
}

func longReport(t testing.TB) *budget.Report {
	h := statement.NewHasher()
	s := &pageStore{statement.NewReader(statement.PostgreSQL, h, 2048), h}
	ctx, r := budget.NewContext(context.Background())
	r.SetRoute(budget.Route{Method: "GET", Pattern: "/authors/{id}/page"})
	r.SetBudget(budget.Budget{Queries: 20, Repeats: 3, Duplicates: budget.None})
	s.handler(ctx, 8)
	report := r.Report()
	if report.Totals.Queries != 104 || len(report.Groups) != 40 {
		t.Fatalf("%d queries in %d groups", report.Totals.Queries, len(report.Groups))
	}
	return report
}

// unstable is what differs from run to run.
var unstable = regexp.MustCompile(`time=\S+ |"time":"[^"]*",|(duration|db\.time|db\.wall)=\S+ ?|"(duration|time|wall|time_ns)":\d+,?|(_test\.go:|"line":)\d+`)

func TestLongRecord(t *testing.T) {
	report := longReport(t)
	for name, handler := range map[string]func(io.Writer) slog.Handler{
		"text": func(w io.Writer) slog.Handler { return slog.NewTextHandler(w, nil) },
		"json": func(w io.Writer) slog.Handler { return slog.NewJSONHandler(w, nil) },
	} {
		var out bytes.Buffer
		slogbudget.Reporter(slog.New(handler(&out))).Report(t.Context(), report)
		t.Logf("%s: %d bytes", name, out.Len())
		got := unstable.ReplaceAllStringFunc(out.String(), func(s string) string {
			if strings.Contains(s, "_test.go:") || strings.Contains(s, "line") {
				return s[:strings.IndexByte(s, ':')+1] + "0"
			}
			return ""
		})
		file := filepath.Join("testdata", "long."+name)
		if os.Getenv("UPDATE_TEXTS") != "" {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
}

// durations are as long as those of a database.
var durations = regexp.MustCompile(`(_ns":)\d+`)

// The report itself is below 40 kB: what queries have in common stands in their group, and
// lines stand once.
func TestLongReport(t *testing.T) {
	data, err := json.Marshal(longReport(t))
	if data = durations.ReplaceAll(data, []byte("${1}1234567")); err != nil || len(data) > 40_000 {
		t.Errorf("%d bytes, %v", len(data), err)
	}
	t.Logf("%d bytes", len(data))
}

// What is certain comes first, however rare it is; the levels of a recursion are no callers.
func TestOrderOfFindings(t *testing.T) {
	h := statement.NewHasher()
	s := &pageStore{statement.NewReader(statement.PostgreSQL, h, 2048), h}
	ctx, r := budget.NewContext(t.Context())
	s.walk(ctx, 7)
	s.setting(ctx, "theme")
	x, err := r.Start(budget.Call{Database: db, Statement: users})
	if err != nil {
		t.Fatal(err)
	}
	x.Open()
	var out bytes.Buffer
	slogbudget.Options{Groups: 20}.Reporter(slog.New(slog.NewTextHandler(&out, nil))).Report(t.Context(), r.Report())
	got := out.String()
	open, loop := strings.Index(got, "unclosed-rows (certain)"), strings.Index(got, "n+1 (candidate)")
	if open < 0 || loop < open {
		t.Errorf("got %s", got)
	}
	if n := strings.Count(got, "(*pageStore).books"); n != 2 || !strings.Contains(got, `worst="7x SELECT`) || strings.Contains(got, "left_out") {
		t.Errorf("%d callers: %s", n, got)
	}
	x.Close(0, nil)
}

// What a loop reads beside its writes has its own line, and its repair.
func TestReadsOfALoop(t *testing.T) {
	var r budget.Report
	if err := json.Unmarshal([]byte(`{"schema": 2, "id": "0011223344556677", "findings": [{"kind": "write-loop", "confidence": "candidate", "count": 6, "summary": "INSERT copies",
		"repair": "several rows", "call_site": 0, "reads": {"kind": "n+1", "confidence": "candidate", "count": 6, "summary": "SELECT titles", "repair": "one list", "call_site": 1}}],
		"call_sites": [{"frames": [0]}, {"frames": [1]}], "frames": [{"function": "shop.Add", "file": "shop.go", "line": 25}, {"function": "shop.Find", "file": "shop.go", "line": 20}]}`), &r); err != nil {
		t.Fatal(err)
	}
	for want, handler := range map[string]func(*bytes.Buffer) slog.Handler{
		`INSERT copies at shop.go:25 shop.Add, with 6x SELECT titles at shop.go:20 shop.Find -> several rows; in place of 6x SELECT titles: one list`: func(b *bytes.Buffer) slog.Handler {
			return slog.NewTextHandler(b, nil)
		},
		`"reads":{"count":6,"summary":"SELECT titles","call_site":{`: func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
	} {
		var out bytes.Buffer
		slogbudget.Options{}.Reporter(slog.New(handler(&out))).Report(t.Context(), &r)
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in %s", want, out.String())
		}
	}
}

// walk asks for the books of each level, one below the other.
func (s *pageStore) walk(ctx context.Context, level int) {
	if level > 0 {
		s.books(ctx, level)
		s.walk(ctx, level-1)
	}
}

// A record has a hard limit, and says what it left out.
func TestLimitOfRecord(t *testing.T) {
	for name, part := range map[string]string{
		"long": "part", "quotes": `"\`, "characters": "ü語", "unprintable": "\x00\U000e0001\n\u202e\xff",
	} {
		long := strings.Repeat(part, 2000/len(part))
		_, r := budget.NewContext(t.Context())
		r.SetName(long)
		r.SetBudget(budget.Budget{Queries: 1, Repeats: 1, Duplicates: budget.None, Rows: 1, NPlusOne: budget.None, Writes: budget.None, Time: 1})
		for n := range 20 {
			st := &statement.Statement{
				Shape: fmt.Sprint(n, long), Summary: fmt.Sprint(n, long), Fingerprint: statement.Fingerprint(n + 1), Kind: statement.Read,
				Tables: []string{long}, Keys: []string{long}, Repeatable: true,
			}
			for i := range 7 {
				x, err := r.Start(budget.Call{Database: db, Statement: st, Arguments: statement.Arguments{List: uint64(i%6 + 1)}})
				if err != nil {
					t.Fatal(err)
				}
				x.Open()
				x.Close(1, nil)
			}
		}
		report := r.Report()
		var out bytes.Buffer
		slogbudget.Options{Groups: 100, Hints: true}.Reporter(slog.New(slog.NewTextHandler(&out, nil))).Report(t.Context(), report)
		if out.Len() > 8192 || strings.Count(out.String(), "\n") != 1 {
			t.Errorf("%s: %d bytes:\n%s", name, out.Len(), out.String())
		}
		out.Reset()
		slogbudget.Options{Groups: 100, Hints: true}.Reporter(slog.New(slog.NewJSONHandler(&out, nil))).Report(t.Context(), report)
		if out.Len() > 8192 {
			t.Errorf("%s: %d bytes:\n%s", name, out.Len(), out.String())
		}
		var record struct {
			Exceeded, Findings []json.RawMessage
			Worst, Duplicates  []struct{ Count int64 }
			LeftOut            struct {
				Exceeded, Findings, Groups int
				Queries, Duplicates        int64
			} `json:"left_out"`
		}
		if err := json.Unmarshal(out.Bytes(), &record); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		l := record.LeftOut
		for _, g := range record.Worst {
			l.Queries += g.Count
		}
		for _, g := range record.Duplicates {
			l.Duplicates += g.Count
		}
		if len(record.Exceeded) == 0 || len(record.Findings) == 0 || len(record.Worst) == 0 {
			t.Errorf("%s: a list is empty: %s", name, out.String())
		}
		if l.Exceeded+len(record.Exceeded) != len(report.AllExceeded()) || l.Findings+len(record.Findings) != len(report.Findings) ||
			l.Groups+len(record.Worst) != 20 || l.Queries != 140 || l.Duplicates != report.Totals.Duplicates {
			t.Errorf("%s: %+v do not add up: %s", name, l, out.String())
		}
	}
}

func BenchmarkLongReport(b *testing.B) {
	report := longReport(b)
	logger := slogbudget.Reporter(slog.New(slog.NewJSONHandler(io.Discard, nil)))
	b.ReportAllocs()
	for b.Loop() {
		logger.Report(b.Context(), report)
	}
}
