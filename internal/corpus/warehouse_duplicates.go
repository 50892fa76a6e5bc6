package corpus

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/jmoiron/sqlx"
	"golang.org/x/sync/errgroup"
	"gorm.io/gorm"
)

// whDuplicateCases read the same again although nothing could have changed it.
func whDuplicateCases() []Case {
	return []Case{
		{Name: "warehouse/customer-by-two-layers", About: "sqlx: the login middleware and the account service load the customer by its email", Setup: whOf("customers"), Run: whCustomerTwoLayers, Want: whDup("customers")},
		{Name: "warehouse/same-text-other-spacing", About: "two repositories wrote the same query, one on many lines and in small letters", Setup: whOf("items"), Run: whOtherSpacing, Want: whDup("items")},
		{Name: "warehouse/stock-params-swapped", About: "item and location, location and item", Setup: whOf("stock"), Run: whParamsSwapped, Want: whDup("stock")},
		{Name: "warehouse/address-parts", About: "the city of an address for the tax, its street and zip for the label", Setup: whOf("addresses"), Run: whAddressParts, Want: whDup("addresses")},
		{Name: "warehouse/voucher-exists-then-row", About: "EXISTS, and then the row: the row's absence would have said it", Setup: whOf("vouchers"), Run: whVoucherExists, Want: whDup("vouchers")},
		{Name: "warehouse/price-twice-in-tx", About: "a transaction that only reads asks twice for the same price, once for the line and once for the sum", Setup: whOf("prices order_lines"), Run: whPriceTwiceInTx, Want: whDup("prices")},
		{Name: "warehouse/gorm-reload-to-render", About: "the renderer loads the shipment that the handler has loaded, nothing was written", Setup: whOf("shipments"), Run: whReloadToRender, Want: whDup("shipments")},
		{Name: "warehouse/bun-two-widgets", About: "two widgets list the locations of the same zone", Setup: whOf("locations"), Run: whTwoWidgets, Want: whDup("locations")},
		{Name: "warehouse/tier-around-an-order", About: "the tier is read for the discount, an order is inserted, and the tier is read again for the mail", Setup: whOf("customers orders"), Run: whTierAroundOrder, Want: whDup("customers")},
		{Name: "warehouse/panels-in-goroutines", About: "two panels load the same supplier at once", Setup: whOf("suppliers items"), Run: whPanels, Want: whDup("suppliers")},
		{Name: "warehouse/cache-per-call", About: "a cache that is made anew for each call does not help: the whole category tree is read twice", Setup: whOf("categories"), Run: whCachePerCall, Want: whDup("categories")},
		{Name: "warehouse/in-list-reordered", About: "the same ids in another order in an IN list", Setup: whOf("items"), Run: whInReordered, Want: whDup("items")},
		{Name: "warehouse/prepared-rate-thrice", About: "a prepared statement asks for one carrier's rate for quote, label and invoice", Setup: whOf("carriers"), Run: whRateThrice, Want: whDup("carriers")},
		{Name: "warehouse/gorm-scope-and-plain", About: "a scope and a handwritten condition make the same list", Setup: whOf("pickers"), Run: whScopeAndPlain, Want: whDup("pickers")},
		{Name: "warehouse/totals-for-two-boxes", About: "the same sum over an order for the box at the top and that at the bottom", Setup: whOf("order_lines"), Run: whTwoBoxes, Want: whDup("order_lines")},
	}
}

type whLogin struct{ db *sqlx.DB }

type whAccount struct {
	db    *sqlx.DB
	email string
}

const whByEmail = "SELECT id, email, name, points, tier FROM customers WHERE email = ?"

func (l whLogin) allow(ctx context.Context, email string) bool {
	var c whCustomer
	return l.db.GetContext(ctx, &c, l.db.Rebind(whByEmail), email) == nil && c.Tier != "blocked"
}

func (a whAccount) Points(ctx context.Context) (int64, error) {
	var c whCustomer
	err := a.db.GetContext(ctx, &c, a.db.Rebind(whByEmail), a.email)
	return c.Points, err
}

func whCustomerTwoLayers(ctx context.Context, e *Env) error {
	db := e.SQLX()
	if !(whLogin{db}).allow(ctx, "c7@example.com") {
		return errors.New("forbidden")
	}
	_, err := whAccount{db, "c7@example.com"}.Points(ctx)
	return err
}

