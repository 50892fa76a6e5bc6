package budget

import (
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/querybudget/querybudget/callsite"
)

// Recorder collects the queries of one unit of work. All methods are safe for
// concurrent use by the goroutines of the unit, and on a nil Recorder, which
// records nothing.
//
// A recorder stays usable after its report: rows that are closed later and
// queries of goroutines that outlive the request are still counted, for whoever
// calls [Recorder.Report] again.
type Recorder struct {
	unit   *unit
	parent *Recorder
	// allowances are set on a recorder that Allow made, which counts nothing by
	// itself: target does.
	allowances []*allowance
	target     *Recorder
	// What follows is guarded by unit.mu.

	id      ID            // 0 while nobody asked for it
	started time.Duration // since unit.started
	name    string
	route   Route
	budget  Budget
	account *account // nil while nothing was counted
	scopes  []*Recorder
	depth   int // of scopes; 0 for the unit
	allowed []*allowance
	// steps counts the times at which a limit was crossed, and then twice as much was
	// observed.
	steps int32
	late  *Recorder // counts what comes after the final report, see late.go
	// discarded is set where nobody wants a report.
	discarded bool
	onLate    func() // is told of the first of it; nil where nobody asks
}

// counting returns the recorder that counts for r.
func (r *Recorder) counting() *Recorder {
	if r != nil && r.target != nil {
		return r.target
	}
	return r
}

// unit is what a recorder shares with its scopes: one lock and one clock, so
// that a query is admitted to all of them or to none.
type unit struct {
	mu      sync.Mutex
	started time.Time
	clock   func() time.Duration // of a replay, nil for the present
	bounds  Bounds
	// goroutine is the one that began the unit.
	goroutine uint64
	ended     time.Duration // since started, when the final report was made; 0 before

	// What follows is guarded by mu.
	backlog   backlog
	positions int64 // of the queries that were started
	serials   uint32
	records   slab[record]
	free      *record // that may be used again, see newRecord
	nFree     int
	executing *record     // counted, and in the driver; the rest by record.next
	open      int         // results whose rows are open
	scopes    int         // that are kept, of all depths
	unkept    int         // that are not
	unseen    []Execution // that may have rows open, see unseen.go
	calls     []call      // of other services, the latest
	waiting   []*Wait     // for a connection, where the wrapper sees the pool

	attempts map[operation]int // operations that may be tried again, see operation.go
	awaited  atomic.Int32      // of them, for who has no lock

	nameless sync.Once
	database *Database // of calls that name none
}

// unnamed returns the handle of calls that name none.
func (u *unit) unnamed() *Database {
	u.nameless.Do(func() { u.database = NewDatabase(DatabaseOptions{}) })
	return u.database
}

// now returns the time since the unit started. It uses the monotonic clock, or that of a
// replay.
func (u *unit) now() time.Duration {
	if u.clock != nil {
		return u.clock()
	}
	return time.Since(u.started)
}

const (
	// maxScopes is the number of scopes that a recorder lists in its report, and
	// maxScopesInAll that of a unit, of all depths.
	maxScopes      = 50
	maxScopesInAll = 1000
	// maxScopeDepth is how deep scopes nest: each query counts in all of them. What would
	// be deeper is part of the last one.
	maxScopeDepth = 100
)

func newRecorder(b Bounds) *Recorder {
	n := &struct {
		unit     unit
		recorder Recorder
	}{unit: unit{started: time.Now(), bounds: b, goroutine: callsite.Goroutine()}}
	n.recorder.unit = &n.unit
	return &n.recorder
}

// smallAccount is an account with room for what a small unit needs: one allocation in
// place of several.
type smallAccount struct {
	account   account
	group     [1]group
	records   [7 * fewMade]*record
	open      [1]*record
	databases [1]seenDatabase
}

// counts returns the recorder that a step of r's is counted in first; those that it
// counts in too are around it. All have an account then: it is made when there is
// something to count.
func (r *Recorder) counts() *Recorder {
	first := r
	if r.late != nil {
		first = r.late
	}
	for s := first; s != nil; s = s.around() {
		if s.account == nil {
			s.newAccount()
		}
		if tell := s.onLate; tell != nil {
			s.onLate = nil
			tell()
		}
	}
	return first
}

// around returns the next recorder that what s counts also counts in.
func (s *Recorder) around() *Recorder {
	p := s.parent
	if p != nil && p.late != nil && p.late != s {
		return p.late
	}
	return p
}

func (r *Recorder) newAccount() {
	n := &smallAccount{}
	a := &n.account
	a.groupSlab.made = n.group[:0]
	a.records, a.open, a.databases = n.records[:0], n.open[:0], n.databases[:0]
	a.enforce(r.budget)
	r.account = a
}

// counted returns the account for reading.
func (r *Recorder) counted() *account {
	if r.account == nil {
		return &account{}
	}
	return r.account
}

