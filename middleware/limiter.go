package middleware

import (
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/internal/oneline"
)

// limiter is one Limit. Besides its budget it knows what makes that worth nothing, and
// logs it once: a budget that does not work is not missed.
//
// It is the Limit that keeps count and no handler, because adaptors of some frameworks
// wrap a handler anew for each request; and it keeps count by route, because one Limit may
// serve several.
type limiter struct {
	budget budget.Budget
	logger *slog.Logger

	outside, unlimited, unanswered atomic.Bool // what was told

	lifts   atomic.Bool // whether it is in another Limit; known if it limits nothing
	refused atomic.Bool // whether a query was refused

	adding sync.Mutex
	routes atomic.Pointer[map[budget.Route]*routeUse] // replaced, never changed
}

// routeUse is what the requests of a route showed.
type routeUse struct {
	asked    atomic.Bool  // whether one had to do with a database
	requests atomic.Int64 // that had not, before
	unasked  atomic.Bool  // whether that was told
}

const (
	// unaskedRequests is the number of requests of a route among which one with a query is
	// expected.
	unaskedRequests = 100
	// maxRoutes is the number of routes of one Limit that are looked at: 20 kB.
	maxRoutes = 200
)

// isOutside is told of a request that no Track counts.
func (l *limiter) isOutside(recorder *budget.Recorder) {
	l.tell(&l.outside, recorder,
		"no Track is around it, so no reporter gets a report: Track belongs outside, as in r.Use(middleware.Track(...)) of the router")
}

// replaces is told of a request before it gets the budget.
func (l *limiter) replaces(recorder *budget.Recorder) {
	if !l.budget.IsZero() || l.lifts.Load() || l.unlimited.Load() {
		return
	}
	if !recorder.Report().Budget.IsZero() {
		l.lifts.Store(true) // as it is meant
		return
	}
	l.tell(&l.unlimited, recorder, "it has no limit and is in no other Limit: 0 is no limit, budget.None allows nothing")
}

// served is told of a request that was served. Transactions, connections and PREPAREs
// show that the context reaches a handle, as queries do.
func (l *limiter) served(recorder *budget.Recorder) {
	use := l.use(recorder.Route())
	if l.budget.IsZero() || use == nil {
		return
	}
	mayRefuse := l.budget.Mode == budget.Enforce && !l.refused.Load()
	if use.asked.Load() && !mayRefuse {
		return
	}
	t := recorder.Totals()
	switch {
	case t.Blocked > 0:
		l.refused.Store(true)
		use.asked.Store(true)
	case t.Queries+t.Running+t.Prepares+t.Transactions+t.Connects > 0:
		use.asked.Store(true)
	case !use.asked.Load() && use.requests.Add(1) == unaskedRequests:
		l.tell(&use.unasked, recorder, "none of its first %d requests showed a query: open the database with sqlwrap "+
			"(a library that opens its own is not seen), and pass the request's context to the queries; "+
			"a handler that needs no database needs no Limit", unaskedRequests)
	}
}

// use returns what is known of a route, nil if there are too many.
func (l *limiter) use(route budget.Route) *routeUse {
	if u := l.known()[route]; u != nil {
		return u
	}
	l.adding.Lock()
	defer l.adding.Unlock()
	known := l.known()
	if u := known[route]; u != nil || len(known) >= maxRoutes {
		return u
	}
	more := make(map[budget.Route]*routeUse, len(known)+1)
	maps.Copy(more, known)
	more[route] = &routeUse{}
	l.routes.Store(&more)
	return more[route]
}

func (l *limiter) known() map[budget.Route]*routeUse {
	if m := l.routes.Load(); m != nil {
		return *m
	}
	return nil
}

// watch looks at the answer where a query may be refused. It begins with the first
// refusal, so that a route which keeps to its budget pays nothing.
func (l *limiter) watch(w http.ResponseWriter, r *http.Request, recorder *budget.Recorder) (http.ResponseWriter, *watchedWriter) {
	if !l.refused.Load() || l.unanswered.Load() || mayHijack(r) {
		return w, nil
	}
	form, watched := watch(w, r, recorder)
	if watched != nil {
		watched.answered = func(status int) { l.answered(recorder, status) }
	}
	return form, watched
}

// answered is told of the status of an answer, when it is written.
func (l *limiter) answered(recorder *budget.Recorder, status int) {
	if status < http.StatusBadRequest && recorder.Totals().Blocked > 0 {
		l.tell(&l.unanswered, recorder, "a query was refused and the answer was %d: return the error of the query and "+
			"answer it with middleware.AnswerExceeded, unless the page is right without it", status)
	}
}

// tell logs what is wrong with the Limit, the first time.
func (l *limiter) tell(told *atomic.Bool, recorder *budget.Recorder, format string, args ...any) {
	if !told.CompareAndSwap(false, true) {
		return
	}
	logger := l.logger
	if logger == nil {
		logger = slog.Default()
	}
	route := recorder.Route()
	name := strings.TrimSpace(route.Method + " " + route.Pattern)
	if name == "" {
		name = "a route"
	}
	logger.Warn(oneline.Text("middleware: the Limit of " + name + ": " + fmt.Sprintf(format, args...)))
}
