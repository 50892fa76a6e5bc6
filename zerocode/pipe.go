package zerocode

import (
	"fmt"
	"os"
	"strconv"
	"sync/atomic"
	"time"
)

// pipe writes from a goroutine of its own, so that the program never waits for the reader.
type pipe struct {
	lines   chan []byte
	dropped atomic.Int64
}

// pipeMax is how many reports wait for the reader.
const pipeMax = 256

func newPipe(number string) (*pipe, error) {
	fd, err := strconv.Atoi(number)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", PipeVariable, err)
	}
	p := &pipe{lines: make(chan []byte, pipeMax)}
	go p.run(os.NewFile(uintptr(fd), "reports"))
	return p, nil
}

func (p *pipe) Write(line []byte) (int, error) {
	select {
	case p.lines <- line:
	default:
		p.dropped.Add(1)
	}
	return len(line), nil
}

// run writes until the reader is gone, and throws away what comes then.
func (p *pipe) run(to *os.File) {
	tick := time.NewTicker(idle)
	defer tick.Stop()
	var err error
	for err == nil {
		select {
		case now := <-tick.C:
			flushIdle(now)
		case line := <-p.lines:
			if _, err = to.Write(line); err == nil {
				if n := p.dropped.Swap(0); n > 0 {
					_, err = fmt.Fprintf(to, "{\"dropped\":%d}\n", n)
				}
			}
		}
	}
	_ = to.Close()
	for range p.lines {
	}
}
