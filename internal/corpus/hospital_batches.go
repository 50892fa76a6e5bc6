package corpus

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/querybudget/querybudget/budget"
)

// hospitalBatches are pages and lists in the forms of each system.
func hospitalBatches() []Case {
	people := patientsOf(6, 4)
	return []Case{
		{Name: "hospital/fetch-first-pages", About: "pages that go on after the last row, with FETCH FIRST", Systems: servers, Setup: people,
			Run: pages("SELECT id, name FROM patients WHERE id > ? ORDER BY id FETCH FIRST 4 ROWS ONLY")},
		{Name: "hospital/comma-pages", About: "LIMIT ?, ? is an OFFSET", Systems: []string{"sqlite", "mysql"}, Setup: people, Run: commaPages},
		{Name: "hospital/offset-fetch-pages", About: "OFFSET and FETCH NEXT", Systems: servers, Setup: people, Run: offsetFetchPages},
		{Name: "hospital/token-pages", About: "the last row is named by its number, and a sub-select finds it", Setup: people, Run: tokenPages},
		{Name: "hospital/or-pages", About: "pages by two columns, without a comparison of rows", Setup: people, Run: orPages},
		{Name: "hospital/row-number-pages", About: "pages by row_number between two numbers", Setup: people, Run: rowNumberPages},
		{Name: "hospital/pages-with-count", About: "the number of all rows is counted again with each page of an export", Setup: people, Run: pagesWithCount,
			Want: []Want{{Kind: budget.Duplicate, Func: "pageWithCount", Table: "patients"}}},
		{Name: "hospital/pages-with-details", About: "each page is read with what belongs to it, by lists: no loop", Setup: and(people, visitsOf(24, 1)), Run: pagesWithDetails},
		{Name: "hospital/cursor", About: "a cursor in the database, whose next rows are fetched by the same text", Systems: []string{"postgres"}, Setup: people, Run: fetchCursor},
		{Name: "hospital/values-join", About: "an UPDATE of several rows, whose values are a list of rows, six times", Systems: []string{"postgres"}, Setup: bedsOf(6, 4), Run: updateFromValues},
		{Name: "hospital/case-updates", About: "the same with CASE", Setup: bedsOf(6, 4), Run: updateByCase},
		{Name: "hospital/unnest-inserts", About: "INSERTs of arrays, six times", Systems: []string{"postgres"}, Setup: drugs(3), Run: insertArrays},
		{Name: "hospital/json-lists", About: "a list of keys is one document: six batches", Setup: people, Run: jsonLists},
		{Name: "hospital/string-lists", About: "a list of keys is one text: six batches", Systems: []string{"postgres"}, Setup: people, Run: stringLists},
		{Name: "hospital/row-value-lists", About: "lists of pairs", Setup: bedsOf(6, 4), Run: rowValueLists},
		{Name: "hospital/list-of-equal-pairs", About: "two pairs that OR joins, and less than three are no list", Setup: bedsOf(6, 4), Run: orLists, Want: []Want{found(budget.NPlusOne, "orLists", "beds", "")}},
		{Name: "hospital/loader", About: "a loader collects the keys of each level of a tree of fields: 1 to 4 keys", Setup: and(people, visitsOf(24, 1)), Run: loaderTicks},
		{Name: "hospital/same-list-twice", About: "the same list of keys, on two lines", Setup: people, Run: sameListTwice,
			Want: []Want{{Kind: budget.Duplicate, Table: "patients"}}},
		{Name: "hospital/import-of-lists", About: "lines that are read before, in one list, and written in one INSERT", Setup: drugs(5), Run: importDrugsByLists},
		{Name: "hospital/insert-select-ranges", About: "rows are moved in ranges of keys", Setup: and(visitsOf(6, 6), audits()), Run: archiveRanges},
		{Name: "hospital/tenants", About: "one transaction for each tenant, whose rows a setting of the session selects", Systems: []string{"postgres"}, Setup: people, Run: countsOfTenants},
	}
}

// pages goes on after the last row until there is none.
func pages(query string) func(context.Context, *Env) error {
	return func(ctx context.Context, e *Env) error {
		for last := int64(0); ; {
			page := ints(e.DB.QueryContext(ctx, e.Q(query), last))
			if len(page) == 0 {
				return nil
			}
			last = page[len(page)-1]
		}
	}
}

func commaPages(ctx context.Context, e *Env) error {
	for at := 0; at <= 24; at += 4 {
		drain(e.DB.QueryContext(ctx, "SELECT id, name FROM patients ORDER BY id LIMIT ?, ?", at, 4))
	}
	return nil
}

