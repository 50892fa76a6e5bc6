// Package drivers holds a recipe for each driver, connector, ORM and test helper that
// querybudget was tried with: the lines that an application writes. A recipe is there to
// be copied; docs/drivers.md and docs/orms.md list them, and say what the tests of this
// package show of each.
package drivers
