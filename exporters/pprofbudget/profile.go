package pprofbudget

import (
	"context"
	"hash/maphash"
	"net/http"
	"sync"
	"time"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/internal/gate"
	"github.com/querybudget/querybudget/statement"
)

// Options are the optional parts of a [Profile]. The zero value is the default of each.
type Options struct {
	// Stacks is the number of entries, each a stack with a statement, a route, a database
	// and a finding: 10,000, which take about 10 MB. What comes later is added to one
	// entry "(other)".
	Stacks int
	// Allow opens the profile to requests that it would refuse: those of other machines,
	// such as a profiler that scrapes, of other host names, and through proxies. It
	// decides alone, so it must check who asks. It is called by many goroutines at a time.
	// Default: none.
	Allow func(*http.Request) bool
	// Hosts are the names, without a port, by which the profile may be asked for beside IP
	// addresses, localhost and *.localhost. Name only what your own DNS or hosts file
	// answers for.
	Hosts []string
}

const defaultStacks = 10_000

// Profile adds up the queries of reports by stack, and serves them. It has to be among
// the reporters of middleware.Track or of a [budget.Delivery]. It is safe for concurrent
// use.
type Profile struct {
	gate    gate.Gate
	stacks  int
	seed    maphash.Seed
	started time.Time

	mu      sync.Mutex
	places  map[key]int // in entries
	entries []entry     // the first is that of all others; none is ever removed
	sums    []sums      // of the entries
}

var (
	_ budget.NeedyReporter = (*Profile)(nil)
	_ http.Handler         = (*Profile)(nil)
)

// key tells entries apart. A stack is known by a hash of 64 bits: that two of 10,000 have
// the same one happens by chance once in 10^11 processes.
type key struct {
	labels
	fingerprint statement.Fingerprint
	stack       uint64
}

// labels are those of a sample; the statement's is part of the entry.
type labels struct {
	route, database string
	finding         budget.FindingKind
}

// entry is what a sample is about.
type entry struct {
	labels
	statement *statement.Statement // nil for all others
	site      callsite.CallSite
}

// sums are the values of a sample, in the order of sampleTypes.
type sums [4]int64

func (s *sums) add(o sums) {
	for i := range s {
		s[i] += o[i]
	}
}

// New returns an empty profile, which has to be mounted too.
func New(o Options) *Profile {
	if o.Stacks <= 0 {
		o.Stacks = defaultStacks
	}
	return &Profile{
		gate:   gate.Gate{Options: "pprofbudget.Options", Allow: o.Allow, Hosts: o.Hosts},
		stacks: o.Stacks, seed: maphash.MakeSeed(), started: time.Now(),
		places: make(map[key]int), entries: make([]entry, 1), sums: make([]sums, 1),
	}
}

// Needs asks for the groups of each unit of work, and for what it does after its end.
func (p *Profile) Needs() budget.Needs { return budget.Needs{Quick: true, Late: true} }

// Report adds the queries of a final or late report.
func (p *Profile) Report(_ context.Context, r *budget.Report) {
	if r.Stage == budget.Running {
		return // they are in the final report again
	}
	if r.Lean {
		t := &r.Totals
		p.add(key{}, entry{}, sums{t.Queries, int64(t.ExecTime + t.FetchTime), t.Rows, 0})
		return
	}
	judged := judge(r)
	for i := range r.Groups {
		g := &r.Groups[i]
		values := sums{g.Queries, int64(g.Time), g.Rows, judged[i].saved}
		if g.Overflow || g.Statement == nil {
			p.add(key{}, entry{}, values)
			continue
		}
		e := entry{labels{r.Name, g.Database, judged[i].finding}, g.Statement, g.CallSite()}
		p.add(key{e.labels, g.Fingerprint, p.hash(e.site)}, e, values)
	}
}

// hash identifies a stack, in this process.
func (p *Profile) hash(site callsite.CallSite) uint64 {
	var h maphash.Hash
	h.SetSeed(p.seed)
	hashFrame(&h, &site.Frame)
	for i := range site.Outer {
		hashFrame(&h, &site.Outer[i])
	}
	return h.Sum64()
}

// hashFrame adds a function and a line. The hash never fails.
func hashFrame(h *maphash.Hash, f *callsite.Frame) {
	_, _ = h.WriteString(f.Function)
	for line, i := f.Line, 0; i < 4; line, i = line>>8, i+1 {
		_ = h.WriteByte(byte(line))
	}
}

// add adds to an entry, which it makes while there is room. One without a statement is
// that of all others.
func (p *Profile) add(k key, e entry, values sums) {
	if values == (sums{}) {
		return // refused queries
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	place, known := p.places[k]
	if !known && e.statement != nil && len(p.places) < p.stacks {
		place = len(p.entries)
		p.places[k] = place
		p.entries, p.sums = append(p.entries, e), append(p.sums, sums{})
	}
	p.sums[place].add(values)
}

// snapshot is the profile at a time: entries, and their sums.
type snapshot struct {
	at      time.Time
	entries []entry
	sums    []sums
}

func (p *Profile) snapshot() snapshot {
	p.mu.Lock()
	defer p.mu.Unlock()
	return snapshot{time.Now(), p.entries[:len(p.entries):len(p.entries)], append([]sums(nil), p.sums...)}
}

// since takes an earlier snapshot off. Entries stay in their places, and sums only grow.
func (s snapshot) since(before snapshot) snapshot {
	for i := range before.sums {
		for j := range before.sums[i] {
			s.sums[i][j] -= before.sums[i][j]
		}
	}
	return s
}