// scope opens a scope below r.
func (r *Recorder) scope(name string, b Budget) *Recorder {
	allowances := r.allowances
	r = r.counting()
	s := &Recorder{
		unit: r.unit, parent: r, allowances: allowances, name: name, budget: r.unit.bounds.mode(b), started: r.unit.now(), depth: r.depth + 1,
	}
	r.unit.mu.Lock()
	defer r.unit.mu.Unlock()
	switch {
	case s.depth > maxScopeDepth:
		r.unit.unkept++
		return r
	case len(r.scopes) < maxScopes && r.unit.scopes < maxScopesInAll:
		r.scopes = append(r.scopes, s)
		r.unit.scopes++
	default:
		r.unit.unkept++
	}
	return s
}

// Route is the HTTP route of a unit of work.
type Route struct {
	// Method is the request's method.
	Method string `json:"method,omitempty"`
	// Pattern is the pattern that the router matched: "/authors/{id}". It is
	// empty when none did, or is not known yet.
	Pattern string `json:"pattern,omitempty"`
}

// SetName names the unit for reports and errors: a job's or a test's name.
func (r *Recorder) SetName(name string) {
	r = r.counting()
	if r == nil {
		return
	}
	r.unit.mu.Lock()
	defer r.unit.mu.Unlock()
	r.name = name
}

// Name is the name of the unit of work, such as a job's, whatever scope of it r is. It is
// empty if nobody named the unit.
func (r *Recorder) Name() string {
	r = r.counting()
	if r == nil {
		return ""
	}
	r.unit.mu.Lock()
	defer r.unit.mu.Unlock()
	for r.parent != nil {
		r = r.parent
	}
	return r.name
}

// SetRoute names the unit by its route: the name becomes "METHOD pattern", or
// the method alone. A router that knows more as the request goes on may call it
// again.
func (r *Recorder) SetRoute(route Route) {
	r = r.counting()
	if r == nil {
		return
	}
	r.unit.mu.Lock()
	defer r.unit.mu.Unlock()
	if r.route == route {
		return
	}
	r.route = route
	r.name = strings.TrimSuffix(route.Method+" "+route.Pattern, " ")
}

// Route returns the route of the request that the recorder is for, or that its
// scope is part of. It is the zero Route where there is none.
func (r *Recorder) Route() Route {
	r = r.counting()
	if r == nil {
		return Route{}
	}
	r.unit.mu.Lock()
	defer r.unit.mu.Unlock()
	for s := r; s != nil; s = s.parent {
		if s.route != (Route{}) {
			return s.route
		}
	}
	return Route{}
}

// SetBudget holds the unit to b, in place of any budget it had. What the
// recorder has already counted counts. The zero Budget lifts the limit. Of one that is not
// valid, [Verdict.Invalid] says what is wrong.
func (r *Recorder) SetBudget(b Budget) {
	r = r.counting()
	if r == nil {
		return
	}
	r.unit.lock()
	defer r.unit.mu.Unlock()
	b = r.unit.bounds.mode(b)
	r.budget = b
	if r.account != nil {
		r.account.enforce(b)
	}
}

// Discard keeps the unit from reporters: a [Delivery] hands out no report of it from now
// on, and does not list it among those that run. It is for handlers that are no part of
// the application's work although middleware tracks them, such as a page that shows
// reports. What the unit does still counts in the units around it.
func (r *Recorder) Discard() {
	r = r.counting()
	if r == nil {
		return
	}
	r.unit.mu.Lock()
	defer r.unit.mu.Unlock()
	r.discarded = true
}

func (r *Recorder) isDiscarded() bool {
	r.unit.mu.Lock()
	defer r.unit.mu.Unlock()
	return r.discarded
}

// Totals returns the totals so far.
func (r *Recorder) Totals() Totals {
	r = r.counting()
	if r == nil {
		return Totals{}
	}
	now := r.unit.now()
	r.unit.lock()
	defer r.unit.mu.Unlock()
	r.unit.cameBack(now)
	return r.counted().totalsAt(r.unit.now())
}

// Clock returns the time since the unit of work started, from the monotonic clock:
// 0 for a nil Recorder, at no cost. It is for driver wrappers, which take it before
// the driver call that they count with Prepared, Connected or Began, here or on a
// [Database].
func (r *Recorder) Clock() time.Duration {
	if r == nil {
		return 0
	}
	return r.unit.now()
}

// Prepared counts a statement that was prepared, which began at a time of Clock and
// ended just now. It is for driver wrappers. Preparing is no query and never refused.
func (r *Recorder) Prepared(began time.Duration, err error) {
	r.count(began, err, func(a *account, took time.Duration) {
		a.totals.Prepares++
		a.totals.PrepareTime += took
	})
}

// Connected counts a new connection that the unit had to wait for, from a time of
// Clock until now. It is for driver wrappers.
func (r *Recorder) Connected(began time.Duration, err error) {
	r.count(began, err, func(a *account, took time.Duration) {
		a.totals.Connects++
		a.totals.ConnectTime += took
	})
}

// count applies add to the recorder and those around it, for work that ended
// just now.
func (r *Recorder) count(began time.Duration, err error, add func(a *account, took time.Duration)) {
	r = r.counting()
	if r == nil {
		return
	}
	now := r.unit.now()
	r.unit.lock()
	defer r.unit.mu.Unlock()
	for s := r.counts(); s != nil; s = s.around() {
		a := s.account
		add(a, now-began)
		if err != nil {
			a.totals.Errors++
		}
		a.busy.interval(began, now)
	}
}
