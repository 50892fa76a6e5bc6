package corpus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/querybudget/querybudget/budget"
)

// whReadLoopCases read a row, or the rows of one, at a time.
func whReadLoopCases() []Case {
	return []Case{
		{Name: "warehouse/item-of-each-line", About: "a service asks a repository for the item of each line", Setup: whOf("order_lines items"), Run: whItemOfLine, Want: whReads("items", "order_lines")},
		{Name: "warehouse/goroutine-per-location", About: "each location sums its stock in a goroutine", Setup: whOf("locations stock"), Run: whGoroutinePerLocation, Want: whReads("stock", "locations")},
		{Name: "warehouse/carrier-of-each-shipment", About: "a prepared statement with a text key, some of them twice", Setup: whOf("shipments carriers"), Run: whCarrierOfShipment, Want: whReads("carriers", "shipments")},
		{Name: "warehouse/lazy-addresses", About: "resolvers are made for all customers, and called later", Setup: whOf("customers addresses"), Run: whLazyAddresses, Want: whReads("addresses", "customers")},
		{Name: "warehouse/by-map-of-items", Values: true, About: "the lines are summed in a map, and the range over it reads an item for each key", Setup: whOf("order_lines items"), Run: whMapOfItems, Want: whReads("items", "order_lines")},
		{Name: "warehouse/shelf-of-each-task", About: "a key of two columns", Setup: whOf("tasks stock"), Run: whShelfOfTask, Want: whReads("stock", "tasks")},
		{Name: "warehouse/cart-of-json-ids", Values: true, About: "the keys are in a JSON column of the cart", Setup: whOf("carts items"), Run: whCartOfJSON, Want: whReads("items", "carts")},
		{Name: "warehouse/orders-lines-items", About: "the lines of each order, and the item of each line", Setup: whOf("orders order_lines items"), Run: whNested, Want: []Want{{Kind: budget.NPlusOne, Table: "order_lines", Parent: "orders"}, {Kind: budget.NPlusOne, Table: "items", Parent: "order_lines"}}},
		{Name: "warehouse/heavy-items-only", About: "only the items of some weight are looked up in the batches", Setup: whOf("items batches"), Run: whHeavyOnly, Want: whReads("batches", "items")},
		{Name: "warehouse/customer-cache", About: "a map spares the customers that were read, each of the others costs a query", Setup: whOf("orders customers"), Run: whCustomerCache(false), Want: whReads("customers", "orders")},
		{Name: "warehouse/after-a-join", About: "a JOIN of orders and shipments was read, and the address of each row is asked for", Setup: whOf("orders shipments addresses"), Run: whAfterJoin, Want: whReads("addresses", "")},
		{Name: "warehouse/after-a-union", About: "the ids come from a UNION of two tables", Setup: whOf("item_returns batches items"), Run: whAfterUnion, Want: whReads("items", "")},
		{Name: "warehouse/after-a-function", About: "the ids come from a function of the database", Systems: []string{"postgres"}, Setup: append(whOf("orders order_lines"), "CREATE FUNCTION open_orders(s VARCHAR) RETURNS SETOF BIGINT LANGUAGE sql AS $$ SELECT id FROM orders WHERE state = s ORDER BY id $$"), Run: whAfterFunction, Want: whReads("order_lines", "")},
		{Name: "warehouse/gorm-association", About: "Association(Lines) of each order", Setup: whOf("orders order_lines"), Run: whAssociation, Want: whReads("order_lines", "orders")},
		{Name: "warehouse/bun-supplier-of-item", About: "bun reads the supplier of each item by WherePK", Setup: whOf("items suppliers"), Run: whBunSuppliers, Want: whReads("suppliers", "items")},
		{Name: "warehouse/sqlx-ids-of-request", About: "the ids are the request's", Setup: whOf("items"), Run: whRequestIDs, Want: whReads("items", none)},
		{Name: "warehouse/pages-with-details", About: "keyset pages of orders, and a query for each order of a page", Setup: whOf("orders addresses"), Run: whPagesWithDetails, Want: whReads("addresses", "orders")},
		{Name: "warehouse/expired-exists", About: "EXISTS for each item", Setup: whOf("items batches"), Run: whExpiredExists, Want: whReads("batches", "items")},
		{Name: "warehouse/latest-movement", About: "the latest movement of each shelf, by ORDER BY and LIMIT 1", Setup: whOf("locations movements"), Run: whLatestMovement, Want: whReads("movements", "locations")},
		{Name: "warehouse/in-one-tx", About: "a transaction reads the batches of each of the supplier's items", Setup: whOf("items batches"), Run: whInOneTx, Want: whReads("batches", "items")},
	}
}

