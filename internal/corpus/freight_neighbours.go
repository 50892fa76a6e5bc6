package corpus

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/jmoiron/sqlx"
	"github.com/uptrace/bun"
)

// freightNeighbours look like loops, and are none.
func freightNeighbours() []Case {
	return []Case{
		{Name: "freight/loader-of-all", About: "the loader with a size that is reached: two lists", Setup: and(frContainers(3, 2, 6), frDepots(6)), Run: func(ctx context.Context, e *Env) error { return frLoad(ctx, e, 4) }},
		{Name: "freight/loader-of-fours", About: "thirty keys by lists of four, the last of two", Setup: and(frContainers(15, 2, 41), frDepots(41)), Run: func(ctx context.Context, e *Env) error { return frLoad(ctx, e, 4) }},
		{Name: "freight/writer-of-fives", About: "the writer with a size of five: seven INSERTs with five rows each, the last with three", SQLite: frServer, Setup: frEvents(1, 1), Run: func(ctx context.Context, e *Env) error { return frWriteEvents(ctx, e, 33, 5) }},
		{Name: "freight/keyset-of-two", About: "pages by two columns, as a row value", Setup: frShipments(20, 4), Run: frKeysetOfTwo},
		{Name: "freight/keyset-or", About: "the same as OR, for those who do not know row values", Setup: frShipments(20, 4), Run: frKeysetOr},
		{Name: "freight/keyset-down", About: "pages from the newest down", Setup: frEvents(6, 4), Run: frKeysetDown},
		{Name: "freight/keyset-of-a-shipment", About: "pages of one shipment's events: one fixed key, and one that moves", Setup: filled("scans", "id BIGINT PRIMARY KEY, shipment_id BIGINT, kind VARCHAR(10)", 40, func(i int) string { return fmt.Sprintf("%d, %d, 'scan'", i, i%2+1) }), Run: frKeysetOfShipment},
		{Name: "freight/partitions", About: "four workers take a quarter of the ids each, and page through it", Setup: frContainers(24, 1, 4), Run: frPartitions},
		{Name: "freight/claimed-jobs", About: "jobs are claimed, done and committed one after the other", Systems: frReturning, Setup: frJobs(6), Run: frClaimJobs},
		{Name: "freight/version-retries", About: "an UPDATE that finds another version is tried again with the next", SQLite: frServer, Setup: and(frCustomers(5), []string{"UPDATE customers SET version = 7 WHERE id = 2"}), Run: frVersionRetries},
		{Name: "freight/options", About: "four select lists by one helper, each of its own table", Setup: and(frDepots(3), frCarriers(4), frDrivers(5), frCustomers(6)), Run: frOptions},
		{Name: "freight/three-of-a-request", About: "three ids came with the request: below the threshold, and of no read", Setup: and(frShipments(9, 3)), Run: frThreeOfRequest},
		{Name: "freight/two-lists-of-four", About: "two lists of three and four on two lines: each is below the threshold", Setup: and(frContainers(5, 2, 4), frEvents(10, 2)), Run: frTwoListsOfFour},
		{Name: "freight/own-migrator", About: "a migrator by hand: a table of versions, DDL, and a row for each step", SQLite: frServer, Setup: frTariffs(2), Run: frOwnMigrator},
		{Name: "freight/upserts-in-chunks", About: "five upserts of three rows each", Systems: frReturning, SQLite: frServer, Setup: frTariffs(4), Run: frUpsertChunks},
		{Name: "freight/update-from-values", About: "six UPDATEs from lists of values", Systems: []string{"postgres"}, Setup: frContainers(12, 2, 4), Run: frUpdateFromValues},
		{Name: "freight/prune-in-portions", About: "a DELETE with a LIMIT below it, until nothing is left", Systems: frReturning, SQLite: frServer, Setup: frEvents(8, 5), Run: frPruneInPortions},
		{Name: "freight/prune-with-limit", About: "the same in the words of MySQL", Systems: []string{"mysql"}, Setup: frEvents(8, 5), Run: frPruneWithLimit},
		{Name: "freight/between-windows", About: "eight windows of numbers, one after the other, with BETWEEN", Setup: frEvents(8, 5), Run: frBetweenWindows},
		{Name: "freight/calls-from-four-lines", About: "a dashboard calls one method from four lines, with four states", Setup: frShipments(8, 3), Run: frDashboard},
		{Name: "freight/cache-that-hits", About: "the cache in front, with two depots for twelve containers", Setup: and(frContainers(6, 2, 2), frDepots(6)), Run: frThroughCache},
		{Name: "freight/gorm-nested-preload", About: "Preload of legs and their drivers: three statements", Setup: and(frShipments(6, 3), frLegs(6, 2, 5), frDrivers(5)), Run: frGORMNestedPreload},
		{Name: "freight/gorm-create-in-batches", About: "six INSERTs with four rows each", SQLite: frServer, Setup: frContainers(1, 1, 1), Run: frGORMCreateInBatches},
		{Name: "freight/gorm-find-in-chunks", About: "keys by lists of three", Setup: frContainers(10, 2, 4), Run: frGORMFindInChunks},
		{Name: "freight/bun-relations", About: "two relations at once", Setup: and(frShipments(6, 3), frLegs(6, 2, 5), frDrivers(5), frCustomers(3)), Run: frBunRelations},
		{Name: "freight/bun-lists", About: "bun.In in chunks: other texts of one shape", Setup: and(frContainers(10, 2, 4), frEvents(20, 1)), Run: frBunLists},
		{Name: "freight/sqlx-in-chunks", About: "sqlx.In in chunks", Setup: and(frContainers(10, 2, 4), frEvents(20, 1)), Run: frSQLXInChunks},
		{Name: "freight/arrays", About: "lists as one parameter, six times", Systems: []string{"postgres"}, Setup: and(frContainers(10, 3, 4), frEvents(30, 1)), Run: frArrays},
		{Name: "freight/joined-in-memory", About: "two reads, put together in memory", Setup: and(frShipments(8, 3), frLegs(8, 3, 4)), Run: frJoinedInMemory},
	}
}

