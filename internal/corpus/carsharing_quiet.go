package corpus

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/jmoiron/sqlx"
	"golang.org/x/sync/errgroup"
	"gorm.io/gorm"
)

// csQuietCases are handlers of many statements in which there is nothing to be found. Each
// has one thing that tempts.
func csQuietCases() []Case {
	return []Case{
		{Name: "carsharing/quiet-checkout", About: "the vehicle is shown, then locked, checked again, and taken", Systems: csNoSQLite, Setup: csOf("sessions members vehicles bookings audit outbox"), Run: csQuietCheckout},
		{Name: "carsharing/quiet-invoice", About: "a total is computed in Go, and written to the row that was just made", Systems: frReturning, Setup: csOf("trips invoices invoice_lines outbox"), Run: csQuietInvoice},
		{Name: "carsharing/quiet-ticket", About: "a ticket, its messages, their authors by a list, and the mark that it was read", Setup: csOf("sessions tickets messages members"), Run: csQuietTicket},
		{Name: "carsharing/quiet-dashboard", About: "four counts that differ in a constant, and a list", Setup: csOf("bookings vehicles tickets damages"), Run: csQuietDashboard},
		{Name: "carsharing/quiet-webhook", About: "the key of the event by ON CONFLICT, and what it stands for", Systems: frReturning, Setup: csOf("idempotency payments invoices ledger outbox"), Run: csQuietWebhook},
		{Name: "carsharing/quiet-profile", About: "a form: is the mail free, the version, and the row as it is then", Setup: csOf("sessions members audit"), Run: csQuietProfile},
		{Name: "carsharing/quiet-nightly", About: "four batches: the vehicles, their telemetry by a list, one UPDATE", Setup: csOf("vehicles telemetry damages"), Run: csQuietNightly},
		{Name: "carsharing/quiet-end-of-trip", About: "three steps, each in its own transaction, and the counters in SQL", Setup: csOf("trips members vehicles ledger outbox audit"), Run: csQuietEndOfTrip},
		{Name: "carsharing/quiet-gorm", About: "Preload, an expression, and the page of a count", Setup: csOf("trips trip_points vehicles stations"), Run: csQuietGORM},
		{Name: "carsharing/quiet-bun", About: "relations by one query each, and an insert of many", Setup: csOf("trips trip_points vehicles tags"), Run: csQuietBun},
		{Name: "carsharing/quiet-tenants", About: "three questions for each of two tenants", Setup: csOf("stations members settings"), Run: csQuietTenants},
		{Name: "carsharing/quiet-export", About: "a joined export by pages of seven, in a transaction that reads", Setup: csOf("sessions bookings members vehicles audit"), Run: csQuietExport},
		{Name: "carsharing/quiet-search", About: "count, page and facets with the same condition", Setup: csOf("vehicles stations tariffs"), Run: csQuietSearch},
		{Name: "carsharing/quiet-session", About: "the middleware's member is kept for the request, and three services ask for it", Setup: csOf("sessions members bookings tickets"), Run: csQuietSession},
		{Name: "carsharing/quiet-stock", About: "four different questions by goroutines, at once", Setup: csOf("vehicles bookings invoices tickets"), Run: csQuietStock},
		{Name: "carsharing/quiet-support", Values: true, About: "a ticket is opened: no open one, a quota that SQL counts, the message with the ticket's id", Systems: frReturning, Setup: csOf("sessions tickets messages quotas outbox"), Run: csQuietSupport},
		{Name: "carsharing/quiet-transfer", About: "two members are locked in the order of their keys, and both are written", Systems: csNoSQLite, Setup: csOf("members ledger audit"), Run: csQuietTransfer},
	}
}

func csQuietCheckout(ctx context.Context, e *Env) error {
	r := csBase(e)
	member := r.session(ctx, "tok-3")
	var plan string
	one(r.db.QueryRowContext(ctx, r.q("SELECT plan FROM members WHERE id = ?"), member), &plan)
	state := func(r csRepo, lock string) (s string) {
		one(r.db.QueryRowContext(ctx, r.q("SELECT state FROM vehicles WHERE id = ?"+lock), 14), &s)
		return s
	}
	if state(r, "") != "free" {
		return errors.New("409")
	}
	return csTx(ctx, e, nil, func(r csRepo) error {
		if state(r, " FOR UPDATE") != "free" {
			return errors.New("409")
		}
		done(r.db.ExecContext(ctx, r.q("INSERT INTO bookings (member_id, vehicle_id, station_id, state, price, version) VALUES (?, ?, ?, 'open', 0, 1)"), member, 14, 2))
		done(r.db.ExecContext(ctx, r.q("UPDATE vehicles SET state = ? WHERE id = ?"), "booked", 14))
		r.csAudit(ctx, member, "book", "vehicle/14")
		r.csEmit(ctx, "booked", "vehicle/14")
		return nil
	})
}

