package corpus

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"sync"

	"gorm.io/gorm"

	"github.com/querybudget/querybudget/budget"
)

// freightHidden are loops that nobody sees in one function.
func freightHidden() []Case {
	return []Case{
		{
			Name: "freight/behind-an-interface", About: "a store behind an interface, asked for each of four",
			Setup: and(frShipments(4, 3), frLegs(4, 2, 4)), Run: frBehindInterface, Want: []Want{proven(budget.NPlusOne, "LegsOf", "legs", "shipments")},
		},
		{
			Name: "freight/iterator", About: "an iterator streams the containers, and its body asks while the rows are open",
			Setup: and(frContainers(4, 2, 4), frEvents(8, 2)), Run: frByIterator,
			Want: []Want{found(budget.NPlusOne, "", "events", "containers"), {Kind: budget.NestedQuery, Table: "events"}},
		},
		{
			Name: "freight/iterator-collected", About: "an iterator over what was read before",
			Setup: and(frContainers(4, 2, 4), frEvents(8, 2)), Run: frByCollectedIterator, Want: []Want{proven(budget.NPlusOne, "", "events", "containers")},
		},
		{
			Name: "freight/generic-repository", About: "a generic repository of GORM, asked for the driver of each of three legs",
			Setup: and(frLegs(1, 3, 7), frDrivers(7)), Run: frByGenericRepo, Want: []Want{proven(budget.NPlusOne, "", "drivers", "legs")},
		},
		{
			Name: "freight/pages-with-details", About: "pages by key are right, and one question for each row of a page is not",
			Setup: and(frShipments(12, 3), frDocuments(12, 1)), Run: frPagesWithDetails, Want: []Want{proven(budget.NPlusOne, "frDetailsOf", "documents", "shipments")},
		},
		{
			Name: "freight/loader-of-one", About: "a loader that waits for nobody: IN lists of one key each, which prove nothing, as is documented",
			Setup: and(frContainers(3, 2, 6), frDepots(6)), Run: frLoaderOfOne, Want: []Want{found(budget.NPlusOne, "flush", "depots", "containers")},
		},
		{
			Name: "freight/pool-of-workers", About: "three workers take containers from a channel, and ask for each",
			Setup: and(frContainers(4, 3, 4), frEvents(12, 2)), Run: frByPool, Want: []Want{proven(budget.NPlusOne, "", "events", "containers")},
		},
		{
			Name: "freight/once-for-each", About: "a sync.OnceValue in each shipment loads its customer late",
			Setup: and(frShipments(5, 7), frCustomers(7)), Run: frOnceForEach, Want: []Want{proven(budget.NPlusOne, "", "customers", "shipments")},
		},
		{
			Name: "freight/gorm-before-create", About: "one INSERT with seven rows, and a hook that looks a price up for each of them",
			Setup: and(frShipments(1, 1), frTariffs(12)), Run: frGORMBeforeCreate, Want: []Want{found(budget.NPlusOne, "", "tariffs", "none")},
		},
		{
			Name: "freight/statement-from-elsewhere", About: "prepared by one function, executed by another",
			Setup: and(frContainers(3, 2, 4), frEvents(6, 2)), Run: frPreparedElsewhere, Want: []Want{proven(budget.NPlusOne, "frLastKind", "events", "containers")},
		},
		{
			Name: "freight/closures-later", About: "closures are made in a loop, and called after it",
			Setup: and(frShipments(6, 3), frLegs(6, 2, 4)), Run: frClosuresLater, Want: []Want{proven(budget.NPlusOne, "", "legs", "shipments")},
		},
		{
			Name: "freight/depots-below", About: "recursion into what lies below a depot",
			Setup: frDepots(11), Run: func(ctx context.Context, e *Env) error { frDepotsBelow(ctx, e, 1); return nil },
			Want: []Want{{Kind: budget.NPlusOne, Func: "frDepotsBelow", Table: "depots"}}, Same: frRecursive,
		},
		{
			Name: "freight/json-of-three", About: "three shipments encode themselves, and each reads its customer",
			Setup: and(frShipments(3, 7), frCustomers(7)), Run: frJSONOfThree, Want: []Want{proven(budget.NPlusOne, "MarshalJSON", "customers", "shipments")},
		},
		{
			Name: "freight/cache-that-misses", About: "a cache in front: of twelve containers in six depots, six questions are left",
			Setup: and(frContainers(6, 2, 6), frDepots(6)), Run: frCacheThatMisses, Want: []Want{found(budget.NPlusOne, "", "depots", "containers")},
		},
		{
			Name: "freight/comparing-by-query", About: "a comparison asks for both sides: repeated keys of seven shipments",
			Setup: and(frShipments(7, 3), frContainers(7, 2, 4)), Run: frSortedByWeight, Want: []Want{found(budget.NPlusOne, "", "containers", "shipments")},
		},
		{
			Name: "freight/filter-by-query", About: "slices.DeleteFunc with a predicate that asks",
			Setup: and(frShipments(6, 3), frDocuments(4, 1)), Run: frWithoutDocuments, Want: []Want{proven(budget.NPlusOne, "", "documents", "shipments")},
		},
		{
			Name: "freight/three-levels-of-services", About: "services that call each other: shipments, their legs, the drivers of these",
			Setup: and(frShipments(5, 3), frLegs(5, 3, 21), frDrivers(21)), Run: frServices,
			Want: []Want{proven(budget.NPlusOne, "frLegDrivers", "legs", "shipments"), found(budget.NPlusOne, "frDriverName", "drivers", "legs")},
		},
		{
			Name: "freight/visitor", About: "a visitor is handed around: no loop is near the query",
			Setup: and(frShipments(6, 3), frInvoices(6, 3)), Run: frByVisitor, Want: []Want{proven(budget.NPlusOne, "visitShipment", "invoices", "shipments")},
		},
		{
			Name: "freight/in-one-snapshot", About: "all of it in a read-only transaction: a loop all the same", Systems: servers,
			Setup: and(frShipments(6, 3), frLegs(6, 2, 4)), Run: frInSnapshot, Want: []Want{proven(budget.NPlusOne, "frInSnapshot", "legs", "shipments")},
		},
		{
			Name: "freight/one-connection", About: "a connection of its own, taken once",
			Setup: and(frShipments(4, 3), frLegs(4, 2, 4)), Run: frOnOneConnection, Want: []Want{proven(budget.NPlusOne, "frOnOneConnection", "legs", "shipments")},
		},
	}
}

