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
// What an allowance speaks of stays by itself, and so does a loop of writes that is a hint, and a second
// read that is sent in other rounds than the first one.
func (f *finder) joinReads() {
	if len(f.leads) > 2*maxLoops {
		return
	}
	var joined []int
	for _, r := range f.leads {
		read := &f.found[r.at]
		if read.Kind != NPlusOne || isSpokenOf(read) {
			continue
		}
		if write := f.writesBeside(r.group); write != nil {
			write.addReads(read)
			joined = append(joined, r.at)
		}
	}
	for _, at := range slices.Backward(joined) { // they are in their order
		f.found, f.of = slices.Delete(f.found, at, at+1), slices.Delete(f.of, at, at+1)
	}
}

// writesBeside returns the finding of the writes that a loop sends beside its reads, nil for none: one statement for
// most of the rounds, or several of which each round sends one, such as an UPDATE where the row is there, and an
// INSERT where it is not.
func (f *finder) writesBeside(read *loopGroup) *Finding {
	for _, w := range f.leads {
		write := &f.found[w.at]
		if write.Kind != WriteLoop || write.Confidence == Hint || write.Reads != nil || isSpokenOf(write) {
			continue
		}
		if f.sameLoop(read, w.group) || f.isOneOfEach(read, &w) {
			return write
		}
	}
	return nil
}

// isOneOfEach reports whether each round of a loop of reads sends one of the writes of another one, and none of both goes
// through the rows of the other one.
func (f *finder) isOneOfEach(read *loopGroup, w *foundLoop) bool {
	either := &loopGroup{Group: &Group{}}
	for _, g := range append(slices.Clip(w.others), w.group) {
		either.Queries += g.Queries
		either.members = append(either.members, g.members...)
	}
	a, b := read, w.group
	return either.Queries == read.Queries && a.Handle == b.Handle && overlap(a.Group, b.Group) && inOneFunction(a.stack.CallSite(), b.stack.CallSite()) &&
		!isChildOf(a, b) && !isChildOf(b, a) && f.isOncePerItem(either, read)
}

// isSpokenOf reports whether an allowance is for a finding, be it too small or over.
func isSpokenOf(f *Finding) bool { return f.Allowed != nil || f.Note != "" }

// addReads adds an n+1 of the same loop to a loop of writes. What is known of the rows that one of both
// goes through is known of the loop.
func (f *Finding) addReads(read *Finding) {
	if f.Parent == nil && read.Count >= f.Count {
		f.Parent, f.Proof, f.Confidence = read.Parent, read.Proof, read.Confidence
	}
	reads := *read
	f.Reads = &reads
	also := append([]Related{{
		Shape: read.Shape, Summary: read.Summary, Position: read.First, Count: read.Count, Rows: read.Rows, Why: inSameLoop, stack: read.stack,
	}}, read.Also...)
	for _, r := range also {
		if !slices.ContainsFunc(f.Also, func(known Related) bool { return known.Shape == r.Shape && known.Position == r.Position }) {
			f.Also = append(f.Also, r)
		}
	}
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
