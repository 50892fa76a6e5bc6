package callsite

import (
	"path"
	"strings"
)

// Code that a tool wrote into the application's own module is seen through like a
// library. Production has no sources to look at, and a folder can have any name: it
// is known by names of files that belong to one tool, and where these could be
// anybody's, by the tool's library that is called directly.

// markGenerated makes library frames of the application's frames that a tool wrote.
func markGenerated(calls []call) {
	ent := entPackages(calls)
	for i := range calls {
		c := &calls[i]
		if c.class != applicationFrame || strings.HasSuffix(c.File, "_test.go") {
			continue
		}
		if isSQLC(calls[i:]) || isSQLCOfPgx(calls, i) || hasToolsName(calls, i) || within(c.pkg, ent) && isEntFile(c) {
			c.class = libraryFrame
		}
	}
}

// isSQLC recognises the methods of sqlc: those of *Queries in files that are named
// after one of SQL, and the helpers of these, which such a method calls.
func isSQLC(calls []call) bool {
	c := &calls[0]
	isMethod := strings.HasPrefix(c.name(), "(*Queries).")
	ofSQL := strings.Contains(c.base(), ".sql")
	if isMethod && ofSQL {
		return true
	}
	isHelper := ofSQL
	switch c.name() {
	case "(*Queries).exec", "(*Queries).query", "(*Queries).queryRow":
		isHelper = true
	}
	return isHelper && len(calls) > 1 && calls[1].pkg == c.pkg && isSQLC(calls[1:])
}

// isSQLCOfPgx recognises what sqlc writes for pgx's batches and copies. Others may have a
// file of that name, and a type Queries: theirs calls something else.
func isSQLCOfPgx(calls []call, i int) bool {
	c := &calls[i]
	isFile := c.base() == "batch.go" || c.base() == "copyfrom.go"
	return isFile && strings.HasPrefix(c.name(), "(*Queries).") && callsDirectly(calls, i, "github.com/jackc/pgx")
}

// hasToolsName recognises the names of files that tools give and nobody else does,
// and those of GORM's generator by its library, because others have the same.
func hasToolsName(calls []call, i int) bool {
	base := calls[i].base()
	for _, suffix := range []string{".pb.go", ".pb.gw.go", ".connect.go", ".twirp.go", ".bob.go", ".xo.go"} {
		if strings.HasSuffix(base, suffix) {
			return true
		}
	}
	return strings.HasSuffix(base, ".gen.go") && callsDirectly(calls, i, "gorm.io/gen")
}

// callsDirectly reports whether the frame inside of one, but for the standard
// library's, is of a library.
func callsDirectly(calls []call, i int, library string) bool {
	for i--; i >= 0; i-- {
		if calls[i].class != internalFrame {
			return calls[i].class == libraryFrame && within(calls[i].pkg, []string{library})
		}
	}
	return false
}

// entPackages returns the packages on a stack that ent wrote: they call what ent has
// for nobody else. It may be a fork of ent's.
func entPackages(calls []call) (out []string) {
	for i := 1; i < len(calls); i++ {
		inner, c := &calls[i-1], &calls[i]
		if c.class != applicationFrame || inner.class != libraryFrame {
			continue
		}
		dialect, ok := strings.CutSuffix(inner.pkg, "/dialect/sql")
		isScan := ok && dialect != "" && strings.HasSuffix(c.name(), ").sqlScan")
		isGraph := strings.HasSuffix(inner.pkg, "/dialect/sql/sqlgraph")
		if isScan || isGraph || strings.HasSuffix(inner.pkg, "/dialect/sql/schema") {
			out = append(out, strings.TrimSuffix(c.pkg, "/migrate"))
		}
	}
	return out
}

// isEntFile recognises the files that ent writes: hand-written ones may lie beside
// them.
func isEntFile(c *call) bool {
	base := strings.TrimSuffix(c.base(), ".go")
	switch base {
	case "client", "ent", "tx", "mutation", "hook", "intercept", "migrate":
		return true
	}
	for _, suffix := range []string{"_query", "_create", "_update", "_delete"} {
		if strings.HasSuffix(base, suffix) {
			return true
		}
	}
	return strings.HasPrefix(base, "gql_") ||
		strings.HasPrefix(strings.ToLower(c.name()), "(*"+base+").") // user.go has the methods of *User
}

// name is the function's name without its package.
func (c *call) name() string { return c.Function[packageEnd(c.Function)+1:] }

func (c *call) base() string { return path.Base(strings.ReplaceAll(c.File, `\`, "/")) }
