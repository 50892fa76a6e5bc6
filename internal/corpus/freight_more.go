package corpus

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"gorm.io/gorm"

	"github.com/querybudget/querybudget/budget"
)

// freightMore came after the first run of the others, for the neighbours of what that showed.
func freightMore() []Case {
	again := func(table string) []Want { return []Want{{Kind: budget.Duplicate, Table: table}} }
	twice := func(table string) []Want { return []Want{{Kind: budget.SelectThenInsert, Table: table}} }
	lost := func(table string) []Want { return []Want{{Kind: budget.ReadModifyWrite, Table: table}} }
	contacts := []string{"CREATE TABLE contacts (id {auto}, email VARCHAR(40), name VARCHAR(40))"}
	return []Case{
		// One row, asked for in two ways.
		{Name: "freight2/gorm-first-then-select", About: "First, and then a column of the same row by GORM", Setup: frCustomers(5), Run: frGORMFirstThenSelect, Want: again("customers")},
		{Name: "freight2/alias-and-none", About: "one row, with an alias and without", Setup: frDepots(5), Run: frAliasAndNone, Want: again("depots")},
		{Name: "freight2/quoted-and-not", About: "one row, with quoted names and without", Setup: frDepots(5), Run: frQuotedAndNot, Want: again("depots")},
		{Name: "freight2/bun-and-sql", About: "bun writes the key into the text, database/sql binds it", Setup: frDepots(5), Run: frBunAndSQL, Want: again("depots")},
		{Name: "freight2/gorm-two-finds", About: "Find with the key of a string and of a number: two rows", Setup: frDepots(5), Run: frGORMTwoFinds},
		{Name: "freight2/other-key-column", About: "depots of one region, and then the depot of that number: other columns of the condition", Setup: and(frDepots(5), frLegs(4, 2, 3)), Run: frOtherKeyColumn},

		// A look before an INSERT.
		{Name: "freight2/exists-of-alias", About: "EXISTS of an alias with columns", Setup: contacts, Run: frExistsOfAlias, Want: twice("contacts")},
		{Name: "freight2/gorm-count", About: "Count by GORM is 0, Create", Setup: contacts, Run: frGORMCountThenCreate, Want: twice("contacts")},
		{Name: "freight2/in-a-transaction", About: "a transaction of READ COMMITTED does not guard", Systems: []string{"postgres"}, Setup: contacts, Run: frContactInTransaction, Want: twice("contacts")},
		{Name: "freight2/exists-of-another", About: "EXISTS of the customer that a contact refers to: another table", Setup: and(contacts, frCustomers(3)), Run: frExistsOfAnother},
		{Name: "freight2/exists-and-found", About: "EXISTS says yes, and something else is inserted", Setup: and(contacts, []string{"INSERT INTO contacts (email, name) VALUES ('a@example.com', 'a')"}), Run: frExistsAndFound},

		// Writes that are tried.
		{Name: "freight2/optimistic-retry", About: "read the version, UPDATE with it, and again until it fits: another writer is always faster, but the last time", SQLite: frServer, Setup: frCustomers(4), Run: frOptimisticRetry},
		{Name: "freight2/first-free-slot", About: "an UPDATE with a condition for one slot after the other, until one is hit", SQLite: frServer, Setup: and(frContainers(9, 1, 3), []string{"UPDATE containers SET state = 'free' WHERE id >= 7"}), Run: frFirstFreeSlot},
		{Name: "freight2/claims-that-all-hit", About: "an UPDATE with a condition for each of eight slots, and all are hit: a loop", SQLite: frServer, Setup: frContainers(8, 1, 3), Run: frClaimsThatHit, Want: writeLoop("frClaimsThatHit", "containers")},
		{Name: "freight2/deletes-of-nothing", About: "eight DELETEs, of which the last alone finds something: a list, and no retry", SQLite: frServer, Setup: and(frShipments(8, 3), frDocuments(1, 1), []string{"UPDATE documents SET shipment_id = 8"}), Run: frDeletesOfNothing, Want: writeLoop("frDeletesOfNothing", "documents")},

		// Columns in another order.
		{Name: "freight2/map-order-one-line", About: "SET lists in the order of a map, from one line", SQLite: frServer, Setup: frContainers(4, 2, 4), Run: frMapOrderOneLine, Want: writeLoop("", "containers")},
		{Name: "freight2/insert-columns-of-maps", About: "INSERTs whose columns come in another order each time, from one line", SQLite: frServer, Setup: frDocuments(1, 1), Run: frInsertColumnsOfMaps, Want: writeLoop("", "documents")},
		{Name: "freight2/gorm-updates-of-maps", About: "Updates with a map, for each", SQLite: frServer, Setup: frContainers(3, 2, 4), Run: frGORMUpdatesOfMaps, Want: writeLoop("frGORMUpdatesOfMaps", "containers")},

		// States and races.
		{Name: "freight2/poll-count", Values: true, About: "how many notices are open? asked until a goroutine of the same request has written the last", Setup: frNotices(), Run: frPollCount},
		{Name: "freight2/poll-rows-of-state", Values: true, About: "the state of a leg is asked for until a goroutine of the same request sets it", Setup: frLegs(2, 2, 3), Run: frPollState},
		{Name: "freight2/two-goroutines-two-rows", About: "one goroutine reads a row, another writes a constant to it", Setup: frLegs(2, 2, 3), Run: frReaderAndWriter},
		{Name: "freight2/row-of-two-typed", About: "two columns are shown, and what was typed is written", Values: true, Setup: frCustomers(3), Run: frTypedName},
		{Name: "freight2/sum-into-total", About: "the total that was read is raised and written by its key, after other reads", Setup: and(frInvoices(4, 2), frCustomers(4)), Run: frRaiseTotal, Want: lost("invoices")},
		{Name: "freight2/max-of-capacity", About: "capacity was read, used is set to a constant: another column", Setup: frDepots(4), Run: frSetOtherColumn},
		{Name: "freight2/gorm-expression", About: "First, and then an UPDATE with an expression of GORM", Setup: frDepots(4), Run: frGORMExpression},

		// Loops where their list is of one key or of several.
		{Name: "freight2/in-of-one", About: "a list helper is called with one key in a loop over four containers", Setup: and(frContainers(2, 2, 9), frDepots(9)), Run: frInOfOne, Want: []Want{found(budget.NPlusOne, "frDepotsByIDs", "depots", "containers")}},
		{Name: "freight2/any-of-one", About: "the same with = ANY", Systems: []string{"postgres"}, Setup: and(frContainers(3, 2, 11), frDepots(11)), Run: frAnyOfOne, Want: []Want{found(budget.NPlusOne, "frAnyOfOne", "depots", "containers")}},
		{Name: "freight2/gorm-find-slice-of-one", About: "Find with a slice of one key, six times", Setup: and(frContainers(3, 2, 11), frDepots(11)), Run: frGORMSliceOfOne, Want: []Want{found(budget.NPlusOne, "frGORMSliceOfOne", "depots", "containers")}},
		{Name: "freight2/lists-of-each", About: "a list of the drivers of each shipment's legs, six times: lists of two keys, but one question for each shipment", Setup: and(frShipments(6, 3), frLegs(6, 2, 13), frDrivers(13)), Run: frListsOfEach, Want: []Want{{Kind: budget.NPlusOne, Table: "legs", Parent: "shipments"}}},

		// Hidden loops and neighbours.
		{Name: "freight2/fields-of-a-graph", About: "a resolver for each field of each shipment: customer and origin, one loop each or one for both", Setup: and(frShipments(6, 11), frCustomers(11)), Run: frResolvers, Want: []Want{proven(budget.NPlusOne, "", "customers", "shipments")}},
		{Name: "freight2/scan-of-valuer", About: "a lookup in a method that formats a row, called by fmt", Setup: and(frLegs(3, 2, 11), frDrivers(11)), Run: frByFormatter, Want: []Want{proven(budget.NPlusOne, "String", "drivers", "legs")}},
		{Name: "freight2/errgroup-of-pages", About: "six pages at once, by OFFSET", Setup: frEvents(6, 4), Run: frPagesAtOnce},
		{Name: "freight2/transaction-helper-each", About: "a helper opens a transaction for each of six INSERTs, with nothing else in it", SQLite: frServer, Setup: frNotices(), Run: frTransactionHelperEach, Want: writeLoop("", "notices")},
		{Name: "freight2/bun-slices", About: "bun inserts slices, five times", SQLite: frServer, Setup: frLegs(1, 1, 1), Run: frBunSlices},
	}
}