func frKeysetOfTwo(ctx context.Context, e *Env) error {
	customer, id := int64(0), int64(0)
	for {
		page := pairs(e.DB.QueryContext(ctx, e.Q("SELECT customer_id, id FROM shipments WHERE (customer_id, id) > (?, ?) ORDER BY customer_id, id LIMIT 3"), customer, id))
		if len(page) == 0 {
			return nil
		}
		customer, id = page[len(page)-1][0], page[len(page)-1][1]
	}
}

func frKeysetOr(ctx context.Context, e *Env) error {
	customer, id := int64(0), int64(0)
	for {
		page := pairs(e.DB.QueryContext(ctx, e.Q("SELECT customer_id, id FROM shipments WHERE customer_id > ? OR customer_id = ? AND id > ? ORDER BY customer_id, id LIMIT 3"), customer, customer, id))
		if len(page) == 0 {
			return nil
		}
		customer, id = page[len(page)-1][0], page[len(page)-1][1]
	}
}

func frKeysetDown(ctx context.Context, e *Env) error {
	for before := int64(1 << 40); ; {
		page := ints(e.DB.QueryContext(ctx, e.Q("SELECT id, kind FROM events WHERE id < ? ORDER BY id DESC LIMIT 4"), before))
		if len(page) == 0 {
			return nil
		}
		before = page[len(page)-1]
	}
}

func frKeysetOfShipment(ctx context.Context, e *Env) error {
	for after := int64(0); ; {
		page := ints(e.DB.QueryContext(ctx, e.Q("SELECT id, kind FROM scans WHERE shipment_id = ? AND id > ? ORDER BY id LIMIT 3"), 2, after))
		if len(page) < 3 {
			return nil
		}
		after = page[2]
	}
}

func frPartitions(ctx context.Context, e *Env) error {
	var wg sync.WaitGroup
	for part := range int64(4) {
		wg.Go(func() {
			after, to := 6*part, 6*part+6
			for {
				rows, err := e.DB.QueryContext(ctx, e.Q("SELECT id, no FROM containers WHERE id > ? AND id <= ? ORDER BY id LIMIT 4"), after, to)
				if err != nil {
					panic(err)
				}
				page := ints(rows, nil)
				if len(page) < 4 {
					return
				}
				after = page[3]
			}
		})
	}
	wg.Wait()
	return nil
}

func frJobs(n int) []string {
	return filled("jobs", "id BIGINT PRIMARY KEY, state VARCHAR(10), shipment_id BIGINT", n, func(i int) string { return fmt.Sprintf("%d, 'new', %d", i, i*i) })
}

