package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// progress passes the output of go test on, and says on a terminal how far it is.
type progress struct {
	to, status io.Writer
	began      time.Time
	stop       chan struct{}
	stopped    sync.WaitGroup

	mu       sync.Mutex
	packages int
	shown    bool
	atStart  bool // of a line
}

// newProgress says nothing unless stderr is a terminal.
func newProgress(stdout, stderr io.Writer) *progress {
	p := &progress{to: stdout, began: time.Now(), stop: make(chan struct{}), atStart: true}
	if f, ok := stderr.(*os.File); ok && isTerminal(f) {
		p.status = stderr
		p.stopped.Go(p.run)
	}
	return p
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && f.Name() != os.DevNull
}

func (p *progress) run() {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-p.stop:
			return
		case <-tick.C:
			p.show()
		}
	}
}

func (p *progress) show() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.atStart {
		_, _ = fmt.Fprintf(p.status, "\r\033[Kquerybudget: %d packages done, %s", p.packages, time.Since(p.began).Round(time.Second))
		p.shown = true
	}
}

// clear takes the line of the status away.
func (p *progress) clear() {
	if p.shown {
		_, _ = fmt.Fprint(p.status, "\r\033[K")
		p.shown = false
	}
}

func (p *progress) Write(text []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
	for line := range bytes.Lines(text) {
		for _, begin := range []string{"ok  \t", "FAIL\t", "?   \t"} {
			if bytes.HasPrefix(line, []byte(begin)) {
				p.packages++
			}
		}
	}
	p.atStart = len(text) > 0 && text[len(text)-1] == '\n'
	return p.to.Write(text)
}

func (p *progress) end() {
	close(p.stop)
	p.stopped.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.clear()
}