func frGORMFirstThenSelect(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	var c frCustomer
	try(g.First(&c, 3).Error)
	var country string
	return g.Model(&frCustomer{}).Select("country").Where("id = ?", c.ID).Scan(&country).Error
}

func frAliasAndNone(ctx context.Context, e *Env) error {
	drain(e.DB.QueryContext(ctx, e.Q("SELECT d.name, d.region FROM depots d WHERE d.id = ?"), 2))
	drain(e.DB.QueryContext(ctx, e.Q("SELECT capacity FROM depots WHERE id = ?"), 2))
	return nil
}

func frQuotedAndNot(ctx context.Context, e *Env) error {
	quoted := `SELECT "name", "region" FROM "depots" WHERE "id" = ?`
	if e.System == "mysql" {
		quoted = strings.ReplaceAll(quoted, `"`, "`")
	}
	drain(e.DB.QueryContext(ctx, e.Q(quoted), 2))
	drain(e.DB.QueryContext(ctx, e.Q("SELECT capacity, used FROM depots WHERE id = ?"), 2))
	return nil
}

func frBunAndSQL(ctx context.Context, e *Env) error {
	var d frDepot
	try(e.Bun().NewSelect().Model(&d).Where("id = ?", 3).Scan(ctx))
	drain(e.DB.QueryContext(ctx, e.Q("SELECT region FROM depots WHERE id = ?"), 3))
	return nil
}

