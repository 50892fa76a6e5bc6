package budgettest

import (
	"bytes"
	"runtime"
	"strconv"
	"sync"
)

// goroutines is a goroutine and those that it started, directly or not. It is told by
// what [runtime.Stack] prints of a goroutine, which is the only place where its
// number and that of its creator are to be had.
type goroutines struct {
	mu      sync.Mutex
	members map[int64]bool
}

// newGoroutines returns the goroutine that calls it, and those to come.
func newGoroutines() *goroutines {
	self, _ := identify(ownStack())
	return &goroutines{members: map[int64]bool{self: true}}
}

// isMember reports whether the calling goroutine is one of them. A
// goroutine whose creators have ended before its first query is a stranger.
func (f *goroutines) isMember() bool {
	self, creator := identify(ownStack())
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.members[self] || f.members[creator] {
		f.members[self] = true
		return true
	}
	line := []int64{self}
	creators := allCreators()
	for creator != 0 && len(line) < 100 {
		line = append(line, creator)
		creator = creators[creator]
		if f.members[creator] {
			for _, id := range line {
				f.members[id] = true
			}
			return true
		}
	}
	return false
}

// identify reads the numbers of a goroutine and of its creator out of its stack, 0
// where there is none:
//
//	goroutine 18 [running]:
//	...
//	created by main.f in goroutine 1
func identify(stack []byte) (self, creator int64) {
	stack, _, _ = bytes.Cut(stack, []byte("\n\n"))
	self = numberAfter(stack, []byte("goroutine "))
	if i := bytes.LastIndex(stack, []byte("\ncreated by ")); i >= 0 {
		creator = numberAfter(stack[i:], []byte(" in goroutine "))
	}
	return self, creator
}

func numberAfter(text, prefix []byte) int64 {
	_, rest, _ := bytes.Cut(text, prefix)
	end := 0
	for end < len(rest) && rest[end] >= '0' && rest[end] <= '9' {
		end++
	}
	n, _ := strconv.ParseInt(string(rest[:end]), 10, 64)
	return n
}

// allCreators returns the creator of each goroutine that there is.
func allCreators() map[int64]int64 {
	out := make(map[int64]int64)
	for stack := range bytes.SplitSeq(fullStack(true), []byte("\n\n")) {
		self, creator := identify(stack)
		out[self] = creator
	}
	return out
}

func ownStack() []byte { return fullStack(false) }

// fullStack returns the stack of this goroutine or of all, whatever its length.
func fullStack(all bool) []byte {
	for size := 16 << 10; ; size *= 2 {
		buf := make([]byte, size)
		if n := runtime.Stack(buf, all); n < size {
			return buf[:n]
		}
	}
}
