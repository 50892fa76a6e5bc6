package sqlwrap

import (
	"context"
	"strings"
	"sync"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/statement"
)

// Comment says what a query's comment has beside the function that sends the query
// (action) and the route of the request (route), or the name of the job (job). The zero
// Comment adds those. They are written as sqlcommenter does, which tools of PostgreSQL and
// MySQL read:
//
//	SELECT title FROM books WHERE id = $1 /*action='store.Store.Book',route='/books/:id'*/
//
// The route is that which is known when the query is sent: middleware.Limit tells it.
//
// Comments are added for PostgreSQL, MySQL and MariaDB; for other databases Config.Logger
// is told that there are none. Only statements that read or write rows get one: what
// becomes part of the schema does not. A text that begins or ends with a comment of its own
// is left alone. What runs later by a statement that the application prepared has the
// application alone, since it runs for many routes.
type Comment struct {
	// Application is the name of the service. Default: none.
	Application string
	// Traceparent returns the W3C traceparent of a context, such as
	// "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01". It is added for sampled
	// requests only, never where a statement is prepared. It makes each text another one: a
	// driver that prepares what it is sent, as pgx does, prepares each anew, which takes
	// several times as long. Use it with few sampled requests, or with a driver that
	// prepares nothing. It must be safe for concurrent use. Default: none.
	Traceparent func(context.Context) string
}

const (
	// maxTags is the number of comments of a handle that are told apart. Each is another
	// text for caches of statements, in the driver and in the database. What comes later
	// has the application alone.
	maxTags = 1000
	// maxValue is the length to which each value is cut, in bytes.
	maxValue = 100
	// shownBytes is how much of a text PostgreSQL's pg_stat_activity shows:
	// track_activity_query_size, 1,024 by default, with the byte that ends it.
	shownBytes = 1023
)

// comments makes the comments of a handle.
type comments struct {
	Comment
	application string // the comment without route and function, empty without an Application
	onFull      func()

	mu   sync.RWMutex
	tags map[tagKey]string
}

// tagKey is what a comment is made of.
type tagKey struct{ function, route, job string }

func (c Config) newComments() *comments {
	if c.Comment == nil {
		return nil
	}
	switch c.System {
	case "postgresql", "mysql", "mariadb":
		cs := &comments{Comment: *c.Comment, tags: make(map[tagKey]string), onFull: c.sayManyTags}
		cs.application = tag(pair("application", cs.Application))
		return cs
	}
	c.logger().Warn("sqlwrap: Config.Comment is for PostgreSQL, MySQL and MariaDB: queries of this handle get no comment", "system", c.System, "database", c.Database)
	return nil
}

// sayManyTags says that comments are not told apart any more.
func (c Config) sayManyTags() {
	c.logger().Warn("sqlwrap: so many routes and functions send queries that further ones have comments with the application alone: "+
		"are names of routes or jobs made of ids?", "comments", maxTags, "database", c.Database)
}

// commented returns the text that is sent for a query.
func (c *conn) commented(ctx context.Context, st *statement.Statement, text string) string {
	cs := c.handle.comments
	if cs == nil || !mayHaveComment(st, text) {
		return text
	}
	return place(text, cs.traced(ctx, cs.of(ctx, c.handle.database.Capture())))
}

// commentedPrepare returns the text that is prepared: for one query that the driver
// declined to execute, or for many.
func (c *conn) commentedPrepare(ctx context.Context, st *statement.Statement, text string, forOne bool) string {
	cs := c.handle.comments
	switch {
	case cs == nil || !mayHaveComment(st, text):
		return text
	case forOne:
		return place(text, cs.of(ctx, c.handle.database.Capture()))
	default:
		return place(text, cs.application)
	}
}

// of returns the comment of a query from a stack, empty if nothing is known.
func (cs *comments) of(ctx context.Context, stack *callsite.Stack) string {
	r := budget.FromContext(ctx)
	key := tagKey{function: functionOf(stack.CallSite()), route: r.Route().Pattern}
	if key.route == "" && r.Route().Method == "" {
		key.job = r.Name()
	}
	cs.mu.RLock()
	made, known := cs.tags[key]
	isFull := len(cs.tags) >= maxTags
	cs.mu.RUnlock()
	switch {
	case known:
		return made
	case isFull:
		return cs.application
	}
	made = tag(pair("action", key.function), pair("application", cs.Application), pair("job", key.job), pair("route", colons(key.route)))
	if cs.keep(key, made) {
		cs.onFull()
	}
	return made
}

