package corpus

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
)

// pmQuietWriteCases look like loops of writes, and nobody would change them.
func pmQuietWriteCases() []Case {
	return []Case{
		{Name: "property/notices-in-one-insert", About: "several VALUES: the repair", Setup: pmOf("tenants notices"), Run: pmOneInsert},
		{Name: "property/readings-in-chunks", About: "forty readings, eight in each INSERT", Setup: pmOf("readings"), Run: pmInChunks},
		{Name: "property/overdue-by-condition", About: "one UPDATE with the condition, and one INSERT with a SELECT", Setup: pmOf("invoices dunning_items"), Run: pmByCondition},
		{Name: "property/rents-by-case", About: "one UPDATE with a CASE for all leases", Setup: pmOf("leases"), Run: pmByCase},
		{Name: "property/old-readings-in-batches", About: "DELETE takes ten at a time until none is left, so that no lock is long", Setup: pmOf("readings"), Run: pmOldInBatches},
		{Name: "property/backfill-by-keyset", About: "a page of keys, and one UPDATE with the list of them, until the end", Setup: pmOf("payments"), Run: pmBackfill},
		{Name: "property/one-payment", About: "a payment is stored, booked, settled, noted and told: five different writes, once each", Setup: pmOf("payments bookings accounts invoices audit outbox"), Run: pmOnePayment},
		{Name: "property/worker-job-by-job", About: "the worker claims a job, does it and commits, until there is none", Setup: pmOf("jobs notices"), Run: pmWorker},
		{Name: "property/two-workers", Systems: []string{"postgres"}, About: "two workers claim messages with SKIP LOCKED, one at a time: each must be done on its own", Setup: pmOf("outbox"), Run: pmTwoWorkers},
		{Name: "property/three-writes-of-a-form", About: "three rows of one table on three lines", Setup: pmOf("settings"), Run: pmThreeWrites},
		{Name: "property/four-keys-of-a-form", About: "four rows that came with the form, below the threshold", Setup: pmOf("flat_keys"), Run: pmFourKeys},
		{Name: "property/free-number", About: "a number is tried until one is free: retries", Setup: pmOf("invoices"), Run: pmFreeNumber},
		{Name: "property/gorm-create-slice", About: "GORM: Create with a slice, and CreateInBatches", Setup: pmOf("notices readings"), Run: pmGormSlices},
		{Name: "property/bun-insert-slice", About: "bun: an Insert with a slice", Setup: pmOf("readings"), Run: pmBunSlice},
		{Name: "property/sqlx-named-slice", About: "sqlx: NamedExec with a slice", Setup: pmOf("notices"), Run: pmSqlxSlice},
		{Name: "property/tariffs-in-one-upsert", About: "an upsert of six rows", Setup: pmOf("tariffs"), Run: pmOneUpsert},
	}
}

func pmOneInsert(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var values []string
	var args []any
	for _, id := range pmIDs(ctx, s, "SELECT id FROM tenants WHERE balance > ? ORDER BY id", 500) {
		values = append(values, "(?, 'balance', 'please pay', 'new')")
		args = append(args, id)
	}
	_, err := s.db.ExecContext(ctx, s.q("INSERT INTO notices (tenant_id, kind, body, state) VALUES "+strings.Join(values, ", ")), args...)
	return err
}

func pmInChunks(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		all := make([][2]int64, 40)
		for i := range all {
			all[i] = [2]int64{int64(i)%30 + 1, 22000 + int64(i*i)}
		}
		for chunk := range slices.Chunk(all, 8) {
			var args []any
			for _, r := range chunk {
				args = append(args, r[0], 7390, r[1])
			}
			values := strings.TrimSuffix(strings.Repeat("(?, ?, ?, 'file'), ", len(chunk)), ", ")
			if _, err := s.db.ExecContext(ctx, s.q("INSERT INTO readings (meter_id, day, value, source) VALUES "+values), args...); err != nil {
				return err
			}
		}
		return nil
	})
}