func (c whCatalogue) byID(ctx context.Context, id int64) string {
	var sku, name string
	one(c.db.QueryRowContext(ctx, c.q("SELECT sku, name FROM items WHERE id = ?"), id), &sku, &name)
	return sku + " " + name
}

// whPickList prints what a picker has to fetch.
type whPickList struct {
	whStore
	catalogue whCatalogue
}

func (p whPickList) Print(ctx context.Context, order int64) (out []string) {
	for _, l := range p.Lines(ctx, order) {
		out = append(out, fmt.Sprintf("%d x %s", l.qty, p.title(ctx, l)))
	}
	return out
}

func (p whPickList) title(ctx context.Context, l whLine) string { return p.catalogue.byID(ctx, l.item) }

func whItemOfLine(ctx context.Context, e *Env) error {
	s := whOpen(e)
	whPickList{s, whCatalogue{s}}.Print(ctx, 6)
	return nil
}

func whGoroutinePerLocation(ctx context.Context, e *Env) error {
	s := whOpen(e)
	ids := whKeys(s.db.QueryContext(ctx, "SELECT id FROM locations ORDER BY code"))
	sums := make([]int64, len(ids))
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(4)
	for i, id := range ids {
		g.Go(func() error {
			return s.db.QueryRowContext(gctx, s.q("SELECT COALESCE(SUM(qty), 0) FROM stock WHERE location_id = ?"), id).Scan(&sums[i])
		})
	}
	return g.Wait()
}

type whParcel struct {
	id      int64
	carrier string
}

func whCarrierOfShipment(ctx context.Context, e *Env) error {
	s := whOpen(e)
	stmt, err := e.DB.PrepareContext(ctx, s.q("SELECT name, rate FROM carriers WHERE code = ?"))
	if err != nil {
		return err
	}
	defer stmt.Close() //nolint:errcheck // the case is over
	parcels := whScan[whParcel](s.db.QueryContext(ctx, s.q("SELECT id, carrier FROM shipments WHERE state = ? ORDER BY id"), "new"))(func(p *whParcel) []any { return []any{&p.id, &p.carrier} })
	var sum int64
	for _, p := range parcels {
		var name string
		var rate int64
		one(stmt.QueryRowContext(ctx, p.carrier), &name, &rate)
		sum += rate
	}
	return nil
}

func whLazyAddresses(ctx context.Context, e *Env) error {
	s := whOpen(e)
	type resolver func(context.Context) int
	var resolvers []resolver
	for _, id := range whKeys(s.db.QueryContext(ctx, s.q("SELECT id FROM customers WHERE tier = ? ORDER BY name"), "gold")) {
		resolvers = append(resolvers, func(ctx context.Context) int {
			return drain(s.db.QueryContext(ctx, s.q("SELECT street, city, zip FROM addresses WHERE customer_id = ?"), id))
		})
	}
	n := 0
	for _, r := range resolvers {
		n += r(ctx)
	}
	return nil
}

func whMapOfItems(ctx context.Context, e *Env) error {
	s := whOpen(e)
	need := map[int64]int64{}
	for _, order := range []int64{3, 7} {
		for _, l := range s.Lines(ctx, order) {
			need[l.item] += l.qty
		}
	}
	var weight int64
	for item, qty := range need {
		var grams int64
		one(s.db.QueryRowContext(ctx, s.q("SELECT weight FROM items WHERE id = ?"), item), &grams)
		weight += grams * qty
	}
	return nil
}

