package corpus

import (
	"context"
	"errors"
	"fmt"

	"github.com/uptrace/bun"
	"gorm.io/gorm"
)

// pmModelReadCases are the loops of reads of GORM, bun and sqlx.
func pmModelReadCases() []Case {
	return []Case{
		{Name: "property/gorm-first-tenant", About: "GORM: First for the tenant of each lease: Preload", Setup: pmOf("leases tenants"), Run: pmGormFirst, Want: pmN("pmGormFirst", "tenants", "leases")},
		{Name: "property/gorm-association-leases", About: "GORM: Association for each flat: Preload", Setup: pmOf("flats leases"), Run: pmGormAssociation, Want: pmN("pmGormAssociation", "leases", "flats")},
		{Name: "property/gorm-scope-count", About: "GORM: a method with a scope counts the readings of each meter", Setup: pmOf("meters readings"), Run: pmGormScope, Want: pmN("count", "readings", "meters")},
		{Name: "property/gorm-raw-in-a-loop", About: "GORM: Raw and Scan for each building", Setup: pmOf("buildings flats leases"), Run: pmGormRaw, Want: pmN("pmGormRaw", "leases", "buildings")},
		{Name: "property/gorm-preload-for-each", About: "GORM: First with a Preload for each id: two statements in one loop", Setup: pmOf("repair_orders flats leases"), Run: pmGormPreloadEach, Want: pmN("load", "flats", "repair_orders")},
		{Name: "property/bun-lease-of-each-flat", About: "bun: Scan for each flat: Relation", Setup: pmOf("flats leases"), Run: pmBunLease, Want: pmN("pmBunLease", "leases", "flats")},
		{Name: "property/bun-exists-for-each", About: "bun: Exists for each tenant", Setup: pmOf("tenants leases"), Run: pmBunExists, Want: pmN("hasLease", "leases", "tenants")},
		{Name: "property/bun-four-readings", About: "bun: four meters of a flat, the newest reading of each", Setup: pmOf("meters readings"), Run: pmBunFour, Want: pmN("pmBunFour", "readings", "meters")},
		{Name: "property/sqlx-get-tenant", About: "sqlx: Get for each lease: sqlx.In", Setup: pmOf("leases tenants"), Run: pmSqlxGet, Want: pmN("pmSqlxGet", "tenants", "leases"),
			Same: sameRows("SELECT id, number, name, balance FROM tenants WHERE id = ?", []int64{15, 2, 7, 12, 17})},
		{Name: "property/sqlx-named-for-each", About: "sqlx: a prepared named query for each tenant of a list", Setup: pmOf("tenants leases"), Run: pmSqlxNamed, Want: pmN("pmSqlxNamed", "leases", "tenants")},
	}
}

func pmGormFirst(ctx context.Context, e *Env) error {
	db := e.GORM().WithContext(ctx)
	var leases []pmLeaseModel
	if err := db.Where("state = ? AND rent > ?", "running", 63000).Order("contract").Find(&leases).Error; err != nil {
		return err
	}
	for i := range leases {
		var t pmTenantModel
		if err := db.First(&t, leases[i].TenantID).Error; err != nil {
			return fmt.Errorf("lease %s: %w", leases[i].Contract, err)
		}
		leases[i].Tenant = &t
	}
	return nil
}

func pmGormAssociation(ctx context.Context, e *Env) error {
	db := e.GORM().WithContext(ctx)
	var flats []pmFlatModel
	if err := db.Where("floor = ?", 2).Find(&flats).Error; err != nil {
		return err
	}
	let := 0
	for i := range flats {
		if err := db.Model(&flats[i]).Association("Leases").Find(&flats[i].Leases); err != nil {
			return err
		}
		let += len(flats[i].Leases)
	}
	if let > len(flats)*2 {
		return errors.New("too many leases")
	}
	return nil
}

// pmSince are the rows since a day.
func pmSince(day int64) func(*gorm.DB) *gorm.DB {
	return func(db *gorm.DB) *gorm.DB { return db.Where("day >= ?", day) }
}

type pmGormMeters struct{ db *gorm.DB }

func (m pmGormMeters) count(ctx context.Context, meter int64) (n int64, err error) {
	err = m.db.WithContext(ctx).Model(&pmReadingModel{}).Scopes(pmSince(7300)).Where("meter_id = ?", meter).Count(&n).Error
	return n, err
}

func pmGormScope(ctx context.Context, e *Env) error {
	m := pmGormMeters{e.GORM()}
	var meters []int64
	if err := m.db.WithContext(ctx).Table("meters").Where("kind = ?", "power").Pluck("id", &meters).Error; err != nil {
		return err
	}
	silent := 0
	for _, id := range meters {
		n, err := m.count(ctx, id)
		if err != nil {
			return err
		}
		if n == 0 {
			silent++
		}
	}
	_ = silent
	return nil
}

