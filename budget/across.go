package budget

import (
	"cmp"
	"hash/maphash"
	"maps"
	"slices"
	"strconv"
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
// query say nothing. The order of reports does not matter. Memory is
// bounded: at most 100,000 relations, of about 1 kB while they hold.
//
// The zero Across is ready. It is not safe for concurrent use.
type Across struct {
	// Outside tells frames that are not the unit's own: test code that calls into the
	// application. Nil: there are none.
	Outside func(callsite.Frame) bool

	seed      maphash.Seed
	relations map[acrossKey]*relation
	// empty is how often a statement ran that had no rows, by the parent's part of a key.
	empty map[uint64]int64
}

// maxRelations bounds the memory of an Across.
const maxRelations = 100_000

// Covariation is a loop that many units show together.
type Covariation struct {
	// Finding is an n+1 or a write-loop, with the counts of the unit that sent most. It is
	// a candidate; proven if it has a parent and one of the numbers is 3 or more.
	Finding
	// Unit is the name of that unit.
	Unit string `json:"unit,omitempty"`
	// Units is how many units show it.
	Units int64 `json:"units"`
	// Numbers are the different numbers that were seen, in ascending order, 8 at most: of
	// the parent's rows, or of executions where there is no parent.
	Numbers []int64 `json:"numbers"`
	// Each is how many executions there are for each of the parent's rows.
	Each int64 `json:"each,omitempty"`
}

// acrossKey is a pair of statements with their lines, from the function that calls both.
// Without a parent it is one statement.
type acrossKey struct{ parent, child uint64 }

// relation is what was seen of a pair, or of one statement.
type relation struct {
	broken  bool
	each    int64
	units   int64
	numbers []int64
	worst   *Group // the child where it was sent most
	parent  *Group // at that time
	unit    string
	frames  []callsite.Frame // of the child, to its caller that has the loop
	caller  string           // the function that calls both
}

// maxNumbers is how many different numbers are kept, neededNumbers how many are evidence,
// and provenNumber the one that a small accident does not reach. Without a parent, three
// writes may be three fixed ones: in the tests of public applications they were.
const (
	maxNumbers    = 8
	neededNumbers = 3
	provenNumber  = 3
	aloneWrites   = 4
)

// lined is a group with its frames inside of the unit.
type lined struct {
	*Group
	frames []callsite.Frame // from the inside out
}

// Add adds a report. It keeps parts of it.
func (a *Across) Add(r *Report) {
	if r.Stage == Running || r.Totals.Errors > 0 || r.Totals.Blocked > 0 || len(r.Groups) > maxAcrossGroups {
		return
	}
	if a.relations == nil {
		a.seed, a.relations, a.empty = maphash.MakeSeed(), make(map[acrossKey]*relation), make(map[uint64]int64)
	}
	f := &finder{rules: Rules{}.withDefaults(), report: r}
	parents, children := a.candidates(f)
	for _, c := range children {
		a.alone(r, c)
		for _, p := range parents {
			a.pair(r, p, c)
		}
	}
	for _, p := range parents {
		if p.Rows == 0 {
			a.noRows(p)
		}
	}
}

// maxAcrossGroups is the number of groups up to which a unit is looked at: each read is
// compared with each statement.
const maxAcrossGroups = 200

// candidates returns the reads that ran once, and the statements that may be in a loop.
func (a *Across) candidates(f *finder) (parents, children []lined) {
	f.each(func(i int, g *Group) {
		frames := a.inside(g.CallSite())
		if len(frames) == 0 || f.isSetUp(i) {
			return
		}
		if g.Kind == statement.Read && g.Queries == 1 && len(g.Tables) > 0 && !isIntrospection(g.Tables) && !isAggregate(g.Statement) {
			parents = append(parents, lined{g, frames})
		}
		loop := f.loopOf([]int{i}, false)
		isRead, isWrite := canBeLoop(g.Statement), canBeWriteLoop(g.Statement)
		if g.ListsVary || g.Batched || g.Paged || isRead && g.AsksNewIDs || isWrite && g.needsItsIDs() || !isRead && !isWrite {
			return
		}
		if isRead && f.isOwnWork(loop) || isWrite && f.isWorker(loop) || f.isRetried(loop) {
			return
		}
		children = append(children, lined{g, frames})
	})
	return parents, children
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

// pair compares the executions of a statement with the rows of one before it.
func (a *Across) pair(r *Report, p, c lined) {
	if p.Group == c.Group || c.First < p.Last || p.Fingerprint == c.Fingerprint {
		return
	}
	i, j, ok := meet(p.frames, c.frames)
	if !ok {
		return
	}
	rel := a.relation(acrossKey{a.hash(p.Group, p.frames[:i+1]), a.hash(c.Group, c.frames[:j+1])})
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

// alone takes note of how often a statement was sent by itself.
func (a *Across) alone(r *Report, c lined) {
	rel := a.relation(acrossKey{child: a.hash(c.Group, c.frames[:min(len(c.frames), aloneFrames)])})
	if rel == nil || rel.broken {
		return
	}
	if c.Distinct < c.Queries || c.Duplicates > 0 {
		*rel = relation{broken: true}
		return
	}
	rel.see(r, c.Queries, c.Group, nil)
	rel.frames = c.frames[:min(len(c.frames), aloneFrames)]
}

// aloneFrames is how many frames tell a statement without a parent from others: the caller
// of a repository's function has the loop, as a rule.
const aloneFrames = 4

// noRows takes note of a read without rows, after which nothing was sent for each of them.
func (a *Across) noRows(p lined) {
	for i := range p.frames[:min(len(p.frames), maxMeet)] {
		if key := a.hash(p.Group, p.frames[:i+1]); len(a.empty) < maxRelations || a.empty[key] > 0 {
			a.empty[key]++
		}
	}
}

// relation returns what was seen of a key; nil if there is no room for it.
func (a *Across) relation(key acrossKey) *relation {
	rel := a.relations[key]
	if rel == nil && len(a.relations) < maxRelations {
		rel = &relation{}
		a.relations[key] = rel
	}
	return rel
}

func (rel *relation) see(r *Report, number int64, child, parent *Group) {
	rel.units++
	if i, known := slices.BinarySearch(rel.numbers, number); !known && len(rel.numbers) < maxNumbers {
		rel.numbers = slices.Insert(rel.numbers, i, number)
	}
	if rel.worst == nil || child.Queries > rel.worst.Queries || child.Queries == rel.worst.Queries && r.Name < rel.unit {
		rel.worst, rel.parent, rel.unit = child, parent, r.Name
	}
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

// hash identifies a statement that is sent from lines.
func (a *Across) hash(g *Group, frames []callsite.Frame) uint64 {
	var h maphash.Hash
	h.SetSeed(a.seed)
	maphash.WriteComparable(&h, g.Fingerprint)
	_, _ = h.WriteString(g.Database)
	for _, f := range frames {
		_, _ = h.WriteString(f.File)
		_, _ = h.WriteString(f.Function)
		maphash.WriteComparable(&h, f.Line)
	}
	return h.Sum64()
}

// Findings returns the loops, those that were sent most first. Statements of one loop are
// one finding.
func (a *Across) Findings() []Covariation {
	found := make(map[string][]*relation)  // by the child
	loops := make(map[string]*Covariation) // by the parent and the function that loops
	for _, key := range a.sortedKeys() {
		rel := a.relations[key]
		numbers := rel.numbers
		if key.parent != 0 && a.empty[key.parent] > 0 {
			numbers = append([]int64{0}, numbers...)
		}
		if rel.broken || len(numbers) < neededNumbers || key.parent == 0 && !rel.isLoopAlone() {
			continue
		}
		child := childLine(rel)
		if slices.ContainsFunc(found[child], rel.isSameLoop) {
			continue // another parent fits as well
		}
		found[child] = append(found[child], rel)
		loop := child + strconv.Itoa(len(found[child]))
		if key.parent != 0 {
			loop = strconv.FormatUint(key.parent, 36) + rel.caller
		}
		if first := loops[loop]; first != nil {
			first.Also = append(first.Also, *related(rel.worst, "the same loop sends it too"))
			continue
		}
		loops[loop] = rel.covariation(numbers)
	}
	all := slices.SortedFunc(maps.Values(loops), func(x, y *Covariation) int {
		return cmp.Or(cmp.Compare(y.Count, x.Count), cmp.Compare(x.Shape, y.Shape))
	})
	out := make([]Covariation, len(all))
	for i, c := range all {
		out[i] = *c
	}
	return out
}

// childLine identifies what a relation is about, whichever parent it has.
func childLine(rel *relation) string {
	site := rel.worst.CallSite()
	return rel.worst.Shape + "\n" + site.File + ":" + strconv.Itoa(site.Line)
}

// isLoopAlone reports whether a statement without a parent was sent often enough.
func (rel *relation) isLoopAlone() bool {
	if canBeWriteLoop(rel.worst.Statement) {
		return rel.worst.Queries >= aloneWrites
	}
	return rel.worst.Queries >= provenNumber
}

// isSameLoop reports whether two relations of one statement and line have the same callers,
// as far as both are known.
func (rel *relation) isSameLoop(other *relation) bool {
	n := min(len(rel.frames), len(other.frames))
	return slices.Equal(rel.frames[:n], other.frames[:n])
}

// sortedKeys returns the keys in an order that is the same for the same reports: pairs
// before statements alone, those with most numbers and the nearest parent first.
func (a *Across) sortedKeys() []acrossKey {
	keys := slices.Collect(maps.Keys(a.relations))
	keys = slices.DeleteFunc(keys, func(k acrossKey) bool { return a.relations[k].worst == nil || a.relations[k].broken })
	slices.SortFunc(keys, func(x, y acrossKey) int {
		p, q := a.relations[x], a.relations[y]
		if (x.parent == 0) != (y.parent == 0) {
			if x.parent == 0 {
				return 1
			}
			return -1
		}
		return cmp.Or(
			cmp.Compare(len(q.numbers), len(p.numbers)),
			cmp.Compare(len(p.frames), len(q.frames)),
			cmp.Compare(q.worst.Queries, p.worst.Queries),
			cmp.Compare(parentFirst(q), parentFirst(p)),
			cmp.Compare(p.worst.First, q.worst.First),
			cmp.Compare(p.worst.Shape, q.worst.Shape),
			compareFrames(p.frames, q.frames),
			comparePlaces(p.parent, q.parent),
		)
	})
	return keys
}

// compareFrames and comparePlaces give relations one order that does not depend on how they
// are hashed.
func compareFrames(x, y []callsite.Frame) int {
	return slices.CompareFunc(x, y, func(a, b callsite.Frame) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Function, b.Function))
	})
}

func comparePlaces(p, q *Group) int {
	if p == nil || q == nil {
		return 0 // both, since pairs are compared with pairs
	}
	return cmp.Or(cmp.Compare(p.Shape, q.Shape), compareFrames(p.CallSite().Frames(), q.CallSite().Frames()))
}

func parentFirst(rel *relation) int64 {
	if rel.parent == nil {
		return 0
	}
	return rel.parent.First
}

// covariation makes the finding of a relation.
func (rel *relation) covariation(numbers []int64) *Covariation {
	r := &Report{Groups: []Group{*rel.worst}}
	f := &finder{rules: Rules{}.withDefaults(), report: r}
	loop := f.loopOf([]int{0}, false)
	kind := NPlusOne
	if canBeWriteLoop(rel.worst.Statement) {
		kind = WriteLoop
	}
	c := &Covariation{Unit: rel.unit, Units: rel.units, Numbers: numbers, Each: rel.each}
	c.Finding = f.evidence(&r.Groups[0], kind, Candidate, rel.worst.Queries)
	c.Proof = "sent " + joinNumbers(numbers) + " times in " + plural(rel.units, "unit")
	if rel.parent != nil {
		c.Parent = related(rel.parent, "it was sent once for each of its rows, in each unit")
		if rel.each > 1 {
			c.Parent.Why = "it was sent " + strconv.FormatInt(rel.each, 10) + " times for each of its rows, in each unit"
		}
		c.Proof = "the number of its executions is that of the rows in " + plural(rel.units, "unit") + ": " + joinNumbers(numbers)
		if numbers[len(numbers)-1] >= provenNumber {
			c.Confidence = Proven
		}
	}
	if kind == WriteLoop {
		c.Repair = f.writeRepair(loop)
	} else {
		c.Repair = f.readRepair(loop, c.Parent)
	}
	return c
}

func joinNumbers(numbers []int64) string {
	text := make([]string, len(numbers))
	for i, n := range numbers {
		text[i] = strconv.FormatInt(n, 10)
	}
	return strings.Join(text, ", ")
}

// Len is the number of relations that are kept.
func (a *Across) Len() int { return len(a.relations) }
