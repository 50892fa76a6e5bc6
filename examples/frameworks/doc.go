// Package frameworks holds a recipe for each router, server and worker that querybudget
// was tried with: the lines that an application adds, in a server that runs. A recipe is
// there to be copied; docs/frameworks.md lists them.
//
// All serve the same pages (shop.go), and one test asks each for the same things.
package frameworks