// keep keeps a comment, and reports whether it was the last one that there is room for.
func (cs *comments) keep(key tagKey, made string) (last bool) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if _, known := cs.tags[key]; known || len(cs.tags) >= maxTags {
		return false
	}
	cs.tags[key] = made
	return len(cs.tags) == maxTags
}

// traced adds the traceparent of a sampled request.
func (cs *comments) traced(ctx context.Context, tag string) string {
	if cs.Traceparent == nil {
		return tag
	}
	parent := cs.Traceparent(ctx)
	if !isSampled(parent) {
		return tag
	}
	parent = pair("traceparent", parent)
	if tag == "" {
		return "/*" + parent + "*/"
	}
	return strings.TrimSuffix(tag, "*/") + "," + parent + "*/"
}

// isSampled reports whether a traceparent has the form of version 00, and its last bit is
// set.
func isSampled(parent string) bool {
	if len(parent) != 55 || !strings.HasPrefix(parent, "00-") || parent[35] != '-' || parent[52] != '-' {
		return false
	}
	return strings.Trim(parent, "0123456789abcdef-") == "" && strings.IndexByte("13579bdf", parent[54]) >= 0
}

// functionOf names a function without the signs that would have to be escaped.
func functionOf(site callsite.CallSite) string {
	if site.IsZero() || site.Library {
		return ""
	}
	return strings.NewReplacer("(*", "", ")", "").Replace(site.StableName())
}

// colons writes the parameters of a pattern as ":id", which needs no escape: "/books/{id}"
// and "/books/{id:[0-9]+}" are "/books/:id".
func colons(pattern string) string {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(pattern, "{")
		name, after, closed := strings.Cut(rest, "}")
		out.WriteString(before)
		if !found || !closed {
			return out.String()
		}
		name, _, _ = strings.Cut(name, ":")
		out.WriteString(":" + strings.TrimSuffix(name, "..."))
		pattern = after
	}
}

// tag makes a comment of pairs, which stand in the order of their keys.
func tag(pairs ...string) string {
	var known []string
	for _, p := range pairs {
		if p != "" {
			known = append(known, p)
		}
	}
	if len(known) == 0 {
		return ""
	}
	return "/*" + strings.Join(known, ",") + "*/"
}

// pair writes a key and its value. Whatever could end a comment or begin one, be a
// parameter or no text is escaped as in URLs.
func pair(key, value string) string {
	if value == "" {
		return ""
	}
	const hex = "0123456789ABCDEF"
	out := append([]byte(key), '=', '\'')
	end := len(out) + maxValue
	for i := 0; i < len(value) && len(out) < end-2; i++ {
		if c := value[i]; isUnescaped(c) {
			out = append(out, c)
		} else {
			out = append(out, '%', hex[c>>4], hex[c&15])
		}
	}
	return string(append(out, '\''))
}

func isUnescaped(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	return strings.IndexByte("-_.~/:,", c) >= 0
}

// mayHaveComment reports whether a statement reads or writes rows. Others may be kept with
// their text, as views, functions and triggers are, or are read by the driver itself.
func mayHaveComment(st *statement.Statement, text string) bool {
	switch st.Verb {
	case "SELECT", "VALUES", "TABLE", "INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE", "CALL":
	default:
		return false
	}
	if !strings.Contains(text, ";") {
		return true
	}
	// Several statements may make a function, whose body is kept.
	upper := strings.ToUpper(text)
	return !strings.Contains(upper, "CREATE") && !strings.Contains(upper, "ALTER")
}

// place adds a comment to a text. It stands behind, before the semicolon, where all of the
// text is shown and surely nothing swallows the comment; else in front. A text that begins
// or ends with a comment has one that means something there, such as a hint, and is left
// alone.
func place(text, tag string) string {
	trimmed := strings.TrimRight(text, " \t\r\n;")
	switch {
	case tag == "" || trimmed == "" || strings.HasPrefix(strings.TrimLeft(text, " \t\r\n"), "/*") || strings.HasSuffix(trimmed, "*/"):
		return text
	case len(text)+1+len(tag) <= shownBytes && isPlain(trimmed):
		return trimmed + " " + tag + text[len(trimmed):]
	}
	return tag + " " + text
}

// isPlain reports whether a text is surely one statement without comments.
func isPlain(text string) bool {
	return !strings.ContainsAny(text, ";#") && !strings.Contains(text, "--") && !strings.Contains(text, "/*")
}
