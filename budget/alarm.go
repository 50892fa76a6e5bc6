package budget

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/internal/oneline"
)

// Alarm tells of units of work that hang, while they do: a query that runs for long, or a
// wait for a connection of a pool, which no query shows because it never
// reaches the driver. It looks at the units that run once a second, and only while there
// are some.
type Alarm struct {
	// After is how long a query runs, or a unit does nothing while goroutines wait for a
	// connection, before it is told. Default: 10 seconds, after which people have gone.
	After time.Duration
	// Tell is called with the hangs that were found together, those that last longest
	// first, each once. It should return quickly; a panic is passed to OnError of the
	// Delivery.
	Tell func([]Hang)
}

// Hang is what a unit of work hangs in.
type Hang struct {
	// State says what it does.
	State HangState
	// Since is how long it has done so.
	Since time.Duration
	// Report is the unit's, of stage [Running], when it was found: Executing, Open and Pools
	// say what it does and what it holds. It is never lean.
	Report *Report
	// Holds are what holds connections of the handles that it hangs on since before it hung:
	// transactions of any unit in the process, and open rows of other units that the alarm
	// looks at. Its own come first, then those that last longest: five of them, and MoreHolds
	// is the number of the others. A query that runs may wait for a lock of one of them, or
	// for none.
	Holds     []Hold
	MoreHolds int

	recorder  *Recorder
	databases []*Database
	began     time.Duration // since the unit started
	in        *Transaction  // of the query that runs
	waiter    *callsite.Stack
}

// HangState says what a unit that hangs does.
type HangState string

const (
	// HangRunning is a query in the driver: the first of Report.Executing.
	HangRunning HangState = "running"
	// HangWaiting is a wait for a connection. A wrapper that sees the pool tells it, as
	// pgxwrap does. Of database/sql's pool it is seen when nothing runs, and a goroutine that
	// came through the same function of the application as the unit's queries waits for a
	// connection; or, of a unit without a query, any does.
	HangWaiting HangState = "waiting for a connection"
)

// Waiter is where the goroutine waits for a connection. It is zero where that is not known:
// for a query that runs, and a unit that has sent no query.
func (h *Hang) Waiter() callsite.CallSite { return h.waiter.CallSite() }

// String returns the hang in one line.
func (h *Hang) String() string {
	s := fmt.Sprintf("%s: %s for %v", cmp.Or(h.Report.Name, "a unit without a name"), h.State, h.Since.Round(time.Second/10))
	switch site := h.Waiter(); {
	case h.State == HangRunning:
		s += ": " + queryText(&h.Report.Executing[0])
	case !site.IsZero():
		s += " at " + site.String()
	}
	if len(h.Report.Open) > 0 {
		s += ", while it holds rows of " + queryText(&h.Report.Open[0])
	}
	own, others := h.holdTexts()
	if len(own) > 0 {
		s += ", while it holds " + strings.Join(own, " and ")
	}
	for _, p := range h.Report.Pools {
		s += fmt.Sprintf(", pool %d of %d in use", p.InUse, p.Max)
	}
	switch {
	case len(others) > 0 && h.State == HangRunning:
		s += ", perhaps behind " + strings.Join(others, "; ")
	case len(others) > 0:
		s += ", held by " + strings.Join(others, "; ")
	}
	return oneline.Text(s)
}

// holdTexts are what the unit itself holds, and what others do.
func (h *Hang) holdTexts() (own, others []string) {
	for i := range h.Holds {
		hold := &h.Holds[i]
		if hold.Own {
			own = append(own, hold.String())
		} else {
			others = append(others, hold.Unit+": "+hold.String())
		}
	}
	if h.MoreHolds > 0 {
		others = append(others, fmt.Sprintf("and %d more", h.MoreHolds))
	}
	return own, others
}

func queryText(q *Query) string { return q.Summary + " at " + q.CallSite().String() }

// HangText says several hangs in one line, for a log.
func HangText(hangs []Hang) string {
	texts := make([]string, len(hangs))
	for i := range hangs {
		texts[i] = hangs[i].String()
	}
	return fmt.Sprintf("budget: %s: %s", plural(int64(len(hangs)), "hang"), strings.Join(texts, " | "))
}

// watch is an alarm at work.
type watch struct {
	Alarm
	busy   sync.Mutex // held for a look
	stacks callsite.Cache
}

func newWatch(a Alarm) *watch {
	if a.After <= 0 {
		a.After = 10 * time.Second
	}
	return &watch{Alarm: a}
}

// watchedUnit is what the alarm knows of a unit. It is for the one look at a time.
type watchedUnit struct {
	told    toldQuery // last
	last    Totals
	changed time.Duration // when the totals did, since the unit started
	next    time.Duration // of quiet, after which waiters are looked for; doubled each time
	waits   bool          // that was told

	toldWait *Wait // last
}

// toldQuery is a query by its position, with the handle that it hangs on, and the
// transaction that it runs in.
type toldQuery struct {
	position    int64
	database    *Database
	transaction *Transaction
}

// alarmed returns the units that the alarm looks at. It is called with the lock.
func (f *followed) alarmed() (out []alarmedUnit) {
	if f.alarm == nil {
		return nil
	}
	for r, u := range f.live {
		if u.watched == nil {
			u.watched = &watchedUnit{}
		}
		out = append(out, alarmedUnit{r, u.watched})
	}
	return out
}

type alarmedUnit struct {
	recorder *Recorder
	*watchedUnit
}

