package corpus

import (
	"context"
	"errors"

	"gorm.io/gorm"
)

// csNoDuplicateCases are reads that come again for a reason.
func csNoDuplicateCases() []Case {
	return []Case{
		{Name: "carsharing/read-after-update", About: "the vehicle is shown after it was changed", Setup: csOf("vehicles"), Run: csReadAfterUpdate},
		{Name: "carsharing/count-after-insert", About: "counted, written, counted", Setup: csOf("damages"), Run: csCountAfterInsert},
		{Name: "carsharing/set-config", About: "set_config changes whose rows are seen", Systems: []string{"postgres"}, Setup: csOf("bookings"), Run: csSetConfig},
		{Name: "carsharing/advisory-lock", About: "looked, a lock by a function, and looked again", Systems: []string{"postgres"}, Setup: csOf("quotas"), Run: csAdvisoryLock},
		{Name: "carsharing/recheck-in-transaction", About: "read before, and again in the transaction that writes", Setup: csOf("vehicles bookings"), Run: csRecheckInTransaction},
		{Name: "carsharing/locked-read", About: "shown before, and then read with FOR UPDATE", Systems: csNoSQLite, Setup: csOf("members ledger"), Run: csLockedRead},
		{Name: "carsharing/volatile", About: "CURRENT_TIMESTAMP and random() are other values each time", Systems: frReturning, Setup: csOf("vehicles"), Run: csVolatile},
		{Name: "carsharing/sequence", About: "nextval twice: numbers of two invoices", Systems: []string{"postgres"}, Setup: append(csOf("invoices"), "CREATE SEQUENCE invoice_no"), Run: csSequence},
		{Name: "carsharing/poll-for-row", About: "until the row of the other process is there", Setup: csOf("idempotency"), Run: csPollForRow},
		{Name: "carsharing/two-members", About: "the giver and the taker: the same query, other arguments", Setup: csOf("members ledger"), Run: csTwoMembers},
		{Name: "carsharing/two-tenants", About: "the same stations' query for two tenants", Setup: csOf("stations"), Run: csTwoTenants},
		{Name: "carsharing/read-after-cte", About: "a CTE writes the vehicles that are read before and after", Systems: []string{"postgres"}, Setup: csOf("vehicles audit"), Run: csReadAfterCTE},
		{Name: "carsharing/count-and-page", About: "how many, and the first page of them: other questions of the same rows", Setup: csOf("trips"), Run: csCountAndPage},
		{Name: "carsharing/gorm-reload", About: "Updates, and the row as the database has it then", Setup: csOf("members"), Run: csGORMReload},
		{Name: "carsharing/version-lost", About: "the version was another one: read again, and tried again", Setup: csOf("bookings"), Run: csVersionLost},
	}
}

func csReadAfterUpdate(ctx context.Context, e *Env) error {
	var state string
	read := func() { one(e.DB.QueryRowContext(ctx, e.Q("SELECT state FROM vehicles WHERE id = ?"), 9), &state) }
	if read(); state != "free" {
		return errors.New("409")
	}
	done(e.DB.ExecContext(ctx, e.Q("UPDATE vehicles SET state = ? WHERE id = ?"), "booked", 9))
	read()
	return nil
}

func csCountAfterInsert(ctx context.Context, e *Env) error {
	var n [2]int64
	count := func(i int) {
		one(e.DB.QueryRowContext(ctx, e.Q("SELECT count(*) FROM damages WHERE vehicle_id = ?"), 8), &n[i])
	}
	count(0)
	done(e.DB.ExecContext(ctx, e.Q("INSERT INTO damages (vehicle_id, kind, cost, state) VALUES (?, ?, ?, ?)"), 8, "dent", 300, "open"))
	count(1)
	return nil
}

func csSetConfig(ctx context.Context, e *Env) error {
	return csTx(ctx, e, nil, func(r csRepo) error {
		count := func() (n int64) {
			one(r.db.QueryRowContext(ctx, "SELECT count(*) FROM bookings WHERE state = 'open'"), &n)
			return n
		}
		count()
		drain(r.db.QueryContext(ctx, "SELECT set_config('app.tenant', $1, true)", "2"))
		count()
		return nil
	})
}

func csAdvisoryLock(ctx context.Context, e *Env) error {
	return csTx(ctx, e, nil, func(r csRepo) error {
		used := func() (n int64) {
			one(r.db.QueryRowContext(ctx, "SELECT used FROM quotas WHERE member_id = $1", 4), &n)
			return n
		}
		if used() > 90 {
			return errors.New("429")
		}
		done(r.db.ExecContext(ctx, "SELECT pg_advisory_xact_lock($1)", 4))
		if used() > 90 {
			return errors.New("429")
		}
		return nil
	})
}

