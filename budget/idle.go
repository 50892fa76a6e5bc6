package budget

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/querybudget/querybudget/callsite"
)

// A transaction holds a connection, and its locks, also while the application does
// something else. Each step of a transaction says since when nothing runs in it; the next
// one looks how long that was.

// Idle is a time in which a transaction stood open, and nothing ran in it.
type Idle struct {
	// Group and Next are indices in [Report.Groups] of the statements before and after it.
	// Group is -1 where only the transaction's begin came before, Next where its end
	// followed, or the statement is none of a group.
	Group int `json:"group"`
	Next  int `json:"next"`
	// Start is since the start of the unit, Took how long it was.
	Start time.Duration `json:"start_ns"`
	Took  time.Duration `json:"took_ns"`
	// Doing are the calls of other services that the unit waited for meanwhile, see
	// [Recorder.Called], as far as they lie in this time.
	Doing []Outgoing `json:"doing,omitempty"`

	began, after *callsite.Stack
}

// Began is where the transaction began, zero if that is not known.
func (i *Idle) Began() callsite.CallSite { return i.began.CallSite() }

// After is where the statement after it comes from, or the transaction's end. It is zero
// where database/sql ended the transaction, because its context had ended.
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

// rests takes note that a statement of t has ended: if it was the only one, nothing runs
// in t from now on. It is called with the lock of u, as what follows is.
func (t *Transaction) rests(u *unit, now time.Duration) {
	if t == nil {
		return
	}
	if t.running--; t.running <= 0 {
		t.resting, t.since, t.running = u, now, 0
	}
}

// wakes takes note that something runs in t, and reports since when nothing did if that is
// too long.
func (t *Transaction) wakes(u *unit, now time.Duration) (since time.Duration, tooLong bool) {
	since, tooLong = t.since, t.resting == u && now-t.since > u.bounds.Rules.IdleTransaction && !u.bounds.Rules.Off
	t.resting = nil
	return since, tooLong
}

// wakesWith looks at the time before a statement.
func (t *Transaction) wakesWith(r *Recorder, now time.Duration, next *origin) {
	if since, tooLong := t.wakes(r.unit, now); tooLong {
		r.noteIdle(t, since, now, next, next.stack)
	}
}

// wakesAtEnd looks at the time before COMMIT or ROLLBACK, which began at a time of its
// clock.
func (t *Transaction) wakesAtEnd(began time.Duration) {
	r := t.recorder
	if r == nil {
		return
	}
	r.unit.mu.Lock()
	defer r.unit.mu.Unlock()
	if since, tooLong := t.wakes(r.unit, began); tooLong {
		var line *callsite.Stack
		if t.database != nil {
			line = t.database.stacks.Capture()
		}
		r.noteIdle(t, since, began, nil, line)
	}
}

// noteIdle takes note of a time in which nothing ran. It is called with the unit's lock.
func (r *Recorder) noteIdle(t *Transaction, since, until time.Duration, next *origin, after *callsite.Stack) {
	u := r.unit
	u.settle()
	idle := Idle{Took: until - since, Doing: u.callsBetween(since, until), began: t.began, after: after}
	for s := r.counts(); s != nil; s = s.around() {
		idle.Start = since - s.started
		if len(s.account.idle) < maxIdle {
			s.account.idle = append(s.account.idle, idleTime{t.latest, next, idle})
		}
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
	slices.SortStableFunc(a.outgoing, func(x, y Outgoing) int { return int(y.Time - x.Time) })
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
func (f *finder) idleTransactions() {
	for k := range f.report.Idle {
		i := &f.report.Idle[k]
		if i.Took <= f.rules.IdleTransaction || i.Group >= 0 && f.isSetUp(i.Group) || f.sameHeld(i.Group, i.began) != nil {
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
		out := Finding{Kind: IdleTransaction, Confidence: Certain, Summary: "BEGIN", Count: 1, stack: i.began}
		if i.Group >= 0 && !f.report.Groups[i.Group].Overflow {
			out = f.evidence(&f.report.Groups[i.Group], IdleTransaction, Certain, 1)
		}
		out.InTransaction, out.Time, out.Worst, out.Rows, out.Distinct, out.Share = true, i.Took, i.Took, 0, 0, 0
		out.Proof, out.Also = i.proof(), []Related{f.nextOf(i)}
		out.Repair = "do what takes long before the transaction begins, or after it has ended: meanwhile it holds a connection of the pool and its locks"
		f.add(out, i.Group)
	}
}

// sameIdle returns the finding of an earlier time between the same two lines.
func (f *finder) sameIdle(i *Idle) *Finding {
	for k := range f.found {
		old := &f.found[k]
		if old.Kind == IdleTransaction && f.of[k] == i.Group && old.Also[0].stack.Key() == i.after.Key() &&
			(i.Group >= 0 || old.stack.Key() == i.began.Key()) {
			return old
		}
	}
	return nil
}

// nextOf is what came after.
func (f *finder) nextOf(i *Idle) Related {
	const why = "the next step of the transaction"
	if i.Next < 0 || f.report.Groups[i.Next].Overflow {
		return Related{Summary: "the end of the transaction", Why: why, stack: i.after}
	}
	return *related(&f.report.Groups[i.Next], why)
}

// proof says what was seen: "412ms until orders.go:40 shop.confirm, with GET
// payments.example 340ms, in a transaction that began at orders.go:31 shop.order".
func (i *Idle) proof() string {
	s := fmt.Sprintf("nothing ran for %v", i.Took.Round(time.Millisecond))
	if site := i.After(); !site.IsZero() {
		s += " until " + site.String()
	}
	var doing []string
	for _, o := range i.Doing {
		doing = append(doing, fmt.Sprintf("%s %v", o.Name, o.Time.Round(time.Millisecond)))
	}
	if len(doing) > 0 {
		s += ", but " + strings.Join(doing, ", ") + ","
	}
	s += " in a transaction"
	if site := i.Began(); !site.IsZero() {
		s += " that began at " + site.String()
	}
	return s
}
