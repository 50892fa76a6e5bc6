package budget

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/querybudget/querybudget/callsite"
)

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

// relation is what was seen of a pair, or of one statement.
type relation struct {
	broken  bool
	each    int64
	units   int64
	several int64 // of them, those in which the child was sent several times
	calling int64 // of these, those in which another service is called each time
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

func (rel *relation) see(r *Report, number int64, child, parent *Group) {
	rel.units++
	if child.Queries > 1 {
		rel.several++
		if child.CallsOut {
			rel.calling++
		}
	}
	if i, known := slices.BinarySearch(rel.numbers, number); !known && len(rel.numbers) < maxNumbers {
		rel.numbers = slices.Insert(rel.numbers, i, number)
	}
	if rel.worst == nil || child.Queries > rel.worst.Queries || child.Queries == rel.worst.Queries && r.Name < rel.unit {
		rel.worst, rel.parent, rel.unit = alone(child), alone(parent), r.Name
	}
}

// alone is a copy of a group that holds on to nothing of its report.
func alone(g *Group) *Group {
	if g == nil {
		return nil
	}
	c := *g
	c.Parents, c.Allowances, c.FullReads, c.SQL = nil, nil, nil, ""
	return &c
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
		if rel.broken || len(numbers) < neededNumbers || key.parent == 0 && !rel.isLoopAlone() || key.parent != 0 && a.other[key.child] > 0 {
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
			first.Also = append(first.Also, *related(rel.worst, inSameLoop))
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
	c.CallsOut = rel.several > 0 && rel.calling == rel.several
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