type (
	whCatalogue struct{ whStore }
	whTill      struct{ whStore }
)

func (c whCatalogue) Item(ctx context.Context, id int64) (name string, price int64) {
	one(c.db.QueryRowContext(ctx, c.q("SELECT name, price FROM items WHERE id = ?"), id), &name, &price)
	return name, price
}

func (t whTill) item(ctx context.Context, id int64) (name string, price int64) {
	one(t.db.QueryRowContext(ctx, t.q(`
		select name,
		       price
		from   items
		where  id = ?`), id), &name, &price)
	return name, price
}

func whOtherSpacing(ctx context.Context, e *Env) error {
	s := whOpen(e)
	whCatalogue{s}.Item(ctx, 18)
	whTill{s}.item(ctx, 18)
	return nil
}

func whParamsSwapped(ctx context.Context, e *Env) error {
	s := whOpen(e)
	available := func(item, location int64) (n int64) {
		one(s.db.QueryRowContext(ctx, s.q("SELECT qty FROM stock WHERE item_id = ? AND location_id = ?"), item, location), &n)
		return n
	}
	shown := func(location, item int64) (n int64) {
		one(s.db.QueryRowContext(ctx, s.q("SELECT qty FROM stock WHERE location_id = ? AND item_id = ?"), location, item), &n)
		return n
	}
	if available(9, 5) != shown(5, 9) {
		return errors.New("strange")
	}
	return nil
}

func whAddressParts(ctx context.Context, e *Env) error {
	s := whOpen(e)
	tax := func(address int64) int64 {
		var city string
		one(s.db.QueryRowContext(ctx, s.q("SELECT city FROM addresses WHERE id = ?"), address), &city)
		return int64(len(city))
	}
	label := func(address int64) string {
		var street, zip string
		one(s.db.QueryRowContext(ctx, s.q("SELECT street, zip FROM addresses WHERE id = ?"), address), &street, &zip)
		return street + ", " + zip
	}
	_, _ = tax(11), label(11)
	return nil
}

func whVoucherExists(ctx context.Context, e *Env) error {
	s := whOpen(e)
	known := func(code string) (is bool) {
		one(s.db.QueryRowContext(ctx, s.q("SELECT EXISTS (SELECT 1 FROM vouchers WHERE code = ?)"), code), &is)
		return is
	}
	if !known("WELCOME-4") {
		return errors.New("unknown voucher")
	}
	var left, percent int64
	one(s.db.QueryRowContext(ctx, s.q("SELECT left_n, percent FROM vouchers WHERE code = ?"), "WELCOME-4"), &left, &percent)
	return nil
}

type whQuote struct{ whStore }

func (p whQuote) amount(ctx context.Context, list, item int64) (cents int64) {
	one(p.db.QueryRowContext(ctx, p.q("SELECT amount FROM prices WHERE list_id = ? AND item_id = ?"), list, item), &cents)
	return cents
}

func whPriceTwiceInTx(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		p := whQuote{s}
		line := p.amount(ctx, 1, 21)
		s.Lines(ctx, 7)
		if sum := 3 * p.amount(ctx, 1, 21); sum < line {
			return errors.New("overflow")
		}
		return nil
	})
}

// whRenderer makes a label of a shipment.
type whRenderer struct{ g *gorm.DB }

func (r whRenderer) Label(id int64) (string, error) {
	var s whShipment
	err := r.g.First(&s, id).Error
	return fmt.Sprintf("%s %s %d g", s.Carrier, s.Tracking, s.Weight), err
}

func whReloadToRender(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	var s whShipment
	if err := g.First(&s, 8).Error; err != nil || s.State == "void" {
		return errors.Join(err, errors.New("no label"))
	}
	_, err := whRenderer{g}.Label(s.ID)
	return err
}

func whTwoWidgets(ctx context.Context, e *Env) error {
	zone := func(zone string) (out []whLocation, err error) {
		err = e.Bun().NewSelect().Model(&out).Where("zone = ?", zone).Order("code").Scan(ctx)
		return out, err
	}
	heat := func() error { _, err := zone("B"); return err }
	free := func() error { _, err := zone("B"); return err }
	return errors.Join(heat(), free())
}

