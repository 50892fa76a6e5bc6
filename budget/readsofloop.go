package budget

import (
	"iter"
	"slices"
)

// foundLoop is the place of a loop's finding, with its first statement and the others that it found.
type foundLoop struct {
	at     int
	group  *loopGroup
	others []*loopGroup
}

// joinReads makes one finding of a loop that reads and writes: of its writes, with what it reads.
// What an allowance speaks of stays by itself, and so does a loop of writes that is a hint.
func (f *finder) joinReads() {
	var joined []int
	for _, r := range f.leads {
		read := &f.found[r.at]
		if read.Kind != NPlusOne || isSpokenOf(read) {
			continue
		}
		writes := f.writesBeside(r.group, joined)
		if len(writes) == 0 {
			continue
		}
		write := &f.found[writes[0]]
		for _, other := range writes[1:] {
			write.addToLoop(&f.found[other])
		}
		write.addReads(read)
		joined = append(append(joined, writes[1:]...), r.at)
	}
	slices.Sort(joined)
	for _, at := range slices.Backward(joined) {
		f.found, f.of = slices.Delete(f.found, at, at+1), slices.Delete(f.of, at, at+1)
	}
}

// writesBeside returns the findings of writes that a loop sends beside its reads: one for most of the
// rounds, or several of which each round sends one, such as an UPDATE where the row is there, and an
// INSERT where it is not.
func (f *finder) writesBeside(read *loopGroup, joined []int) (writes []int) {
	either := &loopGroup{Group: &Group{}}
	var instead []int
	for _, w := range f.leads {
		write := &f.found[w.at]
		if write.Kind != WriteLoop || write.Confidence == Hint || isSpokenOf(write) || slices.Contains(joined, w.at) {
			continue
		}
		if f.sameLoop(read, w.group) {
			writes = append(writes, w.at)
		}
		if f.isBeside(read, w.group) {
			instead = append(instead, w.at)
			for _, g := range append(slices.Clip(w.others), w.group) {
				either.Queries += g.Queries
				either.members = append(either.members, g.members...)
			}
		}
	}
	if either.Queries == read.Queries && f.isOncePerItem(either, read) {
		return instead
	}
	return writes
}

// isBeside reports whether one function sends two loops at one time, and none of both goes through the
// rows of the other one.
func (f *finder) isBeside(a, b *loopGroup) bool {
	return a.Handle == b.Handle && overlap(a.Group, b.Group) && inOneFunction(a.stack.CallSite(), b.stack.CallSite()) && !isChildOf(a, b) && !isChildOf(b, a)
}

// isSpokenOf reports whether an allowance is for a finding, be it too small or over.
func isSpokenOf(f *Finding) bool { return f.Allowed != nil || f.Note != "" }

// addReads adds an n+1 of the same loop to a loop of writes. What is known of the rows that one of both
// goes through is known of the loop.
func (f *Finding) addReads(read *Finding) {
	f.addToLoop(read)
	if f.Parent == nil && read.Count >= f.Count {
		f.Parent, f.Proof, f.Confidence = read.Parent, read.Proof, read.Confidence
	}
	reads := *read
	if f.Reads == nil {
		f.Reads = &reads
	} else {
		f.Reads.addToLoop(read)
	}
}

// addToLoop adds the statements of another finding of the same loop.
func (f *Finding) addToLoop(other *Finding) {
	f.Also = append(f.Also, Related{
		Shape: other.Shape, Summary: other.Summary, Position: other.First, Count: other.Count, Rows: other.Rows, Why: inSameLoop, stack: other.stack,
	})
	f.Also = append(f.Also, other.Also...)
}

// inSameLoop is why a statement of a loop is named beside another one.
const inSameLoop = "the same loop sends it too"

// Statements returns the findings statement by statement: what a loop reads beside its writes, see
// [Finding.Reads], comes by itself, before the writes. Whoever keeps findings, and compares them with
// those of another run, needs that: which of both is there depends on the data.
func (r *Report) Statements() iter.Seq[*Finding] {
	return func(yield func(*Finding) bool) {
		for i := range r.Findings {
			f := &r.Findings[i]
			if f.Reads != nil && !yield(f.Reads) || !yield(f) {
				return
			}
		}
	}
}
