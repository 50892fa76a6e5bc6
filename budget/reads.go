package budget

import (
	"strings"

	"github.com/querybudget/querybudget/statement"
)

// reads remembers which reads a unit has made, in order to tell a duplicate: a
// read that was answered before, with the same arguments, and no write to its
// tables since.
//
// A write that another unit makes in between is not seen. A duplicate is a
// candidate for a saving and no proof.
type reads struct {
	seen readTable
	// clock counts the writes, written is its time of the last one to a table.
	clock      uint32
	written    map[string]uint32
	everything uint32               // time of the last write to tables that are not known
	latest     *statement.Statement // the last write, if nothing was read since
	unkept     int
	// asking are the reads in the driver, and repeated the duplicates among
	// them. They are kept only where a budget refuses duplicates (asks), so that
	// goroutines which ask the same at the same time do not all get through.
	asks     bool
	asking   []asked
	repeated int64
}

// asked is a read that so many goroutines ask now.
type asked struct {
	hash            uint64
	reads, repeated int64
}

// emptyAnswer marks a read that found nothing, in readPlace.repeated: to ask again is to
// look whether it is there by now, such as under a lock, or until another program has
// done its part.
const (
	emptyAnswer = 1 << 15
	maxRepeated = emptyAnswer - 1
)

// transactionOf numbers the transaction of a read, 0 for none. A read in another
// transaction than the one before may be a second look, at what must not change any
// more.
func transactionOf(rec *record) uint16 {
	if tx := rec.transaction(); tx != nil {
		return uint16(tx.number%(1<<16-1)) + 1
	}
	return 0
}

// hashRead identifies a read. Two of 2,000 reads have the same hash by chance once
// in 10^13 units.
func hashRead(rec *record) uint64 {
	st := rec.origin.statement
	h := (uint64(st.Fingerprint) ^ rec.origin.database.id) * fnvPrime
	h = (h ^ h>>32 ^ st.Literals) * fnvPrime
	h = (h ^ h>>29 ^ rec.arguments) * fnvPrime
	return (h ^ h>>32) | 1 // 0 is an empty place in readTable
}

// see takes note of an executed query, and reports whether it is a duplicate
// read, and whether it is a read that was not seen before. A read that failed
// was not answered; a write that failed may still have changed something.
func (r *reads) see(rec *record, err error, room int) (duplicate, fresh bool) {
	st := rec.origin.statement
	if st.Kind != statement.Read {
		if r.latest != st { // in a loop of writes nothing changes any more
			r.wrote(written(st))
			r.latest = st
		}
		return false, false
	}
	switch {
	case !st.Locks:
		r.latest = nil
	case r.latest != st: // others may have written until the lock was had
		r.wrote(st.Tables)
		r.latest = st
	}
	if err != nil {
		return false, false
	}
	hash := hashRead(rec)
	e := r.seen.look(hash)
	if e.hash == hash {
		duplicate = r.answered(e, rec)
		e.clock, e.transaction = r.clock, transactionOf(rec)
		switch {
		case !duplicate:
			e.repeated = 0
		case e.repeated < maxRepeated:
			e.repeated++
		}
		return duplicate, false
	}
	if r.seen.n >= room {
		r.unkept++
		return false, false
	}
	r.seen.add(e, hash, r.clock, transactionOf(rec))
	return false, true
}

// answered reports whether what was read before still answers a read.
func (r *reads) answered(e *readPlace, rec *record) bool {
	return e.repeated&emptyAnswer == 0 && e.transaction == transactionOf(rec) && r.answers(e.clock, rec.origin.statement)
}

// foundNothing takes note of a read whose answer was empty.
func (r *reads) foundNothing(rec *record) {
	if !rec.origin.statement.Repeatable {
		return
	}
	if e := r.seen.find(hashRead(rec)); e != nil {
		e.repeated |= emptyAnswer
	}
}

// repeats reports whether a read would be a duplicate now, of one that was answered
// or of one that is in the driver.
func (r *reads) repeats(rec *record) bool {
	return rec.origin.statement.Repeatable && (r.repetition(rec) > 0 || r.asked(hashRead(rec)) != nil)
}

// repetition returns the number of the repetition that a read would be now, 0 if it
// would be none.
func (r *reads) repetition(rec *record) int64 {
	e := r.seen.find(hashRead(rec))
	if e == nil || !r.answered(e, rec) {
		return 0
	}
	return int64(e.repeated) + 1
}

// answers reports whether what was read at a time of the write clock still answers
// a read.
func (r *reads) answers(read uint32, st *statement.Statement) bool {
	if !st.Repeatable || read < r.everything {
		return false
	}
	if len(r.written) == 0 {
		return true
	}
	for _, t := range st.Tables {
		if read < r.written[tableKey(t)] {
			return false
		}
	}
	return true
}

// written are the tables that a statement may write to, nil for all of them. What views,
// cascades and triggers change is known to the database only.
func written(st *statement.Statement) []string {
	switch st.Verb {
	case "SELECT", "CALL", "DO", "EXEC", "EXECUTE", "CREATE", "ALTER", "DROP":
		return nil
	}
	if strings.HasPrefix(st.Shape, "INSERT") || strings.HasPrefix(st.Shape, "insert") {
		return st.Tables[:min(len(st.Tables), 1)] // INSERT INTO a SELECT ... FROM b
	}
	return st.Tables
}

// maxWritten is the number of written tables that are told apart.
const maxWritten = 200

func (r *reads) wrote(tables []string) {
	r.clock++
	if len(tables) == 0 || len(r.written)+len(tables) > maxWritten {
		r.everything = r.clock
		return
	}
	if r.written == nil {
		r.written = make(map[string]uint32)
	}
	for _, t := range tables {
		r.written[tableKey(t)] = r.clock
	}
}

// tableKey is a table's name without its schema and case: rather one duplicate
// too few than a wrong one.
func tableKey(table string) string {
	return strings.ToLower(statement.Unqualified(table))
}

// asked returns what is in the driver of a read, nil for nothing. It is good until
// the next ask.
func (r *reads) asked(hash uint64) *asked {
	for i := range r.asking {
		if r.asking[i].hash == hash {
			return &r.asking[i]
		}
	}
	return nil
}

// ask takes note of a read that enters the driver (n = 1) or leaves it (-1).
func (r *reads) ask(rec *record, n int64) {
	if !r.asks || !rec.origin.statement.Repeatable {
		return
	}
	hash := hashRead(rec)
	a := r.asked(hash)
	if a == nil {
		r.asking = append(r.asking, asked{hash: hash})
		a = &r.asking[len(r.asking)-1]
	}
	before := *a
	a.reads += n
	if n > 0 && (before.reads > 0 || r.repetition(rec) > 0) {
		a.repeated++
	}
	// Whichever of them leaves first was the one to ask: the others repeat it.
	a.repeated = min(a.repeated, max(a.reads, 0))
	r.repeated += a.repeated - before.repeated
	if a.reads <= 0 {
		last := len(r.asking) - 1
		*a = r.asking[last]
		r.asking = r.asking[:last]
	}
}
