// Package repository is skipped.
package repository

// Each returns a function that calls f.
func Each(f func()) func() { return func() { f() } }
