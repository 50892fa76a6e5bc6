package budget

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/querybudget/querybudget/callsite"
)

// A transaction holds a connection, and its locks, also while the application does
// something else. So do a connection that somebody has taken out of the pool, and rows that
// are open, see idlerows.go.

// Idle is a time in which a connection was held, and nothing ran on it.
type Idle struct {
	// Held says what held it.
	Held HoldKind `json:"held"`
	// Group and Next are indices in [Report.Groups] of the statements before and after it.
	// Group is -1 where only the transaction's begin came before, Next where its end
	// followed, or the statement is none of a group. Of rows, Group is the statement that
	// they are of, and Next -1.
	Group int `json:"group"`
	Next  int `json:"next"`
	// Start is since the start of the unit, Took how long it was; of rows, as far as the
	// unit was seen to wait for something else.
	Start time.Duration `json:"start_ns"`
	Took  time.Duration `json:"took_ns"`
	// InTransaction is set where it was in a transaction.
	InTransaction bool `json:"in_transaction,omitempty"`
	// Doing are the calls of other services that the unit waited for meanwhile, see
	// [Recorder.Called], as far as they lie in this time.
	Doing []Outgoing `json:"doing,omitempty"`

	began, after *callsite.Stack
}

// Began is where the transaction began, zero if that is not known, or there is none.
func (i *Idle) Began() callsite.CallSite { return i.began.CallSite() }

// After is where the statement after it comes from, or the transaction's end. It is zero
// where database/sql ended the transaction, because its context had ended. Of rows, it is
// where the first call of another service was made.
func (i *Idle) After() callsite.CallSite { return i.after.CallSite() }

const (
	maxIdle   = 50 // that a unit lists, the first
	lastCalls = 16 // of other services, that are looked for in it
)

// idleTime is an Idle in an account. Origins are nil where there is no statement.
type idleTime struct {
	before, next *origin
	Idle
}

// call is a call of another service.
type call struct {
	name     string
	from, to time.Duration
	err      error
}

// noteIdle takes note of a time in which nothing ran. It is called with the unit's lock.
func (r *Recorder) noteIdle(h *holding, since, until time.Duration, next *origin, after *callsite.Stack) {
	u := r.unit
	u.settle()
	idle := Idle{Held: HoldConnection, Took: until - since, Doing: u.callsBetween(since, until), after: after}
	if t := h.transaction; t != nil {
		idle.Held, idle.InTransaction, idle.began = HoldTransaction, true, t.began
	}
	for s := r.counts(); s != nil; s = s.around() {
		s.account.addIdle(idleTime{h.latest, next, idle}, since-s.started)
	}
}

func (a *account) addIdle(i idleTime, start time.Duration) {
	if len(a.idle) < maxIdle {
		i.Start = start
		a.idle = append(a.idle, i)
	}
}

// calledNow remembers a call that has just ended.
func (u *unit) calledNow(c call) {
	if len(u.calls) == lastCalls {
		u.calls = slices.Delete(u.calls, 0, 1)
	}
	u.calls = append(u.calls, c)
}

// callsBetween adds up the parts of calls that lie in a time, those that took longest
// first.
func (u *unit) callsBetween(from, to time.Duration) []Outgoing {
	var a account
	for _, c := range u.calls {
		if took := min(c.to, to) - max(c.from, from); took > 0 {
			a.called(c.name, took, c.err)
		}
	}
	slices.SortStableFunc(a.outgoing, longestFirst)
	return a.outgoing
}

func (b *builder) idle() []Idle {
	var out []Idle
	for _, i := range b.account.idle {
		i.Group, i.Next = b.placeOf(i.before), b.placeOf(i.next)
		out = append(out, i.Idle)
	}
	return out
}

func (b *builder) placeOf(o *origin) int {
	if o != nil {
		if g := b.account.find(o); g != nil {
			return int(g.place)
		}
	}
	return noGroup
}

func mayBeIdle(s *suspect) bool { return len(s.account.idle) > 0 }

// idleTransactions: times in which a transaction held its connection for nothing.
func (f *finder) idleTransactions() { f.idle(IdleTransaction) }

// idleConnections: the same without a transaction.
func (f *finder) idleConnections() { f.idle(IdleConnection) }

