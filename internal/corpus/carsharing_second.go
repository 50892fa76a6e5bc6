package corpus

import (
	"context"
	"errors"

	"github.com/querybudget/querybudget/budget"
)

// csSecondCases are near relatives of the first cases: one thing differs in each.
func csSecondCases() []Case {
	return []Case{
		{Name: "carsharing2/gorm-points-selected", About: "GORM reads two columns, and writes the sum", Setup: csOf("members"), Run: csGORMPointsSelected, Want: csLost("members")},
		{Name: "carsharing2/gorm-save", About: "First, a sum in Go, and Save", Setup: csOf("members"), Run: csGORMSave, Want: csLost("members")},
		{Name: "carsharing2/gorm-form", About: "First to show the form, and Updates with what was typed: nothing is computed", Setup: csOf("members"), Run: csGORMForm},
		{Name: "carsharing2/bun-points", About: "bun reads all columns, and writes one that was computed", Setup: csOf("members"), Run: csBunPoints, Want: csLost("members")},
		{Name: "carsharing2/row-of-mail", Values: true, About: "found by the mail, written by the id of the row", Setup: csOf("members"), Run: csReadWrite("SELECT id, credit FROM members WHERE email = ?", "m5@example.com", "UPDATE members SET credit = ? WHERE id = ?"), Want: csLost("members")},
		{Name: "carsharing2/row-of-tenant", About: "the scope of a tenant in both", Setup: csOf("members"), Run: csReadWrite("SELECT id, credit FROM members WHERE tenant_id = 2 AND id = ?", 5, "UPDATE members SET credit = ? WHERE id = ? AND tenant_id = 2"), Want: csLost("members")},
		{Name: "carsharing2/not-deleted", About: "soft delete: a condition that says nothing of the odometer", Setup: csOf("vehicles"), Run: csReadWrite("SELECT id, odometer FROM vehicles WHERE id = ? AND deleted_at IS NULL", 19, "UPDATE vehicles SET odometer = ? WHERE id = ? AND deleted_at IS NULL"), Want: csLost("vehicles")},
		{Name: "carsharing2/enough-credit", About: "AND credit >= 100 is no check that nobody has written", Setup: csOf("members"), Run: csReadWrite("SELECT id, credit FROM members WHERE id = ?", 7, "UPDATE members SET credit = ? WHERE id = ? AND credit >= 100"), Want: csLost("members")},
		{Name: "carsharing2/limit-of-favourites", Values: true, About: "eight of ten: a limit is checked, and one more written", Setup: csOf("favourites"), Run: csLimitOfFavourites},
		{Name: "carsharing2/one-open-ticket", About: "none of the member is open: one open ticket is written", Setup: csOf("tickets"), Run: csOneOpenTicket, Want: csRace("tickets")},
		{Name: "carsharing2/found-then-other", About: "the session is found, and a new one is written", Setup: csOf("sessions"), Run: csFoundThenOther},
		{Name: "carsharing2/update-hits", About: "the UPDATE hits its row, and another is inserted", Setup: csOf("tickets"), Run: csUpdateHits},
		{Name: "carsharing2/replace", About: "DELETE and INSERT: a replacement", Setup: csOf("favourites"), Run: csReplace},
		{Name: "carsharing2/not-exists", About: "INSERT ... SELECT ... WHERE NOT EXISTS is one statement", Setup: csOf("tickets members"), Run: csNotExists},
		{Name: "carsharing2/insert-first", About: "the INSERT fails by the unique key, and then the row is read", Setup: append(csOf("tags"), "INSERT INTO tags (name) VALUES ('roof box')"), Run: csInsertFirst},
		{Name: "carsharing2/workshop-of-trips", About: "the vehicles of eight trips, an UPDATE for each", Setup: csOf("trips vehicles"), Run: csWriteEach("SELECT vehicle_id FROM trips ORDER BY km DESC LIMIT 8", "UPDATE vehicles SET state = 'workshop' WHERE id = ?"), Want: []Want{found(budget.WriteLoop, "csWriteEach.func1", "vehicles", "trips")}},
		{Name: "carsharing2/workshop-of-vehicles", About: "the same for the vehicles themselves", Setup: csOf("vehicles"), Run: csWriteEach("SELECT id FROM vehicles ORDER BY odometer DESC LIMIT 8", "UPDATE vehicles SET state = 'workshop' WHERE id = ?"), Want: []Want{found(budget.WriteLoop, "csWriteEach.func1", "vehicles", "vehicles")}},
		{Name: "carsharing2/damage-of-vehicles", About: "an INSERT for each vehicle that was read", Setup: csOf("vehicles damages"), Run: csWriteEach("SELECT id FROM vehicles ORDER BY odometer DESC LIMIT 8", "INSERT INTO damages (vehicle_id, kind, cost, state) VALUES (?, 'check', 0, 'open')"), Want: []Want{found(budget.WriteLoop, "csWriteEach.func1", "damages", "vehicles")}},
		{Name: "carsharing2/delete-of-points", About: "a DELETE for each trip", Setup: csOf("trips trip_points"), Run: csWriteEach("SELECT id FROM trips WHERE km > 70 ORDER BY id", "DELETE FROM trip_points WHERE trip_id = ?"), Want: []Want{found(budget.WriteLoop, "csWriteEach.func1", "trip_points", "trips")}},
		{Name: "carsharing2/three-deletes", Values: true, About: "three trips, a DELETE for each", Setup: csOf("trips trip_points"), Run: csWriteEach("SELECT id FROM trips ORDER BY km DESC LIMIT 3", "DELETE FROM trip_points WHERE trip_id = ?"), Want: []Want{found(budget.WriteLoop, "csWriteEach.func1", "trip_points", "trips")}},
		{Name: "carsharing2/exists-then-row-of-mail", About: "EXISTS by the mail, and the member of that mail", Setup: csOf("members"), Run: csTwice("SELECT EXISTS(SELECT 1 FROM members WHERE email = ?)", "SELECT id, name FROM members WHERE email = ?", "m4@example.com"), Want: []Want{csDup("members")}},
		{Name: "carsharing2/limit-one", About: "the row of a key, with LIMIT 1 and without", Setup: csOf("vehicles"), Run: csTwice("SELECT plate FROM vehicles WHERE id = ? LIMIT 1", "SELECT plate FROM vehicles WHERE id = ?", 16), Want: []Want{csDup("vehicles")}},
		{Name: "carsharing2/alias", About: "the row of a key, by an alias and without", Setup: csOf("vehicles"), Run: csTwice("SELECT v.plate FROM vehicles v WHERE v.id = ?", "SELECT plate FROM vehicles WHERE id = ?", 16), Want: []Want{csDup("vehicles")}},
		{Name: "carsharing2/order-of-one", About: "ORDER BY of one row changes nothing", Setup: csOf("vehicles"), Run: csTwice("SELECT plate FROM vehicles WHERE id = ? ORDER BY id LIMIT 1", "SELECT plate, state FROM vehicles WHERE id = ? LIMIT 1", 16), Want: []Want{csDup("vehicles")}},
		{Name: "carsharing2/count-of-list-and-list", About: "the number and the list of the same condition: two questions", Setup: csOf("bookings"), Run: csTwice("SELECT count(*) FROM bookings WHERE member_id = ?", "SELECT id, price FROM bookings WHERE member_id = ? ORDER BY id", 4)},
		{Name: "carsharing2/gorm-take-raw", About: "Take of GORM, and a query by hand for the same row", Setup: csOf("vehicles"), Run: csGORMTakeRaw, Want: []Want{csDup("vehicles")}},
		{Name: "carsharing2/gorm-take-twice", About: "Take by a condition, twice", Setup: csOf("vehicles"), Run: csGORMTakeTwice, Want: []Want{csDup("vehicles")}},
		{Name: "carsharing2/three-ids-of-request", About: "three ids of a request: no list of three is a parent", Setup: csOf("tariffs sessions"), Run: csThreeIDs},
		{Name: "carsharing2/four-settings", About: "four settings by name, one after another", Setup: csOf("settings"), Run: csFourSettings},
	}
}

