package budget

import (
	"fmt"
	"strings"
)

// readRepair says how a loop of reads becomes one query, from the statement: the
// batched form where the statement compares one column with one value.
func readRepair(g *Group, parent *Related) string {
	var b strings.Builder
	if batched, ok := batch(g.Shape, g.System); ok {
		fmt.Fprintf(&b, "one query for all, and put the rows together in memory: %s", batched)
	} else {
		b.WriteString("one query for all, with JOIN or IN, and put the rows together in memory")
	}
	fmt.Fprintf(&b, "; saves %s", plural(g.Queries-1, "round trip"))
	if parent != nil {
		if site := parent.CallSite(); !site.IsZero() {
			fmt.Fprintf(&b, "; the rows come from %s:%d", site.File, site.Line)
		}
	}
	return b.String()
}

// batch turns "... WHERE column = ? ..." into the form for many values. It does so
// only if that is the statement's one placeholder, outside of brackets, and the
// result is not cut by a LIMIT or one row for all: there is no such simple form
// for those.
func batch(shape, system string) (string, bool) {
	upper := strings.ToUpper(shape)
	where := strings.Index(upper, " WHERE ")
	if where < 0 || strings.Count(shape, "?") != 1 || strings.Contains(upper, "LIMIT") || strings.Contains(shape, "…") {
		return "", false
	}
	i := strings.Index(shape, " = ?")
	if i < where || strings.ContainsAny(shape[:i], "(") {
		return "", false
	}
	column := shape[strings.LastIndexAny(shape[:i], " ")+1 : i]
	head, tail := shape[:i], shape[i+len(" = ?"):]
	if !strings.Contains(upper[:where], strings.ToUpper(column)) {
		// The application has to know which row belongs to which key.
		if from := strings.Index(upper, " FROM "); from > 0 && !strings.Contains(upper[:from], "*") {
			head = head[:from] + ", " + column + head[from:]
		}
	}
	if system == "postgresql" {
		return head + " = ANY($1)" + tail, true
	}
	return head + " IN (?)" + tail + " with sqlx.In", true
}

// writeRepair says how a loop of writes becomes one statement.
func writeRepair(g *Group) string {
	saves := plural(g.Queries-1, "round trip")
	switch {
	case g.Verb == "INSERT" && g.System == "postgresql":
		return "one INSERT with several VALUES tuples, or COPY; saves " + saves
	case g.Verb == "INSERT":
		return "one INSERT with several VALUES tuples; saves " + saves
	case g.Verb == "UPDATE":
		return "one UPDATE for all, with WHERE ... IN, CASE, or from a VALUES list; saves " + saves
	case g.Verb == "DELETE":
		return "one DELETE with WHERE ... IN; saves " + saves
	default:
		return "one statement for all; saves " + saves
	}
}
