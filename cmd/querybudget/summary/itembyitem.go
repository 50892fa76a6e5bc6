package summary

import (
	"slices"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/statement"
)

// isItemByItem reports whether each execution of a loop is in a transaction of its own, which sends more than
// that: a piece of work for each item, which reads its item afresh, as a scheduler does with its jobs. A store
// that begins a transaction for each of its reads, or an ORM that does for each write, sends one statement in
// it, and is no sign.
func isItemByItem(u *Unit, f *budget.Finding) bool {
	if f.Kind != budget.NPlusOne && f.Kind != budget.WriteLoop || !f.InTransaction {
		return false
	}
	isOf := make([]bool, len(u.Groups))
	for i := range u.Groups {
		g := &u.Groups[i]
		isOf[i] = g.Statement != nil && g.Shape == f.Shape && g.CallSite().Frame == f.CallSite().Frame
	}
	type work struct{ sent, others int }
	of := make(map[int]*work) // by transaction
	for i := range u.Queries {
		q := &u.Queries[i]
		if of[q.Transaction] == nil {
			of[q.Transaction] = &work{}
		}
		switch {
		case q.Group >= 0 && q.Group < len(isOf) && isOf[q.Group]:
			of[q.Transaction].sent++
		case q.Statement != nil && len(q.Tables) > 0: // and not the name of a tenant, which a store sets
			of[q.Transaction].others++
		}
	}
	rounds, more := 0, 0
	for transaction, w := range of {
		switch {
		case w.sent == 0:
			continue
		case transaction <= 0 || w.sent > 1:
			return false
		case w.others > 0:
			more++
		}
		rounds++
	}
	return int64(rounds) >= f.Count && 2*more > rounds // reports of a scan leave out what is in no transaction
}

// isCommittedOneByOne reports whether a loop writes, and no two of its executions are in one transaction. SELECT
// writes if it calls a function that is not known.
func isCommittedOneByOne(u *Unit, f *budget.Finding) bool {
	isOf := make([]bool, len(u.Groups))
	writes := f.Kind == budget.WriteLoop
	for i := range u.Groups {
		g := &u.Groups[i]
		isOf[i] = g.Statement != nil && g.Shape == f.Shape
		writes = writes || isOf[i] && f.Kind == budget.NPlusOne && g.Kind == statement.Write
	}
	seen := make(map[int]bool)
	for i := range u.Queries { // what is in no transaction, a scan leaves out
		q := &u.Queries[i]
		if q.Transaction <= 0 || q.Group < 0 || q.Group >= len(isOf) || !isOf[q.Group] {
			continue
		}
		if seen[q.Transaction] {
			return false
		}
		seen[q.Transaction] = true
	}
	return writes && (len(seen) > 0 || !f.InTransaction) // without its queries, one transaction may have them all
}

// isPieceOfWork reports whether all statements of a loop are sent by a piece of work for each item, which may have
// several transactions.
func (f *seen) isPieceOfWork() bool {
	return f.byItem && !slices.ContainsFunc(f.with, func(w *seen) bool { return w.isLoop() && !w.byItem && !w.byItself })
}