func csGORMPointsSelected(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	var m csMember
	try(g.Select("id", "points").First(&m, 10).Error)
	return g.Model(&m).Update("points", m.Points+35).Error
}

func csGORMSave(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	var m csMember
	try(g.First(&m, 10).Error)
	m.Points += 35
	return g.Save(&m).Error
}

func csGORMForm(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	var m csMember
	try(g.First(&m, 10).Error)
	return g.Model(&m).Updates(map[string]any{"name": "Typed Name", "email": "typed@example.com"}).Error
}

func csBunPoints(ctx context.Context, e *Env) error {
	m := csMember{ID: 10}
	try(e.Bun().NewSelect().Model(&m).WherePK().Scan(ctx))
	m.Points += 35
	_, err := e.Bun().NewUpdate().Model(&m).Column("points").WherePK().Exec(ctx)
	return err
}

// csReadWrite reads an id and a number of a row, and writes the number plus 42.
func csReadWrite(read string, key any, write string) func(context.Context, *Env) error {
	return func(ctx context.Context, e *Env) error {
		var id, n int64
		if !one(e.DB.QueryRowContext(ctx, e.Q(read), key), &id, &n) {
			return errors.New("404")
		}
		if done(e.DB.ExecContext(ctx, e.Q(write), n+42, id)) != 1 {
			return errors.New("409")
		}
		return nil
	}
}

