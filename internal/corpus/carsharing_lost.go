package corpus

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// csLostUpdateCases read a column, compute, and write it; and what does not.
func csLostUpdateCases() []Case {
	return []Case{
		{Name: "carsharing/wallet", About: "the credit is read, less the price, and written", Setup: csOf("members"), Run: csWallet, Want: csLost("members")},
		{Name: "carsharing/wallet-in-transaction", About: "a transaction alone prevents nothing: READ COMMITTED", Systems: csNoSQLite, Setup: csOf("members ledger"), Run: csWalletTx(nil, ""), Want: csLost("members")},
		{Name: "carsharing/gorm-points", About: "First, and Update with the sum", Setup: csOf("members"), Run: csGORMPoints, Want: csLost("members")},
		{Name: "carsharing/bun-parked", About: "the number of parked cars goes up by one, in Go", Setup: csOf("stations"), Run: csBunParked, Want: csLost("stations")},
		{Name: "carsharing/sqlx-odometer", Values: true, About: "the kilometres of the trip are added to what Get has read", Setup: csOf("vehicles"), Run: csSQLXOdometer, Want: csLost("vehicles")},
		{Name: "carsharing/quota-by-services", About: "one service reads what was used, another repository writes one more", Setup: csOf("quotas bookings"), Run: csQuotaByServices, Want: csLost("quotas")},
		{Name: "carsharing/subject", About: "a text that is read, and written with more behind it", Setup: csOf("tickets"), Run: csSubject, Want: csLost("tickets")},
		{Name: "carsharing/seats-if-open", Values: true, About: "the condition is about the state, not about the seats", Setup: csOf("bookings"), Run: csSeatsIfOpen, Want: csLost("bookings")},
		{Name: "carsharing/paid-over-two-transactions", About: "read in one transaction, written in the next", Systems: csNoSQLite, Setup: csOf("invoices"), Run: csPaidOverTwo, Want: csLost("invoices")},
		{Name: "carsharing/wallet-locked", About: "FOR UPDATE", Systems: csNoSQLite, Setup: csOf("members ledger"), Run: csWalletTx(nil, " FOR UPDATE")},
		{Name: "carsharing/wallet-serializable", About: "SERIALIZABLE: the database finds it", Systems: csNoSQLite, Setup: csOf("members ledger"), Run: csWalletTx(&sql.TxOptions{Isolation: sql.LevelSerializable}, "")},
		{Name: "carsharing/wallet-of-sqlite", About: "in a transaction of SQLite nobody else writes after the read", Systems: []string{"sqlite"}, Setup: csOf("members ledger"), Run: csWalletTx(nil, "")},
		{Name: "carsharing/seats-by-version", About: "AND version = ?", Setup: csOf("bookings"), Run: csSeatsByVersion},
		{Name: "carsharing/credit-compared", About: "AND credit = what was read", Setup: csOf("members"), Run: csCreditCompared},
		{Name: "carsharing/credit-in-sql", About: "the credit is read to be checked, and computed in SQL", Setup: csOf("members"), Run: csCreditInSQL},
		{Name: "carsharing/profile-form", About: "what the member has typed; the mail was not read", Setup: csOf("members audit"), Run: csProfileForm},
		{Name: "carsharing/mail-is-free", About: "id <> ? in a check that the mail is free", Setup: csOf("members"), Run: csMailIsFree},
		{Name: "carsharing/equal-keys", About: "the station 3 was read, the vehicle 3 is written", Setup: csOf("stations vehicles"), Run: csEqualKeys},
		{Name: "carsharing/bonus-of-other", About: "the points of a member from the credit of another", Setup: csOf("members"), Run: csBonusOfOther},
		{Name: "carsharing/state-by-state", About: "the state is checked in Go, and the next is a constant: nothing is computed from it", Setup: csOf("trips"), Run: csStateByState},
	}
}

func csWallet(ctx context.Context, e *Env) error {
	credit := csBase(e).credit(ctx, 4)
	if credit -= 730; credit < 0 {
		return errors.New("402")
	}
	done(e.DB.ExecContext(ctx, e.Q("UPDATE members SET credit = ? WHERE id = ?"), credit, 4))
	return nil
}

func csWalletTx(opts *sql.TxOptions, lock string) func(context.Context, *Env) error {
	return func(ctx context.Context, e *Env) error {
		return csTx(ctx, e, opts, func(r csRepo) error {
			var credit int64
			one(r.db.QueryRowContext(ctx, r.q("SELECT credit FROM members WHERE id = ?"+lock), 11), &credit)
			done(r.db.ExecContext(ctx, r.q("INSERT INTO ledger (member_id, amount, note) VALUES (?, ?, 'ride')"), 11, -415))
			done(r.db.ExecContext(ctx, r.q("UPDATE members SET credit = ? WHERE id = ?"), credit-415, 11))
			return nil
		})
	}
}

func csGORMPoints(ctx context.Context, e *Env) error {
	g := e.GORM().WithContext(ctx)
	var m csMember
	try(g.First(&m, 10).Error)
	return g.Model(&m).Update("points", m.Points+35).Error
}

func csBunParked(ctx context.Context, e *Env) error {
	s := csStation{ID: 5}
	try(e.Bun().NewSelect().Model(&s).Column("id", "parked", "capacity").WherePK().Scan(ctx))
	if s.Parked++; s.Parked > s.Capacity {
		return errors.New("full")
	}
	_, err := e.Bun().NewUpdate().Model(&s).Column("parked").WherePK().Exec(ctx)
	return err
}