func csQuietInvoice(ctx context.Context, e *Env) error {
	return csTx(ctx, e, nil, func(r csRepo) error {
		trips := pairs(r.db.QueryContext(ctx, r.q("SELECT id, price FROM trips WHERE vehicle_id IN (?, ?, ?) AND state = 'done' ORDER BY id"), 1, 8, 15))
		var invoice, total int64
		one(r.db.QueryRowContext(ctx, r.q("INSERT INTO invoices (member_id, no, total, paid, state) VALUES (?, ?, 0, 0, 'new') RETURNING id"), 6, "CS-0999"), &invoice)
		var args []any
		for _, t := range trips {
			total += t[1]
			args = append(args, invoice, t[0], t[1])
		}
		done(r.db.ExecContext(ctx, r.q("INSERT INTO invoice_lines (invoice_id, trip_id, amount) VALUES "+strings.TrimSuffix(strings.Repeat("(?, ?, ?), ", len(trips)), ", ")), args...))
		done(r.db.ExecContext(ctx, r.q("UPDATE invoices SET total = ?, state = 'due' WHERE id = ?"), total, invoice))
		r.csEmit(ctx, "invoice", fmt.Sprintf("invoice/%d", invoice))
		return nil
	})
}

func csQuietTicket(ctx context.Context, e *Env) error {
	db, r := e.SQLX(), csBase(e)
	member := r.session(ctx, "tok-8")
	var ticket struct {
		ID      int64
		Subject string
		Unread  int64
	}
	try(db.GetContext(ctx, &ticket, db.Rebind("SELECT id, subject, unread FROM tickets WHERE id = ? AND member_id = ?"), 4, member))
	var messages []struct {
		AuthorID int64 `db:"author_id"`
		Body     string
	}
	try(db.SelectContext(ctx, &messages, db.Rebind("SELECT author_id, body FROM messages WHERE ticket_id = ? ORDER BY at_no"), ticket.ID))
	authors := make([]int64, len(messages))
	for i, m := range messages {
		authors[i] = m.AuthorID
	}
	query, args, err := sqlx.In("SELECT id, name FROM members WHERE id IN (?)", authors)
	try(err)
	drain(db.QueryContext(ctx, db.Rebind(query), args...))
	if ticket.Unread > -1 {
		done(db.ExecContext(ctx, db.Rebind("UPDATE tickets SET unread = ? WHERE id = ?"), 0, ticket.ID))
	}
	return nil
}

func csQuietDashboard(ctx context.Context, e *Env) error {
	r, card := csBase(e), map[string]int64{}
	for _, state := range []string{"open", "done", "late", "lost"} {
		var n int64
		one(r.db.QueryRowContext(ctx, r.q("SELECT count(*) FROM bookings WHERE state = ?"), state), &n)
		card[state] = n
	}
	drain(r.db.QueryContext(ctx, "SELECT state, count(*) FROM vehicles GROUP BY state"))
	drain(r.db.QueryContext(ctx, "SELECT id, subject FROM tickets WHERE state = 'open' ORDER BY unread DESC LIMIT 5"))
	drain(r.db.QueryContext(ctx, "SELECT vehicle_id, sum(cost) FROM damages GROUP BY vehicle_id ORDER BY 2 DESC LIMIT 5"))
	return nil
}

