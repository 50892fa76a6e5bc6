package sqlwraptest

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// result writes down what Exec returned.
func (p *program) result(r sql.Result, err error) {
	p.line("exec: %s", describe(err))
	if err != nil {
		return
	}
	id, idErr := r.LastInsertId()
	n, nErr := r.RowsAffected()
	p.line("last insert id %d (%s), rows affected %d (%s)", id, describe(idErr), n, describe(nErr))
}

// rows writes down what Query returned: columns, their types, values and their
// Go types, in all result sets.
func (p *program) rows(rows *sql.Rows, err error) {
	p.line("query: %s", describe(err))
	if err != nil {
		return
	}
	for set := 1; ; set++ {
		p.resultSet(rows)
		if !rows.NextResultSet() {
			break
		}
		p.line("another result set")
	}
	p.line("err: %s, close: %s", describe(rows.Err()), describe(rows.Close()))
}

func (p *program) resultSet(rows *sql.Rows) {
	types, err := rows.ColumnTypes()
	p.line("column types: %s", describe(err))
	for _, t := range types {
		length, hasLength := t.Length()
		precision, scale, isDecimal := t.DecimalSize()
		nullable, knowsNull := t.Nullable()
		p.line(
			"column %s: %s, %v, length %d %v, decimal %d %d %v, nullable %v %v",
			t.Name(),
			t.DatabaseTypeName(),
			t.ScanType(),
			length,
			hasLength,
			precision,
			scale,
			isDecimal,
			nullable,
			knowsNull,
		)
	}
	for rows.Next() {
		values := make([]any, len(types))
		pointers := make([]any, len(types))
		for i := range values {
			pointers[i] = &values[i]
		}
		err := rows.Scan(pointers...)
		var b strings.Builder
		for _, v := range values {
			fmt.Fprintf(&b, " %T(%v)", v, v)
		}
		p.line("row:%s (%s)", b.String(), describe(err))
	}
}

// address is that of a value that an error prints: another one in each run.
var address = regexp.MustCompile(`0x[0-9a-f]+`)

// describe writes down an error: its text, the types in its chain, and which of
// the well-known errors it is.
func describe(err error) string {
	if err == nil {
		return "ok"
	}
	var b strings.Builder
	for e := err; e != nil; e = errors.Unwrap(e) {
		fmt.Fprintf(&b, "%T ", e)
	}
	for name, known := range map[string]error{
		"driver.ErrBadConn": driver.ErrBadConn, "driver.ErrSkip": driver.ErrSkip, "sql.ErrNoRows": sql.ErrNoRows,
		"sql.ErrTxDone": sql.ErrTxDone, "sql.ErrConnDone": sql.ErrConnDone, "context.Canceled": context.Canceled,
	} {
		if err == known { //nolint:errorlint // identity is what is looked at
			fmt.Fprintf(&b, "== %s ", name)
		}
	}
	return b.String() + address.ReplaceAllString(err.Error(), "0x")
}
