package corpus

import (
	"context"
	"fmt"
	"strings"

	"github.com/jmoiron/sqlx"
	"gorm.io/gorm"

	"github.com/querybudget/querybudget/budget"
)

// freightLoops are reads for each row, in the open.
func freightLoops() []Case {
	return []Case{
		{
			Name: "freight/drivers-of-three-legs", About: "three legs were read, and the driver of each: as certain as twenty",
			Setup: and(frLegs(1, 3, 7), frDrivers(7)), Run: frDriversOfThreeLegs, Want: []Want{proven(budget.NPlusOne, "frDriversOfThreeLegs", "drivers", "legs")},
			Same: sameRows("SELECT name, phone FROM drivers WHERE id = ?", []int64{6, 4, 2}),
		},
		{
			Name: "freight/documents-of-four-refs", About: "four shipments, and their documents by a text",
			Setup: and(frShipments(4, 3), frDocuments(4, 2)), Run: frDocumentsOfRefs, Want: []Want{proven(budget.NPlusOne, "frDocumentsOfRefs", "documents", "shipments")},
		},
		{
			Name: "freight/names-on-invoices", Values: true, About: "twelve invoices of three customers: repeated keys are a loop, and no duplicate",
			Setup: and(frInvoices(12, 3), frCustomers(3)), Run: frNamesOnInvoices, Want: []Want{found(budget.NPlusOne, "frNamesOnInvoices", "customers", "invoices")},
		},
		{
			Name: "freight/two-loops-one-list", About: "two loops over the same list, one after the other",
			Setup: and(frShipments(6, 3), frLegs(6, 2, 4), frDocuments(6, 2)), Run: frTwoLoopsOneList,
			Want: []Want{proven(budget.NPlusOne, "frTwoLoopsOneList", "legs", "shipments"), proven(budget.NPlusOne, "frTwoLoopsOneList", "documents", "shipments")},
		},
		{
			Name: "freight/three-by-three-functions", About: "three questions for each shipment, from three functions: one loop",
			Setup: and(frShipments(6, 3), frLegs(6, 2, 4), frDocuments(6, 2), frContainers(6, 2, 4)), Run: frShipmentCards,
			Want: []Want{{Kind: budget.NPlusOne, Table: "legs", Parent: "shipments", Also: []string{"SELECT", "SELECT"}}},
		},
		{
			Name: "freight/pasted-keys", About: "the key stands in the text",
			Setup: and(frShipments(8, 3), frLegs(8, 2, 4)), Run: frPastedKeys, Want: []Want{found(budget.NPlusOne, "frPastedKeys", "legs", "shipments")},
		},
		{
			Name: "freight/months-by-carriers", About: "a number for each month and carrier: GROUP BY",
			Setup: frTariffs(30), Run: frMonthsByCarriers, Want: []Want{{Kind: budget.NPlusOne, Func: "frMonthsByCarriers", Table: "tariffs"}},
		},
		{
			Name: "freight/exists-for-each", About: "has it a document? for each shipment",
			Setup: and(frShipments(7, 3), frDocuments(5, 1)), Run: frExistsForEach, Want: []Want{proven(budget.NPlusOne, "frExistsForEach", "documents", "shipments")},
		},
		{
			Name: "freight/two-shipments", About: "two shipments with four containers each: the loop inside is over the containers, the outer ran only twice",
			Setup: and(frShipments(2, 2), frContainers(2, 4, 3), frEvents(8, 2)), Run: frTwoShipments,
			Want: []Want{found(budget.NPlusOne, "frTwoShipments", "events", "containers")},
		},
		{
			Name: "freight/newest-event-of-each", About: "the newest of each: LIMIT 1 is no paging",
			Setup: and(frContainers(3, 3, 4), frEvents(9, 3)), Run: frNewestEvents, Want: []Want{proven(budget.NPlusOne, "frNewestEvents", "events", "containers")},
		},
		{
			Name: "freight/kinds-in-list", About: "a list that is the same each time is a condition",
			Setup: and(frContainers(3, 2, 4), frEvents(6, 3)), Run: frKindsInList, Want: []Want{proven(budget.NPlusOne, "frKindsInList", "events", "containers")},
			Same: sameRowsOf("SELECT at_no FROM events WHERE container_id = ? AND kind IN ('gate', 'scan')", upTo(6), nil, []any{[]string{"gate", "scan"}}),
		},
		{
			Name: "freight/events-since-last", About: "what came after the number that each container remembers: two values of one row, and no paging",
			Setup: and(filled("marks", "container_id BIGINT PRIMARY KEY, seen_no BIGINT", 6, func(i int) string { return rowOf(i, 3*i-1) }), frEvents(6, 3)),
			Run:   frEventsSinceLast, Want: []Want{found(budget.NPlusOne, "frEventsSinceLast", "events", "marks")},
		},
		{
			Name: "freight/sqlx-get-each", About: "Get for each of what Select has read",
			Setup: and(frContainers(3, 2, 6), frDepots(6)), Run: frSQLXGetEach, Want: []Want{proven(budget.NPlusOne, "frSQLXGetEach", "depots", "containers")},
		},
		{
			Name: "freight/sqlx-named-each", About: "a named query for each",
			Setup: and(frShipments(6, 3), frLegs(6, 2, 3)), Run: frSQLXNamedEach, Want: []Want{proven(budget.NPlusOne, "frSQLXNamedEach", "legs", "shipments")},
		},
		{
			Name: "freight/gorm-last-leg", About: "Last for each shipment",
			Setup: and(frShipments(6, 3), frLegs(6, 3, 4)), Run: frGORMLastLeg, Want: []Want{proven(budget.NPlusOne, "frGORMLastLeg", "legs", "shipments")},
		},
		{
			Name: "freight/gorm-belongs-to-each", About: "Take for the customer of each of four shipments",
			Setup: and(frShipments(4, 7), frCustomers(7)), Run: frGORMBelongsToEach, Want: []Want{proven(budget.NPlusOne, "frGORMBelongsToEach", "customers", "shipments")},
		},
		{
			Name: "freight/bun-legs-each", About: "bun writes the values into the text",
			Setup: and(frShipments(6, 3), frLegs(6, 2, 4)), Run: frBunLegsEach, Want: []Want{found(budget.NPlusOne, "frBunLegsEach", "legs", "shipments")},
		},
		{
			Name: "freight/bun-count-three", About: "three containers, three counts",
			Setup: and(frContainers(1, 3, 4), frEvents(3, 4)), Run: frBunCountThree, Want: []Want{found(budget.NPlusOne, "frBunCountThree", "events", "containers")},
		},
		{
			Name: "freight/last-of-route", Values: true, About: "each depot names the next: a chain, of which no list of keys is known before",
			Setup: frDepots(9), Run: frRoute, Want: []Want{{Kind: budget.NPlusOne, Func: "frRoute", Table: "depots"}},
			Same: frRecursive,
		},
	}
}