type frLegStore interface {
	LegsOf(ctx context.Context, shipment int64) (int, error)
}

type frSQLLegs struct{ e *Env }

func (s *frSQLLegs) LegsOf(ctx context.Context, shipment int64) (int, error) {
	rows, err := s.e.DB.QueryContext(ctx, s.e.Q("SELECT seq, state FROM legs WHERE shipment_id = ?"), shipment)
	if err != nil {
		return 0, err
	}
	return drain(rows, nil), nil
}

type frPlanner struct{ legs frLegStore }

func (p frPlanner) plan(ctx context.Context, shipment int64) error {
	_, err := p.legs.LegsOf(ctx, shipment)
	return err
}

func frBehindInterface(ctx context.Context, e *Env) error {
	p := frPlanner{&frSQLLegs{e}}
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id, ref FROM shipments WHERE weight > 0 ORDER BY ref")) {
		if err := p.plan(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// frStream yields ids while the rows are open.
func frStream(rows *sql.Rows, err error) iter.Seq[int64] {
	return func(yield func(int64) bool) {
		try(err)
		defer rows.Close() //nolint:errcheck // rows.Err says it
		for rows.Next() {
			var id int64
			try(rows.Scan(&id))
			if !yield(id) {
				return
			}
		}
		try(rows.Err())
	}
}

func frByIterator(ctx context.Context, e *Env) error {
	for id := range frStream(e.DB.QueryContext(ctx, "SELECT id FROM containers ORDER BY id")) {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT kind FROM events WHERE container_id = ?"), id))
	}
	return nil
}

func frByCollectedIterator(ctx context.Context, e *Env) error {
	for id := range slices.Values(slices.Collect(frStream(e.DB.QueryContext(ctx, "SELECT id FROM containers ORDER BY no")))) {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT kind FROM events WHERE container_id = ?"), id))
	}
	return nil
}

type frRepo[T frRow] struct{ g *gorm.DB }

func (r frRepo[T]) all(order string) (out []T) {
	try(r.g.Order(order).Find(&out).Error)
	return out
}

func (r frRepo[T]) byID(id int64) (out T) {
	try(r.g.First(&out, id).Error)
	return out
}

func frByGenericRepo(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	legs, drivers := frRepo[frLeg]{g}, frRepo[frDriver]{g}
	for _, l := range legs.all("seq") {
		drivers.byID(l.DriverID)
	}
	return nil
}

// frEachPage calls do with the rows of one page after the other.
func frEachPage(ctx context.Context, e *Env, size int, do func(ids []int64)) {
	for last := int64(0); ; {
		page := ints(e.DB.QueryContext(ctx, e.Q("SELECT id, ref FROM shipments WHERE id > ? ORDER BY id LIMIT ?"), last, size))
		do(page)
		if len(page) < size {
			return
		}
		last = page[len(page)-1]
	}
}

func frPagesWithDetails(ctx context.Context, e *Env) error {
	frEachPage(ctx, e, 5, func(ids []int64) {
		for _, id := range ids {
			frDetailsOf(ctx, e, id)
		}
	})
	return nil
}

func frDetailsOf(ctx context.Context, e *Env, shipment int64) int {
	return drain(e.DB.QueryContext(ctx, e.Q("SELECT kind, state FROM documents WHERE shipment_id = ?"), shipment))
}

type frLoader struct {
	e       *Env
	waiting []any
	size    int
	loaded  int
}

func (l *frLoader) load(ctx context.Context, id int64) {
	l.waiting = append(l.waiting, id)
	if len(l.waiting) >= l.size {
		l.flush(ctx)
	}
}

func (l *frLoader) flush(ctx context.Context) {
	if len(l.waiting) == 0 {
		return
	}
	list := "?"
	for range l.waiting[1:] {
		list += ", ?"
	}
	l.loaded += drain(l.e.DB.QueryContext(ctx, l.e.Q("SELECT id, name FROM depots WHERE id IN ("+list+")"), l.waiting...))
	l.waiting = nil
}

func frLoad(ctx context.Context, e *Env, size int) error {
	l := &frLoader{e: e, size: size}
	for _, p := range pairs(e.DB.QueryContext(ctx, "SELECT id, depot_id FROM containers ORDER BY id")) {
		l.load(ctx, p[1])
	}
	l.flush(ctx)
	return nil
}

func frLoaderOfOne(ctx context.Context, e *Env) error { return frLoad(ctx, e, 1) }

func frByPool(ctx context.Context, e *Env) error {
	ids := make(chan int64)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for id := range ids {
				var n int64
				if err := e.DB.QueryRowContext(ctx, e.Q("SELECT max(at_no) FROM events WHERE container_id = ?"), id).Scan(&n); err != nil {
					panic(err)
				}
			}
		})
	}
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id FROM containers ORDER BY id")) {
		ids <- id
	}
	close(ids)
	wg.Wait()
	return nil
}

