package corpus

import (
	"context"
	"fmt"
	"slices"

	"github.com/querybudget/querybudget/budget"
)

// freightParents are loops whose parent is one of several reads.
func freightParents() []Case {
	return []Case{
		{
			Name: "freight/parent-before-a-menu", About: "the containers by their weight, then a menu of as many depots, then the events of each container",
			Setup: and(frContainers(3, 2, 4), frDepots(6), frEvents(6, 2)), Run: frParentBeforeMenu, Want: []Want{proven(budget.NPlusOne, "frParentBeforeMenu", "events", "containers")},
		},
		{
			Name: "freight/parent-by-order", Values: true, About: "the origins of shipments come in the order of the shipments; a list of carriers has the same numbers",
			Setup: and(frShipments(6, 3), frCarriers(6), frDepots(6)), Run: frParentByOrder, Want: []Want{found(budget.NPlusOne, "frParentByOrder", "depots", "shipments")},
		},
		{
			Name: "freight/keys-of-a-request", About: "six keys of a request, which are some of the ids of a list that was read for something else",
			Setup: and(frShipments(15, 3), frCarriers(15)), Run: frKeysOfRequest, Want: []Want{found(budget.NPlusOne, "frKeysOfRequest", "shipments", none)},
		},
		{
			Name: "freight/parent-is-a-join", About: "one read of two tables has the customers of the loop",
			Setup: and(frShipments(6, 6), frCustomers(6), frInvoices(12, 6), frCarriers(6)), Run: frParentIsJoin, Want: []Want{found(budget.NPlusOne, "frParentIsJoin", "invoices", "customers")},
		},
		{
			Name: "freight/parent-of-some-rows", About: "five of ten containers are asked for; a menu of five depots comes in between",
			Setup: and(frContainers(5, 2, 4), frDepots(5), frEvents(10, 2)), Run: frParentOfSomeRows, Want: []Want{found(budget.NPlusOne, "frParentOfSomeRows", "events", "containers")},
		},
		{
			Name: "freight/parent-backwards", About: "the rows are used from the last to the first, drivers have the same ids",
			Setup: and(frContainers(3, 2, 4), frDrivers(6), frEvents(6, 2)), Run: frParentBackwards, Want: []Want{found(budget.NPlusOne, "frParentBackwards", "events", "containers")},
		},
		{
			Name: "freight/parent-in-batches", About: "the shipments come by lists of keys, and each row of a list is asked for",
			Setup: and(frShipments(12, 3), frDocuments(12, 1)), Run: frParentInBatches, Want: []Want{found(budget.NPlusOne, "frDetailsOf", "documents", "shipments")},
		},
		{
			Name: "freight/parent-of-texts", About: "texts are the keys, a list of as many depots stands in between",
			Setup: and(frShipments(6, 3), frDepots(6), frDocuments(6, 1)), Run: frParentOfTexts, Want: []Want{proven(budget.NPlusOne, "frParentOfTexts", "documents", "shipments")},
		},
		{
			Name: "freight/parent-is-the-middle", About: "shipments, then all of their legs at once, then the driver of each leg: the legs, although drivers and shipments have the same numbers",
			Setup: and(frShipments(6, 3), frLegs(6, 1, 6), frDrivers(6)), Run: frParentIsMiddle, Want: []Want{found(budget.NPlusOne, "frParentIsMiddle", "drivers", "legs")},
		},
		{
			Name: "freight/parent-is-the-same-table", About: "the parent company of each customer",
			Setup: frCustomers(7), Run: frParentCompanies, Want: []Want{proven(budget.NPlusOne, "frParentCompanies", "customers", "customers")},
		},
		{
			Name: "freight/parent-by-a-map", About: "the keys were collected in a map: in no order, each once",
			Setup: and(frContainers(6, 2, 6), frCarriers(6), frDepots(6)), Run: frParentByMap, Want: []Want{found(budget.NPlusOne, "frParentByMap", "depots", "containers")},
		},
		{
			Name: "freight/parent-and-holds", Values: true, About: "a read with a column of the right name and other values comes after the parent",
			Setup: and(frContainers(3, 2, 4), frEvents(6, 2), filled("holds", "container_id BIGINT, reason VARCHAR(20)", 6, func(i int) string { return fmt.Sprintf("%d, 'customs'", 100+i) })),
			Run:   frParentAndHolds, Want: []Want{proven(budget.NPlusOne, "frParentAndHolds", "events", "containers")},
		},
		{
			Name: "freight/parent-by-another-library", About: "GORM has read the shipments, database/sql asks for each; a menu by bun stands in between",
			Setup: and(frShipments(6, 3), frDepots(6), frLegs(6, 2, 3)), Run: frParentByGORM, Want: []Want{proven(budget.NPlusOne, "frParentByGORM", "legs", "shipments")},
		},
		{
			Name: "freight/parent-of-three", About: "three rows of six columns, and the fifth is the key; a count before each page has none",
			Setup: and(frShipments(3, 8), frCustomers(8), frCarriers(3)), Run: frParentOfThree, Want: []Want{proven(budget.NPlusOne, "frParentOfThree", "customers", "shipments")},
		},
	}
}