func frGORMTwoFinds(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	var d frDepot
	try(g.First(&d, "name = ?", "depot 3").Error)
	var other frDepot
	return g.First(&other, 4).Error
}

func frOtherKeyColumn(ctx context.Context, e *Env) error {
	drain(e.DB.QueryContext(ctx, e.Q("SELECT seq, state FROM legs WHERE shipment_id = ?"), 3))
	drain(e.DB.QueryContext(ctx, e.Q("SELECT driver_id FROM legs WHERE id = ?"), 3))
	return nil
}

func frExistsOfAlias(ctx context.Context, e *Env) error {
	var is bool
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT EXISTS (SELECT c.id, c.email FROM contacts AS c WHERE c.email = ?)"), "quay@example.com"), &is)
	if !is {
		done(e.DB.ExecContext(ctx, e.Q("INSERT INTO contacts (email, name) VALUES (?, ?)"), "quay@example.com", "Quay"))
	}
	return nil
}

func frGORMCountThenCreate(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	var n int64
	try(g.Model(&frContact{}).Where("email = ?", "crane@example.com").Count(&n).Error)
	if n == 0 {
		return g.Create(&frContact{Email: "crane@example.com", Name: "Crane"}).Error
	}
	return nil
}

func frContactInTransaction(ctx context.Context, e *Env) error {
	return inTransaction(ctx, e, nil, func(tx *sql.Tx) {
		var id int64
		if !one(tx.QueryRowContext(ctx, "SELECT id FROM contacts WHERE email = $1", "lock@example.com"), &id) {
			done(tx.ExecContext(ctx, "INSERT INTO contacts (email, name) VALUES ($1, $2)", "lock@example.com", "Lock"))
		}
	})
}