func whTierAroundOrder(ctx context.Context, e *Env) error {
	s := whOpen(e)
	tier := func(customer int64) (t string) {
		one(s.db.QueryRowContext(ctx, s.q("SELECT tier FROM customers WHERE id = ?"), customer), &t)
		return t
	}
	total := int64(9_900)
	if tier(12) == "gold" {
		total = total * 95 / 100
	}
	done(s.db.ExecContext(ctx, s.q("INSERT INTO orders (number, customer_id, address_id, state, total, placed_at, voucher, version) VALUES (?, ?, 1, 'open', ?, 91000, '', 1)"), "N-9100", 12, total))
	_ = "thank you, " + tier(12) + " customer"
	return nil
}

func whPanels(ctx context.Context, e *Env) error {
	s := whOpen(e)
	supplier := func(ctx context.Context, code string) (id int64) {
		var name string
		one(s.db.QueryRowContext(ctx, s.q("SELECT id, name FROM suppliers WHERE code = ?"), code), &id, &name)
		return id
	}
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		id := supplier(gctx, "SUP133")
		whKeys(s.db.QueryContext(gctx, s.q("SELECT id FROM items WHERE supplier_id = ?"), id))
		return nil
	})
	g.Go(func() error {
		supplier(gctx, "SUP133")
		return nil
	})
	return g.Wait()
}

// whTree is the category tree, which is loaded once for each value of this type.
type whTree struct {
	whStore
	names map[int64]string
}

func (t *whTree) name(ctx context.Context, id int64) string {
	if t.names == nil {
		t.names = map[int64]string{}
		type row struct {
			id   int64
			name string
		}
		for _, r := range whScan[row](t.db.QueryContext(ctx, "SELECT id, name FROM categories"))(func(r *row) []any { return []any{&r.id, &r.name} }) {
			t.names[r.id] = r.name
		}
	}
	return t.names[id]
}

func whCachePerCall(ctx context.Context, e *Env) error {
	name := func(id int64) string { return (&whTree{whStore: whOpen(e)}).name(ctx, id) }
	_ = name(4) + " / " + name(7)
	return nil
}

func whInReordered(ctx context.Context, e *Env) error {
	s := whOpen(e)
	weights := func(ids ...int64) map[int64]int64 {
		out := map[int64]int64{}
		type row struct{ id, weight int64 }
		for _, r := range whScan[row](s.db.QueryContext(ctx, s.q("SELECT id, weight FROM items WHERE id IN ("+whMarks(len(ids))+")"), whArgs(ids)...))(func(r *row) []any { return []any{&r.id, &r.weight} }) {
			out[r.id] = r.weight
		}
		return out
	}
	parcel, pallet := weights(5, 17, 9, 22), weights(22, 5, 9, 17)
	if len(parcel) != len(pallet) {
		return errors.New("strange")
	}
	return nil
}

func whRateThrice(ctx context.Context, e *Env) error {
	stmt, err := e.DB.PrepareContext(ctx, e.Q("SELECT rate FROM carriers WHERE code = ?"))
	if err != nil {
		return err
	}
	defer stmt.Close() //nolint:errcheck // the case is over
	rate := func() (cents int64) {
		one(stmt.QueryRowContext(ctx, "carrier-d"), &cents)
		return cents
	}
	quote := func() int64 { return rate() * 2 }
	label := func() string { return fmt.Sprint(rate()) }
	invoice := func() int64 { return rate() + 19 }
	_, _, _ = quote(), label(), invoice()
	return nil
}

func whScopeAndPlain(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	onShift := func(tx *gorm.DB) *gorm.DB { return tx.Where("state = ?", "on") }
	var roster, board []whPicker
	if err := g.Scopes(onShift).Order("name").Find(&roster).Error; err != nil {
		return err
	}
	return g.Where("state = ?", "on").Order("name").Find(&board).Error
}

func whTwoBoxes(ctx context.Context, e *Env) error {
	s := whOpen(e)
	sum := func(order int64) (cents int64) {
		one(s.db.QueryRowContext(ctx, s.q("SELECT SUM(qty * price) FROM order_lines WHERE order_id = ?"), order), &cents)
		return cents
	}
	top := fmt.Sprintf("%d", sum(4))
	lines := s.Lines(ctx, 4)
	bottom := fmt.Sprintf("%d for %d lines", sum(4), len(lines))
	_, _ = top, bottom
	return nil
}

