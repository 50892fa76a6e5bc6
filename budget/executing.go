package budget

import (
	"cmp"
	"slices"
)

// What is in the driver is known while somebody looks: a query that is counted after it
// has returned, as most are, never stands in this list.

// maxExecuting is the number of queries in the driver that a report lists.
const maxExecuting = 100

// execute takes note of a query that is counted while it is in the driver.
func (u *unit) execute(rec *record) { rec.next, u.executing = u.executing, rec }

// executed takes it off the list, if it is there.
func (u *unit) executed(rec *record) {
	for at := &u.executing; *at != nil; at = &(*at).next {
		if *at == rec {
			*at, rec.next = rec.next, nil
			return
		}
	}
}

// executing are the queries in the driver, those that started first come first. Which
// scope sent one is not kept, so only a unit lists them.
func (b *builder) executing() []Query {
	if b.recorder.parent != nil || b.report.Totals.Running == 0 {
		return nil
	}
	var records []*record
	for rec := b.recorder.unit.executing; rec != nil; rec = rec.next {
		if rec.isQuery() {
			records = append(records, rec)
		}
	}
	slices.SortFunc(records, func(x, y *record) int { return cmp.Compare(x.start, y.start) })
	return b.queries(records[:min(len(records), maxExecuting)])
}

// PoolUse is the pool of a handle that a unit uses.
type PoolUse struct {
	Database string `json:"database,omitempty"`
	// Max is the number of connections that it may have, InUse how many are handed out.
	Max   int `json:"max"`
	InUse int `json:"in_use"`
	// Waits is how often a query had to wait for a connection since the unit first used
	// the handle: its own queries, or those of others.
	Waits int64 `json:"waits"`
}

// pools are those that have a limit and are known, see [Database.WatchPool].
func (b *builder) pools() []PoolUse {
	var out []PoolUse
	for _, d := range b.account.databases {
		if p := d.pool(); p.Max > 0 {
			out = append(out, PoolUse{Database: d.name, Max: p.Max, InUse: p.InUse, Waits: p.Waits - d.waits})
		}
	}
	return out
}
