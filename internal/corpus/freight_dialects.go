package corpus

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/querybudget/querybudget/budget"
)

// frReadWriteRead reads on one connection, executes a statement, and reads the same again.
func frReadWriteRead(query, between string) func(context.Context, *Env) error {
	return func(ctx context.Context, e *Env) error {
		c, err := e.DB.Conn(ctx)
		try(err)
		defer c.Close() //nolint:errcheck // goes back to the pool
		drain(c.QueryContext(ctx, e.Q(query), 2))
		if _, err := c.ExecContext(ctx, between); err != nil {
			return err
		}
		drain(c.QueryContext(ctx, e.Q(query), 2))
		return nil
	}
}

// frLoopOf sends a query for the rows of another one, with as many values of each.
func frLoopOf(list, query string, extra ...any) func(context.Context, *Env) error {
	return func(ctx context.Context, e *Env) error {
		for _, p := range pairs(e.DB.QueryContext(ctx, list)) {
			args := []any{p[0]}
			if strings.Count(query, "?") > 1+len(extra) {
				args = append(args, p[1])
			}
			drain(e.DB.QueryContext(ctx, e.Q(query), append(args, extra...)...))
		}
		return nil
	}
}

// freightDialects are statements in words that not every parser knows.
func freightDialects() []Case {
	pg, my := []string{"postgres"}, []string{"mysql"}
	const used = "SELECT used FROM depots WHERE id = ?"
	again := []Want{{Kind: budget.Duplicate, Table: "depots"}}
	ofLegs := and(frShipments(6, 3), frLegs(6, 2, 4))
	n1 := func(table, parent string) []Want { return []Want{found(budget.NPlusOne, "", table, parent)} }
	return []Case{
		{Name: "freight3/update-only", About: "UPDATE ONLY", Systems: pg, Setup: frDepots(4), Run: frReadWriteRead(used, "UPDATE ONLY depots AS d SET used = 7 WHERE d.region = 'north'")},
		{Name: "freight3/delete-using", About: "DELETE ... USING writes the first table", Systems: pg, Setup: and(frDepots(4), frDrivers(4)), Run: frReadWriteRead(used, "DELETE FROM depots d USING drivers r WHERE r.depot_id = d.id AND d.id > 3")},
		{Name: "freight3/delete-using-other", About: "DELETE ... USING does not write the second", Systems: pg, Setup: and(frDepots(4), frDrivers(4)), Run: frReadWriteRead(used, "DELETE FROM drivers r USING depots d WHERE r.depot_id = d.id AND d.id > 3"), Want: again},
		{Name: "freight3/delete-of-two", About: "DELETE of two tables, of MySQL", Systems: my, Setup: and(frDepots(4), frDrivers(4)), Run: frReadWriteRead(used, "DELETE r, d FROM drivers r JOIN depots d ON d.id = r.depot_id WHERE d.id = 3")},
		{Name: "freight3/do-block", About: "a DO block writes what nobody sees", Systems: pg, Setup: frDepots(4), Run: frReadWriteRead(used, "DO $$ BEGIN UPDATE depots SET used = 9 WHERE id = 2; END $$")},
		{Name: "freight3/call", About: "a procedure writes what nobody sees", Systems: pg, Setup: and(frDepots(4), []string{"CREATE PROCEDURE fill() LANGUAGE sql AS 'UPDATE depots SET used = capacity'"}), Run: frReadWriteRead(used, "CALL fill()")},
		{Name: "freight3/function-in-list", About: "a function of the application in a SELECT", Systems: pg, Setup: and(frDepots(4), []string{"CREATE FUNCTION take(n bigint) RETURNS bigint LANGUAGE sql AS 'UPDATE depots SET used = used + n WHERE id = 2 RETURNING used'"}), Run: frReadWriteRead(used, "SELECT take(3)")},
		{Name: "freight3/explain-analyze", About: "EXPLAIN ANALYZE executes", Systems: pg, Setup: frDepots(4), Run: frReadWriteRead(used, "EXPLAIN ANALYZE UPDATE depots SET used = 8 WHERE id = 2")},
		{Name: "freight3/merge", About: "MERGE", Systems: pg, Setup: frDepots(4), Run: frReadWriteRead(used, "MERGE INTO depots d USING (VALUES (2::bigint, 5::bigint)) AS v (id, n) ON d.id = v.id WHEN MATCHED THEN UPDATE SET used = v.n")},
		{Name: "freight3/set-role", About: "another role may see other rows", Systems: pg, Setup: frDepots(4), Run: frReadWriteRead(used, "SET ROLE postgres")},
		{Name: "freight3/comment-before-update", About: "a comment stands before the verb", Setup: frDepots(4), Run: frReadWriteRead(used, "/* job=7 */ -- nightly\n UPDATE depots SET used = used + 3 WHERE id = 2")},
		{Name: "freight3/two-statements", About: "two statements in one text, of which the second writes", Systems: []string{"sqlite", "postgres"}, Setup: and(frDepots(4), frDrivers(4)), Run: frReadWriteRead(used, "UPDATE drivers SET phone = '1' WHERE id = 1; UPDATE depots SET used = 1 WHERE id = 2")},
		{Name: "freight3/insert-reads-depots", About: "INSERT ... SELECT of the depots does not write them", SQLite: frServer, Setup: and(frDepots(4), frNotices()), Run: frReadWriteRead(used, "INSERT INTO notices (shipment_id, body) SELECT id, name FROM depots"), Want: again},
		{Name: "freight3/analyze", About: "ANALYZE changes nothing", Systems: pg, Setup: frDepots(4), Run: frReadWriteRead(used, "ANALYZE depots"), Want: again},
		{Name: "freight3/temporary-of-name", About: "a temporary table of the same name hides it", Systems: []string{"postgres", "mysql"}, Setup: frDepots(4), Run: frReadWriteRead(used, "CREATE TEMPORARY TABLE depots (id BIGINT, used BIGINT)")},

		{Name: "freight3/row-value-key", About: "two keys as a row value, for each row", Setup: and(frLegs(4, 2, 3), frEvents(8, 1)), Run: frLoopOf("SELECT id, seq FROM legs ORDER BY id", "SELECT driver_id FROM legs WHERE (shipment_id, seq) = (?, ?)"), Want: []Want{{Kind: budget.NPlusOne, Table: "legs"}}},
		{Name: "freight3/turned-around", About: "the key stands before the column", Setup: ofLegs, Run: frLoopOf("SELECT id, customer_id FROM shipments ORDER BY id", "SELECT seq FROM legs WHERE ? = shipment_id"), Want: n1("legs", "shipments")},
		{Name: "freight3/in-parentheses", About: "parentheses around all, and a constant list", Setup: ofLegs, Run: frLoopOf("SELECT id, customer_id FROM shipments ORDER BY id", "SELECT seq FROM legs WHERE ((shipment_id = ?) AND (state IN ('open', 'done', 'held')))"), Want: n1("legs", "shipments")},
		{Name: "freight3/in-a-with", About: "the key is in a WITH", Setup: ofLegs, Run: frLoopOf("SELECT id, customer_id FROM shipments ORDER BY id", "WITH mine AS (SELECT seq, driver_id FROM legs WHERE shipment_id = ?) SELECT seq FROM mine WHERE driver_id > 0"), Want: n1("legs", "shipments")},
		{Name: "freight3/in-a-union", About: "the key is in both halves of a UNION", Setup: and(frShipments(6, 3), frLegs(6, 2, 4), frContainers(6, 1, 3)), Run: frUnionEach, Want: n1("legs", "shipments")},
		{Name: "freight3/limit-bound", About: "the newest two of each, and the LIMIT is bound", Setup: ofLegs, Run: frLoopOf("SELECT id, customer_id FROM shipments ORDER BY id", "SELECT seq FROM legs WHERE shipment_id = ? ORDER BY seq DESC LIMIT ?", 2), Want: n1("legs", "shipments")},
		{Name: "freight3/offset-bound", About: "LIMIT and OFFSET are bound and the same: the key moves", Setup: ofLegs, Run: frLoopOf("SELECT id, customer_id FROM shipments ORDER BY id", "SELECT seq FROM legs WHERE shipment_id = ? ORDER BY seq LIMIT ? OFFSET ?", 2, 0), Want: n1("legs", "shipments")},
		{Name: "freight3/max-of-each", About: "a sub-select with the same key", Setup: ofLegs, Run: frMaxEach, Want: n1("legs", "shipments")},
		{Name: "freight3/list-that-is-fixed", About: "three roles in bound arguments, the same each time, and the key moves", Setup: ofLegs, Run: frLoopOf("SELECT id, customer_id FROM shipments ORDER BY id", "SELECT seq FROM legs WHERE shipment_id = ? AND state IN (?, ?, ?)", "open", "done", "held"), Want: n1("legs", "shipments")},
		{Name: "freight3/pages-of-each", About: "each shipment's events in pages, by a key that moves beside the one of the loop: a loop over shipments", Setup: and(frShipments(5, 3), frLegs(5, 5, 4)), Run: frPagesOfEach, Want: []Want{{Kind: budget.NPlusOne, Table: "legs"}}},
		{Name: "freight3/prepared-in-transaction", About: "a statement is prepared once, and executed in a transaction by tx.Stmt", SQLite: frServer, Setup: ofLegs, Run: frPreparedInTx, Want: writeLoop("frPreparedInTx", "legs")},
		{Name: "freight3/calls", About: "a procedure for each", Systems: pg, Setup: and(frShipments(6, 3), []string{"CREATE PROCEDURE close_it(n bigint) LANGUAGE sql AS 'UPDATE shipments SET state = ''done'' WHERE id = n'"}), Run: frCallEach, Want: []Want{{Kind: budget.WriteLoop, Func: "frCallEach"}}},
		{Name: "freight3/multi-values-of-each", About: "the legs of each shipment by one INSERT: six bulk INSERTs", SQLite: frServer, Setup: frLegs(1, 1, 1), Run: frBulkOfEach},
	}
}