func offsetFetchPages(ctx context.Context, e *Env) error {
	for at := 0; at <= 24; at += 4 {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT id, name FROM patients ORDER BY id OFFSET ? ROWS FETCH NEXT 4 ROWS ONLY"), at))
	}
	return nil
}

func tokenPages(ctx context.Context, e *Env) error {
	token := "mrn7919"
	for token != "" {
		page := texts(e.DB.QueryContext(ctx, e.Q("SELECT mrn, name FROM patients WHERE id > (SELECT id FROM patients WHERE mrn = ?) ORDER BY id LIMIT 4"), token))
		if token = ""; len(page) > 0 {
			token = page[len(page)-1]
		}
	}
	return nil
}

func orPages(ctx context.Context, e *Env) error {
	ward, id := int64(0), int64(0)
	for {
		page := pairs(e.DB.QueryContext(ctx, e.Q("SELECT ward_id, id FROM patients WHERE ward_id > ? OR (ward_id = ? AND id > ?) ORDER BY ward_id, id LIMIT 4"), ward, ward, id))
		if len(page) == 0 {
			return nil
		}
		ward, id = page[len(page)-1][0], page[len(page)-1][1]
	}
}

func rowNumberPages(ctx context.Context, e *Env) error {
	for at := 1; at <= 24; at += 4 {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT id FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM patients) t WHERE n BETWEEN ? AND ?"), at, at+3))
	}
	return nil
}

func pageWithCount(ctx context.Context, e *Env, at int) (rows, all int) {
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT count(*) FROM patients WHERE version = ?"), 1), &all)
	return drain(e.DB.QueryContext(ctx, e.Q("SELECT id, name FROM patients WHERE version = ? ORDER BY id LIMIT 4 OFFSET ?"), 1, at)), all
}

func pagesWithCount(ctx context.Context, e *Env) error {
	for at, all := 0, 1; at < all; at += 4 {
		_, all = pageWithCount(ctx, e, at)
	}
	return nil
}

func pagesWithDetails(ctx context.Context, e *Env) error {
	for last := int64(0); ; {
		page := pairs(e.DB.QueryContext(ctx, e.Q("SELECT id, ward_id FROM patients WHERE id > ? ORDER BY id LIMIT 4"), last))
		if len(page) == 0 {
			return nil
		}
		var ids []int64
		for _, p := range page {
			ids = append(ids, p[0])
		}
		query, args := in("SELECT patient_id, kind FROM visits WHERE patient_id IN (?)", ids)
		drain(e.DB.QueryContext(ctx, e.Q(query), args...))
		last = ids[len(ids)-1]
	}
}

func fetchCursor(ctx context.Context, e *Env) error {
	return inTransaction(ctx, e, nil, func(tx *sql.Tx) {
		done(tx.ExecContext(ctx, "DECLARE people CURSOR FOR SELECT id, name FROM patients ORDER BY id"))
		for drain(tx.QueryContext(ctx, "FETCH FORWARD 4 FROM people")) > 0 {
			continue
		}
	})
}

func updateFromValues(ctx context.Context, e *Env) error {
	for at := 0; at < 24; at += 4 {
		var args []any
		for i := range 4 {
			args = append(args, at+i+1, fmt.Sprint("s", at+i))
		}
		done(e.DB.ExecContext(ctx, e.Q("UPDATE beds SET state = v.state FROM (VALUES (?::bigint, ?), (?::bigint, ?), (?::bigint, ?), (?::bigint, ?)) AS v (id, state) WHERE beds.id = v.id"), args...))
	}
	return nil
}

func updateByCase(ctx context.Context, e *Env) error {
	for at := 0; at < 24; at += 2 {
		done(e.DB.ExecContext(ctx, e.Q("UPDATE beds SET state = CASE id WHEN ? THEN 'free' WHEN ? THEN 'taken' END WHERE id IN (?, ?)"), at+1, at+2, at+1, at+2))
	}
	return nil
}

func insertArrays(ctx context.Context, e *Env) error {
	for at := int64(100); at < 124; at += 4 {
		done(e.DB.ExecContext(ctx, "INSERT INTO drugs (id, code) SELECT * FROM unnest($1::bigint[], $2::text[])", []int64{at, at + 1, at + 2, at + 3}, []string{"a", "b", "c", fmt.Sprint(at)}))
	}
	return nil
}