func whShelfOfTask(ctx context.Context, e *Env) error {
	shelf := whShelf{whOpen(e)}
	short := 0
	for _, t := range shelf.tasks(ctx, "new") {
		if shelf.Qty(ctx, t.item, t.location) < 150 {
			short++
		}
	}
	return nil
}

func whCartOfJSON(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var total int64
	for _, id := range (whCarts{s}).items(ctx, "cart-0aad") {
		var price int64
		one(s.db.QueryRowContext(ctx, s.q("SELECT price FROM items WHERE id = ?"), id), &price)
		total += price
	}
	return nil
}

// whExport writes orders with all that belongs to them.
type whExport struct{ whCatalogue }

func (x whExport) order(ctx context.Context, id int64) (out []string) {
	for _, l := range x.Lines(ctx, id) {
		out = append(out, x.line(ctx, l))
	}
	return out
}

func (x whExport) line(ctx context.Context, l whLine) string {
	return fmt.Sprintf("%d;%s;%d", l.id, x.byID(ctx, l.item), l.qty)
}

func whNested(ctx context.Context, e *Env) error {
	x := whExport{whCatalogue{whOpen(e)}}
	ids := whKeys(x.db.QueryContext(ctx, x.q("SELECT id FROM orders WHERE placed_at BETWEEN ? AND ? ORDER BY id"), 70_003, 70_008))
	for _, id := range ids {
		x.order(ctx, id)
	}
	return nil
}

func whHeavyOnly(ctx context.Context, e *Env) error {
	s := whOpen(e)
	type item struct{ id, weight int64 }
	items := whScan[item](s.db.QueryContext(ctx, s.q("SELECT id, weight FROM items WHERE tenant_id = ?"), 1))(func(i *item) []any { return []any{&i.id, &i.weight} })
	for _, i := range items {
		if i.weight < 130 {
			continue
		}
		drain(s.db.QueryContext(ctx, s.q("SELECT lot, expires_at, qty FROM batches WHERE item_id = ? ORDER BY expires_at"), i.id))
	}
	return nil
}

// whNames remembers the names of customers.
type whNames struct {
	whStore
	seen map[int64]string
}

func (n *whNames) of(ctx context.Context, id int64) string {
	name, is := n.seen[id]
	if !is {
		one(n.db.QueryRowContext(ctx, n.q("SELECT name FROM customers WHERE id = ?"), id), &name)
		n.seen[id] = name
	}
	return name
}

type whOrderHead struct{ id, customer int64 }

// whCustomerCache is of all orders, or of those of two customers.
func whCustomerCache(few bool) func(context.Context, *Env) error {
	return func(ctx context.Context, e *Env) error {
		n := &whNames{whOpen(e), map[int64]string{}}
		query, args := "SELECT id, customer_id FROM orders ORDER BY id", []any{}
		if few {
			query, args = "SELECT id, customer_id FROM orders WHERE customer_id IN (?, ?, ?) ORDER BY id", []any{6, 11, 3}
		}
		for _, o := range whScan[whOrderHead](n.db.QueryContext(ctx, n.q(query), args...))(func(o *whOrderHead) []any { return []any{&o.id, &o.customer} }) {
			n.of(ctx, o.customer)
		}
		return nil
	}
}

func whAfterJoin(ctx context.Context, e *Env) error {
	s := whOpen(e)
	addresses := whKeys(s.db.QueryContext(ctx, s.q("SELECT o.address_id FROM orders o JOIN shipments s ON s.order_id = o.id WHERE s.state = ? ORDER BY o.id"), "new"))
	for _, a := range addresses {
		var street, zip string
		one(s.db.QueryRowContext(ctx, s.q("SELECT street, zip FROM addresses WHERE id = ?"), a), &street, &zip)
	}
	return nil
}

func whAfterUnion(ctx context.Context, e *Env) error {
	c := whCatalogue{whOpen(e)}
	for _, id := range whKeys(c.db.QueryContext(ctx, c.q("SELECT item_id FROM item_returns WHERE state = ? UNION SELECT item_id FROM batches WHERE expires_at < ?"), "new", 62_000)) {
		c.byID(ctx, id)
	}
	return nil
}

