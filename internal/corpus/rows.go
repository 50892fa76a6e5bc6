package corpus

import (
	"database/sql"
	"errors"
)

// failure carries an error out of a case, so that cases are as short as what they show.
type failure struct{ err error }

func try(err error) {
	if err != nil {
		panic(failure{err})
	}
}

// ints reads the first column of rows.
func ints(rows *sql.Rows, err error) []int64 {
	try(err)
	defer rows.Close() //nolint:errcheck // rows.Err says it
	columns, err := rows.Columns()
	try(err)
	var out []int64
	for rows.Next() {
		var first int64
		dest := []any{&first}
		for range columns[1:] {
			dest = append(dest, new(any))
		}
		try(rows.Scan(dest...))
		out = append(out, first)
	}
	try(rows.Err())
	return out
}

// pairs reads the first two columns of rows.
func pairs(rows *sql.Rows, err error) [][2]int64 {
	try(err)
	defer rows.Close() //nolint:errcheck // rows.Err says it
	var out [][2]int64
	for rows.Next() {
		var p [2]int64
		try(rows.Scan(&p[0], &p[1]))
		out = append(out, p)
	}
	try(rows.Err())
	return out
}

// drain reads rows, and returns how many there were.
func drain(rows *sql.Rows, err error) (n int) {
	try(err)
	defer rows.Close() //nolint:errcheck // rows.Err says it
	for rows.Next() {
		n++
	}
	try(rows.Err())
	return n
}

// one scans a row, and reports whether there was one.
func one(row *sql.Row, dest ...any) bool {
	err := row.Scan(dest...)
	if errors.Is(err, sql.ErrNoRows) {
		return false
	}
	try(err)
	return true
}

// done returns how many rows a statement changed.
func done(result sql.Result, err error) int64 {
	try(err)
	n, err := result.RowsAffected()
	try(err)
	return n
}
