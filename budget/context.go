package budget

import (
	"context"
	"slices"
)

// contextKey is the package's only context key. Its value is a *Recorder, nil
// where Without cut the account off.
type contextKey struct{}

// Bounds are the bounds of a recorder, with the thresholds of its rules. The zero value of each is its default,
// and [None] keeps nothing. What they cut is in [Report.Truncated]; counting
// never stops.
type Bounds struct {
	// Queries is the number of queries kept one by one: the first 200.
	Queries int
	// Groups is the number of combinations of shape, database and stack that
	// are told apart: the first 500. The others count in one group together.
	Groups int
	// Reads is the number of different reads that are remembered in order to
	// find duplicates: the first 2,000.
	Reads int
	// Rules are the thresholds of findings.
	Rules Rules
	// TrackValues proves n+1 loops: it hashes the values of arguments and of rows,
	// and looks whether all arguments of a loop are values of one column. It costs
	// about 0.1 µs for each value and up to 10 MB, so it is for tests and for
	// development. Default: off.
	TrackValues bool
	// Texts keeps the text of each statement as it was sent, once for each, up to the number of
	// Groups: for plans, which need it. It may have literals in it, and stays in memory. It is
	// for tests and for development. Default: off.
	Texts bool
	// Databases are the handles whose queries without a recorder are looked for in each
	// unit, also in one that sends no query with its context: a handle that a unit used is
	// looked at in any case. A wrapper tells the handle, such as sqlwrap.Database. At most
	// 8 of them are looked at; nil ones are left out. Default: none.
	Databases []*Database
	// ObserveOnly takes each budget of the unit for one of mode [Observe]. It is for tests:
	// a query that is refused hides those behind it. Default: modes are what they say.
	ObserveOnly bool
}

func (b Bounds) withDefaults() Bounds {
	b.Queries = bound(b.Queries, 200)
	b.Groups = bound(b.Groups, 500)
	b.Reads = bound(b.Reads, 2000)
	b.Rules = b.Rules.withDefaults()
	if len(b.Databases) > 0 {
		b.Databases = slices.DeleteFunc(slices.Clone(b.Databases), func(d *Database) bool { return d == nil })
		b.Databases = b.Databases[:min(len(b.Databases), maxDatabases)]
	}
	return b
}

// bound returns the number that an option stands for.
func bound(n, byDefault int) int {
	if n == 0 {
		return byDefault
	}
	return max(n, 0)
}

// NewContext starts a unit of work: it returns a copy of ctx that carries a new
// recorder, and the recorder. A recorder that ctx already carries is left
// alone and does not see what the new one records; to count in both use [With].
func NewContext(ctx context.Context) (context.Context, *Recorder) {
	return Bounds{}.NewContext(ctx)
}

// NewContext is like the function of that name, with the bounds of b.
func (b Bounds) NewContext(ctx context.Context) (context.Context, *Recorder) {
	r := newRecorder(b.withDefaults())
	return context.WithValue(ctx, contextKey{}, r), r
}

// FromContext returns the recorder that ctx carries, or nil, whose methods are
// safe to call and do nothing.
func FromContext(ctx context.Context) *Recorder {
	r, _ := ctx.Value(contextKey{}).(*Recorder)
	return r
}

// With opens a scope in the unit of work that ctx carries: a recorder with a
// name and a budget of its own, whose queries also count in the scopes around
// it and in the unit. In mode [Enforce] a query needs room in every scope it
// is in. The report of the unit lists the scope. Without a recorder in ctx,
// With starts a unit.
//
// The name is for people and metric labels: a constant, no ids.
func With(ctx context.Context, name string, b Budget) (context.Context, *Recorder) {
	parent := FromContext(ctx)
	if parent == nil {
		ctx, r := NewContext(ctx)
		r.SetName(name)
		r.SetBudget(b)
		return ctx, r
	}
	r := parent.scope(name, b)
	return context.WithValue(ctx, contextKey{}, r), r
}

// ContextWith returns a copy of ctx that carries r, or ctx itself if r is nil. It is for servers
// that make a context for each call, where the calls belong together: the resolvers of a
// field of GraphQL count in one scope, however many objects there are.
func ContextWith(ctx context.Context, r *Recorder) context.Context {
	if r == nil {
		return ctx
	}
	return context.WithValue(ctx, contextKey{}, r)
}

// Without returns a copy of ctx whose queries count nowhere: not in the unit
// of work, not against a budget, not as unattributed. It is for work that is
// not the unit's own, such as the refresh of a cache that happened to fall due.
func Without(ctx context.Context) context.Context {
	return context.WithValue(ctx, contextKey{}, (*Recorder)(nil))
}

// excluded reports whether Without made ctx.
func excluded(ctx context.Context) bool {
	r, ok := ctx.Value(contextKey{}).(*Recorder)
	return ok && r == nil
}

// mode returns b as the unit holds to it.
func (b *Bounds) mode(of Budget) Budget {
	if b.ObserveOnly {
		of.Mode = Observe
	}
	return of
}