// whNoDuplicateCases read again for a reason, or something else.
func whNoDuplicateCases() []Case {
	return []Case{
		{Name: "warehouse/stock-before-and-after", About: "the shelf is written in between", Setup: whOf("stock"), Run: whBeforeAndAfter},
		{Name: "warehouse/written-by-a-cte", About: "a WITH clause writes the shelf in between", Systems: []string{"postgres"}, Setup: whOf("stock movements"), Run: whWrittenByCTE},
		{Name: "warehouse/moved-by-a-join", About: "an UPDATE of the stock through a subquery on tasks is in between", Setup: whOf("stock tasks"), Run: whMovedByJoin},
		{Name: "warehouse/insert-select-between", About: "an INSERT ... SELECT adds movements in between", Setup: whOf("movements stock"), Run: whInsertSelect},
		{Name: "warehouse/recheck-after-lock", About: "the voucher is read, then its row is locked, and it is read under the lock", Systems: whServers, Setup: whOf("vouchers"), Run: whRecheck},
		{Name: "warehouse/pool-then-serializable", About: "read to fail early, and read again in the transaction whose write depends on it", Systems: []string{"postgres"}, Setup: whOf("locations"), Run: whPoolThenTx},
		{Name: "warehouse/two-tenants", About: "the same list of two tenants", Setup: whOf("items"), Run: whTwoTenants},
		{Name: "warehouse/pages-of-items", About: "two pages by OFFSET", Setup: whOf("items"), Run: whPages},
		{Name: "warehouse/poll-the-carrier", Values: true, About: "the state of a shipment is polled until another process has changed it", Systems: whServers, Setup: whOf("shipments"), Run: whPoll},
		{Name: "warehouse/number-free-then-own", About: "looked for and not found, inserted, and read back with its defaults", Hints: NoHints, Setup: whOf("carts"), Run: whReadOwnWrite},
		{Name: "warehouse/nextval", About: "a sequence gives another number each time", Systems: []string{"postgres"}, Setup: []string{"CREATE SEQUENCE wave_numbers"}, Run: whNextval},
		{Name: "warehouse/random-item", About: "two random items for the banner", Systems: []string{"sqlite", "postgres"}, Setup: whOf("items"), Run: whRandom},
		{Name: "warehouse/top-three-and-ten", About: "another LIMIT", Setup: whOf("items"), Run: whTopThreeAndTen},
		{Name: "warehouse/cheapest-and-dearest", About: "another order, with a LIMIT", Setup: whOf("items"), Run: whCheapestDearest},
		{Name: "warehouse/optimistic-retry", About: "the write missed its version, so the row is read again in a new transaction", Systems: whServers, Setup: whOf("suppliers"), Run: whOptimisticRetry},
		{Name: "warehouse/function-releases", About: "a function of the database changes the shelf in between", Systems: []string{"postgres"}, Setup: append(whOf("stock"), "CREATE FUNCTION release_shelf(i BIGINT, l BIGINT) RETURNS BIGINT LANGUAGE sql AS $$ UPDATE stock SET reserved = 0, qty = qty + 1 WHERE item_id = i AND location_id = l RETURNING qty $$"), Run: whFunctionReleases},
		{Name: "warehouse/cascade", About: "a foreign key deletes the lines with their order in between", Systems: whServers, Setup: []string{
			"CREATE TABLE parcels (id BIGINT PRIMARY KEY, code VARCHAR(20))",
			"CREATE TABLE parcel_items (id BIGINT PRIMARY KEY, parcel_id BIGINT NOT NULL, qty BIGINT, FOREIGN KEY (parcel_id) REFERENCES parcels (id) ON DELETE CASCADE)",
			"INSERT INTO parcels VALUES (31, 'p-31'), (32, 'p-32')",
			"INSERT INTO parcel_items VALUES (1, 31, 4), (2, 31, 5), (3, 32, 6)",
		}, Run: whCascade},
		{Name: "warehouse/other-schema", About: "the same key in the live schema and in the archive", Systems: []string{"postgres"}, Setup: append(whOf("orders"), "CREATE SCHEMA {other}", "CREATE TABLE {other}.orders AS SELECT * FROM orders WHERE id < 9"), Run: whOtherSchema},
	}
}

func whBeforeAndAfter(ctx context.Context, e *Env) error {
	r := whShelf{whOpen(e)}
	before := r.Qty(ctx, 2, 12)
	done(r.db.ExecContext(ctx, r.q("UPDATE stock SET qty = qty - 2 WHERE item_id = ? AND location_id = ?"), 2, 12))
	if r.Qty(ctx, 2, 12) >= before {
		return errors.New("strange")
	}
	return nil
}

