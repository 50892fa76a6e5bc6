package budget

import "strings"

// reads remembers which reads a unit has made, in order to tell a duplicate: a
// read that was answered before, with the same arguments, and no write to its
// tables since.
//
// A write that another unit makes in between is not seen. A duplicate is a
// candidate for a saving and no proof.
type reads struct {
	seen readTable
	// clock counts the writes, written is its time of the last one to a table.
	clock      int64
	written    map[string]int64
	everything int64 // time of the last write to tables that are not known
	unkept     int
	// asking are the reads in the driver, and repeated the duplicates among
	// them. They are kept only where a budget refuses duplicates, so that
	// goroutines which ask the same at the same time do not all get through.
	asking   map[readKey]asked
	repeated int64
}

type asked struct{ reads, repeated int64 }

type readKey struct {
	database                         *Database
	fingerprint, literals, arguments uint64
}

func newReadKey(c *call) readKey {
	return readKey{c.database, c.statement.Fingerprint, c.statement.Literals, c.arguments}
}

// hash is the key in one word. Two of 2,000 reads have the same one by chance once in
// 10^13 units.
func (k readKey) hash() uint64 {
	h := (k.fingerprint ^ k.database.id) * fnvPrime
	h = (h ^ h>>32 ^ k.literals) * fnvPrime
	h = (h ^ h>>29 ^ k.arguments) * fnvPrime
	return (h ^ h>>32) | 1 // 0 is an empty place in readTable
}

// see takes note of an executed query, and reports whether it is a duplicate
// read, and whether it is a read that was not seen before. A read that failed
// was not answered; a write that failed may still have changed something.
func (r *reads) see(c *call, err error, room int) (duplicate, fresh bool) {
	if c.statement.Kind != ReadStatement {
		r.wrote(c.statement.Tables)
		return false, false
	}
	if err != nil {
		return false, false
	}
	key := newReadKey(c).hash()
	if e := r.seen.find(key); e != nil {
		duplicate = r.answers(e.clock, c)
		e.clock = r.clock
		return duplicate, false
	}
	if r.seen.n >= room {
		r.unkept++
		return false, false
	}
	r.seen.add(key, r.clock)
	return false, true
}

// isDuplicate reports whether a read would be a duplicate now.
func (r *reads) isDuplicate(c *call) bool {
	if !c.statement.Repeatable {
		return false
	}
	e := r.seen.find(newReadKey(c).hash())
	return e != nil && r.answers(e.clock, c)
}

// answers reports whether what was read at a time of the write clock still answers
// a read.
func (r *reads) answers(read int64, c *call) bool {
	if !c.statement.Repeatable || read < r.everything {
		return false
	}
	if len(r.written) == 0 {
		return true
	}
	for _, t := range c.statement.Tables {
		if read < r.written[tableKey(t)] {
			return false
		}
	}
	return true
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
		r.written = make(map[string]int64)
	}
	for _, t := range tables {
		r.written[tableKey(t)] = r.clock
	}
}

// tableKey is a table's name without its schema and case: rather one duplicate
// too few than a wrong one.
func tableKey(table string) string {
	return strings.ToLower(table[strings.LastIndexByte(table, '.')+1:])
}

// ask takes note of a read that enters the driver (n = 1) or leaves it (-1).
func (r *reads) ask(c *call, n int64) {
	if r.asking == nil || !c.statement.Repeatable {
		return
	}
	key := newReadKey(c)
	before := r.asking[key]
	after := asked{reads: before.reads + n, repeated: before.repeated}
	if n > 0 && (before.reads > 0 || r.isDuplicate(c)) {
		after.repeated++
	}
	// Whichever of them leaves first was the one to ask: the others repeat it.
	after.repeated = min(after.repeated, after.reads)
	r.repeated += after.repeated - before.repeated
	if after.reads <= 0 {
		delete(r.asking, key)
		return
	}
	r.asking[key] = after
}
