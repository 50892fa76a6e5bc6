package shop

import (
	_ "embed"
	"html/template"
	"net/http"
	"strings"
)

//go:embed index.html
var indexHTML string

var indexTemplate = template.Must(template.New("index").Parse(indexHTML))

// Index is a page that lists others: each bad one beside its repairs, with links.
func Index(pages []Page) http.HandlerFunc {
	groups := groups(pages)
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_ = indexTemplate.Execute(w, map[string]any{"Groups": groups, "Host": r.Host}) // the reader may be gone
	}
}

// groups are a bad page each, and what follows it until the next.
func groups(pages []Page) (out [][]Page) {
	for _, p := range pages {
		if p.Bad() || len(out) == 0 {
			out = append(out, nil)
		}
		out[len(out)-1] = append(out[len(out)-1], p)
	}
	return out
}

// Bad reports whether the page is one that the next ones repair.
func (p Page) Bad() bool { return strings.HasPrefix(p.Pattern, "/bad/") }