func whWrittenByCTE(ctx context.Context, e *Env) error {
	r := whShelf{whOpen(e)}
	r.Qty(ctx, 16, 10)
	done(r.db.ExecContext(ctx, `
		WITH moved AS (
			UPDATE stock SET qty = qty - 3 WHERE item_id = $1 AND location_id = $2 RETURNING item_id, location_id
		)
		INSERT INTO movements (item_id, location_id, delta, ref) SELECT item_id, location_id, -3, 'wave' FROM moved`, 16, 10))
	r.Qty(ctx, 16, 10)
	return nil
}

func whMovedByJoin(ctx context.Context, e *Env) error {
	r := whShelf{whOpen(e)}
	r.Qty(ctx, 5, 9)
	done(r.db.ExecContext(ctx, r.q("UPDATE stock SET qty = qty - 1 WHERE location_id IN (SELECT location_id FROM tasks WHERE picker_id = ?)"), 5))
	r.Qty(ctx, 5, 9)
	return nil
}

func whInsertSelect(ctx context.Context, e *Env) error {
	s := whOpen(e)
	count := func() (n int64) {
		one(s.db.QueryRowContext(ctx, s.q("SELECT COUNT(*) FROM movements WHERE ref = ?"), "close"), &n)
		return n
	}
	count()
	done(s.db.ExecContext(ctx, s.q("INSERT INTO movements (item_id, location_id, delta, ref) SELECT item_id, location_id, -reserved, 'close' FROM stock WHERE reserved > ?"), 1))
	count()
	return nil
}

type whVouchers struct{ whStore }

func (v whVouchers) left(ctx context.Context, code string) (n int64) {
	one(v.db.QueryRowContext(ctx, v.q("SELECT left_n FROM vouchers WHERE code = ?"), code), &n)
	return n
}

func whRecheck(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted}, func(s whStore) error {
		v := whVouchers{s}
		if v.left(ctx, "WELCOME-2") == 0 {
			return errors.New("used up")
		}
		drain(s.db.QueryContext(ctx, s.q("SELECT code FROM vouchers WHERE code = ? FOR UPDATE"), "WELCOME-2"))
		if v.left(ctx, "WELCOME-2") == 0 {
			return errors.New("used up meanwhile")
		}
		done(s.db.ExecContext(ctx, s.q("UPDATE vouchers SET left_n = left_n - 1 WHERE code = ?"), "WELCOME-2"))
		return nil
	})
}

func whPoolThenTx(ctx context.Context, e *Env) error {
	free := func(s whStore) (n int64) {
		one(s.db.QueryRowContext(ctx, s.q("SELECT capacity - used FROM locations WHERE code = ?"), "B-07"), &n)
		return n
	}
	s := whOpen(e)
	if free(s) < 20 {
		return errors.New("no room")
	}
	return s.atomically(ctx, &sql.TxOptions{Isolation: sql.LevelSerializable}, func(s whStore) error {
		if free(s) < 20 {
			return errors.New("no room any more")
		}
		done(s.db.ExecContext(ctx, s.q("UPDATE locations SET used = used + 20 WHERE code = ?"), "B-07"))
		return nil
	})
}

func whTwoTenants(ctx context.Context, e *Env) error {
	s := whOpen(e)
	items := func(tenant int64) int {
		return drain(s.db.QueryContext(ctx, s.q("SELECT id, name FROM items WHERE tenant_id = ? ORDER BY id"), tenant))
	}
	_ = items(1) - items(2)
	return nil
}

func whPages(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, offset := range []int64{0, 10} {
		drain(s.db.QueryContext(ctx, s.q("SELECT id, sku, name FROM items WHERE tenant_id = 2 ORDER BY id LIMIT ? OFFSET ?"), 10, offset))
	}
	return nil
}

func whPoll(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for try := range 3 {
		var state string
		one(s.db.QueryRowContext(ctx, s.q("SELECT state FROM shipments WHERE id = ?"), 3), &state)
		if state == "labelled" {
			return nil
		}
		if try == 1 {
			whByOthers(func(ctx context.Context) {
				done(s.db.ExecContext(ctx, s.q("UPDATE shipments SET state = 'labelled' WHERE id = ?"), 3))
			})
		}
	}
	return errors.New("no label")
}