func frParentBeforeMenu(ctx context.Context, e *Env) error {
	ids := ints(e.DB.QueryContext(ctx, "SELECT id, no FROM containers ORDER BY weight"))
	drain(e.DB.QueryContext(ctx, "SELECT id, name FROM depots ORDER BY id"))
	for _, id := range ids {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT kind FROM events WHERE container_id = ?"), id))
	}
	return nil
}

func frParentByOrder(ctx context.Context, e *Env) error {
	all := pairs(e.DB.QueryContext(ctx, "SELECT id, origin_id FROM shipments ORDER BY id"))
	drain(e.DB.QueryContext(ctx, "SELECT id, name FROM carriers ORDER BY id"))
	for _, p := range all {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT name FROM depots WHERE id = ?"), p[1]))
	}
	return nil
}

func frKeysOfRequest(ctx context.Context, e *Env) error {
	drain(e.DB.QueryContext(ctx, "SELECT id, name FROM carriers ORDER BY name"))
	for _, id := range []int64{14, 3, 9, 11, 2, 7} {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT ref, state FROM shipments WHERE id = ?"), id))
	}
	return nil
}

func frParentIsJoin(ctx context.Context, e *Env) error {
	all := pairs(e.DB.QueryContext(ctx, "SELECT s.id, c.id AS customer_id FROM shipments s JOIN customers c ON c.id = s.customer_id WHERE s.weight > 0 ORDER BY s.ref"))
	drain(e.DB.QueryContext(ctx, "SELECT id, name FROM carriers ORDER BY id"))
	for _, p := range all {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT total FROM invoices WHERE customer_id = ? AND state = 'due'"), p[1]))
	}
	return nil
}

func frParentOfSomeRows(ctx context.Context, e *Env) error {
	all := pairs(e.DB.QueryContext(ctx, "SELECT id, weight FROM containers ORDER BY id"))
	drain(e.DB.QueryContext(ctx, "SELECT id, name FROM depots ORDER BY id"))
	for _, p := range all {
		if p[1]%22 == 0 {
			drain(e.DB.QueryContext(ctx, e.Q("SELECT kind FROM events WHERE container_id = ?"), p[0]))
		}
	}
	return nil
}

func frParentBackwards(ctx context.Context, e *Env) error {
	ids := ints(e.DB.QueryContext(ctx, "SELECT id, no FROM containers ORDER BY id"))
	drain(e.DB.QueryContext(ctx, "SELECT id, name FROM drivers ORDER BY id"))
	slices.Reverse(ids)
	for _, id := range ids {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT kind FROM events WHERE container_id = ?"), id))
	}
	return nil
}