func whAfterFunction(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, id := range whKeys(s.db.QueryContext(ctx, "SELECT * FROM open_orders($1)", "open")) {
		drain(s.db.QueryContext(ctx, s.q("SELECT item_id, qty FROM order_lines WHERE order_id = ?"), id))
	}
	return nil
}

func whAssociation(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	var orders []whOrder
	if err := g.Where("state = ?", "open").Order("id").Find(&orders).Error; err != nil {
		return err
	}
	for i := range orders {
		if err := g.Model(&orders[i]).Association("Lines").Find(&orders[i].Lines); err != nil {
			return err
		}
	}
	return nil
}

func whBunSuppliers(ctx context.Context, e *Env) error {
	var items []whItem
	if err := e.Bun().NewSelect().Model(&items).Where("reserved > ?", 70).Order("id").Scan(ctx); err != nil {
		return err
	}
	for _, i := range items {
		s := whSupplier{ID: i.SupplierID}
		if err := e.Bun().NewSelect().Model(&s).Column("name", "rating").WherePK().Scan(ctx); err != nil {
			return err
		}
	}
	return nil
}

func whRequestIDs(ctx context.Context, e *Env) error {
	db := e.SQLX()
	type card struct {
		Sku   string `db:"sku"`
		Price int64  `db:"price"`
	}
	for _, id := range []int64{23, 4, 16, 9, 20, 1, 12} {
		var c card
		if err := db.GetContext(ctx, &c, e.Q("SELECT sku, price FROM items WHERE id = ?"), id); err != nil {
			return err
		}
	}
	return nil
}

func whPagesWithDetails(ctx context.Context, e *Env) error {
	s := whOpen(e)
	type order struct{ id, address int64 }
	for last := int64(0); ; {
		page := whScan[order](s.db.QueryContext(ctx, s.q("SELECT id, address_id FROM orders WHERE id > ? ORDER BY id LIMIT 6"), last))(func(o *order) []any { return []any{&o.id, &o.address} })
		for _, o := range page {
			var city string
			one(s.db.QueryRowContext(ctx, s.q("SELECT city FROM addresses WHERE id = ?"), o.address), &city)
			last = o.id
		}
		if len(page) < 6 {
			return nil
		}
	}
}

func whExpiredExists(ctx context.Context, e *Env) error {
	s := whOpen(e)
	bad := 0
	for _, id := range whKeys(s.db.QueryContext(ctx, s.q("SELECT id FROM items WHERE category_id > ?"), 4)) {
		var is bool
		one(s.db.QueryRowContext(ctx, s.q("SELECT EXISTS (SELECT 1 FROM batches WHERE item_id = ? AND expires_at < ?)"), id, 61_500), &is)
		if is {
			bad++
		}
	}
	return nil
}

func whLatestMovement(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, id := range whKeys(s.db.QueryContext(ctx, "SELECT id FROM locations ORDER BY code")) {
		var item, delta int64
		one(s.db.QueryRowContext(ctx, s.q("SELECT item_id, delta FROM movements WHERE location_id = ? ORDER BY id DESC LIMIT 1"), id), &item, &delta)
	}
	return nil
}

func whInOneTx(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		for _, id := range whKeys(s.db.QueryContext(ctx, s.q("SELECT id FROM items WHERE supplier_id IN (?, ?, ?, ?)"), 2, 5, 7, 10)) {
			var n int64
			one(s.db.QueryRowContext(ctx, s.q("SELECT COUNT(*) FROM batches WHERE item_id = ?"), id), &n)
		}
		return nil
	})
}

