package corpus

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
	"strings"

	"github.com/querybudget/querybudget/budget"
)

// csWriteCases are writes for each item, and what only looks like them.
func csWriteCases() []Case {
	return []Case{
		{
			Name: "carsharing/import-of-vehicles", About: "an INSERT for each line of a CSV file",
			Setup: csOf("vehicles"), Run: csImportVehicles, Want: []Want{found(budget.WriteLoop, "csImportVehicles", "vehicles", none)},
		},
		{
			Name: "carsharing/park-each", About: "the vehicles with a low charge go to the workshop, one by one",
			Setup: csOf("vehicles"), Run: csParkEach, Want: []Want{proven(budget.WriteLoop, "csParkEach", "vehicles", "vehicles")},
		},
		{
			Name: "carsharing/gorm-lines", About: "Create for each line, in a transaction of one invoice",
			Setup: csOf("trips invoice_lines"), Run: csGORMLines, Want: []Want{found(budget.WriteLoop, "csGORMLines", "invoice_lines", "trips")},
		},
		{
			Name: "carsharing/bun-sessions", About: "the sessions that ended are deleted one by one",
			Setup: csOf("sessions"), Run: csBunSessions, Want: []Want{found(budget.WriteLoop, "csBunSessions", "sessions", "sessions")},
		},
		{
			Name: "carsharing/sqlx-allocations", About: "NamedExec for each allocation of a payment that the request names",
			Setup: csOf("payments"), Run: csSQLXAllocations, Want: []Want{found(budget.WriteLoop, "csSQLXAllocations", "payments", none)},
		},
		{
			Name: "carsharing/order-of-favourites", About: "drag and drop: the place of each, in the order of the request",
			Setup: csOf("favourites"), Run: csOrderOfFavourites, Want: []Want{found(budget.WriteLoop, "csOrderOfFavourites", "favourites", none)},
		},
		{
			Name: "carsharing/purge-of-tickets", About: "the messages and then the ticket, for each: one loop",
			Setup: csOf("tickets messages"), Run: csPurgeTickets, Want: []Want{found(budget.WriteLoop, "csPurgeTickets", "messages", "tickets")},
		},
		{
			Name: "carsharing/upsert-of-settings", About: "an upsert for each setting of a form", Systems: frReturning,
			Setup: csOf("settings"), Run: csUpsertSettings, Want: []Want{found(budget.WriteLoop, "put", "settings", none)},
		},
		{
			Name: "carsharing/audit-of-each", About: "one UPDATE for all, and an entry of the trail for each, whose key stands in a text: the parent is not judged",
			Setup: csOf("bookings audit"), Run: csAuditOfEach, Want: []Want{found(budget.WriteLoop, "csAudit", "audit", "")},
		},
		{
			Name: "carsharing/import-of-damages", About: "the plate of each line is looked up, and the damage written: one loop",
			Setup: csOf("vehicles damages"), Run: csImportDamages,
			Want: []Want{{Kind: budget.WriteLoop, Func: "csImportDamages", Table: "damages", Parent: none, Also: reads}},
		},
		{
			Name: "carsharing/three-rides-refunded", Values: true, About: "three bookings were read, and an INSERT for each",
			Setup: csOf("bookings ledger"), Run: csThreeRefunds, Want: []Want{found(budget.WriteLoop, "csThreeRefunds", "ledger", "bookings")},
		},
		{
			Name: "carsharing/purge-by-ranges", About: "telemetry is deleted by ranges of the key",
			Setup: csOf("telemetry"), Run: csPurgeRanges,
		},
		{
			Name: "carsharing/worker-of-jobs", About: "a worker: it claims a job, does it and commits, one after another", Systems: csNoSQLite,
			Setup: csOf("jobs"), Run: csWorker,
		},
		{
			Name: "carsharing/batches-of-values", About: "32 events by INSERTs of five, the last of two",
			Setup: csOf("outbox"), Run: csBatchesOfValues,
		},
		{
			Name: "carsharing/lists-of-keys", About: "the state of 24 vehicles, by lists of four keys",
			Setup: csOf("vehicles"), Run: csListsOfKeys,
		},
		{
			Name: "carsharing/migration", About: "a migration adds columns to six tables, and notes each",
			Setup: csOf("stations vehicles members bookings trips invoices"), Run: csMigration,
		},
	}
}

