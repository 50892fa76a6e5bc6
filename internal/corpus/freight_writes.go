package corpus

import (
	"context"
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"gorm.io/gorm"
)

// freightWrites are loops of writes.
func freightWrites() []Case {
	return []Case{
		{
			Name: "freight/four-deletes", Values: true, About: "four containers were read, and the events of each are deleted", SQLite: frServer,
			Setup: and(frContainers(1, 4, 3), frEvents(4, 3)), Run: frFourDeletes, Want: writeLoop("frFourDeletes", "events"),
		},
		{
			Name: "freight/close-legs", About: "one UPDATE for each shipment, in one transaction", SQLite: frServer,
			Setup: and(frShipments(6, 3), frLegs(6, 2, 4)), Run: frCloseLegs, Want: writeLoop("frCloseLegs", "legs"),
		},
		{
			Name: "freight/deferred", About: "six deferred UPDATEs run when the function returns", SQLite: frServer,
			Setup: frContainers(3, 2, 4), Run: frDeferred, Want: writeLoop("", "containers"),
		},
		{
			Name: "freight/subscribers", About: "a bus calls a subscriber for each event, and that writes a line", SQLite: frServer,
			Setup: and(frShipments(7, 3), frNotices()), Run: frSubscribers, Want: writeLoop("notify", "notices"),
		},
		{
			Name: "freight/writer-of-one", About: "a writer of several rows whose size is one", SQLite: frServer,
			Setup: frEvents(1, 1), Run: func(ctx context.Context, e *Env) error { return frWriteEvents(ctx, e, 8, 1) }, Want: writeLoop("flush", "events"),
		},
		{
			Name: "freight/csv-of-tariffs", About: "each record of a file is inserted, in one transaction", SQLite: frServer,
			Setup: frTariffs(1), Run: frImportTariffs, Want: writeLoop("frImportTariffs", "tariffs"),
		},
		{
			Name: "freight/columns-in-any-order", About: "SET lists whose columns come in the order of a map: one loop", SQLite: frServer,
			Setup: frContainers(4, 2, 4), Run: frColumnsInAnyOrder, Want: writeLoop("", "containers"),
		},
		{
			Name: "freight/prune-events", About: "old events are read, and deleted by their ids one by one", SQLite: frServer,
			Setup: frEvents(6, 4), Run: frPruneEach, Want: writeLoop("frPruneEach", "events"),
		},
		{
			Name: "freight/bill-by-select", About: "INSERT ... SELECT for one shipment each", SQLite: frServer,
			Setup: and(frShipments(6, 3), frInvoices(1, 1), []string{"DELETE FROM invoices"}), Run: frBillBySelect, Want: writeLoop("frBill", "invoices"),
		},
		{
			Name: "freight/gorm-after-create", About: "one INSERT with six rows, and a hook that writes a line about each", SQLite: frServer,
			Setup: and(frShipments(1, 1), frNotices()), Run: frGORMAfterCreate, Want: writeLoop("", "notices"),
		},
		{
			Name: "freight/gorm-update-each", About: "a column of each loaded row is set", SQLite: frServer,
			Setup: frShipments(6, 3), Run: frGORMUpdateEach, Want: writeLoop("frGORMUpdateEach.func1", "shipments"),
		},
		{
			Name: "freight/bun-update-each", About: "bun updates by the key of each", SQLite: frServer,
			Setup: frLegs(3, 2, 4), Run: frBunUpdateEach, Want: writeLoop("frBunUpdateEach", "legs"),
		},
		{
			Name: "freight/sqlx-named-exec-each", About: "NamedExec for each item of a request", SQLite: frServer,
			Setup: frDocuments(1, 1), Run: frSQLXNamedExecEach, Want: writeLoop("frSQLXNamedExecEach", "documents"),
		},
		{
			Name: "freight/goroutine-for-each-write", About: "a goroutine for each of eight INSERTs", SQLite: frServer, Systems: servers,
			Setup: frNotices(), Run: frWriteByGoroutines, Want: writeLoop("", "notices"),
		},
		{
			Name: "freight/generic-insert", About: "a generic helper inserts what it is given, by columns and values, six times", SQLite: frServer,
			Setup: frNotices(), Run: frGenericInserts, Want: writeLoop("", "notices"),
		},
	}
}

