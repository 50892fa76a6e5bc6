package corpus

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
)

// tiNoReadLoopCases send several reads, and nobody would change that.
func tiNoReadLoopCases() []Case {
	return []Case{
		{Name: "ticketing/settings-on-seven-lines", About: "seven settings are asked for on seven lines: no loop", Setup: tiOf("settings"), Run: tiSettingsOnLines},
		{Name: "ticketing/pages-by-two-columns", About: "keyset pages: the next one begins after the last row of this one", Setup: tiOf("orders"), Run: tiPagesByTwoColumns},
		{Name: "ticketing/padded-lists", About: "batches of four keys, the last one filled up with its last key for the prepared statement", Setup: tiOf("seats"), Run: tiPaddedLists},
		{Name: "ticketing/arrays-in-batches", About: "a parameter that is an array, in batches", Systems: tiPostgres, Setup: tiOf("tickets"), Run: tiArraysInBatches},
		{Name: "ticketing/json-lists", About: "a parameter that is a JSON list of keys, in batches", Setup: tiOf("tickets"), Run: tiJSONLists},
		{Name: "ticketing/areas-by-level", About: "the tree is read by level", Setup: tiOf("areas"), Run: tiAreasByLevel},
		{Name: "ticketing/cache-of-orders", About: "24 tickets of three orders, and a map of those that were read: three reads are left", Setup: tiOf("tickets orders"), Run: tiCacheOfOrders},
		{Name: "ticketing/wait-for-a-job", About: "polling until somebody else has done the job", Setup: tiOf("jobs"), Run: tiWaitForJob},
		{Name: "ticketing/claim-and-print", About: "a worker takes the next job, does it, and takes another", Setup: tiOf("jobs"), Run: tiClaimAndPrint},
		{Name: "ticketing/tenants-one-by-one", About: "row security shows one tenant at a time, so a report has a query for each", Systems: tiPostgres, Setup: tiOf("events"), Run: tiTenantsOneByOne},
		{Name: "ticketing/four-left-four-right", About: "two lists of four of the request, on two lines: each is short", Setup: tiOf("performers"), Run: tiFourAndFour},
		{Name: "ticketing/table-for-each-gate", About: "six tables, a statement for each", Setup: tiTablesOfGates(), Run: tiTableForEachGate},
		{Name: "ticketing/loader-in-windows", About: "goroutines hand their keys to a loader, which reads them in three lists", Setup: tiOf("tickets performers"), Run: tiLoaderInWindows},
		{Name: "ticketing/first-of-many-askers", About: "six goroutines want the same row, and one reads it", Setup: tiOf("events"), Run: tiFirstOfManyAskers},
		{Name: "ticketing/rule-by-rule", About: "three price rules are tried until one fits: the second is asked for only if the first does not", Setup: tiOf("vouchers"), Run: tiRuleByRule},
		{Name: "ticketing/cursor", About: "a cursor of the database is fetched in portions", Systems: tiPostgres, Setup: tiOf("tickets"), Run: tiCursor},
		{Name: "ticketing/follow-the-scans", Values: true, About: "what is new since the last look, asked for again and again while others write", Setup: tiOf("scans"), Run: tiFollowScans},
		{Name: "ticketing/bun-relation", About: "Relation: the repair", Setup: tiOf("events halls"), Run: tiBunRelation},
		{Name: "ticketing/gorm-preload", About: "Preload: the repair", Setup: tiOf("events halls"), Run: tiGORMPreload},
		{Name: "ticketing/export-by-ranges", About: "an export reads ranges of ids of a fixed width", Setup: tiOf("tickets"), Run: tiExportByRanges},
	}
}

func tiSettingsOnLines(ctx context.Context, e *Env) error {
	c := tiConfig{whOpen(e)}
	theme := c.get(ctx, "setting-4")
	sender := c.get(ctx, "setting-7")
	fee := c.get(ctx, "setting-2")
	currency := c.get(ctx, "setting-9")
	hold := c.get(ctx, "setting-1")
	locale := c.get(ctx, "setting-6")
	limit := c.get(ctx, "setting-8")
	if theme+sender+fee+currency+hold+locale+limit == "" {
		return errors.New("not set up")
	}
	return nil
}

func tiPagesByTwoColumns(ctx context.Context, e *Env) error {
	s := whOpen(e)
	type row struct{ placed, id int64 }
	last := row{}
	for {
		page := whScan[row](s.db.QueryContext(ctx, s.q("SELECT placed_at, id FROM orders WHERE (placed_at, id) > (?, ?) ORDER BY placed_at, id LIMIT 3"), last.placed, last.id))(func(r *row) []any { return []any{&r.placed, &r.id} })
		if len(page) == 0 {
			return nil
		}
		last = page[len(page)-1]
	}
}