func csRecheckInTransaction(ctx context.Context, e *Env) error {
	state := func(r csRepo) (s string) {
		one(r.db.QueryRowContext(ctx, r.q("SELECT state FROM vehicles WHERE id = ?"), 13), &s)
		return s
	}
	if state(csBase(e)) != "free" {
		return errors.New("409")
	}
	return csTx(ctx, e, nil, func(r csRepo) error {
		if state(r) != "free" {
			return errors.New("409")
		}
		done(r.db.ExecContext(ctx, r.q("INSERT INTO bookings (member_id, vehicle_id, station_id, state) VALUES (?, ?, ?, 'open')"), 2, 13, 5))
		done(r.db.ExecContext(ctx, r.q("UPDATE vehicles SET state = 'booked' WHERE id = ? AND state = 'free'"), 13))
		return nil
	})
}

func csLockedRead(ctx context.Context, e *Env) error {
	var credit int64
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT credit FROM members WHERE id = ?"), 3), &credit)
	return csTx(ctx, e, nil, func(r csRepo) error {
		one(r.db.QueryRowContext(ctx, r.q("SELECT credit FROM members WHERE id = ? FOR UPDATE"), 3), &credit)
		done(r.db.ExecContext(ctx, r.q("INSERT INTO ledger (member_id, amount, note) VALUES (?, ?, 'ride')"), 3, -900))
		done(r.db.ExecContext(ctx, r.q("UPDATE members SET credit = ? WHERE id = ?"), credit-900, 3))
		return nil
	})
}

func csVolatile(ctx context.Context, e *Env) error {
	for range 2 {
		texts(e.DB.QueryContext(ctx, "SELECT CURRENT_TIMESTAMP"))
		ints(e.DB.QueryContext(ctx, "SELECT id FROM vehicles ORDER BY random() LIMIT 1"))
	}
	return nil
}

func csSequence(ctx context.Context, e *Env) error {
	next := func() (n int64) {
		one(e.DB.QueryRowContext(ctx, "SELECT nextval('invoice_no')"), &n)
		return n
	}
	if a, b := next(), next(); a == b {
		return errors.New("the same number")
	}
	return nil
}

func csPollForRow(ctx context.Context, e *Env) error {
	for i := range 4 {
		var answer string
		if one(e.DB.QueryRowContext(ctx, e.Q("SELECT response FROM idempotency WHERE ikey = ?"), "k-1"), &answer) {
			return nil
		}
		if i == 2 {
			csElse(e, "INSERT INTO idempotency (ikey, response) VALUES (?, ?)", "k-1", "201")
		}
	}
	return errors.New("no answer")
}

func (r csRepo) credit(ctx context.Context, member int64) (n int64) {
	one(r.db.QueryRowContext(ctx, r.q("SELECT credit FROM members WHERE id = ?"), member), &n)
	return n
}

func csTwoMembers(ctx context.Context, e *Env) error {
	r := csBase(e)
	if r.credit(ctx, 2) < 100 || r.credit(ctx, 5) < 0 {
		return errors.New("402")
	}
	done(r.db.ExecContext(ctx, r.q("INSERT INTO ledger (member_id, amount, note) VALUES (?, ?, 'gift'), (?, ?, 'gift')"), 2, -100, 5, 100))
	return nil
}

func csTwoTenants(ctx context.Context, e *Env) error {
	for _, tenant := range []int64{1, 2} {
		drain(e.DB.QueryContext(ctx, e.Q("SELECT id, name FROM stations WHERE tenant_id = ? ORDER BY name"), tenant))
	}
	return nil
}

func csReadAfterCTE(ctx context.Context, e *Env) error {
	free := func() int {
		return drain(e.DB.QueryContext(ctx, "SELECT id FROM vehicles WHERE state = 'free'"))
	}
	before := free()
	done(e.DB.ExecContext(ctx, `WITH taken AS (UPDATE vehicles SET state = 'clean' WHERE charge < $1 RETURNING id)
		INSERT INTO audit (actor_id, action, target) SELECT 0, 'clean', 'vehicle/' || id FROM taken`, 90))
	if free() >= before {
		return errors.New("none was taken")
	}
	return nil
}

func csCountAndPage(ctx context.Context, e *Env) error {
	var n int64
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT count(*) FROM trips WHERE vehicle_id = ? AND state = ?"), 5, "done"), &n)
	drain(e.DB.QueryContext(ctx, e.Q("SELECT id, km FROM trips WHERE vehicle_id = ? AND state = ? ORDER BY id DESC LIMIT 10"), 5, "done"))
	return nil
}

func csGORMReload(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	var m csMember
	try(g.First(&m, 6).Error)
	try(g.Model(&csMember{ID: 6}).Updates(map[string]any{"plan": "plus", "points": gorm.Expr("points + 50")}).Error)
	return g.First(&m, 6).Error
}

func csVersionLost(ctx context.Context, e *Env) error {
	for n := range 3 {
		var seats, version int64
		one(e.DB.QueryRowContext(ctx, e.Q("SELECT seats, version FROM bookings WHERE id = ?"), 21), &seats, &version)
		if n == 0 {
			csElse(e, "UPDATE bookings SET version = version + 1 WHERE id = ?", 21)
		}
		if done(e.DB.ExecContext(ctx, e.Q("UPDATE bookings SET seats = ?, version = version + 1 WHERE id = ? AND version = ?"), seats-1, 21, version)) == 1 {
			return nil
		}
	}
	return errors.New("409")
}