func whReadOwnWrite(ctx context.Context, e *Env) error {
	s := whOpen(e)
	find := func(token string) (id int64) {
		one(s.db.QueryRowContext(ctx, s.q("SELECT id FROM carts WHERE token = ?"), token), &id)
		return id
	}
	if find("cart-new") != 0 {
		return nil
	}
	done(s.db.ExecContext(ctx, s.q("INSERT INTO carts (token, customer_id, items, total) VALUES (?, 3, '[]', 0)"), "cart-new"))
	if find("cart-new") == 0 {
		return errors.New("strange")
	}
	return nil
}

func whNextval(ctx context.Context, e *Env) error {
	next := func() (n int64) {
		one(e.DB.QueryRowContext(ctx, "SELECT nextval('wave_numbers')"), &n)
		return n
	}
	if first := next(); first == next() {
		return errors.New("strange")
	}
	return nil
}

func whRandom(ctx context.Context, e *Env) error {
	banner := func() (id int64) {
		one(e.DB.QueryRowContext(ctx, "SELECT id FROM items ORDER BY random() LIMIT 1"), &id)
		return id
	}
	_ = []int64{banner(), banner()}
	return nil
}

func whTopThreeAndTen(ctx context.Context, e *Env) error {
	top := func(query string) int { return drain(e.DB.QueryContext(ctx, query)) }
	top("SELECT id, name FROM items ORDER BY reserved DESC, id LIMIT 3")
	top("SELECT id, name FROM items ORDER BY reserved DESC, id LIMIT 10")
	return nil
}

func whCheapestDearest(ctx context.Context, e *Env) error {
	s := whOpen(e)
	first := func(order string) int {
		return drain(s.db.QueryContext(ctx, s.q("SELECT id, price FROM items WHERE category_id = ? ORDER BY price "+order+" LIMIT 2"), 4))
	}
	first("ASC")
	first("DESC")
	return nil
}

func whOptimisticRetry(ctx context.Context, e *Env) error {
	s := whOpen(e)
	missed := errors.New("somebody else was faster")
	attempt := func(before func()) error {
		return s.atomically(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted}, func(s whStore) error {
			var balance, version int64
			one(s.db.QueryRowContext(ctx, s.q("SELECT balance, version FROM suppliers WHERE id = ?"), 8), &balance, &version)
			before()
			if done(s.db.ExecContext(ctx, s.q("UPDATE suppliers SET balance = ?, version = ? WHERE id = ? AND version = ?"), balance+900, version+1, 8, version)) == 0 {
				return missed
			}
			return nil
		})
	}
	err := attempt(func() {
		whByOthers(func(ctx context.Context) {
			done(s.db.ExecContext(ctx, s.q("UPDATE suppliers SET version = version + 1 WHERE id = ?"), 8))
		})
	})
	if errors.Is(err, missed) {
		err = attempt(func() {})
	}
	return err
}

func whFunctionReleases(ctx context.Context, e *Env) error {
	r := whShelf{whOpen(e)}
	r.Qty(ctx, 12, 2)
	var qty int64
	one(r.db.QueryRowContext(ctx, "SELECT release_shelf($1, $2)", 12, 2), &qty)
	r.Qty(ctx, 12, 2)
	return nil
}

func whCascade(ctx context.Context, e *Env) error {
	s := whOpen(e)
	items := func(parcel int64) int {
		return drain(s.db.QueryContext(ctx, s.q("SELECT id, qty FROM parcel_items WHERE parcel_id = ?"), parcel))
	}
	n := items(31)
	done(s.db.ExecContext(ctx, s.q("DELETE FROM parcels WHERE id = ?"), 31))
	if items(31) != 0 {
		return fmt.Errorf("some of %d are left", n)
	}
	return nil
}

func whOtherSchema(ctx context.Context, e *Env) error {
	e.after = append(e.after, func() error {
		_, err := e.DB.Exec("DROP SCHEMA " + e.Other + " CASCADE") //nolint:noctx // it is outside of the unit
		return err
	})
	for _, table := range []string{"orders", e.Other + ".orders"} {
		var state string
		one(e.DB.QueryRowContext(ctx, "SELECT state FROM "+table+" WHERE id = $1", 6), &state)
	}
	return nil
}
