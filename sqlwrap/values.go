package sqlwrap

import (
	"database/sql/driver"

	"github.com/querybudget/querybudget/budget"
	"github.com/querybudget/querybudget/statement"
)

// values takes note of the values of rows, for a recorder that tracks them.
type values struct {
	hasher   *statement.Hasher
	isInsert bool
	columns  []string
	seen     budget.Values
}

// inserted takes note of the id that the database made for a new row. The application did
// not ask: a driver that panics here does so for it alone.
func (v *values) inserted(result driver.Result) {
	defer func() { _ = recover() }()
	if id, err := result.LastInsertId(); err == nil {
		v.seen.Add(0, "", v.hasher.Text(id))
	}
}

// row takes note of a row.
func (v *values) row(bare driver.Rows, dest []driver.Value) {
	for i, value := range dest {
		v.add(bare, i, value)
	}
}

func (v *values) add(bare driver.Rows, i int, value driver.Value) {
	if v.columns == nil {
		v.columns = bare.Columns()
	}
	if h := v.hasher.Text(value); h != 0 && i < len(v.columns) {
		v.seen.Add(i, v.columns[i], h)
	}
}

// hashTexts hashes arguments one by one.
func hashTexts(h *statement.Hasher, args []driver.NamedValue) []uint64 {
	out := make([]uint64, len(args))
	for i := range args {
		out[i] = h.Text(args[i].Value)
	}
	return out
}