// whNoReadLoopCases are the near neighbours: batches, pages, shards, different questions.
func whNoReadLoopCases() []Case {
	return []Case{
		{Name: "warehouse/items-by-in-chunks", About: "the ids are looked up eight at a time", Setup: whOf("movements items"), Run: whInChunks},
		{Name: "warehouse/keyset-pages", About: "all movements by keyset pages", Setup: whOf("movements"), Run: whKeysetPages},
		{Name: "warehouse/query-per-shard", About: "each of six tables is a shard", Setup: whShards(6), Run: whPerShard},
		{Name: "warehouse/dashboard-helper", About: "six different questions through one helper", Setup: whOf("orders tasks stock shipments item_returns batches"), Run: whDashboard},
		{Name: "warehouse/one-order-page", About: "an order page looks up one row of each of six tables", Setup: whOf("orders customers addresses vouchers shipments order_lines"), Run: whOrderPage},
		{Name: "warehouse/from-and-to", About: "a transfer always has two locations", Setup: whOf("locations"), Run: whFromAndTo},
		{Name: "warehouse/lines-by-in", About: "one query for the lines of all orders, and a map", Setup: whOf("orders order_lines"), Run: whLinesByIN},
		{Name: "warehouse/gorm-preload", About: "Preload asks once", Setup: whOf("orders order_lines"), Run: whPreload},
		{Name: "warehouse/bun-relation", About: "Relation asks once", Setup: whOf("orders order_lines"), Run: whRelation},
		{Name: "warehouse/cache-of-few-customers", About: "a map leaves a query for each of three customers", Setup: whOf("orders customers"), Run: whCustomerCache(true)},
		{Name: "warehouse/cursor-fetch", About: "FETCH of a cursor, ten rows at a time", Systems: []string{"postgres"}, Setup: whOf("movements"), Run: whCursor},
		{Name: "warehouse/free-code", About: "codes are made up until one is free", Setup: whOf("vouchers"), Run: whFreeCode},
		{Name: "warehouse/request-two-items", About: "a comparison of two items of the request", Setup: whOf("items"), Run: whCompareTwo},
		{Name: "warehouse/join-streamed", About: "one JOIN, whose rows are grouped in Go", Setup: whOf("orders order_lines items"), Run: whJoinStreamed},
	}
}

func whInChunks(ctx context.Context, e *Env) error {
	s := whOpen(e)
	ids := whKeys(s.db.QueryContext(ctx, "SELECT DISTINCT item_id FROM movements ORDER BY item_id"))
	const size = 4
	for len(ids) > 0 {
		chunk := ids[:min(size, len(ids))]
		ids = ids[len(chunk):]
		drain(s.db.QueryContext(ctx, s.q("SELECT id, sku, name FROM items WHERE id IN ("+whMarks(len(chunk))+")"), whArgs(chunk)...))
	}
	return nil
}

func whKeysetPages(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for last := int64(0); ; {
		ids := whKeys(s.db.QueryContext(ctx, s.q("SELECT id FROM movements WHERE id > ? ORDER BY id LIMIT 5"), last))
		if len(ids) == 0 {
			return nil
		}
		last = ids[len(ids)-1]
	}
}

// whShards are as many tables of one kind.
func whShards(n int) (out []string) {
	for i := range n {
		out = append(out,
			fmt.Sprintf("CREATE TABLE parcels_%d (id BIGINT PRIMARY KEY, state VARCHAR(10))", i),
			fmt.Sprintf("INSERT INTO parcels_%d VALUES (%d, 'new'), (%d, 'sent')", i, 10*i+1, 10*i+2))
	}
	return out
}

func whPerShard(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var n int
	for shard := range 6 {
		n += drain(s.db.QueryContext(ctx, s.q(fmt.Sprintf("SELECT id FROM parcels_%d WHERE state = ?", shard)), "new"))
	}
	return nil
}

func whDashboard(ctx context.Context, e *Env) error {
	s := whOpen(e)
	scalar := func(query string, args ...any) (n int64) {
		one(s.db.QueryRowContext(ctx, s.q(query), args...), &n)
		return n
	}
	_ = []int64{
		scalar("SELECT COUNT(*) FROM orders WHERE state = ?", "open"),
		scalar("SELECT COUNT(*) FROM tasks WHERE state = ?", "new"),
		scalar("SELECT COUNT(*) FROM stock WHERE qty < ?", 140),
		scalar("SELECT COUNT(*) FROM shipments WHERE state = ?", "new"),
		scalar("SELECT COUNT(*) FROM item_returns WHERE state = ?", "new"),
		scalar("SELECT COUNT(*) FROM batches WHERE expires_at < ?", 64_000),
	}
	return nil
}

