// Package pyroscope has Grafana Pyroscope's own code read what exporters/pprofbudget writes.
// It is a module of its own that is not in the workspace: Pyroscope requires hundreds of
// others.
package pyroscope
