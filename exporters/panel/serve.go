package panel

import (
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/querybudget/querybudget/budget"
)

// serve answers a request that may be answered.
func (p *Panel) serve(w http.ResponseWriter, r *http.Request) {
	at := placeOf(r.URL.Path)
	switch at.page {
	case "clear":
		p.serveClear(w, r, at)
		return
	case "explain", "api/explain":
		p.serveExplain(w, r, at)
		return
	case "prove", "api/prove":
		p.serveProve(w, r, at)
		return
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "querybudget: this can only be read", http.StatusMethodNotAllowed)
		return
	}
	switch at.page {
	case "assets":
		serveAsset(w, r, at.name)
	case "events":
		p.serveEvents(w, r)
	case "":
		if asked := askedPath(r); asked == "" || asked[len(asked)-1] != '/' {
			redirectToFolder(w, r)
			return
		}
		at.base, at.page = "./", "requests"
		fallthrough
	default:
		p.servePage(w, r, at)
	}
}

// servePage answers with a page, or with what it shows as JSON.
func (p *Panel) servePage(w http.ResponseWriter, r *http.Request, at place) {
	at.version = p.streams.version() // before what is shown is looked up
	query := r.URL.Query()
	switch at.page {
	case "requests", "api/requests":
		answer(p, w, at, "requests", "Requests", p.list(readListQuery(query)))
	case "api/running":
		runs, n := p.running()
		writeJSON(w, map[string]any{"running": runs, "running_in_all": n})
	case "routes", "api/routes":
		answer(p, w, at, "routes", "Routes", p.routes())
	case "statements", "api/statements":
		answer(p, w, at, "statements", "Statements", p.statements(query.Get("sort")))
	case "request", "api/request":
		p.serveRequest(w, at)
	case "compare", "api/compare":
		p.serveCompare(w, at, query)
	default:
		p.notFound(w, at, "There is no such page.")
	}
}

// answer writes what a page shows: as the page, or as JSON.
func answer(p *Panel, w http.ResponseWriter, at place, name, title string, data any) {
	if isAPI(at) {
		writeJSON(w, data)
		return
	}
	p.render(w, at, http.StatusOK, name, title, data)
}

func isAPI(at place) bool { return len(at.page) > 4 && at.page[:4] == "api/" }

func (p *Panel) serveRequest(w http.ResponseWriter, at place) {
	id, ok := parseID(at.name)
	if !ok {
		p.notFound(w, at, "This is not the id of a request.")
		return
	}
	if found := p.request(id); found != nil {
		answer(p, w, at, "request", found.Name, found)
		return
	}
	for _, r := range p.live.recorders() {
		if report := r.Report(); report.ID == id {
			found := newRequest(report, nil, summarize(report, nil))
			answer(p, w, at, "request", found.Name+" (running)", found)
			return
		}
	}
	p.notFound(w, at, "This request is not kept any more, or never was.")
}

// serveCompare compares two requests, or says how to choose them.
func (p *Panel) serveCompare(w http.ResponseWriter, at place, query url.Values) {
	entries, _ := p.store.all()
	var sides [2]*entry
	for i, name := range []string{"a", "b"} {
		if id, ok := parseID(query.Get(name)); ok {
			sides[i] = p.store.find(id)
		}
		if sides[i] == nil && query.Get(name) != "" {
			p.notFound(w, at, "One of the two requests is not kept any more.")
			return
		}
	}
	out := &comparison{Changes: []change{}}
	if sides[0] != nil && sides[1] != nil {
		out = compare(sides[0], sides[1])
	}
	for _, e := range entries[:min(len(entries), shownRequests)] {
		out.Choices = append(out.Choices, e.summarize())
	}
	for i, chosen := range []**summary{&out.Before, &out.After} {
		if sides[i] != nil {
			*chosen = sides[i].summarize()
		}
	}
	answer(p, w, at, "compare", "Compare", out)
}

func parseID(text string) (id budget.ID, ok bool) {
	return id, len(text) == 16 && id.UnmarshalText([]byte(text)) == nil
}

func (p *Panel) notFound(w http.ResponseWriter, at place, why string) {
	if isAPI(at) {
		http.Error(w, "querybudget: "+why, http.StatusNotFound)
		return
	}
	p.render(w, at, http.StatusNotFound, "message", "Not found", why)
}

// serveClear drops what is kept. Like everything that changes something, it is a POST of
// a page of the panel: of the same origin, with the token that only its pages have.
func (p *Panel) serveClear(w http.ResponseWriter, r *http.Request, at place) {
	if !p.mayAct(w, r) {
		return
	}
	p.store.clear()
	p.streams.changed()
	w.Header().Set("Location", at.base)
	w.WriteHeader(http.StatusSeeOther)
}

// maxForm is the size of a form.
const maxForm = 4 << 10

// mayAct reports whether a request may change something. If not, it is answered.
func (p *Panel) mayAct(w http.ResponseWriter, r *http.Request) bool {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", "POST")
		http.Error(w, "querybudget: this needs a POST", http.StatusMethodNotAllowed)
		return false
	}
	if err := p.sameOrigin.Check(r); err != nil {
		http.Error(w, "querybudget: a page of another origin sent this", http.StatusForbidden)
		return false
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		http.Error(w, "querybudget: this is no form of the panel", http.StatusBadRequest)
		return false
	}
	if subtle.ConstantTimeCompare([]byte(r.PostForm.Get("token")), []byte(p.token)) != 1 {
		http.Error(w, "querybudget: the page is from before the program started: load it again", http.StatusForbidden)
		return false
	}
	return true
}

func writeJSON(w http.ResponseWriter, data any) {
	text, err := json.MarshalIndent(data, "", "  ")
	if err != nil {
		http.Error(w, "querybudget: this has no JSON", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = w.Write(append(text, '\n')) // the client has gone if it fails
}
