package corpus

import (
	"context"
	"database/sql"
	"errors"
	"sync"

	"gorm.io/gorm"
)

// csInsertCases look for a row, and write it where there is none; and what does not.
func csInsertCases() []Case {
	return []Case{
		{Name: "carsharing/tag-find-or-create", About: "the tag of that name, or a new one", Setup: csOf("tags vehicle_tags"), Run: csTagFindOrCreate, Want: csRace("tags")},
		{Name: "carsharing/sign-up", About: "EXISTS of the mail, and then the member", Setup: csOf("members"), Run: csSignUp, Want: csRace("members")},
		{Name: "carsharing/favourite-once", About: "count(*) by the two columns of the key", Setup: csOf("favourites"), Run: csFavouriteOnce, Want: csRace("favourites")},
		{Name: "carsharing/device-update-or-insert", About: "an UPDATE that hits nothing, and then the INSERT", Setup: csOf("devices"), Run: csDeviceUpdateOrInsert, Want: csRace("devices")},
		{Name: "carsharing/gorm-not-found-create", About: "First says ErrRecordNotFound, and Create", Setup: csOf("devices"), Run: csGORMNotFoundCreate, Want: csRace("devices")},
		{Name: "carsharing/gorm-first-or-create", About: "FirstOrCreate is two statements", Setup: csOf("tags"), Run: csGORMFirstOrCreate, Want: csRace("tags")},
		{Name: "carsharing/bun-exists-insert", About: "Exists of bun, and NewInsert", Setup: csOf("tags"), Run: csBunExistsInsert, Want: csRace("tags")},
		{Name: "carsharing/sqlx-setting", About: "Get says ErrNoRows, and NamedExec writes the pair of keys", Setup: csOf("settings"), Run: csSQLXSetting, Want: csRace("settings")},
		{Name: "carsharing/idempotency-look", About: "a webhook looks whether the key was seen, works, and writes it", Setup: csOf("idempotency payments"), Run: csIdempotencyLook, Want: csRace("idempotency")},
		{Name: "carsharing/look-in-transaction", About: "in a transaction that locks nothing", Systems: csNoSQLite, Setup: csOf("quotas"), Run: csLookInTransaction, Want: csRace("quotas")},
		{Name: "carsharing/on-conflict", About: "looked, and ON CONFLICT DO NOTHING or INSERT IGNORE", Setup: csOf("tags"), Run: csOnConflict},
		{Name: "carsharing/no-damage-then-booking", About: "no open damage: another row is written", Setup: csOf("damages bookings"), Run: csNoDamageThenBooking},
		{Name: "carsharing/seed-tariffs", About: "is the table empty? before the defaults", Setup: []string{"CREATE TABLE tariffs (id {auto}, name VARCHAR(40), per_km BIGINT)"}, Run: csSeedTariffs},
		{Name: "carsharing/second-look-locked", About: "looked, locked, looked again, and written", Systems: []string{"postgres"}, Setup: csOf("tags"), Run: csSecondLook},
		{Name: "carsharing/failed-login", About: "no member of the mail: the failure goes to the trail", Setup: csOf("members audit"), Run: csFailedLogin},
		{Name: "carsharing/overlap", About: "no booking overlaps: a range of times, which no key can guard", Setup: csOf("bookings"), Run: csOverlap},
		{Name: "carsharing/once-in-process", About: "looked under a mutex, found, and another row is written", Setup: csOf("devices stations"), Run: csOnceInProcess},
		{Name: "carsharing/last-number", About: "the highest number is read, and the next is written: not a row that was looked for", Setup: csOf("invoices"), Run: csLastNumber},
	}
}

func csTagFindOrCreate(ctx context.Context, e *Env) error {
	tag := func() (id int64, is bool) {
		is = one(e.DB.QueryRowContext(ctx, e.Q("SELECT id FROM tags WHERE name = ?"), "winter tyres"), &id)
		return id, is
	}
	id, is := tag()
	if !is {
		done(e.DB.ExecContext(ctx, e.Q("INSERT INTO tags (name) VALUES (?)"), "winter tyres"))
		id, _ = tag()
	}
	done(e.DB.ExecContext(ctx, e.Q("INSERT INTO vehicle_tags (vehicle_id, tag_id) VALUES (?, ?)"), 4, id))
	return nil
}

