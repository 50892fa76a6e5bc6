package fingerprint

import (
	"hash/maphash"
	"strings"
	"sync/atomic"
	"unsafe"

	"github.com/querybudget/querybudget/budget"
)

const (
	cacheSets = 512
	cacheWays = 4
	// maxCached is the longest text that is kept, in bytes. A longer one is
	// read each time, which the database needs longer for.
	maxCached = 4096
)

// Cache is a [Reader] that remembers the texts it read. It has a fixed number of
// places and takes no lock: a hot path can use it. Texts without parameters
// that differ each time push one another out.
type Cache struct {
	reader *Reader
	sets   [cacheSets]struct {
		ways [cacheWays]atomic.Pointer[cached]
		next atomic.Uint32
	}
	// constants are places for the texts that are written in the source: each has
	// one address, which tells the place for less than a hash of the text does.
	constants [cacheSets]atomic.Pointer[cached]
}

// cached is a text that was read.
type cached struct {
	text      string  // a copy: some libraries use the memory again
	address   uintptr // of the text itself
	statement *budget.Statement
}

// NewCache returns an empty cache before r.
func NewCache(r *Reader) *Cache { return &Cache{reader: r} }

// Read reads a statement.
func (c *Cache) Read(text string) *budget.Statement {
	if len(text) > maxCached {
		return c.reader.Read(text)
	}
	address := uintptr(unsafe.Pointer(unsafe.StringData(text)))
	constant := &c.constants[(address^address>>12)/8%cacheSets]
	if e := constant.Load(); e != nil && e.text == text {
		return e.statement
	}
	e := c.find(text, address)
	if e.address == address {
		constant.Store(e)
	}
	return e.statement
}

// find finds a text by its hash, and reads it if it is not there.
func (c *Cache) find(text string, address uintptr) *cached {
	set := &c.sets[maphash.String(c.reader.seed, text)%cacheSets]
	for i := range set.ways {
		if e := set.ways[i].Load(); e != nil && e.text == text {
			return e
		}
	}
	own := strings.Clone(text)
	e := &cached{own, address, c.reader.Read(own)}
	set.ways[set.next.Add(1)%cacheWays].Store(e)
	return e
}