func csImportVehicles(ctx context.Context, e *Env) error {
	const file = "B-CS 901,2\nB-CS 902,3\nB-CS 903,2\nB-CS 904,1\nB-CS 905,4\nB-CS 906,5"
	tx, err := e.DB.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit it does nothing
	for _, line := range strings.Split(file, "\n") {
		plate, rest, _ := strings.Cut(line, ",")
		station, err := strconv.Atoi(rest)
		if err != nil {
			return fmt.Errorf("line %q: %w", line, err)
		}
		done(tx.ExecContext(ctx, e.Q("INSERT INTO vehicles (plate, station_id, tariff_id, state, version) VALUES (?, ?, 1, 'new', 1)"), plate, station))
	}
	return tx.Commit()
}

func csParkEach(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id FROM vehicles WHERE charge < 85 AND state = 'free' ORDER BY id")) {
		done(e.DB.ExecContext(ctx, e.Q("UPDATE vehicles SET state = 'workshop' WHERE id = ?"), id))
	}
	return nil
}

func csGORMLines(ctx context.Context, e *Env) error {
	tx := e.GORM().WithContext(ctx).Begin()
	defer tx.Rollback()
	var trips []csTrip
	try(tx.Where("price > ?", 1200).Order("id").Limit(6).Find(&trips).Error)
	for _, t := range trips {
		try(tx.Create(&csLine{InvoiceID: 20, TripID: t.ID, Amount: t.Price, Label: "trip"}).Error)
	}
	return tx.Commit().Error
}