func pmByCondition(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		n := tiHit(s.db.ExecContext(ctx, s.q("UPDATE invoices SET state = 'late', level = level + 1 WHERE state = 'open' AND due_at < ?"), 8140))
		if n == 0 {
			return errors.New("nobody is late")
		}
		tiExec(ctx, s, "INSERT INTO dunning_items (run_id, invoice_id, level, fee) SELECT 9, id, level, 500 FROM invoices WHERE state = 'late'")
		return nil
	})
}

func pmByCase(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var set strings.Builder
	var args, ids []any
	for _, l := range (pmLeases{s}).Running(ctx, 66000) {
		set.WriteString(" WHEN ? THEN CAST(? AS DECIMAL(12, 0))")
		args, ids = append(args, l.id, l.rent+l.rent/50), append(ids, l.id)
	}
	_, err := s.db.ExecContext(ctx, s.q("UPDATE leases SET rent = CASE id"+set.String()+" ELSE rent END WHERE id IN ("+whMarks(len(ids))+")"), append(args, ids...)...)
	return err
}

func pmOldInBatches(ctx context.Context, e *Env) error {
	s := whOpen(e)
	query := "DELETE FROM readings WHERE id IN (SELECT id FROM readings WHERE day < ? ORDER BY id LIMIT 10)"
	if e.System == "mysql" {
		query = "DELETE FROM readings WHERE day < ? ORDER BY id LIMIT 10"
	}
	for round := 1; ; round++ {
		result, err := s.db.ExecContext(ctx, s.q(query), 7400)
		if n := tiHit(result, err); n < 10 {
			if round != 7 {
				return fmt.Errorf("%d rounds", round)
			}
			return nil
		}
	}
}

func pmBackfill(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for after := int64(0); ; {
		ids := pmIDs(ctx, s, "SELECT id FROM payments WHERE id > ? AND state = 'new' ORDER BY id LIMIT 3", after)
		if len(ids) == 0 {
			return nil
		}
		if _, err := s.db.ExecContext(ctx, s.q("UPDATE payments SET state = 'seen' WHERE id IN ("+whMarks(len(ids))+")"), whArgs(ids)...); err != nil {
			return err
		}
		after = ids[len(ids)-1]
	}
}

func pmOnePayment(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		const ref, invoice, account, amount = "PAY-9001", 13, 6, 35901
		tiExec(ctx, s, "INSERT INTO payments (ref, payer, invoice_id, account_id, amount, state, booked_at) VALUES (?, 'XX', ?, ?, ?, 'booked', 8180)", ref, invoice, account, amount)
		ledger := pmLedger{s}
		if err := errors.Join(ledger.book(ctx, account, 21, amount), ledger.add(ctx, account, amount)); err != nil {
			return err
		}
		tiExec(ctx, s, "UPDATE invoices SET open_amount = open_amount - ? WHERE id = ?", amount, invoice)
		tiExec(ctx, s, "INSERT INTO audit (actor, action, target) VALUES ('bank', 'paid', ?)", ref)
		tiExec(ctx, s, "INSERT INTO outbox (topic, payload, state) VALUES ('paid', ?, 'new')", ref)
		return nil
	})
}

// pmWork does the next job, and reports whether there was one.
func pmWork(ctx context.Context, s whStore) (worked bool, err error) {
	lock := ""
	if s.env.System != "sqlite" {
		lock = " FOR UPDATE SKIP LOCKED"
	}
	err = s.atomically(ctx, nil, func(s whStore) error {
		var id int64
		var payload string
		if !one(s.db.QueryRowContext(ctx, s.q("SELECT id, payload FROM jobs WHERE state = 'new' ORDER BY id LIMIT 1"+lock)), &id, &payload) {
			return nil
		}
		worked = true
		if err := (pmNotices{s}).Send(ctx, id, "letter", payload); err != nil {
			return err
		}
		_, err := s.db.ExecContext(ctx, s.q("UPDATE jobs SET state = 'done', attempts = attempts + 1 WHERE id = ?"), id)
		return err
	})
	return worked, err
}

func pmWorker(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for n := 0; ; n++ {
		worked, err := pmWork(ctx, s)
		if err != nil {
			return err
		}
		if !worked {
			if n != 8 {
				return fmt.Errorf("%d jobs", n)
			}
			return nil
		}
	}
}