func jsonLists(ctx context.Context, e *Env) error {
	query := map[string]string{
		"sqlite":   "SELECT id, name FROM patients WHERE id IN (SELECT value FROM json_each(?))",
		"postgres": "SELECT id, name FROM patients WHERE id IN (SELECT value::bigint FROM jsonb_array_elements_text($1::jsonb))",
		"mysql":    "SELECT p.id, p.name FROM patients p JOIN JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$')) t ON t.id = p.id",
	}[e.System]
	for at := 1; at <= 24; at += 4 {
		drain(e.DB.QueryContext(ctx, query, fmt.Sprintf("[%d,%d,%d,%d]", at, at+1, at+2, at+3)))
	}
	return nil
}

func stringLists(ctx context.Context, e *Env) error {
	query := map[string]string{
		"postgres": "SELECT id, name FROM patients WHERE id = ANY(string_to_array($1, ',')::bigint[])",
		"mysql":    "SELECT id, name FROM patients WHERE FIND_IN_SET(id, ?)",
	}[e.System]
	for at := 1; at <= 24; at += 4 {
		drain(e.DB.QueryContext(ctx, query, fmt.Sprintf("%d,%d,%d,%d", at, at+1, at+2, at+3)))
	}
	return nil
}

func rowValueLists(ctx context.Context, e *Env) error {
	for ward := 1; ward <= 6; ward++ {
		list := "(?, ?), (?, ?)"
		if e.System == "sqlite" {
			list = "VALUES " + list
		}
		drain(e.DB.QueryContext(ctx, e.Q("SELECT id, state FROM beds WHERE (ward_id, no) IN ("+list+")"), ward, ward%4+1, ward, (ward+1)%4+1))
	}
	return nil
}

func orLists(ctx context.Context, e *Env) error {
	for ward := 1; ward <= 6; ward++ {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT id, state FROM beds WHERE (ward_id = ? AND no = ?) OR (ward_id = ? AND no = ?)"), ward, ward%4+1, ward%3+1, (ward+1)%4+1))
	}
	return nil
}

func loaderTicks(ctx context.Context, e *Env) error {
	for tick, at := int64(0), int64(1); tick < 7; tick++ {
		var keys []int64
		for range tick%4 + 1 {
			keys = append(keys, at)
			at++
		}
		loadVisits(ctx, e, keys)
	}
	return nil
}

func loadVisits(ctx context.Context, e *Env, patients []int64) {
	query, args := in("SELECT patient_id, kind FROM visits WHERE patient_id IN (?)", patients)
	drain(e.DB.QueryContext(ctx, e.Q(query), args...))
}

func sameListTwice(ctx context.Context, e *Env) error {
	query, args := in("SELECT id, name FROM patients WHERE id IN (?)", []int64{3, 8, 5})
	drain(e.DB.QueryContext(ctx, e.Q(query), args...))
	drain(e.DB.QueryContext(ctx, "SELECT count(*) FROM patients"))
	drain(e.DB.QueryContext(ctx, e.Q(query), args...))
	return nil
}

func importDrugsByLists(ctx context.Context, e *Env) error {
	codes := []any{"c1", "c3", "c7", "c8", "c9", "c10"}
	known := texts(e.DB.QueryContext(ctx, e.Q("SELECT code FROM drugs WHERE code IN (?, ?, ?, ?, ?, ?)"), codes...))
	var rows []string
	var args []any
	for i, code := range codes {
		if !strings.Contains(strings.Join(known, " ")+" ", code.(string)+" ") {
			rows, args = append(rows, "(?, ?)"), append(args, 100+i, code)
		}
	}
	done(e.DB.ExecContext(ctx, e.Q("INSERT INTO drugs (id, code) VALUES "+strings.Join(rows, ", ")), args...))
	return nil
}

func archiveRanges(ctx context.Context, e *Env) error {
	for at := 0; at < 36; at += 6 {
		done(e.DB.ExecContext(ctx, e.Q("INSERT INTO audits (what, row_id) SELECT kind, id FROM visits WHERE id > ? AND id <= ?"), at, at+6))
		done(e.DB.ExecContext(ctx, e.Q("DELETE FROM visits WHERE id > ? AND id <= ?"), at, at+6))
	}
	return nil
}

func countsOfTenants(ctx context.Context, e *Env) error {
	for tenant := range 6 {
		try(inTransaction(ctx, e, nil, func(tx *sql.Tx) {
			drain(tx.QueryContext(ctx, "SELECT set_config('app.tenant', $1, true)", fmt.Sprint(tenant)))
			drain(tx.QueryContext(ctx, "SELECT count(*) FROM patients"))
		}))
	}
	return nil
}
