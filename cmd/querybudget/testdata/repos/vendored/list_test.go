package vendored

import (
	"testing"

	"example.com/fakedb"
)

func TestNames(t *testing.T) {
	if n := len(Names(fakedb.Open())); n != 4 {
		t.Error(n)
	}
}

// Each call of an actor is a piece of work.
func TestAct(t *testing.T) { Act(fakedb.Open(), 6) }