func csSignUp(ctx context.Context, e *Env) error {
	var is bool
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT EXISTS(SELECT 1 FROM members WHERE email = ?)"), "neu@example.com"), &is)
	if is {
		return errors.New("409")
	}
	done(e.DB.ExecContext(ctx, e.Q("INSERT INTO members (tenant_id, name, email, plan) VALUES (?, ?, ?, ?)"), 1, "Neu", "neu@example.com", "basic"))
	return nil
}

func csFavouriteOnce(ctx context.Context, e *Env) error {
	var n int
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT count(*) FROM favourites WHERE member_id = ? AND station_id = ?"), 5, 7), &n)
	if n == 0 {
		done(e.DB.ExecContext(ctx, e.Q("INSERT INTO favourites (member_id, station_id, place) VALUES (?, ?, ?)"), 5, 7, 1))
	}
	return nil
}

func csDeviceUpdateOrInsert(ctx context.Context, e *Env) error {
	if done(e.DB.ExecContext(ctx, e.Q("UPDATE devices SET seen_at = ? WHERE token = ?"), 1700, "apns-77")) == 0 {
		done(e.DB.ExecContext(ctx, e.Q("INSERT INTO devices (member_id, token, seen_at) VALUES (?, ?, ?)"), 6, "apns-77", 1700))
	}
	return nil
}

func csGORMNotFoundCreate(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	var d csDevice
	if err := g.Where("token = ?", "fcm-12").First(&d).Error; errors.Is(err, gorm.ErrRecordNotFound) {
		return g.Create(&csDevice{MemberID: 3, Token: "fcm-12", SeenAt: 1650}).Error
	}
	return nil
}

func csGORMFirstOrCreate(ctx context.Context, e *Env) error {
	var t csTag
	return e.GORM().WithContext(ctx).Where(csTag{Name: "electric"}).FirstOrCreate(&t).Error
}

func csBunExistsInsert(ctx context.Context, e *Env) error {
	is, err := e.Bun().NewSelect().Model((*csTag)(nil)).Where("name = ?", "van").Exists(ctx)
	if err != nil || is {
		return err
	}
	_, err = e.Bun().NewInsert().Model(&csTag{Name: "van"}).Exec(ctx)
	return err
}

func csSQLXSetting(ctx context.Context, e *Env) error {
	db := e.SQLX()
	var val int64
	err := db.GetContext(ctx, &val, db.Rebind("SELECT val FROM settings WHERE tenant_id = ? AND name = ?"), 2, "deposit")
	if errors.Is(err, sql.ErrNoRows) {
		_, err = db.NamedExecContext(ctx, "INSERT INTO settings (tenant_id, name, val) VALUES (:tenant, :name, :val)", map[string]any{"tenant": 2, "name": "deposit", "val": 300})
	}
	return err
}

func csIdempotencyLook(ctx context.Context, e *Env) error {
	var answer string
	if one(e.DB.QueryRowContext(ctx, e.Q("SELECT response FROM idempotency WHERE ikey = ?"), "evt_41"), &answer) {
		return nil
	}
	done(e.DB.ExecContext(ctx, e.Q("UPDATE payments SET state = 'paid' WHERE ref = ?"), "pay_8"))
	done(e.DB.ExecContext(ctx, e.Q("INSERT INTO idempotency (ikey, response) VALUES (?, ?)"), "evt_41", "200"))
	return nil
}

func csLookInTransaction(ctx context.Context, e *Env) error {
	return csTx(ctx, e, nil, func(r csRepo) error {
		var used int64
		if one(r.db.QueryRowContext(ctx, r.q("SELECT used FROM quotas WHERE member_id = ?"), 404), &used) {
			return nil
		}
		done(r.db.ExecContext(ctx, r.q("INSERT INTO quotas (member_id, used, max_n) VALUES (?, ?, ?)"), 404, 0, 50))
		return nil
	})
}