func frOnceForEach(ctx context.Context, e *Env) error {
	type lazy struct{ customer func() string }
	var all []lazy
	for _, p := range pairs(e.DB.QueryContext(ctx, "SELECT id, customer_id FROM shipments ORDER BY id")) {
		all = append(all, lazy{sync.OnceValue(func() (name string) {
			one(e.DB.QueryRowContext(ctx, e.Q("SELECT name FROM customers WHERE id = ?"), p[1]), &name)
			return name
		})})
	}
	for range 2 {
		for _, l := range all {
			_ = l.customer()
		}
	}
	return nil
}

func frGORMBeforeCreate(ctx context.Context, e *Env) error {
	var all []frPriced
	for i, lane := range []string{"L3", "L9", "L1", "L12", "L4", "L8", "L2"} {
		all = append(all, frPriced{ID: int64(i) + 40, Lane: lane, State: "open"})
	}
	return e.GORM().WithContext(ctx).Create(&all).Error
}

func frPreparedElsewhere(ctx context.Context, e *Env) error {
	last, err := frPrepare(ctx, e)
	try(err)
	defer last.Close() //nolint:errcheck // nothing to lose
	return each(ctx, e, "SELECT id FROM containers ORDER BY id", func(id int64) { frLastKind(ctx, last, id) })
}

func frPrepare(ctx context.Context, e *Env) (*sql.Stmt, error) {
	return e.DB.PrepareContext(ctx, e.Q("SELECT kind FROM events WHERE container_id = ? AND at_no = (SELECT max(l.at_no) FROM events l WHERE l.container_id = ?)"))
}

func frLastKind(ctx context.Context, last *sql.Stmt, id int64) (kind string) {
	one(last.QueryRowContext(ctx, id, id), &kind)
	return kind
}

func frClosuresLater(ctx context.Context, e *Env) error {
	var later []func() int
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id FROM shipments ORDER BY id")) {
		later = append(later, func() int {
			return drain(e.DB.QueryContext(ctx, e.Q("SELECT id FROM legs WHERE shipment_id = ? AND state = 'open'"), id))
		})
	}
	for _, f := range later {
		f()
	}
	return nil
}

func frDepotsBelow(ctx context.Context, e *Env, id int64) (n int) {
	for _, below := range ints(e.DB.QueryContext(ctx, e.Q("SELECT id FROM depots WHERE parent_id = ? ORDER BY id"), id)) {
		n += 1 + frDepotsBelow(ctx, e, below)
	}
	return n
}

type frCard struct {
	ctx      context.Context //nolint:containedctx // as it is written
	e        *Env
	id       int64
	customer int64
}

// MarshalJSON reads the customer.
func (c frCard) MarshalJSON() ([]byte, error) {
	var name string
	if err := c.e.DB.QueryRowContext(c.ctx, c.e.Q("SELECT name FROM customers WHERE id = ?"), c.customer).Scan(&name); err != nil {
		return nil, err
	}
	return json.Marshal(map[string]any{"id": c.id, "customer": name})
}

