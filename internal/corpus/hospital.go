package corpus

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/querybudget/querybudget/budget"
)

// The cases of a hospital: wards with beds and a head, patients with visits, doctors,
// drugs, units with units below them, jobs.

// hospital are its cases.
func hospital() []Case {
	return slices.Concat(
		hospitalLoops(), hospitalKeys(), hospitalRepairs(), hospitalParents(), hospitalBatches(), hospitalWalks(), hospitalWrites(),
		hospitalWorkers(), hospitalDuplicates(), hospitalHints(), hospitalModels(), hospitalMore(), hospitalPaths(),
	)
}

var servers = []string{"postgres", "mysql"}

// found is a label of a finding whose parent is not said to be proven.
func found(kind budget.FindingKind, function, table, parent string) Want {
	return Want{Kind: kind, Func: function, Table: table, Parent: parent}
}

// proven is a label of one whose parent is.
func proven(kind budget.FindingKind, function, table, parent string) Want {
	return Want{Kind: kind, Func: function, Table: table, Parent: parent, Proven: true}
}

// filled is a table with as many rows.
func filled(table, columns string, n int, row func(i int) string) []string {
	rows := make([]string, n)
	for i := range rows {
		rows[i] = "(" + row(i+1) + ")"
	}
	return []string{"CREATE TABLE " + table + " (" + columns + ")", "INSERT INTO " + table + " VALUES " + strings.Join(rows, ", ")}
}

// wards have heads, who are the doctors from the last to the first.
func wards(n int) []string {
	return filled("wards", "id BIGINT PRIMARY KEY, name VARCHAR(40), floor BIGINT, head_id BIGINT, occupied BIGINT", n,
		func(i int) string { return fmt.Sprintf("%d, 'ward %d', %d, %d, %d", i, i, i%3+1, n+1-i, 5*i) })
}

// bedsOf wards are numbered from 1 in each.
func bedsOf(wards, each int) []string {
	return filled("beds", "id BIGINT PRIMARY KEY, ward_id BIGINT, no BIGINT, state VARCHAR(10), patient_id BIGINT, version BIGINT", wards*each,
		func(i int) string { return fmt.Sprintf("%d, %d, %d, 'free', %d, 1", i, (i-1)/each+1, (i-1)%each+1, i) })
}

// patientsOf wards have one of four doctors each.
func patientsOf(wards, each int) []string {
	return filled("patients", "id BIGINT PRIMARY KEY, ward_id BIGINT, doctor_id BIGINT, name VARCHAR(40), mrn VARCHAR(20) UNIQUE, state VARCHAR(10), version BIGINT, deleted_at TIMESTAMP NULL", wards*each,
		func(i int) string {
			return fmt.Sprintf("%d, %d, %d, 'patient %d', 'mrn%04d', '%s', 1, NULL", i, (i-1)/each+1, (i*3)%4+1, i, 7919*i%10000, []string{"in", "out"}[i%2])
		})
}

// visitsOf patients cost something different each.
func visitsOf(patients, each int) []string {
	return filled("visits", "id BIGINT PRIMARY KEY, patient_id BIGINT, doctor_id BIGINT, kind VARCHAR(10), cost BIGINT, taken_at TIMESTAMP NULL, note VARCHAR(40)", patients*each,
		func(i int) string {
			return fmt.Sprintf("%d, %d, %d, '%s', %d, '2024-%02d-%02d 08:00:00', 'note %d'", i, (i-1)/each+1, (i*5)%6+1, []string{"lab", "scan", "talk"}[i%3], i*37%1000, i%6+1, i%28+1, i)
		})
}

func doctors(n int) []string {
	return filled("doctors", "id BIGINT PRIMARY KEY, name VARCHAR(40), role VARCHAR(10), email VARCHAR(40), seen_at TIMESTAMP NULL", n,
		func(i int) string {
			return fmt.Sprintf("%d, 'doctor %d', '%s', 'd%d@example.com', NULL", i, i, []string{"staff", "chief"}[i%2], i)
		})
}

func drugs(n int) []string {
	return filled("drugs", "id BIGINT PRIMARY KEY, code VARCHAR(20), name VARCHAR(40), stock BIGINT", n,
		func(i int) string { return fmt.Sprintf("%d, 'c%d', 'drug %d', %d", i, i, i, 10*i) })
}

// units are a tree, and each has as many people.
func units(n, children, staff int) []string {
	return and(
		filled("units", "id BIGINT PRIMARY KEY, parent_id BIGINT, name VARCHAR(40), next_id BIGINT", n, func(i int) string {
			parent, next := "NULL", "NULL"
			if i > 1 {
				parent = fmt.Sprint((i-2)/children + 1)
			}
			if i < n {
				next = fmt.Sprint(i + 1)
			}
			return fmt.Sprintf("%d, %s, 'unit %d', %s", i, parent, i, next)
		}),
		filled("staff", "id BIGINT PRIMARY KEY, unit_id BIGINT, name VARCHAR(40)", n*staff, func(i int) string { return fmt.Sprintf("%d, %d, 'person %d'", i, (i-1)/staff+1, i) }),
	)
}

func outbox(n int) []string {
	return filled("outbox", "id BIGINT PRIMARY KEY, state VARCHAR(10), body VARCHAR(40), tries BIGINT, sent_at TIMESTAMP NULL", n,
		func(i int) string { return fmt.Sprintf("%d, 'new', 'body %d', 0, NULL", i, i) })
}

func audits() []string {
	return []string{"CREATE TABLE audits (what VARCHAR(40), row_id BIGINT, hash VARCHAR(80))"}
}

// texts reads the first column of rows, which are texts.
func texts(rows *sql.Rows, err error) (out []string) {
	try(err)
	defer rows.Close() //nolint:errcheck // rows.Err says it
	columns, err := rows.Columns()
	try(err)
	for rows.Next() {
		var first sql.NullString
		dest := []any{&first}
		for range columns[1:] {
			dest = append(dest, new(any))
		}
		try(rows.Scan(dest...))
		out = append(out, first.String)
	}
	try(rows.Err())
	return out
}

// sameKeys is [sameRows] for keys of any type.
func sameKeys[K any](loop string, keys []K, fixed ...any) func(context.Context, *Env, string) error {
	return sameRowsOf(loop, keys, fixed, fixed)
}

// noProposal is for loops that no list of one key can replace.
func noProposal(context.Context, *Env, string) error {
	return errors.New("there is no such statement")
}

// each calls do for the rows of a statement, by the first column.
func each(ctx context.Context, e *Env, query string, do func(id int64)) error {
	for _, id := range ints(e.DB.QueryContext(ctx, query)) {
		do(id)
	}
	return nil
}

// perRow sends a query for each row of another one, in one function.
func perRow(list, query string, fixed ...any) func(context.Context, *Env) error {
	return func(ctx context.Context, e *Env) error {
		for _, id := range ints(e.DB.QueryContext(ctx, list)) {
			drain(e.DB.QueryContext(ctx, e.Q(query), append([]any{id}, fixed...)...))
		}
		return nil
	}
}

// rowOf is a row of numbers.
func rowOf(numbers ...int) string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(numbers), " ", ", "), "[]")
}