func frFourDeletes(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id FROM containers WHERE state = 'full' ORDER BY id")) {
		done(e.DB.ExecContext(ctx, e.Q("DELETE FROM events WHERE container_id = ?"), id))
	}
	return nil
}

func frCloseLegs(ctx context.Context, e *Env) error {
	tx, err := e.DB.BeginTx(ctx, nil)
	try(err)
	defer tx.Rollback() //nolint:errcheck // after Commit it does nothing
	for _, id := range ints(tx.QueryContext(ctx, "SELECT id FROM shipments ORDER BY id")) {
		done(tx.ExecContext(ctx, e.Q("UPDATE legs SET state = 'done' WHERE shipment_id = ?"), id))
	}
	return tx.Commit()
}

func frDeferred(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id FROM containers ORDER BY id")) {
		defer func() { done(e.DB.ExecContext(ctx, e.Q("UPDATE containers SET state = 'free' WHERE id = ?"), id)) }()
	}
	return nil
}

type frBus struct{ subscribers []func(id int64) }

func (b *frBus) publish(id int64) {
	for _, s := range b.subscribers {
		s(id)
	}
}

type frNotifier struct {
	ctx context.Context //nolint:containedctx // as it is written
	e   *Env
}

func (n frNotifier) notify(id int64) {
	done(n.e.DB.ExecContext(n.ctx, n.e.Q("INSERT INTO notices (shipment_id, body) VALUES (?, ?)"), id, "has arrived"))
}

func frSubscribers(ctx context.Context, e *Env) error {
	bus := &frBus{subscribers: []func(int64){frNotifier{ctx, e}.notify}}
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id FROM shipments ORDER BY id")) {
		bus.publish(id)
	}
	return nil
}

type frWriter struct {
	e    *Env
	size int
	args []any
}

func (w *frWriter) add(ctx context.Context, values ...any) {
	w.args = append(w.args, values...)
	if len(w.args) >= 4*w.size {
		w.flush(ctx)
	}
}

func (w *frWriter) flush(ctx context.Context) {
	if len(w.args) == 0 {
		return
	}
	values := strings.TrimSuffix(strings.Repeat("(?, ?, ?, ?), ", len(w.args)/4), ", ")
	done(w.e.DB.ExecContext(ctx, w.e.Q("INSERT INTO events (id, container_id, kind, at_no) VALUES "+values), w.args...))
	w.args = w.args[:0]
}

func frWriteEvents(ctx context.Context, e *Env, n, size int) error {
	w := &frWriter{e: e, size: size}
	for i := range n {
		w.add(ctx, 500+i, i%3+1, "gate", 900+i)
	}
	w.flush(ctx)
	return nil
}

const frTariffFile = `L20,1,110
L21,2,120
L22,3,135
L23,1,140
L24,2,155
L25,3,160
L26,1,175
L27,2,180
L28,3,190
`

func frImportTariffs(ctx context.Context, e *Env) error {
	records, err := csv.NewReader(strings.NewReader(frTariffFile)).ReadAll()
	try(err)
	tx, err := e.DB.BeginTx(ctx, nil)
	try(err)
	defer tx.Rollback() //nolint:errcheck // after Commit it does nothing
	for i, r := range records {
		price, err := strconv.Atoi(r[2])
		try(err)
		carrier, err := strconv.Atoi(r[1])
		try(err)
		done(tx.ExecContext(ctx, e.Q("INSERT INTO tariffs (id, lane, carrier_id, price, valid_from) VALUES (?, ?, ?, ?, ?)"), 100+i, r[0], carrier, price, 2026))
	}
	return tx.Commit()
}

func frColumnsInAnyOrder(ctx context.Context, e *Env) error {
	for i, id := range ints(e.DB.QueryContext(ctx, "SELECT id FROM containers ORDER BY id")) {
		if i%2 == 0 {
			frUpdateBy(ctx, e, id, []string{"weight", "state"}, 70+i, "weighed")
		} else {
			frUpdateBy(ctx, e, id, []string{"state", "weight"}, "weighed", 70+i)
		}
	}
	return nil
}