func csBunSessions(ctx context.Context, e *Env) error {
	var tokens []string
	try(e.Bun().NewSelect().Table("sessions").Column("token").Where("expires_at < ?", 650).Scan(ctx, &tokens))
	for _, token := range tokens {
		if _, err := e.Bun().NewDelete().Table("sessions").Where("token = ?", token).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

func csSQLXAllocations(ctx context.Context, e *Env) error {
	type allocation struct {
		Invoice int64
		Amount  int64
		Ref     string
	}
	asked := []allocation{{11, 100, "a"}, {4, 250, "b"}, {9, 70, "c"}, {2, 410, "d"}, {16, 33, "e"}}
	tx, err := e.SQLX().BeginTxx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit it does nothing
	for _, a := range asked {
		if _, err := tx.NamedExecContext(ctx, "INSERT INTO payments (invoice_id, amount, ref, state) VALUES (:invoice, :amount, :ref, 'new')", a); err != nil {
			return err
		}
	}
	return tx.Commit()
}

func csOrderOfFavourites(ctx context.Context, e *Env) error {
	for place, station := range []int64{8, 3, 5, 1, 2, 7} {
		done(e.DB.ExecContext(ctx, e.Q("UPDATE favourites SET place = ? WHERE member_id = ? AND station_id = ?"), place+1, 3, station))
	}
	return nil
}

func csPurgeTickets(ctx context.Context, e *Env) error {
	for _, id := range ints(e.DB.QueryContext(ctx, "SELECT id, subject FROM tickets WHERE unread < 3 ORDER BY id")) {
		done(e.DB.ExecContext(ctx, e.Q("DELETE FROM messages WHERE ticket_id = ?"), id))
		done(e.DB.ExecContext(ctx, e.Q("DELETE FROM tickets WHERE id = ?"), id))
	}
	return nil
}

func (r csRepo) put(ctx context.Context, tenant int64, name string, val int) {
	done(r.db.ExecContext(ctx, r.q("INSERT INTO settings (tenant_id, name, val) VALUES (?, ?, ?) ON CONFLICT (tenant_id, name) DO UPDATE SET val = excluded.val"), tenant, name, val))
}

func csUpsertSettings(ctx context.Context, e *Env) error {
	for i, name := range []string{"radius", "grace", "set-1", "night", "deposit", "set-2"} {
		csBase(e).put(ctx, 1, name, 5*i)
	}
	return nil
}

func csAuditOfEach(ctx context.Context, e *Env) error {
	return csTx(ctx, e, nil, func(r csRepo) error {
		late := ints(r.db.QueryContext(ctx, "SELECT id FROM bookings WHERE state = 'open' AND ends_at < 1150"))
		done(r.db.ExecContext(ctx, "UPDATE bookings SET state = 'late' WHERE state = 'open' AND ends_at < 1150"))
		for _, id := range late {
			r.csAudit(ctx, 0, "late", fmt.Sprintf("booking/%d", id))
		}
		return nil
	})
}

func csImportDamages(ctx context.Context, e *Env) error {
	for _, line := range []struct {
		plate string
		cost  int
	}{{"B-CS 104", 90}, {"B-CS 119", 120}, {"B-CS 107", 65}, {"B-CS 122", 340}, {"B-CS 101", 20}, {"B-CS 112", 77}} {
		var id int64
		if !one(e.DB.QueryRowContext(ctx, e.Q("SELECT id FROM vehicles WHERE plate = ?"), line.plate), &id) {
			return fmt.Errorf("no vehicle %s", line.plate)
		}
		done(e.DB.ExecContext(ctx, e.Q("INSERT INTO damages (vehicle_id, kind, cost, state) VALUES (?, 'scratch', ?, 'open')"), id, line.cost))
	}
	return nil
}

func csThreeRefunds(ctx context.Context, e *Env) error {
	for _, b := range pairs(e.DB.QueryContext(ctx, "SELECT member_id, price FROM bookings WHERE state = 'done' ORDER BY price DESC LIMIT 3")) {
		done(e.DB.ExecContext(ctx, e.Q("INSERT INTO ledger (member_id, amount, note) VALUES (?, ?, 'refund')"), b[0], b[1]))
	}
	return nil
}

func csPurgeRanges(ctx context.Context, e *Env) error {
	for from := int64(0); from < 80; from += 10 {
		done(e.DB.ExecContext(ctx, e.Q("DELETE FROM telemetry WHERE id > ? AND id <= ?"), from, from+10))
	}
	return nil
}

func csWorker(ctx context.Context, e *Env) error {
	for {
		none := false
		err := csTx(ctx, e, nil, func(r csRepo) error {
			var id int64
			if !one(r.db.QueryRowContext(ctx, "SELECT id FROM jobs WHERE state = 'new' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED"), &id) {
				none = true
				return nil
			}
			done(r.db.ExecContext(ctx, r.q("UPDATE jobs SET state = 'done', attempts = attempts + 1 WHERE id = ?"), id))
			return nil
		})
		if err != nil || none {
			return err
		}
	}
}

func csBatchesOfValues(ctx context.Context, e *Env) error {
	var args []any
	flush := func() {
		if n := len(args) / 2; n > 0 {
			done(e.DB.ExecContext(ctx, e.Q("INSERT INTO outbox (topic, payload, sent) VALUES "+strings.TrimSuffix(strings.Repeat("(?, ?, 0), ", n), ", ")), args...))
		}
		args = nil
	}
	for i := range 32 {
		if args = append(args, "trip", fmt.Sprintf("trip/%d", i)); len(args) == 10 {
			flush()
		}
	}
	flush()
	return nil
}

func csListsOfKeys(ctx context.Context, e *Env) error {
	ids := ints(e.DB.QueryContext(ctx, "SELECT id FROM vehicles ORDER BY id"))
	for len(ids) > 0 {
		n := min(4, len(ids))
		done(e.DB.ExecContext(ctx, e.Q("UPDATE vehicles SET state = 'parked' WHERE id IN ("+csMarks(n)+")"), csAny(ids[:n])...))
		ids = ids[n:]
	}
	return nil
}

func csMigration(ctx context.Context, e *Env) error {
	done(e.DB.ExecContext(ctx, "CREATE TABLE migrations (name VARCHAR(60) PRIMARY KEY)"))
	for _, table := range []string{"stations", "vehicles", "members", "bookings", "trips", "invoices"} {
		if _, err := e.DB.ExecContext(ctx, "ALTER TABLE "+table+" ADD COLUMN region VARCHAR(10)"); err != nil {
			return err
		}
		if _, err := e.DB.ExecContext(ctx, e.Q("INSERT INTO migrations (name) VALUES (?)"), "region of "+table); err != nil {
			return err
		}
	}
	return nil
}

// csReadOnly are the options of a transaction that writes nothing.
var csReadOnly = &sql.TxOptions{ReadOnly: true}
