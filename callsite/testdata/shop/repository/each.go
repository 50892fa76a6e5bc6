// Package repository is skipped.
package repository

// Each returns a function that calls f.
func Each(f func()) func() { return func() { f() } }

// Deep calls f at a depth.
func Deep[T any](depth int, f func() T) T {
	if depth > 0 {
		return Deep(depth-1, f)
	}
	return f()
}