func csQuietWebhook(ctx context.Context, e *Env) error {
	return csTx(ctx, e, nil, func(r csRepo) error {
		if done(r.db.ExecContext(ctx, r.q("INSERT INTO idempotency (ikey, response) VALUES (?, ?) ON CONFLICT (ikey) DO NOTHING"), "evt_77", "200")) == 0 {
			return nil
		}
		var invoice, amount int64
		if !one(r.db.QueryRowContext(ctx, r.q("UPDATE payments SET state = 'paid' WHERE ref = ? AND state = 'new' RETURNING invoice_id, amount"), "pay_5"), &invoice, &amount) {
			return errors.New("404")
		}
		done(r.db.ExecContext(ctx, r.q("UPDATE invoices SET paid = paid + ? WHERE id = ?"), amount, invoice))
		var member, total, paid int64
		one(r.db.QueryRowContext(ctx, r.q("SELECT member_id, total, paid FROM invoices WHERE id = ?"), invoice), &member, &total, &paid)
		if paid >= total {
			done(r.db.ExecContext(ctx, r.q("UPDATE invoices SET state = 'paid' WHERE id = ?"), invoice))
		}
		done(r.db.ExecContext(ctx, r.q("INSERT INTO ledger (member_id, amount, note) VALUES (?, ?, ?)"), member, amount, "payment"))
		r.csEmit(ctx, "paid", fmt.Sprintf("invoice/%d", invoice))
		return nil
	})
}

func csQuietProfile(ctx context.Context, e *Env) error {
	r := csBase(e)
	member := r.session(ctx, "tok-6")
	var version int64
	var name, mail string
	one(r.db.QueryRowContext(ctx, r.q("SELECT name, email, version FROM members WHERE id = ?"), member), &name, &mail, &version)
	if drain(r.db.QueryContext(ctx, r.q("SELECT 1 FROM members WHERE email = ? AND id <> ?"), "mine@example.com", member)) > 0 {
		return errors.New("409")
	}
	if done(r.db.ExecContext(ctx, r.q("UPDATE members SET name = ?, email = ?, version = version + 1 WHERE id = ? AND version = ?"), "Typed Name", "mine@example.com", member, version)) == 0 {
		return errors.New("409")
	}
	one(r.db.QueryRowContext(ctx, r.q("SELECT name, email, version FROM members WHERE id = ?"), member), &name, &mail, &version)
	r.csAudit(ctx, member, "profile", name)
	return nil
}

func csQuietNightly(ctx context.Context, e *Env) error {
	r := csBase(e)
	for after := int64(0); ; {
		batch := pairs(r.db.QueryContext(ctx, r.q("SELECT id, charge FROM vehicles WHERE id > ? AND deleted_at IS NULL ORDER BY id LIMIT 6"), after))
		if len(batch) == 0 {
			break
		}
		var ids []int64
		for _, v := range batch {
			ids, after = append(ids, v[0]), v[0]
		}
		newest := pairs(r.db.QueryContext(ctx, r.q("SELECT vehicle_id, max(at_no) FROM telemetry WHERE vehicle_id IN ("+csMarks(len(ids))+") GROUP BY vehicle_id ORDER BY vehicle_id"), csAny(ids)...))
		var silent []int64
		for _, t := range newest {
			if t[1] < 95 {
				silent = append(silent, t[0])
			}
		}
		if len(silent) > 0 {
			done(r.db.ExecContext(ctx, r.q("UPDATE vehicles SET state = 'silent' WHERE id IN ("+csMarks(len(silent))+")"), csAny(silent)...))
		}
	}
	drain(r.db.QueryContext(ctx, "SELECT id FROM damages WHERE state = 'open' AND cost > 1905"))
	return nil
}

func csQuietEndOfTrip(ctx context.Context, e *Env) error {
	r := csBase(e)
	var vehicle, km, minutes int64
	one(r.db.QueryRowContext(ctx, r.q("SELECT vehicle_id, km, minutes FROM trips WHERE id = ?"), 23), &vehicle, &km, &minutes)
	price := 29*km + 9*minutes
	steps := []func(r csRepo) error{
		func(r csRepo) error {
			done(r.db.ExecContext(ctx, r.q("UPDATE trips SET price = ?, state = 'ended' WHERE id = ?"), price, 23))
			r.csEmit(ctx, "trip.ended", "trip/23")
			return nil
		},
		func(r csRepo) error {
			if done(r.db.ExecContext(ctx, r.q("UPDATE members SET credit = credit - ?, points = points + ? WHERE id = ? AND credit >= ?"), price, km, 11, price)) == 0 {
				return errors.New("402")
			}
			done(r.db.ExecContext(ctx, r.q("INSERT INTO ledger (member_id, amount, note) VALUES (?, ?, 'trip')"), 11, -price))
			r.csEmit(ctx, "charged", "member/11")
			return nil
		},
		func(r csRepo) error {
			done(r.db.ExecContext(ctx, r.q("UPDATE vehicles SET state = 'free', odometer = odometer + ? WHERE id = ?"), km, vehicle))
			r.csEmit(ctx, "released", fmt.Sprintf("vehicle/%d", vehicle))
			return nil
		},
	}
	for _, step := range steps {
		if err := csTx(ctx, e, nil, step); err != nil {
			return err
		}
	}
	r.csAudit(ctx, 11, "end", "trip/23")
	return nil
}

