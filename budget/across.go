package budget

import (
	"hash/maphash"
	"slices"
	"strings"

	"github.com/querybudget/querybudget/callsite"
	"github.com/querybudget/querybudget/statement"
)

// Across finds in many reports what one of them cannot show: test data with two rows, or a
// page with a short list, has no loop that is long enough to be one. Over many units the
// numbers tell. A statement that was sent as often as an earlier one had rows, each time,
// goes through these rows; one that a unit sends 1, 2 or 4 times from one line, with other
// arguments each time, is sent in a loop.
//
// It is conservative: one unit that does not fit ends a relation, and units with a failed
// query say nothing. The order of reports does not matter. Memory is bounded by Relations.
//
// The zero Across is ready. It is not safe for concurrent use: [Traffic] is.
type Across struct {
	// Relations is the number of statements and pairs of them that are kept, of about 1 kB
	// each while they hold. Default, also for a negative number: 100,000. What does not fit
	// is not looked at.
	Relations int
	// Outside tells frames that are not the unit's own: test code that calls into the
	// application. Nil: there are none.
	Outside func(callsite.Frame) bool
	// SQLite is what the units of the next reports that are added stand for, as [Rules.SQLite].
	SQLite SQLiteUse

	seed      maphash.Seed
	relations map[acrossKey]*relation
	// empty is how often a statement ran that had no rows, by the parent's part of a key.
	empty map[uint64]int64
	// other is in how many units a statement ran several times, and nothing before it had as many
	// rows, by the child's part of a key: it goes through something else there.
	other map[uint64]int64
}

// maxRelations is how many relations an Across keeps.
const maxRelations = 100_000

func (a *Across) most() int {
	if a.Relations <= 0 {
		return maxRelations
	}
	return a.Relations
}

// acrossKey is a pair of statements with their lines, from the function that calls both.
// Without a parent it is one statement.
type acrossKey struct{ parent, child uint64 }

// lined is a group with its frames inside of the unit.
type lined struct {
	*Group
	frames []callsite.Frame // from the inside out
	ids    []uint64         // of the statement with its first frame, its first two, and so on
	once   bool             // a read that can be a parent: it ran once
}

// Add adds a report. It keeps parts of it. A nil report says nothing.
func (a *Across) Add(r *Report) {
	if r == nil || r.Stage == Running || r.Totals.Errors > 0 || r.Totals.Blocked > 0 || len(r.Groups) > maxAcrossGroups {
		return
	}
	if a.relations == nil {
		a.seed, a.relations = maphash.MakeSeed(), make(map[acrossKey]*relation)
		a.empty, a.other = make(map[uint64]int64), make(map[uint64]int64)
	}
	f := &finder{rules: Rules{SQLite: a.SQLite}.withDefaults(), report: r}
	parents, children, setUp := a.candidates(f)
	for _, c := range children {
		a.alone(r, c)
		var explained uint // by frame: rows that its function read say how often it ran
		for _, p := range parents {
			if p.Group == c.Group || c.First < p.First || p.Fingerprint == c.Fingerprint {
				continue
			}
			i, j, ok := meet(p.frames, c.frames)
			if !ok {
				continue
			}
			if p.explains(c) {
				explained |= 1 << j
			}
			if p.once {
				a.pair(r, p, c, i, j)
			}
		}
		for j, id := range c.ids {
			if c.Queries > 1 && !setUp && explained&(1<<j) == 0 {
				count(a.other, []uint64{id}, a.most())
			}
		}
	}
	for _, p := range parents {
		if p.once && p.Rows == 0 {
			count(a.empty, p.ids, a.most())
		}
	}
}

// maxAcrossGroups is the number of groups up to which a unit is looked at: each read is
// compared with each statement.
const maxAcrossGroups = 200

// explains reports whether a statement may have been sent as often for each row of a read. Of one
// that ran several times that is not asked.
func (p lined) explains(c lined) bool {
	return !p.once || p.Rows > 0 && c.Queries%p.Rows == 0
}

// candidates returns the reads, and the statements that may be in a loop, and whether there are
// others that belong to a set-up.
func (a *Across) candidates(f *finder) (parents, children []lined, setUp bool) {
	f.each(func(i int, g *Group) {
		frames := a.inside(g.CallSite())
		setUp = setUp || f.isSetUp(i)
		if len(frames) == 0 || f.isSetUp(i) {
			return
		}
		ids := a.identify(g, frames)
		if g.Kind == statement.Read && len(g.Tables) > 0 && !isIntrospection(g.Tables) && !isAggregate(g.Statement) {
			parents = append(parents, lined{g, frames, ids, g.Queries == 1})
		}
		loop := f.loopOf([]int{i}, false)
		isRead, isWrite := canBeLoop(g.Statement), canBeWriteLoop(g.Statement)
		if g.ListsVary || g.Batched || g.Paged || isRead && (g.AsksNewIDs || g.AsksForNews) || isWrite && g.needsItsIDs() || !isRead && !isWrite {
			return
		}
		switch {
		case f.isOfJobs(loop), g.followsPath():
			a.end(ids)
			return
		case isRead && (f.isOwnWork(loop) || f.isReadBack(loop)), isWrite && (f.isWorker(loop) || f.isItemByItem(loop) || f.isCheap(loop)), f.isRetried(loop):
			return
		}
		children = append(children, lined{Group: g, frames: frames, ids: ids})
	})
	return parents, children, setUp
}