func csSQLXOdometer(ctx context.Context, e *Env) error {
	db := e.SQLX()
	var v struct {
		ID       int64
		Odometer int64
	}
	try(db.GetContext(ctx, &v, db.Rebind("SELECT id, odometer FROM vehicles WHERE plate = ?"), "B-CS 118"))
	v.Odometer += 42
	_, err := db.NamedExecContext(ctx, "UPDATE vehicles SET odometer = :odometer WHERE id = :id", v)
	return err
}

type csQuotas struct{ csRepo }

func (q csQuotas) Used(ctx context.Context, member int64) (used, most int64) {
	one(q.db.QueryRowContext(ctx, q.q("SELECT used, max_n FROM quotas WHERE member_id = ?"), member), &used, &most)
	return used, most
}

func (q csQuotas) SetUsed(ctx context.Context, member, used int64) {
	done(q.db.ExecContext(ctx, q.q("UPDATE quotas SET used = ? WHERE member_id = ?"), used, member))
}

func csQuotaByServices(ctx context.Context, e *Env) error {
	quotas, r := csQuotas{csBase(e)}, csBase(e)
	used, most := quotas.Used(ctx, 7)
	if used >= most {
		return errors.New("429")
	}
	done(r.db.ExecContext(ctx, r.q("INSERT INTO bookings (member_id, vehicle_id, station_id, state) VALUES (?, ?, ?, 'open')"), 7, 20, 2))
	quotas.SetUsed(ctx, 7, used+1)
	return nil
}

func csSubject(ctx context.Context, e *Env) error {
	var subject string
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT subject FROM tickets WHERE id = ?"), 8), &subject)
	done(e.DB.ExecContext(ctx, e.Q("UPDATE tickets SET subject = ? WHERE id = ?"), subject+" [merged]", 8))
	return nil
}

func csSeatsIfOpen(ctx context.Context, e *Env) error {
	var seats int64
	var state string
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT seats, state FROM bookings WHERE id = ?"), 16), &seats, &state)
	if state != "open" || seats < 2 {
		return errors.New("409")
	}
	done(e.DB.ExecContext(ctx, e.Q("UPDATE bookings SET seats = ? WHERE id = ? AND state = 'open'"), seats-2, 16))
	return nil
}

func csPaidOverTwo(ctx context.Context, e *Env) error {
	var paid int64
	err := csTx(ctx, e, nil, func(r csRepo) error {
		one(r.db.QueryRowContext(ctx, r.q("SELECT paid FROM invoices WHERE id = ?"), 14), &paid)
		return nil
	})
	if err != nil {
		return err
	}
	return csTx(ctx, e, nil, func(r csRepo) error {
		done(r.db.ExecContext(ctx, r.q("UPDATE invoices SET paid = ? WHERE id = ?"), paid+1250, 14))
		return nil
	})
}

func csSeatsByVersion(ctx context.Context, e *Env) error {
	var seats, version int64
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT seats, version FROM bookings WHERE id = ?"), 18), &seats, &version)
	if done(e.DB.ExecContext(ctx, e.Q("UPDATE bookings SET seats = ?, version = version + 1 WHERE id = ? AND version = ?"), seats-1, 18, version)) == 0 {
		return errors.New("409")
	}
	return nil
}

func csCreditCompared(ctx context.Context, e *Env) error {
	credit := csBase(e).credit(ctx, 6)
	if done(e.DB.ExecContext(ctx, e.Q("UPDATE members SET credit = ? WHERE id = ? AND credit = ?"), credit-100, 6, credit)) == 0 {
		return errors.New("409")
	}
	return nil
}

func csCreditInSQL(ctx context.Context, e *Env) error {
	if csBase(e).credit(ctx, 8) < 640 {
		return errors.New("402")
	}
	done(e.DB.ExecContext(ctx, e.Q("UPDATE members SET credit = credit - ? WHERE id = ?"), 640, 8))
	return nil
}

func csProfileForm(ctx context.Context, e *Env) error {
	var name, plan string
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT name, plan FROM members WHERE id = ?"), 9), &name, &plan)
	done(e.DB.ExecContext(ctx, e.Q("UPDATE members SET email = ? WHERE id = ?"), "typed@example.com", 9))
	csBase(e).csAudit(ctx, 9, "profile", name)
	return nil
}

func csMailIsFree(ctx context.Context, e *Env) error {
	var taken string
	if one(e.DB.QueryRowContext(ctx, e.Q("SELECT email FROM members WHERE email = ? AND id <> ?"), "new@example.com", 2), &taken) {
		return fmt.Errorf("%s is taken", taken)
	}
	done(e.DB.ExecContext(ctx, e.Q("UPDATE members SET email = ? WHERE id = ?"), "new@example.com", 2))
	return nil
}

func csEqualKeys(ctx context.Context, e *Env) error {
	var parked int64
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT parked FROM stations WHERE id = ?"), 3), &parked)
	done(e.DB.ExecContext(ctx, e.Q("UPDATE vehicles SET charge = ? WHERE id = ?"), 80, 3))
	return nil
}

func csBonusOfOther(ctx context.Context, e *Env) error {
	credit := csBase(e).credit(ctx, 1)
	done(e.DB.ExecContext(ctx, e.Q("UPDATE members SET points = ? WHERE id = ?"), credit/10, 2))
	return nil
}

func csStateByState(ctx context.Context, e *Env) error {
	var state string
	one(e.DB.QueryRowContext(ctx, e.Q("SELECT state FROM trips WHERE id = ?"), 17), &state)
	if state != "done" {
		return errors.New("409")
	}
	done(e.DB.ExecContext(ctx, e.Q("UPDATE trips SET state = 'billed' WHERE id = ?"), 17))
	return nil
}
