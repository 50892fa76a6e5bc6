package sqlwrap

import (
	"database/sql"
	"database/sql/driver"
	"testing"
)

func TestLevels(t *testing.T) {
	for ours, theirs := range map[driver.IsolationLevel]sql.IsolationLevel{
		levelRepeatableRead: sql.LevelRepeatableRead, levelSnapshot: sql.LevelSnapshot, levelSerializable: sql.LevelSerializable,
	} {
		if ours != driver.IsolationLevel(theirs) {
			t.Errorf("%v is %d, and not %d", theirs, theirs, ours)
		}
	}
}