func csQuietGORM(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	done := func(g *gorm.DB) *gorm.DB { return g.Where("state = ?", "done") }
	var n int64
	var trips []csTrip
	try(g.Model(&csTrip{}).Scopes(done).Count(&n).Error)
	try(g.Scopes(done).Preload("Points").Preload("Vehicle.Station").Order("km DESC").Limit(10).Find(&trips).Error)
	var ids []int64
	for i := range trips {
		if trips[i].Vehicle != nil && trips[i].Vehicle.Station != nil && len(trips[i].Points) > 0 {
			ids = append(ids, trips[i].VehicleID)
		}
	}
	return g.Transaction(func(tx *gorm.DB) error {
		if err := tx.Model(&csVehicle{}).Where("id IN ?", ids).Update("odometer", gorm.Expr("odometer + ?", 1)).Error; err != nil {
			return err
		}
		return tx.Model(&csStation{}).Where("id = ?", 3).UpdateColumn("parked", gorm.Expr("parked + 1")).Error
	})
}

func csQuietBun(ctx context.Context, e *Env) error {
	var trips []csTrip
	n, err := e.Bun().NewSelect().Model(&trips).Relation("Points").Relation("Vehicle").Where("?TableAlias.km > ?", 12).OrderBy("km", "DESC").Limit(10).ScanAndCount(ctx)
	if err != nil {
		return err
	}
	tags := []csTag{{Name: "a"}, {Name: "b"}, {Name: "c"}, {Name: "d"}, {Name: "e"}}
	if _, err := e.Bun().NewInsert().Model(&tags).Exec(ctx); err != nil || n == 0 {
		return err
	}
	_, err = e.Bun().NewUpdate().Model((*csVehicle)(nil)).Set("charge = charge - ?", 1).Where("id = ?", trips[0].VehicleID).Exec(ctx)
	return err
}

func csQuietTenants(ctx context.Context, e *Env) error {
	r := csBase(e)
	for _, tenant := range []int64{1, 2} {
		var stations, members int64
		one(r.db.QueryRowContext(ctx, r.q("SELECT count(*) FROM stations WHERE tenant_id = ?"), tenant), &stations)
		one(r.db.QueryRowContext(ctx, r.q("SELECT count(*) FROM members WHERE tenant_id = ?"), tenant), &members)
		texts(r.db.QueryContext(ctx, r.q("SELECT name, val FROM settings WHERE tenant_id = ?"), tenant))
	}
	return nil
}

func csQuietExport(ctx context.Context, e *Env) error {
	r := csBase(e)
	member := r.session(ctx, "tok-1")
	err := csTx(ctx, e, csReadOnly, func(r csRepo) error {
		for after := int64(0); ; {
			page := ints(r.db.QueryContext(ctx, r.q(`SELECT b.id, m.name, v.plate FROM bookings b JOIN members m ON m.id = b.member_id JOIN vehicles v ON v.id = b.vehicle_id
				WHERE b.id > ? ORDER BY b.id LIMIT 7`), after))
			if len(page) == 0 {
				return nil
			}
			after = page[len(page)-1]
		}
	})
	r.csAudit(ctx, member, "export", "bookings")
	return err
}

func csQuietSearch(ctx context.Context, e *Env) error {
	const where = " FROM vehicles WHERE state = ? AND charge >= ? AND deleted_at IS NULL"
	r := csBase(e)
	var n int64
	one(r.db.QueryRowContext(ctx, r.q("SELECT count(*)"+where), "free", 50), &n)
	page := pairs(r.db.QueryContext(ctx, r.q("SELECT id, station_id"+where+" ORDER BY charge DESC, id LIMIT 5"), "free", 50))
	drain(r.db.QueryContext(ctx, r.q("SELECT tariff_id, count(*)"+where+" GROUP BY tariff_id"), "free", 50))
	drain(r.db.QueryContext(ctx, r.q("SELECT station_id, count(*)"+where+" GROUP BY station_id"), "free", 50))
	var stations []any
	for _, v := range page {
		stations = append(stations, v[1])
	}
	drain(r.db.QueryContext(ctx, r.q("SELECT id, name FROM stations WHERE id IN ("+csMarks(len(stations))+")"), stations...))
	drain(r.db.QueryContext(ctx, "SELECT id, name FROM tariffs ORDER BY name"))
	return nil
}

