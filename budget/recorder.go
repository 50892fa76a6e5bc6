package budget

import (
	"strings"
	"sync"
	"time"
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

	started time.Duration // since unit.started
	name    string
	route   Route
	budget  Budget
	account account
	scopes  []*Recorder
	unkept  int // scopes that were not kept in scopes
	allowed []*allowance
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
	options Options
	rows    int64 // results that were opened
}

// now returns the time since the unit started. It uses the monotonic clock.
func (u *unit) now() time.Duration { return time.Since(u.started) }

// maxScopes is the number of scopes that a recorder lists in its report.
const maxScopes = 50

// root is a unit with its recorder, and with room for what a small request needs:
// one allocation in place of eight.
type root struct {
	unit      unit
	recorder  Recorder
	spare     [fewRecords]record
	records   [8 * fewRecords]*record
	open      [1]openRows
	databases [1]seenDatabase
}

func newRecorder(o Options) *Recorder {
	n := &root{unit: unit{started: time.Now(), options: o}}
	a := &n.recorder.account
	a.spare, a.records, a.open, a.databases = n.spare[:0], n.records[:0], n.open[:0], n.databases[:0]
	n.recorder.unit = &n.unit
	return &n.recorder
}

// scope opens a scope below r.
func (r *Recorder) scope(name string, b Budget) *Recorder {
	allowances := r.allowances
	r = r.counting()
	s := &Recorder{unit: r.unit, parent: r, allowances: allowances, name: name, budget: b, started: r.unit.now()}
	s.account.enforce(b)
	r.unit.mu.Lock()
	defer r.unit.mu.Unlock()
	if len(r.scopes) < maxScopes {
		r.scopes = append(r.scopes, s)
	} else {
		r.unkept++
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
// recorder has already counted counts. The zero Budget lifts the limit.
func (r *Recorder) SetBudget(b Budget) {
	r = r.counting()
	if r == nil {
		return
	}
	r.unit.mu.Lock()
	defer r.unit.mu.Unlock()
	r.budget = b
	r.account.enforce(b)
}

// Totals returns the totals so far.
func (r *Recorder) Totals() Totals {
	r = r.counting()
	if r == nil {
		return Totals{}
	}
	r.unit.mu.Lock()
	defer r.unit.mu.Unlock()
	return r.account.totalsAt(r.unit.now())
}

// Prepared counts a statement that was prepared, and the time that took. It is
// for driver wrappers. Preparing is no query and never refused.
func (r *Recorder) Prepared(took time.Duration, err error) {
	r.count(took, func(a *account) {
		a.totals.Prepares++
		a.totals.PrepareTime += took
		if err != nil {
			a.totals.Errors++
		}
	})
}

// Connected counts a new connection that the unit had to wait for. It is for
// driver wrappers.
func (r *Recorder) Connected(took time.Duration, err error) {
	r.count(took, func(a *account) {
		a.totals.Connects++
		a.totals.ConnectTime += took
		if err != nil {
			a.totals.Errors++
		}
	})
}

// count applies add to the recorder and those around it, for work that ended
// just now and took so long.
func (r *Recorder) count(took time.Duration, add func(*account)) {
	r = r.counting()
	if r == nil {
		return
	}
	now := r.unit.now()
	r.unit.mu.Lock()
	defer r.unit.mu.Unlock()
	for s := r; s != nil; s = s.parent {
		add(&s.account)
		s.account.busy.interval(now-took, now)
	}
}