func tiPaddedLists(ctx context.Context, e *Env) error {
	s := whOpen(e)
	stmt, err := e.DB.PrepareContext(ctx, s.q("SELECT id, label FROM seats WHERE id IN (?, ?, ?, ?)")) //nolint:sqlclosecheck // it is
	if err != nil {
		return err
	}
	defer stmt.Close() //nolint:errcheck // the case is over
	wanted := []int64{45, 3, 17, 29, 8, 40, 11, 22, 36, 5, 31, 14, 48, 27, 2, 19, 33, 10, 25, 6, 42, 16}
	for keys := range slices.Chunk(wanted, 4) {
		for len(keys) < 4 {
			keys = append(keys, keys[len(keys)-1])
		}
		drain(stmt.QueryContext(ctx, whArgs(keys)...))
	}
	return nil
}

func tiArraysInBatches(ctx context.Context, e *Env) error {
	keys := make([]int64, 42)
	for i := range keys {
		keys[i] = int64((i*11)%48 + 1)
	}
	for part := range slices.Chunk(keys, 6) {
		drain(e.DB.QueryContext(ctx, "SELECT id, code FROM tickets WHERE id = ANY($1)", part))
	}
	return nil
}

// tiInJSON is a condition on a column, with a JSON list as its parameter.
func tiInJSON(e *Env, column string) string {
	return column + map[string]string{
		"sqlite":   " IN (SELECT value FROM json_each(?))",
		"postgres": " IN (SELECT v::bigint FROM json_array_elements_text($1::json) AS t(v))",
		"mysql":    " IN (SELECT v FROM JSON_TABLE(?, '$[*]' COLUMNS (v BIGINT PATH '$')) AS t)",
	}[e.System]
}

func tiJSONLists(ctx context.Context, e *Env) error {
	keys := make([]int64, 30)
	for i := range keys {
		keys[i] = int64((i*13)%48 + 1)
	}
	query := "SELECT id, state FROM tickets WHERE " + tiInJSON(e, "id")
	for part := range slices.Chunk(keys, 5) {
		list, err := json.Marshal(part)
		if err != nil {
			return err
		}
		drain(e.DB.QueryContext(ctx, query, string(list)))
	}
	return nil
}

func tiAreasByLevel(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for level := []int64{0}; len(level) > 0; {
		level = whKeys(s.db.QueryContext(ctx, s.q("SELECT id FROM areas WHERE parent_id IN ("+whMarks(len(level))+") ORDER BY id"), whArgs(level)...))
	}
	return nil
}

func tiCacheOfOrders(ctx context.Context, e *Env) error {
	s := whOpen(e)
	numbers := map[int64]string{}
	number := func(order int64) string {
		n, is := numbers[order]
		if !is {
			one(s.db.QueryRowContext(ctx, s.q("SELECT number FROM orders WHERE id = ?"), order), &n)
			numbers[order] = n
		}
		return n
	}
	for _, order := range whKeys(s.db.QueryContext(ctx, s.q("SELECT order_id FROM tickets WHERE order_id > ? ORDER BY code"), 5)) {
		number(order)
	}
	return nil
}

func tiWaitForJob(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for round := range 9 {
		var state string
		one(s.db.QueryRowContext(ctx, s.q("SELECT state FROM jobs WHERE id = ?"), 5), &state)
		if state == "done" {
			return nil
		}
		if round == 5 {
			whByOthers(func(others context.Context) { tiExec(others, s, "UPDATE jobs SET state = 'done' WHERE id = 5") })
		}
	}
	return errors.New("too late")
}

func tiClaimAndPrint(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for {
		var id int64
		var payload string
		if !one(s.db.QueryRowContext(ctx, s.q("SELECT id, payload FROM jobs WHERE state = ? ORDER BY id LIMIT 1"), "new"), &id, &payload) {
			return nil
		}
		if tiHit(s.db.ExecContext(ctx, s.q("UPDATE jobs SET state = 'busy', lease = 90000 WHERE id = ? AND state = 'new'"), id)) == 0 {
			continue // another worker has it
		}
		tiExec(ctx, s, "UPDATE jobs SET state = 'done' WHERE id = ?", id)
	}
}

