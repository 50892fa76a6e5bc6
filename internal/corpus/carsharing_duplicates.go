package corpus

import (
	"context"
	"errors"

	"golang.org/x/sync/errgroup"
	"gorm.io/gorm"
)

// csDuplicateCases read again what nothing has changed.
func csDuplicateCases() []Case {
	return []Case{
		{
			Name: "carsharing/session-twice", About: "the middleware reads the session, and so does the handler",
			Setup: csOf("sessions bookings"), Run: csSessionTwice, Want: []Want{csDup("sessions")},
		},
		{
			Name: "carsharing/member-other-columns", About: "the middleware reads the plan of a member, a service its name and mail: other columns of one row",
			Setup: csOf("members trips"), Run: csMemberOtherColumns, Want: []Want{csDup("members")},
		},
		{
			Name: "carsharing/exists-then-vehicle", About: "EXISTS, and then the row",
			Setup: csOf("vehicles"), Run: csExistsThenVehicle, Want: []Want{csDup("vehicles")},
		},
		{
			Name: "carsharing/tariff-and-audit", About: "two services read the tariff; in between only the trail is written",
			Setup: csOf("tariffs audit"), Run: csTariffAndAudit, Want: []Want{csDup("tariffs")},
		},
		{
			Name: "carsharing/gorm-first-twice", About: "First by two functions that do not know of each other",
			Setup: csOf("members"), Run: csGORMFirstTwice, Want: []Want{csDup("members")},
		},
		{
			Name: "carsharing/gorm-first-and-take", About: "First by the key and Take by the key: the same row",
			Setup: csOf("vehicles"), Run: csGORMFirstAndTake, Want: []Want{csDup("vehicles")},
		},
		{
			Name: "carsharing/bun-twice", About: "the station for the head of the page and for its map",
			Setup: csOf("stations"), Run: csBunTwice, Want: []Want{csDup("stations")},
		},
		{
			Name: "carsharing/sqlx-list-twice", About: "the open bookings for the list, and again for their sum",
			Setup: csOf("bookings"), Run: csSQLXListTwice, Want: []Want{csDup("bookings")},
		},
		{
			Name: "carsharing/badge-twice", About: "a count for the head and for the foot",
			Setup: csOf("tickets messages"), Run: csBadgeTwice, Want: []Want{csDup("tickets")},
		},
		{
			Name: "carsharing/setting-by-three", About: "three services ask for the same setting",
			Setup: csOf("settings vehicles stations"), Run: csSettingByThree, Want: []Want{csDup("settings")},
		},
		{
			Name: "carsharing/flag-of-each", About: "a flag is read for each vehicle, always the same",
			Setup: csOf("settings vehicles"), Run: csFlagOfEach, Want: []Want{csDup("settings")},
		},
		{
			Name: "carsharing/reading-transaction", About: "twice in a transaction that only reads",
			Setup: csOf("invoices invoice_lines"), Run: csReadingTransaction, Want: []Want{csDup("invoices")},
		},
		{
			Name: "carsharing/permission-twice", About: "the middleware and the service check the same permission",
			Setup: csOf("grants vehicles"), Run: csPermissionTwice, Want: []Want{csDup("grants")},
		},
		{
			Name: "carsharing/errgroup-same", About: "two goroutines read the same member at once",
			Setup: csOf("members invoices trips"), Run: csErrgroupSame, Want: []Want{csDup("members")},
		},
		{
			Name: "carsharing/exists-then-mail", About: "how many have the mail? and then the member of that mail: two questions",
			Setup: csOf("members"), Run: csExistsThenMail,
		},
	}
}

func (r csRepo) session(ctx context.Context, token string) (member int64) {
	one(r.db.QueryRowContext(ctx, r.q("SELECT member_id FROM sessions WHERE token = ? AND expires_at > 0"), token), &member)
	return member
}

// csAuthed is a middleware.
func csAuthed(token string, next func(ctx context.Context, r csRepo, member int64) error) func(context.Context, *Env) error {
	return func(ctx context.Context, e *Env) error {
		r := csBase(e)
		member := r.session(ctx, token)
		if member == 0 {
			return errors.New("401")
		}
		return next(ctx, r, member)
	}
}

func csSessionTwice(ctx context.Context, e *Env) error {
	return csAuthed("tok-4", func(ctx context.Context, r csRepo, _ int64) error {
		me := r.session(ctx, "tok-4") // the handler was written before the middleware
		drain(r.db.QueryContext(ctx, r.q("SELECT id, state FROM bookings WHERE member_id = ? ORDER BY starts_at"), me))
		return nil
	})(ctx, e)
}

func csMemberOtherColumns(ctx context.Context, e *Env) error {
	r := csBase(e)
	var plan, name, mail string
	one(r.db.QueryRowContext(ctx, r.q("SELECT plan FROM members WHERE id = ?"), 7), &plan)
	drain(r.db.QueryContext(ctx, r.q("SELECT id, km FROM trips WHERE vehicle_id = ?"), 3))
	one(r.db.QueryRowContext(ctx, r.q("SELECT name, email FROM members WHERE id = ?"), 7), &name, &mail)
	return nil
}

func csExistsThenVehicle(ctx context.Context, e *Env) error {
	var is bool
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT EXISTS(SELECT 1 FROM vehicles WHERE id = ?)"), 11), &is)
	if !is {
		return errors.New("404")
	}
	var plate, state string
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT plate, state FROM vehicles WHERE id = ?"), 11), &plate, &state)
	return nil
}