func frUpdateBy(ctx context.Context, e *Env, id int64, columns []string, values ...any) {
	done(e.DB.ExecContext(ctx, e.Q("UPDATE containers SET "+strings.Join(columns, " = ?, ")+" = ? WHERE id = ?"), append(values, id)...))
}

func frPruneEach(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, e.Q("SELECT id FROM events WHERE at_no < ? ORDER BY id"), 14)) {
		done(e.DB.ExecContext(ctx, e.Q("DELETE FROM events WHERE id = ?"), id))
	}
	return nil
}

func frBillBySelect(ctx context.Context, e *Env) error {
	return each(ctx, e, "SELECT id FROM shipments ORDER BY id", func(id int64) { frBill(ctx, e, id) })
}

func frBill(ctx context.Context, e *Env, id int64) {
	done(e.DB.ExecContext(ctx, e.Q("INSERT INTO invoices (id, customer_id, shipment_id, total, state) SELECT s.id + 100, s.customer_id, s.id, s.weight * 3, 'due' FROM shipments s WHERE s.id = ?"), id))
}

func frGORMAfterCreate(ctx context.Context, e *Env) error {
	var all []frTold
	for i := range 6 {
		all = append(all, frTold{ID: int64(i) + 70, Ref: fmt.Sprint("N", i*i), State: "open"})
	}
	return e.GORM().WithContext(ctx).Create(&all).Error
}

func frGORMUpdateEach(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	var all []frShipment
	try(g.Order("id").Find(&all).Error)
	return g.Transaction(func(tx *gorm.DB) error {
		for i := range all {
			if err := tx.Model(&all[i]).Update("state", "billed").Error; err != nil {
				return err
			}
		}
		return nil
	})
}

func frBunUpdateEach(ctx context.Context, e *Env) error {
	var all []frLeg
	try(e.Bun().NewSelect().Model(&all).Order("id").Scan(ctx))
	for i := range all {
		all[i].State = "driven"
		if _, err := e.Bun().NewUpdate().Model(&all[i]).Column("state").WherePK().Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

func frSQLXNamedExecEach(ctx context.Context, e *Env) error {
	db := e.SQLX()
	for i, kind := range []string{"cmr", "invoice", "t1", "ex-a", "packing", "origin", "eur1"} {
		_, err := db.NamedExecContext(ctx, "INSERT INTO documents (id, shipment_id, ref, kind, state) VALUES (:id, :shipment, :ref, :kind, :state)",
			map[string]any{"id": 300 + i, "shipment": 1, "ref": "SHP-7", "kind": kind, "state": "new"})
		try(err)
	}
	return nil
}

func frWriteByGoroutines(ctx context.Context, e *Env) error {
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			if _, err := e.DB.ExecContext(ctx, e.Q("INSERT INTO notices (shipment_id, body) VALUES (?, ?)"), 30+i, fmt.Sprint("late by ", i*i)); err != nil {
				panic(err)
			}
		})
	}
	wg.Wait()
	return nil
}

type frColumn[T any] struct {
	name string
	of   func(T) any
}

func frInsert[T any](ctx context.Context, e *Env, table string, columns []frColumn[T], row T) {
	var names, marks []string
	var args []any
	for _, c := range columns {
		names, marks, args = append(names, c.name), append(marks, "?"), append(args, c.of(row))
	}
	done(e.DB.ExecContext(ctx, e.Q("INSERT INTO "+table+" ("+strings.Join(names, ", ")+") VALUES ("+strings.Join(marks, ", ")+")"), args...))
}

func frGenericInserts(ctx context.Context, e *Env) error {
	type notice struct {
		shipment int64
		body     string
	}
	columns := []frColumn[notice]{{"shipment_id", func(n notice) any { return n.shipment }}, {"body", func(n notice) any { return n.body }}}
	for i := range int64(6) {
		frInsert(ctx, e, "notices", columns, notice{i * i, fmt.Sprint("body ", i)})
	}
	return nil
}
