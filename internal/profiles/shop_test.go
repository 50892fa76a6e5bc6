package profiles_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/google/pprof/profile"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/exporters/pprofbudget"
	"github.com/querybudget/querybudget/statement"
)

// shop sends queries as a wrapped driver would, and reports its units to a profile.
type shop struct {
	t        testing.TB
	profile  *pprofbudget.Profile
	delivery *budget.Delivery
	database *budget.Database
	reader   *statement.Reader
	hasher   *statement.Hasher
}

func newShop(t testing.TB, o pprofbudget.Options) *shop {
	p := pprofbudget.New(o)
	h := statement.NewHasher()
	return &shop{
		t, p, &budget.Delivery{Reporters: []budget.Reporter{p}}, budget.NewDatabase(budget.DatabaseOptions{Name: "main", System: "postgresql"}),
		statement.NewReader(statement.PostgreSQL, h, 2048), h,
	}
}

type unit struct {
	*shop
	ctx      context.Context
	recorder *budget.Recorder
}

func (s *shop) request(pattern string, serve func(*unit)) {
	ctx, r := budget.NewContext(context.Background())
	r.SetRoute(budget.Route{Method: "GET", Pattern: pattern})
	s.delivery.Begin(ctx, r)
	serve(&unit{s, ctx, r})
	s.delivery.End(ctx, r)
}

func (u *unit) begin(line int, sql string, args ...any) budget.Execution {
	st := u.reader.Read(sql)
	var a statement.Arguments
	for _, arg := range args {
		a.Add(st, u.hasher, arg)
	}
	a.End(st)
	site := callsite.CallSite{
		Frame: callsite.Frame{Function: "example.com/shop/store.(*Books).List", File: "store/books.go", Line: line},
		Outer: []callsite.Frame{{Function: "example.com/shop.listBooks", File: "handlers.go", Line: 40}},
	}
	x, err := u.recorder.Start(budget.Call{Database: u.database, Statement: st, Arguments: a, Stack: callsite.New(site)})
	if err != nil {
		u.t.Fatal(err)
	}
	return x
}

func (u *unit) read(line int, sql string, rows int64, args ...any) {
	x := u.begin(line, sql, args...)
	x.Open()
	x.Close(rows, nil)
}

// loop is a request of 7 queries, of which 5 could be saved, and 36 rows.
func (u *unit) loop() {
	u.read(10, "SELECT id, name FROM authors", 6)
	for id := range 6 {
		u.read(12, "SELECT count(*) FROM books WHERE author_id = $1 AND price < $2", 5, id+1, 10)
	}
}

// written is the profile since the start, as pprof reads it.
func (s *shop) written() *profile.Profile {
	s.t.Helper()
	var file bytes.Buffer
	if _, err := s.profile.WriteTo(&file); err != nil {
		s.t.Fatal(err)
	}
	return parse(s.t, file.Bytes())
}

func parse(t testing.TB, file []byte) *profile.Profile {
	t.Helper()
	p, err := profile.ParseData(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.CheckValid(); err != nil {
		t.Fatal(err)
	}
	return p
}

// total adds up a sample type.
func total(t testing.TB, p *profile.Profile, name string) int64 {
	t.Helper()
	for i, st := range p.SampleType {
		if st.Type == name {
			var sum int64
			for _, s := range p.Sample {
				sum += s.Value[i]
			}
			return sum
		}
	}
	t.Fatalf("no samples of %q", name)
	return 0
}
