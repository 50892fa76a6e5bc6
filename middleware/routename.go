package middleware

import (
	"net/http"

	"github.com/querybudget/querybudget/budget"
)

// routeName names a unit by the route that serves a request: when the request comes, as
// far as that is known, and when it was served. A router inside may have said more then,
// and nobody else may have seen it.
type routeName struct {
	recorder *budget.Recorder
	request  *http.Request
	outer    string // what is known of the routers outside
	before   string // the request's pattern when it came
	said     budget.Route
}

func nameRoute(recorder *budget.Recorder, r *http.Request, next http.Handler) routeName {
	n := routeName{recorder: recorder, request: r, before: r.Pattern}
	n.outer = outerPattern(r, recorder.Route().Pattern)
	n.say(comingPattern(r, next, n.outer))
	n.said = recorder.Route()
	return n
}

func (n *routeName) served() {
	if n.request.Pattern != n.before && n.recorder.Route() == n.said {
		n.say(whole(muxPattern(n.request.Pattern), n.request, n.outer))
	}
}

func (n *routeName) say(pattern string) {
	if pattern != "" {
		n.recorder.SetRoute(budget.Route{Method: method(n.request), Pattern: pattern})
	}
}