func tiTenantsOneByOne(ctx context.Context, e *Env) error {
	for _, tenant := range []string{"2", "5", "1", "7", "4", "9"} {
		err := whOpen(e).atomically(ctx, nil, func(s whStore) error {
			tiExec(ctx, s, "SELECT set_config('app.tenant', ?, true)", tenant)
			tiNumber(ctx, s, "SELECT count(*) FROM events WHERE state = 'on sale'")
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func tiFourAndFour(ctx context.Context, e *Env) error {
	s := whOpen(e)
	fee := func(id int64) int64 { return tiNumber(ctx, s, "SELECT fee FROM performers WHERE id = ?", id) }
	var left, right int64
	for _, id := range []int64{3, 8, 2, 11} {
		left += fee(id)
	}
	for _, id := range []int64{7, 4, 10, 6} {
		right += fee(id)
	}
	if left > right {
		return errors.New("the left stage is too dear")
	}
	return nil
}

func tiTablesOfGates() (out []string) {
	for _, gate := range []string{"a", "b", "c", "d", "e", "f"} {
		out = append(out, "CREATE TABLE scans_"+gate+" (ticket_id BIGINT, scanned_at BIGINT)", "INSERT INTO scans_"+gate+" VALUES (4, 81000), (9, 81020)")
	}
	return out
}

func tiTableForEachGate(ctx context.Context, e *Env) error {
	var sum int64
	for gate := range strings.SplitSeq("a b c d e f", " ") {
		sum += tiNumber(ctx, whOpen(e), "SELECT count(*) FROM scans_"+gate+" WHERE scanned_at > ?", 81_005)
	}
	return nil
}

// tiLoader reads the fees that were asked for, all at once.
type tiLoader struct {
	whStore
	mu   sync.Mutex
	keys []int64
}

func (l *tiLoader) want(id int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.keys = append(l.keys, id)
}

func (l *tiLoader) flush(ctx context.Context) {
	drain(l.db.QueryContext(ctx, l.q("SELECT id, fee FROM performers WHERE id IN ("+whMarks(len(l.keys))+")"), whArgs(l.keys)...))
	l.keys = nil
}

func tiLoaderInWindows(ctx context.Context, e *Env) error {
	l := &tiLoader{whStore: whOpen(e)}
	for _, window := range [][]int64{{3, 9, 4, 7}, {11, 2, 6}, {8, 1, 5, 10}, {7, 2}, {9, 1, 3}} {
		var wg sync.WaitGroup
		for _, id := range window {
			wg.Go(func() { l.want(id) })
		}
		wg.Wait()
		l.flush(ctx)
	}
	return nil
}

func tiFirstOfManyAskers(ctx context.Context, e *Env) error {
	s := whOpen(e)
	title := sync.OnceValue(func() (t string) {
		one(s.db.QueryRowContext(ctx, s.q("SELECT title FROM events WHERE id = ?"), 11), &t)
		return t
	})
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() { title() })
	}
	wg.Wait()
	return nil
}

func tiRuleByRule(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, code := range []string{"STAFF", "EARLY", "FEST-4"} {
		if tiNumber(ctx, s, "SELECT percent FROM vouchers WHERE code = ? AND left_n > 0", code) > 0 {
			return nil
		}
	}
	return errors.New("the full price")
}

func tiCursor(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		tiExec(ctx, s, "DECLARE sold CURSOR FOR SELECT id, code FROM tickets ORDER BY id")
		for drain(s.db.QueryContext(ctx, "FETCH 7 FROM sold")) > 0 {
			continue
		}
		tiExec(ctx, s, "CLOSE sold")
		return nil
	})
}

func tiFollowScans(ctx context.Context, e *Env) error {
	s := whOpen(e)
	last := tiNumber(ctx, s, "SELECT MAX(id) FROM scans")
	for round := range 6 {
		whByOthers(func(others context.Context) {
			tiExec(others, s, "INSERT INTO scans (ticket_id, gate_id, scanned_at) VALUES (?, 3, 82000)", 30+round)
		})
		for _, id := range whKeys(s.db.QueryContext(ctx, s.q("SELECT id FROM scans WHERE id > ? ORDER BY id"), last)) {
			last = id
		}
	}
	return nil
}

func tiBunRelation(ctx context.Context, e *Env) error {
	var events []tiEvent
	return e.Bun().NewSelect().Model(&events).Relation("Hall").Order("starts_at").Scan(ctx)
}

func tiGORMPreload(ctx context.Context, e *Env) error {
	var events []tiEvent
	return e.GORM().WithContext(ctx).Preload("Hall").Where("tenant_id = ?", 1).Find(&events).Error
}

func tiExportByRanges(ctx context.Context, e *Env) error {
	s := whOpen(e)
	const width = 8
	for from := int64(1); from <= 48; from += width {
		drain(s.db.QueryContext(ctx, s.q("SELECT id, code, state FROM tickets WHERE id >= ? AND id < ? ORDER BY id"), from, from+width))
	}
	return nil
}