func csOnConflict(ctx context.Context, e *Env) error {
	var id int64
	if one(e.DB.QueryRowContext(ctx, e.Q("SELECT id FROM tags WHERE name = ?"), "hybrid"), &id) {
		return nil
	}
	insert := "INSERT INTO tags (name) VALUES (?) ON CONFLICT (name) DO NOTHING"
	if e.System == "mysql" {
		insert = "INSERT IGNORE INTO tags (name) VALUES (?)"
	}
	done(e.DB.ExecContext(ctx, e.Q(insert), "hybrid"))
	return nil
}

func csNoDamageThenBooking(ctx context.Context, e *Env) error {
	if drain(e.DB.QueryContext(ctx, e.Q("SELECT id FROM damages WHERE vehicle_id = ? AND state = 'blocking'"), 12)) > 0 {
		return errors.New("409")
	}
	done(e.DB.ExecContext(ctx, e.Q("INSERT INTO bookings (member_id, vehicle_id, station_id, state) VALUES (?, ?, ?, 'open')"), 1, 12, 3))
	return nil
}

func csSeedTariffs(ctx context.Context, e *Env) error {
	var n int
	one(e.DB.QueryRowContext(ctx, "SELECT count(*) FROM tariffs"), &n)
	if n == 0 {
		done(e.DB.ExecContext(ctx, e.Q("INSERT INTO tariffs (name, per_km) VALUES (?, ?), (?, ?)"), "basic", 29, "plus", 19))
	}
	return nil
}

func csSecondLook(ctx context.Context, e *Env) error {
	tag := func(r csRepo) (is bool) {
		var id int64
		return one(r.db.QueryRowContext(ctx, r.q("SELECT id FROM tags WHERE name = ?"), "cabrio"), &id)
	}
	if tag(csBase(e)) {
		return nil
	}
	return csTx(ctx, e, nil, func(r csRepo) error {
		done(r.db.ExecContext(ctx, "SELECT pg_advisory_xact_lock(hashtext($1))", "tags"))
		if tag(r) {
			return nil
		}
		done(r.db.ExecContext(ctx, r.q("INSERT INTO tags (name) VALUES (?)"), "cabrio"))
		return nil
	})
}

func csFailedLogin(ctx context.Context, e *Env) error {
	var id int64
	if !one(e.DB.QueryRowContext(ctx, e.Q("SELECT id FROM members WHERE email = ?"), "nobody@example.com"), &id) {
		csBase(e).csAudit(ctx, 0, "login failed", "nobody@example.com")
	}
	return nil
}

func csOverlap(ctx context.Context, e *Env) error {
	if drain(e.DB.QueryContext(ctx, e.Q("SELECT id FROM bookings WHERE vehicle_id = ? AND starts_at < ? AND ends_at > ?"), 10, 5400, 5300)) > 0 {
		return errors.New("409")
	}
	done(e.DB.ExecContext(ctx, e.Q("INSERT INTO bookings (member_id, vehicle_id, station_id, state, starts_at, ends_at) VALUES (?, ?, ?, 'open', ?, ?)"), 4, 10, 6, 5300, 5400))
	return nil
}

var csOnce sync.Mutex

func csOnceInProcess(ctx context.Context, e *Env) error {
	csOnce.Lock()
	defer csOnce.Unlock()
	var id int64
	if !one(e.DB.QueryRowContext(ctx, e.Q("SELECT id FROM stations WHERE name = ?"), "station 4"), &id) {
		return errors.New("404")
	}
	done(e.DB.ExecContext(ctx, e.Q("INSERT INTO devices (member_id, token, seen_at) VALUES (?, ?, ?)"), 0, "gate-4", id))
	return nil
}

func csLastNumber(ctx context.Context, e *Env) error {
	var last string
	one(e.DB.QueryRowContext(ctx, "SELECT max(no) FROM invoices"), &last)
	done(e.DB.ExecContext(ctx, e.Q("INSERT INTO invoices (member_id, no, total, paid, state) VALUES (?, ?, 0, 0, 'new')"), 3, last+"1"))
	return nil
}
