package corpus

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"gorm.io/gorm"
)

// pmMoreWriteCases are the loops of writes of GORM, bun and sqlx, of few rows, trees and procedures.
func pmMoreWriteCases() []Case {
	return []Case{
		{Name: "property/gorm-create-notices", About: "GORM: Create for each tenant: Create with a slice", Setup: pmOf("tenants notices"), Run: pmGormCreate, Want: pmW("", "notices", "tenants")},
		{Name: "property/gorm-save-flats", About: "GORM: Save for each flat, all with the same new state", Setup: pmOf("flats"), Run: pmGormSave, Want: pmW("pmGormSave", "flats", "flats")},
		{Name: "property/gorm-updates-map", About: "GORM: Updates with a map for each lease", Setup: pmOf("leases"), Run: pmGormUpdates, Want: pmW("raise", "leases", "leases")},
		{Name: "property/gorm-delete-readings", About: "GORM: Delete for each id: Delete takes all", Setup: pmOf("readings"), Run: pmGormDelete, Want: pmW("pmGormDelete", "readings", "readings")},
		{Name: "property/bun-insert-readings", About: "bun: an Insert for each reading of a gateway", Setup: pmOf("readings"), Run: pmBunInsert, Want: pmW("Store", "readings", none)},
		{Name: "property/bun-update-leases", About: "bun: an Update for each lease of a list", Setup: pmOf("leases"), Run: pmBunUpdate, Want: pmW("pmBunUpdate", "leases", "leases")},
		{Name: "property/sqlx-named-notices", About: "sqlx: NamedExec for each notice, which takes a slice as well", Setup: pmOf("notices"), Run: pmSqlxNotices, Want: pmW("pmSqlxNotices", "notices", none)},
		{Name: "property/four-flats-cleaned", Values: true, About: "four flats of a building, and one UPDATE for each: few, and proven", Setup: pmOf("flats"), Run: pmFourCleaned, Want: pmW("pmFourCleaned", "flats", "flats")},
		{Name: "property/three-keys-blocked", Values: true, About: "the three keys of a flat are blocked one by one", Setup: pmOf("flat_keys"), Run: pmThreeBlocked, Want: pmW("block", "flat_keys", "flat_keys")},
		{Name: "property/three-notices-of-a-house", Values: true, About: "three leases, a notice for each tenant", Setup: pmOf("leases flats notices"), Run: pmThreeNotices, Want: pmW("Send", "notices", "leases")},
		{Name: "property/delete-parts", About: "each part reads those below, deletes them in the same way, and then itself", Setup: pmOf("components"), Run: pmDeleteParts, Want: pmW("", "components", "")},
		{Name: "property/procedure-for-each-invoice", Systems: []string{"mysql"}, About: "CALL for each invoice", Setup: append(pmOf("invoices"), "CREATE PROCEDURE close_invoice(IN i BIGINT) UPDATE invoices SET state = 'paid', open_amount = 0 WHERE id = i"), Run: pmProcedure, Want: pmW("pmProcedure", "", "invoices")},
		{Name: "property/sorted-map-of-fees", About: "sums that Go has made are added to the tenants one by one", Setup: pmOf("tenants dunning_items invoices leases"), Run: pmFees, Want: pmW("pmFees", "tenants", "")},
		{Name: "property/channel-of-readings", About: "a goroutine takes readings from a channel and inserts each", Setup: pmOf("readings"), Run: pmChannel, Want: pmW("", "readings", none)},
	}
}

func pmGormCreate(ctx context.Context, e *Env) error {
	db := e.GORM().WithContext(ctx)
	var tenants []pmTenantModel
	if err := db.Where("balance > ?", 600).Find(&tenants).Error; err != nil {
		return err
	}
	return db.Transaction(func(tx *gorm.DB) error {
		for _, t := range tenants {
			n := pmNoticeModel{TenantID: t.ID, Kind: "balance", Body: fmt.Sprint("you owe ", t.Balance), State: "new"}
			if err := tx.Create(&n).Error; err != nil {
				return err
			}
		}
		return nil
	})
}

