package budget

import (
	"slices"
	"strings"

	"github.com/querybudget/querybudget/statement"
)

// A worker does one job after another: that is no loop over rows.

// isWorker reports whether a loop does one job after another: each in a transaction of
// its own, or after it has claimed the job.
func (f *finder) isWorker(g *loopGroup) bool {
	if own, others := f.ownTransactions(g); own && others.isJob() || f.isOfJobs(g) || f.isOfClaimed(g) {
		return true
	}
	return slices.ContainsFunc(f.report.Groups, func(h Group) bool {
		return h.Queries >= g.Queries-1 && h.Queries <= g.Queries+1 && h.Handle == g.Handle && overlap(&h, g.Group) && claims(&h, g.Group)
	})
}

// isOfClaimed reports whether the rows that a loop goes through are jobs that an UPDATE has claimed,
// the next few of those that are left.
func (f *finder) isOfClaimed(g *loopGroup) bool {
	if g.parent == nil || g.proof == "" {
		return false
	}
	claim := f.at(g.parent.Position)
	return claim != nil && (claim.Verb == "UPDATE" || claim.Verb == "DELETE") && claim.Paged
}

// isOfJobs reports whether a job is locked before an execution of a loop, with the same words
// each time, in a transaction of its own. What is sent for a job may be outside of that
// transaction, and not be sent for each job.
func (f *finder) isOfJobs(g *loopGroup) bool {
	if g.Queries < 2 {
		return false
	}
	for i := range f.report.Groups {
		h := &f.report.Groups[i]
		if h.Overflow || h.Kind != statement.Read || !h.Locks || h.Distinct != 1 || h.Handle != g.Handle || h.Queries < g.Queries-1 {
			continue
		}
		// Jobs that run at the same time may all be locked before the first goes on.
		isBeside := f.executionsWithin(i, g) >= g.Queries/2 || h.Queries == g.Queries && h.First < g.First && haveOneCaller(h, g.Group)
		if own, _ := f.ownTransactions(f.loopOf([]int{i}, false)); own && isBeside {
			return true
		}
	}
	return false
}

// haveOneCaller reports whether one function sends both, itself or through others, from two of
// its lines.
func haveOneCaller(a, b *Group) bool {
	x, y := a.CallSite().Frames(), b.CallSite().Frames()
	for len(x) > 1 && len(y) > 1 && x[len(x)-1] == y[len(y)-1] {
		x, y = x[:len(x)-1], y[:len(y)-1]
	}
	return len(x) > 0 && len(y) > 0 && plainFunction(x[len(x)-1].Function) == plainFunction(y[len(y)-1].Function)
}

// executionsWithin returns how often a group was sent between the first and the last execution of
// another one.
func (f *finder) executionsWithin(group int, g *loopGroup) (n int64) {
	for _, q := range f.queriesOf(group) {
		if g.First < q.Position && q.Position < g.Last {
			n++
		}
	}
	return n
}

// claims reports whether a statement takes the next job: it locks it, or asks for one of
// those that are left with the same words each time.
func claims(h, g *Group) bool {
	if h.Overflow || h.Fingerprint == g.Fingerprint {
		return false
	}
	switch {
	case h.Kind == statement.Read && h.Locks:
		return h.Distinct == 1
	case h.Verb == "UPDATE" || h.Verb == "DELETE":
		return h.Paged
	}
	// A row that is made is none of those that are left, and neither is one that is written
	// each time.
	return g.Verb != "INSERT" && g.Distinct > 1 && h.Kind == statement.Read && h.Distinct == 1 && h.Duplicates == 0 && h.MostRows <= 1 && !h.Probes &&
		strings.Contains(strings.ToUpper(h.Shape), "LIMIT") && h.SharesTable(g.Statement) && readsKeyOf(h.Statement, g.Statement)
}

// readsKeyOf reports whether a read has a key of a write among what it selects.
func readsKeyOf(read, write *statement.Statement) bool {
	list, ok := selectList(read.Shape)
	return !ok || strings.Contains(list, "*") || slices.ContainsFunc(write.Keys, func(key string) bool { return selects(read, plainName(key)) })
}
