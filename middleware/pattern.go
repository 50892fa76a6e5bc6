package middleware

import (
	"net/http"
	"net/url"
	"strings"
)

// whole returns a pattern with what the path of r had lost in front when the pattern
// was matched, as http.StripPrefix takes it off. A pattern that was matched before the
// path lost it has it already, as those of mounted chi routers do. Outer is a pattern of
// the routers outside, or "".
func whole(pattern string, r *http.Request, outer string) string {
	slash := strings.IndexByte(pattern, '/') // a host may come first
	if slash < 0 {
		return pattern
	}
	full, lost := fullPath(r)
	for i := lost; i > 0; i-- {
		if i < len(full) && full[i] != '/' {
			continue
		}
		if fits(pattern[slash:], full[i:], r.PathValue) {
			return pattern[:slash] + front(full[:i], outer) + pattern[slash:]
		}
	}
	return pattern
}

// fullPath returns the path as the client sent it, and how many of its bytes that of r
// has lost in front: none if it became another path.
func fullPath(r *http.Request) (full string, lost int) {
	now := r.URL.EscapedPath()
	full, _, _ = strings.Cut(r.RequestURI, "?")
	if _, after, ok := strings.Cut(full, "://"); ok && full[0] != '/' { // as for proxies
		full = pathOf(after)
	}
	if !strings.HasPrefix(full, "/") || !strings.HasSuffix(full, now) {
		return now, 0
	}
	return full, len(full) - len(now)
}

// pathOf takes a host off a pattern or an address.
func pathOf(s string) string {
	if slash := strings.IndexByte(s, '/'); slash >= 0 {
		return s[slash:]
	}
	return ""
}

// front returns lost, a part of a path, with the names that outer has for its segments:
// ids must not get into the name of a route.
func front(lost, outer string) string {
	named, outer := "", pathOf(outer)
	for left := lost; left != ""; {
		var segment, part string
		segment, outer = cutSegment(outer)
		part, left = cutSegment(left)
		if segment == "" || isOpen(segment) || !segmentFits(segment, part, unknown) {
			return lost
		}
		named += segment
	}
	return named
}

// fits reports whether a pattern was matched with path. Value returns what its wildcards
// matched, as far as that is known.
func fits(pattern, path string, value func(string) string) bool {
	if path == "" {
		path = "/" // as routers take it
	}
	for pattern != "" {
		var segment, part string
		segment, pattern = cutSegment(pattern)
		if pattern == "" && isOpen(segment) {
			return path != ""
		}
		part, path = cutSegment(path)
		if !segmentFits(segment, part, value) {
			return false
		}
	}
	return path == "" || path == "/" // which chi takes off its patterns
}

// isOpen reports whether a pattern matches all that begins with it.
func isOpen(pattern string) bool {
	return strings.HasSuffix(pattern, "/") || strings.HasSuffix(pattern, "*") || strings.HasSuffix(pattern, "...}")
}

// segmentFits reports whether a segment of a pattern was matched with part.
func segmentFits(segment, part string, value func(string) string) bool {
	if part == "" {
		return false
	}
	plain, err := url.PathUnescape(part)
	if err != nil {
		plain = part
	}
	switch {
	case segment == "/{$}":
		return part == "/"
	case !strings.Contains(segment, "{"):
		return segment == part || segment == plain
	}
	v := value(wildcardName(segment))
	return v == "" || "/"+v == part || "/"+v == plain
}

// wildcardName returns the name of the wildcard that a segment consists of, or "" if it
// has pieces, as chi's may.
func wildcardName(segment string) string {
	name, found := strings.CutPrefix(segment, "/{")
	if end := strings.IndexByte(name, '}'); !found || end != len(name)-1 {
		return "" // pieces, or a regular expression with braces
	}
	name, _, _ = strings.Cut(name[:len(name)-1], ":")
	return name
}

// unknown is the value of every wildcard where none is known.
func unknown(string) string { return "" }

// cutSegment cuts the first segment off a pattern or a path, with the slash in front.
// Slashes in braces, as in a regular expression of chi's, are none.
func cutSegment(s string) (segment, rest string) {
	depth := 0
	for i := range len(s) {
		switch {
		case s[i] == '{':
			depth++
		case s[i] == '}':
			depth--
		case s[i] == '/' && i > 0 && depth == 0:
			return s[:i], s[i:]
		}
	}
	return s, ""
}