// inside returns the frames of a call site that are the unit's own.
func (a *Across) inside(site callsite.CallSite) []callsite.Frame {
	if site.IsZero() || site.Library {
		return nil
	}
	frames := site.Frames()
	if a.Outside != nil {
		if i := slices.IndexFunc(frames, a.Outside); i >= 0 {
			return frames[:i]
		}
	}
	return frames
}

// pair compares the executions of a statement with the rows of one before it, from the function
// that called both: at a frame of each.
func (a *Across) pair(r *Report, p, c lined, i, j int) {
	rel := a.relation(acrossKey{p.ids[i], c.ids[j]})
	if rel == nil || rel.broken {
		return
	}
	each := int64(1)
	if p.Rows > 0 {
		each = c.Queries / p.Rows
	}
	if p.Rows == 0 || c.Queries%p.Rows != 0 || rel.each != 0 && each != rel.each {
		*rel = relation{broken: true}
		return
	}
	rel.each = each
	rel.see(r, p.Rows, c.Group, p.Group)
	rel.frames, rel.caller = c.frames[:j+1], plainFunction(c.frames[j].Function)
}

// end takes note that a statement is sent for each job of a worker: as often as there are jobs.
func (a *Across) end(ids []uint64) {
	if rel := a.relation(acrossKey{child: ids[min(len(ids), aloneFrames)-1]}); rel != nil {
		*rel = relation{broken: true}
	}
}

// alone takes note of how often a statement was sent by itself.
func (a *Across) alone(r *Report, c lined) {
	rel := a.relation(acrossKey{child: c.ids[min(len(c.ids), aloneFrames)-1]})
	if rel == nil || rel.broken {
		return
	}
	if c.Kind == statement.Write && !allDiffer(c.Group) || c.Kind != statement.Write && c.Distinct < c.Queries || c.Duplicates > 0 {
		*rel = relation{broken: true}
		return
	}
	rel.see(r, c.Queries, c.Group, nil)
	rel.frames = c.frames[:min(len(c.frames), aloneFrames)]
}

// aloneFrames is how many frames tell a statement without a parent from others: the caller
// of a repository's function has the loop, as a rule.
const aloneFrames = 4

// count adds a unit to what is counted by parts of keys, while there is room.
func count(units map[uint64]int64, keys []uint64, most int) {
	for _, key := range keys {
		if len(units) < most || units[key] > 0 {
			units[key]++
		}
	}
}

// relation returns what was seen of a key; nil if there is no room for it.
func (a *Across) relation(key acrossKey) *relation {
	rel := a.relations[key]
	if rel == nil && len(a.relations) < a.most() {
		rel = &relation{}
		a.relations[key] = rel
	}
	return rel
}

// maxMeet is how far outside of a read its caller may be that also sends the other
// statement.
const maxMeet = 16

// meet returns the frames, as indices, of the function that called both call sites: the
// innermost one that they share. Functions that a function encloses are a part of it.
func meet(p, c []callsite.Frame) (i, j int, ok bool) {
	i, j = len(p)-1, len(c)-1
	for i > 0 && j > 0 && p[i] == c[j] {
		i, j = i-1, j-1
	}
	if plainFunction(p[i].Function) != plainFunction(c[j].Function) {
		if i+1 == len(p) || j+1 == len(c) {
			return 0, 0, false
		}
		i, j = i+1, j+1 // one line that calls both
	}
	return i, j, i < maxMeet && j < maxMeet
}

// plainFunction is the function that encloses one: "store.List" of "store.List.func1.2".
func plainFunction(name string) string {
	for {
		dot := strings.LastIndexByte(name, '.')
		if dot < 0 {
			return name
		}
		last := strings.TrimPrefix(name[dot+1:], "func")
		last = strings.TrimPrefix(last, "gowrap")
		if last == "" || strings.Trim(last, "0123456789-range") != "" {
			return name
		}
		name = name[:dot]
	}
}

// identify returns what identifies a statement that is sent from lines, for each of the
// functions that may have the loop.
func (a *Across) identify(g *Group, frames []callsite.Frame) []uint64 {
	var h maphash.Hash
	h.SetSeed(a.seed)
	maphash.WriteComparable(&h, g.Fingerprint)
	_, _ = h.WriteString(g.Database)
	ids := make([]uint64, min(len(frames), maxMeet))
	for i := range ids {
		_, _ = h.WriteString(frames[i].File)
		_, _ = h.WriteString(frames[i].Function)
		maphash.WriteComparable(&h, frames[i].Line)
		ids[i] = h.Sum64()
	}
	return ids
}

// Len is the number of relations that are kept.
func (a *Across) Len() int { return len(a.relations) }