func pmGormSave(ctx context.Context, e *Env) error {
	db := e.GORM().WithContext(ctx)
	var flats []pmFlatModel
	if err := db.Where("building_id IN ?", []int64{1, 4}).Find(&flats).Error; err != nil {
		return err
	}
	for i := range flats {
		flats[i].State = "check"
		if err := db.Save(&flats[i]).Error; err != nil {
			return err
		}
	}
	return nil
}

type pmGormLeases struct{ db *gorm.DB }

func (l pmGormLeases) raise(ctx context.Context, lease pmLeaseModel, percent int64) error {
	return l.db.WithContext(ctx).Model(&pmLeaseModel{}).Where("id = ?", lease.ID).Updates(map[string]any{"rent": lease.Rent + lease.Rent*percent/100, "state": "raised"}).Error
}

func pmGormUpdates(ctx context.Context, e *Env) error {
	leases := pmGormLeases{e.GORM()}
	var due []pmLeaseModel
	if err := leases.db.WithContext(ctx).Where("rent < ?", 65000).Order("contract").Find(&due).Error; err != nil {
		return err
	}
	for _, l := range due {
		if err := leases.raise(ctx, l, 3); err != nil {
			return err
		}
	}
	return nil
}

func pmGormDelete(ctx context.Context, e *Env) error {
	db := e.GORM().WithContext(ctx)
	var old []int64
	if err := db.Model(&pmReadingModel{}).Where("value < ?", 20000).Pluck("id", &old).Error; err != nil {
		return err
	}
	for _, id := range old {
		if err := db.Delete(&pmReadingModel{}, id).Error; err != nil {
			return err
		}
	}
	return nil
}

type pmGateway struct{ e *Env }

// Store keeps a reading.
func (g pmGateway) Store(ctx context.Context, r pmReadingModel) error {
	_, err := g.e.Bun().NewInsert().Model(&r).Returning("NULL").Exec(ctx)
	return err
}

func pmBunInsert(ctx context.Context, e *Env) error {
	g := pmGateway{e}
	packet := map[int64]int64{5: 30117, 8: 27004, 14: 41209, 19: 11870, 21: 36555, 26: 22983, 30: 50102}
	for _, meter := range slices.Sorted(maps.Keys(packet)) {
		if err := g.Store(ctx, pmReadingModel{MeterID: meter, Day: 7370, Value: packet[meter], Source: "radio"}); err != nil {
			return err
		}
	}
	return nil
}