func frUnionEach(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id FROM shipments ORDER BY id")) {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT id FROM legs WHERE shipment_id = ? UNION ALL SELECT id FROM containers WHERE shipment_id = ?"), id, id))
	}
	return nil
}

func frMaxEach(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id FROM shipments ORDER BY id")) {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT l.driver_id FROM legs l WHERE l.shipment_id = ? AND l.seq = (SELECT max(seq) FROM legs WHERE shipment_id = ?)"), id, id))
	}
	return nil
}

func frPagesOfEach(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id FROM shipments ORDER BY id")) {
		for after := int64(0); ; {
			page := ints(e.DB.QueryContext(ctx, e.Q("SELECT seq, state FROM legs WHERE shipment_id = ? AND seq > ? ORDER BY seq LIMIT 3"), id, after))
			if len(page) < 3 {
				break
			}
			after = page[2]
		}
	}
	return nil
}

func frPreparedInTx(ctx context.Context, e *Env) error {
	set, err := e.DB.PrepareContext(ctx, e.Q("UPDATE legs SET state = 'done' WHERE shipment_id = ?"))
	try(err)
	defer set.Close() //nolint:errcheck // nothing to lose
	ids := ints(e.DB.QueryContext(ctx, "SELECT id FROM shipments ORDER BY id"))
	tx, err := e.DB.BeginTx(ctx, nil)
	try(err)
	defer tx.Rollback() //nolint:errcheck // after Commit it does nothing
	for _, id := range ids {
		done(tx.StmtContext(ctx, set).ExecContext(ctx, id)) //nolint:sqlclosecheck // the transaction closes it
	}
	return tx.Commit()
}

func frCallEach(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id FROM shipments ORDER BY id")) {
		if _, err := e.DB.ExecContext(ctx, "CALL close_it($1)", id); err != nil {
			return err
		}
	}
	return nil
}

func frBulkOfEach(ctx context.Context, e *Env) error {
	return inTransaction(ctx, e, nil, func(tx *sql.Tx) {
		for i := range 6 {
			var args []any
			for seq := range 3 {
				args = append(args, 100+3*i+seq, i*i, seq, fmt.Sprint("s", seq))
			}
			done(tx.ExecContext(ctx, e.Q("INSERT INTO legs (id, shipment_id, seq, state) VALUES (?, ?, ?, ?), (?, ?, ?, ?), (?, ?, ?, ?)"), args...))
		}
	})
}
