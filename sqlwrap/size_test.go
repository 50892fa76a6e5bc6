package sqlwrap_test

import (
	"database/sql/driver"
	"runtime"
	"testing"

	"github.com/querybudget/querybudget/sqlwrap"
)

// A service with a database for each tenant has thousands of handles, most of which
// wait: one costs next to nothing before its first query (0.9 kB when this was
// written).
func TestUnusedHandleIsSmall(t *testing.T) {
	const handles, most = 200, 4 << 10
	kept := make([]driver.Connector, handles)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for i := range kept {
		kept[i] = sqlwrap.Connector(benchDriver{})
	}
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(kept)
	if got := (after.TotalAlloc - before.TotalAlloc) / handles; got > most {
		t.Errorf("an unused handle costs %d bytes, more than %d", got, most)
	}
}
