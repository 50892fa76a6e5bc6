package budget

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/statement"
)

// maxUnattributed is the number of shapes that are kept one by one.
const maxUnattributed = 200

// UnattributedTotals is what ran on a database handle in contexts without a recorder,
// since the handle was made: queries that no report holds.
type UnattributedTotals struct {
	// Queries and Errors are counted without end.
	Queries int64 `json:"queries"`
	Errors  int64 `json:"errors"`
	// Attributed is set when the handle has also run queries of a recorder.
	// Only then are unattributed ones suspicious: a lost context, as a rule.
	Attributed bool `json:"attributed"`
	// Shapes are the shapes that ran, the most frequent first: the first 200
	// that were seen.
	Shapes []UnattributedShape `json:"shapes,omitempty"`
	// Rest is the number of queries whose shapes are not in Shapes.
	Rest int64 `json:"rest,omitempty"`
}

// UnattributedShape counts the unattributed queries of one shape.
type UnattributedShape struct {
	Shape   string `json:"shape"`
	Summary string `json:"summary"`
	Queries int64  `json:"queries"`
	// CallSite is where the first of them came from.
	CallSite callsite.CallSite `json:"call_site"`
}

// Unattributed returns what ran on d in contexts without a recorder.
func (d *Database) Unattributed() UnattributedTotals {
	u := d.unattributed.read()
	u.Attributed = d.attributed.Load()
	return u
}

// CountUnattributed counts a query whose context carries no recorder. It does
// nothing for transaction control, and for a context that [Without] made.
func (d *Database) CountUnattributed(ctx context.Context, st *statement.Statement, failed bool) {
	d.CountUnattributedFrom(ctx, nil, st, failed)
}

// CountUnattributedFrom is like CountUnattributed, with where the query came from, for a
// wrapper that is called from elsewhere when it ends. Nil is the caller's stack.
func (d *Database) CountUnattributedFrom(ctx context.Context, stack *callsite.Stack, st *statement.Statement, failed bool) {
	if st == nil {
		st = unknownStatement
	}
	if !st.Kind.IsQuery() || excluded(ctx) {
		return
	}
	u := &d.unattributed
	position := u.queries.Add(1)
	if failed {
		u.errors.Add(1)
	}
	s := u.lookup(st)
	if mayBeLost := position <= manyUnattributed || d.attributed.Load(); mayBeLost || s == nil && u.open() {
		if stack == nil {
			stack = d.stacks.Capture()
		}
		if mayBeLost {
			d.lose(ctx, st, stack)
		}
		if s == nil && u.open() {
			s = u.add(st, stack)
		}
	}
	if s != nil {
		s.queries.Add(1)
	}
	if position == fewUnattributed && d.onUnused != nil && !d.attributed.Load() {
		d.onUnused(position)
	}
}

// fewUnattributed is the number of queries of a handle among which one with a recorder is
// expected: what a program sends before its first request is less, as a rule.
const fewUnattributed = 200

// unattributed counts by shape. Counting takes no lock: the map is replaced,
// never changed, and only until it is full.
type unattributed struct {
	queries, errors atomic.Int64
	adding          sync.Mutex
	shapes          atomic.Pointer[map[statement.Fingerprint]*unattributedShape]
}

type unattributedShape struct {
	statement *statement.Statement
	stack     *callsite.Stack
	queries   atomic.Int64
}

func (u *unattributed) all() map[statement.Fingerprint]*unattributedShape {
	if m := u.shapes.Load(); m != nil {
		return *m
	}
	return nil
}

func (u *unattributed) lookup(st *statement.Statement) *unattributedShape {
	return u.all()[st.Fingerprint]
}

func (u *unattributed) open() bool { return len(u.all()) < maxUnattributed }

func (u *unattributed) add(st *statement.Statement, stack *callsite.Stack) *unattributedShape {
	u.adding.Lock()
	defer u.adding.Unlock()
	if s := u.lookup(st); s != nil {
		return s
	}
	if !u.open() {
		return nil
	}
	m := maps.Clone(u.all())
	if m == nil {
		m = make(map[statement.Fingerprint]*unattributedShape)
	}
	s := &unattributedShape{statement: st, stack: stack}
	m[st.Fingerprint] = s
	u.shapes.Store(&m)
	return s
}

func (u *unattributed) read() UnattributedTotals {
	// The total is read last: it is never less than the sum of its parts.
	out := UnattributedTotals{}
	for _, s := range u.all() {
		n := s.queries.Load()
		out.Rest -= n
		out.Shapes = append(out.Shapes, UnattributedShape{
			Shape: s.statement.Shape, Summary: s.statement.Summary, Queries: n, CallSite: s.stack.CallSite(),
		})
	}
	slices.SortFunc(out.Shapes, func(a, b UnattributedShape) int {
		return cmp.Or(cmp.Compare(b.Queries, a.Queries), cmp.Compare(a.Shape, b.Shape))
	})
	out.Errors, out.Queries = u.errors.Load(), u.queries.Load()
	out.Rest += out.Queries
	return out
}
