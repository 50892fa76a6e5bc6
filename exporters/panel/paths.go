package panel

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// Where a panel is mounted is not told to it, and routers and proxies may take a part off
// the path. So pages are known by how their path ends, and link to one another
// relatively.

// place is what is asked for below the mount.
type place struct {
	page string // "requests", "request", "api/routes", "assets"; empty for none
	name string // of the request, or the asset
	base string // leads from it to the mount: "./", "../"
	// version is that of what is shown there, see streams.
	version int64
}

var (
	pagePath    = regexp.MustCompile(`(?:^|/)(api/)?(routes|statements|compare|running|events|clear|explain|prove)$`)
	requestPath = regexp.MustCompile(`(?:^|/)(?:requests/([0-9a-f]{16})|(api/)requests/([^/]+))$`)
	assetPath   = regexp.MustCompile(`(?:^|/)assets/([^/]+)$`)
	listPath    = regexp.MustCompile(`(?:^|/)api/requests$`)
)

// placeOf returns what a path leads to. Of one that leads nowhere, page is empty.
func placeOf(path string) place {
	if m := requestPath.FindStringSubmatch(path); m != nil {
		return place{page: m[2] + "request", name: m[1] + m[3], base: up(m[2] + "requests/")}
	}
	if m := assetPath.FindStringSubmatch(path); m != nil {
		return place{page: "assets", name: m[1], base: "../"}
	}
	if listPath.MatchString(path) {
		return place{page: "api/requests", base: "../"}
	}
	if m := pagePath.FindStringSubmatch(path); m != nil {
		return place{page: m[1] + m[2], base: up(m[1])}
	}
	return place{}
}

// up leads out of a folder. "./" and not "": an empty link leads to the page itself.
func up(folder string) string {
	if n := strings.Count(folder, "/"); n > 0 {
		return strings.Repeat("../", n)
	}
	return "./"
}

// askedPath is the path as the client knows it, as far as the server was told.
func askedPath(r *http.Request) string {
	asked, _, _ := strings.Cut(r.RequestURI, "?")
	if asked == "" || strings.Contains(asked, "://") {
		return r.URL.EscapedPath()
	}
	return asked
}

// redirectToFolder sends the client from "/debug/queries" to "/debug/queries/", where
// relative links work.
func redirectToFolder(w http.ResponseWriter, r *http.Request) {
	asked := askedPath(r)
	last := asked[strings.LastIndexByte(asked, '/')+1:]
	if unescaped, err := url.PathUnescape(last); err == nil {
		last = url.PathEscape(unescaped)
	}
	// http.Redirect would make an absolute path of what may have lost its beginning.
	w.Header().Set("Location", "./"+last+"/")
	w.WriteHeader(http.StatusSeeOther)
}
