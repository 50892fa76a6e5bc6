// Package format writes a result for those who read it: people at a terminal or in a pull
// request, and hosts with forms of their own.
//
// All texts in a result were chosen by somebody else: names of routes, tables, tests and
// functions. Each form escapes them for its host, so that none can begin a line, a
// command, a tag or a link.
package format