type csMeKey struct{}

// csMe reads the member of a request once.
func csMe(ctx context.Context) (name string) {
	return ctx.Value(csMeKey{}).(func() string)()
}

func csQuietSession(ctx context.Context, e *Env) error {
	r := csBase(e)
	member := r.session(ctx, "tok-5")
	ctx = context.WithValue(ctx, csMeKey{}, sync.OnceValue(func() (name string) {
		one(r.db.QueryRowContext(ctx, r.q("SELECT name FROM members WHERE id = ?"), member), &name)
		return name
	}))
	for _, query := range []string{
		"SELECT count(*) FROM bookings WHERE member_id = ? AND state = 'open'",
		"SELECT count(*) FROM bookings WHERE member_id = ? AND state = 'done'",
		"SELECT count(*) FROM tickets WHERE member_id = ?",
	} {
		var n int64
		one(r.db.QueryRowContext(ctx, r.q(query), member), &n)
		_ = fmt.Sprint(csMe(ctx), n)
	}
	return nil
}

func csQuietStock(ctx context.Context, e *Env) error {
	r := csBase(e)
	g, ctx := errgroup.WithContext(ctx)
	var n [4]int64
	for i, query := range []string{
		"SELECT count(*) FROM vehicles WHERE deleted_at IS NULL", "SELECT count(*) FROM bookings WHERE state = 'open'",
		"SELECT coalesce(max(total - paid), 0) FROM invoices WHERE state = 'due'", "SELECT count(*) FROM tickets WHERE unread > 0",
	} {
		g.Go(func() error { return r.db.QueryRowContext(ctx, query).Scan(&n[i]) })
	}
	return g.Wait()
}

func csQuietSupport(ctx context.Context, e *Env) error {
	r := csBase(e)
	member := r.session(ctx, "tok-7")
	var open int64
	if one(r.db.QueryRowContext(ctx, r.q("SELECT count(*) FROM tickets WHERE state = 'open'")), &open); open > 100 {
		return errors.New("503")
	}
	return csTx(ctx, e, nil, func(r csRepo) error {
		if done(r.db.ExecContext(ctx, r.q("UPDATE quotas SET used = used + 1 WHERE member_id = ? AND used < max_n"), member)) == 0 {
			return errors.New("429")
		}
		var ticket int64
		one(r.db.QueryRowContext(ctx, r.q("INSERT INTO tickets (member_id, subject, state, unread) VALUES (?, ?, 'open', 1) RETURNING id"), member, "no key"), &ticket)
		done(r.db.ExecContext(ctx, r.q("INSERT INTO messages (ticket_id, author_id, body, at_no) VALUES (?, ?, ?, 1)"), ticket, member, "the key is lost"))
		r.csEmit(ctx, "ticket", fmt.Sprintf("ticket/%d", ticket))
		return nil
	})
}

func csQuietTransfer(ctx context.Context, e *Env) error {
	return csTx(ctx, e, nil, func(r csRepo) error {
		credits := pairs(r.db.QueryContext(ctx, r.q("SELECT id, credit FROM members WHERE id IN (?, ?) ORDER BY id FOR UPDATE"), 4, 9))
		if len(credits) != 2 || credits[0][1] < 250 {
			return errors.New("402")
		}
		for i, change := range []int64{-250, 250} {
			done(r.db.ExecContext(ctx, r.q("UPDATE members SET credit = ? WHERE id = ?"), credits[i][1]+change, credits[i][0]))
		}
		done(r.db.ExecContext(ctx, r.q("INSERT INTO ledger (member_id, amount, note) VALUES (?, ?, 'out'), (?, ?, 'in')"), 4, -250, 9, 250))
		r.csAudit(ctx, 4, "transfer", "member/9")
		return nil
	})
}