func frClaimJobs(ctx context.Context, e *Env) error {
	for {
		tx, err := e.DB.BeginTx(ctx, nil)
		try(err)
		var id, shipment int64
		if !one(tx.QueryRowContext(ctx, "UPDATE jobs SET state = 'run' WHERE id = (SELECT id FROM jobs WHERE state = 'new' ORDER BY id LIMIT 1) RETURNING id, shipment_id"), &id, &shipment) {
			return tx.Rollback()
		}
		done(tx.ExecContext(ctx, e.Q("UPDATE jobs SET state = 'done' WHERE id = ?"), id))
		try(tx.Commit())
	}
}

func frVersionRetries(ctx context.Context, e *Env) error {
	for version := 1; ; version++ {
		if done(e.DB.ExecContext(ctx, e.Q("UPDATE customers SET credit = credit + 10, version = version + 1 WHERE id = ? AND version = ?"), 2, version)) == 1 {
			return nil
		}
	}
}

func frOptions(ctx context.Context, e *Env) error {
	for _, table := range []string{"depots", "carriers", "drivers", "customers"} {
		frOptionsOf(ctx, e, table)
	}
	return nil
}

func frOptionsOf(ctx context.Context, e *Env, table string) []string {
	return texts(e.DB.QueryContext(ctx, "SELECT name, id FROM "+table+" ORDER BY name"))
}

func frThreeOfRequest(ctx context.Context, e *Env) error {
	for _, id := range []int64{7, 2, 5} {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT ref, state FROM shipments WHERE id = ?"), id))
	}
	return nil
}

func frEventsOf(ctx context.Context, e *Env, container int64) int {
	return drain(e.DB.QueryContext(ctx, e.Q("SELECT kind FROM events WHERE container_id = ?"), container))
}

func frTwoListsOfFour(ctx context.Context, e *Env) error {
	for _, id := range []int64{9, 4, 6} {
		frEventsOf(ctx, e, id)
	}
	for _, id := range []int64{1, 8, 3, 5} {
		frEventsOf(ctx, e, id)
	}
	return nil
}

func frOwnMigrator(ctx context.Context, e *Env) error {
	done(e.DB.ExecContext(ctx, "CREATE TABLE IF NOT EXISTS steps_done (step BIGINT PRIMARY KEY, name VARCHAR(40))"))
	for i, step := range []string{
		"CREATE TABLE hazards (code VARCHAR(10) PRIMARY KEY, name VARCHAR(40))",
		"ALTER TABLE tariffs ADD COLUMN currency VARCHAR(3)",
		"CREATE INDEX tariffs_lane ON tariffs (lane)",
		"CREATE TABLE seals (id BIGINT PRIMARY KEY, no VARCHAR(20))",
		"CREATE INDEX seals_no ON seals (no)",
		"ALTER TABLE seals ADD COLUMN broken BIGINT",
	} {
		if drain(e.DB.QueryContext(ctx, e.Q("SELECT name FROM steps_done WHERE step = ?"), i+1)) > 0 {
			continue
		}
		done(e.DB.ExecContext(ctx, step))
		done(e.DB.ExecContext(ctx, e.Q("INSERT INTO steps_done (step, name) VALUES (?, ?)"), i+1, fmt.Sprint("step ", i+1)))
	}
	return nil
}

func frUpsertChunks(ctx context.Context, e *Env) error {
	for chunk := range 5 {
		var args []any
		for i := range 3 {
			args = append(args, 10*chunk+i, fmt.Sprint("L", chunk, i), 1, 100+chunk, 2026)
		}
		done(e.DB.ExecContext(ctx, e.Q("INSERT INTO tariffs (id, lane, carrier_id, price, valid_from) VALUES (?, ?, ?, ?, ?), (?, ?, ?, ?, ?), (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET price = excluded.price"), args...))
	}
	return nil
}

func frUpdateFromValues(ctx context.Context, e *Env) error {
	for chunk := range 6 {
		var args []any
		for i := range 4 {
			args = append(args, 4*chunk+i+1, 7*i+chunk)
		}
		done(e.DB.ExecContext(ctx, "UPDATE containers c SET weight = v.weight FROM (VALUES ($1::bigint, $2::bigint), ($3, $4), ($5, $6), ($7, $8)) AS v (id, weight) WHERE c.id = v.id", args...))
	}
	return nil
}

func frPruneInPortions(ctx context.Context, e *Env) error {
	for done(e.DB.ExecContext(ctx, e.Q("DELETE FROM events WHERE id IN (SELECT id FROM events WHERE at_no < ? LIMIT 5)"), 35)) > 0 {
	}
	return nil
}

