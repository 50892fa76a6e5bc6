// Package actor is a library of somebody else.
package actor

import "sync"

// Inbox runs functions one after the other, in a goroutine that lives as long as there are some.
type Inbox struct {
	mu    sync.Mutex
	queue []func()
}

// Act adds a function.
func (i *Inbox) Act(f func()) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.queue = append(i.queue, f)
	if len(i.queue) == 1 {
		go i.run()
	}
}

func (i *Inbox) run() {
	for more := true; more; {
		i.mu.Lock()
		f := i.queue[0]
		i.mu.Unlock()
		f()
		i.mu.Lock()
		i.queue = i.queue[1:]
		more = len(i.queue) > 0
		i.mu.Unlock()
	}
}