func frDriversOfThreeLegs(ctx context.Context, e *Env) error {
	for _, p := range pairs(e.DB.QueryContext(ctx, "SELECT id, driver_id FROM legs ORDER BY seq")) {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT name, phone FROM drivers WHERE id = ?"), p[1]))
	}
	return nil
}

func frDocumentsOfRefs(ctx context.Context, e *Env) error {
	for _, ref := range texts(e.DB.QueryContext(ctx, "SELECT ref, state FROM shipments ORDER BY id")) {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT id, kind FROM documents WHERE ref = ? AND state <> ?"), ref, "void"))
	}
	return nil
}

func frNamesOnInvoices(ctx context.Context, e *Env) error {
	var b strings.Builder
	for _, p := range pairs(e.DB.QueryContext(ctx, "SELECT id, customer_id FROM invoices WHERE state = 'due' ORDER BY id")) {
		var name string
		one(e.DB.QueryRowContext(ctx, e.Q("SELECT name FROM customers WHERE id = ?"), p[1]), &name)
		fmt.Fprintf(&b, "%d: %s\n", p[0], name)
	}
	return nil
}

func frTwoLoopsOneList(ctx context.Context, e *Env) error {
	ids := ints(e.DB.QueryContext(ctx, "SELECT id FROM shipments ORDER BY id"))
	for _, id := range ids {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT seq FROM legs WHERE shipment_id = ?"), id))
	}
	for _, id := range ids {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT kind FROM documents WHERE shipment_id = ?"), id))
	}
	return nil
}

func frShipmentCards(ctx context.Context, e *Env) error {
	return each(ctx, e, "SELECT id FROM shipments ORDER BY id", func(id int64) {
		frCardLegs(ctx, e, id)
		frCardDocuments(ctx, e, id)
		frCardWeight(ctx, e, id)
	})
}

func frCardLegs(ctx context.Context, e *Env, id int64) int {
	return drain(e.DB.QueryContext(ctx, e.Q("SELECT seq, state FROM legs WHERE shipment_id = ? ORDER BY seq"), id))
}

func frCardDocuments(ctx context.Context, e *Env, id int64) int {
	return drain(e.DB.QueryContext(ctx, e.Q("SELECT kind FROM documents WHERE shipment_id = ?"), id))
}

func frCardWeight(ctx context.Context, e *Env, id int64) (n int64) {
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT sum(weight) FROM containers WHERE shipment_id = ?"), id), &n)
	return n
}

func frPastedKeys(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id FROM shipments ORDER BY id")) {
		drain(e.DB.QueryContext(ctx, fmt.Sprintf("SELECT seq FROM legs WHERE state = 'open' AND shipment_id = %d ORDER BY seq", id)))
	}
	return nil
}

