package statement

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// Long texts are remembered within a bound.
func TestLongTextsAreRemembered(t *testing.T) {
	r := NewReader(PostgreSQL, testHasher, 2048)
	text := bulkInsert(1000)
	if first := r.Read(text); r.Read(strings.Clone(text)) != first {
		t.Error("a long text was read again")
	}
	if allocs := testing.AllocsPerRun(10, func() { r.Read(text) }); allocs > 0 {
		t.Errorf("%v allocations for a long text that is known", allocs)
	}
	for i := range 5 * longSets * waysOfSet {
		r.Read(text + fmt.Sprint(i))
	}
	kept := 0
	for i := range r.long.Load() {
		for j := range r.long.Load()[i].ways {
			if l := r.long.Load()[i].ways[j].Load(); l != nil {
				kept += l.statement.size()
			}
		}
	}
	if kept == 0 || kept > maxLongBytes {
		t.Errorf("%d bytes are kept", kept)
	}
	wide := NewReader(PostgreSQL, testHasher, 1<<20)
	huge := "SELECT " + strings.Repeat("a, ", 10_000) + "b"
	if first := wide.Read(huge); wide.Read(huge) == first {
		t.Error("a statement beyond the bound was kept")
	}
}

// Reading takes memory in proportion to the text, and none for each bracket.
func TestBracketsTakeNoMemory(t *testing.T) {
	size := func(n int) uint64 {
		text := strings.Repeat("(", n)
		r := NewReader(PostgreSQL, testHasher, 2048)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		r.read(text)
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	if small, large := size(1<<16), size(1<<20); large > 32*small || large > 16<<20 {
		t.Errorf("%d bytes for 64 KB of brackets, %d for 1 MB", small, large)
	}
}