func frPruneWithLimit(ctx context.Context, e *Env) error {
	for done(e.DB.ExecContext(ctx, "DELETE FROM events WHERE at_no < ? LIMIT 5", 35)) > 0 {
	}
	return nil
}

func frBetweenWindows(ctx context.Context, e *Env) error {
	for from := 1; from <= 40; from += 5 {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT id, container_id FROM events WHERE at_no BETWEEN ? AND ?"), from, from+4))
	}
	return nil
}

type frBoard struct{ e *Env }

func (b frBoard) count(ctx context.Context, state string) (n int64) {
	one(b.e.DB.QueryRowContext(ctx, b.e.Q("SELECT count(*) FROM shipments WHERE state = ?"), state), &n)
	return n
}

func frDashboard(ctx context.Context, e *Env) error {
	b := frBoard{e}
	open := b.count(ctx, "open")
	finished := b.count(ctx, "done")
	held := b.count(ctx, "held")
	lost := b.count(ctx, "lost")
	_ = open + finished + held + lost
	return nil
}

func frGORMNestedPreload(ctx context.Context, e *Env) error {
	var all []frShipment
	return e.GORM().WithContext(ctx).Preload("Legs.Driver").Order("id").Find(&all).Error
}

func frGORMCreateInBatches(ctx context.Context, e *Env) error {
	var all []frContainer
	for i := range int64(24) {
		all = append(all, frContainer{ID: 100 + i, ShipmentID: i/3 + 1, DepotID: i%4 + 1, No: fmt.Sprint("NEW", i), State: "new"})
	}
	return e.GORM().WithContext(ctx).CreateInBatches(&all, 4).Error
}

func frGORMFindInChunks(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	var ids []int64
	try(g.Model(&frContainer{}).Order("id").Pluck("id", &ids).Error)
	for len(ids) > 0 {
		n := min(3, len(ids))
		var some []frContainer
		try(g.Find(&some, ids[:n]).Error)
		ids = ids[n:]
	}
	return nil
}

func frBunRelations(ctx context.Context, e *Env) error {
	var all []frShipment
	return e.Bun().NewSelect().Model(&all).Relation("Customer").Relation("Legs").Relation("Legs.Driver").OrderExpr("fr_shipment.id").Scan(ctx)
}

func frBunLists(ctx context.Context, e *Env) error {
	ids := ints(e.DB.QueryContext(ctx, "SELECT id FROM containers ORDER BY no"))
	for len(ids) > 0 {
		n := min(3, len(ids))
		var kinds []string
		try(e.Bun().NewSelect().Table("events").Column("kind").Where("container_id IN (?)", bun.In(ids[:n])).Scan(ctx, &kinds)) //nolint:staticcheck // as it is written
		ids = ids[n:]
	}
	return nil
}

func frSQLXInChunks(ctx context.Context, e *Env) error {
	db := e.SQLX()
	var ids []int64
	try(db.SelectContext(ctx, &ids, "SELECT id FROM containers ORDER BY no"))
	for len(ids) > 0 {
		n := min(3, len(ids))
		query, args, err := sqlx.In("SELECT container_id, kind FROM events WHERE container_id IN (?) AND kind <> ?", ids[:n], "void")
		try(err)
		drain(db.QueryContext(ctx, db.Rebind(query), args...))
		ids = ids[n:]
	}
	return nil
}

func frArrays(ctx context.Context, e *Env) error {
	ids := ints(e.DB.QueryContext(ctx, "SELECT id FROM containers ORDER BY id"))
	for len(ids) > 0 {
		n := min(5, len(ids))
		drain(e.DB.QueryContext(ctx, "SELECT container_id, kind FROM events WHERE container_id = ANY($1)", ids[:n]))
		ids = ids[n:]
	}
	return nil
}

func frJoinedInMemory(ctx context.Context, e *Env) error {
	legs := map[int64]int{}
	ids := ints(e.DB.QueryContext(ctx, "SELECT id FROM shipments WHERE state = 'open'"))
	marks := strings.TrimSuffix(strings.Repeat("?, ", len(ids)), ", ")
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = id
	}
	for _, p := range pairs(e.DB.QueryContext(ctx, e.Q("SELECT shipment_id, seq FROM legs WHERE shipment_id IN ("+marks+")"), args...)) {
		legs[p[0]]++
	}
	return nil
}
