// Package store is the application's.
package store

// Each returns a function that calls f.
func Each(f func()) func() {
	return func() {
		f()
	}
}
