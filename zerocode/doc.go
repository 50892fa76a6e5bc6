// Package zerocode watches a program that nobody changed. The command querybudget links it
// into a toolchain of its own (cmd/querybudget), whose packages database/sql, testing and
// net/http call it: every handle is wrapped, and queries belong to the request that a
// server serves, or to the call that a test makes into the application.
//
// Programs that are built with an ordinary toolchain have no use for it.
package zerocode
