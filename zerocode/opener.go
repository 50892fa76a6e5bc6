package zerocode

import "sync"

// openers are the helpers of tests that have opened a database, by name. What else they have the
// application do is its start, such as rows that each installation has, as often as there are tests.
var openers sync.Map

// opens takes note of who opens a database.
func opens() {
	if labels.Get == nil || isProgram() {
		return
	}
	if helper := places.Of().helper; helper != "" {
		openers.Store(helper, true)
	}
}

// opener returns the name of a helper that has opened a database, empty for another one.
func opener(helper string) string {
	if _, opened := openers.Load(helper); !opened {
		return ""
	}
	return helper
}