func pmBunUpdate(ctx context.Context, e *Env) error {
	db := e.Bun()
	var leases []pmLeaseModel
	if err := db.NewSelect().Model(&leases).Where("flat_id > ?", 12).Order("id").Scan(ctx); err != nil {
		return err
	}
	for i := range leases {
		leases[i].State = "moved"
		if _, err := db.NewUpdate().Model(&leases[i]).Column("state").WherePK().Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}

func pmSqlxNotices(ctx context.Context, e *Env) error {
	db := e.SQLX()
	for i, tenant := range []int64{14, 3, 9, 17, 6, 12} { // of the form
		n := pmNoticeModel{TenantID: tenant, Kind: "visit", Body: fmt.Sprintf("we come at %d", 8+i), State: "new"}
		if _, err := db.NamedExecContext(ctx, "INSERT INTO notices (tenant_id, kind, body, state) VALUES (:tenant_id, :kind, :body, :state)", n); err != nil {
			return err
		}
	}
	return nil
}

func pmFourCleaned(ctx context.Context, e *Env) error {
	s := whOpen(e)
	ids := pmIDs(ctx, s, "SELECT id FROM flats WHERE building_id = ? ORDER BY floor", 4)
	for _, id := range ids {
		if _, err := s.db.ExecContext(ctx, s.q("UPDATE flats SET state = 'clean' WHERE id = ?"), id); err != nil {
			return err
		}
	}
	if len(ids) != 4 {
		return errors.New("not four")
	}
	return nil
}

func (k pmKeyBoard) block(ctx context.Context, flat int64, tag string) {
	_, err := k.db.ExecContext(ctx, k.q("UPDATE flat_keys SET state = 'blocked' WHERE flat_id = ? AND tag = ?"), flat, tag)
	try(err)
}

func pmThreeBlocked(ctx context.Context, e *Env) error {
	k := pmKeyBoard{whOpen(e)}
	tags := pmTexts(ctx, k.whStore, "SELECT tag FROM flat_keys WHERE flat_id = ? ORDER BY tag", 7)
	for _, tag := range tags {
		k.block(ctx, 7, tag)
	}
	if len(tags) != 3 {
		return errors.New("not three")
	}
	return nil
}

func pmThreeNotices(ctx context.Context, e *Env) error {
	s := whOpen(e)
	tenants := pmIDs(ctx, s, "SELECT l.tenant_id FROM leases l JOIN flats f ON f.id = l.flat_id WHERE f.floor = ? ORDER BY l.contract LIMIT 3", 1)
	if len(tenants) != 3 {
		return errors.New("not three")
	}
	for _, tenant := range tenants {
		if err := (pmNotices{s}).Send(ctx, tenant, "lift", "the lift is repaired"); err != nil {
			return err
		}
	}
	return nil
}

type pmPlant struct{ whStore }

func (p pmPlant) remove(ctx context.Context, part int64) error {
	for _, id := range whKeys(p.db.QueryContext(ctx, p.q("SELECT id FROM components WHERE parent_id = ?"), part)) {
		if err := p.remove(ctx, id); err != nil {
			return err
		}
	}
	_, err := p.db.ExecContext(ctx, p.q("DELETE FROM components WHERE id = ?"), part)
	return err
}

func pmDeleteParts(ctx context.Context, e *Env) error {
	return whOpen(e).atomically(ctx, nil, func(s whStore) error {
		return pmPlant{s}.remove(ctx, 1)
	})
}

func pmProcedure(ctx context.Context, e *Env) error {
	s := whOpen(e)
	for _, v := range (pmInvoices{s}).Overdue(ctx, 8100) {
		if _, err := s.db.ExecContext(ctx, "CALL close_invoice(?)", v.id); err != nil {
			return err
		}
	}
	return nil
}

func pmFees(ctx context.Context, e *Env) error {
	s := whOpen(e)
	fees := map[int64]int64{}
	for _, v := range pairs(s.db.QueryContext(ctx, "SELECT l.tenant_id, d.fee FROM dunning_items d JOIN invoices i ON i.id = d.invoice_id JOIN leases l ON l.id = i.lease_id")) {
		fees[v[0]] += v[1]
	}
	for _, tenant := range slices.Sorted(maps.Keys(fees)) {
		if _, err := s.db.ExecContext(ctx, s.q("UPDATE tenants SET balance = balance + ? WHERE id = ?"), fees[tenant], tenant); err != nil {
			return err
		}
	}
	return nil
}

func pmChannel(ctx context.Context, e *Env) error {
	s := whOpen(e)
	type reading struct{ meter, value int64 }
	in, failed := make(chan reading), make(chan error, 1)
	go func() {
		var errs []error
		for r := range in {
			_, err := s.db.ExecContext(ctx, s.q("INSERT INTO readings (meter_id, day, value, source) VALUES (?, 7371, ?, 'radio')"), r.meter, r.value)
			errs = append(errs, err)
		}
		failed <- errors.Join(errs...)
	}()
	for i := range int64(7) {
		in <- reading{i*4 + 2, 20000 + i*i*331}
	}
	close(in)
	return <-failed
}