func frMonthsByCarriers(ctx context.Context, e *Env) error {
	for carrier := range 3 {
		for month := range 4 {
			var n int64
			one(e.DB.QueryRowContext(ctx, e.Q("SELECT count(*) FROM tariffs WHERE carrier_id = ? AND valid_from = ?"), carrier+1, 100*(month+3)), &n)
		}
	}
	return nil
}

func frExistsForEach(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id, state FROM shipments ORDER BY id")) {
		var is bool
		one(e.DB.QueryRowContext(ctx, e.Q("SELECT EXISTS(SELECT 1 FROM documents WHERE shipment_id = ?)"), id), &is)
	}
	return nil
}

func frTwoShipments(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id FROM shipments ORDER BY id")) {
		for _, container := range ints(e.DB.QueryContext(ctx, e.Q("SELECT id FROM containers WHERE shipment_id = ? ORDER BY id"), id)) {
			drain(e.DB.QueryContext(ctx, e.Q("SELECT kind FROM events WHERE container_id = ?"), container))
		}
	}
	return nil
}

func frNewestEvents(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id, weight FROM containers ORDER BY id")) {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT kind, at_no FROM events WHERE container_id = ? AND at_no > 0 ORDER BY at_no DESC LIMIT 1"), id))
	}
	return nil
}

func frKindsInList(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id FROM containers ORDER BY id")) {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT at_no FROM events WHERE container_id = ? AND kind IN ('gate', 'scan')"), id))
	}
	return nil
}

func frEventsSinceLast(ctx context.Context, e *Env) error {
	for _, m := range pairs(e.DB.QueryContext(ctx, "SELECT container_id, seen_no FROM marks ORDER BY container_id")) {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT id, kind FROM events WHERE container_id = ? AND at_no > ? ORDER BY at_no LIMIT 10"), m[0], m[1]))
	}
	return nil
}

func frSQLXGetEach(ctx context.Context, e *Env) error {
	db := e.SQLX()
	var all []struct {
		ID      int64
		DepotID int64 `db:"depot_id"`
	}
	try(db.SelectContext(ctx, &all, "SELECT id, depot_id FROM containers ORDER BY id"))
	for _, c := range all {
		var name string
		try(db.GetContext(ctx, &name, db.Rebind("SELECT name FROM depots WHERE id = ?"), c.DepotID))
	}
	return nil
}

func frSQLXNamedEach(ctx context.Context, e *Env) error {
	db := e.SQLX()
	var ids []int64
	try(db.SelectContext(ctx, &ids, "SELECT id FROM shipments ORDER BY id"))
	for _, id := range ids {
		rows, err := sqlx.NamedQueryContext(ctx, db, "SELECT seq, state FROM legs WHERE shipment_id = :shipment AND state = :state", map[string]any{"shipment": id, "state": "open"})
		try(err)
		drain(rows.Rows, nil)
	}
	return nil
}

func frGORMLastLeg(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	var all []frShipment
	try(g.Order("id").Find(&all).Error)
	for _, s := range all {
		var last frLeg
		try(g.Where("shipment_id = ?", s.ID).Order("seq").Last(&last).Error)
	}
	return nil
}

func frGORMBelongsToEach(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	var all []frShipment
	try(g.Where(&frShipment{}).Order("ref").Find(&all).Error)
	for i := range all {
		var c frCustomer
		if err := g.Take(&c, "id = ?", all[i].CustomerID).Error; err != nil && err != gorm.ErrRecordNotFound { //nolint:errorlint // as it is written
			return err
		}
		all[i].Customer = &c
	}
	return nil
}

func frBunLegsEach(ctx context.Context, e *Env) error {
	var all []frShipment
	try(e.Bun().NewSelect().Model(&all).Order("id").Scan(ctx))
	for i := range all {
		try(e.Bun().NewSelect().Model(&all[i].Legs).Where("shipment_id = ?", all[i].ID).Where("state <> ?", "done").Order("seq").Scan(ctx))
	}
	return nil
}

func frBunCountThree(ctx context.Context, e *Env) error {
	var all []frContainer
	try(e.Bun().NewSelect().Model(&all).Order("id").Scan(ctx))
	for i := range all {
		if _, err := e.Bun().NewSelect().Table("events").Where("container_id = ?", all[i].ID).Count(ctx); err != nil {
			return err
		}
	}
	return nil
}

func frRoute(ctx context.Context, e *Env) error {
	for at := int64(1); at != 0; {
		var next *int64
		one(e.DB.QueryRowContext(ctx, e.Q("SELECT next_id FROM depots WHERE id = ?"), at), &next)
		at = 0
		if next != nil {
			at = *next
		}
	}
	return nil
}