func (r csRepo) tariff(ctx context.Context, id int64) (km, minute int64) {
	one(r.db.QueryRowContext(ctx, r.q("SELECT per_km, per_min FROM tariffs WHERE id = ?"), id), &km, &minute)
	return km, minute
}

func csTariffAndAudit(ctx context.Context, e *Env) error {
	r := csBase(e)
	km, _ := r.tariff(ctx, 2)
	r.csAudit(ctx, 5, "estimate", "tariff/2")
	_, minute := r.tariff(ctx, 2)
	r.csAudit(ctx, 5, "price", "tariff/2")
	_ = 12*km + 30*minute
	return nil
}

func csGORMFirstTwice(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	mail := func(id int64) string {
		var m csMember
		try(g.First(&m, id).Error)
		return m.Email
	}
	plan := func(id int64) string {
		var m csMember
		try(g.First(&m, id).Error)
		return m.Plan
	}
	_, _ = mail(8), plan(8)
	return nil
}

func csGORMFirstAndTake(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	var a, b csVehicle
	if err := g.First(&a, 15).Error; errors.Is(err, gorm.ErrRecordNotFound) {
		return errors.New("404")
	}
	return g.Where("id = ?", a.ID).Take(&b).Error
}

func csBunTwice(ctx context.Context, e *Env) error {
	head, onMap := csStation{ID: 6}, csStation{ID: 6}
	try(e.Bun().NewSelect().Model(&head).WherePK().Scan(ctx))
	return e.Bun().NewSelect().Model(&onMap).WherePK().Scan(ctx)
}

func csSQLXListTwice(ctx context.Context, e *Env) error {
	db := e.SQLX()
	type booking struct {
		ID    int64
		Price int64
	}
	open := func() (out []booking) {
		try(db.SelectContext(ctx, &out, db.Rebind("SELECT id, price FROM bookings WHERE member_id = ? AND state = ? ORDER BY id"), 5, "open"))
		return out
	}
	list, sum := open(), int64(0)
	for _, b := range open() {
		sum += b.Price
	}
	_ = list
	return nil
}

func (r csRepo) unread(ctx context.Context, member int64) (n int64) {
	one(r.db.QueryRowContext(ctx, r.q("SELECT count(*) FROM tickets WHERE member_id = ? AND unread > 0"), member), &n)
	return n
}

func csBadgeTwice(ctx context.Context, e *Env) error {
	r := csBase(e)
	head := r.unread(ctx, 4)
	drain(r.db.QueryContext(ctx, r.q("SELECT id, body FROM messages WHERE ticket_id = ? ORDER BY at_no"), 9))
	foot := r.unread(ctx, 4)
	_ = head + foot
	return nil
}

func csSettingByThree(ctx context.Context, e *Env) error {
	r := csBase(e)
	radius := r.setting(ctx, 1, "set-1")
	drain(r.db.QueryContext(ctx, r.q("SELECT id FROM stations WHERE capacity > ?"), radius))
	grace := r.setting(ctx, 1, "set-1")
	drain(r.db.QueryContext(ctx, r.q("SELECT id FROM vehicles WHERE charge > ?"), grace))
	_ = r.setting(ctx, 1, "set-1")
	return nil
}

func csFlagOfEach(ctx context.Context, e *Env) error {
	r := csBase(e)
	for _, v := range pairs(r.db.QueryContext(ctx, "SELECT id, charge FROM vehicles ORDER BY id LIMIT 9")) {
		if v[1] < r.setting(ctx, 2, "set-3") {
			continue
		}
	}
	return nil
}

func csReadingTransaction(ctx context.Context, e *Env) error {
	return csTx(ctx, e, csReadOnly, func(r csRepo) error {
		var total, again int64
		one(r.db.QueryRowContext(ctx, r.q("SELECT total FROM invoices WHERE id = ?"), 12), &total)
		drain(r.db.QueryContext(ctx, r.q("SELECT amount FROM invoice_lines WHERE invoice_id = ?"), 12))
		one(r.db.QueryRowContext(ctx, r.q("SELECT total FROM invoices WHERE id = ?"), 12), &again)
		return nil
	})
}

func csPermissionTwice(ctx context.Context, e *Env) error {
	r := csBase(e)
	if !r.allowed(ctx, 10, "book") {
		return errors.New("403")
	}
	drain(r.db.QueryContext(ctx, "SELECT id, plate FROM vehicles WHERE state = 'free' ORDER BY id LIMIT 3"))
	if !r.allowed(ctx, 10, "book") {
		return errors.New("403")
	}
	return nil
}

func csErrgroupSame(ctx context.Context, e *Env) error {
	g, ctx := errgroup.WithContext(ctx)
	r := csBase(e)
	for _, query := range []string{"SELECT count(*) FROM invoices WHERE member_id = ?", "SELECT count(*) FROM trips WHERE booking_id = ?"} {
		g.Go(func() error {
			var name string
			var n int64
			if err := r.db.QueryRowContext(ctx, r.q("SELECT name FROM members WHERE id = ?"), 9).Scan(&name); err != nil {
				return err
			}
			return r.db.QueryRowContext(ctx, r.q(query), 9).Scan(&n)
		})
	}
	return g.Wait()
}

func csExistsThenMail(ctx context.Context, e *Env) error {
	db := e.SQLX()
	var n int
	try(db.GetContext(ctx, &n, db.Rebind("SELECT count(*) FROM members WHERE email = ?"), "m6@example.com"))
	if n == 0 {
		return errors.New("404")
	}
	var m struct {
		ID   int64
		Name string
	}
	return db.GetContext(ctx, &m, db.Rebind("SELECT id, name FROM members WHERE email = ?"), "m6@example.com")
}
