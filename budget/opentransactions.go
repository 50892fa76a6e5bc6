package budget

import "sync"

// openTransactions are those of a handle that belong to a unit of work, for alarms: who
// waits for a connection, or for a lock, waits for one of them, as a rule. They are linked,
// so that a transaction costs two short locks and no allocation.
type openTransactions struct {
	mu    sync.Mutex
	first *Transaction
	n     int
}

// maxOpenTransactions bounds the list: pools are smaller.
const maxOpenTransactions = 10_000

// list puts a transaction of a unit on the list of its handle, once.
func (t *Transaction) list() {
	if t.recorder == nil || t.database == nil || t.listed {
		return
	}
	o := &t.database.open
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.n == maxOpenTransactions {
		return
	}
	if t.after = o.first; t.after != nil {
		t.after.before = t
	}
	o.first, t.listed = t, true
	o.n++
}

// unlist takes it off the list, if it is there.
func (d *Database) unlist(t *Transaction) {
	if d == nil || !t.listed {
		return
	}
	d.open.mu.Lock()
	defer d.open.mu.Unlock()
	if t.before != nil {
		t.before.after = t.after
	} else {
		d.open.first = t.after
	}
	if t.after != nil {
		t.after.before = t.before
	}
	t.before, t.after, t.listed = nil, nil, false
	d.open.n--
}

// all returns those that are open now.
func (o *openTransactions) all() (out []*Transaction) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for t := o.first; t != nil; t = t.after {
		out = append(out, t)
	}
	return out
}
