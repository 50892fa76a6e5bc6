package budget

import (
	"slices"

	"github.com/querybudget/querybudget/statement"
)

// Who locks the row that others belong to, such as the event whose tickets are counted, looks again at what others
// may have changed until the lock was had.

// afterLocks marks the duplicates of transactions that have locked such a row since they asked the same.
func (b *builder) afterLocks(records []*record) {
	if !slices.ContainsFunc(records, func(rec *record) bool { return rec.origin.statement.Locks }) {
		return
	}
	f := finder{report: b.report}
	for i, rec := range records {
		if q := &b.report.Queries[i]; q.Duplicate {
			keys := keysOf(rec)
			q.AfterLock = f.isLockedSince(q, func(lock int, key, id string) bool {
				return keysOf(records[lock])[id] == keys[key]
			})
		}
	}
}

// isAfterLock is that where nothing but names tells.
func (f *finder) isAfterLock(q *Query) bool {
	return f.isLockedSince(q, func(int, string, string) bool { return true })
}

// isLockedSince reports whether the transaction of a query has locked a row of the table that one of its keys is
// named for, since it asked the same. Is tells whether the key has the id of the lock, by their plain names.
func (f *finder) isLockedSince(q *Query, is func(lock int, key, id string) bool) bool {
	before := f.answerBefore(q)
	if before == nil || q.Transaction <= 0 {
		return false
	}
	for i := range f.report.Queries {
		lock := &f.report.Queries[i]
		if !lock.Locks || len(lock.Tables) != 1 || lock.Transaction != q.Transaction || lock.Position < before.Position || lock.Position > q.Position {
			continue
		}
		if key, id, ok := belongsTo(q.Statement, lock.Statement); ok && is(i, key, id) {
			return true
		}
	}
	return false
}

// belongsTo returns the key of a statement that names a row of the table which another one locks, and the key by
// which that one finds the row, by their plain names.
func belongsTo(st, lock *statement.Statement) (key, id string, ok bool) {
	table := lock.Tables[0]
	for _, k := range st.Keys {
		if key = plainName(unquoted(k)); key != singular(plainName(table))+"id" {
			continue
		}
		for _, locked := range lock.Keys {
			if id = plainName(unquoted(locked)); isIDOf(id, table) {
				return key, id, true
			}
		}
	}
	return "", "", false
}