func frExistsOfAnother(ctx context.Context, e *Env) error {
	var is bool
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT EXISTS (SELECT 1 FROM customers WHERE email = ?)"), "nobody@example.com"), &is)
	if !is {
		done(e.DB.ExecContext(ctx, e.Q("INSERT INTO contacts (email, name) VALUES (?, ?)"), "nobody@example.com", "guest"))
	}
	return nil
}

func frExistsAndFound(ctx context.Context, e *Env) error {
	var is bool
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT EXISTS (SELECT 1 FROM contacts WHERE email = ?)"), "a@example.com"), &is)
	if is {
		done(e.DB.ExecContext(ctx, e.Q("INSERT INTO contacts (email, name) VALUES (?, ?)"), "a+2@example.com", "a"))
	}
	return nil
}

func frOptimisticRetry(ctx context.Context, e *Env) error {
	for i := range 6 {
		var credit, version int64
		one(e.DB.QueryRowContext(ctx, e.Q("SELECT credit, version FROM customers WHERE id = ?"), 2), &credit, &version)
		if i < 5 { // another program is faster
			other, _ := budget.NewContext(context.WithoutCancel(ctx))
			done(e.DB.ExecContext(other, e.Q("UPDATE customers SET credit = credit + 1, version = version + 1 WHERE id = ?"), 2))
		}
		if done(e.DB.ExecContext(ctx, e.Q("UPDATE customers SET credit = ?, version = ? WHERE id = ? AND version = ?"), credit-10, version+1, 2, version)) == 1 {
			return nil
		}
	}
	return errors.New("never")
}

func frFirstFreeSlot(ctx context.Context, e *Env) error {
	for id := 1; id <= 9; id++ {
		if done(e.DB.ExecContext(ctx, e.Q("UPDATE containers SET state = 'mine' WHERE id = ? AND state = 'free'"), id)) == 1 {
			return nil
		}
	}
	return errors.New("none is free")
}

func frClaimsThatHit(ctx context.Context, e *Env) error {
	for id := 1; id <= 8; id++ {
		done(e.DB.ExecContext(ctx, e.Q("UPDATE containers SET state = 'mine' WHERE id = ? AND state = 'full'"), id))
	}
	return nil
}

func frDeletesOfNothing(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id FROM shipments ORDER BY id")) {
		done(e.DB.ExecContext(ctx, e.Q("DELETE FROM documents WHERE shipment_id = ?"), id))
	}
	return nil
}

func frMapOrderOneLine(ctx context.Context, e *Env) error {
	for i, id := range ints(e.DB.QueryContext(ctx, "SELECT id FROM containers ORDER BY id")) {
		columns, values := []string{"weight", "state"}, []any{70 + i, "weighed"}
		if i%2 == 1 {
			slices.Reverse(columns)
			slices.Reverse(values)
		}
		frUpdateBy(ctx, e, id, columns, values...)
	}
	return nil
}

func frInsertColumnsOfMaps(ctx context.Context, e *Env) error {
	orders := [][]string{{"id", "shipment_id", "kind"}, {"kind", "id", "shipment_id"}, {"shipment_id", "kind", "id"}}
	for i := range 9 {
		row := map[string]any{"id": 200 + i, "shipment_id": i * i, "kind": fmt.Sprint("k", i)}
		columns := orders[i%3]
		values := make([]any, 0, 3)
		for _, c := range columns {
			values = append(values, row[c])
		}
		done(e.DB.ExecContext(ctx, e.Q("INSERT INTO documents ("+strings.Join(columns, ", ")+") VALUES (?, ?, ?)"), values...))
	}
	return nil
}

func frGORMUpdatesOfMaps(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	var all []frContainer
	try(g.Order("id").Find(&all).Error)
	for i := range all {
		try(g.Model(&all[i]).Updates(map[string]any{"state": "weighed", "weight": 5}).Error)
	}
	return nil
}

