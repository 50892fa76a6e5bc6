package source

import (
	"runtime"
	"sync"
)

// InParallel calls work for each of the numbers below n, on all processors. A repository has
// thousands of files, each of which is parsed.
func InParallel(n int, work func(i int)) {
	var all sync.WaitGroup
	next := make(chan int)
	for range min(n, runtime.GOMAXPROCS(0)) {
		all.Go(func() {
			for i := range next {
				work(i)
			}
		})
	}
	for i := range n {
		next <- i
	}
	close(next)
	all.Wait()
}