func frJSONOfThree(ctx context.Context, e *Env) error {
	var cards []frCard
	for _, p := range pairs(e.DB.QueryContext(ctx, "SELECT id, customer_id FROM shipments ORDER BY weight DESC")) {
		cards = append(cards, frCard{ctx, e, p[0], p[1]})
	}
	_, err := json.MarshalIndent(map[string]any{"shipments": cards}, "", " ")
	return err
}

type frCached struct {
	e     *Env
	known map[int64]string
}

func (c *frCached) depotName(ctx context.Context, id int64) string {
	if name, ok := c.known[id]; ok {
		return name
	}
	var name string
	one(c.e.DB.QueryRowContext(ctx, c.e.Q("SELECT name FROM depots WHERE id = ?"), id), &name)
	c.known[id] = name
	return name
}

func frThroughCache(ctx context.Context, e *Env) error {
	c := &frCached{e, map[int64]string{}}
	for _, p := range pairs(e.DB.QueryContext(ctx, "SELECT id, depot_id FROM containers ORDER BY id")) {
		c.depotName(ctx, p[1])
	}
	return nil
}

func frCacheThatMisses(ctx context.Context, e *Env) error { return frThroughCache(ctx, e) }

func frWeightOf(ctx context.Context, e *Env, id int64) (n int64) {
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT sum(weight) FROM containers WHERE shipment_id = ?"), id), &n)
	return n
}

func frSortedByWeight(ctx context.Context, e *Env) error {
	ids := ints(e.DB.QueryContext(ctx, "SELECT id FROM shipments ORDER BY id"))
	slices.SortFunc(ids, func(a, b int64) int { return int(frWeightOf(ctx, e, b) - frWeightOf(ctx, e, a)) })
	return nil
}

func frWithoutDocuments(ctx context.Context, e *Env) error {
	ids := ints(e.DB.QueryContext(ctx, "SELECT id FROM shipments ORDER BY ref"))
	_ = slices.DeleteFunc(ids, func(id int64) bool {
		return drain(e.DB.QueryContext(ctx, e.Q("SELECT 1 FROM documents WHERE shipment_id = ? AND kind = ?"), id, "cmr")) > 0
	})
	return nil
}

func frServices(ctx context.Context, e *Env) error {
	drivers := map[string]int{}
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id FROM shipments ORDER BY id")) {
		for _, name := range frLegDrivers(ctx, e, id) {
			drivers[name]++
		}
	}
	_ = slices.Sorted(maps.Keys(drivers))
	return nil
}

func frLegDrivers(ctx context.Context, e *Env, shipment int64) (out []string) {
	for _, id := range ints(e.DB.QueryContext(ctx, e.Q("SELECT driver_id FROM legs WHERE shipment_id = ? ORDER BY seq"), shipment)) {
		out = append(out, frDriverName(ctx, e, id))
	}
	return out
}

func frDriverName(ctx context.Context, e *Env, id int64) (name string) {
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT name FROM drivers WHERE id = ?"), id), &name)
	return name
}

type frVisitor interface{ visitShipment(id int64) }

type frTotals struct {
	ctx   context.Context //nolint:containedctx // as it is written
	e     *Env
	total int64
}

func (t *frTotals) visitShipment(id int64) {
	var n int64
	one(t.e.DB.QueryRowContext(t.ctx, t.e.Q("SELECT total FROM invoices WHERE shipment_id = ?"), id), &n)
	t.total += n
}

func frAccept(ids []int64, v frVisitor) {
	for _, id := range ids {
		v.visitShipment(id)
	}
}

func frByVisitor(ctx context.Context, e *Env) error {
	frAccept(ints(e.DB.QueryContext(ctx, "SELECT id FROM shipments ORDER BY id")), &frTotals{ctx: ctx, e: e})
	return nil
}

func frInSnapshot(ctx context.Context, e *Env) error {
	tx, err := e.DB.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	try(err)
	defer tx.Rollback() //nolint:errcheck // nothing was written
	for _, id := range ints(tx.QueryContext(ctx, "SELECT id FROM shipments ORDER BY id")) {
		drain(tx.QueryContext(ctx, e.Q("SELECT seq FROM legs WHERE shipment_id = ?"), id))
	}
	return nil
}

func frOnOneConnection(ctx context.Context, e *Env) error {
	c, err := e.DB.Conn(ctx)
	try(err)
	defer c.Close() //nolint:errcheck // goes back to the pool
	for _, id := range ints(c.QueryContext(ctx, "SELECT id FROM shipments ORDER BY id")) {
		drain(c.QueryContext(ctx, fmt.Sprintf("SELECT seq FROM legs WHERE shipment_id = %s", e.Q("?")), id))
	}
	return nil
}