func csLimitOfFavourites(ctx context.Context, e *Env) error {
	var n int
	if one(e.DB.QueryRowContext(ctx, e.Q("SELECT count(*) FROM favourites WHERE member_id = ?"), 3), &n); n >= 10 {
		return errors.New("422")
	}
	done(e.DB.ExecContext(ctx, e.Q("INSERT INTO favourites (member_id, station_id, place) VALUES (?, ?, ?)"), 3, 31, n+1))
	return nil
}

func csOneOpenTicket(ctx context.Context, e *Env) error {
	var n int
	if one(e.DB.QueryRowContext(ctx, e.Q("SELECT count(*) FROM tickets WHERE member_id = ? AND state = 'open'"), 9), &n); n > 0 {
		return errors.New("409")
	}
	done(e.DB.ExecContext(ctx, e.Q("INSERT INTO tickets (member_id, subject, state, unread) VALUES (?, ?, 'open', 1)"), 9, "flat tyre"))
	return nil
}

func csFoundThenOther(ctx context.Context, e *Env) error {
	member := csBase(e).session(ctx, "tok-6")
	done(e.DB.ExecContext(ctx, e.Q("INSERT INTO sessions (token, member_id, expires_at) VALUES (?, ?, ?)"), "tok-60", member, 900))
	return nil
}

func csUpdateHits(ctx context.Context, e *Env) error {
	done(e.DB.ExecContext(ctx, e.Q("UPDATE tickets SET state = 'merged' WHERE id = ?"), 3))
	done(e.DB.ExecContext(ctx, e.Q("INSERT INTO tickets (member_id, subject, state, unread) VALUES (?, ?, 'open', 0)"), 3, "follow-up"))
	return nil
}

func csReplace(ctx context.Context, e *Env) error {
	return csTx(ctx, e, nil, func(r csRepo) error {
		done(r.db.ExecContext(ctx, r.q("DELETE FROM favourites WHERE member_id = ?"), 6))
		done(r.db.ExecContext(ctx, r.q("INSERT INTO favourites (member_id, station_id, place) VALUES (?, ?, 1), (?, ?, 2)"), 6, 2, 6, 4))
		return nil
	})
}

func csNotExists(ctx context.Context, e *Env) error {
	done(e.DB.ExecContext(ctx, e.Q(`INSERT INTO tickets (member_id, subject, state, unread) SELECT id, 'welcome', 'open', 1 FROM members m
		WHERE m.id = ? AND NOT EXISTS (SELECT 1 FROM tickets t WHERE t.member_id = m.id)`), 10))
	return nil
}

func csInsertFirst(ctx context.Context, e *Env) error {
	if _, err := e.DB.ExecContext(ctx, e.Q("INSERT INTO tags (name) VALUES (?)"), "roof box"); err == nil {
		return errors.New("the tag was not there")
	}
	var id int64
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT id FROM tags WHERE name = ?"), "roof box"), &id)
	return nil
}

// csWriteEach writes for each id of a list.
//
//go:noinline
func csWriteEach(list, write string) func(context.Context, *Env) error {
	return func(ctx context.Context, e *Env) error {
		for _, id := range ints(e.DB.QueryContext(ctx, list)) {
			done(e.DB.ExecContext(ctx, e.Q(write), id))
		}
		return nil
	}
}

// csTwice asks twice with one argument.
func csTwice(first, second string, arg any) func(context.Context, *Env) error {
	return func(ctx context.Context, e *Env) error {
		drain(e.DB.QueryContext(ctx, e.Q(first), arg))
		drain(e.DB.QueryContext(ctx, e.Q(second), arg))
		return nil
	}
}

func csGORMTakeRaw(ctx context.Context, e *Env) error {
	var v csVehicle
	try(e.GORM().WithContext(ctx).Where("id = ?", 15).Take(&v).Error)
	drain(e.DB.QueryContext(ctx, e.Q("SELECT plate FROM vehicles WHERE id = ?"), 15))
	return nil
}

func csGORMTakeTwice(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	var a, b csVehicle
	try(g.Where("id = ?", 15).Take(&a).Error)
	return g.Where("id = ?", 15).Take(&b).Error
}

func csThreeIDs(ctx context.Context, e *Env) error {
	r := csBase(e)
	r.session(ctx, "tok-2")
	for _, id := range []int64{4, 1, 3} {
		r.tariff(ctx, id)
	}
	return nil
}

func csFourSettings(ctx context.Context, e *Env) error {
	r := csBase(e)
	radius, grace := r.setting(ctx, 1, "set-1"), r.setting(ctx, 1, "set-2")
	night, deposit := r.setting(ctx, 1, "set-3"), r.setting(ctx, 1, "set-4")
	_ = radius + grace + night + deposit
	return nil
}
