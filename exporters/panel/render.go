package panel

import (
	"bytes"
	"crypto/rand"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/statement"
)

//go:embed templates assets
var files embed.FS

// view is what every page gets.
type view struct {
	Page, Title string
	Base        string // leads to the mount
	Nonce       string
	Token       string
	Data        any
	Version     int64 // of what it shows, see streams
	// Over is the number of kept requests over their budget, for the icon.
	Over int
	p    *Panel
}

// Live reports whether the page changes by itself.
func (v view) Live() bool {
	switch data := v.Data.(type) {
	case *list, *routesPage, *statementsPage:
		return true
	case *request:
		return data.Report.Stage == budget.Running
	}
	return false
}

// MayExplain reports whether the plan of a statement can be asked for.
func (v view) MayExplain(g group) bool {
	return v.p.planner(g.Database) != nil && !g.Overflow && (g.Kind == statement.Read || g.Kind == statement.Write)
}

// MayProve reports whether the repair of a finding can be tried.
func (v view) MayProve(f finding) bool { return v.p.planner(f.Database) != nil && f.Batched() != "" }

// Edit returns the link that opens a line in the editor, empty without one.
func (v view) Edit(f frame) template.URL { return v.p.editor.link(f) }

// parsePages parses the templates. They are part of the program: a mistake in one fails
// every test.
func parsePages() map[string]*template.Template {
	out := map[string]*template.Template{}
	layout := template.Must(template.New("layout.html").Funcs(functions).ParseFS(files, "templates/layout.html", "templates/parts.html"))
	for _, name := range []string{"requests", "request", "routes", "statements", "compare", "plan", "proof", "message"} {
		out[name] = template.Must(template.Must(layout.Clone()).ParseFS(files, "templates/"+name+".html"))
	}
	return out
}

var functions = template.FuncMap{
	"duration": duration, "bytes": byteCount, "amount": amount, "percent": percent,
	"number": func(n any) string { return number(asInt(n)) }, "count": func(n any, what string) string { return count(asInt(n), what) },
	"sql": markSQL, "sent": func(q budget.Query) template.HTML { return markSQL(sent(q.SQL, q.Values)) },
	"line": line, "function": func(name string) string { return line(name[strings.LastIndexByte(name, '/')+1:]) },
	"clock": func(t time.Time) string { return t.Local().Format("15:04:05") },
	"iso":   func(t time.Time) string { return t.Format(time.RFC3339Nano) },
	"spark": spark, "share": func(part, whole any) string { return fmt.Sprintf("%.2f", 100*ratio(asInt(part), asInt(whole))) },
	"ratio": func(f float64) string { return fmt.Sprintf("%.2f", 100*min(max(f, 0), 1)) },
	"pc":    func(f float64) string { return fmt.Sprintf("%.3f%%", f) },
	"query": func(base string, q budget.ID) string { return base + "requests/" + q.String() },
	"ns":    func(n int64) time.Duration { return time.Duration(n) },
	"on":    func(v view, data any) part { return part{v, data} },
}

// part is what a template that pages share gets.
type part struct {
	View view
	Data any
}

func asInt(v any) int64 {
	switch v := v.(type) {
	case time.Duration:
		return int64(v)
	case int64:
		return v
	case int:
		return int64(v)
	case float64:
		return int64(v)
	}
	return 0
}

// render writes a page. It is made before the first byte of it is sent: one that cannot be
// made is an error and no half page.
func (p *Panel) render(w http.ResponseWriter, at place, status int, name, title string, data any) {
	v := view{Page: name, Title: title, Base: at.base, Nonce: rand.Text(), Token: p.token, Version: at.version, Data: data, p: p}
	v.Over = p.overBudget()
	var out bytes.Buffer
	if err := p.pages[name].Execute(&out, v); err != nil {
		panic(err) // answerPanic tells
	}
	allowPage(w.Header(), v.Nonce)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(out.Bytes()) // the client has gone if it fails
}

func (p *Panel) overBudget() (n int) {
	entries, _ := p.store.all()
	for _, e := range entries {
		if e.summarize().IsOver() {
			n++
		}
	}
	return n
}

// assetTypes are the assets, by name.
var assetTypes = map[string]string{
	"panel.css": "text/css; charset=utf-8", "panel.js": "text/javascript; charset=utf-8", "icon.svg": "image/svg+xml", "icon-over.svg": "image/svg+xml",
}

func serveAsset(w http.ResponseWriter, _ *http.Request, name string) {
	kind, ok := assetTypes[name]
	if !ok {
		http.Error(w, "querybudget: there is no such file", http.StatusNotFound)
		return
	}
	data, err := fs.ReadFile(files, path.Join("assets", name))
	if err != nil {
		panic(err) // it is embedded
	}
	w.Header().Set("Content-Type", kind)
	_, _ = w.Write(data)
}