func (f *finder) idle(kind FindingKind) {
	for k := range f.report.Idle {
		i := &f.report.Idle[k]
		if i.kind() != kind || i.Took <= f.rules.IdleTransaction {
			continue
		}
		if i.Group >= 0 && f.isSetUp(i.Group) || f.sameHeld(i.Group, i.began) != nil {
			continue // what held its connection while others waited is said already
		}
		if old := f.sameIdle(i); old != nil {
			old.Count++
			old.Time += i.Took
			if i.Took > old.Worst {
				old.Worst, old.Proof = i.Took, i.proof()
			}
			continue
		}
		out := Finding{Kind: kind, Confidence: Certain, Summary: "BEGIN", Count: 1, stack: i.began}
		if i.Group >= 0 && !f.report.Groups[i.Group].Overflow {
			out = f.evidence(&f.report.Groups[i.Group], kind, Certain, 1)
		} else if i.Held == HoldConnection {
			out.Summary = "a connection"
		}
		out.InTransaction, out.Time, out.Worst, out.Rows, out.Distinct, out.Share = i.InTransaction, i.Took, i.Took, 0, 0, 0
		out.Proof, out.Also, out.Repair = i.proof(), []Related{f.nextOf(i)}, i.repair()
		f.add(out, i.Group)
	}
}

// kind is that of the finding. Of reports that say nothing of what was held, it was a
// transaction.
func (i *Idle) kind() FindingKind {
	if i.InTransaction || i.Held != HoldConnection && i.Held != HoldRows {
		return IdleTransaction
	}
	return IdleConnection
}

// sameIdle returns the finding of an earlier time between the same two lines.
func (f *finder) sameIdle(i *Idle) *Finding {
	for k := range f.found {
		old := &f.found[k]
		if old.Kind == i.kind() && f.of[k] == i.Group && old.Also[0].stack.Key() == i.after.Key() && old.Also[0].Why == i.why() &&
			(i.Group >= 0 || old.stack.Key() == i.began.Key()) {
			return old
		}
	}
	return nil
}

// nextOf is what came after; of rows, what went on meanwhile.
func (f *finder) nextOf(i *Idle) Related {
	switch {
	case i.Held == HoldRows && len(i.Doing) > 0:
		return Related{Summary: i.Doing[0].Name, Count: i.Doing[0].Calls, Why: i.why(), stack: i.after}
	case i.Next >= 0 && !f.report.Groups[i.Next].Overflow:
		return *related(&f.report.Groups[i.Next], i.why())
	case i.Held == HoldConnection:
		return Related{Summary: "the connection's next use", Why: i.why(), stack: i.after}
	}
	return Related{Summary: "the end of the transaction", Why: i.why(), stack: i.after}
}

func (i *Idle) why() string {
	switch i.Held {
	case HoldRows:
		return "it went on while the rows were open"
	case HoldConnection:
		return "the next step on the connection"
	}
	return "the next step of the transaction"
}

func (i *Idle) repair() string {
	switch i.Held {
	case HoldRows:
		return "read all rows and close them before what takes long: meanwhile they hold a connection of the pool"
	case HoldConnection:
		return "do what takes long before the connection is taken out of the pool, or after it was given back"
	}
	return "do what takes long before the transaction begins, or after it has ended: meanwhile it holds a connection of the pool and its locks"
}

// proof says what was seen: "nothing ran for 412ms until orders.go:40 shop.confirm, but GET
// payments.example 340ms, in a transaction that began at orders.go:31 shop.order".
func (i *Idle) proof() string {
	var doing []string
	for _, o := range i.Doing {
		doing = append(doing, fmt.Sprintf("%s %v", o.Name, o.Time.Round(time.Millisecond)))
	}
	s := fmt.Sprintf("nothing ran for %v", i.Took.Round(time.Millisecond))
	switch site := i.After(); {
	case i.Held == HoldRows:
		s = fmt.Sprintf("its rows were open for %v while the same goroutine waited for %s", i.Took.Round(time.Millisecond), strings.Join(doing, ", "))
		if !site.IsZero() {
			s += " at " + site.String()
		}
		doing = nil
	case !site.IsZero():
		s += " until " + site.String()
	}
	if len(doing) > 0 {
		s += ", but " + strings.Join(doing, ", ") + ","
	}
	switch {
	case i.kind() == IdleTransaction:
		s += " in a transaction"
	case i.Held == HoldConnection:
		s += " on a connection that was taken out of the pool"
	}
	if site := i.Began(); !site.IsZero() {
		s += " that began at " + site.String()
	}
	return s
}
