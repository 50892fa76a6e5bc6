package budget

import "testing"

func TestGroupTable(t *testing.T) {
	d := NewDatabase(DatabaseOptions{})
	other := NewDatabase(DatabaseOptions{})
	var table groupTable
	var origins []*origin
	for i := range 600 {
		st := &Statement{Fingerprint: uint64(i/4) * 0x10001}
		o := &origin{[]*Database{d, other}[i%2], st, &Stack{hash: uint64(i % 4 / 2)}}
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
		equal := &origin{o.database, &Statement{Fingerprint: o.statement.Fingerprint}, o.stack}
		if g := table.find(equal); g == nil || g.origin != o {
			t.Fatalf("%d is not found", i)
		}
	}
}

func TestOriginsAreInterned(t *testing.T) {
	d := NewDatabase(DatabaseOptions{})
	s, a, b := &Stack{}, &Statement{Fingerprint: 1}, &Statement{Fingerprint: 1}
	first := s.origin(d, a)
	if s.origin(d, a) != first {
		t.Error("the same origin was made again")
	}
	if o := s.origin(NewDatabase(DatabaseOptions{}), a); o == first {
		t.Error("that of another database is the same")
	}
	if second := s.origin(d, b); !second.is(first) || second.statement != b {
		t.Error("two texts of one shape do not count together")
	}
}

func TestStock(t *testing.T) {
	var s stock[int]
	seen := map[*int]bool{}
	for range 1000 {
		p := s.take()
		if *p != 0 || seen[p] {
			t.Fatal("a value was handed out twice")
		}
		*p, seen[p] = 1, true
	}
}
