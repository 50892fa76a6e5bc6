package sqlwrap

import (
	"database/sql"
	"database/sql/driver"
	"testing"
)

func TestLevelOfSerializableTransactions(t *testing.T) {
	if levelSerializable != driver.IsolationLevel(sql.LevelSerializable) {
		t.Errorf("sql.LevelSerializable is %d", sql.LevelSerializable)
	}
}