// look tells what hangs. A look that finds another one under way leaves it to that.
func (w *watch) look(d *Delivery, units []alarmedUnit) {
	if len(units) == 0 || !w.busy.TryLock() {
		return
	}
	defer w.busy.Unlock()
	var hangs []Hang
	var quiet []alarmedUnit
	for _, u := range units {
		switch {
		case u.recorder.isDiscarded():
		case u.runsLong(w.After):
			r := u.recorder.Report()
			if len(r.Executing) > 0 { // it has not ended meanwhile
				began := r.Executing[0].Start
				hangs = append(hangs, u.hang(Hang{State: HangRunning, Since: r.Duration - began, Report: r, began: began, in: u.told.transaction}, u.told.database))
			}
		case u.waitsLong(w.After):
			r, wait := u.recorder.Report(), u.toldWait
			hangs = append(hangs, u.hang(Hang{State: HangWaiting, Since: r.Duration - wait.began, Report: r, began: wait.began, waiter: wait.stack}, wait.database))
		case u.isWaiting():
		case u.isQuiet(w.After):
			quiet = append(quiet, u)
		}
	}
	hangs = append(hangs, w.waiting(quiet)...)
	if len(hangs) == 0 {
		return
	}
	for i := range hangs {
		hangs[i].holders(units)
	}
	slices.SortFunc(hangs, func(a, b Hang) int { return cmp.Compare(b.Since, a.Since) })
	w.tell(d, hangs)
}

func (w *watch) tell(d *Delivery, hangs []Hang) {
	defer func() {
		if p := recover(); p != nil {
			d.failed(fmt.Errorf("budget: Alarm.Tell panicked: %v", p))
		}
	}()
	if w.Tell == nil {
		d.failed(errors.New("budget: an Alarm without Tell: " + HangText(hangs)))
		return
	}
	w.Tell(hangs)
}

// runsLong reports whether a query has run for so long, and takes note that it is told.
func (u *alarmedUnit) runsLong(after time.Duration) bool {
	r := u.recorder
	r.unit.lock()
	defer r.unit.mu.Unlock()
	var first *record
	for rec := r.unit.executing; rec != nil; rec = rec.next {
		if rec.isQuery() && (first == nil || rec.start < first.start) {
			first = rec
		}
	}
	if first == nil || r.unit.now()-first.start < after || first.position == u.told.position {
		return false
	}
	u.told = toldQuery{first.position, first.origin.database, first.transaction()}
	return true
}

// waitsLong reports whether a wrapper has told of a wait for so long, and takes note that it
// is told.
func (u *alarmedUnit) waitsLong(after time.Duration) bool {
	r := u.recorder
	r.unit.mu.Lock()
	defer r.unit.mu.Unlock()
	w := r.unit.longestWait()
	if w == nil || r.unit.now()-w.began < after || w == u.toldWait {
		return false
	}
	u.toldWait = w
	return true
}

// isWaiting reports whether a wrapper has told of a wait that goes on.
func (u *alarmedUnit) isWaiting() bool {
	u.recorder.unit.mu.Lock()
	defer u.recorder.unit.mu.Unlock()
	return len(u.recorder.unit.waiting) > 0
}

// hang completes a hang, with the handles that it hangs on.
func (u *alarmedUnit) hang(h Hang, on ...*Database) Hang {
	h.recorder, h.databases = u.recorder, on
	return h
}

// isQuiet reports whether a unit has done nothing for so long, and has not been told of.
func (u *alarmedUnit) isQuiet(after time.Duration) bool {
	now, totals := u.recorder.Clock(), u.recorder.Totals()
	if !totals.isQuietSince(&u.last) || u.next == 0 {
		u.changed, u.next, u.waits = max(now, 0), after, false
		if u.last == (Totals{}) && totals.Queries == 0 {
			u.changed = 0
		}
	}
	u.last = totals
	if u.waits || totals.Running > 0 || now-u.changed < u.next {
		return false
	}
	u.next *= 2
	return true
}

// waiting returns the hangs of units that do nothing while goroutines wait for a
// connection.
func (w *watch) waiting(quiet []alarmedUnit) (out []Hang) {
	if len(quiet) == 0 {
		return nil
	}
	waiters := poolWaiters(&w.stacks)
	if len(waiters) == 0 {
		return nil
	}
	for _, u := range quiet {
		r := u.recorder.Report()
		waiter, waits := waiterOf(r, waiters)
		if !waits {
			continue
		}
		u.waits = true
		out = append(out, u.hang(Hang{State: HangWaiting, Since: r.Duration - u.changed, Report: r, began: u.changed, waiter: waiter}, u.usedDatabases(quiet)...))
	}
	return out
}

// usedDatabases are the handles that a unit uses; of one that has used none yet, those of the
// others that hang.
func (u *alarmedUnit) usedDatabases(others []alarmedUnit) (out []*Database) {
	if out = u.recorder.databases(); len(out) > 0 {
		return out
	}
	for _, o := range others {
		for _, d := range o.recorder.databases() {
			if !slices.Contains(out, d) {
				out = append(out, d)
			}
		}
	}
	return out
}

// databases are the handles that a recorder has counted something of.
func (r *Recorder) databases() (out []*Database) {
	r.unit.lock()
	defer r.unit.mu.Unlock()
	for _, d := range r.counted().databases {
		out = append(out, d.Database)
	}
	return out
}

// waiterOf returns the waiter that came through the function that the unit's queries came
// through. A unit without one may be any of them.
func waiterOf(r *Report, waiters []*callsite.Stack) (waiter *callsite.Stack, waits bool) {
	if len(r.Groups) == 0 {
		return nil, true
	}
	for i := range r.Groups {
		site := r.Groups[i].CallSite()
		at := slices.IndexFunc(waiters, func(w *callsite.Stack) bool { return !site.IsZero() && cameThrough(w, site) })
		if at >= 0 {
			return waiters[at], true
		}
	}
	return nil, false
}