func whOrderPage(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var customer, address, percent int64
	var code, name, city, tracking string
	if !one(s.db.QueryRowContext(ctx, s.q("SELECT customer_id, address_id, voucher FROM orders WHERE id = ?"), 6), &customer, &address, &code) {
		return errors.New("not found")
	}
	one(s.db.QueryRowContext(ctx, s.q("SELECT name FROM customers WHERE id = ?"), customer), &name)
	one(s.db.QueryRowContext(ctx, s.q("SELECT city FROM addresses WHERE id = ?"), address), &city)
	one(s.db.QueryRowContext(ctx, s.q("SELECT percent FROM vouchers WHERE code = ?"), code), &percent)
	one(s.db.QueryRowContext(ctx, s.q("SELECT tracking FROM shipments WHERE order_id = ?"), 6), &tracking)
	s.Lines(ctx, 6)
	return nil
}

func whFromAndTo(ctx context.Context, e *Env) error {
	s := whOpen(e)
	code := func(id int64) (c string) {
		one(s.db.QueryRowContext(ctx, s.q("SELECT code FROM locations WHERE id = ?"), id), &c)
		return c
	}
	_ = code(4) + " -> " + code(9)
	return nil
}

func whLinesByIN(ctx context.Context, e *Env) error {
	s := whOpen(e)
	ids := whKeys(s.db.QueryContext(ctx, s.q("SELECT id FROM orders WHERE placed_at > ?"), 70_001))
	lines := map[int64][]int64{}
	for _, l := range whScan[whOrderHead](s.db.QueryContext(ctx, s.q("SELECT order_id, item_id FROM order_lines WHERE order_id IN ("+whMarks(len(ids))+")"), whArgs(ids)...))(func(o *whOrderHead) []any { return []any{&o.id, &o.customer} }) {
		lines[l.id] = append(lines[l.id], l.customer)
	}
	return nil
}

func whPreload(ctx context.Context, e *Env) error {
	var orders []whOrder
	return e.GORM().WithContext(ctx).Preload("Lines").Where("state = ?", "paid").Find(&orders).Error
}

func whRelation(ctx context.Context, e *Env) error {
	var orders []whOrder
	return e.Bun().NewSelect().Model(&orders).Relation("Lines").Where("state = ?", "open").Scan(ctx)
}

func whCursor(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		done(s.db.ExecContext(ctx, "DECLARE m CURSOR FOR SELECT id, delta FROM movements ORDER BY id"))
		for drain(s.db.QueryContext(ctx, "FETCH 6 FROM m")) > 0 {
			continue
		}
		return nil
	})
}

func whFreeCode(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, code := range []string{"WELCOME-1", "WELCOME-4", "WELCOME-9"} { // as a generator makes them
		var percent int64
		if !one(s.db.QueryRowContext(ctx, s.q("SELECT percent FROM vouchers WHERE code = ?"), code), &percent) {
			return nil
		}
	}
	return errors.New("no code is free")
}

func whCompareTwo(ctx context.Context, e *Env) error {
	c := whCatalogue{whOpen(e)}
	for _, id := range []int64{19, 8} {
		c.Item(ctx, id)
	}
	return nil
}

func whJoinStreamed(ctx context.Context, e *Env) error {
	s := whOpen(e)
	rows, err := s.db.QueryContext(ctx, s.q("SELECT o.id, l.qty, i.name FROM orders o JOIN order_lines l ON l.order_id = o.id JOIN items i ON i.id = l.item_id WHERE o.placed_at > ? ORDER BY o.id, l.id"), 70_000)
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // rows.Err says it
	out := map[int64][]string{}
	for rows.Next() {
		var id, qty int64
		var name string
		if err := rows.Scan(&id, &qty, &name); err != nil {
			return err
		}
		out[id] = append(out[id], fmt.Sprintf("%d x %s", qty, name))
	}
	if err := rows.Err(); err != nil {
		return err
	}
	_, err = json.Marshal(out)
	return err
}
