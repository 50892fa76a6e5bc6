package panel

import (
	"fmt"
	"html"
	"html/template"
	"strings"

	"github.com/querybudget/querybudget/internal/oneline"
)

const (
	// shortSQL stays on one line.
	shortSQL = 72
	// shownItems is how many items of a list of literals are shown, and longList the
	// number from which on some are left out.
	shownItems, longList = 6, 12
)

// markSQL returns a statement as HTML: cut, broken into lines and marked up. It is the
// one place that makes HTML by hand, and each piece of text goes through html.EscapeString.
func markSQL(sql string) template.HTML {
	text, isCut := cutText(sql, maxSQL)
	var out strings.Builder
	layOut(foldLists(tokens(text)), len(text) > shortSQL, func(before string, t token) {
		out.WriteString(before)
		class := [...]string{isName: "", isKeyword: "k", isText: "s", isNumber: "l", isComment: "c", isSign: ""}[t.kind]
		if class == "" {
			out.WriteString(html.EscapeString(printable(t.text)))
			return
		}
		fmt.Fprintf(&out, `<span class="%s">%s</span>`, class, html.EscapeString(printable(t.text)))
	})
	if isCut {
		fmt.Fprintf(&out, "\n<span class=\"c\">… %s more</span>", html.EscapeString(byteCount(int64(len(sql)-len(text)))))
	}
	return template.HTML(out.String())
}

// printable is text whose lines stay lines, and in which nothing else moves the text.
func printable(s string) string {
	if !strings.ContainsAny(s, "\n\t") {
		return oneline.Text(s)
	}
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = oneline.Text(strings.TrimSuffix(strings.ReplaceAll(line, "\t", "    "), "\r"))
	}
	return strings.Join(lines, "\n")
}

// foldLists leaves out the most of long lists of literals.
func foldLists(all []token) []token {
	var out []token
	for i := 0; i < len(all); i++ {
		out = append(out, all[i])
		if all[i].text != "(" {
			continue
		}
		end, items := literalList(all, i+1)
		if items < longList {
			continue
		}
		out = append(out, all[i+1:i+2*shownItems]...)
		out = append(out, token{isComment, fmt.Sprintf("/* %s more */", number(int64(items-shownItems))), true})
		i = end - 1
	}
	return out
}

// literalList returns where a list of literals ends that begins at from, and how many
// there are; none if it is no such list.
func literalList(all []token, from int) (end, items int) {
	for i := from; i+1 < len(all); i += 2 {
		if k := all[i].kind; k != isNumber && k != isText {
			return 0, 0
		}
		items++
		switch all[i+1].text {
		case ")":
			return i + 1, items
		case ",":
		default:
			return 0, 0
		}
	}
	return 0, 0
}

// clauses begin a line.
var clauses = words("SELECT FROM WHERE GROUP ORDER HAVING LIMIT OFFSET FETCH UNION INTERSECT EXCEPT VALUES SET RETURNING JOIN LEFT RIGHT INNER FULL CROSS NATURAL WINDOW")

// joins are the words that a JOIN may stand behind.
var joins = words("LEFT RIGHT INNER FULL CROSS NATURAL OUTER")

// liner decides where lines begin.
type liner struct {
	levels  []bool // of parentheses; whether there is a SELECT inside
	last    string // word, in upper case
	between bool   // whether the next AND belongs to BETWEEN
}

// layOut calls put for each token, with the space before it.
func layOut(all []token, inLines bool, put func(before string, t token)) {
	var l liner
	for i, t := range all {
		before := ""
		if t.space {
			before = " "
		}
		if i > 0 && (all[i-1].kind == isComment && strings.HasPrefix(all[i-1].text, "--")) {
			before = "\n" + l.indent() // a comment ends with its line
		} else if inLines && i > 0 && l.breaks(t, all[i-1]) {
			before = "\n" + l.indent()
			if w := strings.ToUpper(t.text); w == "AND" || w == "OR" {
				before += "  "
			}
		}
		put(before, t)
		l.saw(t, all[i+1:])
	}
}

func (l *liner) indent() string {
	n := 0
	for _, isQuery := range l.levels {
		if isQuery {
			n++
		}
	}
	return strings.Repeat("    ", min(n, 8))
}

// breaks reports whether a line begins with t.
func (l *liner) breaks(t, before token) bool {
	if len(l.levels) > 0 && !l.levels[len(l.levels)-1] || t.kind != isKeyword {
		return false
	}
	word := strings.ToUpper(t.text)
	switch {
	case word == "AND" && l.between, before.text == ".":
		return false
	case word == "AND" || word == "OR":
		return true
	case word == "FROM" && (l.last == "DELETE" || l.last == "DISTINCT"), joins[l.last] && (word == "JOIN" || joins[word]),
		word == "SET" && (l.last == "UPDATE" || l.last == ""), word == "SELECT" && l.last == "EXPLAIN":
		return false
	}
	return clauses[word] && (t.space || before.text == ")" || before.text == "(")
}

// saw takes note of a token that was put.
func (l *liner) saw(t token, rest []token) {
	switch t.text {
	case "(":
		isQuery := len(rest) > 0 && rest[0].kind == isKeyword && (strings.EqualFold(rest[0].text, "SELECT") || strings.EqualFold(rest[0].text, "WITH"))
		l.levels = append(l.levels, isQuery)
	case ")":
		if n := len(l.levels); n > 0 {
			l.levels = l.levels[:n-1]
		}
	}
	if t.kind != isKeyword {
		return
	}
	l.last = strings.ToUpper(t.text)
	switch l.last {
	case "BETWEEN":
		l.between = true
	case "AND":
		l.between = false
	}
}