func pmTwoWorkers(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var g errgroup.Group
	for range 2 {
		g.Go(func() error {
			for {
				var id int64
				var payload string
				err := s.db.QueryRowContext(ctx, s.q("UPDATE outbox SET state = 'sent' WHERE id = (SELECT id FROM outbox WHERE state = 'new' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id, payload")).Scan(&id, &payload)
				if errors.Is(err, sql.ErrNoRows) {
					return nil
				}
				if err != nil {
					return err
				}
			}
		})
	}
	return g.Wait()
}

func pmPutSetting(ctx context.Context, s whStore, name, value string) {
	_, err := s.db.ExecContext(ctx, s.q("UPDATE settings SET value = ? WHERE name = ?"), value, name)
	try(err)
}

func pmThreeWrites(ctx context.Context, e *Env) error {
	s := whOpen(e)
	pmPutSetting(ctx, s, "set-1", "750")
	pmPutSetting(ctx, s, "set-4", "EUR")
	pmPutSetting(ctx, s, "set-6", "office")
	return nil
}

func pmFourKeys(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, tag := range strings.Fields("A7 A8 B1 B2") {
		if _, err := s.db.ExecContext(ctx, s.q("INSERT INTO flat_keys (flat_id, tag, holder, state) VALUES (?, ?, 'office', 'in')"), 20, tag); err != nil {
			return err
		}
	}
	return nil
}

func pmFreeNumber(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for n := 24060; n < 24100; n += 3 { // a counter that lags behind
		number := fmt.Sprintf("R-%d", n)
		result, err := s.db.ExecContext(ctx, s.q(tiIgnore(e, "INTO invoices (number, lease_id, amount, open_amount, due_at, level, state) VALUES (?, 5, 900, 900, 8200, 0, 'open')")), number)
		if tiHit(result, err) == 1 {
			return nil
		}
	}
	return errors.New("no number is free")
}

func pmGormSlices(ctx context.Context, e *Env) error {
	db := e.GORM().WithContext(ctx)
	notices := make([]pmNoticeModel, 9)
	for i := range notices {
		notices[i] = pmNoticeModel{TenantID: int64(i)*2 + 1, Kind: "summer", Body: "the garden is open", State: "new"}
	}
	readings := make([]pmReadingModel, 30)
	for i := range readings {
		readings[i] = pmReadingModel{MeterID: int64(i) + 1, Day: 7400, Value: 30000 + int64(i*97), Source: "file"}
	}
	return errors.Join(db.Create(&notices).Error, db.CreateInBatches(&readings, 5).Error)
}

func pmBunSlice(ctx context.Context, e *Env) error {
	readings := make([]pmReadingModel, 12)
	for i := range readings {
		readings[i] = pmReadingModel{MeterID: int64(i)*2 + 3, Day: 7401, Value: 18000 + int64(i*331), Source: "radio"}
	}
	_, err := e.Bun().NewInsert().Model(&readings).Returning("NULL").Exec(ctx)
	return err
}

func pmSqlxSlice(ctx context.Context, e *Env) error {
	var notices []pmNoticeModel
	for _, tenant := range []int64{4, 11, 16, 2, 8, 13} {
		notices = append(notices, pmNoticeModel{TenantID: tenant, Kind: "visit", Body: "on Tuesday", State: "new"})
	}
	_, err := e.SQLX().NamedExecContext(ctx, "INSERT INTO notices (tenant_id, kind, body, state) VALUES (:tenant_id, :kind, :body, :state)", notices)
	return err
}

func pmOneUpsert(ctx context.Context, e *Env) error {
	s := whOpen(e)
	var args []any
	for i := range 6 {
		args = append(args, fmt.Sprintf("city-%d", i%3), []string{"heat", "oil"}[i/3], 200+i*9)
	}
	_, err := s.db.ExecContext(ctx, s.q("INSERT INTO tariffs (city, kind, price) VALUES "+strings.TrimSuffix(strings.Repeat("(?, ?, ?), ", 6), ", ")+whUpsert(e, "city, kind", "price")), args...)
	return err
}
