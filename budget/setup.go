package budget

import (
	"slices"
	"strings"

	"github.com/querybudget/querybudget/callsite"
)

// Nobody acts upon what runs once, when a schema is made or changed: migrations, looks at
// the schema, what is read and written between them. It is known by what runs, and by no
// name.

// isSetUp reports whether a group belongs to the making of a schema: it began before the
// last statement that defines data, or is sent from the same line as such a statement or
// a look at the schema, or is about a table that the function which asks has made.
func (f *finder) isSetUp(group int) bool {
	f.findSetUp()
	return f.setUp[group]
}

func (f *finder) findSetUp() {
	if f.setUp != nil {
		return
	}
	f.setUp = make([]bool, len(f.report.Groups))
	var last int64
	type maker struct {
		site   callsite.CallSite
		tables []string
	}
	var makers []maker
	var temporary []string
	lines := make(map[callsite.Frame]bool)
	f.each(func(i int, g *Group) {
		switch {
		case definesData(g) && isTemporary(g):
			temporary = append(temporary, g.Tables...)
			return
		case definesData(g) && (g.Verb != "DROP" || !sharesTable(g.Tables, temporary)):
			last = max(last, g.Last)
			makers = append(makers, maker{g.CallSite(), g.Tables})
		case !isIntrospection(g.Tables):
			return
		}
		f.setUp[i] = true
		if site := g.CallSite(); !site.IsZero() && !site.Library {
			lines[site.Frame] = true
		}
	})
	if len(lines)+len(makers) == 0 {
		return
	}
	f.each(func(i int, g *Group) {
		site := g.CallSite()
		f.setUp[i] = f.setUp[i] || g.First < last || lines[site.Frame] ||
			slices.ContainsFunc(makers, func(m maker) bool {
				return sharesTable(m.tables, g.Tables) && callsMaker(m.site, site)
			})
	})
}

// definesData reports whether a statement changes the schema.
func definesData(g *Group) bool {
	switch g.Verb {
	case "CREATE", "ALTER", "DROP", "RENAME":
		return true
	}
	return false
}

// isTemporary reports whether a table is made for the session.
func isTemporary(g *Group) bool {
	words := names(strings.ToUpper(g.Shape[:min(len(g.Shape), 40)]))
	return slices.Contains(words, "TEMP") || slices.Contains(words, "TEMPORARY") || strings.Contains(g.Shape, "#")
}

// callsMaker reports whether the function that made a table also calls what asks for it.
func callsMaker(maker, site callsite.CallSite) bool {
	if maker.IsZero() || isTest(maker.Function) {
		return false
	}
	return slices.ContainsFunc(site.Frames(), func(frame callsite.Frame) bool { return frame.Function == maker.Function })
}

// isTest reports whether a function is a test, which calls everything.
func isTest(function string) bool {
	name, _, _ := strings.Cut(function, ".func") // a closure is its function's
	name = name[strings.LastIndexByte(name, '.')+1:]
	return strings.HasPrefix(name, "Test") || strings.HasPrefix(name, "Benchmark") || strings.HasPrefix(name, "Fuzz") ||
		strings.HasPrefix(name, "Example")
}

func sharesTable(a, b []string) bool {
	return slices.ContainsFunc(a, func(t string) bool {
		return slices.ContainsFunc(b, func(u string) bool { return tableKey(t) == tableKey(u) })
	})
}
