// Package e2e has the end-to-end test of the example with an OpenTelemetry
// Collector and Prometheus: make e2e starts it.
package e2e
