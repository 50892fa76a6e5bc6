package callsite

import (
	"sync"
	"testing"
)

func TestGoroutine(t *testing.T) {
	for name, identity := range map[string]func() uint64{"as it is": Goroutine, "by name": goroutineByName} {
		mine := identity()
		if mine == 0 || mine != identity() {
			t.Errorf("%s: one goroutine has two names", name)
		}
		// They run at the same time, so none is in the place of another.
		const n = 50
		var begun, ended sync.WaitGroup
		var mu sync.Mutex
		seen := map[uint64]bool{mine: true}
		begun.Add(n)
		for range n {
			ended.Go(func() {
				id := identity()
				mu.Lock()
				seen[id] = true
				mu.Unlock()
				begun.Done()
				begun.Wait()
				if id != identity() {
					t.Errorf("%s: a goroutine got another name", name)
				}
			})
		}
		ended.Wait()
		if len(seen) != n+1 {
			t.Errorf("%s: %d goroutines have %d names", name, n+1, len(seen))
		}
	}
}
