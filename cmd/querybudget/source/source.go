// Package source reads the Go sources of an application for querybudget scan. It tells what the lines of a stack
// are: which stand in a loop, hand on a statement of somebody else, or serve tests. And it marks files, so that a
// watched program knows where a round of a test or a turn of a worker begins.
//
// Types are not known here, names are: a file is parsed, and nothing is compiled or imported.
package source

import (
	"go/parser"
	"go/token"
	"maps"
)

// Code is what the sources of an application say about lines of stacks. It is read by one goroutine at a
// time. [New] makes it.
type Code struct {
	Loops  Spans      `json:"loops,omitempty"`  // that end by themselves
	Ended  Spans      `json:"ended,omitempty"`  // endless ones that are left for another reason than an error
	Relays Spans      `json:"relays,omitempty"` // functions that send a statement which they are given
	Fixed  FixedLoops `json:"fixed,omitempty"`  // loops over lists that stand in the source, see [Join]
	Mocks  MockCalls  `json:"mocks,omitempty"`  // of packages whose tests use mocks
	lists  fixedLists
}

// New returns the code of no file.
func New() Code {
	return Code{Loops: Spans{}, Ended: Spans{}, Relays: Spans{}, Mocks: MockCalls{}, lists: newFixedLists()}
}

// Join returns what parts of an application say together: a loop of one may go over a list of another.
func Join(parts []Code) Code {
	all := New()
	for _, c := range parts {
		maps.Copy(all.Loops, c.Loops)
		maps.Copy(all.Ended, c.Ended)
		maps.Copy(all.Relays, c.Relays)
		maps.Copy(all.Mocks, c.Mocks)
		all.lists.addAll(c.lists)
	}
	all.Fixed = all.lists.spans()
	return all
}

// Read reads a file of the package with an import path: the one with a name on the disk, or a text if that is
// not nil. The file is called as in the keys of [Spans]. One that cannot be parsed says nothing: the compiler
// says why.
func (c Code) Read(importPath, file, name string, text any) {
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, name, text, parser.SkipObjectResolution)
	if err != nil {
		return
	}
	for kind, found := range map[*Spans][][2]int{
		&c.Loops: loopsOf(set, parsed), &c.Ended: endedLoopsOf(set, parsed), &c.Relays: relaysOf(set, parsed),
	} {
		if len(found) > 0 {
			(*kind)[file] = found
		}
	}
	if found := mockCallsOf(set, parsed); len(found) > 0 {
		c.Mocks[file] = found
	}
	c.lists.read(importPath, file, set, parsed)
}
