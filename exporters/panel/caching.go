package panel

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/statement"
)

// Which reads are worth a cache is found by replaying the kept queries against one: a
// read is answered if the same one, with the same arguments, was answered before, and
// nothing that this process did has written to its tables since.

// caching is the outcome.
type caching struct {
	Reads []*cachedRead `json:"reads"`
	// Queries were replayed. Unlisted ones were counted by their units but not kept one by
	// one, so they were not.
	Queries  int   `json:"queries"`
	Unlisted int64 `json:"unlisted,omitempty"`
}

// cachedRead is a read that a cache would answer more often than not.
type cachedRead struct {
	Summary  string   `json:"summary"`
	Shape    string   `json:"shape"`
	Database string   `json:"database,omitempty"`
	Tables   []string `json:"tables,omitempty"`
	Calls    int64    `json:"calls"`
	Requests int      `json:"requests"`
	Distinct int      `json:"distinct_arguments"`
	// Writes to its tables that this process was seen to make.
	Writes int64 `json:"writes"`
	// Answered calls would have come from a cache, which is Share of all and took Saved.
	Answered int64         `json:"answered"`
	Share    float64       `json:"share"`
	Saved    time.Duration `json:"saved_ns"`

	latest    budget.ID
	arguments map[uint64]int // place at which they were asked for last
}

const (
	minCachedCalls    = 10  // of a read that is listed
	minCachedRequests = 3   // that it comes from: one request that repeats itself has a finding
	minCachedShare    = 0.5 // that would be answered
	maxReplayed       = 200_000
	shownReads        = 20
)

// replayed is a query at its time.
type replayed struct {
	at    time.Time
	query *budget.Query
	of    budget.ID
}

func worthCaching(entries []*entry) caching {
	var out caching
	var all []replayed
	for _, e := range entries {
		out.Unlisted += int64(e.report.Truncated.Queries)
		for i := range e.report.Queries {
			q := &e.report.Queries[i]
			if len(all) == maxReplayed {
				out.Unlisted++
				continue
			}
			all = append(all, replayed{e.report.Started.Add(q.Start), q, e.report.ID})
		}
	}
	slices.SortStableFunc(all, func(a, b replayed) int { return a.at.Compare(b.at) })
	c := cache{reads: map[cacheKey]*cachedRead{}, written: map[string]int{}, counts: map[string]int64{}}
	for i := range all {
		c.replay(i+1, &all[i])
	}
	out.Queries, out.Reads = len(all), c.worth()
	return out
}

type cacheKey struct {
	database    string
	handle      int
	fingerprint statement.Fingerprint
}

// cache is one without bounds, that forgets what a write may have changed.
type cache struct {
	reads      map[cacheKey]*cachedRead
	written    map[string]int   // place of the latest write to a table
	counts     map[string]int64 // of writes to a table
	everything int              // place of the latest write to who knows what
	unknown    int64            // of these
}

func (c *cache) replay(place int, r *replayed) {
	switch q := r.query; {
	case q.Statement == nil:
	case q.Kind == statement.Write:
		c.write(place, q)
	case q.Kind == statement.Read && q.Repeatable && q.Failed == "":
		c.read(place, r)
	}
}

func (c *cache) write(place int, q *budget.Query) {
	if len(q.Tables) == 0 {
		c.everything = place
		c.unknown++
		return
	}
	for _, table := range q.Tables {
		c.written[tableName(table)] = place
		c.counts[tableName(table)]++
	}
}

func (c *cache) read(place int, r *replayed) {
	q := r.query
	identity, known := q.ArgumentsIdentity()
	if !known {
		return
	}
	key := cacheKey{q.Database, q.Handle, q.Fingerprint}
	read := c.reads[key]
	if read == nil {
		read = &cachedRead{Summary: q.Summary, Shape: q.Shape, Database: q.Database, Tables: q.Tables, arguments: map[uint64]int{}}
		c.reads[key] = read
	}
	read.Calls++
	if read.latest != r.of {
		read.latest = r.of
		read.Requests++
	}
	if before, asked := read.arguments[identity]; asked && before > c.lastWrite(q.Tables) {
		read.Answered++
		read.Saved += q.Exec + q.Fetch
	}
	read.arguments[identity] = place
}

// lastWrite is the place of the latest write that may have changed one of the tables.
func (c *cache) lastWrite(tables []string) int {
	place := c.everything
	for _, table := range tables {
		place = max(place, c.written[tableName(table)])
	}
	return place
}

// worth returns the reads that are worth it, those that save most time first.
func (c *cache) worth() []*cachedRead {
	out := []*cachedRead{}
	for _, read := range c.reads {
		read.Share, read.Distinct = ratio(read.Answered, read.Calls), len(read.arguments)
		read.Writes = c.unknown
		for _, table := range read.Tables {
			read.Writes += c.counts[tableName(table)]
		}
		if read.Calls >= minCachedCalls && read.Requests >= minCachedRequests && read.Share >= minCachedShare {
			out = append(out, read)
		}
	}
	slices.SortFunc(out, func(a, b *cachedRead) int {
		return cmp.Or(cmp.Compare(b.Saved, a.Saved), cmp.Compare(b.Answered, a.Answered), cmp.Compare(a.Shape, b.Shape))
	})
	return out[:min(len(out), shownReads)]
}

// tableName tells tables apart as [statement.Statement.SharesTable] does.
func tableName(name string) string { return strings.ToLower(statement.Unqualified(name)) }
