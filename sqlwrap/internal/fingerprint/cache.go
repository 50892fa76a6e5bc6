package fingerprint

import (
	"hash/maphash"
	"sync/atomic"

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
}

type cached struct {
	text      string
	statement *budget.Statement
}

// NewCache returns an empty cache before r.
func NewCache(r *Reader) *Cache { return &Cache{reader: r} }

// Read reads a statement.
func (c *Cache) Read(text string) *budget.Statement {
	if len(text) > maxCached {
		return c.reader.Read(text)
	}
	set := &c.sets[maphash.String(c.reader.seed, text)%cacheSets]
	for i := range set.ways {
		if e := set.ways[i].Load(); e != nil && e.text == text {
			return e.statement
		}
	}
	e := &cached{text, c.reader.Read(text)}
	set.ways[set.next.Add(1)%cacheWays].Store(e)
	return e.statement
}
