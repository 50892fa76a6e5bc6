package pprofbudget

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/querybudget/querybudget/budget"
)

// maxSeconds bounds ?seconds=: continuous profilers ask for 10 to 60.
const maxSeconds = 300

// ServeHTTP answers with the profile since the start of the process, or with what is added
// in the next ?seconds=. It is in no report itself.
func (p *Profile) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	budget.FromContext(r.Context()).Discard()
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	if why := p.gate.Refusal(r); why != "" {
		http.Error(w, "querybudget: the profile is closed: "+why, http.StatusForbidden)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "querybudget: a profile can only be read", http.StatusMethodNotAllowed)
		return
	}
	took, err := readSeconds(r)
	if err != nil {
		http.Error(w, "querybudget: "+err.Error(), http.StatusBadRequest)
		return
	}
	s := p.snapshot()
	if took == 0 {
		took = s.at.Sub(p.started)
	} else {
		extendWriteTimeout(w, r, took)
		if !sleep(r.Context(), took) {
			return // the client has gone
		}
		s = p.snapshot().since(s)
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Content-Disposition", `attachment; filename="queries.pb.gz"`)
	_ = s.write(w, took) // the client has gone if it fails
}

// readSeconds returns 0 if the profile since the start is asked for.
func readSeconds(r *http.Request) (time.Duration, error) {
	values := r.URL.Query()
	if !values.Has("seconds") {
		return 0, nil
	}
	n, err := strconv.Atoi(values.Get("seconds"))
	if err != nil || n < 1 || n > maxSeconds {
		return 0, fmt.Errorf("seconds must be a whole number from 1 to %d, or be left out for all since the start", maxSeconds)
	}
	return time.Duration(n) * time.Second, nil
}

// extendWriteTimeout gives the response the time that it takes beside the server's own, as
// net/http/pprof does.
func extendWriteTimeout(w http.ResponseWriter, r *http.Request, took time.Duration) {
	server, ok := r.Context().Value(http.ServerContextKey).(*http.Server)
	if ok && server.WriteTimeout > 0 {
		// A writer without deadlines has none to extend.
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(server.WriteTimeout + took))
	}
}

// sleep returns false if ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
