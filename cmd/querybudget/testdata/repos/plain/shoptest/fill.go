// Package shoptest has what tests of the shop need.
package shoptest

import "strconv"

// Fill writes lines.
func Fill(note func(string), lines int) {
	for i := range lines {
		note(strconv.Itoa(i))
	}
}