func pmGormRaw(ctx context.Context, e *Env) error {
	db := e.GORM().WithContext(ctx)
	var ids []int64
	if err := db.Table("buildings").Order("code").Pluck("id", &ids).Error; err != nil {
		return err
	}
	income := map[int64]int64{}
	for _, id := range ids {
		var sum int64
		if err := db.Raw("SELECT COALESCE(SUM(l.rent), 0) FROM leases l JOIN flats f ON f.id = l.flat_id WHERE f.building_id = ? AND l.state = 'running'", id).Scan(&sum).Error; err != nil {
			return err
		}
		income[id] = sum
	}
	return nil
}

type pmGormFlats struct{ db *gorm.DB }

func (f pmGormFlats) load(ctx context.Context, id int64) (flat pmFlatModel, err error) {
	err = f.db.WithContext(ctx).Preload("Leases").First(&flat, id).Error
	return flat, err
}

func pmGormPreloadEach(ctx context.Context, e *Env) error {
	flats := pmGormFlats{e.GORM()}
	var ids []int64
	if err := e.GORM().WithContext(ctx).Table("repair_orders").Where("cost > ?", 13000).Order("id").Pluck("flat_id", &ids).Error; err != nil {
		return err
	}
	for _, id := range ids {
		if _, err := flats.load(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

func pmBunLease(ctx context.Context, e *Env) error {
	db := e.Bun()
	var flats []pmFlatModel
	if err := db.NewSelect().Model(&flats).Where("rooms > ?", 1).Order("number").Scan(ctx); err != nil {
		return err
	}
	for i := range flats {
		if err := db.NewSelect().Model(&flats[i].Leases).Where("flat_id = ?", flats[i].ID).Where("state = ?", "running").Scan(ctx); err != nil {
			return err
		}
	}
	return nil
}

type pmBunTenants struct{ db *bun.DB }

func (t pmBunTenants) hasLease(ctx context.Context, tenant int64) (bool, error) {
	return t.db.NewSelect().Model((*pmLeaseModel)(nil)).Where("tenant_id = ?", tenant).Exists(ctx)
}

func pmBunExists(ctx context.Context, e *Env) error {
	t := pmBunTenants{e.Bun()}
	var tenants []pmTenantModel
	if err := t.db.NewSelect().Model(&tenants).Where("balance > ?", 500).Scan(ctx); err != nil {
		return err
	}
	var former []string
	for _, tenant := range tenants {
		is, err := t.hasLease(ctx, tenant.ID)
		if err != nil {
			return err
		}
		if !is {
			former = append(former, tenant.Name)
		}
	}
	_ = former
	return nil
}

func pmBunFour(ctx context.Context, e *Env) error {
	db := e.Bun()
	var meters []int64
	if err := db.NewSelect().Table("meters").Column("id").Where("flat_id = ?", 13).OrderBy("kind", bun.OrderAsc).Scan(ctx, &meters); err != nil {
		return err
	}
	if len(meters) != 4 {
		return errors.New("not four")
	}
	for _, id := range meters {
		var r pmReadingModel
		if err := db.NewSelect().Model(&r).Where("meter_id = ?", id).Order("day DESC").Limit(1).Scan(ctx); err != nil {
			return err
		}
	}
	return nil
}

func pmSqlxGet(ctx context.Context, e *Env) error {
	db := e.SQLX()
	var leases []struct {
		ID     int64 `db:"id"`
		Tenant int64 `db:"tenant_id"`
		Rent   int64 `db:"rent"`
	}
	if err := db.SelectContext(ctx, &leases, db.Rebind("SELECT id, tenant_id, rent FROM leases WHERE rent BETWEEN ? AND ? ORDER BY rent"), 62000, 68000); err != nil {
		return err
	}
	for _, l := range leases {
		var t pmTenantModel
		if err := db.GetContext(ctx, &t, db.Rebind("SELECT id, number, name, balance FROM tenants WHERE id = ?"), l.Tenant); err != nil {
			return err
		}
	}
	return nil
}

func pmSqlxNamed(ctx context.Context, e *Env) error {
	db := e.SQLX()
	var tenants []pmTenantModel
	if err := db.SelectContext(ctx, &tenants, "SELECT id, number, name, balance FROM tenants WHERE balance < 600 ORDER BY number"); err != nil {
		return err
	}
	stmt, err := db.PrepareNamedContext(ctx, "SELECT contract FROM leases WHERE tenant_id = :id AND state = 'running'")
	if err != nil {
		return err
	}
	defer stmt.Close() //nolint:errcheck // the case is over
	for _, t := range tenants {
		var contracts []string
		if err := stmt.SelectContext(ctx, &contracts, t); err != nil {
			return err
		}
	}
	return nil
}
