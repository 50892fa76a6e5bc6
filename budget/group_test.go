package budget

import (
	"fmt"
	"slices"
	"testing"

	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/statement"
)

func TestGroupTable(t *testing.T) {
	d := NewDatabase(DatabaseOptions{})
	other := NewDatabase(DatabaseOptions{})
	stacks := []*callsite.Stack{callsite.New(callsite.CallSite{}), callsite.New(callsite.CallSite{})} // with one hash
	var table groupTable
	var origins []*origin
	for i := range 600 {
		st := &statement.Statement{Fingerprint: statement.Fingerprint(i/4) * 0x10001}
		o := []*Database{d, other}[i%2].origin(st, stacks[i%4/2])
		origins = append(origins, o)
		if table.find(o) != nil {
			t.Fatalf("found %d before it was added", i)
		}
		table.add(&group{origin: o})
	}
	seen := map[*origin]bool{}
	table.each(func(g *group) { seen[g.origin] = true })
	if table.n != len(origins) || len(seen) != len(origins) {
		t.Errorf("%d groups, %d of them listed, want %d", table.n, len(seen), len(origins))
	}
	for i, o := range origins {
		equal := o.database.origin(&statement.Statement{Fingerprint: o.statement.Fingerprint}, o.stack)
		if g := table.find(equal); g == nil || g.origin != o {
			t.Fatalf("%d is not found", i)
		}
	}
}

func TestOriginsAreInterned(t *testing.T) {
	d := NewDatabase(DatabaseOptions{})
	s, a, b := &callsite.Stack{}, &statement.Statement{Fingerprint: 1}, &statement.Statement{Fingerprint: 1}
	first := d.origin(a, s)
	if d.origin(a, s) != first {
		t.Error("the same origin was made again")
	}
	other := &callsite.Stack{} // with the same hash
	if o := d.origin(a, other); o.stack != other {
		t.Error("another stack has the same origin")
	}
	if o := NewDatabase(DatabaseOptions{}).origin(a, s); o.is(first) {
		t.Error("that of another database is the same")
	}
	if second := d.origin(b, s); !second.is(first) || second.statement != b {
		t.Error("two texts of one shape do not count together")
	}
}

func TestSlab(t *testing.T) {
	var s slab[int]
	seen := map[*int]bool{}
	for range 1000 {
		p := s.take()
		if *p != 0 || seen[p] {
			t.Fatal("a value was handed out twice")
		}
		*p, seen[p] = 1, true
	}
}

func TestJoinedNumbers(t *testing.T) {
	o := &origin{statement: &statement.Statement{Shape: "SELECT 1"}, database: NewDatabase(DatabaseOptions{Name: "replica"})}
	a := &group{origin: o, arguments: argumentSet{first: 1, distinct: 1}, Sums: Sums{
		Queries: 1, First: 5, Last: 6, Rows: 10, RowsAffected: 20, Time: 30, Slowest: 50, Blocked: 1, Duplicates: 2, Retries: 3, Errors: 4,
		SlowestExec: 60, MostRows: 70, InTransaction: true, Unknown: 1,
	}}
	b := &group{origin: o, arguments: argumentSet{first: 2, distinct: 1}, Sums: Sums{
		Queries: 2, First: 3, Last: 9, Rows: 100, RowsAffected: 200, Time: 300, Slowest: 500, Blocked: 10, Duplicates: 20, Retries: 30, Errors: 40,
		SlowestExec: 600, MostRows: 700, Parallel: true, ListsVary: true, Unknown: 2,
	}}
	refused := &group{origin: o, Sums: Sums{Blocked: 100}} // never executed, so without a position
	want := Sums{
		Queries: 3, First: 3, Last: 9, Rows: 110, RowsAffected: 220, Time: 330, Slowest: 500, Blocked: 111, Duplicates: 22, Retries: 33, Errors: 44,
		SlowestExec: 600, MostRows: 700, InTransaction: true, Parallel: true, ListsVary: true, Unknown: 3, Distinct: 2,
	}
	for _, order := range [][]*group{{a, b, refused}, {refused, b, a}} {
		if got := joined(order); got.Sums != want || got.Shape != "SELECT 1" || got.Database != "replica" {
			t.Errorf("got  %+v\nwant %+v", got.Sums, want)
		}
	}
	if got := joined([]*group{a}); got.Distinct != 1 || got.Queries != 1 {
		t.Errorf("one alone: %+v", got.Sums)
	}
}

func TestOverflowIsSorted(t *testing.T) {
	_, r := Bounds{Groups: 2}.NewContext(t.Context())
	d := NewDatabase(DatabaseOptions{})
	for _, fingerprint := range []uint64{1, 1, 2, 3, 4} { // the first two are joined
		x, err := r.Start(Call{Database: d, Statement: &statement.Statement{Fingerprint: statement.Fingerprint(fingerprint)}, Stack: callsite.New(callsite.CallSite{})})
		if err != nil {
			t.Fatal(err)
		}
		x.End(0, nil)
	}
	if g := r.Report().Groups; len(g) != 2 || !g[0].Overflow || g[0].Queries != 3 || g[1].Queries != 2 {
		t.Errorf("got %+v", g)
	}
}

// Groups of one call site are one in the report, also where their sum comes before
// what each of them came after.
func TestJoinedGroupsAreSorted(t *testing.T) {
	_, r := NewContext(t.Context())
	d := NewDatabase(DatabaseOptions{})
	site := callsite.CallSite{Frame: callsite.Frame{Function: "shop.Books", File: "shop.go", Line: 7}}
	other := callsite.CallSite{Frame: callsite.Frame{Function: "shop.Books", File: "shop.go", Line: 9}}
	run := func(fingerprint statement.Fingerprint, s *callsite.Stack, times int) {
		for range times {
			x, err := r.Start(Call{Database: d, Statement: &statement.Statement{Fingerprint: fingerprint, Kind: statement.Read}, Stack: s})
			if err != nil {
				t.Fatal(err)
			}
			x.End(0, nil)
		}
	}
	run(1, callsite.New(site), 2)
	run(2, callsite.New(site), 3)
	run(1, callsite.New(site), 2)
	run(1, callsite.New(other), 1)
	run(3, callsite.New(site), 1)
	var got []string
	r.Report() // which changes nothing
	for _, g := range r.Report().Groups {
		got = append(got, fmt.Sprintf("%d: %d from line %d, %d to %d", g.Fingerprint, g.Queries, g.CallSite().Line, g.First, g.Last))
	}
	want := []string{"1: 4 from line 7, 1 to 7", "2: 3 from line 7, 3 to 5", "1: 1 from line 9, 8 to 8", "3: 1 from line 7, 9 to 9"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}