func frPollCount(ctx context.Context, e *Env) error {
	return frPoll(ctx, e, "SELECT count(*) FROM notices WHERE shipment_id = ?", "INSERT INTO notices (body, shipment_id) VALUES ('arrived', ?)", func(row *sql.Row) bool {
		var n int64
		return one(row, &n) && n > 0
	})
}

func frPollState(ctx context.Context, e *Env) error {
	return frPoll(ctx, e, "SELECT state FROM legs WHERE id = ?", "UPDATE legs SET state = 'done' WHERE id = ?", func(row *sql.Row) bool {
		var state string
		return one(row, &state) && state == "done"
	})
}

// frPoll asks until a goroutine has written; it writes after it was asked for four times.
func frPoll(ctx context.Context, e *Env, query, write string, is func(*sql.Row) bool) error {
	var wg sync.WaitGroup
	turn := make(chan bool)
	wg.Go(func() {
		for range 4 {
			<-turn
		}
		if _, err := e.DB.ExecContext(ctx, e.Q(write), 2); err != nil {
			panic(err)
		}
		<-turn
	})
	defer wg.Wait()
	for range 4 {
		if is(e.DB.QueryRowContext(ctx, e.Q(query), 2)) {
			return errors.New("too early")
		}
		turn <- true
	}
	turn <- true // it has written
	if !is(e.DB.QueryRowContext(ctx, e.Q(query), 2)) {
		return errors.New("too late")
	}
	return nil
}

func frReaderAndWriter(ctx context.Context, e *Env) error {
	read := make(chan bool)
	var wg sync.WaitGroup
	wg.Go(func() {
		<-read
		if _, err := e.DB.ExecContext(ctx, e.Q("UPDATE legs SET state = 'done' WHERE id = ?"), 3); err != nil {
			panic(err)
		}
	})
	drain(e.DB.QueryContext(ctx, e.Q("SELECT state FROM legs WHERE id = ?"), 3))
	close(read)
	wg.Wait()
	return nil
}

func frTypedName(ctx context.Context, e *Env) error {
	var name, email string
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT name, email FROM customers WHERE id = ?"), 2), &name, &email)
	done(e.DB.ExecContext(ctx, e.Q("UPDATE customers SET name = ?, email = ? WHERE id = ?"), "Baltic Lines", "hello@baltic.example", 2))
	return nil
}

func frRaiseTotal(ctx context.Context, e *Env) error {
	var total int64
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT total FROM invoices WHERE id = ?"), 3), &total)
	var country string
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT country FROM customers WHERE id = ?"), 2), &country)
	if country != "" {
		done(e.DB.ExecContext(ctx, e.Q("UPDATE invoices SET total = ? WHERE id = ?"), total*119/100, 3))
	}
	return nil
}

func frSetOtherColumn(ctx context.Context, e *Env) error {
	var capacity int64
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT capacity FROM depots WHERE id = ?"), 3), &capacity)
	if capacity > 10 {
		done(e.DB.ExecContext(ctx, e.Q("UPDATE depots SET used = ? WHERE id = ?"), 0, 3))
	}
	return nil
}

func frGORMExpression(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	var d frDepot
	try(g.Select("id", "used").First(&d, 3).Error)
	return g.Model(&d).Update("used", gorm.Expr("used + ?", 5)).Error
}

func frDepotsByIDs(ctx context.Context, e *Env, ids ...any) int {
	marks := strings.TrimSuffix(strings.Repeat("?, ", len(ids)), ", ")
	return drain(e.DB.QueryContext(ctx, e.Q("SELECT id, name FROM depots WHERE id IN ("+marks+")"), ids...))
}

func frInOfOne(ctx context.Context, e *Env) error {
	for _, p := range pairs(e.DB.QueryContext(ctx, "SELECT id, depot_id FROM containers ORDER BY id")) {
		frDepotsByIDs(ctx, e, p[1])
	}
	return nil
}

