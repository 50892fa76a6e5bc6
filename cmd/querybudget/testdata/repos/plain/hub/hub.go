// Package hub serves commands, one after the other: that loop is a library's.
package hub

import (
	"maps"
	"slices"
	"strings"

	"example.com/fakedb"
)

var db = fakedb.Open()

// No test waits for the goroutine.
func init() {
	done := make(chan bool)
	go func() {
		defer close(done)
		strings.Map(command, "llflplclalb")
	}()
	<-done
}

func command(c rune) rune {
	switch c {
	case 'l':
		_ = db.QueryRow("SELECT length FROM shelves WHERE number = 7").Scan(new(int))
	case 'f':
		fill(slices.Collect(maps.Keys(map[int]bool{1: true, 2: true, 3: true, 4: true, 5: true}))...)
	}
	_, _ = db.Exec("INSERT INTO commands (name) VALUES (?)", int(c))
	return c
}

func fill(shelves ...int) {
	for _, number := range shelves {
		_, _ = db.Exec("INSERT INTO shelves (number) VALUES (?)", number)
	}
}