func frParentInBatches(ctx context.Context, e *Env) error {
	for _, list := range [][]any{{12, 4, 7}, {1, 9, 3}, {11, 2, 6}} {
		for _, id := range ints(e.DB.QueryContext(ctx, e.Q("SELECT id, state FROM shipments WHERE id IN (?, ?, ?) ORDER BY ref"), list...)) {
			frDetailsOf(ctx, e, id)
		}
	}
	return nil
}

func frParentOfTexts(ctx context.Context, e *Env) error {
	refs := texts(e.DB.QueryContext(ctx, "SELECT ref, id FROM shipments ORDER BY id"))
	drain(e.DB.QueryContext(ctx, "SELECT name, id FROM depots ORDER BY id"))
	for _, ref := range refs {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT kind FROM documents WHERE ref = ?"), ref))
	}
	return nil
}

func frParentIsMiddle(ctx context.Context, e *Env) error {
	ids := ints(e.DB.QueryContext(ctx, "SELECT id, ref FROM shipments ORDER BY id"))
	args := make([]any, len(ids))
	for i, id := range ids {
		args[i] = id
	}
	for _, p := range pairs(e.DB.QueryContext(ctx, e.Q("SELECT seq, driver_id FROM legs WHERE shipment_id IN (?, ?, ?, ?, ?, ?) ORDER BY id"), args...)) {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT name, phone FROM drivers WHERE id = ?"), p[1]))
	}
	return nil
}

func frParentCompanies(ctx context.Context, e *Env) error {
	for _, p := range pairs(e.DB.QueryContext(ctx, "SELECT id, parent_id FROM customers ORDER BY name")) {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT name, country FROM customers WHERE id = ?"), p[1]))
	}
	return nil
}

func frParentByMap(ctx context.Context, e *Env) error {
	wanted := map[int64]bool{}
	for _, p := range pairs(e.DB.QueryContext(ctx, "SELECT id, depot_id FROM containers ORDER BY id")) {
		wanted[p[1]] = true
	}
	drain(e.DB.QueryContext(ctx, "SELECT id, name FROM carriers ORDER BY id"))
	for id := range wanted {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT name, region FROM depots WHERE id = ?"), id))
	}
	return nil
}

func frParentAndHolds(ctx context.Context, e *Env) error {
	ids := ints(e.DB.QueryContext(ctx, "SELECT id, no FROM containers ORDER BY weight DESC"))
	drain(e.DB.QueryContext(ctx, "SELECT container_id, reason FROM holds ORDER BY container_id"))
	for _, id := range ids {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT kind FROM events WHERE container_id = ?"), id))
	}
	return nil
}

func frParentByGORM(ctx context.Context, e *Env) error {
	var all []frShipment
	try(e.GORM().WithContext(ctx).Order("ref").Find(&all).Error)
	var menu []frDepot
	try(e.Bun().NewSelect().Model(&menu).Order("id").Scan(ctx))
	for _, s := range all {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT seq, driver_id FROM legs WHERE shipment_id = ?"), s.ID))
	}
	return nil
}

func frParentOfThree(ctx context.Context, e *Env) error {
	var n int64
	one(e.DB.QueryRowContext(ctx, "SELECT count(*) FROM shipments"), &n)
	rows, err := e.DB.QueryContext(ctx, "SELECT id, ref, state, weight, customer_id, lane FROM shipments ORDER BY id")
	try(err)
	defer rows.Close() //nolint:errcheck // rows.Err says it
	var customers []int64
	for rows.Next() {
		var id, weight, customer int64
		var ref, state, lane string
		try(rows.Scan(&id, &ref, &state, &weight, &customer, &lane))
		customers = append(customers, customer)
	}
	try(rows.Err())
	drain(e.DB.QueryContext(ctx, "SELECT id, name FROM carriers"))
	for _, id := range customers {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT name FROM customers WHERE id = ?"), id))
	}
	return nil
}