func frAnyOfOne(ctx context.Context, e *Env) error {
	for _, p := range pairs(e.DB.QueryContext(ctx, "SELECT id, depot_id FROM containers ORDER BY id")) {
		drain(e.DB.QueryContext(ctx, "SELECT id, name FROM depots WHERE id = ANY($1)", []int64{p[1]}))
	}
	return nil
}

func frGORMSliceOfOne(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	var all []frContainer
	try(g.Order("id").Find(&all).Error)
	for _, c := range all {
		var d []frDepot
		try(g.Find(&d, []int64{c.DepotID}).Error)
	}
	return nil
}

func frListsOfEach(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id FROM shipments ORDER BY id")) {
		var drivers []any
		for _, d := range ints(e.DB.QueryContext(ctx, e.Q("SELECT driver_id FROM legs WHERE shipment_id = ? ORDER BY seq"), id)) {
			drivers = append(drivers, d)
		}
		drain(e.DB.QueryContext(ctx, e.Q("SELECT name FROM drivers WHERE id IN (?, ?)"), drivers...))
	}
	return nil
}

type frNode struct {
	e      *Env
	fields map[string]int64
}

func (n frNode) resolve(ctx context.Context, field string) (name string) {
	if field == "customer" {
		one(n.e.DB.QueryRowContext(ctx, n.e.Q("SELECT name FROM customers WHERE id = ?"), n.fields["customer_id"]), &name)
	}
	return name
}

func frResolvers(ctx context.Context, e *Env) error {
	var nodes []frNode
	for _, p := range pairs(e.DB.QueryContext(ctx, "SELECT id, customer_id FROM shipments ORDER BY id")) {
		nodes = append(nodes, frNode{e, map[string]int64{"id": p[0], "customer_id": p[1]}})
	}
	for _, field := range []string{"id", "customer"} {
		for _, n := range nodes {
			n.resolve(ctx, field)
		}
	}
	return nil
}

type frPrinted struct {
	ctx    context.Context //nolint:containedctx // as it is written
	e      *Env
	driver int64
}

// String reads the driver's name.
func (p frPrinted) String() (name string) {
	if err := p.e.DB.QueryRowContext(p.ctx, p.e.Q("SELECT name FROM drivers WHERE id = ?"), p.driver).Scan(&name); err != nil {
		return err.Error()
	}
	return name
}

func frByFormatter(ctx context.Context, e *Env) error {
	var all []frPrinted
	for _, p := range pairs(e.DB.QueryContext(ctx, "SELECT id, driver_id FROM legs ORDER BY id")) {
		all = append(all, frPrinted{ctx, e, p[1]})
	}
	_ = fmt.Sprintf("%v", all)
	return nil
}

func frPagesAtOnce(ctx context.Context, e *Env) error {
	var wg sync.WaitGroup
	for page := range 6 {
		wg.Go(func() {
			rows, err := e.DB.QueryContext(ctx, e.Q("SELECT id, kind FROM events ORDER BY id LIMIT 4 OFFSET ?"), 4*page)
			if err != nil {
				panic(err)
			}
			drain(rows, nil)
		})
	}
	wg.Wait()
	return nil
}

func frTransactionHelperEach(ctx context.Context, e *Env) error {
	for i := range 6 {
		try(inTransaction(ctx, e, nil, func(tx *sql.Tx) {
			done(tx.ExecContext(ctx, e.Q("INSERT INTO notices (shipment_id, body) VALUES (?, ?)"), i*i, fmt.Sprint("body ", i)))
		}))
	}
	return nil
}

func frBunSlices(ctx context.Context, e *Env) error {
	for chunk := range int64(5) {
		var legs []frLeg
		for i := range int64(3) {
			legs = append(legs, frLeg{ID: 100 + 3*chunk + i, ShipmentID: chunk * chunk, Seq: i, DriverID: 1, State: "plan"})
		}
		if _, err := e.Bun().NewInsert().Model(&legs).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}
